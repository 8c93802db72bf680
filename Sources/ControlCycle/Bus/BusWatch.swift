import LaneMath

/// What the cycle knows of one bus.
public struct BusWatch: BitwiseCopyable, Sendable {
  /// The state now.
  public internal(set) var state: BusState
  /// Why the bus was given up; `.none` while it is used. Latched until the robot is recovered.
  public internal(set) var cause: FaultKind
  /// Cycles in a row in which the queue refused a frame.
  var refusals: UInt8
  /// Cycles in a row that brought more frames than the plan has room for.
  var overloads: UInt8
  /// Cycles in a row without a frame.
  var silence: UInt16
  /// Cycles in a row in which the controller was error-passive.
  var passive: UInt16

  @_noLocks init() {
    state = .errorActive
    cause = .none
    refusals = 0
    overloads = 0
    silence = 0
    passive = 0
  }

  /// Everything as one word, for the carried state.
  var word: UInt64 {
    @_noLocks get {
      UInt64(state.code) | UInt64(cause.code) << 8 | UInt64(refusals) << 16 | UInt64(overloads) << 24
        | UInt64(silence) << 32 | UInt64(passive) << 48
    }
  }

  /// The watch of a word; nil when it holds no possible value.
  init?(word: UInt64) {
    guard let state = BusState(code: UInt8(truncatingIfNeeded: word)),
      let cause = FaultKind(code: word >> 8 & 0xFF)
    else { return nil }
    self.state = state
    self.cause = cause
    refusals = UInt8(truncatingIfNeeded: word >> 16)
    overloads = UInt8(truncatingIfNeeded: word >> 24)
    silence = UInt16(truncatingIfNeeded: word >> 32)
    passive = UInt16(truncatingIfNeeded: word >> 48)
  }

  /// Takes the condition of a cycle, `elapsed` cycles after the one before, that brought `frames`.
  @_noLocks mutating func take(_ condition: BusCondition, frames: Int32, limit: Int32, elapsed: Int32) {
    state = condition.state
    refusals = condition.refused == 0 ? 0 : (refusals < UInt8.max ? refusals + 1 : refusals)
    silence = frames > 0 ? 0 : Self.longer(silence, by: elapsed)
    passive = state.code == BusState.passive.code ? Self.longer(passive, by: elapsed) : 0
    let allowed = limit.multipliedReportingOverflow(by: elapsed)
    let isFull = limit > 0 && !allowed.overflow && frames > allowed.partialValue
    overloads = isFull ? (overloads < UInt8.max ? overloads + 1 : overloads) : 0
  }

  @_noLocks private static func longer(_ count: UInt16, by elapsed: Int32) -> UInt16 {
    let sum = Int64(count) + Int64(elapsed)
    return sum < Int64(UInt16.max) ? UInt16(truncatingIfNeeded: sum) : UInt16.max
  }
}

extension ControlCycle {
  /// What the buses say of themselves, and what follows from it: a warning is told, an error-passive bus slows the joints,
  /// and one that is lost, stays passive, refuses commands or is flooded is given up.
  ///
  /// Giving up stops the whole robot, or where the robot's description says so the bus's own joints alone. It is latched.
  @_noLocks mutating func inspectBuses(_ received: borrowing FrameBuffer, at cycle: Cycle) {
    derated = JointSet()
    for bus in 0..<busCount where !busJoints[bus].isEmpty {
      let condition = received.condition(ofBus: bus)
      refusedFrames &+= Int64(condition.refused)
      overflowedFrames &+= Int64(condition.overflowed)
      buses[bus].take(condition, frames: arrivals[bus], limit: frameLimits[bus], elapsed: elapsed)
      if buses[bus].passive > 0 {
        derated.formUnion(thresholds.isolatesBuses ? busJoints[bus] : everyJoint)
      }
      guard !buses[bus].cause.isFault else { continue }
      let cause = verdict(on: buses[bus], period: cycle.period)
      if cause.isFault { giveUp(bus, cause, at: cycle) }
    }
  }

  /// Why a bus is to be given up; `.none` where it is not.
  @_noLocks private func verdict(on watch: BusWatch, period: Double) -> FaultKind {
    if watch.state.isLost { return .busLost }
    if Int32(watch.refusals) >= thresholds.refusalLimit { return .busQueueFull }
    if Double(watch.passive) * period > thresholds.passiveTime { return .busPassive }
    if Int32(watch.overloads) >= thresholds.overloadLimit { return .busOverloaded }
    // Error counters climb and nobody is heard: no acknowledgement, the bus is open or shorted.
    let isDeaf = watch.state.code > 0 && Int32(watch.silence) >= thresholds.silenceLimit
    return isDeaf && safety.state.isPowered && !safety.isSwitchingOn ? .busLost : .none
  }

  @_noLocks private mutating func giveUp(_ bus: Int, _ cause: FaultKind, at cycle: Cycle) {
    buses[bus].cause = cause
    let left = everyJoint.bits & ~(safety.isolated.bits | busJoints[bus].bits)
    if thresholds.isolatesBuses && left != 0 && (safety.state.isArmed || safety.state.isStopping) {
      safety.isolated.formUnion(busJoints[bus])
      return
    }
    for joint in 0..<jointCount where busJoints[bus].contains(joint) {
      safety.trip(cause, joint: joint, cycle: cycle.number)
    }
  }

  /// Forgets what the buses did: their drives were brought up again.
  @_noLocks mutating func forgetBuses() {
    for bus in 0..<busCount { buses[bus] = BusWatch() }
  }

  /// All joints of the robot.
  private var everyJoint: JointSet {
    @_noLocks get {
      JointSet(bits: jointCount >= 64 ? UInt64.max : (UInt64(1) &<< UInt64(jointCount)) &- 1)
    }
  }
}
