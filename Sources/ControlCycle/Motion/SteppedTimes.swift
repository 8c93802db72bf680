import CRealMath

/// In which times a joint whose acceleration may jump can go from one velocity to another over a distance.
///
/// The same argument as for `ReachableTimes`, one order lower: the farthest way in a given time goes up with the highest
/// acceleration to a peak velocity and down again. All times from the first on which the change of velocity is possible
/// form one piece; the slope of the envelope over time is the peak velocity, which rises.
struct SteppedTimes: BitwiseCopyable {
  /// Velocity at the start and the end, distance between them.
  let v0, vf, distance: Double
  /// Highest acceleration and deceleration, both above zero.
  let most, least: Double
  /// Velocity limits.
  let high, low: Double
  /// Largest displacement that counts as none.
  let tolerance: Double

  /// Times for a joint whose velocity is inside the limits.
  @_noLocks init(
    from start: KinematicState, to target: KinematicState, within limits: KinematicLimits, tolerance: Double
  ) {
    v0 = start.velocity
    vf = target.velocity
    distance = target.position - start.position
    most = limits.maxAcceleration
    least = -limits.minAcceleration
    high = larger(limits.maxVelocity, larger(v0, vf))
    low = smaller(limits.minVelocity, smaller(v0, vf))
    self.tolerance = tolerance
  }

  /// Shortest time of the change of velocity.
  var shortest: Double { @_noLocks get { vf > v0 ? (vf - v0) / most : (v0 - vf) / least } }

  /// The first reachable time that is not before `time`.
  @_noLocks func earliest(after time: Double) -> Double {
    var found = larger(time, shortest)
    var turns = 0
    while turns < 4 {
      turns &+= 1
      if excess(at: found) < -tolerance {
        found = larger(crossing(distance, most, least, high), found)
      } else if -excess(at: found, isLower: true) < -tolerance {
        found = larger(crossing(-distance, least, most, -low, sign: -1), found)
      } else {
        return found
      }
    }
    return found
  }

  /// Peak velocity of the farthest way in a time, or of the farthest back.
  @_noLocks func peak(at time: Double, isLower: Bool = false) -> Double {
    let (up, down) = isLower ? (-least, -most) : (most, least)
    let peak = (time + v0 / up + vf / down) / (1 / up + 1 / down)
    return isLower ? clamp(peak, low, smaller(v0, vf)) : clamp(peak, larger(v0, vf), high)
  }

  /// How far beyond the goal the farthest way in a time leads, or the farthest back.
  @_noLocks func excess(at time: Double, isLower: Bool = false) -> Double {
    let peak = peak(at: time, isLower: isLower)
    let (up, down) = isLower ? (-least, -most) : (most, least)
    let (rise, fall) = ((peak - v0) / up, (peak - vf) / down)
    let cruise = larger(time - rise - fall, 0)
    return (v0 + peak) / 2 * rise + (peak + vf) / 2 * fall + peak * cruise - distance
  }

  /// The last time at which the farthest way passes the goal; mirrored with sign -1.
  @_noLocks private func crossing(
    _ goal: Double, _ up: Double, _ down: Double, _ limit: Double, sign: Double = 1
  ) -> Double {
    let (v0, vf) = (sign * v0, sign * vf)
    let square = (2 * goal + v0 * v0 / up + vf * vf / down) / (1 / up + 1 / down)
    let peak = real_sqrt(larger(square, 0))
    if peak <= limit { return (peak - v0) / up + (peak - vf) / down }
    let (rise, fall) = ((limit - v0) / up, (limit - vf) / down)
    return rise + fall + (goal - (v0 + limit) / 2 * rise - (limit + vf) / 2 * fall) / limit
  }
}
