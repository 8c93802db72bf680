/// A cascade: position makes a velocity, velocity makes a torque.
///
///     v_r = sat(Kq (q* - q) + v*),   torque = Kv (v_r - v) + I + feed-forward,   I' = Ki (v_r - v)
///
/// P-PI as drives have it (Ellis, Control System Design Guide, 4th ed. (2012), chapter 17). Without I it is joint
/// impedance of stiffness Kq Kv and damping Kv, but a step in position is approached at the velocity limit and not with
/// all the torque there is. `loop` opens it further in: velocity control, or torque alone.
public struct Cascade: BitwiseCopyable, Sendable {
  /// The outermost loop that is closed.
  public enum Loop: BitwiseCopyable, Sendable {
    /// Position, velocity, torque.
    case position
    /// Velocity and torque; the position asked for counts for nothing.
    case velocity
    /// The feed-forward torque goes through.
    case torque

    /// Order, outermost first; `==` would go through metadata.
    var depth: Int {
      @_noLocks get {
        switch self {
        case .position: 0
        case .velocity: 1
        case .torque: 2
        }
      }
    }
  }

  /// Gains and mode.
  public struct Gains: BitwiseCopyable, Sendable {
    /// Kq, velocity per position error [1/s].
    public var position: Double
    /// Kv [N.m.s/rad].
    public var velocity: Double
    /// Ki [N.m/rad].
    public var integral: Double
    /// Most that v_r may be, either way [rad/s].
    public var velocityLimit: Double
    /// Time in which saturation takes the integral back [s].
    public var trackingTime: Double
    /// The outermost loop that is closed.
    public var loop: Loop

    /// Gains.
    @_noLocks public init(
      position: Double, velocity: Double, integral: Double = 0, velocityLimit: Double,
      trackingTime: Double = 0.05, loop: Loop = .position
    ) {
      self.position = position
      self.velocity = velocity
      self.integral = integral
      self.velocityLimit = velocityLimit
      self.trackingTime = trackingTime
      self.loop = loop
    }

    /// Whether every number can be used; others are not taken.
    public var isUsable: Bool {
      @_noLocks get {
        isGain(position) && isGain(velocity) && isGain(integral) && isGain(velocityLimit)
          && isGain(trackingTime)
      }
    }
  }

  /// What the law remembers.
  public struct State: BitwiseCopyable, Sendable {
    /// Gains in use: the newest usable ones.
    public internal(set) var gains: Gains
    /// v_r [rad/s]; saturated means that the velocity limit holds it.
    public internal(set) var velocity = LawOutput()
    /// The inner loop, with its integral.
    public internal(set) var inner: PID
    /// The output [N.m].
    public internal(set) var output = LawOutput()
    /// The velocity limit in use, on its way to a lower one [rad/s].
    public internal(set) var velocityLimit: Double
    /// How fast it goes there [rad/s^2].
    var limitRate = 0.0
    /// Whether there was an update before.
    public internal(set) var hasRun = false
  }

  /// What is asked of the joint.
  public struct Reference: BitwiseCopyable, Sendable {
    /// q* [rad].
    public var position: Double
    /// v* [rad/s].
    public var velocity: Double
    /// Feed-forward torque [N.m].
    public var torque: Double

    /// A reference; what is not given is zero.
    @_noLocks public init(position: Double = 0, velocity: Double = 0, torque: Double = 0) {
      self.position = position
      self.velocity = velocity
      self.torque = torque
    }
  }

  /// The gains that are wanted; taken over in the next update.
  public var gains: Gains
  /// What the law remembers.
  public internal(set) var state: State

  /// A law at rest. Gains that cannot be used give nothing until others are set.
  @_noLocks public init(_ gains: Gains) {
    self.gains = gains
    let inUse = gains.isUsable ? gains : Gains(position: 0, velocity: 0, velocityLimit: 0, loop: .torque)
    state = State(gains: inUse, inner: PID(inUse.inner), velocityLimit: inUse.velocityLimit)
  }

  /// Begins anew, with a torque that grows out of the one of another law [N.m].
  @_noLocks public mutating func takeOver(from torque: Double) {
    let inUse = state.gains
    state = State(gains: inUse, inner: PID(inUse.inner), velocityLimit: inUse.velocityLimit)
    state.output.takeOver(from: torque)
  }

  /// One update.
  ///
  /// - Parameters:
  ///   - reference: what is asked.
  ///   - position: q [rad].
  ///   - velocity: v [rad/s].
  ///   - limit: most torque, either way [N.m].
  ///   - period: time since the update before [s].
  /// - Returns: torque, within the limit [N.m]; as `PID.update` where an input is no usable number.
  @_noLocks public mutating func update(
    _ reference: Reference, position: Double, velocity: Double, limit: Double, period: Double
  ) -> Double {
    guard
      isSignal(reference.position) && isSignal(reference.velocity) && isSignal(reference.torque)
        && isSignal(position) && isSignal(velocity) && isPeriod(period)
    else { return state.output.pass(limit: limit, period: period) }
    let (isOuterChanged, isSwitched) = adopt()
    state.hasRun = true
    let gains = state.gains
    narrow(to: gains.velocityLimit, over: period)
    var raw = reference.torque
    if gains.loop.depth < 2 {
      let asked =
        gains.loop.depth == 0
        ? gains.position * (reference.position - position) + reference.velocity : reference.velocity
      let wanted = state.velocity.settle(
        asked, limit: state.velocityLimit, period: period, isChanged: isOuterChanged)
      raw = state.inner.update(
        reference: wanted, measured: velocity, feedforward: reference.torque, limit: limit, period: period)
    }
    return state.output.settle(raw, limit: limit, period: period, isChanged: isSwitched)
  }

  /// Takes the wanted gains.
  ///
  /// - Returns: whether v_r has to fade over, and whether the torque has to.
  @_noLocks private mutating func adopt() -> (isOuter: Bool, isSwitch: Bool) {
    let old = state.gains
    guard gains.isUsable else { return (false, false) }
    state.gains = gains
    state.inner.gains = gains.inner
    guard state.hasRun else {
      state.velocityLimit = gains.velocityLimit
      return (false, false)
    }
    if gains.velocityLimit != old.velocityLimit {
      state.limitRate = larger(state.velocityLimit - gains.velocityLimit, 0) / LawOutput.fadeTime
    }
    let (depth, before) = (gains.loop.depth, old.loop.depth)
    if depth == 2 && before < 2 || depth < 2 && before == 2 {
      // What the loops remember is of another time.
      state.velocity = LawOutput()
      state.inner = PID(gains.inner)
      return (false, true)
    }
    return (gains.position != old.position || depth != before, false)
  }

  /// Moves the velocity limit in use to the wanted one: a wider one at once, a narrower one step by step.
  @_noLocks private mutating func narrow(to limit: Double, over period: Double) {
    state.velocityLimit = larger(limit, state.velocityLimit - state.limitRate * period)
  }
}

extension Cascade.Gains {
  /// Gains of the velocity loop.
  var inner: PID.Gains {
    @_noLocks get { PID.Gains(proportional: velocity, integral: integral, trackingTime: trackingTime) }
  }
}
