extension MotionSegments {
  /// Writes the motion of a joint that arrives at `time` [s] and finishes it in `target`.
  @_noLocks mutating func write(
    _ plan: borrowing JointPlan, of joint: Int, from start: KinematicState, arrivingAt time: Double
  )
    -> KinematicState
  {
    var cursor = begin(joint, at: start)
    let left = larger(time - plan.back.time, 0)
    if plan.isStepped {
      if plan.back.hold > 0 { append(&cursor, time: plan.back.hold, acceleration: plan.back.jerk) }
      writeStepped(plan, &cursor, in: left)
    } else {
      append(&cursor, time: plan.back.turn, jerk: plan.back.jerk * plan.scale)
      append(&cursor, time: plan.back.hold, jerk: 0)
      writeJerkLimited(plan, &cursor, in: left)
    }
    let end = cursor.state
    var target = KinematicState(
      position: start.position + plan.target.position * plan.scale,
      velocity: plan.target.velocity * plan.scale,
      acceleration: plan.isStepped ? 0 : plan.target.acceleration * plan.scale)
    if plan.isVelocityOnly { target.position = end.position }
    finish(&cursor, at: time, in: target)
    return end
  }

  /// An envelope where the goal lies on it, else a slower motion between rests, a cruise, or a mixture of both envelopes.
  @_noLocks private mutating func writeJerkLimited(
    _ plan: borrowing JointPlan, _ cursor: inout Cursor, in time: Double
  ) {
    let highest = plan.reach.upper.shape(at: time)
    let lowest = plan.reach.lower.shape(at: time)
    let above = plan.reach.upper.excess(highest)
    let below = plan.reach.lower.excess(lowest)
    let upper = Phases(highest, of: plan.reach.upper, sign: 1)
    let lower = Phases(lowest, of: plan.reach.lower, sign: -1)
    if plan.isVelocityOnly {
      append(&cursor, upper, lower, share: 0.5, scale: plan.scale)
      return
    }
    let tolerance = plan.reach.tolerance
    if above <= tolerance || below <= tolerance {
      append(&cursor, above <= below ? upper : lower, scale: plan.scale)
      return
    }
    if plan.isBetweenRests {
      if plan.target.position == 0 {
        append(&cursor, time: time, jerk: 0)
        return
      }
      let isUp = plan.target.position > 0
      let envelope = isUp ? plan.reach.upper : plan.reach.lower
      let fastest = Phases(envelope.shape(at: plan.earliest), of: envelope, sign: isUp ? 1 : -1)
      append(&cursor, fastest.slowed(by: time / plan.earliest), scale: plan.scale)
      return
    }
    if highest.fall < 0 && lowest.fall < 0 {
      let profile = CruiseProfile.solve(
        from: plan.inside, to: plan.target, limits: plan.limits, in: time,
        between: -plan.reach.lower.peak(lowest), and: plan.reach.upper.peak(highest),
        tolerance: 1e-3 * tolerance)
      let error = profile.displacement - (plan.target.position - plan.inside.position)
      if profile.cruise >= 0 && magnitude(error) <= tolerance {
        append(&cursor, profile.phases, scale: plan.scale)
        return
      }
    }
    append(&cursor, upper, lower, share: below / (above + below), scale: plan.scale)
  }

  /// The pieces of one motion.
  @_noLocks private mutating func append(_ cursor: inout Cursor, _ phases: Phases, scale: Double) {
    var index = 0
    while index < 7 {
      append(&cursor, time: phases.time(index), jerk: phases.jerk(index) * scale)
      index &+= 1
    }
  }

  /// The mixture of two motions that take the same time: `share` of the first one's jerk, the rest of the second one's.
  @_noLocks private mutating func append(
    _ cursor: inout Cursor, _ first: Phases, _ second: Phases, share: Double, scale: Double
  ) {
    var (i, k) = (0, 0)
    var (left, right) = (first.time(0), second.time(0))
    while i < 7 && k < 7 {
      let time = smaller(left, right)
      append(&cursor, time: time, jerk: (share * first.jerk(i) + (1 - share) * second.jerk(k)) * scale)
      left -= time
      right -= time
      if left <= 0 {
        i &+= 1
        left = first.time(i)
      }
      if right <= 0 {
        k &+= 1
        right = second.time(k)
      }
    }
  }

  /// Two accelerations and a cruise between, or a mixture of the farthest ways.
  @_noLocks private mutating func writeStepped(
    _ plan: borrowing JointPlan, _ cursor: inout Cursor, in time: Double
  ) {
    let stepped = plan.stepped
    if plan.isVelocityOnly {
      if time > 0 { append(&cursor, time: time, acceleration: (stepped.vf - stepped.v0) / time) }
      return
    }
    let (high, low) = (stepped.peak(at: time), stepped.peak(at: time, isLower: true))
    let above = stepped.excess(at: time)
    let below = -stepped.excess(at: time, isLower: true)
    let share = above + below > 0 ? clamp(below / (above + below), 0, 1) : 1
    let (most, least) = (stepped.most, stepped.least)
    // Times at which the accelerations of both ways change.
    let rise = (high - stepped.v0) / most
    let fall = larger(time - (high - stepped.vf) / least, rise)
    let drop = (stepped.v0 - low) / least
    let climb = larger(time - (stepped.vf - low) / most, drop)
    var now = 0.0
    var turns = 0
    while now < time && turns < 5 {
      turns &+= 1
      var next = time
      if rise > now { next = smaller(next, rise) }
      if fall > now { next = smaller(next, fall) }
      if drop > now { next = smaller(next, drop) }
      if climb > now { next = smaller(next, climb) }
      let upper = now < rise ? most : (now < fall ? 0 : -least)
      let lower = now < drop ? -least : (now < climb ? 0 : most)
      append(&cursor, time: next - now, acceleration: share * upper + (1 - share) * lower)
      now = next
    }
  }
}
