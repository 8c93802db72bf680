import ControlCycle

/// Steps for drives that speak of their own accord and cannot be asked for their settings: what they do is looked at.
extension BringUpStep {
  /// Which answer a step waits for.
  public enum Watch: Sendable, Equatable {
    /// One that `judge` knows.
    case reply
    /// Frames with these fields, at a mean distance within these bounds [ns].
    case rhythm(MotorFields, ClosedRange<Int64>)
    /// A torque target of this much, which is commanded meanwhile [N.m].
    case target(Double)
    /// The pieces of a text, each asked for in turn.
    case text
    /// After no command for a while: that the drive has let go by itself, or that it has not.
    case silence(WatchdogTrial)
    /// After one command with a torque [N.m] and no other frame for a time [ns]: that it is still there, or that the drive has
    /// let go by itself.
    case grip(Int64, Double, letsGo: Bool)
  }

  /// Frames that a rhythm is measured over.
  static let rhythmCount = 10

  /// The command that goes out in every cycle of a step that only looks; nil in others.
  var command: MotorCommand? {
    switch watch {
    case .reply, .text, .silence, .grip: nil
    case .rhythm: MotorCommand()
    case .target(let torque): MotorCommand(torque: torque)
    }
  }

  /// Time after which a step that is no exchange has failed [ns].
  var deadline: Int64 { if case .grip(let time, _, _) = watch { time + patience } else { patience } }

  /// What to say when nothing was heard.
  var silent: String { "nothing heard for '\(purpose)' within \(patience / 1_000_000) ms" }

  /// Judges the distance between frames with these fields.
  func judge(
    _ rhythm: inout Rhythm, _ time: Int64, _ reply: DriveReply, _ asked: MotorFields,
    _ distances: ClosedRange<Int64>
  ) -> Judgement {
    guard case .part(_, let fields) = reply, fields.contains(asked) else { return .notAnAnswer }
    if rhythm.count == 0 { rhythm.first = time }
    rhythm.count += 1
    guard rhythm.count > Self.rhythmCount else { return .unsettled("too few frames with \(purpose)") }
    let distance = (time - rhythm.first) / Int64(Self.rhythmCount)
    if distances.contains(distance) { return .passed }
    return .failed(
      "\(purpose) every \(milliseconds(distance)) ms, and every \(milliseconds(distances.lowerBound)) to "
        + "\(milliseconds(distances.upperBound)) ms planned")
  }

  /// Judges the torque target a drive reports against the commanded one.
  func judge(target: Double?, asked: Double) -> Judgement {
    guard let target else { return .notAnAnswer }
    if (target - asked).magnitude <= 0.02 * asked.magnitude { return .passed }
    return .unsettled("\(purpose) is \(Float(target)) N.m in the drive and \(Float(asked)) N.m as commanded")
  }

  /// Judges the version of an ODrive.
  func judge(version word: UInt64) -> Judgement {
    let version = (major: word >> 32 & 0xFF, minor: word >> 40 & 0xFF, revision: word >> 48 & 0xFF)
    if version.major == 0 && version.minor == 6 { return .passed }
    return .failed("firmware is \(version.major).\(version.minor).\(version.revision) and not 0.6")
  }

  // MARK: - ODrive

  /// Part of the torque limit that a drive is tried with.
  static let triedTorque = 0.01

  /// Nothing but the version can be read over CAN without the numbers of the firmware's endpoints. So the drive is
  /// switched on in torque mode: its target must follow a torque of 1 % of its limit, which shows mode, input and, in
  /// 0.5, torque constant; and it must bear three quarters of its watchdog's time in silence and not five quarters.
  static func oDrive(_ joint: RobotJoint) -> [BringUpStep] {
    let isNew = joint.configuration.drive.family == .odrive
    let estimates = Int64(ODrive.estimateInterval) * 1_000_000
    let torques = Int64(ODrive.torqueInterval) * 1_000_000
    let seconds = Double(joint.driveWatchdog_us) / 1e6
    var version = BringUpStep(
      purpose: "firmware version", request: .identify, expected: nil, isFloat: false,
      fix: "write family: odrive for firmware 0.6 and odrive_05 for 0.5")
    version.isKept = true
    version.checksVersion = true
    var torque = watch(
      "torque frames", .rhythm(.torque, torques * 4 / 5...torques * 6 / 5),
      fix: "set axis0.config.can.torques_msg_rate_ms to \(ODrive.torqueInterval) with odrivetool")
    torque.patience = 400_000_000
    return [heard("switch off", .disable), heard("clear faults", .clearFault)] + (isNew ? [version] : [])
      + [
        watch(
          "estimates", .rhythm(MotorFields.position.union(.velocity), estimates * 4 / 5...estimates * 6 / 5),
          fix:
            "set \(isNew ? "encoder_msg_rate_ms" : "encoder_rate_ms") of axis.config.can to 1 with odrivetool"
        )
      ] + (isNew ? [torque] : []) + [
        heard("torque mode", .start), switchOn,
        watch(
          "torque target", .target(triedTorque * joint.configuration.drive.range.torque),
          fix: isNew
            ? "see that the axis is in torque mode with passthrough and its limits allow the torque"
            : "write the drive's torque_constant into motor, negative where its encoder's direction is -1"),
        late(joint, letsGo: false, fix: "set axis.config.watchdog_timeout to \(seconds) with odrivetool"),
        late(
          joint, letsGo: true,
          fix: "set axis.config.watchdog_timeout to \(seconds) and enable_watchdog with odrivetool"),
        heard("clear faults", .clearFault),
      ]
  }

  /// Longest time until a heartbeat says what became of an order, with one lost on the way [ns].
  private static var heartbeat: Int64 { Int64(ODrive.heartbeatInterval) * 2_500_000 }

  /// An order whose success only the heartbeat shows.
  private static func heard(_ purpose: String, _ request: DriveRequest) -> BringUpStep {
    var step = order(purpose, request)
    step.patience = heartbeat
    step.isFed = true
    return step
  }

  private static var switchOn: BringUpStep {
    var step = heard("switch on", .enable)
    step.switchesOn = true
    return step
  }

  /// A silence after which a heartbeat says what became of it, one tenth of a second late.
  private static func late(_ joint: RobotJoint, letsGo: Bool, fix: String) -> BringUpStep {
    var trial = WatchdogTrial(watchdog_us: joint.driveWatchdog_us, letsGo: letsGo)
    trial.feeding = 0
    trial.isRepeated = false
    trial.repeatsLook = true
    trial.delay = 2
    trial.patience = heartbeat
    return silence(trial, fix: fix)
  }

  private static func watch(_ purpose: String, _ watch: Watch, fix: String) -> BringUpStep {
    var step = order(purpose, .identify)
    step.fix = fix
    step.watch = watch
    step.patience = heartbeat
    return step
  }
}

/// Frames of one kind, as they come in.
struct Rhythm {
  /// Frames so far.
  var count = 0
  /// Instant of the first [ns].
  var first: Int64 = 0
}
