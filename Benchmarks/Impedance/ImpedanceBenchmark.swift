// Tries the Cartesian impedance on random contacts, and times it.
//
//     impedance-benchmark proof CONTACTS SEED [SECONDS] [BOUND]
//     impedance-benchmark time ROUNDS
//
// `proof` plays contacts of the hand for SECONDS (0.3) each at 1 kHz with one period of delay and looks whether any of them takes
// out more energy than was there; exit 1 where one does. BOUND is how far gains go of their frequency bound (1). `time` prints how
// long an update takes [ns].

import ControlCycle
import Foundation
import RigidBody
import TestSupport

@main struct ImpedanceBenchmark {
  static func main() throws {
    let words = Array(CommandLine.arguments.dropFirst())
    let model = try SevenJointArm.model()
    if (3...5).contains(words.count), words[0] == "proof", let count = Int(words[1]),
      let seed = UInt64(words[2])
    {
      let duration = words.count > 3 ? Double(words[3]) ?? 0.3 : 0.3
      let bound = words.count > 4 ? Double(words[4]) ?? 1 : 1
      try prove(model, count: count, seed: seed, duration: duration, bound: bound)
    } else if words.count == 2, words[0] == "time", let rounds = Int(words[1]) {
      try time(model, rounds: rounds)
    } else {
      print("usage: impedance-benchmark proof CONTACTS SEED [SECONDS] [BOUND] | time ROUNDS")
      exit(2)
    }
  }

  static func prove(_ model: Model, count: Int, seed: UInt64, duration: Double, bound: Double) throws {
    var proof = ContactProof()
    for index in 0..<count {
      let trial = ContactProof.trial(model, seed: seed, index: index, bound: bound)
      let outcome = try trial.run(model, for: duration)
      proof.count(outcome, index: index)
      if !outcome.isPassive, proof.failed.count <= 10 {
        print(
          "contact \(index): \(outcome.given) J of \(outcome.stored) J; frame \(outcome.frequency) of"
            + " \(outcome.bound) rad/s; contact \(trial.contact.stiffness) N/m; finite \(outcome.isFinite)"
            + "; posture \(trial.gains.posture); least singular value \(outcome.leastSingularValue)")
      }
    }
    print("contacts", proof.contacts)
    print("not passive", proof.failed.count)
    print("largest share of the stored energy", proof.largestShare)
    print("largest excess, as a part of it", proof.largestExcess)
    print("gave energy", proof.giving, "took energy", proof.taking, "lost a direction", proof.singular)
    exit(proof.failed.isEmpty ? 0 : 1)
  }

  static func time(_ model: Model, rounds: Int) throws {
    let data = ModelData(model)
    let space = try OperationalSpace(
      model, link: model.linkIndex(of: SevenJointArm.hand) ?? 0, linkFromFrame: SevenJointArm.linkFromHand,
      joints: SevenJointArm.joints)
    let trial = ContactProof.trial(model, seed: 1, index: 0)
    var law = CartesianImpedance(trial.gains, space: space, model: model.kernel, workspace: data.workspace)
    law.isOn = true
    var best = [Double](repeating: .infinity, count: 100)
    for _ in 0..<rounds {
      for step in best.indices {
        for joint in 0..<7 { law.take(joint, position: 0.3 + 0.01 * Double(joint + step), velocity: 0.1) }
        let start = DispatchTime.now().uptimeNanoseconds
        law.update(over: 0.001)
        best[step] = min(best[step], Double(DispatchTime.now().uptimeNanoseconds - start))
      }
    }
    best.sort()
    print("median", best[best.count / 2], "worst", best[best.count - 1])
  }
}
