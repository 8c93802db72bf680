public import ControlCycle

/// A silence in which a drive must bear so long without being fed, or must let go by itself.
///
/// A drive is looked at once, with a frame that may feed it, after it heard nothing at all; what it says then is what it
/// came to in the silence. So a trial needs no frame that is known not to feed, and two are needed: one that ends at three
/// quarters of the watchdog's time, in which the drive must stay on, and one that ends at five quarters.
public struct WatchdogTrial: Sendable, Equatable {
  /// Time that the drive's watchdog is set to [ns].
  public var watchdog: Int64
  /// Time that the drive is fed before [ns]; 0 is one frame.
  public var feeding: Int64 = 0
  /// Time of silence [ns].
  public var silence: Int64
  /// Whether the drive must have let go by then; else it must be as before.
  public var letsGo: Bool
  /// What the drive is before; disabled where it is not switched on for the trial.
  public var bears = DriveMode.enabled
  /// What the drive is asked to look at it; nil is the zero command.
  public var look: DriveRequest?
  /// Whether the look goes out in each cycle until an answer comes: where it feeds nothing, or the answer is a heartbeat.
  public var repeatsLook = false
  /// Whether a trial that showed nothing begins with the drive's first step again.
  public var isRepeated = true
  /// Cycles after the look in which arrives what was said before it.
  public var delay: Int64 = 0
  /// Time after the look in which the answer has to come [ns]; an adapter may take tens of milliseconds for it.
  public var patience = 16 * BringUp.patience

  /// The trial of a watchdog of some microseconds, one that bears or one that lets go.
  public init(watchdog_us: Int, letsGo: Bool) {
    watchdog = Int64(watchdog_us) * 1000
    self.letsGo = letsGo
    // Fed first for a while, so that a drive which these frames do not feed lets go too early.
    feeding = letsGo ? 0 : watchdog / 2
    silence = letsGo ? watchdog * 5 / 4 : watchdog * 3 / 4
  }

  /// Judges what a drive says after a silence of some length [ns].
  func judge(_ reply: DriveReply, of drive: DriveConfiguration, after silence: Int64) -> BringUpStep.Judgement
  {
    guard let state = Self.state(reply, of: drive.family) else { return .notAnAnswer }
    let set = "and its watchdog is \(milliseconds(watchdog)) ms"
    if letsGo {
      if Self.hasLetGo(state, of: drive.family) { return .passed }
      return .failed("still \(state.mode) after \(milliseconds(silence)) ms without a command, \(set)")
    }
    if state.mode == bears { return .passed }
    let message = "\(state.mode) after only \(milliseconds(silence)) ms without a command, \(set)"
    return isRepeated ? .again(message) : .failed(message)
  }

  /// What to say when nothing was heard.
  var silent: String { "nothing heard within \(milliseconds(patience)) ms after a silence" }

  /// State of the power stage in a reply; nil where the reply does not say it.
  private static func state(_ reply: DriveReply, of family: DriveFamily) -> MotorState? {
    switch reply {
    case .feedback(let state): return state
    case .part(let state, let fields) where fields.contains(.mode): return state
    case .parameter(CANopen.Object.statusword, let word, true) where family == .canopen:
      var state = MotorState()
      state.mode = CANopen.mode(ofStatus: UInt16(truncatingIfNeeded: word))
      return state
    default: return nil
    }
  }

  /// How a watchdog shows by the family's page: most latch a fault that says so; a statusword tells no reason, and a
  /// RobStride is simply off.
  private static func hasLetGo(_ state: MotorState, of family: DriveFamily) -> Bool {
    switch family {
    case .canopen: state.mode == .fault
    case .robstride: state.mode == .disabled
    case .damiao, .mit, .moteus, .myactuator, .odrive, .odrive05:
      state.mode == .fault && state.faults.contains(.communicationLost)
    }
  }
}

/// A time in milliseconds, for messages.
func milliseconds(_ time: Int64) -> String { "\(Double(time / 10_000) / 100)" }

// MARK: - Steps

extension BringUpStep {
  /// Times an order to switch on is sent; a drive may calibrate its current sensors first.
  private static let enableAttempts = 100

  /// On at zero torque, fed, then silent for three and for five quarters of the time, cleared.
  ///
  /// Nothing where the time is 0: a watchdog that nobody states is not there, and `Robot.warnings` says so. Nothing either for a
  /// drive in a loop of its own, where no command is sure to be without torque.
  static func trial(_ joint: RobotJoint, fix: String) -> [BringUpStep] {
    guard joint.driveWatchdog_us > 0, joint.configuration.drive.mode.hasZeroTorque else { return [] }
    var on = order("switch on", .enable)
    on.attempts = enableAttempts
    on.switchesOn = true
    return [on]
      + [false, true].map {
        silence(WatchdogTrial(watchdog_us: joint.driveWatchdog_us, letsGo: $0), fix: fix)
      }
      + [order("clear faults", .clearFault)]
  }

  static func silence(_ trial: WatchdogTrial, fix: String) -> BringUpStep {
    var step = order("watchdog", .identify)
    step.fix = fix
    step.watch = .silence(trial)
    return step
  }

  /// The frame that switches off a drive that failed, whatever of it is configured.
  static func release(_ family: DriveFamily) -> DriveRequest {
    if case .canopen = family { return .writeParameter(CANopen.Object.controlword, 0) }
    return .disable
  }
}

// MARK: - Running

extension BringUp {
  /// One cycle of a silence: feed, be silent, look.
  mutating func observe(_ joint: Int, _ trial: WatchdogTrial) {
    let drive = robot.joints[joint].configuration.drive
    if progress[joint].retry.attempt == 0 {
      progress[joint].retry.begin()
      progress[joint].beganAt = now
      if drive.family.isFedByHeartbeat { progress[joint].fedAt = beats[Int(drive.bus)] }
    }
    if let looked = progress[joint].lookedAt {
      guard now - looked > trial.patience else { return trial.repeatsLook ? look(joint, trial) : () }
      if trial.isRepeated { return tryAgain(joint, trial.silent) }
      return report(joint, trial.silent, fix: steps[joint][progress[joint].step].fix)
    }
    if !drive.family.isFedByHeartbeat && now - progress[joint].beganAt <= trial.feeding {
      feed(joint)
      progress[joint].fedAt = now
      return
    }
    guard now - max(progress[joint].fedAt, progress[joint].heardAt) >= trial.silence else { return }
    // A host that was away itself has shown nothing.
    if !trial.letsGo && trial.isRepeated && now - progress[joint].fedAt >= trial.watchdog {
      return tryAgain(joint, "the host was away for \(milliseconds(now - progress[joint].fedAt)) ms")
    }
    progress[joint].lookedAt = now
    look(joint, trial)
  }

  private mutating func look(_ joint: Int, _ trial: WatchdogTrial) {
    guard let request = trial.look else { return feed(joint) }
    transmit.append(DriveCodec.encode(request, for: robot.joints[joint].configuration.drive))
  }

  /// Whether no drive of a family on a bus has more steps before it than this one: a frame that feeds all of them can be
  /// left out for all of them alone.
  func isGathered(_ joint: Int) -> Bool {
    let drive = robot.joints[joint].configuration.drive
    let left = steps[joint].count - progress[joint].step
    return robot.joints.indices.allSatisfy { other in
      let neighbour = robot.joints[other].configuration.drive
      return neighbour.bus != drive.bus || neighbour.family != drive.family || progress[other].isFinished
        || steps[other].count - progress[other].step <= left
    }
  }

  /// What goes out behind the last drive of a bus, once for all: a SYNC where one of them waits for it, the heartbeat
  /// where one of them is to be fed.
  mutating func endGroups() {
    for bus in robot.buses.indices {
      var drive: DriveConfiguration?
      var isFed = false
      for joint in robot.joints.indices where !progress[joint].isFinished {
        let own = robot.joints[joint].configuration.drive
        guard Int(own.bus) == bus, own.family.isFedByHeartbeat else { continue }
        let step = steps[joint][progress[joint].step]
        let isWaiting = step.isGathering && progress[joint].retry.attempt == 0
        if step.isSynchronous && !isWaiting { drive = own }
        // One that waits for the others is kept as it is.
        if isWaiting ? progress[joint].step > 0 && steps[joint][progress[joint].step - 1].isFed : step.isFed {
          drive = own
          isFed = true
        }
      }
      guard let drive else { continue }
      if isFed {
        DriveCodec.endGroup(drive, cycle: 0, into: &transmit)
        beats[bus] = now
      } else {
        transmit.append(DriveCodec.encode(DriveRequest.identify, for: drive))
      }
    }
  }
}
