import ArgumentParser
import ControlCycle
import JointControl
import RobotDescription

/// One parameter of a drive, or the list of those that are known.
struct DriveReadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "read",
    abstract: "Read a drive's parameter by name or number; without one, all that are known.",
    discussion: """
      Names are the vendor's: registers of Damiao, parameters of RobStride, objects of CiA 402, registers and conf names of
      moteus, messages of ODrive. A number that is not in the table is read as it stands: decimal, or 0x; CANopen INDEX or
      INDEX:SUBINDEX in hexadecimal. --list shows the table without asking the drive.

      EXAMPLES
        sinew drive read Robots/navigator Elbow_L timeout
        sinew drive read Robots/navigator Elbow_L 21 --json
        sinew drive read Robots/navigator Knee_L 0x7028
        sinew drive read Robots/navigator Knee_L --list
      """)

  @OptionGroup var drive: DriveOfJoint

  @Argument(help: "Name or number of the parameter.")
  var parameter: String?

  @Flag(help: "Show what may be read and written, and ask nothing.")
  var list = false

  func run() throws {
    if list { return try showList() }
    let (values, joint, _) = try drive.perform { joint in
      let drive = joint.configuration.drive
      return ReadTask(
        drive: drive, parameters: try DriveParameter.chosen(parameter, of: drive), isOne: parameter != nil)
    }
    show(values, joint)
  }

  private func showList() throws {
    do {
      let robot = try loadRobot(at: drive.buses.robot)
      let joint = robot.joints[try robot.index(ofJoint: drive.joint)]
      show(DriveParameter.all(of: joint.configuration.drive).map { ($0, nil) }, joint)
    } catch let failure as Failure {
      throw failure.report(json: drive.buses.json)
    }
  }

  private func show(_ values: [(DriveParameter, UInt32?)], _ joint: RobotJoint) {
    let configuration = joint.configuration.drive
    guard !drive.buses.json else {
      let members = values.map { ($0.0.name, DriveValue(parameter: $0.0, pattern: $0.1, configuration).json) }
      print(
        JSONValue.object([
          ("schema", "sinew.drive.read/1"), ("joint", .string(joint.name)), ("parameters", .object(members)),
        ]).text)
      return
    }
    var table = TextTable(["parameter", "number", "value", "unit", "bounds", "write", "source"])
    for (parameter, pattern) in values {
      let bounds =
        parameter.bounds.map { "\(Self.short($0.lowerBound))...\(Self.short($0.upperBound))" } ?? ""
      let write =
        switch parameter.access {
        case .readOnly: "no"
        case .always: "yes"
        case .whileOff: "off"
        case .hazard: "REFUSED"
        }
      table.append([
        parameter.name, parameter.number(in: configuration.family),
        pattern.map { parameter.text(of: $0) } ?? "-",
        parameter.unit, bounds, write, parameter.source,
      ])
    }
    print(table.text, terminator: "")
  }

  private static func short(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e6 ? "\(Int(value))" : "\(Float(value))"
  }
}

extension DriveParameter {
  /// The named parameter, or all of the family.
  fileprivate static func chosen(
    _ name: String?, of drive: DriveConfiguration
  ) throws -> [DriveParameter] {
    guard let name else { return all(of: drive) }
    return [try wanted(name, of: drive)]
  }

  /// The parameter of a name, or `Failure` with the nearest one.
  static func wanted(_ name: String, of drive: DriveConfiguration) throws -> DriveParameter {
    do { return try named(name, of: drive) } catch {
      let known = all(of: drive).map(\.name)
      throw Failure(
        kind: "usage", location: "parameter '\(name)'", message: error.message,
        fix: known.isEmpty ? error.fix : suggestion(for: name, among: known, what: "parameter"),
        code: Failure.badDescription)
    }
  }
}

private struct ReadTask: DriveTask {
  let drive: DriveConfiguration
  let parameters: [DriveParameter]
  /// Whether an answer that does not come is a failure; of many, some models lack a few.
  let isOne: Bool

  func run<LoopTarget: Target & ~Copyable>(
    _ link: inout DriveLink<LoopTarget>, _ robot: Robot
  ) throws -> [(DriveParameter, UInt32?)] {
    var values: [(DriveParameter, UInt32?)] = []
    for parameter in parameters {
      if isOne {
        values.append((parameter, try link.read(parameter, of: drive)))
      } else {
        values.append((parameter, try? link.read(parameter, of: drive)))
      }
    }
    if !isOne, !values.isEmpty, values.allSatisfy({ $0.1 == nil }), let first = parameters.first {
      _ = try link.read(first, of: drive)
    }
    return values
  }
}
