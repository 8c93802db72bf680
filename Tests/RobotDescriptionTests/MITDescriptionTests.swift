import ControlCycle
import JointControl
import RobotDescription
import Testing

/// Robot files with MIT drives and CyberGears: what they mean, and what is refused where.
@Suite struct MITDescriptionTests {
  /// The good robot with an AK drive in its knee, and a second one beside it in its ankle.
  private static let yaml =
    GoodRobot.yaml
    .editing("family: robstride\n    model: RS03", to: "family: mit\n    model: AK10-9")?
    .editing("    master_id: 0xFD\n", to: "")?
    .editing(
      "    actuator: dm\n    bus: upper\n    id: 2\n    master_id: 18",
      to: "    actuator: rs\n    bus: lower\n    id: 2")
    ?? ""
  private static let gear =
    GoodRobot.yaml
    .editing("    model: RS03\n    watchdog: 0.03", to: "    model: CyberGear")?
    .editing("    limits: {max_effort: 50}", to: "    limits: {max_effort: 11}") ?? ""

  private func robot(_ yaml: String) throws -> Robot {
    let directory = try RobotDirectory(yaml: yaml)
    return try RobotDescription.load(directory.path)
  }

  @Test func anAKDrive() throws {
    let robot = try robot(Self.yaml)
    let knee = robot.joints[1]
    let drive = knee.configuration.drive
    #expect(drive.family == .mit && drive.dialect == .error && drive.id == 4 && drive.masterID == 0)
    #expect(
      drive.range == DriveRange(position: 12.5, velocity: 50, torque: 65, stiffness: 500, damping: 5))
    #expect(!drive.isFlexibleDataRate && !drive.setsWatchdog && knee.driveWatchdog_us == 30_000)
    #expect(knee.configuration.transmission.ratio == 1 && knee.driveModel.builtInRatio == 9)
    // The watchdog of two drives, their scale, and the identifier both answer with.
    #expect(robot.warnings.count == 3 && robot.warnings[0].message.contains("30.0 ms"))
  }

  @Test func ownIdentifiersOfAnswersAreNoWarning() throws {
    let own = try #require(
      Self.yaml.editing("    id: 4\n", to: "    id: 4\n    master_id: 0x14\n")?
        .editing("    id: 2\n", to: "    id: 2\n    master_id: 0x12\n"))
    let robot = try robot(own)
    #expect(robot.joints.map(\.configuration.drive.masterID) == [0x11, 0x14, 0x12])
    #expect(robot.warnings.map(\.subject) == ["joints knee, ankle", "joints knee, ankle"])
  }

  @Test func aWatchdogThatIsNotStatedIsNotThere() throws {
    let silent = try #require(Self.yaml.editing("    watchdog: 0.03\n", to: ""))
    let robot = try robot(silent)
    #expect(robot.joints.map(\.driveWatchdog_us) == [20_000, 0, 0])
    #expect(robot.warnings[0].message.contains("goes on with its last command"))
  }

  @Test func aDriveInForceControl() throws {
    let yaml = try #require(
      Self.yaml.editing("model: AK10-9", to: "model: AK60-6_V3")?
        .editing("    limits: {max_effort: 50}", to: "    limits: {max_effort: 11}")?
        .editing("    limits: {max_effort: 20}", to: "    limits: {max_effort: 11}"))
    let robot = try robot(yaml)
    let drive = robot.joints[1].configuration.drive
    #expect(drive.dialect == .force && drive.electricalRatio == 84 && drive.range.position == 12.56)
    #expect(abs(drive.torqueConstant - 3 / 3.8) < 1e-12)
    // Watchdog, no switch, scale, torque constant; each answers with its own identifier.
    #expect(robot.warnings.count == 4)
    #expect(robot.warnings[1].message.contains("no frame switches the power stage"))
    let named = try #require(yaml.editing("    id: 4\n", to: "    id: 4\n    master_id: 5\n"))
    let refused = try RobotDirectory(yaml: named).diagnostics()
    #expect(refused.contains { $0.message.contains("have no master_id") }, "\(refused)")
  }

  @Test func forceControlAndRobStrideDoNotShareABus() throws {
    let motor = "motor: {rotor_inertia: 1.0e-4, peak_torque: 12, knee_velocity: 8, no_load_velocity: 16}"
    let shared = try #require(
      GoodRobot.yaml
        .editing(
          "actuator: dm\n    bus: upper\n    id: 2\n    master_id: 18",
          to: "actuator: ak\n    bus: lower\n    id: 2")?
        .editing("    limits: {max_effort: 20}", to: "    limits: {max_effort: 11}")?
        .editing(
          "actuators:\n", to: "actuators:\n  ak:\n    family: mit\n    model: AK60-6_V3\n    \(motor)\n"))
    let found = try RobotDirectory(yaml: shared).diagnostics()
    #expect(found.contains { $0.message.contains("29-bit identifiers overlap") }, "\(found)")
  }

  @Test func aCyberGear() throws {
    let robot = try robot(Self.gear)
    let knee = robot.joints[1]
    #expect(knee.configuration.drive.family == .robstride && knee.configuration.drive.dialect == .cyberGear)
    #expect(
      knee.configuration.drive.range
        == DriveRange(position: 12.5, velocity: 30, torque: 12, stiffness: 500, damping: 5))
    #expect(knee.driveWatchdog_us == 0 && robot.warnings.map(\.subject) == ["joint knee"])
    #expect(robot.joints[0].configuration.drive.dialect == .standard)
  }

  @Test(arguments: broken) func isRefusedInTheRightLine(_ broken: BrokenCase) throws {
    let yaml = try #require(Self.yaml.editing(broken.old, to: broken.new), "the edit does not apply once")
    try broken.check(RobotDirectory(yaml: yaml).diagnostics(), file: "robot.yaml", text: yaml)
  }

  static let broken = [
    BrokenCase(
      "an unknown model", "model: AK10-9", "model: AK10-8", message: "mit has no model 'AK10-8'",
      fix: "AK10-9"),
    BrokenCase(
      "two drives on one id", "id: 2\n", "id: 4\n",
      line: "ankle:\n    actuator: rs\n    bus: lower\n    id: 4",
      message: "id 4", "'knee' already", fix: "its own id"),
    BrokenCase(
      "an id beyond a byte", "id: 4\n", "id: 300\n", message: "id 300", "one byte", fix: "1 to 255"),
    BrokenCase("id 0", "id: 4\n", "id: 0\n", message: "id 0", fix: "1 to 255"),
    BrokenCase(
      "CAN FD", "model: AK10-9", "model: AK10-9\n    fd: true", line: "fd: true",
      message: "MIT drives speak classic CAN only", fix: "remove"),
    BrokenCase(
      "another bit rate", "can1, bitrate: 1000000", "can1, bitrate: 500000", message: "500000", "mit",
      fix: "1000000"),
    BrokenCase(
      "answers on a drive's identifier", "id: 4\n", "id: 4\n    master_id: 2\n", line: "master_id: 2\n",
      message: "master_id 2", "'ankle'", fix: "0"),
    BrokenCase(
      "a stiffness beyond the field", "    id: 4\n", "    id: 4\n    gains: {stiffness: 501}\n",
      line: "gains: {stiffness: 501}", message: "full scale of 500", fix: "500"),
    BrokenCase(
      "a speed beyond the measured scale", "model: AK10-9", "model: AK10-9\n    range: {velocity: 9}",
      line: "  knee:", message: "full scale of 9", fix: "9", count: 2),
    BrokenCase(
      "a classic drive among FD frames", "    bus: lower\n    id: 4", "    bus: upper\n    id: 4",
      line: "actuator: rs\n    bus: upper", message: "error frames", "'hip'", fix: "classic drives"),
  ]
}
