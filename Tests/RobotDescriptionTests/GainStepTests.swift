import ControlCycle
import JointControl
import RobotDescription
import Testing

/// Gains that a frame's steps would change: refused where it is much, told where it is little.
@Suite struct GainStepTests {
  private func load(_ edit: String, to gains: String) throws -> Robot {
    let yaml = try #require(GoodRobot.yaml.editing(edit, to: gains))
    let directory = try RobotDirectory(yaml: yaml)
    return try RobotDescription.load(directory.path)
  }

  /// 12 bits for 0...5 N.m.s/rad behind 2:1: steps of 0.0049 at the joint, of which 0.03 is six.
  @Test func aDampingOfAFewStepsIsRefused() throws {
    do {
      _ = try load("gains: {stiffness: 200, damping: 8}", to: "gains: {stiffness: 200, damping: 0.028}")
      Issue.record("a damping that arrives as 0.0244 was taken")
    } catch let error as DescriptionError {
      let text = "\(error)"
      #expect(text.contains("joint 'hip': damping 0.028 N.m.s/rad arrives as 0.0244"), "\(text)")
      #expect(text.contains("steps of 0.00488") && text.contains("at least 0.0976"), "\(text)")
      #expect(error.diagnostics.count == 1 && error.diagnostics[0].location.line > 1)
    }
  }

  @Test func aDampingBelowOneStepIsRefused() throws {
    #expect(throws: DescriptionError.self) {
      _ = try load("gains: {stiffness: 200, damping: 8}", to: "gains: {stiffness: 200, damping: 0.004}")
    }
  }

  @Test func aFewPerCentAreTold() throws {
    let robot = try load("gains: {stiffness: 200, damping: 8}", to: "gains: {stiffness: 200, damping: 0.1}")
    let told = robot.warnings.filter { $0.message.contains("damping arrives 2.3 % off") }
    #expect(told.count == 1 && told.first?.subject == "joint hip", "\(robot.warnings)")
  }

  /// At the joint: position by the ratio, torque with it, gains by its square.
  @Test func fieldsStandAtTheJoint() throws {
    let directory = try RobotDirectory(yaml: GoodRobot.yaml)
    let robot = try RobotDescription.load(directory.path)
    let fields = robot.joints[0].fields
    func field(_ quantity: JointField.Quantity, isCommand: Bool = true) throws -> JointField {
      try #require(fields.first { $0.quantity == quantity && $0.isCommand == isCommand })
    }
    #expect(fields.count == 8 && fields.allSatisfy { $0.isCarried && !$0.saturates })
    #expect(abs(try field(.position).step - 25.0 / 65535 / 2) < 1e-12)
    #expect(abs(try field(.position).limit - 1.3) < 1e-12)
    #expect(abs(try field(.velocity).step - 90.0 / 4095 / 2) < 1e-12)
    #expect(abs(try field(.torque).step - 2 * 108.0 / 4095) < 1e-12)
    #expect(abs(try field(.torque).fullScale - 108) < 1e-9)
    #expect(abs(try field(.damping).step - 4 * 5.0 / 4095) < 1e-12)
    let arrives = try #require(try field(.damping).carriedGain)
    #expect(arrives <= 8 && arrives > 8 - 4 * 5.0 / 4095)
  }
}
