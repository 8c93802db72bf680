import LaneMath

/// The safety state, the latched fault and the counters behind them.
public struct SafetyMonitor: BitwiseCopyable, Sendable {
  /// Where the robot stands.
  public internal(set) var state: SafetyState = .disarmed
  /// The first fault since the last reset.
  public internal(set) var fault = Fault()
  /// Whether, in the stopping state, every commanded motion is at rest.
  public internal(set) var isAtRest = true
  /// Whether stiffness was given up on request.
  public internal(set) var isRelaxed = false
  /// Whether setpoints are so old that the motion is frozen.
  public internal(set) var isFrozen = false
  /// Whether so many deadlines were missed that the motion is slowed.
  public internal(set) var isSlowed = false
  /// Whether drives are still being switched on while arming.
  public internal(set) var isSwitchingOn = true
  /// Joints of buses that were given up while the others go on: they brake, then damp, and are asked for nothing more.
  public internal(set) var isolated = JointSet()
  /// Cycle in which arming began.
  var armingSince: Int64 = 0
  /// Newest setpoint sequence seen, and the cycle it was seen in.
  var sequence: Int64 = 0
  var sequenceSeen: Int64 = 0
  /// Setpoint sets in a row that held a number that is not finite.
  var nonFinite: Int32 = 0
  /// Deadlines of the last cycles.
  var deadlines = DeadlineWindow()

  @_noLocks init() {}

  /// Latches a fault and starts the reaction the state calls for.
  @_noLocks mutating func trip(
    _ kind: FaultKind, joint: Int?, cycle: Int64, drive: DriveFaults = DriveFaults()
  ) {
    fault.latch(kind, joint: joint, cycle: cycle, drive: drive)
    switch state {
    case .armed: state = .stopping
    case .arming: state = .fault
    case .disarmed, .stopping, .fault: break
    }
  }

  /// Obeys what the shell asks, as far as the state allows.
  @_noLocks mutating func obey(_ request: Request, at cycle: Cycle) {
    switch (request, state) {
    case (.arm, .disarmed):
      if fault.isLatched || !isolated.isEmpty { return }
      state = .arming
      isSwitchingOn = true
      isRelaxed = false
      armingSince = cycle.number
      sequenceSeen = cycle.number
      deadlines = DeadlineWindow()
    case (.stop, .armed): state = .stopping
    case (.relax, .stopping), (.relax, .fault): isRelaxed = isAtRest
    case (.stop, .arming), (.disarm, _): disarm()
    case (.reset, _):
      disarm()
      if fault.kind.isHostSide { fault = Fault() }
    case (.recover, .disarmed):
      fault = Fault()
      isolated = JointSet()
    default: break
    }
  }

  @_noLocks private mutating func disarm() {
    state = .disarmed
    isSwitchingOn = true
    isRelaxed = false
    isFrozen = false
  }
}

extension ControlCycle {
  /// Everything that can make the robot stop, once a cycle, below every law.
  @_noLocks mutating func inspect(
    _ asked: borrowing SetpointBuffer, request: Request, at cycle: Cycle
  ) {
    if case .recover = request, case .disarmed = safety.state { forgetBuses() }
    safety.obey(request, at: cycle)
    inspectDeadlines(at: cycle)
    inspectSetpoints(asked, at: cycle)
    takeChoices(asked)
    inspectAges(at: cycle)
    if safety.state.isPowered { inspectJoints(at: cycle) }
    if safety.state.isArming { advanceArming(at: cycle) }
    if safety.state.isStopping && safety.isAtRest && safety.fault.isLatched { safety.state = .fault }
  }

  /// Takes finite setpoints over; watches their freshness.
  @_noLocks mutating func inspectSetpoints(_ asked: borrowing SetpointBuffer, at cycle: Cycle) {
    let isBetween = asked.sequence < 0
    if isBetween || asked.sequence != safety.sequence {
      if !isBetween {
        safety.sequence = asked.sequence
        safety.sequenceSeen = cycle.number
      }
      var hasNonFinite = false
      for joint in 0..<jointCount {
        let setpoint = asked.joints[joint]
        if setpoint.isFinite {
          setpoints[joint] = setpoint
        } else {
          hasNonFinite = true
          // Keep the position, drop the motion: a stale velocity would carry the joint on.
          setpoints[joint].velocity = 0
          setpoints[joint].acceleration = 0
          setpoints[joint].torque = 0
          if safety.state.isArmed && safety.nonFinite + 1 >= thresholds.nonFiniteLimit {
            safety.trip(.setpointNotFinite, joint: joint, cycle: cycle.number)
          }
        }
      }
      safety.nonFinite = hasNonFinite ? safety.nonFinite &+ 1 : 0
    }
    let silence = Double(cycle.number - safety.sequenceSeen) * cycle.period
    safety.isFrozen = silence > thresholds.commandTimeout
    if safety.state.isArmed && silence > 3 * thresholds.commandTimeout {
      safety.trip(.commandTimeout, joint: nil, cycle: cycle.number)
    }
  }

  /// Marks joints whose samples are too old and stops the robot where the policy says so.
  @_noLocks mutating func inspectAges(at cycle: Cycle) {
    stale = JointSet()
    for joint in 0..<jointCount {
      let age = states[joint].age
      let policy = joints[joint].staleness
      if age <= policy.maxAge { continue }
      stale.insert(joint)
      if safety.isolated.contains(joint) { continue }
      let isLost = policy.reaction.isStop || age >= StalenessPolicy.lossAge
      let isWatched = safety.state.isPowered && !safety.isSwitchingOn
      let isSameCycle =
        safety.fault.kind.code == FaultKind.sampleLost.code && safety.fault.cycle == cycle.number
      if isLost && isWatched && cycle.missed > 0 && age <= elapsed {
        // The drive answered the newest command; it is the loop that was away.
        safety.trip(.deadlineMissed, joint: nil, cycle: cycle.number)
      } else if isLost && (isWatched || isSameCycle) {
        safety.trip(.sampleLost, joint: joint, cycle: cycle.number)
      }
    }
  }

  /// Faults that a drive reports and measurements outside the joint's limits.
  @_noLocks mutating func inspectJoints(at cycle: Cycle) {
    for joint in 0..<jointCount where samples[joint].exists && !safety.isolated.contains(joint) {
      let sample = samples[joint]
      let limits = joints[joint].limits
      var faults = sample.faults
      faults.insert(sample.reportedFaults)
      if sample.mode.isFault || !faults.isEmpty {
        safety.trip(.driveFault, joint: joint, cycle: cycle.number, drive: faults)
      } else if !safety.isSwitchingOn && !sample.mode.isEnabled {
        safety.trip(.driveDisabled, joint: joint, cycle: cycle.number)
      }
      // The sample, not the state: what was carried forward is no measurement.
      let position = sample.state.position
      // A joint that was let go on request is asked for nothing any more: where gravity takes it is no fault.
      if !safety.isRelaxed
        && (position < limits.minPosition - thresholds.positionMargin
          || position > limits.maxPosition + thresholds.positionMargin)
      {
        safety.trip(.positionLimit, joint: joint, cycle: cycle.number)
      }
      if magnitude(sample.state.velocity) > thresholds.overspeedFactor * limits.velocity {
        safety.trip(.overspeed, joint: joint, cycle: cycle.number)
      }
      if sample.surplus >= thresholds.surplusLimit {
        safety.trip(.identifierShared, joint: joint, cycle: cycle.number)
      }
      if sample.repeats >= thresholds.repeatLimit {
        safety.trip(.feedbackFrozen, joint: joint, cycle: cycle.number)
      }
    }
  }

  /// Whether the same sample again would be none that a sound drive sends: the command pulls the joint towards a motion
  /// that is on its way and well away from it, so that its torque must grow, and has room to.
  ///
  /// Asked once the commands of the cycle stand, so that nothing of the cycle before is needed that is not carried.
  @_noLocks func mustChange(_ joint: Int) -> Bool {
    let (motion, state) = (motions[joint], samples[joint].state)
    guard safety.state.isArmed, activations[joint] == 1, magnitude(motion.velocity) > thresholds.frozenSpeed,
      magnitude(state.torque) < thresholds.frozenEffort * joints[joint].limits.torque
    else { return false }
    let pulls = commands[joint].stiffness > 0 || joints[joint].drive.mode.holdsPosition
    return pulls && magnitude(motion.position - state.position) > thresholds.frozenDistance
  }

  /// Waits for every drive to be on, then for stiffness and feed-forward to have grown.
  @_noLocks mutating func advanceArming(at cycle: Cycle) {
    if safety.isSwitchingOn {
      var areOn = true
      for joint in 0..<jointCount where !samples[joint].mode.isEnabled || states[joint].age > 1 {
        areOn = false
        if Double(cycle.number - safety.armingSince) * cycle.period > thresholds.armingTimeout {
          safety.trip(.armingTimeout, joint: joint, cycle: cycle.number)
        }
      }
      safety.isSwitchingOn = !areOn
      return
    }
    for joint in 0..<jointCount where activations[joint] < 1 { return }
    safety.state = .armed
    for joint in 0..<jointCount {
      // Nobody has asked for anything yet: stay where the robot was armed.
      setpoints[joint] = JointSetpoint(position: motions[joint].position)
    }
    safety.sequenceSeen = cycle.number
  }
}
