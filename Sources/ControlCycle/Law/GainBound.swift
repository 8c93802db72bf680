// Set-up: may allocate; the cycle is compiled without this file.

/// Which stiffness and damping a loop bears that is closed in samples around an inertia.
///
/// An inertia J on which K (q* - q) + B (v* - v) acts, held over a period T and d samples late, has the characteristic
/// polynomial
///
///     z^d (z - 1)^2 + (B T / J) (z - 1) + (K T^2 / 2J) (z + 1)
///
/// (zero-order hold of the double integrator: Åström and Wittenmark, Computer-Controlled Systems, 3rd ed. (1997), appendix
/// A; stability by the Schur-Cohn recursion, there chapter 3). Without delay that is K T / 2 < B < 2 J / T; for small B it is
/// K < 2 B / ((1 + 2 d) T). On the inertia of the rotor alone the bound is the narrowest: what hangs on the joint adds to J.
///
/// Stable is less than passive, which a joint is that stays stable whatever touches it: K < 2 (b - B) / T with the joint's own
/// viscous friction b (Colgate and Schenkel, J. Robotic Systems 14 (1997) 37-47); and where positions come in steps D,
/// K <= 2 fc / D with Coulomb friction fc, else the steps keep the joint moving (Abbott and Okamura, IEEE Trans. Robotics 21
/// (2005) 952-964).
public struct GainBound: Sendable, Equatable {
  /// J [kg.m^2].
  public var inertia: Double
  /// T [s].
  public var period: Double
  /// d, whole periods from a measurement to the torque that answers it; 0 to 8.
  public var delay: Int

  /// A loop; inertia and period are above zero.
  public init(inertia: Double, period: Double, delay: Int) {
    precondition(
      inertia > 0 && period > 0 && (0...8).contains(delay),
      "a loop has an inertia, a period and 0 to 8 periods of delay")
    self.inertia = inertia
    self.period = period
    self.delay = delay
  }

  /// Whether the loop is stable; without stiffness, whether its velocity is.
  public func isStable(stiffness: Double, damping: Double) -> Bool {
    guard stiffness >= 0, damping >= 0, stiffness.isFinite, damping.isFinite else { return false }
    let beta = damping * period / inertia
    let kappa = stiffness * period * period / (2 * inertia)
    // Coefficients from the highest power on.
    var polynomial: [Double]
    if kappa > 0 {
      polynomial = [1, -2, 1] + [Double](repeating: 0, count: delay)
      polynomial[delay + 1] += beta + kappa
      polynomial[delay + 2] += kappa - beta
    } else {
      polynomial = [1, -1] + [Double](repeating: 0, count: delay)
      polynomial[delay + 1] += beta
    }
    return Self.isSchur(polynomial)
  }

  /// Highest stiffness that is stable with a damping, within a millionth [N.m.s/rad, N.m/rad]; 0 where none is.
  public func stiffnessLimit(damping: Double) -> Double {
    let scale = inertia / (period * period)
    return scale * limit(from: 0, to: 8) { isStable(stiffness: scale * $0, damping: damping) }
  }

  /// Dampings that are stable with a stiffness, within a millionth [N.m/rad, N.m.s/rad]; nil where none is.
  public func dampingRange(stiffness: Double) -> ClosedRange<Double>? {
    let scale = inertia / period
    func isStable(_ beta: Double) -> Bool { self.isStable(stiffness: stiffness, damping: scale * beta) }
    // Somewhere in between; steps of 2 % of a range that ends at 2 without delay.
    guard let inside = (0..<700).lazy.map({ 2 * power(1 / 1.02, $0) }).first(where: isStable) else {
      return nil
    }
    let high = limit(from: inside, to: 4, holds: isStable)
    let low = stiffness > 0 ? -limit(from: -inside, to: 0) { isStable(-$0) } : 0
    return (scale * low)...(scale * high)
  }

  /// Highest stiffness of a passive joint [N.m.s/rad, N.m/rad]; 0 where the damping of the loop alone is too much.
  public func passiveStiffness(damping: Double, viscousFriction: Double) -> Double {
    max(0, 2 * (viscousFriction - damping) / period)
  }

  /// Highest stiffness whose steps of position friction still holds [rad, N.m, N.m/rad]; infinite where there are none.
  public func quantisedStiffness(step: Double, coulombFriction: Double) -> Double {
    step > 0 ? 2 * coulombFriction / step : .infinity
  }

  /// The last number from `low` on for which `holds`, which is true of `low` (or right above it) and false of `high`.
  private func limit(from low: Double, to high: Double, holds: (Double) -> Bool) -> Double {
    var (inside, outside) = (low, high)
    if holds(high) { return high }
    for _ in 0..<60 {
      let middle = inside + (outside - inside) / 2
      if holds(middle) { inside = middle } else { outside = middle }
    }
    return inside
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { product, _ in product * base }
  }

  /// Whether every root lies inside the unit circle: the last coefficient is smaller than the first, again and again, as
  /// the polynomial less its reverse loses a degree each time.
  private static func isSchur(_ coefficients: [Double]) -> Bool {
    var rest = coefficients
    while rest.count > 1 {
      let (first, last) = (rest[0], rest[rest.count - 1])
      guard abs(last) < abs(first) else { return false }
      let ratio = last / first
      rest = (0..<(rest.count - 1)).map { rest[$0] - ratio * rest[rest.count - 1 - $0] }
    }
    return true
  }
}
