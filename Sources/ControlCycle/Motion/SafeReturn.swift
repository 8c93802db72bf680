import CRealMath

/// What brings a joint inside its limits of velocity and acceleration before anything else; jerk limit 1.
///
/// Two pieces: jerk, then a held acceleration. A joint counts as inside when its acceleration is, and its velocity stays
/// inside while the acceleration goes to zero as fast as the jerk allows. Outside, it goes back as fast as possible and
/// not beyond the other side: the brake pre-trajectory of Berscheid and Kroeger, section III.A.
struct SafeReturn: BitwiseCopyable {
  /// Jerk of the first piece: -1, 0 or 1.
  var jerk = 0.0
  /// Time with that jerk.
  var turn = 0.0
  /// Time with the acceleration reached, and no jerk.
  var hold = 0.0

  /// Time outside the limits.
  var time: Double { @_noLocks get { turn + hold } }

  @_noLocks init() {}

  /// The way back for a joint with velocity `v` and acceleration `a`; no time where it is inside.
  @_noLocks init(velocity v: Double, acceleration a: Double, limits: KinematicLimits) {
    let (most, least) = (limits.maxAcceleration, -limits.minAcceleration)
    let (high, low) = (limits.maxVelocity, limits.minVelocity)
    // Rounding puts a joint that moves along a limit outside it.
    let slack = 1e-13 * (high - low)
    let accelerationSlack = 1e-14 * (most + least)
    if a > most + accelerationSlack {
      self.init(falling: v, a, least: least, high: high, low: low, to: most)
    } else if a < -least - accelerationSlack {
      self.init(falling: -v, -a, least: most, high: -low, low: -high, to: least)
      jerk = -jerk
    } else {
      let rest = v + a * magnitude(a) / 2
      if (a > 0 ? rest : v) > high + slack && !(a < 0 && rest < low - slack) {
        self.init(falling: v, a, least: least, high: high, low: low, to: most)
      } else if (a < 0 ? rest : v) < low - slack {
        self.init(falling: -v, -a, least: most, high: -low, low: -high, to: least)
        jerk = -jerk
      } else {
        self.init()
      }
    }
  }

  /// The way back by jerk down, from too high an acceleration or velocity.
  @_noLocks private init(
    falling v: Double, _ a: Double, least: Double, high: Double, low: Double, to most: Double
  ) {
    self.init()
    jerk = -1
    let total = 2 * v + a * a
    if a > most && total <= 2 * high {
      // The acceleration alone was too high; with it held the velocity comes up to its lower limit.
      turn = a - most
      let reached = v + (a * a - most * most) / 2
      hold = larger(smaller(low, high - most * most / 2) - reached, 0) / most
      return
    }
    let toHigh = larger(total - 2 * high, 0)
    let toLow = larger(total - 2 * low, 0) / 2
    let square = smaller(toHigh, toLow)
    let reached = -smaller(real_sqrt(square), least)
    turn = larger(a - reached, 0)
    if square > least * least {
      let velocity = v + (a * a - least * least) / 2
      hold = larger(velocity - larger(high, low + least * least / 2), 0) / least
    }
  }
}
