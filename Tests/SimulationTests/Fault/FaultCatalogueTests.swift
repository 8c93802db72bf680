import Simulation
import Testing

@Suite("Catalogue of faults")
struct FaultCatalogueTests {
  @Test("Every kind has one entry, with a target, a standard within its bounds, and a number")
  func entries() {
    #expect(FaultCatalogue.entries.map(\.name).sorted() == Injection.Kind.allCases.map(\.rawValue).sorted())
    for entry in FaultCatalogue.entries {
      #expect(!entry.targets.isEmpty && !entry.effect.isEmpty && !entry.effect.hasSuffix("."))
      #expect(!entry.numbers.isEmpty, "\(entry.name)")
      if let intensity = entry.intensity {
        #expect(intensity.bounds.contains(intensity.standard), "\(entry.name)")
      }
    }
  }

  @Test("Every number from F01 to F79 is produced, or there is a reason why not, never both")
  func numbers() {
    let produced = Set(FaultCatalogue.entries.flatMap(\.numbers))
    let reasons = FaultCatalogue.notProduced.map(\.number)
    #expect(
      Set(reasons).count == reasons.count && FaultCatalogue.notProduced.allSatisfy { !$0.reason.isEmpty })
    for number in 1...79 {
      #expect(produced.contains(number) != reasons.contains(number), "F\(number)")
    }
    #expect(produced.union(reasons).count == 79)
  }

  @Test("Help has every name")
  func help() {
    for entry in FaultCatalogue.entries { #expect(FaultCatalogue.help(.run).contains(entry.name)) }
  }
}
