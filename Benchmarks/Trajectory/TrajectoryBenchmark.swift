// Times and tries the trajectory generator; `run.py` runs this in turns with the peer, `make otg-proof` tries it.
//
//     trajectory-benchmark time FILE JOINTS ROUNDS     times each case of a file, the best of ROUNDS
//     trajectory-benchmark proof CASES JOINTS SEED     plans random cases and checks ends and limits; exit 1 on a violation
//     trajectory-benchmark paths CASES JOINTS SEED     the same for paths through random points
//
// FILE holds eleven doubles a joint: position, velocity and acceleration of start and target, lowest and highest velocity
// and acceleration, jerk.

import ControlCycle
import Foundation

@main struct TrajectoryBenchmark {
  static func main() throws {
    let words = Array(CommandLine.arguments.dropFirst())
    guard words.count == 4, let joints = Int(words[2]), (1...64).contains(joints) else { usage() }
    if words[0] == "time", let rounds = Int(words[3]) {
      let data = try Data(contentsOf: URL(fileURLWithPath: words[1]))
      let numbers = data.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
      time(numbers, joints: joints, rounds: rounds)
    } else if words[0] == "proof", let cases = Int(words[1]), let seed = UInt64(words[3]) {
      let proof = TrajectoryProof(cases: cases, joints: joints, seed: seed)
      print(proof.text)
      if !proof.holds { exit(1) }
    } else if words[0] == "paths", let cases = Int(words[1]), let seed = UInt64(words[3]) {
      let proof = PathProof(cases: cases, joints: joints, seed: seed)
      print(proof.text)
      if !proof.holds { exit(1) }
    } else {
      usage()
    }
  }

  static func usage() -> Never {
    print(
      "usage: trajectory-benchmark time FILE JOINTS ROUNDS | proof CASES JOINTS SEED | paths CASES JOINTS SEED"
    )
    exit(2)
  }

  /// Prints mean, 99.9th percentile and worst time of a case, each case's best of some rounds, and the sum of durations.
  static func time(_ numbers: [Double], joints: Int, rounds: Int) {
    var generator = TrajectoryGenerator(jointCount: joints)
    let cases = numbers.count / (11 * joints)
    var best = [Double](repeating: .infinity, count: cases)
    var durations = 0.0
    for round in 0..<rounds {
      for index in 0..<cases {
        for joint in 0..<joints { generator.set(joint, numbers, at: 11 * (index * joints + joint)) }
        let start = DispatchTime.now().uptimeNanoseconds
        let verdict = generator.plan()
        let end = DispatchTime.now().uptimeNanoseconds
        best[index] = min(best[index], Double(end - start))
        if round == 0, verdict.isPlanned { durations += generator.duration }
      }
    }
    best.sort()
    print("mean", best.reduce(0, +) / Double(cases))
    print("p999", best[cases - 1 - cases / 1000])
    print("worst", best[cases - 1])
    print("durations", durations)
  }
}

extension TrajectoryGenerator {
  /// Sets start, target and limits of a joint from eleven numbers.
  mutating func set(_ joint: Int, _ n: [Double], at i: Int) {
    starts[joint] = KinematicState(position: n[i], velocity: n[i + 1], acceleration: n[i + 2])
    targets[joint] = KinematicState(position: n[i + 3], velocity: n[i + 4], acceleration: n[i + 5])
    limits[joint] = KinematicLimits(
      minVelocity: n[i + 6], maxVelocity: n[i + 7], minAcceleration: n[i + 8], maxAcceleration: n[i + 9],
      jerk: n[i + 10])
  }
}
