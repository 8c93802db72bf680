import CServoWire
public import ControlCycle

/// How long a drive bears silence, as tried.
public struct WatchdogMeasurement: Sendable, Equatable {
  /// Longest silence after which it was still on [ns].
  public var survived: Int64
  /// Shortest silence after which it had let go [ns].
  public var tripped: Int64
  /// Times it was tried.
  public var trials: Int
}

/// The watchdog of one drive: asked, set, proved.
extension DriveLink where LoopTarget: ~Copyable {
  /// The time that the drive says it waits [us], 0 where its watchdog is off; nil where it cannot be asked.
  ///
  /// For moteus, whose commands carry it, the time of a command that carries none.
  public mutating func watchdog(of drive: DriveConfiguration) throws(DriveError) -> Int? {
    switch drive.family {
    case .mit, .myactuator, .odrive, .odrive05: return nil
    case .canopen:
      let consumer = try read(DriveParameter.named("heartbeat_consumer", of: drive), of: drive)
      return Int(canopen_decode_heartbeat_consumer(consumer).period) * CANopen.timeoutUnit
    case .damiao:
      return Damiao.timeoutMicroseconds(
        units: try read(DriveParameter.named("TIMEOUT", of: drive), of: drive))
    case .moteus:
      let parameter = try DriveParameter.named("servo.default_timeout_s", of: drive)
      let seconds = parameter.value(of: try read(parameter, of: drive))
      guard seconds >= 0 && seconds < 1e6 else { return 0 }
      return Int((seconds * 1e6).rounded())
    case .robstride:
      guard drive.setsWatchdog else { return nil }
      return RobStride.timeoutMicroseconds(
        units: try read(DriveParameter.named("canTimeout", of: drive), of: drive))
    }
  }

  /// Sets the watchdog for as long as the drive has power, and reads it back.
  ///
  /// - Returns: the drive with the time that it waits then; in moteus that is what its commands carry.
  /// - Throws: `DriveError` where the family cannot, or the time is out of bounds; 0, which is off, always is.
  public mutating func setWatchdog(
    microseconds: Int, of drive: DriveConfiguration
  ) throws(DriveError) -> DriveConfiguration {
    guard DriveRules.watchdogBounds.contains(microseconds) else {
      throw DriveError(
        .refused, "a watchdog takes 0.001 to 10 s", fix: "a drive without one goes on with its last command")
    }
    var new = drive
    new.watchdog_us = UInt32(microseconds)
    switch drive.family {
    case .mit, .myactuator, .odrive, .odrive05: throw Self.unsettable(drive)
    case .moteus: return new
    case .robstride:
      guard drive.setsWatchdog else { throw Self.unsettable(drive) }
      let units = RobStride.timeoutUnits(microseconds: microseconds)
      try write(Double(units), to: DriveParameter.named("canTimeout", of: drive), of: drive)
      new.watchdog_us = UInt32(RobStride.timeoutMicroseconds(units: units))
    case .damiao:
      let units = Damiao.timeoutUnits(microseconds: microseconds)
      try write(Double(units), to: DriveParameter.named("TIMEOUT", of: drive), of: drive)
      new.watchdog_us = UInt32(Damiao.timeoutMicroseconds(units: units))
    case .canopen:
      try write(1, to: DriveParameter.named("abort_connection", of: drive), of: drive)
      let word = CANopen.watchdogWord(microseconds: microseconds, host: drive.masterID)
      try write(Double(word), to: DriveParameter.named("heartbeat_consumer", of: drive), of: drive)
      new.watchdog_us = UInt32(word & 0xFFFF) * UInt32(CANopen.timeoutUnit)
    }
    return new
  }

  private static func unsettable(_ drive: DriveConfiguration) -> DriveError {
    switch drive.family {
    case .odrive, .odrive05:
      DriveError(
        .refused, "an ODrive's watchdog is an endpoint, whose number changes with each firmware",
        fix: "set axis.config.watchdog_timeout and enable_watchdog with odrivetool")
    case .myactuator:
      DriveError(
        .refused, "a MyActuator drive stores its watchdog, so that no change lasts until power-off alone",
        fix: "write watchdog in robot.yaml; bring-up sets it, and sees it trip")
    case .mit:
      DriveError(
        .refused, "the MIT protocol can neither set nor show a watchdog",
        fix: "set one with the vendor's tool")
    default:
      DriveError(
        .refused, "a CyberGear's watchdog can neither be set nor read over CAN",
        fix: "set one with the vendor's tool"
      )
    }
  }

  // MARK: - Proof

  /// Tries how long the drive bears silence.
  ///
  /// It is switched on, commanded zero torque, left alone for a while and asked once: whether a question feeds the watchdog
  /// therefore does not matter. The while is halved towards the time at which it lets go. A CANopen drive tells the instant
  /// itself and stays off. In the end the drive is off and cleared.
  ///
  /// - Parameters:
  ///   - drive: the drive, off.
  ///   - time: the time that is expected [ns].
  /// - Returns: between which times it let go.
  /// - Throws: `DriveError` where a drive does not say whether it is on, or does not let go within four times `time`.
  public mutating func proveWatchdog(
    of drive: DriveConfiguration, time: Int64
  ) throws(DriveError) -> WatchdogMeasurement {
    if case .mit = drive.family {
      throw DriveError(
        .refused,
        "an answer of the MIT protocol does not say whether the drive is on, so nobody sees it let go",
        fix: "see its torque end on a bench")
    }
    if case .myactuator = drive.family {
      throw DriveError(
        .refused, "a MyActuator drive says whether it has let go only by a torque that it was given",
        fix: "arm the robot: bring-up sees the watchdog trip, at 1 % of the torque limit")
    }
    // A command of zeros is a position or a velocity there. A CANopen drive stays off.
    if case .canopen = drive.family {
    } else if !drive.mode.hasZeroTorque {
      throw DriveError(
        .refused, "the drive closes a loop of its own, in which no command gives zero torque",
        fix: "try it with mode: impedance in robot.yaml, and the drive in that mode")
    }
    precondition(time > 0)
    try requireOff(drive, for: "the trial")
    if case .canopen = drive.family { return try hearWatchdog(of: drive, time: time) }
    let question = try quietQuestion(of: drive)
    do throws(DriveError) {
      let measurement = try halve(drive, time, question)
      try rest(drive)
      return measurement
    } catch {
      try? rest(drive)
      throw error
    }
  }

  private mutating func halve(
    _ drive: DriveConfiguration, _ time: Int64, _ question: CANFrame
  ) throws(DriveError) -> WatchdogMeasurement {
    var found = WatchdogMeasurement(survived: 0, tripped: 4 * time, trials: 0)
    let resolution = max(time / 64, 100_000)
    // First what is expected, then far beyond it, then halves: each while at least halves what is open.
    var silence = time * 3 / 4
    var hasTripped = false
    for trial in 1...32 {
      found.trials = trial
      if try bears(silence, drive, question) {
        found.survived = silence
      } else {
        found.tripped = silence
        hasTripped = true
      }
      guard found.survived < 4 * time else { break }
      if hasTripped && found.tripped - found.survived <= resolution { return found }
      if hasTripped {
        silence = (found.survived + found.tripped) / 2
      } else {
        silence = found.survived < time ? time * 5 / 4 : 4 * time
      }
    }
    throw DriveError(
      .drive, "still on after \(4 * time / 1_000_000) ms without a command: no watchdog, or a longer one",
      fix: "set it, and try again before the drive is used")
  }

  /// Whether the drive, switched on at zero torque, is still on after a silence [ns].
  private mutating func bears(
    _ silence: Int64, _ drive: DriveConfiguration, _ question: CANFrame
  ) throws(DriveError) -> Bool {
    try rest(drive)
    var isOn = false
    let isSlow = drive.family == .odrive || drive.family == .odrive05
    let zero = DriveCodec.encode(MotorCommand(), for: drive)
    if isSlow { send([zero, DriveCodec.encode(.start, for: drive)]) }
    for turn in 0..<(isSlow ? 600 : 50) where !isOn {
      // Drives that begin anew at each request get it once, and zero torque meanwhile.
      let order = isSlow && turn % 250 != 0 ? zero : DriveCodec.encode(.enable, for: drive)
      isOn = mode(of: drive, after: order, for: period) == .enabled
    }
    guard isOn else {
      throw DriveError(.drive, "does not switch on", fix: "see sinew drive info for its faults")
    }
    for _ in 0..<5 { _ = mode(of: drive, after: zero, for: period) }
    let last = now
    send([zero])
    listen(until: last + silence) { _ in false }
    guard !isSlow else { return try isStillOn(drive, feeding: zero) }
    let answer = exchange([question]) { frame -> Bool? in
      switch DriveCodec.decode(frame, for: drive) {
      case .feedback(let state): state.mode == .enabled
      default: nil
      }
    }
    guard let answer else { throw .silent("state") }
    return answer
  }

  /// A question that draws a sample and is no command.
  private mutating func quietQuestion(of drive: DriveConfiguration) throws(DriveError) -> CANFrame {
    guard case .robstride = drive.family else { return DriveCodec.encode(.identify, for: drive) }
    let limit = RobStride.Parameter.torqueLimit
    let present = try read(DriveParameter.named("limit_torque", of: drive), of: drive)
    return DriveCodec.encode(.writeParameter(limit, present), for: drive)
  }

  /// An ODrive says in its heartbeat what became of it; a watchdog's error is latched, so that feeding does no harm.
  private mutating func isStillOn(
    _ drive: DriveConfiguration, feeding zero: CANFrame
  ) throws(DriveError) -> Bool {
    for _ in 0..<300 {
      if let mode = mode(of: drive, after: zero, for: period) { return mode == .enabled }
    }
    throw .silent("heartbeat")
  }

  /// The mode that the drive reports within a time after a frame [ns].
  private mutating func mode(of drive: DriveConfiguration, after frame: CANFrame, for time: Int64)
    -> DriveMode?
  {
    var mode: DriveMode?
    send([frame])
    listen(until: now + time) { frame in
      switch DriveCodec.decode(frame, for: drive) {
      case .feedback(let state): mode = state.mode
      case .part(let state, let fields) where fields.contains(.mode): mode = state.mode
      default: break
      }
      return false
    }
    return mode
  }

  /// Switches off and clears, and sees that it is so.
  private mutating func rest(_ drive: DriveConfiguration) throws(DriveError) {
    for request in [DriveRequest.disable, .clearFault] {
      send([DriveCodec.encode(request, for: drive)])
      pass(3 * period)
    }
    var mode = DriveMode.calibrating
    switch drive.family {
    case .odrive, .odrive05:
      // Its watchdog runs while it is off, too: it is fed until its heartbeat says so.
      let zero = DriveCodec.encode(MotorCommand(), for: drive)
      for _ in 0..<300 where mode != .disabled {
        mode = self.mode(of: drive, after: zero, for: period) ?? mode
      }
    default: mode = try condition(of: drive).state.mode
    }
    guard mode == .disabled else {
      throw DriveError(
        .drive, "is \(mode) after it was switched off and cleared", fix: "power-cycle the drive")
    }
  }

  /// A node tells by an emergency that the heartbeat is lost, whether its power stage is on or not.
  private mutating func hearWatchdog(
    of drive: DriveConfiguration, time: Int64
  ) throws(DriveError) -> WatchdogMeasurement {
    let beat = DriveFrames.heartbeat(drive)
    var last = now
    for _ in 0..<8 {
      last = now
      send([beat])
      pass(max(period, time / 4))
    }
    var lost: Int64?
    listen(until: last + 4 * time) { frame in
      guard DriveCodec.answers(frame, drive),
        case .faultReport(let faults) = DriveCodec.decode(frame, for: drive),
        faults.contains(.communicationLost)
      else { return false }
      lost = frame.time
      return true
    }
    guard let lost else {
      throw DriveError(
        .drive, "no emergency 8130 within \(4 * time / 1_000_000) ms after the last heartbeat",
        fix: "see objects 1016 and 6007")
    }
    for word in [CIA402_COMMAND_DISABLE_VOLTAGE, CIA402_COMMAND_FAULT_RESET, CIA402_COMMAND_DISABLE_VOLTAGE] {
      let order = DriveCodec.encode(
        .writeParameter(CANopen.Object.controlword, word.rawValue), for: drive)
      _ = exchange([order]) { frame -> Bool? in
        if case .parameter(CANopen.Object.controlword, _, let done) = DriveCodec.decode(frame, for: drive) {
          done
        } else {
          nil
        }
      }
    }
    try requireOff(drive, for: "the end of the trial")
    return WatchdogMeasurement(survived: max(0, lost - last - period), tripped: lost - last, trials: 1)
  }
}
