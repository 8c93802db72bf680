import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import RobotDescription

/// Modes and device files of robot.yaml: what they mean, and what is refused where.
@Suite struct DeviceFileTests {
  /// A robot with CANopen drives in knee and ankle, the knee in a mode and with a device file.
  private static func yaml(_ more: String = "eds: drive.eds") -> String {
    GoodRobot.yaml
      .editing("staleness: {policy: damp, max_age: 4}", to: "staleness: {policy: stop, max_age: 4}")?
      .editing("family: robstride\n    model: RS03", to: "family: canopen\n    model: CiA402\n    \(more)")?
      .editing("encoder_counts: 4096}", to: "encoder_counts: 4096, rated_torque: 6.5}")?
      .editing("    master_id: 0xFD\n", to: "")?
      .editing("update_rate: 1000", to: "update_rate: 500")?
      .editing("    limits: {max_effort: 50}", to: "    limits: {max_effort: 50}\n    reducer: {ratio: 9}")?
      .editing(
        "    actuator: dm\n    bus: upper\n    id: 2\n    master_id: 18",
        to: "    actuator: rs\n    bus: lower\n    id: 2\n    reducer: {ratio: 10}") ?? ""
  }

  private func load(_ yaml: String, _ sheet: String) throws -> Robot {
    let directory = try directory(yaml, sheet)
    return try withExtendedLifetime(directory) { try RobotDescription.load(directory.path) }
  }

  private func directory(_ yaml: String, _ sheet: String) throws -> RobotDirectory {
    let directory = try RobotDirectory(yaml: yaml)
    try directory.write(sheet, "drive.eds")
    return directory
  }

  @Test func ourOwnSheetIsFineInEveryMode() throws {
    for mode in ["torque", "position", "velocity"] {
      let robot = try load(Self.yaml("mode: \(mode)\n    eds: drive.eds"), DataSheetTests.ownText)
      let knee = robot.joints[1]
      #expect(knee.configuration.drive.mode.word == mode && knee.period == robot.period)
      #expect(knee.objects.product == 0x402 && knee.objects.revision == 0x10000 && knee.objects.vendor == nil)
      #expect(knee.objects.writes.isEmpty)
    }
  }

  /// An object whose lack would be found on the robot is found here, in the mode that needs it.
  @Test(arguments: [
    ("[60B2]", "[50B2]", "position", "no object 60B2"), ("[60FF]", "[50FF]", "velocity", "no object 60FF"),
    ("[6071]", "[5071]", "torque", "no object 6071"), ("[6072]", "[5072]", "velocity", "no object 6072"),
    ("[1A01sub4]", "[1A01sub5]", "torque", "no mapping entry 1A01:4"),
    ("[608Fsub1]", "[608Fsub3]", "torque", "no object 608F:1"),
    ("NrOfTXPDO=2", "NrOfTXPDO=1", "torque", "NrOfTXPDO is 1"),
    ("BaudRate_1000=1", "BaudRate_1000=0", "torque", "cannot be set to 1000000"),
  ]) func whatIsMissing(old: String, new: String, mode: String, message: String) throws {
    let sheet = try #require(DataSheetTests.ownText.editing(old, to: new))
    let yaml = Self.yaml("mode: \(mode)\n    eds: drive.eds")
    let found = try directory(yaml, sheet).diagnostics()
    #expect(found.contains { $0.message.contains(message) }, "\(found)")
    // The same sheet in a mode that does not need it.
    if message.contains("60B2") {
      #expect(try directory(Self.yaml("mode: torque\n    eds: drive.eds"), sheet).diagnostics().isEmpty)
    }
  }

  /// What stands in a section is reported with the section's line.
  @Test(arguments: [
    ("6077", "DataType=0x0003", "DataType=0x0004", "6077 has 32 bits"),
    ("6064", "PDOMapping=1", "PDOMapping=0", "6064 may not be mapped"),
    ("6040", "AccessType=rww", "AccessType=ro", "6040 cannot be written"),
    ("6041", "AccessType=ro", "AccessType=wo", "6041 cannot be read"),
    ("1800sub2", "AccessType=rw", "AccessType=ro\nHighLimit=0", "does not allow transmission type 1"),
    ("1600sub3", "AccessType=rw", "AccessType=ro", "cannot be written, and the loop needs 60710010"),
  ]) func whatIsOtherwise(section: String, old: String, new: String, message: String) throws {
    let text = DataSheetTests.ownText
    let start = try #require(text.firstRange(of: "[\(section)]"))
    let end = text[start.upperBound...].firstRange(of: "\n[")?.lowerBound ?? text.endIndex
    let own = String(text[start.lowerBound..<end])
    let edited = try #require(own.editing(old, to: new), "\(own)")
    let sheet = try #require(text.editing(own, to: edited))
    let found = try directory(Self.yaml(), sheet).diagnostics()
    let match = try #require(found.first { $0.message.contains(message) }, "\(found)")
    let line = text[..<start.lowerBound].count { $0 == "\n" } + 1
    #expect(match.location.file.hasSuffix("drive.eds") && match.location.line == line)
  }

  @Test func theValuesOfADCFAreWritten() throws {
    let text = try #require(
      DataSheetTests.ownText.editing(
        "DefaultValue=40000\n", to: "DefaultValue=40000\nParameterValue=0x7530\n")?
        .editing("DefaultValue=30000\n", to: "DefaultValue=30000\nParameterValue=25000\n")?
        // A value of what cannot be written, and one that bring-up writes as well, are no contradiction.
        .editing("DefaultValue=0x00020192\n", to: "DefaultValue=0x00020192\nParameterValue=0x00020192\n")?
        .editing("DefaultValue=0x00000380\n", to: "DefaultValue=0x00000380\nParameterValue=0\n"))
    let yaml = Self.yaml("dcf: drive.eds")
    let robot = try load(yaml, text)
    let writes = robot.joints[1].objects.writes
    #expect(writes.map(\.address) == [0x2000_0120, 0x2000_0220] && writes.map(\.value) == [30_000, 25_000])
    #expect(writes[0].place.contains("drive.eds:") && writes[0].name.contains("Position gain"))
    let steps = BringUpStep.sequence(for: robot.joints[1]).map(\.request)
    #expect(
      steps.contains(.writeParameter(0x2000_0120, 30_000)) && steps.contains(.readParameter(0x2000_0120)))
    // Named as a data sheet it is a file of the device's kind, whose values are nobody's.
    #expect(try load(Self.yaml(), text).joints[1].objects.writes.isEmpty)
    // A recording keeps no device file and is loaded all the same.
    let directory = try directory(yaml, text)
    let files = try RobotDescription.files(of: directory.path)
    #expect(files.robot.hasSuffix("robot.yaml"))
    let again = try RobotDescription.load(
      robotFile: Array(yaml.utf8), urdf: Array(GoodRobot.urdf.utf8), from: "recorded")
    #expect(
      again.joints[1].objects.writes.isEmpty
        && again.joints[1].configuration.drive == robot.joints[1].configuration.drive)
  }

  /// What is the loop's or nobody's is refused, with the file's line and the robot's.
  @Test(arguments: [
    ("6060", "3", "3 is not the 10 that bring-up writes"), ("6072", "2000", "2000 is not the"),
    ("607A", "5", "a command, which the loop alone gives"), ("1010sub1", "0x65766173", "no part of bring-up"),
    ("1017", "100", "does not count"), ("1016sub1", "0x10020", "is not the"), ("6099sub1", "7", "homing"),
    ("6084", "5000000000", "no value of DataType"), ("1800sub5", "10", "which the loop maps itself"),
  ]) func aDCFAgainstTheLoop(section: String, value: String, message: String) throws {
    let text = DataSheetTests.ownText
    let start = try #require(text.firstRange(of: "[\(section)]\n"))
    let sheet = text.replacingCharacters(in: start, with: "[\(section)]\nParameterValue=\(value)\n")
    let found = try directory(Self.yaml("dcf: drive.eds"), sheet).diagnostics()
    let match = try #require(found.first { $0.message.contains(message) }, "\(found)")
    #expect(match.location.line == text[..<start.lowerBound].count { $0 == "\n" } + 2)
    if message.contains("is not the") { #expect(match.message.contains("robot.yaml:")) }
  }

  @Test func aFileForAnotherNode() throws {
    let found = try directory(
      Self.yaml("dcf: drive.eds"), DataSheetTests.ownText + "\n[DeviceComissioning]\nNodeID=9\n"
    ).diagnostics()
    #expect(found.contains { $0.message.contains("for node 9") && $0.message.contains("node 4") }, "\(found)")
  }

  @Test(arguments: [
    ("eds: missing.eds", "does not exist"), ("eds: drive.eds\n    dcf: drive.eds", "an eds (line"),
    ("mode: profile_position", "shape the motion a second time"),
    ("mode: profile_velocity", "shape the motion a second time"),
    ("mode: impedance", "not driven in mode impedance"),
    ("mode: position_force", "not driven in mode position_force"), ("mode: fast", "unknown"),
  ]) func refusals(more: String, message: String) throws {
    let found = try directory(Self.yaml(more), DataSheetTests.ownText).diagnostics()
    #expect(
      found.contains { $0.message.contains(message) && $0.location.file.hasSuffix("robot.yaml") }, "\(found)")
  }

  @Test(arguments: [
    ("update_rate: 500", "update_rate: 300", "position", "a byte and a power of ten"),
    ("max_effort: 50}", "max_effort: 50}\n    staleness: {policy: damp}", "position", "cannot be damped"),
  ]) func whatAModeCannotCarry(old: String, new: String, mode: String, message: String) throws {
    let yaml = Self.yaml("mode: \(mode)")
    let broken = try #require(yaml.editing(old, to: new))
    let found = try directory(broken, DataSheetTests.ownText).diagnostics()
    #expect(found.contains { $0.message.contains(message) }, "\(found)")
    // Torque mode carries all of it, and so does the file without the edit.
    let torque = try #require(Self.yaml("mode: torque").editing(old, to: new))
    let others = try directory(torque, "").diagnostics()
    #expect(others.isEmpty, "\(others)")
    #expect(try directory(yaml, "").diagnostics().isEmpty)
  }

  @Test(arguments: [("position", true), ("velocity", true), ("position_force", false), ("impedance", false)])
  func aDamiaoModeWithoutABoundOnTorque(mode: String, isRefused: Bool) throws {
    let yaml = try #require(
      GoodRobot.yaml.editing("family: damiao\n", to: "family: damiao\n    mode: \(mode)\n")?
        .editing("staleness: {policy: damp, max_age: 4}", to: "staleness: {policy: stop, max_age: 4}"))
    let found = try RobotDirectory(yaml: yaml).diagnostics()
    #expect(found.contains { $0.message.contains("bound no torque") } == isRefused, "\(found)")
    guard !isRefused else { return }
    let robot = try load(yaml, "")
    let drive = robot.joints[0].configuration.drive
    #expect(drive.mode.word == mode && drive.velocityLimit > 0 && drive.currentLimit <= 1)
    #expect(robot.warnings.contains { $0.message.contains("takes no torque") } == (mode == "position_force"))
  }
}
