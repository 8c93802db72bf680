/// Impedance of a joint with an elastic reducer and a torque sensor: the torque loop makes the rotor lighter.
///
///     v = K (q* - q) + D (v* - w) + gravity,   u = (B / Bd) v + (1 - B / Bd) t
///
/// q and w are the rotor's, at the joint; t is the torque between rotor and joint. The rotor then moves as if its inertia
/// were Bd, and oscillates less on its reducer by that; statically the joint has K in series with the reducer. Gravity is
/// that at the pose which the rotor stands for, so that the law stays passive. Ott, Albu-Schäffer, Kugi, Hirzinger, IEEE
/// Trans. Robotics 24 (2008) 416-429; Albu-Schäffer, Ott, Hirzinger, Int. J. Robotics Research 26 (2007) 23-39.
public struct FlexibleJointImpedance: BitwiseCopyable, Sendable {
  /// Inertias and gains.
  public struct Gains: BitwiseCopyable, Sendable {
    /// B, inertia of rotor and reducer at the joint [kg.m^2].
    public var inertia: Double
    /// Bd, inertia that the rotor is to have; from B on it stays what it is [kg.m^2].
    public var desiredInertia: Double
    /// K [N.m/rad].
    public var stiffness: Double
    /// D [N.m.s/rad].
    public var damping: Double

    /// Gains.
    @_noLocks public init(inertia: Double, desiredInertia: Double, stiffness: Double, damping: Double) {
      self.inertia = inertia
      self.desiredInertia = desiredInertia
      self.stiffness = stiffness
      self.damping = damping
    }

    /// Whether every number can be used; others are not taken. An inertia below a twentieth of its own is none that a
    /// sampled torque loop could give a rotor.
    public var isUsable: Bool {
      @_noLocks get {
        inertia > 0 && inertia <= mostUsable && desiredInertia >= 0.05 * inertia
          && desiredInertia <= mostUsable && isGain(stiffness) && isGain(damping)
      }
    }
  }

  /// What the law remembers.
  public struct State: BitwiseCopyable, Sendable {
    /// Gains in use: the newest usable ones.
    public internal(set) var gains: Gains
    /// v, torque that the lighter rotor gets [N.m].
    public internal(set) var outer = 0.0
    /// The output [N.m].
    public internal(set) var output = LawOutput()
    /// Whether there was an update before.
    public internal(set) var hasRun = false
  }

  /// What is measured.
  public struct Measurement: BitwiseCopyable, Sendable {
    /// q, the rotor's angle at the joint [rad].
    public var position: Double
    /// w [rad/s].
    public var velocity: Double
    /// t, torque of the reducer on the joint [N.m].
    public var torque: Double

    /// A measurement.
    @_noLocks public init(position: Double, velocity: Double, torque: Double) {
      self.position = position
      self.velocity = velocity
      self.torque = torque
    }
  }

  /// The gains that are wanted; taken over in the next update.
  public var gains: Gains
  /// What the law remembers.
  public internal(set) var state: State

  /// A law at rest. Gains that cannot be used give gravity alone until others are set.
  @_noLocks public init(_ gains: Gains) {
    self.gains = gains
    state = State(
      gains: gains.isUsable ? gains : Gains(inertia: 1, desiredInertia: 1, stiffness: 0, damping: 0))
  }

  /// One update.
  ///
  /// - Parameters:
  ///   - reference: q* and v* [rad, rad/s]; its torque stands for gravity at the rotor's pose [N.m].
  ///   - measured: what is measured.
  ///   - limit: most torque, either way [N.m].
  ///   - period: time since the update before [s].
  /// - Returns: u, within the limit [N.m]; as `PID.update` where an input is no usable number.
  @_noLocks public mutating func update(
    _ reference: Cascade.Reference, measured: Measurement, limit: Double, period: Double
  ) -> Double {
    guard
      isSignal(reference.position) && isSignal(reference.velocity) && isSignal(reference.torque)
        && isSignal(measured.position) && isSignal(measured.velocity) && isSignal(measured.torque)
    else { return state.output.pass(limit: limit, period: period) }
    let isChanged = adopt()
    let gains = state.gains
    state.outer =
      gains.stiffness * (reference.position - measured.position)
      + gains.damping * (reference.velocity - measured.velocity) + reference.torque
    let share = larger(gains.inertia / gains.desiredInertia, 1)
    let raw = share * state.outer + (1 - share) * measured.torque
    return state.output.settle(raw, limit: limit, period: period, isChanged: isChanged)
  }

  /// Takes the wanted gains; whether the output has to fade over.
  @_noLocks private mutating func adopt() -> Bool {
    let (old, hasRun) = (state.gains, state.hasRun)
    state.hasRun = true
    let isOther =
      gains.inertia != old.inertia || gains.desiredInertia != old.desiredInertia
      || gains.stiffness != old.stiffness || gains.damping != old.damping
    guard gains.isUsable && isOther else { return false }
    state.gains = gains
    return hasRun
  }
}
