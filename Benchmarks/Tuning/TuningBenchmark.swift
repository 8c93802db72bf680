// Tunes random simulated joints, and writes what a judge needs that shares no code with the tuner.
//
//     tuning-benchmark proof JOINTS SEED FILE
//     tuning-benchmark golden FILE
//     tuning-benchmark loops FILE
//     tuning-benchmark records SEED FOLDER
//
// `proof` runs the experiments of `JointTrial` on joints SEED, SEED + 1, ... in simulation, and writes one JSON object a joint: what
// it is, what was found, the gains. `golden` writes steps and margins for python-control to compute again, `loops` the margins that
// were measured on joints that are known. Tests/Interop/check_tuning.py judges all three. `records` writes what the experiments on one joint
// recorded as tables, to look at.

import Foundation
import JointControl
import Simulation
import Tuning

@main struct TuningBenchmark {
  static func main() throws {
    let words = Array(CommandLine.arguments.dropFirst())
    if words.count == 4, words[0] == "proof", let count = Int(words[1]), let seed = UInt64(words[2]) {
      try prove(count: count, seed: seed, file: words[3])
    } else if words.count == 2, words[0] == "golden" {
      try GoldenLoops.text().write(toFile: words[1], atomically: true, encoding: .utf8)
    } else if words.count == 2, words[0] == "loops" {
      try KnownLoop.text().write(toFile: words[1], atomically: true, encoding: .utf8)
    } else if words.count == 3, words[0] == "records", let seed = UInt64(words[1]) {
      var trial = JointTrial(seed: seed)
      trial.keepsRecords = true
      for (index, record) in try trial.run().records.enumerated() {
        try record.table.write(toFile: words[2] + "/\(seed)-\(index).csv", atomically: true, encoding: .utf8)
      }
    } else {
      print("usage: tuning-benchmark proof JOINTS SEED FILE | golden FILE | loops FILE | records SEED FOLDER")
      exit(2)
    }
  }

  static func prove(count: Int, seed: UInt64, file: String) throws {
    var lines: [String] = []
    for index in 0..<count {
      let trial = JointTrial(seed: seed + UInt64(index))
      lines.append(try trial.run().json)
    }
    try (lines.joined(separator: "\n") + "\n").write(toFile: file, atomically: true, encoding: .utf8)
    print("joints", count)
  }
}
