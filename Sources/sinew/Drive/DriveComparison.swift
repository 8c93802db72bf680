import ControlCycle
import JointControl
import RobotDescription

/// What a scan found, beside what the description says.
struct DriveComparison {
  /// A line of the table.
  struct Row {
    var bus: String
    var family: String
    var id: UInt16
    var joint: String?
    var found: DriveScanTask.Found?
    /// What is wrong; nil where all is as described.
    var problem: String?
  }
  let rows: [Row]
  let robot: String

  init(robot: Robot, found: [DriveScanTask.Found], scanned: DriveScanTask) {
    self.robot = robot.name
    var rows: [Row] = []
    var rest = found
    for joint in robot.joints {
      let drive = joint.configuration.drive
      guard scanned.buses.contains(Int(drive.bus)), scanned.family == nil || scanned.family == drive.family,
        scanned.ids?.contains(drive.id) ?? true
      else { continue }
      var row = Row(
        bus: robot.buses[Int(drive.bus)].name, family: drive.family.name, id: drive.id, joint: joint.name)
      if let index = rest.firstIndex(where: {
        $0.sighting.drive.bus == drive.bus && $0.sighting.drive.id == drive.id
          && $0.sighting.drive.family == drive.family
      }) {
        row.found = rest.remove(at: index)
      }
      row.problem = Self.problem(row.found, drive)
      rows.append(row)
    }
    for extra in rest {
      let drive = extra.sighting.drive
      rows.append(
        Row(
          bus: robot.buses[Int(drive.bus)].name, family: drive.family.name, id: drive.id, joint: nil,
          found: extra,
          problem: extra.sighting.isDouble ? "two drives with this id, none described" : "not described"))
    }
    self.rows = rows
  }

  private static func problem(_ found: DriveScanTask.Found?, _ drive: DriveConfiguration) -> String? {
    guard let found else { return "MISSING" }
    if found.sighting.isDouble { return "TWO DRIVES with this id" }
    if found.sighting.drive.masterID != drive.masterID {
      return "answers to master_id \(found.sighting.drive.masterID), described \(drive.masterID)"
    }
    return nil
  }

  /// Whether every described drive is there, once, and answers where it should.
  var isAsDescribed: Bool {
    !rows.contains { $0.problem != nil && ($0.joint != nil || $0.found?.sighting.isDouble == true) }
  }

  var table: String {
    var table = TextTable(["bus", "family", "id", "joint", "model", "firmware", "serial", ""])
    for row in rows {
      table.append([
        row.bus, row.family, "\(row.id)", row.joint ?? "-",
        row.found?.identity.models.joined(separator: "|") ?? "-",
        row.found?.identity.firmware ?? "-", row.found.flatMap { serial($0) } ?? "-", row.problem ?? "ok",
      ])
    }
    let answering = rows.count { $0.found != nil }
    let described = rows.count { $0.joint != nil }
    return table.text + "\n\(described) described, \(answering) answer\n"
  }

  private func serial(_ found: DriveScanTask.Found) -> String? {
    found.identity.serial.map { String($0, radix: 16) }
  }

  var json: JSONValue {
    .object([
      ("schema", "sinew.drive.scan/1"), ("robot", .string(robot)), ("as_described", .boolean(isAsDescribed)),
      (
        "drives",
        .array(
          rows.map { row in
            .object([
              ("bus", .string(row.bus)), ("family", .string(row.family)), ("id", .integer(Int64(row.id))),
              ("joint", row.joint.map(JSONValue.string) ?? .null), ("answers", .boolean(row.found != nil)),
              ("double", .boolean(row.found?.sighting.isDouble == true)),
              ("master_id", row.found.map { .integer(Int64($0.sighting.drive.masterID)) } ?? .null),
              ("models", .array(row.found?.identity.models.map(JSONValue.string) ?? [])),
              ("firmware", row.found?.identity.firmware.map(JSONValue.string) ?? .null),
              ("serial", row.found.flatMap { serial($0) }.map(JSONValue.string) ?? .null),
              ("problem", row.problem.map(JSONValue.string) ?? .null),
            ])
          })
      ),
    ])
  }
}
