public import LaneMath

/// The pure core of the controller: frames and setpoints in, frames out. **Start here.**
///
/// One value of fixed capacity holds all of its state. `step` opens nothing, reads no clock, allocates nothing,
/// takes no lock and throws nothing; the compiler checks that (`@_noLocks`). The same inputs give the same bytes.
/// Frames read in cycle k answer the commands sent in k-1.
public struct ControlCycle: ~Copyable {
  /// Number of driven joints; entries of the per-joint storage beyond it are unused.
  public let jointCount: Int
  /// What is known of each joint.
  public let joints: FixedArray<JointConfiguration>
  /// How the safety monitor judges.
  public let thresholds: SafetyThresholds
  /// Buses that carry drives, and those below them.
  let busCount: Int
  /// Joints of each bus.
  let busJoints: FixedArray<JointSet>
  /// Most frames a cycle may bring on each bus; 0 where nobody counts.
  let frameLimits: FixedArray<Int32>
  /// Which joint a frame comes from.
  let owners: FrameOwners

  /// Newest accepted sample of each joint. Writer: `decode`.
  public internal(set) var samples: FixedArray<JointSample>
  /// State of each joint at the cycle's instant. Writer: `estimate`.
  public internal(set) var states: FixedArray<JointState>
  /// Motion of each joint within its limits. Writer: `shape`.
  public internal(set) var motions: FixedArray<CommandedMotion>
  /// Command of each joint, joint side, after every law and limit. Writers: `compose`, `limit`.
  public internal(set) var commands: FixedArray<JointCommand>
  /// Joints whose setpoint a motion limit changed in this cycle. Writer: `shape`.
  public internal(set) var motionLimited: JointSet
  /// Joints whose torque was limited in this cycle. Writer: `limit`.
  public internal(set) var torqueLimited: JointSet
  /// Joints whose samples are older than their policy allows. Writer: `inspect`.
  public internal(set) var stale: JointSet
  /// Setpoints in use, the last finite ones. Writer: `inspect`.
  public internal(set) var setpoints: FixedArray<JointSetpoint>
  /// Where the robot stands. Writer: `inspect`.
  public internal(set) var safety: SafetyMonitor
  /// 0...1 for each joint, how far stiffness and feed-forward have grown. Writer: `activate`.
  public internal(set) var activations: FixedArray<Double>
  /// Frames received that belong to no joint. Writer: `decode`.
  public internal(set) var unknownFrames: Int64
  /// What is known of each bus. Writer: `inspectBuses`.
  public internal(set) var buses: FixedArray<BusWatch>
  /// Joints that an error-passive bus slows in this cycle. Writer: `inspectBuses`.
  public internal(set) var derated: JointSet
  /// Commands that found a bus's queue full. Writer: `inspectBuses`.
  public internal(set) var refusedFrames: Int64
  /// The law of each joint. Writers: `inspect`, `shape`, `applyLaws`.
  public internal(set) var laws: FixedArray<LawBlend>
  /// Joints of which a law was asked in this cycle that is none for them. Writer: `inspect`.
  public internal(set) var refusedLaws: JointSet
  /// Received frames for which there was no room. Writer: `inspectBuses`.
  public internal(set) var overflowedFrames: Int64
  /// Frames of each bus in this cycle. Writer: `decode`.
  var arrivals: FixedArray<Int32>
  /// Cycles from the one before to this one; more than 1 when the loop had to skip some. Writer: `decode`.
  var elapsed: Int32 = 1
  /// Number of the newest cycle; negative before the first. Writer: `decode`.
  var lastCycle: Int64 = -1
  /// Gravity or inverse dynamics. Writer: `computeDynamics`.
  var dynamics: ModelTorque

  /// One cycle, in the order data flows.
  ///
  /// - Parameters:
  ///   - cycle: number, instant and period.
  ///   - received: every frame that arrived since the last cycle.
  ///   - asked: setpoints of all joints.
  ///   - request: what the shell wants of the safety state.
  ///   - transmit: receives one frame a drive.
  @_noLocks public mutating func step(
    _ cycle: Cycle, received: borrowing FrameBuffer, setpoints asked: borrowing SetpointBuffer,
    request: Request, into transmit: inout FrameBuffer
  ) {
    prepare(cycle, received: received, setpoints: asked, request: request)
    var efforts = JointEfforts(repeating: JointEffort())
    applyLaws(into: &efforts, over: cycle.period)
    settle(&efforts)
    encode(into: &transmit)
  }

  /// The part of a cycle before the laws: from frames to motions within their limits, and the model torque.
  @_noLocks @usableFromInline mutating func prepare(
    _ cycle: Cycle, received: borrowing FrameBuffer, setpoints asked: borrowing SetpointBuffer,
    request: Request
  ) {
    sense(cycle, received: received, setpoints: asked, request: request)
    computeDynamics()
  }

  /// First part of `step`: what the drives say, whether the robot may go on, and which motion the limits allow.
  ///
  /// The loop calls the four parts one by one to time each: `sense`, `computeDynamics`, `command`, `encode`.
  @_noLocks public mutating func sense(
    _ cycle: Cycle, received: borrowing FrameBuffer, setpoints asked: borrowing SetpointBuffer,
    request: Request
  ) {
    decode(received, at: cycle)
    estimate(at: cycle)
    inspectBuses(received, at: cycle)
    inspect(asked, request: request, at: cycle)
    activate(over: cycle.period)
    shape(at: cycle)
  }

  /// Second part of `step`: the model torque of the commanded motion.
  @_noLocks public mutating func computeDynamics() {
    for joint in 0..<jointCount {
      let motion = shownMotion(joint)
      dynamics.take(joints[joint].velocityIndex, state: states[joint], motion: motion)
    }
    dynamics.evaluate()
  }

  /// From what the laws ask for to commands within the torque limits.
  @_noLocks @usableFromInline mutating func settle(_ efforts: inout JointEfforts) {
    compose(&efforts)
    limit()
  }

  /// Drives to samples, motor side to joint side: the first thing that `sense` does.
  @_noLocks public mutating func decode(_ received: borrowing FrameBuffer, at cycle: Cycle) {
    let skipped = cycle.number - lastCycle
    elapsed = lastCycle < 0 || skipped < 1 ? 1 : (skipped < 1_000_000 ? Int32(skipped) : 1_000_000)
    lastCycle = cycle.number
    for joint in 0..<jointCount where samples[joint].exists {
      samples[joint].settleAnswers()
      // A loop that was away finds all that was said meanwhile.
      if elapsed > 1 { samples[joint].surplus = -4 }
      let age = samples[joint].state.age
      samples[joint].state.age = age < Int32.max - 1 - elapsed ? age + elapsed : Int32.max - 1
    }
    for bus in 0..<busCount { arrivals[bus] = 0 }
    for index in 0..<received.count {
      let bus = unsafe Int(received.frames[index].bus)
      if bus < busCount { arrivals[bus] &+= 1 }
      // Looked at where it stands: a frame is 80 bytes long.
      if unsafe !take(received.frames[index], period: cycle.period) { unknownFrames &+= 1 }
    }
  }

  /// Samples to states at the cycle's instant.
  @_noLocks mutating func estimate(at cycle: Cycle) {
    for joint in 0..<jointCount {
      states[joint] = Estimator.state(of: samples[joint], at: cycle)
    }
  }

  /// Whether a joint gives up its stiffness: on request, after a fault, with its bus, or because nobody knows where it is.
  @_noLocks func isYielding(_ joint: Int) -> Bool {
    if safety.isRelaxed || safety.state.isFault || safety.isolated.contains(joint) { return true }
    return stale.contains(joint) && (safety.state.isStopping || joints[joint].staleness.reaction.isDamp)
  }

  /// Lets each joint's stiffness and feed-forward grow or fade, so that no change of state is a torque step.
  @_noLocks mutating func activate(over period: Double) {
    for joint in 0..<jointCount {
      if !safety.state.isPowered && !safety.state.isFault || safety.isSwitchingOn {
        activations[joint] = 0
      } else if isYielding(joint) {
        let time = stale.contains(joint) ? thresholds.releaseTime : thresholds.rampTime
        activations[joint] = clamp(activations[joint] - period / time, 0, 1)
      } else {
        if activations[joint] == 0 { rest(joint) }
        // Counting to rampTime by periods ends a rounding error below 1.
        let grown = activations[joint] + period / thresholds.rampTime
        activations[joint] = grown > 1 - 1e-9 ? 1 : grown
      }
    }
  }

  /// Lets a joint's motion begin where the joint is, before its stiffness grows from nothing; where that is a
  /// little outside the limits, the growing stiffness brings it back gently.
  @_noLocks private mutating func rest(_ joint: Int) {
    let limits = joints[joint].limits
    motions[joint] = CommandedMotion(
      restingAt: clamp(states[joint].position, limits.minPosition, limits.maxPosition))
    laws[joint] = LawBlend(effectiveChoice(joint), keeping: laws[joint].choice)
  }

  /// Setpoints to a commanded motion that keeps every limit.
  @_noLocks mutating func shape(at cycle: Cycle) {
    motionLimited = JointSet()
    var isMoving = false
    for joint in 0..<jointCount {
      var limits = joints[joint].limits
      if safety.isSlowed { limits.velocity *= thresholds.slowFactor }
      if derated.contains(joint) { limits.velocity *= thresholds.passiveFactor }
      switch safety.state {
      case .disarmed, .arming: break
      case .armed:
        isMoving = true
        let isHeld = stale.contains(joint) && joints[joint].staleness.reaction.isHold
        if safety.isFrozen || isHeld || isYielding(joint) {
          brake(joint, limits: limits, period: cycle.period)
        } else if !guide(joint, limits: limits, period: cycle.period) {
          let isLimited = MotionLimiter.advance(
            &motions[joint], towards: setpoints[joint], limits: limits, period: cycle.period)
          if isLimited { motionLimited.insert(joint) }
        }
      case .stopping, .fault:
        let isResting = brake(joint, limits: limits, period: cycle.period)
        if !isResting && !isYielding(joint) { isMoving = true }
      }
      if joints[joint].drive.mode.holdsPosition { follow(joint, over: cycle.period) }
    }
    safety.isAtRest = !isMoving
  }

  /// Lets the commanded motion of a drive that holds a position go with the joint where stiffness is to fade, as the
  /// drive's own stiffness cannot: a spring whose far end follows in the time of damping over stiffness is a damper. A target
  /// equal to the measured position would leave a drive limp that makes a velocity of the difference of two targets.
  /// Before the drives are on, the motion is where the joint is.
  @_noLocks private mutating func follow(_ joint: Int, over period: Double) {
    if safety.isSwitchingOn && !safety.state.isFault {
      motions[joint] = CommandedMotion(restingAt: states[joint].position)
    } else if isYielding(joint) && !isBlind(joint) {
      let gains = joints[joint].gains
      let time = gains.stiffness > 0 ? gains.damping / gains.stiffness : 0
      let share = (1 - activations[joint]) * period / (time + period)
      motions[joint].position += share * (states[joint].position - motions[joint].position)
    }
  }

  /// Commanded motion to efforts.
  @_noLocks @usableFromInline mutating func applyLaws(
    into efforts: inout JointEfforts, over period: Double
  ) {
    let isFollowing = safety.state.isArmed && !safety.isFrozen
    for joint in 0..<jointCount {
      efforts[joint] = blend(joint, torque: isFollowing ? setpoints[joint].torque : 0, over: period)
    }
  }

  /// Commanded motion and efforts to commands; how far a joint is active is the state's business, not a law's. As a
  /// joint lets go, its configured damping takes the place of what the law asks for. The efforts are not changed: a
  /// borrowed inline array would be copied at each look.
  @_noLocks mutating func compose(_ efforts: inout JointEfforts) {
    for joint in 0..<jointCount {
      let effort = efforts[joint]
      commands[joint].position = motions[joint].position
      commands[joint].velocity = laws[joint].isGuided ? 0 : motions[joint].velocity
      let share = activations[joint]
      commands[joint].stiffness = effort.stiffness * share
      commands[joint].damping = effort.damping * share + joints[joint].gains.damping * (1 - share)
      commands[joint].torque = effort.torque * share
    }
  }

  /// Commands within torque limits; a command that is not finite is a fault and becomes damping.
  @_noLocks mutating func limit() {
    torqueLimited = JointSet()
    for joint in 0..<jointCount {
      if !commands[joint].isFinite {
        commands[joint] = JointImpedance.damping(at: states[joint], joint: joints[joint])
        safety.trip(.commandNotFinite, joint: joint, cycle: lastCycle)
      }
      if TorqueLimiter.apply(
        to: &commands[joint], state: states[joint], limit: joints[joint].limits.torque)
      {
        torqueLimited.insert(joint)
      }
      if !mustChange(joint) { samples[joint].repeats = 0 }
    }
  }

  /// Commands to frames, joint side to motor side.
  @_noLocks public mutating func encode(into transmit: inout FrameBuffer) {
    for joint in 0..<jointCount {
      let family = joints[joint].drive.family
      switch safety.state {
      case .disarmed:
        samples[joint].reportedFaults = DriveFaults()
        if family.enableInterval > 1 { forgetEnabled(joint) }
        transmit.append(request(.disable, of: joint))
      case .arming where safety.isSwitchingOn && !samples[joint].mode.isEnabled:
        if isEnabling(family) {
          transmit.append(request(.enable, of: joint))
        } else {
          transmit.append(MotorCommand(), for: joints[joint].drive)
        }
      default:
        transmit.append(motorCommand(of: joint), for: joints[joint].drive)
      }
      DriveCodec.ask(joints[joint].drive, cycle: lastCycle, into: &transmit)
      if joints[joint].drive.endsGroup {
        DriveCodec.endGroup(joints[joint].drive, cycle: lastCycle, into: &transmit)
      }
    }
  }

  /// The frame of a request; notes what it makes of a drive that does not say so itself.
  @_noLocks private mutating func request(_ request: DriveRequest, of joint: Int) -> CANFrame {
    let drive = joints[joint].drive
    let frame = DriveCodec.encode(
      request, for: drive, status: samples[joint].parts.status, position: shaftPosition(of: joint))
    if !drive.family.reportsMode { DriveCodec.assume(request, of: drive, in: &samples[joint].parts) }
    return frame
  }

  /// Whether this is a cycle of arming in which drives of a family are asked to switch on: the first, or the second and
  /// each after `enableInterval`, so that the zero command came before.
  @_noLocks private func isEnabling(_ family: DriveFamily) -> Bool {
    let interval = family.enableInterval
    return (lastCycle - safety.armingSince) % interval == (interval > 1 ? 1 : 0)
  }

  /// What a drive with a late heartbeat said before it was told to switch off does not count at the next arming.
  @_noLocks private mutating func forgetEnabled(_ joint: Int) {
    if samples[joint].mode.isEnabled { samples[joint].mode = .disabled }
    if samples[joint].parts.mode.isEnabled { samples[joint].parts.mode = .disabled }
  }

  /// Where the drive's shaft is, for drives that begin at a position when they are switched on.
  @_noLocks private func shaftPosition(of joint: Int) -> Double {
    switch joints[joint].drive.mode {
    case .impedance, .torque, .velocity: return 0
    case .position, .positionForce:
      var command = JointCommand()
      command.position = states[joint].position
      return joints[joint].transmission.motorCommand(of: command).position
    }
  }

  /// A joint's command at its drive's shaft, as its mode takes it.
  @_noLocks private func motorCommand(of joint: Int) -> MotorCommand {
    let command: JointCommand
    switch joints[joint].drive.mode {
    case .impedance: command = commands[joint]
    case .torque: command = commands[joint].asTorque(at: states[joint])
    case .velocity:
      command = restingCommand(of: joint).asVelocity(
        at: states[joint], gains: joints[joint].gains, limit: joints[joint].limits.velocity,
        isBlind: isBlind(joint))
    case .position, .positionForce:
      command = restingCommand(of: joint).asPosition(
        at: states[joint], gains: joints[joint].gains, isYielding: isYielding(joint), isBlind: isBlind(joint))
    }
    return joints[joint].transmission.motorCommand(of: command)
  }

  /// A joint's command without the velocity that a motion had when it was broken off: it is nobody's wish any more, and
  /// what is a little damping elsewhere would be a motion of a drive that closes a velocity loop.
  @_noLocks private func restingCommand(of joint: Int) -> JointCommand {
    var command = commands[joint]
    if activations[joint] == 0 { command.velocity = 0 }
    return command
  }

  /// Whether a joint's estimate is no place to send its drive to. Before it was armed it is all there is.
  @_noLocks private func isBlind(_ joint: Int) -> Bool {
    guard stale.contains(joint) && !safety.isSwitchingOn else { return false }
    return !(safety.state.isArmed && joints[joint].staleness.reaction.isExtrapolate)
  }
}
