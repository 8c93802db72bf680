import Foundation
import RobotDescription
import TestSupport
import Testing

/// Malformed data is refused or read, never a trap: seeded mutations of good files.
@Suite struct FuzzTests {
  /// Mutations of each file; `make fuzz` asks for more.
  private static let cases = ProcessInfo.processInfo.environment["SINEW_MUTATIONS"].flatMap { Int($0) } ?? 600

  private enum Mutation: CaseIterable {
    case flip, overwrite, insert, delete, truncate, duplicate, swap, splice
  }

  /// Bytes that mean something to one of the formats.
  private static let loaded = Array(
    "<>&\"'/=!?-[]{}:,#|>*%@`~\n\r\t .0123456789eExnaif+\\_\u{1}é\u{2028}".utf8)

  private func mutated(_ bytes: [UInt8], with random: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      let end = min(bytes.count, at + Int.random(in: 1...60, using: &random))
      let byte = Self.loaded.randomElement(using: &random) ?? 0
      switch Mutation.allCases.randomElement(using: &random) ?? .flip {
      case .flip: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case .overwrite: bytes[at] = byte
      case .insert: bytes.insert(byte, at: at)
      case .delete: bytes.removeSubrange(at..<end)
      case .truncate: bytes.removeSubrange(at...)
      case .duplicate: bytes.insert(contentsOf: bytes[at..<end], at: at)
      case .swap: bytes.swapAt(at, Int.random(in: 0..<bytes.count, using: &random))
      case .splice:
        let number = ["1e999", "-0", "0x", "99999999999999999999", ".nan", "~", "null", "[]", "{}", "\"\""]
        bytes.replaceSubrange(at..<end, with: Array((number.randomElement(using: &random) ?? "").utf8))
      }
    }
    return bytes
  }

  @Test func mutatedRobotFilesNeverTrap() throws {
    let robot = try RobotDirectory()
    let good = Array(GoodRobot.yaml.utf8)
    var random = SeededGenerator(seed: 1)
    var refused = 0
    for _ in 0..<Self.cases {
      try robot.write(mutated(good, with: &random), "robot.yaml")
      let found = robot.diagnostics()
      if !found.isEmpty { refused += 1 }
      #expect(found.allSatisfy { !$0.message.isEmpty && !$0.fix.isEmpty })
    }
    #expect(refused > Self.cases * 2 / 5)
  }

  @Test func mutatedURDFFilesNeverTrap() throws {
    let robot = try RobotDirectory()
    let good = Array(GoodRobot.urdf.utf8)
    var random = SeededGenerator(seed: 2)
    var refused = 0
    for _ in 0..<Self.cases {
      try robot.write(mutated(good, with: &random), "leg.urdf")
      let found = robot.diagnostics()
      if !found.isEmpty { refused += 1 }
      #expect(found.allSatisfy { !$0.message.isEmpty && !$0.fix.isEmpty })
    }
    #expect(refused > Self.cases * 2 / 5)
  }

  @Test func mutatedMotionFilesNeverTrap() throws {
    let directory = try RobotDirectory()
    let robot = try RobotDescription.load(directory.path)
    let good = Array(GoodRobot.motion.utf8)
    var random = SeededGenerator(seed: 3)
    var refused = 0
    for _ in 0..<Self.cases {
      let file = try directory.write(mutated(good, with: &random), "motion.yaml")
      do {
        let motion = try RobotDescription.loadMotion(file, for: robot)
        #expect(!motion.points.isEmpty)
        #expect(motion.points.allSatisfy { $0.positions.count == robot.joints.count })
      } catch {
        refused += 1
        #expect(!error.diagnostics.isEmpty)
      }
    }
    #expect(refused > Self.cases * 2 / 5)
  }

  @Test func mutatedScenarioFilesNeverTrap() throws {
    let directory = try RobotDirectory()
    try directory.write(GoodRobot.motion, "step.yaml")
    var robots = [directory.path + "/robot.yaml": try RobotDescription.load(directory.path)]
    let good = Array(ScenarioTests.good.utf8)
    var random = SeededGenerator(seed: 4)
    var refused = 0
    for _ in 0..<Self.cases {
      let file = try directory.write(mutated(good, with: &random), "scenario.yaml")
      do {
        let scenario = try RobotDescription.loadScenario(file, robots: &robots)
        #expect(!scenario.points.isEmpty && !scenario.seeds.isEmpty)
        #expect(scenario.points.allSatisfy { !$0.expectations.isEmpty })
      } catch {
        refused += 1
        #expect(error.diagnostics.allSatisfy { !$0.message.isEmpty && !$0.fix.isEmpty })
      }
    }
    #expect(refused > Self.cases * 2 / 5)
  }

  @Test func everyTruncationIsReadOrRefused() throws {
    let robot = try RobotDirectory()
    for (text, name) in [(GoodRobot.yaml, "robot.yaml"), (GoodRobot.urdf, "leg.urdf")] {
      let bytes = Array(text.utf8)
      for count in stride(from: 0, to: bytes.count - 30, by: 7) {
        try robot.write(Array(bytes[..<count]), name)
        #expect(!robot.diagnostics().isEmpty, "\(name) cut to \(count) bytes loads")
      }
      try robot.write(bytes, name)
    }
    #expect(robot.diagnostics().isEmpty)
  }
}
