internal import Numerics

/// A joint's frequency response as it was measured in its loop, and the loop that any gains would make of it.
///
/// Position and velocity over applied torque are quotients of their responses to the excitation, which the loop around them does not
/// bias. They hold the whole way round: hold, wire, drive and filter; with gains they are the open loop of a joint that is closed
/// on the host.
public struct MeasuredLoop: Sendable, Equatable {
  /// Position over torque [rad/N.m].
  public let position: FrequencyResponse
  /// Measured velocity over torque [rad/(N.m.s)].
  public let velocity: FrequencyResponse
  /// Samples of a segment.
  public let segment: Int

  /// Coherence at which a point is trusted, unless something else is asked for.
  public static var usualCoherence: Double { 0.95 }

  /// Measures; nil where the record is too short or nothing was excited.
  ///
  /// - Parameters:
  ///   - record: a chirp, a multisine, or random torque.
  ///   - segment: samples of a segment, a power of two; a fifth of the record at most where nil.
  public init?(_ record: JointRecord, segment: Int? = nil) {
    var length = 16
    while 2 * length <= record.count / 5 && length < 8192 { length *= 2 }
    length = segment ?? length
    func response(_ output: [Double]) -> FrequencyResponse? {
      FrequencyResponse.measured(
        input: record.excitations, output: output, period: record.period, segment: length)
    }
    guard let torque = response(record.appliedTorques), let position = response(record.positions),
      let velocity = response(record.velocities), !torque.points.isEmpty
    else { return nil }
    self.segment = length
    self.position = position.divided(by: torque)
    self.velocity = velocity.divided(by: torque)
  }

  /// The open loop of gains [N.m/rad, N.m.s/rad], with the lesser coherence of what it is made of.
  public func loop(stiffness: Double, damping: Double) -> FrequencyResponse {
    let speeds = Dictionary(
      velocity.points.map { ($0.frequency, $0) }, uniquingKeysWith: { first, _ in first })
    return FrequencyResponse(
      position.points.compactMap { point in
        guard let speed = speeds[point.frequency] else { return nil }
        return FrequencyResponse.Point(
          frequency: point.frequency,
          value: Complex(stiffness) * point.value + Complex(damping) * speed.value,
          coherence: min(point.coherence, speed.coherence))
      })
  }

  /// Margins of gains where the coherence is high enough.
  public func margins(
    stiffness: Double, damping: Double, coherence: Double = Self.usualCoherence
  ) -> LoopMargins {
    LoopMargins(of: loop(stiffness: stiffness, damping: damping).trusted(coherence))
  }

  /// Time by which the motion is later than the torque, by the slope of the phase over frequency: hold, wire, drive and, of the
  /// velocity, its filter. Friction turns the phase by the same at all frequencies and does not come into it.
  ///
  /// - Parameters:
  ///   - response: position or velocity.
  ///   - range: frequencies that are looked at, well below a torsion [rad/s].
  /// - Returns: the time [s].
  public func lateness(of response: FrequencyResponse, in range: ClosedRange<Double>) -> Estimate {
    let points = response.points.filter { range.contains($0.frequency) && $0.coherence > 0.5 }
    var angle = 0.0
    var before: Double?
    let angles = points.map { point -> Double in
      let phase = point.value.phase
      if let before { angle += (phase - before).remainder(dividingBy: 2 * .pi) }
      before = phase
      return angle
    }
    // The scatter of a phase goes with what the input does not explain.
    let weights = points.map { ($0.coherence / max(1 - $0.coherence, 1e-4)).squareRoot() }
    let slopes = zip(points, weights).map { $0.frequency * $1 }
    guard let fit = LinearFit([slopes, weights], zip(angles, weights).map { $0 * $1 }, least: 4) else {
      return Estimate(guess: 0, because: "too few frequencies are coherent; excite them with more torque")
    }
    return Estimate(-fit.values[0], standardError: fit.standardErrors[0])
  }

  /// Torsion of the reducer, where an antiresonance with a resonance above it stands out by a factor of two in trusted points.
  public func torsion(in range: ClosedRange<Double>, coherence: Double = 0.8) -> JointPlant.Torsion? {
    let trusted = velocity.trusted(coherence)
    guard let low = trusted.antiresonance(in: range), low < range.upperBound,
      let high = trusted.resonance(in: low...range.upperBound), high > 1.02 * low
    else { return nil }
    func gain(_ frequency: Double) -> Double {
      trusted.points.min { ($0.frequency - frequency).magnitude < ($1.frequency - frequency).magnitude }?
        .value
        .length ?? 0
    }
    guard gain(high) > 2 * gain(low) else { return nil }
    return JointPlant.Torsion(antiresonance: low, resonance: high)
  }
}
