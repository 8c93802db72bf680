/// Where a joint is, how fast, and how that changes, at one instant.
public struct KinematicState: BitwiseCopyable, Sendable, Equatable {
  /// Position [rad].
  public var position: Double
  /// Velocity [rad/s].
  public var velocity: Double
  /// Acceleration [rad/s^2].
  public var acceleration: Double

  /// A state; what is not given is zero.
  @_noLocks public init(position: Double = 0, velocity: Double = 0, acceleration: Double = 0) {
    self.position = position
    self.velocity = velocity
    self.acceleration = acceleration
  }

  /// The state `time` seconds later under a constant jerk [rad/s^3].
  @_noLocks public func advanced(by time: Double, jerk: Double) -> KinematicState {
    KinematicState(
      position: position + time * (velocity + time * (acceleration / 2 + time * (jerk / 6))),
      velocity: velocity + time * (acceleration + time * (jerk / 2)),
      acceleration: acceleration + time * jerk)
  }

  /// Whether every number is finite.
  var isFinite: Bool { @_noLocks get { position.isFinite && velocity.isFinite && acceleration.isFinite } }

  /// Whether the joint does not move and is not about to.
  var isAtRest: Bool { @_noLocks get { velocity == 0 && acceleration == 0 } }
}

/// What a trajectory of one joint stays within.
public struct KinematicLimits: BitwiseCopyable, Sendable, Equatable {
  /// Lowest position [rad].
  public var minPosition: Double
  /// Highest position [rad].
  public var maxPosition: Double
  /// Lowest velocity, below zero [rad/s].
  public var minVelocity: Double
  /// Highest velocity, above zero [rad/s].
  public var maxVelocity: Double
  /// Lowest acceleration, below zero [rad/s^2].
  public var minAcceleration: Double
  /// Highest acceleration, above zero [rad/s^2].
  public var maxAcceleration: Double
  /// Highest jerk of either sign, above zero; infinite lets the acceleration jump [rad/s^3].
  public var jerk: Double

  /// Limits that are the same in both directions; without position limits unless they are given.
  @_noLocks public init(
    velocity: Double, acceleration: Double, jerk: Double, minPosition: Double = -.infinity,
    maxPosition: Double = .infinity
  ) {
    self.init(
      minVelocity: -velocity, maxVelocity: velocity, minAcceleration: -acceleration,
      maxAcceleration: acceleration, jerk: jerk, minPosition: minPosition, maxPosition: maxPosition)
  }

  /// Limits that differ with the direction.
  @_noLocks public init(
    minVelocity: Double, maxVelocity: Double, minAcceleration: Double, maxAcceleration: Double, jerk: Double,
    minPosition: Double = -.infinity, maxPosition: Double = .infinity
  ) {
    self.minPosition = minPosition
    self.maxPosition = maxPosition
    self.minVelocity = minVelocity
    self.maxVelocity = maxVelocity
    self.minAcceleration = minAcceleration
    self.maxAcceleration = maxAcceleration
    self.jerk = jerk
  }

  /// Whether velocity and acceleration limits are finite and have room on both sides of zero, and jerk is positive.
  var isUsable: Bool {
    @_noLocks get {
      minVelocity < 0 && maxVelocity > 0 && minAcceleration < 0 && maxAcceleration > 0 && jerk > 0
        && (maxVelocity - minVelocity).isFinite && (maxAcceleration - minAcceleration).isFinite
        && minPosition <= maxPosition
    }
  }
}
