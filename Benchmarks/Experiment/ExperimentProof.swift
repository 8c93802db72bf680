// Random experiments in which things go wrong, on random joints: every one has to end in damping and then in drives that are off,
// with the limits of its envelope kept.
//
//     experiment-proof TRIALS [SEED]
//
// Prints each trial that did not, then how near the others came to what is allowed; exits 1 where one did not.
import ExperimentTrials
import Glibc

@main
struct ExperimentProof {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
    guard let count = arguments.first, count > 0 else {
      print("usage: experiment-proof TRIALS [SEED]")
      exit(2)
    }
    let first = arguments.count > 1 ? arguments[1] : 1
    var failed = 0
    var tally = TrialTally()
    for seed in first..<first + count {
      let trial = ExperimentTrial(seed: seed)
      do {
        let verdict = try trial.run()
        tally.count(trial, verdict)
        guard !verdict.violations.isEmpty else { continue }
        print("\(trial): \(verdict.violations.joined(separator: "; "))")
      } catch { print("\(trial): \(error)") }
      failed += 1
    }
    print(tally.text)
    print("\(count - UInt64(failed)) passed, \(failed) failed")
    if failed > 0 { exit(1) }
  }
}
