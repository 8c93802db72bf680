/// Sine and cosine of angles of at most 1e5 rad, lane by lane; 0.85 units in the last place at most over 64 million
/// random angles.
///
/// Reduction by multiples of pi/2 in three parts (Cody and Waite 1980); the first two have 33 bits, so that their
/// products with a quadrant number below 2^17 are exact. What the subtractions round away is kept as `rest` and enters
/// by the first derivative. Then polynomials of degree 13 and 14 on +-pi/4, by pairs of terms (Estrin 1960): a processor
/// waits for a long chain of operations, not for their number. No branch.
@inlinable @inline(__always)
public func sineCosine<L: Lane>(_ x: L) -> (sine: L, cosine: L) {
  // Adding 1.5 x 2^52 rounds to the nearest whole number and leaves it in the low bits.
  let magic = L(6755399441055744.0)
  let shifted = x * L(0.6366197723675814) + magic
  let n = shifted - magic

  let head = x - n * L(1.5707963267341256)
  let tail = n * L(6.077100506303966e-11)
  let r = head - tail
  let rest = ((head - r) - tail) - n * L(2.0222662487959506e-21)
  let z = r * r
  let zz = z * z
  let half = L(0.5) * z
  let whole = L(1) - half

  let p0 = L.madd(L(0.008333333333330428), z, L(-0.16666666666666663))
  let p2 = L.madd(L(2.7557315709635293e-06), z, L(-0.00019841269835985584))
  let p4 = L.madd(L(1.5912461499839467e-10), z, L(-2.505105158684691e-08))
  let p = L.madd(zz, L.madd(zz, p4, p2), p0)
  let s = r + L.madd(r * z, p, rest * whole)

  let q0 = L.madd(L(-0.001388888888888707), z, L(0.041666666666666664))
  let q2 = L.madd(L(-2.755731702592346e-07), z, L(2.4801587298282115e-05))
  let q4 = L.madd(L(-1.1379086634729478e-11), z, L(2.0876096058995368e-09))
  let q = L.madd(zz, L.madd(zz, q4, q2), q0)
  let c = whole + (((L(1) - whole) - half) + L.nmadd(r, rest, zz * q))
  return (L.quadrantSine(s, c, shifted), L.quadrantCosine(s, c, shifted))
}
