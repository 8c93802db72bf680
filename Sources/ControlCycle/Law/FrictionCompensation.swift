import LaneMath

/// Compensation of a joint's friction, from the numbers of its reducer: never more than the friction that is there.
///
///     g = Fc + (Fs - Fc) exp(-(v / vs)^2),   F = g + b |v|
///     torque = share x s(v) x loss,   loss = (F + L t) / (1 - L)        where the motor drives, t + F >= 0
///                                          = (F - B t) / (1 + B)        where the joint drives the motor
///
/// t is the torque that the joint is to get along v, L and B are the losses that a load adds when the motor and when the
/// joint drives (1 - efficiency, 1 / efficiency - 1): with share 1 and away from zero the motor gives exactly what friction
/// takes. Stribeck's curve as in Armstrong-Hélouvry, Dupont, Canudas de Wit, Automatica 30 (1994) 1083-1138. The sign s
/// goes smoothly through zero and stays within -1...1, so that what is given is never more than the share of what is taken,
/// whatever the velocity: with a share up to 1, and numbers that are not above the joint's own, nothing is driven.
public struct FrictionCompensation: BitwiseCopyable, Sendable {
  /// The friction, and how much of it is compensated.
  public struct Gains: BitwiseCopyable, Sendable {
    /// Fc [N.m].
    public var coulomb: Double
    /// Fs; at least `coulomb` counts [N.m].
    public var breakaway: Double
    /// vs [rad/s].
    public var stribeckVelocity: Double
    /// b [N.m.s/rad].
    public var viscous: Double
    /// L, part of the motor's torque that the reducer loses when the motor drives, below 1.
    public var drivingLoss: Double
    /// B, part of the motor's torque that the reducer holds back when the joint drives.
    public var backDrivingLoss: Double
    /// Part that is compensated; from 1 on all of it.
    public var share: Double
    /// Velocity over which the sign changes [rad/s]; smaller values chatter at rest.
    public var width: Double

    /// Friction; what is not given is not there.
    @_noLocks public init(
      coulomb: Double, breakaway: Double = 0, stribeckVelocity: Double = 0.1, viscous: Double = 0,
      drivingLoss: Double = 0, backDrivingLoss: Double = 0, share: Double = 1, width: Double = 0.05
    ) {
      self.coulomb = coulomb
      self.breakaway = breakaway
      self.stribeckVelocity = stribeckVelocity
      self.viscous = viscous
      self.drivingLoss = drivingLoss
      self.backDrivingLoss = backDrivingLoss
      self.share = share
      self.width = width
    }

    /// Whether every number can be used; others are not taken.
    public var isUsable: Bool {
      @_noLocks get {
        isGain(coulomb) && isGain(breakaway) && isGain(viscous) && isGain(share) && isGain(backDrivingLoss)
          && drivingLoss >= 0 && drivingLoss <= 0.95 && stribeckVelocity >= 1e-6
          && stribeckVelocity <= mostUsable && width >= 1e-6 && width <= mostUsable
      }
    }
  }

  /// What the law remembers.
  public struct State: BitwiseCopyable, Sendable {
    /// Gains in use: the newest usable ones.
    public internal(set) var gains: Gains
    /// Friction that the reducer takes by the numbers, of a joint that slides that way [N.m].
    public internal(set) var loss = 0.0
    /// The output [N.m].
    public internal(set) var output = LawOutput()
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
    state = State(gains: gains.isUsable ? gains : Gains(coulomb: 0))
  }

  /// One update.
  ///
  /// - Parameters:
  ///   - velocity: v, commanded or measured [rad/s].
  ///   - torque: what the joint is to get [N.m].
  ///   - limit: most torque that may come out, either way [N.m].
  ///   - period: time since the update before [s].
  /// - Returns: torque that the motor has to add, within the limit [N.m]; as `PID.update` where an input is no usable number.
  @_noLocks public mutating func update(
    velocity: Double, torque: Double, limit: Double, period: Double
  ) -> Double {
    guard isSignal(velocity) && isSignal(torque) else {
      return state.output.pass(limit: limit, period: period)
    }
    let isChanged = adopt()
    let gains = state.gains
    let along = velocity < 0 ? -torque : torque
    state.loss = gains.loss(speed: magnitude(velocity), along: along)
    let share = smaller(gains.share, 1) * smoothSign(velocity, width: gains.width)
    return state.output.settle(share * state.loss, limit: limit, period: period, isChanged: isChanged)
  }

  /// Takes the wanted gains; whether the output has to fade over.
  @_noLocks private mutating func adopt() -> Bool {
    let hasRun = state.hasRun
    state.hasRun = true
    guard gains.isUsable && !gains.isSame(as: state.gains) else { return false }
    state.gains = gains
    return hasRun
  }
}

extension FrictionCompensation.Gains {
  /// What a joint loses that slides at a speed and gets `along` in the direction it slides [rad/s, N.m].
  @_noLocks func loss(speed: Double, along: Double) -> Double {
    var level = coulomb
    if breakaway > coulomb {
      let scaled = speed / stribeckVelocity
      level += (breakaway - coulomb) * exponential(-scaled * scaled)
    }
    let friction = level + viscous * speed
    return along + friction >= 0
      ? (friction + drivingLoss * along) / (1 - drivingLoss)
      : (friction - backDrivingLoss * along) / (1 + backDrivingLoss)
  }

  /// Whether nothing differs that the law would notice.
  @_noLocks func isSame(as other: FrictionCompensation.Gains) -> Bool {
    coulomb == other.coulomb && breakaway == other.breakaway && stribeckVelocity == other.stribeckVelocity
      && viscous == other.viscous && drivingLoss == other.drivingLoss
      && backDrivingLoss == other.backDrivingLoss && share == other.share && width == other.width
  }
}
