internal import Numerics

extension FrequencyResponse {
  /// The response of a system from what went in and what came out, with coherence: H1 = S_yu / S_uu by Welch's method (IEEE Trans. Audio
  /// and Electroacoustics 15 (1967) 70-73), in segments that overlap by half under a Hann window, each without its mean.
  ///
  /// What comes out is unbiased where noise is in the output alone. In a closed loop it is not: there, take the quotient of two responses
  /// from what is injected (`divided(by:)`).
  ///
  /// - Parameters:
  ///   - input: samples of what went in.
  ///   - output: samples of what came out, as many.
  ///   - period: time between samples [s].
  ///   - segment: samples of a segment, a power of two; frequencies are 2 pi / (segment period) apart.
  ///   - range: frequencies that are wanted [rad/s]; all below half the sampling frequency where not given.
  ///   - excitation: least part of the highest input power at which a frequency counts as excited; others are left out.
  /// - Returns: the response; nil where there are not two segments, numbers do not fit or are not finite.
  public static func measured(
    input: [Double], output: [Double], period: Double, segment: Int, range: ClosedRange<Double>? = nil,
    excitation: Double = 1e-4
  ) -> FrequencyResponse? {
    guard segment >= 16, segment & (segment - 1) == 0, input.count == output.count,
      input.count >= segment + segment / 2, period > 0, period.isFinite,
      input.allSatisfy(\.isFinite), output.allSatisfy(\.isFinite)
    else { return nil }
    let transform = FourierTransform(count: segment)
    let window = (0..<segment).map { 0.5 - 0.5 * Double.cos(2 * .pi * Double($0) / Double(segment)) }
    let bins = segment / 2
    var inputPower = [Double](repeating: 0, count: bins)
    var outputPower = inputPower
    var cross = [Complex<Double>](repeating: .zero, count: bins)
    for first in stride(from: 0, through: input.count - segment, by: segment / 2) {
      let spectra = [input, output].map { signal in
        let part = signal[first..<first + segment]
        let mean = part.reduce(0, +) / Double(segment)
        var values = zip(part, window).map { Complex(($0 - mean) * $1) }
        transform.forward(&values)
        return values
      }
      for bin in 1..<bins {
        inputPower[bin] += spectra[0][bin].lengthSquared
        outputPower[bin] += spectra[1][bin].lengthSquared
        cross[bin] += spectra[1][bin] * spectra[0][bin].conjugate
      }
    }
    let most = inputPower.max() ?? 0
    let step = 2 * .pi / (Double(segment) * period)
    return FrequencyResponse(
      (1..<bins).compactMap { bin in
        let frequency = step * Double(bin)
        guard range?.contains(frequency) ?? true, inputPower[bin] > 0, inputPower[bin] >= excitation * most
        else { return nil }
        let power = inputPower[bin] * outputPower[bin]
        return Point(
          frequency: frequency, value: cross[bin] / Complex(inputPower[bin]),
          coherence: power > 0 ? min(1, cross[bin].lengthSquared / power) : 0)
      })
  }

  /// This response over another at the frequencies that both have; coherence is the lesser.
  public func divided(by other: FrequencyResponse) -> FrequencyResponse {
    var points: [Point] = []
    var place = 0
    for point in self.points {
      while place < other.points.count && other.points[place].frequency < point.frequency * (1 - 1e-9) {
        place += 1
      }
      guard place < other.points.count, other.points[place].frequency <= point.frequency * (1 + 1e-9) else {
        continue
      }
      points.append(
        Point(
          frequency: point.frequency, value: point.value / other.points[place].value,
          coherence: min(point.coherence, other.points[place].coherence)))
    }
    return FrequencyResponse(points)
  }

  /// The points whose coherence is at least this.
  public func trusted(_ coherence: Double = 0.95) -> FrequencyResponse {
    FrequencyResponse(points.filter { $0.coherence >= coherence })
  }
}
