public import Numerics

/// A frequency response by points, measured or computed.
public struct FrequencyResponse: Sendable, Equatable {
  /// One point.
  public struct Point: Sendable, Equatable {
    /// [rad/s]
    public var frequency: Double
    /// Output over input.
    public var value: Complex<Double>
    /// Part of the output's power that the input explains, 0 to 1; 1 where nothing was measured.
    public var coherence: Double

    /// A point.
    public init(frequency: Double, value: Complex<Double>, coherence: Double = 1) {
      self.frequency = frequency
      self.value = value
      self.coherence = coherence
    }
  }
  /// In rising order of frequency.
  public let points: [Point]

  /// A response by its points; those that are not finite, or not above zero frequency, are left out.
  public init(_ points: [Point]) {
    self.points = points.filter { $0.frequency > 0 && $0.frequency.isFinite && $0.value.isFinite }
      .sorted { $0.frequency < $1.frequency }
  }

  /// A function sampled at frequencies [rad/s].
  public init(at frequencies: [Double], of function: (Double) -> Complex<Double>) {
    self.init(frequencies.map { Point(frequency: $0, value: function($0)) })
  }

  /// Frequencies of equal ratio [rad/s].
  ///
  /// - Returns: `count` of them from `low` to `high`.
  public static func logarithmic(from low: Double, to high: Double, count: Int) -> [Double] {
    precondition(low > 0 && high > low && count > 1)
    let ratio = Double.log(high / low)
    return (0..<count).map { low * Double.exp(ratio * Double($0) / Double(count - 1)) }
  }

  /// The closed loop L / (1 + L) of this response as the open loop L with unity feedback.
  public var closedLoop: FrequencyResponse {
    FrequencyResponse(
      points.map {
        Point(frequency: $0.frequency, value: $0.value / (Complex(1) + $0.value), coherence: $0.coherence)
      })
  }

  /// Where the gain first falls 3 dB below that at the lowest frequency, between points on the line of the logarithms [rad/s];
  /// nil where it never does.
  public var bandwidth: Double? {
    guard let first = points.first, first.value.length > 0 else { return nil }
    let limit = first.value.length * 0.5.squareRoot()
    for (before, after) in zip(points, points.dropFirst()) where after.value.length < limit {
      let (high, low) = (Double.log(before.value.length / limit), Double.log(after.value.length / limit))
      return before.frequency * Double.pow(after.frequency / before.frequency, high / (high - low))
    }
    return nil
  }
}

extension FrequencyResponse {
  /// Where the gain is highest within a range of frequencies [rad/s], between points on the parabola of the logarithms; nil where
  /// that is at an end of the range.
  public func resonance(in range: ClosedRange<Double>) -> Double? { extremum(in: range, sign: 1) }

  /// Where the gain is lowest within a range of frequencies [rad/s].
  public func antiresonance(in range: ClosedRange<Double>) -> Double? { extremum(in: range, sign: -1) }

  private func extremum(in range: ClosedRange<Double>, sign: Double) -> Double? {
    let inside = points.filter { range.contains($0.frequency) && $0.value.length > 0 }
    let gains = inside.map { sign * Double.log($0.value.length) }
    guard let top = gains.indices.max(by: { gains[$0] < gains[$1] }), top > 0, top < gains.count - 1 else {
      return nil
    }
    let (before, here, after) = (gains[top - 1], gains[top], gains[top + 1])
    let curve = before - 2 * here + after
    let part = curve < 0 ? 0.5 * (before - after) / curve : 0
    let ratio =
      part < 0
      ? inside[top - 1].frequency / inside[top].frequency : inside[top + 1].frequency / inside[top].frequency
    return inside[top].frequency * Double.pow(ratio, part.magnitude)
  }
}

extension FrequencyResponse.Point {
  /// A point by its gain, a factor, and its phase [rad].
  public init(frequency: Double, gain: Double, angle: Double, coherence: Double = 1) {
    self.init(frequency: frequency, value: Complex(length: gain, phase: angle), coherence: coherence)
  }

  /// Gain as a factor.
  public var gain: Double { value.length }
  /// Phase, -pi to pi [rad].
  public var angle: Double { value.phase }
}

extension FrequencyResponse {
  /// Phases of the points, without jumps of whole turns between neighbours [rad].
  public var continuousPhases: [Double] {
    var angle = 0.0
    return points.indices.map { index in
      let phase = points[index].value.phase
      angle = index == 0 ? phase : angle + (phase - angle).remainder(dividingBy: 2 * .pi)
      return angle
    }
  }
}
