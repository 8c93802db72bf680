import ArgumentParser
import ControlCycle
import JointControl
import RobotDescription

/// All that one drive tells.
struct DriveInfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Show who a drive is, how it is, its scale and its watchdog, as far as it tells.",
    discussion: """
      Asks; moves and switches on nothing. A RobStride says how it is only in answer to an order, so its torque limit is
      read and written back unchanged. An MIT drive is told to leave its mode: one that was left on lets go.

      EXAMPLES
        sinew drive info Robots/navigator Elbow_L
        sinew drive info Robots/navigator Elbow_L --json
      """)

  @OptionGroup var drive: DriveOfJoint

  func run() throws {
    let (report, joint, robot) = try drive.perform { InfoTask(drive: $0.configuration.drive) }
    let view = DriveInfo(report: report, joint: joint, robot: robot)
    print(drive.buses.json ? view.json.text : view.table, terminator: drive.buses.json ? "\n" : "")
  }
}

private struct InfoTask: DriveTask {
  let drive: DriveConfiguration

  func run<LoopTarget: Target & ~Copyable>(
    _ link: inout DriveLink<LoopTarget>, _ robot: Robot
  ) throws -> DriveReport { try link.report(of: drive) }
}

/// A report as a table or as JSON.
struct DriveInfo {
  let report: DriveReport
  let joint: RobotJoint
  let robot: Robot

  private var drive: DriveConfiguration { joint.configuration.drive }

  var table: String {
    var out =
      "\(robot.place(ofJoint: robot.joints.firstIndex { $0.name == joint.name } ?? 0)), \(drive.family.name)\n\n"
    var identity = TextTable(["identity", ""])
    identity.append(["described as", joint.driveModel.name])
    identity.append([
      "says it is", report.identity.models.isEmpty ? "-" : report.identity.models.joined(separator: "|"),
    ])
    identity.append(["firmware", report.identity.firmware ?? "-"])
    identity.append(["serial", report.identity.serial.map { String($0, radix: 16) } ?? "-"])
    out += identity.text + "\n"
    var condition = TextTable(["condition", "", ""])
    for (name, value, unit) in members {
      condition.append([name, value.map { RunReport.fixed($0, 4) } ?? "-", unit])
    }
    condition.append(["mode", mode, ""])
    condition.append(["faults", faults.isEmpty ? "none" : faults.joined(separator: " "), ""])
    out += condition.text + "\n"
    if !report.values.isEmpty {
      var values = TextTable(["parameter", "number", "value", "unit", ""])
      for value in report.values {
        values.append([
          value.parameter.name, value.parameter.number(in: drive.family),
          value.pattern.map { value.parameter.text(of: $0) } ?? "no answer", value.parameter.unit,
          value.parameter.group?.rawValue ?? "",
        ])
      }
      out += values.text
    }
    return out
  }

  private var mode: String {
    report.condition.fields.contains(.mode) ? FrameReply.name(report.condition.state.mode) : "not told"
  }

  private var faults: [String] { FrameReply.names(report.condition.state.faults) }

  private var members: [(name: String, value: Double?, unit: String)] {
    let (state, fields) = (report.condition.state, report.condition.fields)
    return [
      ("position", fields.contains(.position) ? state.position : nil, "rad"),
      ("velocity", fields.contains(.velocity) ? state.velocity : nil, "rad/s"),
      ("torque", fields.contains(.torque) ? state.torque : nil, "N.m"),
      ("temperature", fields.contains(.temperature) ? state.temperature : nil, "degC"),
    ]
  }

  var json: JSONValue {
    let keys = ["position_rad", "velocity_rad_s", "torque_nm", "temperature_celsius"]
    let identity = report.identity
    var all: [(String, JSONValue)] = [
      ("schema", "sinew.drive.info/1"), ("joint", .string(joint.name)),
      ("bus", .string(robot.buses[Int(drive.bus)].name)), ("family", .string(drive.family.name)),
      ("id", .integer(Int64(drive.id))), ("model", .string(joint.driveModel.name)),
      ("models_told", .array(identity.models.map(JSONValue.string))),
    ]
    all.append(("firmware", identity.firmware.map(JSONValue.string) ?? .null))
    all.append(("serial", identity.serial.map { JSONValue.string(String($0, radix: 16)) } ?? .null))
    all.append(("mode", .string(mode)))
    all.append(("faults", .array(faults.map(JSONValue.string))))
    for (key, member) in zip(keys, members) { all.append((key, member.value.map(JSONValue.number) ?? .null)) }
    let parameters = report.values.map { value in
      (value.parameter.name, DriveValue(parameter: value.parameter, pattern: value.pattern, drive).json)
    }
    all.append(("parameters", .object(parameters)))
    return .object(all)
  }
}

/// One parameter and its value.
struct DriveValue {
  let parameter: DriveParameter
  let pattern: UInt32?
  let drive: DriveConfiguration

  init(parameter: DriveParameter, pattern: UInt32?, _ drive: DriveConfiguration) {
    (self.parameter, self.pattern, self.drive) = (parameter, pattern, drive)
  }

  var json: JSONValue {
    .object([
      ("number", .string(parameter.number(in: drive.family))),
      ("value", pattern.map { .number(parameter.value(of: $0)) } ?? .null),
      ("unit", .string(parameter.unit)), ("writable", .boolean(parameter.isWritable)),
      ("min", parameter.bounds.map { .number($0.lowerBound) } ?? .null),
      ("max", parameter.bounds.map { .number($0.upperBound) } ?? .null),
      ("source", .string(parameter.source)),
    ])
  }
}
