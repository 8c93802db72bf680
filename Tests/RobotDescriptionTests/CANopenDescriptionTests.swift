import ControlCycle
import JointControl
import RobotDescription
import Testing

/// Robot files with CANopen drives: what they mean, and what is refused where.
@Suite struct CANopenDescriptionTests {
  /// The good robot with a CANopen drive in its knee, a slower loop, and a second one on the knee's bus in its ankle.
  private static let yaml =
    GoodRobot.yaml
    .editing("family: robstride\n    model: RS03", to: "family: canopen\n    model: CiA402")?
    .editing("encoder_counts: 4096}", to: "encoder_counts: 4096, rated_torque: 6.5}")?
    .editing("    master_id: 0xFD\n", to: "")?
    .editing("update_rate: 1000", to: "update_rate: 500")?
    .editing("    limits: {max_effort: 50}", to: "    limits: {max_effort: 50}\n    reducer: {ratio: 9}")?
    .editing(
      "    actuator: dm\n    bus: upper\n    id: 2\n    master_id: 18",
      to: "    actuator: rs\n    bus: lower\n    id: 2\n    reducer: {ratio: 10}") ?? ""

  @Test func aCANopenDrive() throws {
    let directory = try RobotDirectory(yaml: Self.yaml)
    let robot = try RobotDescription.load(directory.path)
    let knee = robot.joints[1]
    let drive = knee.configuration.drive
    #expect(drive.family == .canopen && drive.id == 4 && drive.masterID == 0x7F && !drive.isFlexibleDataRate)
    #expect(drive.range == CANopen.range(encoderCounts: 4096, ratedTorque: 6.5))
    #expect(knee.configuration.transmission.ratio == 9 && knee.driveWatchdog_us == 30_000)
    #expect(robot.joints.map(\.configuration.drive.endsGroup) == [true, false, true])
  }

  @Test(arguments: broken) func isRefusedInTheRightLine(_ broken: BrokenCase) throws {
    let yaml = try #require(Self.yaml.editing(broken.old, to: broken.new), "the edit does not apply once")
    try broken.check(RobotDirectory(yaml: yaml).diagnostics(), file: "robot.yaml", text: yaml)
  }

  static let broken = [
    BrokenCase(
      "an unknown model", "model: CiA402", "model: CiA401", message: "canopen has no model 'CiA401'",
      fix: "CiA402"),
    BrokenCase(
      "two drives on one id", "id: 2\n", "id: 4\n",
      line: "ankle:\n    actuator: rs\n    bus: lower\n    id: 4",
      message: "id 4", "'knee' already", fix: "its own id"),
    BrokenCase("an id beyond 7 bits", "id: 4\n", "id: 128\n", message: "id 128", "7 bits", fix: "1 to 127"),
    BrokenCase("id 0", "id: 4\n", "id: 0\n", message: "id 0", fix: "1 to 127"),
    BrokenCase(
      "a host beyond 7 bits", "id: 4\n", "id: 4\n    master_id: 200\n", line: "master_id: 200\n",
      message: "master_id 200", "node id", fix: "127"),
    BrokenCase(
      "two hosts on one bus", "id: 2\n", "id: 2\n    master_id: 120\n", line: "master_id: 120\n",
      message: "one heartbeat a bus", fix: "master_id: 127"),
    BrokenCase(
      "CAN FD", "model: CiA402", "model: CiA402\n    fd: true", line: "fd: true",
      message: "canopen drives speak classic CAN only", fix: "remove"),
    BrokenCase(
      "a range", "model: CiA402", "model: CiA402\n    range: {torque: 10}", line: "range: {torque: 10}",
      message: "follows from encoder_counts", fix: "remove"),
    BrokenCase(
      "no rated torque", ", rated_torque: 6.5", "", line: "knee:\n    actuator: rs",
      message: "lacks 'rated_torque'",
      fix: "6076", count: 2),
    BrokenCase(
      "another bit rate", "can1, bitrate: 1000000", "can1, bitrate: 200000", message: "200000", "canopen",
      fix: "1000000"),
    BrokenCase(
      "a watchdog of less than two heartbeats", "watchdog: 0.03", "watchdog: 0.015",
      message: "shorter than two",
      fix: "0.04", count: 2),
    BrokenCase(
      "another family of 11 bits on the bus",
      "    bus: upper\n    id: 0x01", "    bus: lower\n    id: 0x01",
      line: "hip:\n    actuator: dm\n    bus: lower",
      message: "identifiers overlap", fix: "a bus of its own"),
  ]
}
