import RobotDescription
import Testing

/// Hazards of the protocol pages that a description is refused for; see Firmware-Interfaces/Hazards.md.
@Suite struct HazardDescriptionTests {
  private func messages(_ yaml: String, _ old: String, _ new: String) throws -> [String] {
    let edited = try #require(yaml.editing(old, to: new), "the edit does not apply once")
    return try RobotDirectory(yaml: edited).diagnostics().map(\.message)
  }

  /// MST_ID 0 is as delivered, the highest priority of the bus, and shared.
  @Test func aSharedOrZeroHostIsRefused() throws {
    let zero = try messages(GoodRobot.yaml, "master_id: 18", "master_id: 0")
    #expect(zero.count == 1 && zero[0].contains("master_id is 0"))
    let shared = try messages(GoodRobot.yaml, "master_id: 18", "master_id: 0x11")
    #expect(shared.count == 1 && shared[0].contains("is used by joint 'hip'"))
  }

  /// moteus takes 0 as all drives; an ODrive without a number has 63.
  @Test func anIdentifierOfAllDrivesIsRefused() throws {
    let moteus = try messages(MoteusDescriptionTests.yaml, "    id: 4\n", "    id: 0\n")
    #expect(moteus.contains { $0.contains("id 0") && $0.contains("0 is all drives") })
    let oDrive = try messages(ODriveDescriptionTests.yaml, "    id: 4\n", "    id: 63\n")
    #expect(oDrive.contains { $0.contains("id 63") && $0.contains("without one") })
  }
}
