import Foundation
import RobotDescription
import Testing

@testable import sinew

@Suite("sinew model roll") struct ModelRollTests {
  private static let navigator = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Robots/navigator").path

  private func withFile<T>(_ text: String, _ body: (String) throws -> T) throws -> T {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("sinew-\(UUID().uuidString)")
    try Data(text.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(url.path)
  }

  @Test("Let go at its homes the trunk falls, the same way twice, and half the steps see nearly the same")
  func falls() throws {
    let robot = try RobotDescription.load(Self.navigator)
    let start = try #require(try ModelRoll.starts(nil, of: robot).first)
    let roll = ModelRoll(robot: robot, step: 250_000, stride: 400, samples: 2)
    let course = roll.course(from: start)
    #expect(course.times == [0, 0.1, 0.2])
    let trunk = try #require(robot.joints.firstIndex { $0.name == "Waist_Y" })
    #expect(course.positions[trunk][0] == robot.joints[trunk].home)
    let moved = course.positions.map { ($0[2] - $0[0]).magnitude }
    #expect(moved.allSatisfy(\.isFinite) && moved.contains { $0 > 0.01 })
    let again = roll.course(from: start)
    #expect(again.positions == course.positions && again.velocities == course.velocities)
    let finer = ModelRoll(robot: robot, step: 125_000, stride: 800, samples: 2).course(from: start)
    let apart = zip(course.positions, finer.positions).map { ($0[2] - $1[2]).magnitude }.max() ?? 1
    #expect(apart > 0 && apart < 5e-3)
  }

  @Test("Torques of the states are the motors'") func motors() throws {
    let robot = try RobotDescription.load(Self.navigator)
    let rolls = try withFile(#"{"states": [{}, {"tau": {"Neck_Y": 5}}]}"#) { path in
      let roll = ModelRoll(robot: robot, step: 250_000, stride: 200, samples: 1)
      return try ModelRoll.starts(path, of: robot).map(roll.course)
    }
    let neck = try #require(robot.joints.firstIndex { $0.name == "Neck_Y" })
    // The neck's drive counts the other way round; 5 N.m at the joint turn it forwards all the same.
    #expect(rolls[1].positions[neck][1] > rolls[0].positions[neck][1] + 1e-3)
  }

  @Test(
    "What a roll cannot start from is refused", arguments: [#"{"a": {"Neck_Y": 1}}"#, #"{"wrenches": {}}"#])
  func refused(state: String) throws {
    let robot = try RobotDescription.load(Self.navigator)
    try withFile(#"{"states": [{}, "# + state + "]}") { path in
      let failure = #expect(throws: Failure.self) { try ModelRoll.starts(path, of: robot) }
      #expect(failure?.problems.first?.location == "\(path): states[1]")
    }
  }

  @Test(
    "Times that are no whole steps are refused",
    arguments: [
      ["--step", "0"], ["--step", "1.5e-9"], ["--step", "nan"], ["--step", "1"], ["--for", "0"],
      ["--for", "1.0001", "--step", "1e-3"], ["--for", "inf"], ["--every", "0.3"], ["--every", "1e-5"],
    ])
  func times(arguments: [String]) {
    #expect(throws: (any Error).self) { try ModelCommand.Roll.parse(["robot"] + arguments) }
  }
}
