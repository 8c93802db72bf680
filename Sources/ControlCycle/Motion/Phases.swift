/// Seven pieces of a motion: a jerk, none, the opposite, and so on; some take no time.
///
/// Jerk up, none, down, none, down, none, up for a shape of an envelope; other orders are their own.
struct Phases: BitwiseCopyable {
  /// Time and jerk of each piece.
  var t0 = 0.0, t1 = 0.0, t2 = 0.0, t3 = 0.0, t4 = 0.0, t5 = 0.0, t6 = 0.0
  var j0 = 0.0, j2 = 0.0, j4 = 0.0, j6 = 0.0

  @_noLocks init() {}

  /// The pieces of a shape, upside down with `sign` -1.
  @_noLocks init(_ shape: DisplacementEnvelope.Shape, of envelope: DisplacementEnvelope, sign: Double) {
    t0 = larger(shape.rise - envelope.a0, 0)
    t1 = shape.riseHold
    // Only a cruise parts the jerk down, where the acceleration crosses zero.
    t2 = larger(shape.cruise > 0 ? shape.rise : shape.rise - shape.fall, 0)
    t3 = shape.cruise
    t4 = shape.cruise > 0 ? larger(-shape.fall, 0) : 0
    t5 = shape.fallHold
    t6 = larger(envelope.af - shape.fall, 0)
    j0 = sign
    j2 = -sign
    j4 = -sign
    j6 = sign
    // Backwards in time the jerk keeps its sign.
    if envelope.isReversed { (t0, t1, t2, t4, t5, t6) = (t6, t5, t4, t2, t1, t0) }
  }

  /// Time of the piece at an index.
  @_noLocks func time(_ index: Int) -> Double {
    switch index {
    case 0: t0
    case 1: t1
    case 2: t2
    case 3: t3
    case 4: t4
    case 5: t5
    default: t6
    }
  }

  /// Jerk of the piece at an index.
  @_noLocks func jerk(_ index: Int) -> Double {
    switch index {
    case 0: j0
    case 2: j2
    case 4: j4
    case 6: j6
    default: 0
    }
  }

  /// Slower by a factor, over the same distance, for a motion between rests.
  @_noLocks func slowed(by factor: Double) -> Phases {
    var slow = self
    let share = 1 / (factor * factor * factor)
    slow.t0 *= factor
    slow.t1 *= factor
    slow.t2 *= factor
    slow.t3 *= factor
    slow.t4 *= factor
    slow.t5 *= factor
    slow.t6 *= factor
    slow.j0 *= share
    slow.j2 *= share
    slow.j4 *= share
    slow.j6 *= share
    return slow
  }
}
