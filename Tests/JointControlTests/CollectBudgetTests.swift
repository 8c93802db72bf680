import TestSupport
import Testing

@testable import JointControl

/// What one call takes from each bus: bounded for each and for all, and nobody waits for one that babbles.
@Suite struct CollectBudgetTests {
  /// Frames that wait on each bus, taken by a budget.
  private struct Buses {
    var waiting: [Int]
    var taken: [[Int]] = []
    var order: [Int] = []

    mutating func collect(_ budget: inout CollectBudget) {
      var bus = budget.begin()
      order.append(bus)
      var now = Array(repeating: 0, count: waiting.count)
      for _ in waiting.indices {
        now[bus] = min(waiting[bus], budget.grant(bus))
        waiting[bus] -= now[bus]
        budget.note(taken: now[bus])
        bus = budget.bus(after: bus)
      }
      taken.append(now)
    }
  }

  @Test("Any buses: no more than a share each and the whole together, and never less than a bus needs")
  func bounds() {
    var generator = SeededGenerator(seed: 61)
    for _ in 0..<2000 {
      let count = Int.random(in: 1...16, using: &generator)
      let needs = (0..<count).map { _ in Int.random(in: 0...90, using: &generator) }
      let shares = needs.map { $0 + Int.random(in: -5...80, using: &generator) }
      let whole = Int.random(in: max(16, count)...1024, using: &generator)
      var budget = CollectBudget(needs: needs, shares: shares, whole: whole)
      var buses = Buses(waiting: Array(repeating: 0, count: count))
      for _ in 0..<20 {
        for bus in buses.waiting.indices { buses.waiting[bus] += Int.random(in: 0...150, using: &generator) }
        let before = buses.waiting
        buses.collect(&budget)
        let taken = buses.taken.last ?? []
        #expect(taken.reduce(0, +) <= whole)
        for bus in 0..<count {
          let need = needs.reduce(0, +) > whole ? min(needs[bus], whole / count) : needs[bus]
          #expect(taken[bus] >= min(before[bus], need) && taken[bus] <= max(shares[bus], need))
        }
      }
    }
  }

  @Test("A bus that babbles takes its share and no more; the others lose nothing, wherever it stands")
  func babbling() {
    for babbler in 0..<8 {
      let needs = Array(repeating: 16, count: 8)
      var budget = CollectBudget(
        needs: needs, shares: needs.map(CollectBudget.share(ofNeed:)), whole: ReceiveRoom.loop)
      var buses = Buses(waiting: Array(repeating: 0, count: 8))
      for cycle in 0..<100 {
        for bus in 0..<8 { buses.waiting[bus] += bus == babbler ? 5000 : 16 }
        buses.collect(&budget)
        #expect(buses.taken[cycle][babbler] == CollectBudget.largestShare)
        for bus in 0..<8 where bus != babbler { #expect(buses.waiting[bus] == 0) }
      }
    }
  }

  @Test("Where all babble at once the whole bounds them, and each still gets what it needs")
  func everyoneBabbles() {
    let needs = Array(repeating: 20, count: 16)
    var budget = CollectBudget(needs: needs, shares: Array(repeating: 64, count: 16), whole: 512)
    var buses = Buses(waiting: Array(repeating: 1_000_000, count: 16))
    for _ in 0..<16 { buses.collect(&budget) }
    for taken in buses.taken { #expect(taken.reduce(0, +) == 512 && taken.allSatisfy { $0 >= 20 }) }
    // What is over the needs goes round: in sixteen calls every bus took the same.
    let sums = (0..<16).map { bus in buses.taken.reduce(0) { $0 + $1[bus] } }
    #expect(Set(sums).count == 1)
  }

  @Test("The first bus is another one at each call, by the number of the call alone")
  func rotation() {
    var budget = CollectBudget(needs: [4, 4, 4], shares: [16, 16, 16], whole: 512)
    var buses = Buses(waiting: [0, 0, 0])
    for _ in 0..<7 { buses.collect(&budget) }
    #expect(buses.order == [0, 1, 2, 0, 1, 2, 0])
    var single = CollectBudget(needs: [4], shares: [16], whole: 512)
    let firsts = [single.begin(), single.begin()]
    #expect(firsts == [0, 0])
  }

  @Test("A share catches up, has room for a quiet bus, and stays within one system call")
  func shares() {
    #expect([0, 3, 10, 16, 40].map(CollectBudget.share(ofNeed:)) == [16, 16, 40, 64, 64])
  }
}
