import CRealMath

extension MotionSegment {
  /// Times since its beginning at which the velocity is zero; -1 where there is none.
  var turns: (Double, Double) {
    @_noLocks get {
      let (v, a) = (state.velocity, state.acceleration)
      if jerk == 0 { return a == 0 ? (-1, -1) : (-v / a, -1) }
      let square = a * a - 2 * jerk * v
      if square < 0 { return (-1, -1) }
      // The root without cancellation, and the other one by the product of both.
      let q = a < 0 ? -a + real_sqrt(square) : -a - real_sqrt(square)
      return q == 0 ? (0, -1) : (q / jerk, 2 * v / q)
    }
  }
}
