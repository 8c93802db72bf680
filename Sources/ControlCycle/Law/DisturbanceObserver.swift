/// Disturbance observer: what acts on a joint beside its motor, seen through the inverse of a nominal joint, and
/// compensated.
///
///     J v' + b v = u + d,   d^ = Q(s) ((J s + b) v - u),   Q(s) = w^2 / (s^2 + 2 z w s + w^2),   output = -share x d^
///
/// Ohnishi, Shibata, Murakami, IEEE/ASME Trans. Mechatronics 1 (1996) 56-67; Sariyildiz and Ohnishi, IEEE Trans. Industrial
/// Electronics 62 (2015) 414-422. Both filters step by the trapezoidal rule, so that for a nominal joint and a torque that is
/// held over the period d^ is the disturbance behind Q and nothing else. `Gains.robustness` says how far the real joint may
/// differ.
public struct DisturbanceObserver: BitwiseCopyable, Sendable {
  /// The nominal joint, and the filter.
  public struct Gains: BitwiseCopyable, Sendable {
    /// J, nominal inertia at the joint [kg.m^2].
    public var inertia: Double
    /// b, nominal viscous friction [N.m.s/rad].
    public var viscous: Double
    /// w, bandwidth of the filter [rad/s].
    public var bandwidth: Double
    /// z, damping of the filter.
    public var damping: Double
    /// Part of the disturbance that is compensated; from 1 on all of it, at 0 it is only observed.
    public var share: Double

    /// Gains; z is that of a filter that is maximally flat.
    @_noLocks public init(
      inertia: Double, viscous: Double = 0, bandwidth: Double, damping: Double = 0.7071067811865476,
      share: Double = 1
    ) {
      self.inertia = inertia
      self.viscous = viscous
      self.bandwidth = bandwidth
      self.damping = damping
      self.share = share
    }

    /// Whether every number can be used; others are not taken.
    public var isUsable: Bool {
      @_noLocks get {
        isGain(inertia) && isGain(viscous) && bandwidth > 0 && bandwidth <= 1e5 && damping > 0
          && damping <= 100 && isGain(share)
      }
    }
  }

  /// What the law remembers.
  public struct State: BitwiseCopyable, Sendable {
    /// Gains in use: the newest usable ones.
    public internal(set) var gains: Gains
    /// d^ [N.m].
    public internal(set) var disturbance = 0.0
    /// The output [N.m].
    public internal(set) var output = LawOutput()
    /// Velocity of the update before [rad/s].
    public internal(set) var velocity = 0.0
    var velocityFilter = SecondOrderFilter()
    var torqueFilter = SecondOrderFilter()
    /// Whether there was an update before.
    public internal(set) var hasRun = false
  }

  /// The gains that are wanted; taken over in the next update.
  public var gains: Gains
  /// What the law remembers.
  public internal(set) var state: State

  /// A law at rest. Gains that cannot be used give nothing until others are set.
  @_noLocks public init(_ gains: Gains) {
    self.gains = gains
    state = State(gains: gains.isUsable ? gains : Gains(inertia: 0, bandwidth: 1, share: 0))
  }

  /// One update.
  ///
  /// - Parameters:
  ///   - velocity: v [rad/s].
  ///   - torque: u, what the motor gave since the update before, compensation included [N.m].
  ///   - limit: most torque that may come out, either way [N.m].
  ///   - period: time since the update before [s].
  /// - Returns: compensation, within the limit [N.m]; as `PID.update` where an input is no usable number.
  @_noLocks public mutating func update(
    velocity: Double, torque: Double, limit: Double, period: Double
  ) -> Double {
    guard isSignal(velocity) && isSignal(torque) && isPeriod(period) else {
      return state.output.pass(limit: limit, period: period)
    }
    let isChanged = adopt()
    let gains = state.gains
    if state.hasRun {
      state.velocityFilter.advance(
        before: state.velocity, now: velocity, bandwidth: gains.bandwidth, damping: gains.damping,
        period: period)
      state.torqueFilter.advance(
        before: torque, now: torque, bandwidth: gains.bandwidth, damping: gains.damping, period: period)
    } else {
      // As if the joint had gone at this velocity for long, with nothing but the torque acting.
      state.velocityFilter = SecondOrderFilter(restingOn: velocity)
      state.torqueFilter = SecondOrderFilter(restingOn: torque)
      state.hasRun = true
    }
    state.velocity = velocity
    state.disturbance =
      gains.inertia * state.velocityFilter.slope + gains.viscous * state.velocityFilter.output
      - state.torqueFilter.output
    let raw = -smaller(gains.share, 1) * state.disturbance
    return state.output.settle(raw, limit: limit, period: period, isChanged: isChanged)
  }

  /// Takes the wanted gains; whether the output has to fade over.
  @_noLocks private mutating func adopt() -> Bool {
    let old = state.gains
    let isOther =
      gains.inertia != old.inertia || gains.viscous != old.viscous || gains.bandwidth != old.bandwidth
      || gains.damping != old.damping || gains.share != old.share
    guard gains.isUsable && isOther else { return false }
    state.gains = gains
    return state.hasRun
  }
}
