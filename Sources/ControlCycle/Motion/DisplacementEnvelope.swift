import CRealMath

/// The farthest a joint can get in a given time, and how: one edge of what it can do.
///
/// The jerks that take a joint from (v0, a0) to (vf, af) in the time T, within limits of velocity, acceleration and
/// jerk, form a convex set, and the displacement is linear in the jerk. So the displacements that T allows are an
/// interval, and a target is reached in T exactly when it lies in it. The upper end of the interval belongs to jerk up,
/// none, down, none, up, with an acceleration A at the first turn and B at the second: UDDU in Berscheid and Kroeger,
/// "Jerk-limited Real-time Trajectory Generation with Arbitrary Target States" (RSS 2021). The lower end is the same for
/// the mirrored joint. Here the jerk limit is 1: every quantity is divided by it.
///
/// With c = A^2 - B^2 fixed by the change of velocity, one number is left, and A - B grows with T. The slope of the
/// displacement over T, which is the Hamiltonian of the maximum principle, is v_peak - A B / 2: first falling, then
/// rising with T. What has c < 0 is solved backwards in time, which turns c round.
struct DisplacementEnvelope: BitwiseCopyable {
  /// A way to go: accelerations at the two turns, and how long each, and the peak velocity, are held.
  struct Shape: BitwiseCopyable {
    var rise, fall: Double
    var riseHold = 0.0
    var fallHold = 0.0
    var cruise = 0.0

    @_noLocks @inline(__always) init(rise: Double, fall: Double) {
      self.rise = rise
      self.fall = fall
    }
  }

  /// Acceleration at the start and at the end; those of the reversed motion where `isReversed`.
  let a0, af: Double
  /// Highest acceleration and deceleration, both above zero.
  let most, least: Double
  /// Velocity at which the acceleration would be zero, along jerk up, at the start and at the end.
  let w0, wf: Double
  /// A^2 - B^2 without holds; not below zero.
  let c: Double
  /// The rest of the displacement, which is the same for all shapes.
  let rest: Double
  /// Gain of velocity from `w0` to the peak at which the cruise begins.
  let peakGain: Double
  /// Highest velocity.
  let maxVelocity: Double
  /// Displacement to reach.
  let goal: Double
  /// Second turn of the shape with which the lasting part of the curve begins.
  let firstFall: Double
  /// What counts as no velocity.
  let noise: Double
  /// Whether the shape runs backwards in time.
  let isReversed: Bool

  /// What counts as rounding, as a share of velocities: those at hand, and those a state was made from.
  static var precision: Double { @_noLocks @inline(__always) get { 5e-13 } }

  /// The edge for a joint that goes from (v0, a0) to (vf, af), both inside the limits, by `goal`.
  @_noLocks @inline(__always)
  init(
    v0: Double, a0 start: Double, vf: Double, af end: Double, most up: Double, least down: Double,
    maxVelocity: Double,
    goal: Double
  ) {
    let half = (start * start - end * end) / 2
    isReversed = vf - v0 + half < 0
    a0 = isReversed ? -end : start
    af = isReversed ? -start : end
    most = isReversed ? down : up
    least = isReversed ? up : down
    w0 = (isReversed ? vf : v0) - a0 * a0 / 2
    wf = (isReversed ? v0 : vf) - af * af / 2
    // Rounding of a state on a straight line would cost the square root of itself in time.
    let scale =
      magnitude(v0) + magnitude(vf) + start * start + end * end + smaller(maxVelocity, up * down) / 8
    noise = Self.precision * scale
    let change = magnitude(vf - v0 + half)
    c = change > noise ? change : 0
    rest = wf * af - w0 * a0 + (af * af * af - a0 * a0 * a0) / 6
    self.maxVelocity = maxVelocity
    self.goal = goal
    // Jerk down comes first where even a straight fall from a0 leaves too much velocity.
    let turn = a0 * a0 - c
    firstFall = a0 > 0 && turn > noise ? smaller(af, -real_sqrt(turn)) : af
    let first = c + (firstFall < 0 ? firstFall * firstFall : 0)
    peakGain = larger(maxVelocity - w0, first)
  }
}

extension DisplacementEnvelope {
  /// Time of a shape.
  @_noLocks @inline(__always) func time(_ shape: Shape) -> Double {
    2 * (shape.rise - shape.fall) + shape.riseHold + shape.fallHold + shape.cruise + (af - a0)
  }

  /// Velocity at a shape's peak, where the acceleration crosses zero or would.
  @_noLocks @inline(__always) func peak(_ shape: Shape) -> Double {
    w0 + shape.rise * (shape.rise + shape.riseHold)
  }

  /// How far beyond the goal a shape leads.
  @_noLocks @inline(__always) func excess(_ shape: Shape) -> Double {
    let peak = peak(shape)
    let turns = w0 * shape.rise - wf * shape.fall + peak * (shape.rise - shape.fall + shape.cruise)
    return rest + turns + ((w0 + peak) * shape.riseHold + (peak + wf) * shape.fallHold) / 2 - goal
  }

  /// Change of the displacement with time along the curve.
  @_noLocks @inline(__always) func slope(_ shape: Shape) -> Double {
    shape.cruise > 0 ? maxVelocity : peak(shape) - shape.rise * shape.fall / 2
  }

  /// How far beyond the goal the curve is at a time.
  @_noLocks @inline(__always) func excess(at time: Double) -> Double { excess(shape(at: time)) }

  /// The shape with a second turn at `fall`, at least `-least`.
  @_noLocks @inline(__always) func shape(fall: Double) -> Shape {
    let gain = c + fall * fall
    var shape = Shape(rise: most, fall: fall)
    if gain <= most * most {
      shape.rise = real_sqrt(gain)
    } else {
      shape.riseHold = (gain - most * most) / most
    }
    return shape
  }

  /// The shape whose peak is `gain` above `w0`, where the acceleration crosses zero.
  @_noLocks @inline(__always) func shape(gain: Double) -> Shape {
    let drop = larger(gain - c, 0)
    var shape = Shape(rise: most, fall: -least)
    if gain <= most * most {
      shape.rise = real_sqrt(gain)
    } else {
      shape.riseHold = (gain - most * most) / most
    }
    if drop <= least * least {
      shape.fall = -real_sqrt(drop)
    } else {
      shape.fallHold = (drop - least * least) / least
    }
    return shape
  }

  /// The shape with which the lasting part of the curve begins.
  var first: Shape {
    @_noLocks @inline(__always) get {
      firstFall < 0 ? shape(gain: c + firstFall * firstFall) : shape(fall: firstFall)
    }
  }

  /// The shape that takes a time, which must lie on the curve.
  @_noLocks @inline(__always) func shape(at time: Double) -> Shape {
    let length = larger(time - (af - a0), 0)
    let width = length / 2
    guard width > 0 else { return Shape(rise: af, fall: af) }
    // Of a shape that is all but a straight line c and width are rounding; neither turn lies beyond where it leads.
    let sum = clamp(c / width, 2 * a0 - width, 2 * af + width)
    var shape = Shape(rise: (sum + width) / 2, fall: (sum - width) / 2)
    if shape.rise > most || shape.fall < -least { shape = held(length, isRiseHeld: shape.rise > most) }
    let gain = shape.rise * (shape.rise + shape.riseHold)
    guard shape.fall < 0 && gain > peakGain else { return shape }
    shape = self.shape(gain: peakGain)
    shape.cruise = larger(time - self.time(shape), 0)
    return shape
  }

  /// The shape of a length at which an acceleration is held, surely the first one where `isRiseHeld` and the second is not.
  @_noLocks private func held(_ length: Double, isRiseHeld: Bool) -> Shape {
    var shape = Shape(rise: most, fall: -least)
    let root = most * length - c
    let fall = most - (root > 0 ? real_sqrt(root) : 0)
    if isRiseHeld && fall >= -least {
      shape.fall = fall
      shape.riseHold = larger((c + fall * fall - most * most) / most, 0)
      return shape
    }
    let rise = real_sqrt(c + least * length) - least
    if rise <= most {
      shape.rise = rise
      shape.fallHold = larger((rise * rise - c - least * least) / least, 0)
      return shape
    }
    let gain = (length - most - least + c / least) / (1 / most + 1 / least)
    shape.riseHold = larger((gain - most * most) / most, 0)
    shape.fallHold = larger((gain - c - least * least) / least, 0)
    return shape
  }
}
