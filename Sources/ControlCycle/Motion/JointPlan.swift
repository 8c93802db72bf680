/// What one joint has before it: a way back inside its limits, then the times in which it can arrive.
///
/// Quantities of motion are divided by the jerk limit, so that it is 1, and positions count from the start.
struct JointPlan: BitwiseCopyable {
  /// Way back inside the limits.
  let back: SafeReturn
  /// State at the end of the way back, target, and limits.
  let inside, target: KinematicState
  let limits: KinematicLimits
  /// Times to arrive after the way back, with a limited jerk or with none.
  let reach: ReachableTimes
  let stepped: SteppedTimes
  /// Whether the acceleration may jump.
  let isStepped: Bool
  /// Whether the position does not matter.
  let isVelocityOnly: Bool
  /// What the quantities were divided by.
  let scale: Double
  /// The first time to arrive at, from the start on.
  var earliest = 0.0

  /// What an error of position counts as none, beyond what doubles of its size hold [rad].
  static var positionTolerance: Double { @_noLocks get { 5e-10 } }

  @_noLocks init(
    from start: KinematicState, to goal: KinematicState, within bounds: KinematicLimits, isVelocityOnly: Bool
  ) {
    isStepped = !bounds.jerk.isFinite
    scale = isStepped ? 1 : bounds.jerk
    self.isVelocityOnly = isVelocityOnly
    let share = 1 / scale
    let distance = isVelocityOnly ? 0 : (goal.position - start.position) * share
    let size = magnitude(start.position) + magnitude(goal.position)
    let tolerance = (Self.positionTolerance + 1e-15 * size) * share
    limits = KinematicLimits(
      minVelocity: isVelocityOnly ? -.infinity : bounds.minVelocity * share,
      maxVelocity: isVelocityOnly ? .infinity : bounds.maxVelocity * share,
      minAcceleration: bounds.minAcceleration * share, maxAcceleration: bounds.maxAcceleration * share,
      jerk: 1)
    let origin = KinematicState(velocity: start.velocity * share, acceleration: start.acceleration * share)
    target = KinematicState(
      position: distance, velocity: goal.velocity * share, acceleration: goal.acceleration * share)
    if isStepped {
      back = SafeReturn(velocity: origin.velocity, limits: limits)
      let held = KinematicState(velocity: origin.velocity, acceleration: back.jerk)
      inside = KinematicState(
        position: held.advanced(by: back.hold, jerk: 0).position,
        velocity: clamp(origin.velocity, limits.minVelocity, limits.maxVelocity))
      stepped = SteppedTimes(from: inside, to: target, within: limits, tolerance: tolerance)
      let rest = KinematicState()
      reach = ReachableTimes(from: rest, to: rest, within: limits, tolerance: tolerance)
    } else {
      back = SafeReturn(velocity: origin.velocity, acceleration: origin.acceleration, limits: limits)
      inside =
        back.time > 0
        ? origin.advanced(by: back.turn, jerk: back.jerk).advanced(by: back.hold, jerk: 0) : origin
      reach = ReachableTimes(from: inside, to: target, within: limits, tolerance: tolerance)
      stepped = SteppedTimes(from: inside, to: target, within: limits, tolerance: tolerance)
    }
    earliest = earliest(after: 0)
  }

  /// The first time to arrive at that is not before `time`, from the start on.
  @_noLocks func earliest(after time: Double) -> Double {
    let later = larger(time - back.time, 0)
    if isVelocityOnly {
      return back.time + (isStepped ? larger(later, stepped.shortest) : reach.transition(after: later))
    }
    return back.time + (isStepped ? stepped.earliest(after: later) : reach.earliest(after: later))
  }

  /// Whether the motion begins and ends at rest, so that slowing it down takes it nowhere else.
  var isBetweenRests: Bool { @_noLocks get { back.time == 0 && inside.isAtRest && target.isAtRest } }
}

extension ReachableTimes {
  /// The first time that is not before `time` in which the change of velocity and acceleration is possible.
  @_noLocks func transition(after time: Double) -> Double {
    time <= briefEnd + Self.slack ? larger(time, briefStart) : larger(time, lastingStart)
  }
}

extension SafeReturn {
  /// The way back for a joint whose acceleration may jump; `jerk` is the acceleration it is made with.
  @_noLocks init(velocity: Double, limits: KinematicLimits) {
    self.init()
    if velocity > limits.maxVelocity {
      jerk = limits.minAcceleration
      hold = (limits.maxVelocity - velocity) / jerk
    } else if velocity < limits.minVelocity {
      jerk = limits.maxAcceleration
      hold = (limits.minVelocity - velocity) / jerk
    }
  }
}
