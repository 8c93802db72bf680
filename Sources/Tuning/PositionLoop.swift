internal import Numerics

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
  /// The open loop that impedance gains make of this response, a joint's from torque to position:
  ///
  ///     L = P (K + i w D F) exp(-i w delay),   F = 1 / (1 + i w velocityLag / 2)^2
  ///
  /// What is in the response already, such as a torque that is held over a period, is not added again.
  ///
  /// - Parameters:
  ///   - stiffness: K [N.m/rad].
  ///   - damping: D, on the measured velocity [N.m.s/rad].
  ///   - velocityLag: time by which a measured velocity is older than the position beside it: the drive's filter [s].
  ///   - delay: what of the loop's delay the response lacks [s].
  /// - Returns: the loop at the same frequencies, with the same coherence.
  public func positionLoop(
    stiffness: Double, damping: Double, velocityLag: Double = 0, delay: Double = 0
  ) -> FrequencyResponse {
    FrequencyResponse(
      points.map { point in
        let lag = Complex(1, 0.5 * point.frequency * velocityLag)
        let gains = Complex(stiffness) + Complex(0, point.frequency * damping) / (lag * lag)
        let late = Complex(length: 1, phase: -point.frequency * delay)
        return Point(
          frequency: point.frequency, value: point.value * gains * late, coherence: point.coherence)
      })
  }

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
