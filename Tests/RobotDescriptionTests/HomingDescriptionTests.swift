import JointControl
import RobotDescription
import Testing

/// `homing:` of a joint.
@Suite struct HomingDescriptionTests {
  private func yaml(_ homing: String) throws -> String {
    try #require(GoodRobot.yaml.editing("    home: 0.3\n", to: "    home: 0.3\n    homing: \(homing)\n"))
  }

  private func load(_ yaml: String) throws -> Robot {
    let directory = try RobotDirectory(yaml: yaml)
    return try RobotDescription.load(directory.path)
  }

  @Test func aPlanIsRead() throws {
    let robot = try load(
      yaml(
        "{method: stop, at: -0.2, direction: positive, torque: 20, speed: 0.5, travel: 3, time: 20, back_off: 0.2}"
      ))
    let plan = try #require(robot.joints.first { $0.name == "knee" }?.homing)
    #expect(
      plan
        == HomingPlan(
          .stop, mark: -0.2, direction: 1, torque: 20, speed: 0.5, travel: 3, time: 20, backOff: 0.2))
    #expect(robot.joints.first { $0.name == "hip" }?.homing == nil)
  }

  @Test func whatIsMissingIsCautious() throws {
    let robot = try load(yaml("{method: index, at: 0.5, torque: 20}"))
    let joint = try #require(robot.joints.first { $0.name == "knee" })
    let plan = try #require(joint.homing)
    let limits = joint.configuration.limits
    #expect(plan.direction == -1 && plan.speed == 0.2 && plan.time == 60 && plan.backOff == 0.1)
    #expect(plan.travel == limits.maxPosition - limits.minPosition + 0.5)
    let saved = try load(yaml("{method: saved}"))
    #expect(saved.joints.first { $0.name == "knee" }?.homing?.method == .saved)
  }

  @Test(arguments: [
    ("{at: 1, torque: 1}", "lacks 'method'"),
    ("{method: stops, at: 1, torque: 1}", "method 'stops' is unknown"),
    ("{method: stop, torque: 1}", "lacks 'at'"), ("{method: index, at: 1}", "lacks 'torque'"),
    ("{method: saved, torque: 1}", "no meaning with saved turns"),
    ("{method: stop, at: 90, torque: 1}", "looks like degrees"),
    ("{method: stop, at: 1, torque: -1}", "torque is -1"),
    ("{method: stop, at: 1, torque: 1, speed: 0}", "speed is 0"),
    ("{method: stop, at: 1, torque: 1, force: 3}", "has no key 'force'"),
    ("{method: stop, at: 1, torque: 1, direction: up}", "direction 'up' is unknown"),
  ])
  func whatIsWrongIsRefused(_ homing: String, _ message: String) throws {
    let found = try RobotDirectory(yaml: yaml(homing)).diagnostics()
    #expect(found.contains { $0.message.contains(message) }, "\(found)")
    #expect(found.allSatisfy { $0.location.line > 0 })
  }
}
