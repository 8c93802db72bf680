/// Sine and cosine of one angle.
public struct SineCosine: BitwiseCopyable, Sendable, Equatable {
  /// Sine.
  public var sine: Double
  /// Cosine.
  public var cosine: Double

  /// A pair of its parts.
  @_noLocks public init(sine: Double, cosine: Double) {
    self.sine = sine
    self.cosine = cosine
  }

  /// Sine and cosine of `angle` [rad]: the same bits on every machine and at every optimisation level.
  ///
  /// |angle| <= 1e5: within 2 units in the last place. Up to 1e15 the angle is first reduced by whole turns,
  /// which costs an absolute error of at most |angle| 2^-51, that is what the last bits of such an angle
  /// mean. Beyond, and for an infinite or undefined angle, both are NaN: the number carries no angle any
  /// more. Never traps.
  ///
  /// Reduction by multiples of pi/2 in three parts (Cody and Waite 1980); the first two have 33 bits, so that
  /// their products with a quadrant number below 2^17 are exact. Then polynomials of degree 13 and 14 on
  /// +-pi/4.
  @_noLocks public init(of angle: Double) {
    let magnitude = angle < 0 ? -angle : angle
    if magnitude <= 1e5 {
      self.init(reduced: angle)
    } else if magnitude <= 1e15 {
      // Adding 1.5 x 2^52 rounds to the nearest whole number, without a call.
      let turns = (angle * 0.15915494309189535 + 6755399441055744.0) - 6755399441055744.0
      self.init(reduced: angle - turns * 6.283185307179586)
    } else {
      self.init(sine: .nan, cosine: .nan)
    }
  }

  /// Requires |x| <= 1e5.
  @_noLocks private init(reduced x: Double) {
    let shifted = x * 0.6366197723675814 + 6755399441055744.0
    let n = shifted - 6755399441055744.0
    let quadrant = shifted.bitPattern & 3

    let head = x - n * 1.5707963267341256
    let tail = n * 6.077100506303966e-11
    let r0 = head - tail
    // What the subtraction rounded away, plus the third part: kept so that r + e is the argument.
    let e = ((head - r0) - tail) - n * 2.0222662487959506e-21
    let r = r0 + e
    let rest = (r0 - r) + e
    let z = r * r

    var p = 1.5912461499839467e-10
    p = p * z - 2.505105158684691e-08
    p = p * z + 2.7557315709635293e-06
    p = p * z - 0.00019841269835985584
    p = p * z + 0.008333333333330428
    p = p * z - 0.16666666666666663
    let s = r + (r * z * p + rest)

    var q = -1.1379086634729478e-11
    q = q * z + 2.0876096058995368e-09
    q = q * z - 2.755731702592346e-07
    q = q * z + 2.4801587298282115e-05
    q = q * z - 0.001388888888888707
    q = q * z + 0.041666666666666664
    let half = 0.5 * z
    let whole = 1 - half
    let c = whole + (((1 - whole) - half) + (z * z * q - r * rest))

    // Without a branch: odd quadrants swap the two, the upper bit of the quadrant (of its successor) turns
    // the sign.
    let swap = (s.bitPattern ^ c.bitPattern) & (0 &- (quadrant & 1))
    let sineSign = (quadrant & 2) &<< 62
    let cosineSign = ((quadrant &+ 1) & 2) &<< 62
    self.init(
      sine: Double(bitPattern: s.bitPattern ^ swap ^ sineSign),
      cosine: Double(bitPattern: c.bitPattern ^ swap ^ cosineSign))
  }
}
