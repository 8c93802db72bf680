import ControlCycle
import JointControl
import RobotDescription
import Testing

/// The good robot with MyActuator drives on its classic bus at 500 Hz: what is read, and what is refused in which line.
@Suite struct MyActuatorDescriptionTests {
  static let yaml: String = {
    let edits = [
      ("update_rate: 1000", "update_rate: 500"),
      ("family: robstride\n    model: RS03\n", "family: myactuator\n    model: X12-150\n"),
      ("id: 4\n    master_id: 0xFD\n", "id: 4\n"),
      ("limits: {max_effort: 50}", "limits: {max_effort: 50, max_velocity: 10}"),
    ]
    return edits.reduce(GoodRobot.yaml) { text, edit in text.editing(edit.0, to: edit.1) ?? "" }
  }()

  @Test func isReadNumberByNumber() throws {
    let directory = try RobotDirectory(yaml: Self.yaml)
    let robot = try RobotDescription.load(directory.path)
    let knee = try #require(robot.joints.first { $0.name == "knee" })
    let drive = knee.configuration.drive
    #expect(drive.family == .myactuator && drive.id == 4 && drive.masterID == 0 && !drive.isFlexibleDataRate)
    #expect(drive.range.torque == 50 && abs(drive.range.velocity - 100 * Double.pi / 30) < 1e-12)
    #expect(abs(drive.torqueConstant - 50.0 / 15) < 1e-12 && knee.driveModel.builtInRatio == 12)
    #expect(
      robot.warnings.contains {
        $0.subject == "joint knee" && $0.message.contains("3.3333333 N.m/A")
          && $0.fix.contains("torque_constant")
      }, "\(robot.warnings)")
    #expect(!robot.warnings.contains { $0.message.contains("watchdog") && $0.subject.contains("knee") })
    let own = try #require(
      Self.yaml.editing("encoder_counts: 4096", to: "encoder_counts: 4096, torque_constant: -3.1"))
    let changed = try RobotDirectory(yaml: own)
    let other = try RobotDescription.load(changed.path)
    #expect(other.joints.first { $0.name == "knee" }?.configuration.drive.torqueConstant == -3.1)
  }

  /// Every model has what a frame is made with, and a name of its own.
  @Test func models() {
    let models = DriveModel.all(.myactuator)
    #expect(models.count == 20 && Set(models.map(\.name)).count == 20)
    for model in models {
      #expect(model.torqueConstant > 0.1 && model.torqueConstant < 10 && model.builtInRatio >= 6)
      #expect(model.range.torque / model.torqueConstant < 327.67 && !model.source.isEmpty)
    }
  }

  @Test(arguments: broken) func isRefusedInTheRightLine(_ broken: BrokenCase) throws {
    let yaml = try #require(Self.yaml.editing(broken.old, to: broken.new), "the edit does not apply once")
    try broken.check(RobotDirectory(yaml: yaml).diagnostics(), file: "robot.yaml", text: yaml)
  }

  static let broken = [
    BrokenCase(
      "an unknown model", "model: X12-150", "model: X12-105", message: "myactuator has no model 'X12-105'",
      fix: "X12-150"),
    BrokenCase("an id beyond 32", "id: 4", "id: 33", message: "id 33", "32 identifiers", fix: "1 to 32"),
    BrokenCase(
      "the id 0", "id: 4\n", "id: 0\n", line: "id: 0\n", message: "id 0", "32 identifiers", fix: "1 to 32"),
    BrokenCase(
      "a master id", "id: 4\n", "id: 4\n    master_id: 5\n", line: "master_id: 5\n",
      message: "MyActuator drives have no master_id", fix: "remove"),
    BrokenCase(
      "CAN FD", "model: X12-150", "model: X12-150\n    fd: true", line: "fd: true",
      message: "MyActuator drives speak classic CAN only", fix: "remove"),
    BrokenCase(
      "a bit rate no drive has", "can1, bitrate: 1000000", "can1, bitrate: 250000", message: "250000", "none",
      fix: "1000000, 500000"),
    BrokenCase(
      "a rate beyond its answers", "update_rate: 500", "update_rate: 501", message: "501 Hz", "'knee'",
      fix: "500"),
    BrokenCase(
      "no torque constant", "encoder_counts: 4096", "torque_constant: 0", message: "torque_constant is 0",
      fix: "8.27 / KV"),
    BrokenCase(
      "a torque beyond what is rated", "model: X12-150", "model: X10-40", line: "max_effort: 50",
      message: "beyond its full scale of 15", fix: "range"),
  ]

  @Test func aBusIsNotSharedWithDamiao() throws {
    let yaml = try #require(
      Self.yaml.editing("bus: upper\n    id: 0x01", to: "fd: false\n    bus: lower\n    id: 0x01"))
    let found = try RobotDirectory(yaml: yaml).diagnostics()
    #expect(
      found.contains { $0.message.contains("identifiers overlap") && $0.fix.contains("bus of its own") },
      "\(found)")
  }
}
