internal import Numerics

/// A joint's frequency response as it was measured in its loop, and the loop that any gains would make of it.
///
/// Position and velocity over the torque that acts are quotients of their responses to the excitation, which the loop around them does not
/// bias. On the host's loop the torque is the one that was written, and they hold the whole way round: hold, wire, drive and filter; with gains
/// they are the open loop. Where the drive closes the loop, the torque is the one it reports, put right for the excitation: it holds
/// that over a cycle, and answers a command before it takes it. The drive's own lateness is measured beside it (`DriveLaw`).
public struct MeasuredLoop: Sendable, Equatable {
  /// Where frequencies are looked at.
  public enum Averaging: Sendable, Equatable {
    /// Over segments of so many samples, a power of two, within a range of frequencies [rad/s], where the excitation has at least a part of
    /// its highest power.
    case segments(Int, ClosedRange<Double>?, excitation: Double)
    /// Over neighbouring frequencies of a record that sweeps over a range once [rad/s].
    case swept(ClosedRange<Double>)
  }

  /// A drive that closes the loop by itself, and the gains that it has.
  public struct Drive: Sendable, Equatable {
    /// K in use [N.m/rad].
    public var stiffness: Double
    /// D in use [N.m.s/rad].
    public var damping: Double
    /// Time between two torques of the drive [s].
    public var period: Double

    /// A drive by its gains.
    public init(stiffness: Double, damping: Double, period: Double) {
      self.stiffness = stiffness
      self.damping = damping
      self.period = period
    }
  }

  /// Position over torque [rad/N.m].
  public let position: FrequencyResponse
  /// Measured velocity over torque [rad/(N.m.s)].
  public let velocity: FrequencyResponse
  /// Samples of a segment; of the whole record where it is swept.
  public let segment: Int
  /// The drive's law, where it closes the loop.
  public let law: DriveLaw?
  private let record: JointRecord
  private let averaging: Averaging
  /// Coherence of the torque that acted, by frequency.
  private let torqueCoherences: [Double: Double]

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
    self.init(record, averaging: .segments(segment ?? length, nil, excitation: 1e-4), drive: nil)
  }

  /// Measures; nil where the record is too short, nothing was excited, or the torque that a drive reports is not that of its gains.
  ///
  /// - Parameters:
  ///   - record: a chirp, a multisine, or random torque.
  ///   - averaging: where means are taken: a chirp is swept.
  ///   - drive: the drive that closes the loop; nil where the host does.
  public init?(_ record: JointRecord, averaging: Averaging, drive: Drive?) {
    self.record = record
    self.averaging = averaging
    switch averaging {
    case .swept: segment = record.count
    case .segments(let length, _, _): segment = length
    }
    let torques = drive == nil ? record.appliedTorques : record.torques
    let responses = averaging.responses(
      to: record.excitations, of: [record.positions, record.velocities, torques], record.period)
    guard responses.count == 3, !responses[2].points.isEmpty else { return nil }
    torqueCoherences = Dictionary(
      responses[2].points.map { ($0.frequency, $0.coherence) }, uniquingKeysWith: { first, _ in first })
    var torque = responses[2]
    if let drive {
      guard
        let law = DriveLaw(
          (responses[0], responses[1], torque), stiffness: drive.stiffness, damping: drive.damping,
          period: record.period)
      else { return nil }
      torque = Self.acting(torque, law, drive: drive.period, cycle: record.period)
      self.law = law
    } else {
      law = nil
    }
    position = responses[0].divided(by: torque)
    velocity = responses[1].divided(by: torque)
  }

  /// The torque that acts, from the one that is reported as a command comes in: that has the command before, which was held up to then.
  ///
  /// A command acts from the drive's next step on, over a cycle, and comes through like a measured velocity; on the average it is half a cycle
  /// younger than it is seen, less half a step and the drive's lateness.
  private static func acting(
    _ torque: FrequencyResponse, _ law: DriveLaw, drive: Double, cycle: Double
  ) -> FrequencyResponse {
    FrequencyResponse(
      torque.points.map { point in
        let half = 0.5 * point.frequency * cycle
        let seen = Complex(
          length: law.scale, phase: -point.frequency * cycle * Double(law.rows))
        let held = Complex(
          length: Double.sin(half) / half, phase: half - point.frequency * (0.5 * drive + law.velocityDelay))
        var acting = point
        acting.value += seen * (held - Complex(1))
        return acting
      })
  }

  /// The open loop of gains [N.m/rad, N.m.s/rad]. Its coherence is that of the torque that these gains would feed back, or of the torque that
  /// acted where that is less: where damping is most of it, the steps of the position do not matter.
  public func loop(stiffness: Double, damping: Double) -> FrequencyResponse {
    let carried = damping + stiffness * record.carriedTime
    let fedBack = zip(record.positions, record.velocities).map { stiffness * $0 + carried * $1 }
    let answers = averaging.responses(to: record.excitations, of: [fedBack], record.period).first
    let coherences = Dictionary(
      (answers?.points ?? []).map { ($0.frequency, $0.coherence) }, uniquingKeysWith: { first, _ in first })
    let speeds = Dictionary(
      velocity.points.map { ($0.frequency, $0.value) }, uniquingKeysWith: { first, _ in first })
    return FrequencyResponse(
      position.points.compactMap { point in
        guard let speed = speeds[point.frequency], let answer = coherences[point.frequency],
          let torque = torqueCoherences[point.frequency]
        else { return nil }
        func late(_ delay: Double?) -> Complex<Double> {
          Complex(length: law?.scale ?? 1, phase: -point.frequency * (delay ?? 0))
        }
        return FrequencyResponse.Point(
          frequency: point.frequency,
          value: Complex(stiffness) * point.value * late(law?.positionDelay)
            + Complex(carried) * speed * late(law?.velocityDelay),
          coherence: min(answer, torque))
      })
  }

  /// Margins of gains, read where the coherence is high enough.
  public func margins(
    stiffness: Double, damping: Double, coherence: Double = Self.usualCoherence
  ) -> LoopMargins {
    LoopMargins(measured: loop(stiffness: stiffness, damping: damping), coherence: coherence)
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

extension MeasuredLoop.Averaging {
  /// Responses of signals to an excitation; fewer than there are signals where they cannot be had.
  fileprivate func responses(to input: [Double], of outputs: [[Double]], _ period: Double)
    -> [FrequencyResponse]
  {
    switch self {
    case .swept(let range):
      return FrequencyResponse.swept(input: input, outputs: outputs, period: period, range: range) ?? []
    case .segments(let length, let range, let excitation):
      return outputs.compactMap {
        FrequencyResponse.measured(
          input: input, output: $0, period: period, segment: length, range: range, excitation: excitation)
      }
    }
  }
}
