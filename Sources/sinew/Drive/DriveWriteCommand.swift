import ArgumentParser
import ControlCycle
import JointControl

/// One parameter of a drive, changed until its power goes.
struct DriveWriteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "write",
    abstract: "Write a drive's parameter and read it back; lost at power-off until saved.",
    discussion: """
      Refused are values out of bounds, numbers that are not in the table, what must not change while the drive is on, and
      what is dangerous, with the reason: identifiers (set-id), bit rates, references and controlwords (sinew run), homing
      objects of CANopen, endpoints of ODrive. Write a negative value behind --.

      EXAMPLES
        sinew drive write Robots/navigator Elbow_L timeout 400
        sinew drive write Robots/navigator Knee_L limit_torque 20 --json
      """)

  @OptionGroup var drive: DriveOfJoint

  @Argument(help: "Name or number of the parameter.")
  var parameter: String

  @Argument(help: "Value in the parameter's unit.")
  var value: Double

  func run() throws {
    let (written, joint, _) = try drive.perform { joint in
      WriteTask(
        drive: joint.configuration.drive,
        parameter: try DriveParameter.wanted(parameter, of: joint.configuration.drive), value: value)
    }
    let changed = written.parameter
    if drive.buses.json {
      print(
        JSONValue.object([
          ("schema", "sinew.drive.write/1"), ("joint", .string(joint.name)),
          ("parameter", .string(changed.name)), ("before", .number(changed.value(of: written.before))),
          ("after", .number(changed.value(of: written.after))), ("unit", .string(changed.unit)),
        ]).text)
    } else {
      let unit = changed.unit.isEmpty ? "" : " [\(changed.unit)]"
      print(
        "\(joint.name): \(changed.name) was \(changed.text(of: written.before)) and is now "
          + "\(changed.text(of: written.after))\(unit), until the drive's power goes")
    }
  }
}

private struct WriteTask: DriveTask {
  let drive: DriveConfiguration
  let parameter: DriveParameter
  let value: Double

  func run<LoopTarget: Target & ~Copyable>(
    _ link: inout DriveLink<LoopTarget>, _ robot: Robot
  ) throws -> (parameter: DriveParameter, before: UInt32, after: UInt32) {
    let written = try link.write(value, to: parameter, of: drive)
    return (parameter, written.before, written.after)
  }
}
