/// Sine and cosine of angles of at most 1e5 rad, lane by lane.
///
/// Reduction by multiples of pi/2 in three parts (Cody and Waite 1980); the first two have 33 bits, so that their
/// products with a quadrant number below 2^17 are exact. What the subtractions round away is kept as `rest`. Then
/// polynomials of degree 13 and 14 on +-pi/4. No branch.
@inlinable @inline(__always)
public func sineCosine<L: Lane>(_ x: L) -> (sine: L, cosine: L) {
  // Adding 1.5 x 2^52 rounds to the nearest whole number and leaves it in the low bits.
  let magic = L(6755399441055744.0)
  let shifted = x * L(0.6366197723675814) + magic
  let n = shifted - magic

  let head = x - n * L(1.5707963267341256)
  let tail = n * L(6.077100506303966e-11)
  let r0 = head - tail
  let e = ((head - r0) - tail) - n * L(2.0222662487959506e-21)
  let r = r0 + e
  let rest = (r0 - r) + e
  let z = r * r

  var p = L(1.5912461499839467e-10)
  p = L.madd(p, z, L(-2.505105158684691e-08))
  p = L.madd(p, z, L(2.7557315709635293e-06))
  p = L.madd(p, z, L(-0.00019841269835985584))
  p = L.madd(p, z, L(0.008333333333330428))
  p = L.madd(p, z, L(-0.16666666666666663))
  let s = r + L.madd(r * z, p, rest)

  var q = L(-1.1379086634729478e-11)
  q = L.madd(q, z, L(2.0876096058995368e-09))
  q = L.madd(q, z, L(-2.755731702592346e-07))
  q = L.madd(q, z, L(2.4801587298282115e-05))
  q = L.madd(q, z, L(-0.001388888888888707))
  q = L.madd(q, z, L(0.041666666666666664))
  let half = L(0.5) * z
  let whole = L(1) - half
  let c = whole + (((L(1) - whole) - half) + L.nmadd(r, rest, z * z * q))
  return (L.quadrantSine(s, c, shifted), L.quadrantCosine(s, c, shifted))
}
