import ArgumentParser
import ControlCycle
import JointControl
import RobotDescription

/// Validates all of a robot before anything moves.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Validate a robot: description, drives, limits, gains and the bus plan.",
    discussion: """
      Every mistake is reported at once as file:line:column with what to do. The bus plan is a proof from
      worst-case frame lengths: all commands and answers of a cycle end within the period. What bring-up cannot confirm
      of a drive is a warning. Beside each drive's watchdog stands how far bring-up proves it: set and tripped, set, tripped
      (to a quarter of its time), stated by the description alone, or none.
      --fields shows in which steps position, velocity, gains and torque travel, at the joint, and how much of each
      field's full scale the joint uses; --json always does. A gain that a frame would change by more than 5 % is
      refused.

      EXAMPLES
        sinew check Robots/navigator
        sinew check Robots/navigator --json
        sinew check Robots/navigator/mixed.yaml --fields
      """)

  @Argument(help: "Directory with a robot.yaml, or the file itself.")
  var robot: String

  @Flag(help: "Also print what a step of each field of the frames is at the joint.")
  var fields = false

  @Flag(help: "Print one JSON object instead of tables.")
  var json = false

  func run() throws {
    do {
      let robot = try loadRobot(at: robot)
      let plan = BusPlan(robot: robot)
      print(
        json ? Self.json(robot, plan).text : Self.table(robot, plan, fields: fields),
        terminator: json ? "\n" : "")
      if !plan.isFeasible { throw ExitCode(Failure.checkFailed) }
    } catch let failure as Failure {
      throw failure.report(json: json)
    }
  }

  private static func table(_ robot: Robot, _ plan: BusPlan, fields: Bool) -> String {
    let microseconds = { (time: Int64) in RunReport.fixed(Double(time) / 1000, 1) }
    var out =
      "\(robot.name): \(robot.joints.count) driven joints, \(RunReport.fixed(robot.model.mass, 3)) kg, "
      + "\(RunReport.fixed(1e9 / Double(robot.period), 0)) Hz, feedforward \(robot.feedforward.rawValue)\n\n"
    var joints = TextTable([
      "joint", "drive", "bus", "id", "ratio", "position rad", "rad/s", "N.m", "N.m/rad", "N.m.s/rad",
      "law", "watchdog ms",
    ])
    for joint in robot.joints {
      let c = joint.configuration
      joints.append([
        joint.name, drive(joint), robot.buses[Int(c.drive.bus)].name, "\(c.drive.id)",
        RunReport.fixed(joint.actuator.reducer.ratio, 2),
        "\(RunReport.fixed(c.limits.minPosition, 3))...\(RunReport.fixed(c.limits.maxPosition, 3))",
        RunReport.fixed(c.limits.velocity, 1), RunReport.fixed(c.limits.torque, 1),
        RunReport.fixed(c.gains.stiffness, 1), RunReport.fixed(c.gains.damping, 2),
        c.law.word, watchdog(joint),
      ])
    }
    out += joints.text + "\n"
    if robot.joints.contains(where: \.isClosedOnHost) { out += CheckGains.table(robot) + "\n" }
    if fields { out += CheckFields.table(robot) + "\n" }
    var buses = TextTable(["bus", "drives", "frames", "busy us", "ends by us", "period us", "load", ""])
    for bus in plan.buses {
      buses.append([
        bus.name, "\(bus.joints.count)", "\(bus.frames)", microseconds(bus.busy),
        microseconds(bus.completion), microseconds(plan.period),
        RunReport.fixed(100 * bus.utilisation, 1) + " %", bus.isFeasible ? "ok" : "TOO MUCH",
      ])
    }
    let warnings = robot.warnings.map { "warning: \($0.description)\n" }.joined()
    if robot.joints.contains(where: { $0.watchdogProof == .setAndTripped || $0.watchdogProof == .tripped }) {
      out +=
        "bring-up switches drives on without torque for 2.5 times their watchdog's time, to see it trip\n\n"
    }
    return out + buses.text + (warnings.isEmpty ? "" : "\n") + warnings
      + "\nassuming \(microseconds(BusPlan.hostLatency)) us from the cycle's start to the bus "
      + "and \(microseconds(BusPlan.responseLatency)) us for a drive to answer\n"
  }

  /// The drive's model, and its mode where that is not its family's own.
  private static func drive(_ joint: RobotJoint) -> String {
    let drive = joint.configuration.drive
    return joint.driveModel.name + (drive.mode == drive.family.standardMode ? "" : ", \(drive.mode.word)")
  }

  /// What a joint does at its limits that is led by hand; null where it cannot be.
  private static func guiding(_ joint: JointConfiguration, period: Int64) -> JSONValue {
    guard joint.drive.mode.takesTorque else { return .null }
    let wall = LimitWall(joint, period: 1e-9 * Double(period))
    return .object([
      ("wall_rad", .number(wall.depth)), ("wall_stiffness_nm_rad", .number(wall.stiffness)),
      ("held_push_nm", .number(wall.heldTorque)),
    ])
  }

  /// The time and how far it is proved.
  private static func watchdog(_ joint: RobotJoint) -> String {
    let time = RunReport.fixed(Double(joint.driveWatchdog_us) / 1000, 1)
    switch joint.watchdogProof {
    case .setAndTripped: return "\(time) set, tripped"
    case .set: return "\(time) set"
    case .tripped: return "\(time) tripped"
    case .stated: return "\(time) stated"
    case .absent: return "none"
    }
  }

  private static func json(_ robot: Robot, _ plan: BusPlan) -> JSONValue {
    .object([
      ("schema", "sinew.check/1"), ("robot", .string(robot.name)),
      ("period_ns", .integer(robot.period)), ("mass_kg", .number(robot.model.mass)),
      (
        "joints",
        .object(
          robot.joints.map { joint in
            let c = joint.configuration
            return (
              joint.name,
              .object([
                ("drive", .string(joint.driveModel.name)), ("mode", .string(c.drive.mode.word)),
                ("bus", .string(robot.buses[Int(c.drive.bus)].name)),
                ("id", .integer(Int64(c.drive.id))), ("gear_ratio", .number(joint.actuator.reducer.ratio)),
                ("position_min_rad", .number(c.limits.minPosition)),
                ("position_max_rad", .number(c.limits.maxPosition)),
                ("velocity_max_rad_s", .number(c.limits.velocity)),
                ("torque_max_nm", .number(c.limits.torque)), ("law", .string(c.law.word)),
                ("hand_guiding", guiding(c, period: robot.period)),
                ("watchdog_us", .integer(Int64(joint.driveWatchdog_us))),
                ("watchdog_is_read_back", .boolean([.setAndTripped, .set].contains(joint.watchdogProof))),
                ("watchdog_proof", .string(joint.watchdogProof.rawValue)),
                ("gain_bound", CheckGains.json(joint)),
                ("fields", CheckFields.json(joint)),
              ])
            )
          })
      ),
      (
        "buses",
        .object(
          plan.buses.map { bus in
            (
              bus.name,
              .object([
                ("drives", .integer(Int64(bus.joints.count))), ("frames", .integer(Int64(bus.frames))),
                ("busy_ns", .integer(bus.busy)), ("completion_ns", .integer(bus.completion)),
                ("utilisation", .number(bus.utilisation)), ("feasible", .boolean(bus.isFeasible)),
              ])
            )
          })
      ), ("warnings", .array(robot.warnings.map { .string($0.description) })),
    ])
  }
}
