import ControlCycle

/// Steps for MyActuator drives, whose watchdog can be written and not read: that it trips is looked at.
extension BringUpStep {
  /// Smallest current that a drive is tried with [A]: ten steps of the wire.
  private static let leastTriedCurrent = 0.1

  /// The drive is off and reports no error; the answer to its watchdog's time repeats it. Then it is sent a torque of
  /// 1 % of its limit and left alone: it must keep that for three quarters of the time, and have let go after five.
  static func myActuator(_ joint: RobotJoint) -> [BringUpStep] {
    let drive = joint.configuration.drive
    let milliseconds = MyActuator.watchdogUnits(microseconds: joint.driveWatchdog_us)
    let time = Int64(milliseconds) * 1_000_000
    let torque = max(
      triedTorque * drive.range.torque, leastTriedCurrent * drive.torqueConstant.magnitude)
    var faults = order("clear faults", .clearFault)
    faults.fix = "power-cycle the drive: no frame clears its errors"
    var watchdog = order("watchdog", .writeParameter(MyActuator.Parameter.watchdog, milliseconds))
    watchdog.expected = milliseconds
    watchdog.fix = "update the drive's firmware: command B3 is protocol V3"
    return [
      order("switch off", .disable), faults, watchdog,
      lone(torque, .grip(time * 3 / 4, torque, letsGo: false)),
      lone(torque, .grip(time * 5 / 4, torque, letsGo: true)),
      order("switch off", .disable),
    ]
  }

  private static func lone(_ torque: Double, _ watch: Watch) -> BringUpStep {
    var step = order("watchdog", .start)
    step.watch = watch
    step.patience = 5 * BringUp.patience
    step.fix =
      "see that the drive's current limit and supply allow \(Float(torque)) N.m, that no other host sends to it, and "
      + "update its firmware"
    return step
  }

  /// Whether the step switches a drive on to try it.
  var isTrial: Bool {
    switch watch {
    case .target, .silence, .grip: true
    case .reply, .rhythm: false
    }
  }

  /// What goes out in this cycle of a step that holds a torque through a silence: the torque at first, and after the silence
  /// the question what is left of it. `waited` is the time since the torque went out [ns].
  func holding(isFirst: Bool, waited: Int64, period: Int64, _ drive: DriveConfiguration) -> CANFrame? {
    guard case .grip(let time, let torque, let letsGo) = watch else { return nil }
    if isFirst { return DriveCodec.encode(MotorCommand(torque: torque), for: drive) }
    // A silence that must be borne ends early rather than late, one that must not late.
    let isOver = letsGo ? waited >= time : waited + period > time
    return isOver ? DriveCodec.encode(request, for: drive) : nil
  }

  /// Judges the torque that is left after a silence; answers to the command itself come with a mode.
  func judge(_ reply: DriveReply, afterSilence time: Int64, torque: Double, letsGo: Bool) -> Judgement {
    guard case .part(let state, let fields) = reply, fields.contains(.torque), !fields.contains(.mode) else {
      return .notAnAnswer
    }
    let isHeld = (state.torque - torque).magnitude <= torque / 2
    let text = "\(Float(state.torque)) N.m of \(Float(torque)) N.m"
    if letsGo {
      return state.torque.magnitude < torque / 2
        ? .passed : .failed("still gives \(text) after \(milliseconds(time)) ms without a command")
    }
    return isHeld ? .passed : .failed("gives \(text) after only \(milliseconds(time)) ms without a command")
  }
}
