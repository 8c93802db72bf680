import ControlCycle
import JointControl
import RobotDescription
import Testing

/// Robot files with moteus drives: what they mean, and what is refused where.
@Suite struct MoteusDescriptionTests {
  /// The good robot with a moteus drive in its knee, on a bus of CAN FD of its own.
  static let yaml =
    GoodRobot.yaml
    .editing(
      "family: robstride\n    model: RS03",
      to:
        "family: moteus\n    model: moteus\n    range: {torque: 8, stiffness: 2, damping: 0.05}\n    reducer: {ratio: 9}"
    )?
    .editing("    master_id: 0xFD\n", to: "")?
    .editing("can1, bitrate: 1000000}", to: "can1, bitrate: 1000000, dbitrate: 5000000}") ?? ""

  @Test func aMoteusDrive() throws {
    let directory = try RobotDirectory(yaml: Self.yaml)
    let knee = try RobotDescription.load(directory.path).joints[1]
    let drive = knee.configuration.drive
    #expect(drive.family == .moteus && drive.id == 4 && drive.masterID == 0 && drive.isFlexibleDataRate)
    #expect(drive.range.stiffness == 2 && drive.range.damping == 0.05 && drive.range.torque == 8)
    #expect(drive.range.position == Moteus.positionRange)
    #expect(drive.watchdog_us == 30_000 && knee.driveWatchdog_us == 30_000)
    #expect(knee.configuration.transmission.ratio == 9 && knee.driveModel.builtInRatio == 1)
  }

  @Test(arguments: broken) func isRefusedInTheRightLine(_ broken: BrokenCase) throws {
    let yaml = try #require(Self.yaml.editing(broken.old, to: broken.new), "the edit does not apply once")
    try broken.check(RobotDirectory(yaml: yaml).diagnostics(), file: "robot.yaml", text: yaml)
  }

  static let broken = [
    BrokenCase(
      "a classic bus", "can1, bitrate: 1000000, dbitrate: 5000000}", "can1, bitrate: 1000000}",
      line: "    bus: lower", message: "moteus drive of 'knee' speaks CAN FD", "no dbitrate",
      fix: "dbitrate: 5000000"),
    BrokenCase(
      "classic frames", "model: moteus\n", "model: moteus\n    fd: false\n", line: "fd: false",
      message: "moteus drives speak CAN FD only", fix: "fd: true"),
    BrokenCase(
      "another data rate", "can1, bitrate: 1000000, dbitrate: 5000000}",
      "can1, bitrate: 1000000, dbitrate: 2000000}", line: "can1, bitrate", message: "dbitrate 2000000",
      fix: "5000000"),
    BrokenCase(
      "another nominal rate", "can1, bitrate: 1000000,", "can1, bitrate: 500000,", line: "can1, bitrate",
      message: "bitrate 500000", fix: "1000000"),
    BrokenCase(
      "an unknown model", "model: moteus\n", "model: moteus-r5\n", message: "no model 'moteus-r5'",
      fix: "known are moteus"),
    BrokenCase(
      "the id of all drives", "    id: 4\n", "    id: 0\n", message: "id 0", "all drives", fix: "1 to 127"),
    BrokenCase("an id of 8 bits", "    id: 4\n", "    id: 128\n", message: "7 bits", fix: "1 to 127"),
    BrokenCase(
      "a host of 8 bits", "    id: 4\n", "    id: 4\n    master_id: 253\n", line: "master_id: 253",
      message: "no moteus host id", fix: "0 to 127"),
    BrokenCase(
      "a host that is a drive", "    id: 4\n", "    id: 4\n    master_id: 4\n", line: "master_id: 4",
      message: "is the id of the drive of 'knee'", fix: "such as 0"),
    BrokenCase(
      "a stiffness beyond the drive's own", "stiffness: 2,", "stiffness: 1,",
      line: "gains: {stiffness: 100, damping: 3}",
      message: "stiffness", "beyond its full scale of 1", fix: "stiffness within 81"),
    BrokenCase(
      "a neighbour of another family", "    actuator: dm\n    bus: upper\n    id: 2",
      "    actuator: dm\n    bus: lower\n    id: 2", line: "ankle:\n    actuator: dm\n    bus: lower",
      message: "may take frames to the damiao drive of 'ankle'", fix: "a bus of their own"),
    BrokenCase(
      "two drives of one id", "    actuator: dm\n    bus: upper\n    id: 2\n    master_id: 18",
      "    actuator: rs\n    bus: lower\n    id: 4",
      line: "ankle:\n    actuator: rs\n    bus: lower\n    id: 4",
      message: "id 4 on bus 'lower' belongs to joint 'knee'", fix: "own id"),
  ]
}
