// Set-up: may allocate; the cycle is compiled without this file.

import CRealMath
import RigidBody

extension DisturbanceObserver.Gains {
  /// How near the observer is to instability on joints that are not the nominal one.
  public struct Robustness: Sendable, Equatable {
    /// Highest |Q(jw) D(jw)|, D being the real joint over the nominal one, less 1. Below 1 every joint of the range is
    /// stable (small gain); above, nothing is proved.
    public var peak: Double
    /// Where [rad/s].
    public var frequency: Double

    /// Whether stability is proved.
    public var isProved: Bool { peak < 1 }
  }

  /// Small-gain test of the compensated joint: |Q D| < 1 at every frequency, for every inertia of a range.
  ///
  /// D(s) = (Jn s + b) / (J s + b) exp(-s delay) - 1. Looked for on 400 frequencies a decade, from a thousandth of the
  /// bandwidth to a hundred times it; beyond, Q leaves less than 1e-4 of D.
  ///
  /// - Parameters:
  ///   - inertias: what the joint's inertia can be [kg.m^2].
  ///   - delay: time from a measurement to the torque that answers it [s].
  /// - Returns: the highest |Q D|, and where.
  public func robustness(inertias: ClosedRange<Double>, delay: Double) -> Robustness {
    var worst = Robustness(peak: 0, frequency: 0)
    var frequency = bandwidth * 1e-3
    while frequency < bandwidth * 100 {
      let ratio = frequency / bandwidth
      let (real, imaginary) = (1 - ratio * ratio, 2 * damping * ratio)
      let filter = 1 / real_sqrt(real * real + imaginary * imaginary)
      let turn = SineCosine(of: frequency * delay)
      for inertia in [inertias.lowerBound, inertias.upperBound] {
        // (Jn jw + b) / (J jw + b), then times exp(-jw delay), less 1.
        let (top, bottom) = (self.inertia * frequency, inertia * frequency)
        let scale = 1 / (bottom * bottom + viscous * viscous)
        let (x, y) = ((top * bottom + viscous * viscous) * scale, viscous * (top - bottom) * scale)
        let (u, v) = (x * turn.cosine + y * turn.sine - 1, y * turn.cosine - x * turn.sine)
        let product = filter * real_sqrt(u * u + v * v)
        if product > worst.peak { worst = Robustness(peak: product, frequency: frequency) }
      }
      frequency *= 1.005773063  // 10^(1/400)
    }
    return worst
  }

  /// The highest bandwidth, within 0.1 %, for which `robustness` proves stability with these other numbers [rad/s].
  ///
  /// - Returns: nil where no bandwidth from 0.1 rad/s on is proved, such as for an inertia below half the nominal one
  ///   without friction.
  public func highestBandwidth(inertias: ClosedRange<Double>, delay: Double) -> Double? {
    func isProved(_ bandwidth: Double) -> Bool {
      var gains = self
      gains.bandwidth = bandwidth
      return gains.robustness(inertias: inertias, delay: delay).isProved
    }
    var (low, high) = (0.1, 1e5)
    guard isProved(low) else { return nil }
    if isProved(high) { return high }
    while high / low > 1.001 {
      let middle = real_sqrt(low * high)
      if isProved(middle) { low = middle } else { high = middle }
    }
    return low
  }
}
