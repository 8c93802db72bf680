import CRealMath

/// The motion a joint is commanded to make: what setpoints become once the limits allow it.
public struct CommandedMotion: BitwiseCopyable, Sendable, Equatable {
  /// Commanded position [rad].
  public var position: Double
  /// Commanded velocity [rad/s].
  public var velocity: Double
  /// Commanded acceleration [rad/s^2].
  public var acceleration: Double
  /// Mean velocity over the last cycle [rad/s], what the acceleration limit counts from.
  var meanVelocity: Double

  /// At rest at a position.
  @_noLocks public init(restingAt position: Double) {
    self.position = position
    velocity = 0
    acceleration = 0
    meanVelocity = 0
  }
}

/// Keeps a joint's commanded motion within position, velocity and acceleration limits.
///
/// It works from the motion commanded so far, never from the measured one: a limit computed from measured
/// positions slows a robot down and rings. With period T and acceleration limit a, a motion that does n more
/// steps, each a T slower than the one before, covers d = n v T - a T^2 n (n - 1) / 2. Over the distance d to
/// where it must have stopped it may therefore have, with the smallest n for which a T^2 n (n + 1) / 2 >= d,
///
///     v(d) = d / (n T) + a T (n - 1) / 2
///
/// which one step later has shrunk by exactly a T. A motion that starts inside the limits never leaves them,
/// whatever is asked. Towards a moving setpoint the same bound limits the closing speed, so that a step is
/// approached without overshoot.
public enum MotionLimiter {
  /// Distance between asked and commanded position that counts as a limited motion [rad].
  static var tolerance: Double { @_noLocks get { 1e-6 } }

  /// Advances `motion` one cycle towards `setpoint`; true when a limit kept it from getting there.
  @_noLocks public static func advance(
    _ motion: inout CommandedMotion, towards setpoint: JointSetpoint, limits: JointLimits, period: Double
  ) -> Bool {
    let target = clamp(setpoint.position, limits.minPosition, limits.maxPosition)
    let gap = target - motion.position
    let cruise = clamp(setpoint.velocity, -limits.velocity, limits.velocity)
    let lead = gap - cruise * period
    let closing = brakingSpeed(magnitude(lead), limits.acceleration, period)
    var velocity = cruise + (lead < 0 ? -closing : closing)

    velocity = clamp(velocity, -limits.velocity, limits.velocity)
    let change = limits.acceleration * period
    velocity = clamp(velocity, motion.meanVelocity - change, motion.meanVelocity + change)
    let above = brakingSpeed(limits.maxPosition - motion.position, limits.acceleration, period)
    let below = brakingSpeed(motion.position - limits.minPosition, limits.acceleration, period)
    velocity = clamp(velocity, -below, above)

    let position = clamp(motion.position + velocity * period, limits.minPosition, limits.maxPosition)
    let isLimited = magnitude(setpoint.position - position) > tolerance
    if isLimited {
      motion.acceleration = (velocity - motion.meanVelocity) / period
      motion.velocity = velocity
    } else {
      motion.acceleration = clamp(setpoint.acceleration, -limits.acceleration, limits.acceleration)
      motion.velocity = cruise
    }
    motion.position = position
    motion.meanVelocity = velocity
    return isLimited
  }

  /// Advances `motion` one cycle towards rest with the full deceleration; true once it is at rest.
  @_noLocks public static func brake(
    _ motion: inout CommandedMotion, limits: JointLimits, period: Double
  ) -> Bool {
    let change = limits.acceleration * period
    let velocity =
      magnitude(motion.meanVelocity) <= change
      ? 0 : motion.meanVelocity + (motion.meanVelocity < 0 ? change : -change)
    motion.position = clamp(
      motion.position + velocity * period, limits.minPosition, limits.maxPosition)
    motion.acceleration = (velocity - motion.meanVelocity) / period
    motion.velocity = velocity
    motion.meanVelocity = velocity
    return velocity == 0
  }

  /// Fastest velocity from which the motion still stops within `distance`, this cycle's step included.
  @_noLocks static func brakingSpeed(_ distance: Double, _ acceleration: Double, _ period: Double) -> Double {
    guard distance > 0 else { return 0 }
    let change = acceleration * period
    let exact = (real_sqrt(1 + 8 * distance / (change * period)) - 1) / 2
    // Beyond a million steps one more or less changes nothing that a double holds.
    guard exact < 1e6 else { return change * exact }
    var steps = Double(Int32(exact))
    // A distance too small for the square root to see still takes one step.
    if steps < exact || steps < 1 { steps += 1 }
    return distance / (steps * period) + change * (steps - 1) / 2
  }
}
