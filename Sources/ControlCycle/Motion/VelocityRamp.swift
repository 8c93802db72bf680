import CRealMath

/// The fastest way from a velocity and acceleration to another velocity with no acceleration; jerk limit 1.
struct VelocityRamp: BitwiseCopyable {
  /// Sign of the jerk that comes first.
  let sign: Double
  /// Time with the first jerk, with held acceleration, with the opposite jerk.
  let first, hold, last: Double
  /// Time of the ramp.
  var time: Double { @_noLocks @inline(__always) get { first + hold + last } }
  /// Displacement.
  let displacement: Double

  /// A ramp from velocity `v` and acceleration `a` to the velocity `goal`; `most` and `least` are above zero.
  @_noLocks @inline(__always)
  init(velocity: Double, acceleration: Double, most: Double, least: Double, to goal: Double) {
    let isUp = goal >= velocity + acceleration * magnitude(acceleration) / 2
    sign = isUp ? 1 : -1
    let (v, a, end) = (sign * velocity, sign * acceleration, sign * goal)
    let bound = isUp ? most : least
    let base = v - a * a / 2
    let gain = larger(end - base, 0)
    var peak = bound
    var held = 0.0
    if gain <= bound * bound { peak = real_sqrt(gain) } else { held = (gain - bound * bound) / bound }
    first = larger(peak - a, 0)
    hold = held
    last = peak
    displacement =
      sign * (base * (peak - a) - a * a * a / 6 + end * peak + (base + end) * held / 2)
  }
}

/// A motion that cruises at a chosen velocity for as long as a given time leaves; jerk limit 1.
struct CruiseProfile: BitwiseCopyable {
  /// Ramp to the cruise; ramp from it, backwards in time.
  let start, end: VelocityRamp
  /// Time at the cruise; below zero where the ramps take longer than there is time.
  let cruise: Double
  /// Displacement.
  let displacement: Double

  /// The motion from `start` to `target` in `time` that cruises at `velocity`.
  @_noLocks @inline(__always)
  init(
    from origin: KinematicState, to target: KinematicState, limits: KinematicLimits, at velocity: Double,
    in time: Double
  ) {
    let (most, least) = (limits.maxAcceleration, -limits.minAcceleration)
    start = VelocityRamp(
      velocity: origin.velocity, acceleration: origin.acceleration, most: most, least: least, to: velocity)
    end = VelocityRamp(
      velocity: target.velocity, acceleration: -target.acceleration, most: least, least: most, to: velocity)
    cruise = time - start.time - end.time
    displacement = start.displacement + end.displacement + velocity * cruise
  }

  /// Change of the displacement with the velocity of the cruise.
  var slope: Double { @_noLocks @inline(__always) get { cruise + (start.last + end.last) / 2 } }

  /// Its pieces.
  var phases: Phases {
    @_noLocks get {
      var phases = Phases()
      phases.t0 = start.first
      phases.t1 = start.hold
      phases.t2 = start.last
      phases.t3 = larger(cruise, 0)
      phases.t4 = end.last
      phases.t5 = end.hold
      phases.t6 = end.first
      phases.j0 = start.sign
      phases.j2 = -start.sign
      phases.j4 = -end.sign
      phases.j6 = end.sign
      return phases
    }
  }

  /// The motion that reaches `target` in `time`, with a cruise between two velocities that lead too far back and too far.
  ///
  /// Newton, kept between brackets; `cruise` of the result is below zero where there is none.
  @_noLocks static func solve(
    from origin: KinematicState, to target: KinematicState, limits: KinematicLimits, in time: Double,
    between least: Double, and most: Double, tolerance: Double
  ) -> CruiseProfile {
    let goal = target.position - origin.position
    var (low, high) = (least, most)
    // With short ramps the mean velocity is near.
    var velocity = time > 0 ? clamp(goal / time, low, high) : low
    var profile = CruiseProfile(from: origin, to: target, limits: limits, at: velocity, in: time)
    var turns = 0
    while turns < 60 {
      turns &+= 1
      let excess = profile.displacement - goal
      if magnitude(excess) <= tolerance { break }
      if excess > 0 { high = velocity } else { low = velocity }
      let slope = profile.slope
      var next = slope > 0 ? velocity - excess / slope : high
      if !(next > low && next < high) { next = low + (high - low) / 2 }
      if magnitude(next - velocity) <= 2e-16 * magnitude(velocity) || next <= low || next >= high { break }
      velocity = next
      profile = CruiseProfile(from: origin, to: target, limits: limits, at: velocity, in: time)
    }
    return profile
  }
}
