/// The angle of the point (`x`, `y`) from the x axis, 0...pi [rad], for `y` of at least zero; within 2 units in the last place,
/// the same bits on every machine and at every optimisation level. Zero at the origin, NaN where a number is.
///
/// Reduction to |t| <= tan(pi/8) by pi/4 and pi/2, then a quotient of polynomials (Moshier 1989, Cephes, `atan`).
@inlinable @inline(__always)
public func arctangent(_ y: Double, _ x: Double) -> Double {
  let width = x < 0 ? -x : x
  if !(y > 0) { return y == 0 ? (x < 0 ? 3.141592653589793 : (x >= 0 ? 0 : x)) : y }
  // Of two halves whose sum is the angle of (width, y).
  var numerator = y
  var denominator = width
  var start = 0.0
  var rest = 0.0
  if y > 2.414213562373095 * width {
    numerator = -width
    denominator = y
    start = 1.5707963267948966
    rest = 6.123233995736766e-17
  } else if y > 0.66 * width {
    numerator = y - width
    denominator = y + width
    start = 0.7853981633974483
    rest = 3.061616997868383e-17
  }
  let t = numerator / denominator
  let z = t * t
  let above =
    (((-0.8750608600031904 * z - 16.157537187333652) * z - 75.00855792314705) * z - 122.88666844901361) * z
    - 64.85021904942025
  let below =
    ((((z + 24.858464901423062) * z + 165.02700983169885) * z + 432.88106049129027) * z
      + 485.3903996359137)
    * z + 194.5506571482614
  let angle = start + (t + (t * (z * (above / below)) + rest))
  return x < 0 ? (3.141592653589793 - angle) + 1.2246467991473532e-16 : angle
}
