import ControlCycle
import Foundation
import JointControl
import RobotDescription
import Testing

/// The good robot with ODrives on its classic bus: what is read, and what is refused in which line.
@Suite struct ODriveDescriptionTests {
  static let yaml: String = {
    let edits = [
      ("family: robstride\n    model: RS03\n", "family: odrive\n    model: S1_M8325s\n"),
      (
        "no_load_velocity: 20, encoder_counts: 4096}",
        "no_load_velocity: 20, encoder_counts: 4096}\n    reducer: {ratio: 18}"
      ),
      ("id: 4\n    master_id: 0xFD\n", "id: 4\n"),
      (
        "actuator: dm\n    bus: upper\n    id: 2\n    master_id: 18\n",
        "actuator: rs\n    bus: lower\n    id: 0\n"
      ),
    ]
    return edits.reduce(GoodRobot.yaml) { text, edit in text.editing(edit.0, to: edit.1) ?? "" }
  }()

  @Test func isReadNumberByNumber() throws {
    let directory = try RobotDirectory(yaml: Self.yaml)
    let robot = try RobotDescription.load(directory.path)
    let knee = try #require(robot.joints.first { $0.name == "knee" })
    let drive = knee.configuration.drive
    #expect(drive.family == .odrive && drive.id == 4 && drive.masterID == 0 && !drive.isFlexibleDataRate)
    #expect(drive.range.torque == 0.083 * 40 && drive.torqueConstant == 0.083)
    #expect(knee.configuration.transmission.ratio == 18 && knee.driveModel.builtInRatio == 1)
    // Gains have no scale on a wire that they never travel.
    let stiff = try #require(Self.yaml.editing("home: 0.3", to: "home: 0.3\n    gains: {stiffness: 1500}"))
    #expect(try RobotDirectory(yaml: stiff).diagnostics().isEmpty)
  }

  @Test func theOldFirmwareAndItsTorqueConstant() throws {
    let old = try #require(
      Self.yaml.editing(
        "family: odrive\n    model: S1_M8325s", to: "family: odrive_05\n    model: v3.6_D6374"))
    let edited = try #require(old.editing("encoder_counts: 4096", to: "torque_constant: -0.06"))
    let directory = try RobotDirectory(yaml: edited)
    let robot = try RobotDescription.load(directory.path)
    let drive = try #require(robot.joints.first { $0.name == "ankle" }).configuration.drive
    #expect(drive.family == .odrive05 && drive.id == 0 && drive.torqueConstant == -0.06)
    #expect(abs(drive.range.torque - 0.055 * 60) < 1e-12)
  }

  @Test(arguments: broken) func isRefusedInTheRightLine(_ broken: BrokenCase) throws {
    let yaml = try #require(Self.yaml.editing(broken.old, to: broken.new), "the edit does not apply once")
    try broken.check(RobotDirectory(yaml: yaml).diagnostics(), file: "robot.yaml", text: yaml)
  }

  static let broken = [
    BrokenCase(
      "an unknown model", "model: S1_M8325s", "model: S1_M8352s", message: "no model 'S1_M8352s'",
      fix: "S1_M8325s", "Pro_D6374"),
    BrokenCase(
      "a model of the other firmware", "model: S1_M8325s", "model: v3.6_M8325s",
      message: "odrive has no model",
      fix: "known are S1_M8325s"),
    BrokenCase(
      "the node id of a drive without one", "id: 4", "id: 63", message: "id 63", "6 bits", fix: "0 to 62"),
    BrokenCase(
      "two drives on one id", "id: 0\n", "id: 4\n",
      line: "ankle:\n    actuator: rs\n    bus: lower\n    id: 4\n",
      message: "id 4", "'knee' already", fix: "its own id"),
    BrokenCase(
      "a master id", "id: 4\n", "id: 4\n    master_id: 5\n", line: "master_id: 5\n", message: "no master_id",
      fix: "remove"),
    BrokenCase(
      "CAN FD", "model: S1_M8325s", "model: S1_M8325s\n    fd: true", line: "fd: true",
      message: "ODrive drives speak classic CAN only", fix: "remove"),
    BrokenCase(
      "a bit rate no drive has", "can1, bitrate: 1000000", "can1, bitrate: 800000", message: "800000", "none",
      fix: "1000000, 500000, 250000"),
    BrokenCase(
      "a rate beyond its samples", "update_rate: 1000", "update_rate: 1250", message: "1250 Hz", "'knee'",
      fix: "1000"),
    BrokenCase(
      "a bus that is too slow", "can1, bitrate: 1000000", "can1, bitrate: 500000", line: "  lower:",
      message: "cannot carry 2 drives", fix: "update_rate"),
    BrokenCase(
      "no torque constant", "encoder_counts: 4096", "torque_constant: 0", message: "torque_constant is 0",
      fix: "8.27 / KV"),
    BrokenCase(
      "an effort beyond the current limit", "ratio: 18}", "ratio: 15}", line: "max_effort: 50",
      message: "50 N.m is 3.33333 at the drive", fix: "49.8"),
  ]

  @Test func aBusIsNotSharedWithDamiao() throws {
    let yaml = try #require(
      Self.yaml.editing("bus: upper\n    id: 0x01", to: "fd: false\n    bus: lower\n    id: 0x01"))
    let found = try RobotDirectory(yaml: yaml).diagnostics()
    #expect(
      found.contains { $0.message.contains("identifiers overlap") && $0.fix.contains("bus of its own") })
    #expect(found.allSatisfy { $0.location.line > 0 })
  }
}
