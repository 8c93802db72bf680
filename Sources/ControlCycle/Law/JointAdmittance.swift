/// Joint admittance: a joint that is led by an outside torque, as a virtual inertia on a spring and a damper.
///
///     M x'' + D x' + K x = t,   t the outside torque beyond a dead band,   asked position = q* + x
///
/// Hogan, ASME J. Dynamic Systems, Measurement and Control 107 (1985) 1-24, turned round: the torque is measured or observed
/// (`MomentumObserver`), the motion is what comes out, for a joint that keeps to positions. Trapezoidal rule with the torque
/// held over the period: passive for every gain and period. Offset and velocity are the state itself, so that no change
/// of gains moves them; from one update to the next the offset moves at most velocity limit x period, unless a limit
/// that shrank brings it in. With K = 0 it is hand guiding.
public struct JointAdmittance: BitwiseCopyable, Sendable {
  /// The virtual joint.
  public struct Gains: BitwiseCopyable, Sendable {
    /// M [kg.m^2].
    public var inertia: Double
    /// D [N.m.s/rad].
    public var damping: Double
    /// K [N.m/rad].
    public var stiffness: Double
    /// Outside torque that moves nothing [N.m]; only what is beyond it does.
    public var deadBand: Double
    /// Highest speed of the offset [rad/s].
    public var velocityLimit: Double

    /// A virtual joint.
    @_noLocks public init(
      inertia: Double, damping: Double, stiffness: Double = 0, deadBand: Double = 0, velocityLimit: Double
    ) {
      self.inertia = inertia
      self.damping = damping
      self.stiffness = stiffness
      self.deadBand = deadBand
      self.velocityLimit = velocityLimit
    }

    /// Whether every number can be used; others are not taken.
    public var isUsable: Bool {
      @_noLocks get {
        inertia >= 1e-9 && inertia <= mostUsable && isGain(damping) && isGain(stiffness) && isGain(deadBand)
          && isGain(velocityLimit)
      }
    }
  }

  /// What the law remembers.
  public struct State: BitwiseCopyable, Sendable {
    /// Gains in use: the newest usable ones.
    public internal(set) var gains: Gains
    /// x [rad].
    public internal(set) var offset = 0.0
    /// x' [rad/s].
    public internal(set) var velocity = 0.0
    /// Whether the offset stands at its limit.
    public internal(set) var isSaturated = false
    /// Updates whose inputs made no sense; the offset stood still in them.
    public internal(set) var rejected: Int32 = 0
  }

  /// The gains that are wanted; taken over in the next update.
  public var gains: Gains
  /// What the law remembers.
  public internal(set) var state: State

  /// A law at rest. Gains that cannot be used let nothing move until others are set.
  @_noLocks public init(_ gains: Gains) {
    self.gains = gains
    state = State(gains: gains.isUsable ? gains : Gains(inertia: 1, damping: 0, velocityLimit: 0))
  }

  /// One update.
  ///
  /// - Parameters:
  ///   - torque: what somebody exerts on the joint [N.m].
  ///   - limit: most offset, either way [rad].
  ///   - period: time since the update before [s].
  /// - Returns: x, within the limit [rad]; its velocity stands in the state.
  @_noLocks public mutating func update(torque: Double, limit: Double, period: Double) -> Double {
    if gains.isUsable { state.gains = gains }
    let gains = state.gains
    let bound = LawOutput.bound(limit)
    var velocity = 0.0
    var offset = state.offset
    if isSignal(torque) && isPeriod(period) {
      let led = torque > gains.deadBand ? torque - gains.deadBand : smaller(torque + gains.deadBand, 0)
      let h = 0.5 * period
      let held = h * (gains.damping + h * gains.stiffness)
      let before = clamp(state.velocity, -gains.velocityLimit, gains.velocityLimit)
      let next =
        ((gains.inertia - held) * before + period * (led - gains.stiffness * offset)) / (gains.inertia + held)
      velocity = clamp(next, -gains.velocityLimit, gains.velocityLimit)
      offset += h * (before + velocity)
    } else if state.rejected < Int32.max {
      state.rejected += 1
    }
    state.isSaturated = magnitude(offset) > bound
    state.offset = clamp(offset, -bound, bound)
    // At the limit the virtual joint stands.
    state.velocity = state.isSaturated && velocity * offset > 0 ? 0 : velocity
    return state.offset
  }
}
