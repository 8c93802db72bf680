import CRealMath

/// In which times a joint can go from one state to another, both inside its limits; jerk limit 1.
///
/// A time is reachable when the change of velocity is possible in it and the goal lies between the two envelopes. Between
/// the first reachable time and infinity there can be gaps, the blocked intervals of Berscheid and Kroeger, section
/// III.B: a joint that moves fast may be able to arrive now, or only after it turned round.
struct ReachableTimes: BitwiseCopyable {
  /// What the joint can do at most in the positive and in the negative direction; the second one is mirrored.
  let upper, lower: DisplacementEnvelope
  /// Largest displacement that counts as none.
  let tolerance: Double
  /// A bounded part of both envelopes, before the lasting one; the second not above the first where there is none.
  let briefStart, briefEnd: Double
  /// Where the lasting part of both envelopes begins.
  let lastingStart: Double

  /// Difference of times that counts as none [s].
  static var slack: Double { @_noLocks get { 2e-10 } }

  /// Times for a joint in `start` that has to be in `target`, whose positions count from any common zero.
  @_noLocks init(
    from start: KinematicState, to target: KinematicState, within limits: KinematicLimits, tolerance: Double
  ) {
    let distance = target.position - start.position
    let (v0, a0) = (start.velocity, start.acceleration)
    let (vf, af) = (target.velocity, target.acceleration)
    upper = DisplacementEnvelope(
      v0: v0, a0: a0, vf: vf, af: af, most: limits.maxAcceleration, least: -limits.minAcceleration,
      maxVelocity: limits.maxVelocity, goal: distance)
    lower = DisplacementEnvelope(
      v0: -v0, a0: -a0, vf: -vf, af: -af, most: -limits.minAcceleration, least: limits.maxAcceleration,
      maxVelocity: -limits.minVelocity, goal: -distance)
    self.tolerance = tolerance
    // Accelerations of one sign allow a change of velocity in a short time, without crossing zero, or in a long one.
    let gain = a0 < 0 ? v0 - vf : vf - v0
    let half = magnitude(a0 * a0 - af * af) / 2
    let mean = (a0 * a0 + af * af) / 2
    let slack = upper.noise + lower.noise
    if a0 * af > 0 && gain >= half - slack && gain < mean {
      let (first, last) = (magnitude(a0), magnitude(af))
      let most = a0 > 0 ? limits.maxAcceleration : -limits.minAcceleration
      let square = larger(gain + mean, larger(first * first, last * last))
      let rise = smaller(real_sqrt(square), most)
      briefStart = 2 * rise - first - last + (square - rise * rise) / rise
      briefEnd = larger(first + last - 2 * real_sqrt(mean - gain), briefStart)
    } else {
      briefStart = 0
      briefEnd = -1
    }
    lastingStart = upper.time(upper.first)
  }

  /// The first reachable time that is not before `time`.
  @_noLocks func earliest(after time: Double) -> Double {
    // On the last stretch of a motion the brief part is a point, which rounding must not miss.
    if briefEnd >= time - Self.slack {
      let found = search(from: clamp(time, briefStart, briefEnd), until: briefEnd)
      if found >= 0 { return larger(found, time) }
    }
    return search(from: larger(time, lastingStart), until: .infinity)
  }

  /// The first reachable time from `start` on, -1 if there is none before `end`.
  @_noLocks @inline(__always) private func search(from start: Double, until end: Double) -> Double {
    var time = start
    var turns = 0
    while turns < 8 {
      turns &+= 1
      let above = upper.excess(at: time)
      if above < -tolerance {
        time = upper.crossing(after: time, until: end, tolerance: tolerance)
      } else if lower.excess(at: time) < -tolerance {
        time = lower.crossing(after: time, until: end, tolerance: tolerance)
      } else {
        return time
      }
      if time < 0 { return -1 }
    }
    return time
  }
}
