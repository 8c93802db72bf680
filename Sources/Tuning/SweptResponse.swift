internal import Numerics

extension FrequencyResponse {
  /// Responses of several signals to one that sweeps over frequencies once: H1 = S_yu / S_uu, means taken over neighbouring frequencies of
  /// the whole record instead of over segments of it (Daniell's spectral estimate; Bendat and Piersol, Random Data, 4th ed. (2010), 8.5).
  ///
  /// A segment's window cuts a sweep: what went in and what came out a moment later are weighted differently, which turns the
  /// phase by a degree and more where a segment sees much of the sweep. The whole record begins and ends at rest, so that nothing is cut.
  ///
  /// - Parameters:
  ///   - input: samples of what went in.
  ///   - outputs: samples of what came out, as many each.
  ///   - period: time between samples [s].
  ///   - range: frequencies that were swept over [rad/s].
  ///   - share: half of the band that a mean is taken over, as a part of its frequency.
  /// - Returns: a response an output, all at the same frequencies; nil where there are fewer than 64 samples, numbers do not fit or are
  ///   not finite.
  public static func swept(
    input: [Double], outputs: [[Double]], period: Double, range: ClosedRange<Double>, share: Double = 0.02
  ) -> [FrequencyResponse]? {
    guard input.count >= 64, period > 0, period.isFinite, share > 0,
      ([input] + outputs).allSatisfy({ $0.count == input.count && $0.allSatisfy(\.isFinite) })
    else { return nil }
    var size = 64
    while size < input.count { size *= 2 }
    let transform = FourierTransform(count: size)
    let spectra = ([input] + outputs).map { signal in
      var values = levelled(signal).map { Complex($0) }
      values += [Complex<Double>](repeating: .zero, count: size - values.count)
      transform.forward(&values)
      return values
    }
    let step = 2 * .pi / (Double(size) * period)
    // Rows that were filled up add no frequencies of their own.
    let least = Int((2.0 * Double(size) / Double(input.count)).rounded(.up))
    var points = [[Point]](repeating: [], count: outputs.count)
    var bin = Int((range.lowerBound / step).rounded(.up))
    while true {
      let half = max(least, Int((share * Double(bin)).rounded()))
      guard bin + half < size / 2, Double(bin) * step <= range.upperBound else { break }
      if bin > half {
        let band = bin - half...bin + half
        for (place, output) in spectra.dropFirst().enumerated() {
          points[place].append(mean(spectra[0], output, band, frequency: step * Double(bin)))
        }
      }
      bin += half
    }
    return points.map { FrequencyResponse($0) }
  }

  /// One point of H1 by its means over a band of frequencies.
  private static func mean(
    _ input: [Complex<Double>], _ output: [Complex<Double>], _ band: ClosedRange<Int>, frequency: Double
  ) -> Point {
    var (power, outputPower) = (0.0, 0.0)
    var cross = Complex<Double>.zero
    for bin in band {
      power += input[bin].lengthSquared
      outputPower += output[bin].lengthSquared
      cross += output[bin] * input[bin].conjugate
    }
    let both = power * outputPower
    return Point(
      frequency: frequency, value: power > 0 ? cross / Complex(power) : .zero,
      coherence: both > 0 ? min(1, cross.lengthSquared / both) : 0)
  }

  /// A signal without the line from where it begins to where it ends: friction leaves a joint elsewhere than it began, and to a transform
  /// that is a jump.
  private static func levelled(_ signal: [Double]) -> [Double] {
    // It rests before the first rows, and ends on quick motion; a mean that takes in the slow beginning would be off.
    let edge = max(2, signal.count / 200)
    let first = signal.prefix(2).reduce(0, +) / 2
    let last = signal.suffix(edge).reduce(0, +) / Double(edge)
    let slope = (last - first) / Double(max(1, signal.count - 1))
    return signal.enumerated().map { $0.element - first - slope * Double($0.offset) }
  }
}
