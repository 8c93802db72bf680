import ArgumentParser
import ControlCycle
import JointControl

/// Makes a drive's settings permanent.
struct DriveSaveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "save",
    abstract: "Store a drive's settings in its flash; asks first.",
    discussion: """
      Only while the drive is off. Damiao, RobStride, moteus (conf write), CANopen (1010) and ODrive 0.6, which starts anew
      with it. Not CyberGear, where the frame that saves a RobStride sets the bit rate, not MIT, not ODrive 0.5. Of a
      simulated robot the drives are new at each command: serve them with sinew simulate and use --target real.

      EXAMPLES
        sinew drive save Robots/navigator Elbow_L
        sinew drive save Robots/navigator Elbow_L --yes --json
      """)

  @OptionGroup var drive: DriveOfJoint
  @OptionGroup var question: DriveQuestion

  func run() throws {
    let (life, joint, _) = try drive.perform { joint in
      let drive = joint.configuration.drive
      do throws(DriveError) { try DriveRules.requireSavable(drive) } catch {
        throw Failure(error, location: "joint \(joint.name)")
      }
      let life = DriveRules.memoryLife(of: drive)
      try question.ask(
        "Stores all present settings of \(joint.name)'s drive in its flash, which wears: \(life).",
        command: "save")
      return SaveTask(drive: drive, life: life)
    }
    if drive.buses.json {
      print(
        JSONValue.object([
          ("schema", "sinew.drive.save/1"), ("joint", .string(joint.name)), ("saved", true),
          ("memory_life", .string(life)),
        ]).text)
    } else {
      print("\(joint.name): saved. Flash wears: \(life).")
    }
  }
}

private struct SaveTask: DriveTask {
  let drive: DriveConfiguration
  let life: String

  func run<LoopTarget: Target & ~Copyable>(
    _ link: inout DriveLink<LoopTarget>, _ robot: Robot
  ) throws -> String {
    try link.save(drive)
    return life
  }
}

/// Makes the present position zero.
struct DriveZeroCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "zero",
    abstract: "Make the present position of a drive its zero; asks first.",
    discussion: """
      Only while the drive is off. The joint's angle in robot.yaml counts from there, by offset and sign; every limit moves
      with it. Whether it outlasts the power depends on the family (Firmware-Interfaces/Protocols): save it, and look.
      Not CANopen, whose homing objects vendors use for other things.

      EXAMPLES
        sinew drive zero Robots/navigator Elbow_L
        sinew drive zero Robots/navigator Elbow_L --yes --json
      """)

  @OptionGroup var drive: DriveOfJoint
  @OptionGroup var question: DriveQuestion

  func run() throws {
    let (moved, joint, _) = try drive.perform { joint in
      do throws(DriveError) { try DriveRules.requireZeroable(joint.configuration.drive) } catch {
        throw Failure(error, location: "joint \(joint.name)")
      }
      try question.ask(
        "Makes where \(joint.name)'s drive is now its zero. Every limit of the joint moves with it.",
        command: "zero")
      return ZeroTask(drive: joint.configuration.drive)
    }
    if drive.buses.json {
      print(
        JSONValue.object([
          ("schema", "sinew.drive.zero/1"), ("joint", .string(joint.name)),
          ("before_rad", .number(moved.before)), ("after_rad", .number(moved.after)),
        ]).text)
    } else {
      print(
        "\(joint.name): the drive's position was \(RunReport.fixed(moved.before, 4)) rad and is now "
          + "\(RunReport.fixed(moved.after, 4)) rad")
    }
  }
}

private struct ZeroTask: DriveTask {
  let drive: DriveConfiguration

  func run<LoopTarget: Target & ~Copyable>(
    _ link: inout DriveLink<LoopTarget>, _ robot: Robot
  ) throws -> (before: Double, after: Double) { try link.zero(drive) }
}
