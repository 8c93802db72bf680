/// e to the power of `x`, within 2 units in the last place; the same bits on every machine and at every optimisation level.
///
/// Reduction by multiples of ln 2 in two parts (Cody and Waite 1980), then a Taylor polynomial of degree 13 on +-ln(2)/2,
/// by pairs of terms. Below -708 the result is 0, above 709 infinite, so that no subnormal number is made.
@inlinable @inline(__always)
public func exponential(_ x: Double) -> Double {
  if !(x >= -708) { return x < 0 ? 0 : x }
  if x > 709 { return .infinity }
  // Adding 1.5 x 2^52 rounds to the nearest whole number and leaves it in the low bits.
  let magic = 6755399441055744.0
  let shifted = x * 1.4426950408889634 + magic
  let n = shifted - magic
  let r = (x - n * 0.6931471803691238) - n * 1.9082149292705877e-10
  let square = r * r
  let fourth = square * square
  let low = (1 + r) + square * (0.5 + r * 0.16666666666666666)
  let middle =
    (0.041666666666666664 + r * 0.008333333333333333)
    + square * (0.001388888888888889 + r * 0.0001984126984126984)
  let high =
    (2.48015873015873e-05 + r * 2.7557319223985893e-06) + square
    * (2.755731922398589e-07 + r * 2.505210838544172e-08)
  let last = 2.08767569878681e-09 + r * 1.6059043836821613e-10
  let value = low + fourth * (middle + fourth * (high + fourth * last))
  return value * Double(bitPattern: (shifted.bitPattern &+ 1023) << 52)
}

/// Natural logarithm of `x`, within 2 units in the last place; for set-up. NaN for a negative number, -infinity for 0.
@inlinable
public func naturalLogarithm(_ x: Double) -> Double {
  if !(x > 0) { return x == 0 ? -.infinity : .nan }
  if !(x < .infinity) { return x }
  var power = Double(x.exponent)
  var part = x.significand
  if part > 1.4142135623730951 {
    part *= 0.5
    power += 1
  }
  // log m = 2 artanh((m - 1) / (m + 1)), |argument| <= 0.172.
  let s = (part - 1) / (part + 1)
  let square = s * s
  var series = 0.0
  var order = 25.0
  while order > 1 {
    series = (series + 1 / order) * square
    order -= 2
  }
  return power * 0.6931471803691238 + (power * 1.9082149292705877e-10 + 2 * s * (1 + series))
}
