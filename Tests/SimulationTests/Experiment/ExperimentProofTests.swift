import ExperimentTrials
import Testing

@Suite("Random experiments in which things go wrong")
struct ExperimentProofTests {
  /// `make experiment-proof` runs ten thousand.
  private static let count: UInt64 = 100

  @Test("All end in damping and then off, within what their envelopes and braking distances allow")
  func envelopeIsKept() throws {
    var tally = TrialTally()
    for seed in 1...Self.count {
      let trial = ExperimentTrial(seed: seed)
      let verdict = try trial.run()
      tally.count(trial, verdict)
      #expect(verdict.violations.isEmpty, "\(trial): \(verdict.violations)")
    }
    #expect(tally.isBroad, "\(tally.text)")

  }
}
