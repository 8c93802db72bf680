import ControlCycle

extension BringUpStep {
  /// A drive is asked for all that scales a command, over its console where no register holds it.
  ///
  /// Its answers there do not say what they answer: before each question the console must have nothing left to say.
  static func moteus(_ joint: RobotJoint) -> [BringUpStep] {
    let drive = joint.configuration.drive
    let gain = "`conf set` it and `conf write`, or set `range` in robot.yaml to the drive's value in N.m/rad"
    let settings: [(String, UInt32, Double, String)] = [
      (
        "servo.pid_position.kp [N.m/rev]", Moteus.Parameter.stiffness,
        drive.range.stiffness * Moteus.revolution, gain
      ),
      (
        "servo.pid_position.kd [N.m.s/rev]", Moteus.Parameter.damping,
        drive.range.damping * Moteus.revolution, gain
      ),
      (
        "servo.pid_position.ilimit", Moteus.Parameter.integralLimit, 0,
        "`conf set servo.pid_position.ilimit 0`: an integral would add torque that nobody asked for"
      ),
      (
        "servo.timeout_mode", Moteus.Parameter.timeoutMode, Double(Moteus.zeroVelocity),
        "`conf set servo.timeout_mode 12`, which damps the joint when commands stop"
      ),
      (
        "motor_position.rotor_to_output_ratio", Moteus.Parameter.outputRatio,
        1 / joint.driveModel.builtInRatio, "set it in the drive; reducers belong into robot.yaml"
      ),
    ]
    let watchdog = Moteus.watchdogPattern(microseconds: Int(drive.watchdog_us))
    let identities: [UInt32] = [
      Moteus.Parameter.model, Moteus.Parameter.firmware, Moteus.Parameter.serial(0),
      Moteus.Parameter.serial(1),
      Moteus.Parameter.serial(2),
    ]
    var steps = [moteusOrder("switch off", .disable), moteusOrder("clear faults", .clearFault), mapVersion]
    for setting in settings { steps += question(setting.0, setting.1, setting.2, setting.3) }
    steps += room(for: joint)
    steps += identities.map(identity)
    steps.append(moteusOrder("watchdog", .writeParameter(Moteus.Parameter.watchdog, watchdog)))
    steps.append(
      BringUpStep(
        purpose: "watchdog", request: .readParameter(Moteus.Parameter.watchdog), expected: watchdog,
        isFloat: true,
        fix: "the drive did not keep it; update its firmware or replace it"))
    return steps
      + trial(joint, fix: "update its firmware or replace it: register 027 is written and not obeyed")
  }

  private static var mapVersion: BringUpStep {
    BringUpStep(
      purpose: "register map version", request: .readParameter(Moteus.Parameter.mapVersion),
      expected: Moteus.mapVersion, isFloat: false, fix: "update the drive's firmware with moteus_tool --flash"
    )
  }

  /// Beyond its position limits a drive follows no more, and beyond its speed it gives no torque: both have to lie outside
  /// of what the joint is asked for.
  private static func room(for joint: RobotJoint) -> [BringUpStep] {
    let (limits, transmission) = (joint.configuration.limits, joint.configuration.transmission)
    let ends = [limits.minPosition, limits.maxPosition].map {
      var command = JointCommand()
      command.position = $0
      return transmission.motorCommand(of: command).position / Moteus.revolution
    }
    let speed = limits.velocity * transmission.ratio / Moteus.revolution
    let open = "`conf set` it to nan, or beyond the joint's limits, and `conf write`"
    return question(
      "servopos.position_min [rev]", Moteus.Parameter.lowestPosition, min(ends[0], ends[1]), open, .atMost,
      isUnsetFine: true)
      + question(
        "servopos.position_max [rev]", Moteus.Parameter.highestPosition, max(ends[0], ends[1]), open,
        .atLeast,
        isUnsetFine: true)
      + question(
        "servo.max_velocity [rev/s]", Moteus.Parameter.highestSpeed, speed,
        "`conf set` it higher, or lower the joint's max_velocity", .atLeast)
  }

  private static func question(
    _ name: String, _ parameter: UInt32, _ value: Double, _ fix: String, _ bound: Bound = .equal,
    isUnsetFine: Bool = false
  ) -> [BringUpStep] {
    var answer = BringUpStep(
      purpose: name, request: .readParameter(Moteus.Parameter.answer), expected: Float(value).bitPattern,
      isFloat: true, fix: fix)
    // Six decimals on the console, and a range that a person wrote in other units.
    answer.tolerance = Float(max(1e-6, 1e-3 * abs(value)))
    answer.isLostForGood = true
    (answer.bound, answer.isUnsetFine) = (bound, isUnsetFine)
    return [
      moteusOrder("quiet console", .readParameter(Moteus.Parameter.silence)),
      moteusOrder("ask for \(name)", .writeParameter(parameter, 0)), answer,
    ]
  }

  private static func moteusOrder(_ purpose: String, _ request: DriveRequest) -> BringUpStep {
    BringUpStep(
      purpose: purpose, request: request, expected: nil, isFloat: true,
      fix: "power-cycle the drive and see what it reports")
  }
}
