/// What moves a joint, from a record of quick motion (chirp, multisine, inertia, delay): inertia, friction, weight, and the delays of the
/// way round the loop.
public struct MotionFit: Sendable, Equatable {
  /// J [kg.m^2].
  public let inertia: Estimate
  /// b [N.m.s/rad].
  public let viscous: Estimate
  /// Fc [N.m].
  public let coulomb: Estimate
  /// Torque of a weight along the sine of the angle [N.m].
  public let gravitySine: Estimate
  /// The same along its cosine [N.m].
  public let gravityCosine: Estimate
  /// From the measurement of a row to the instant at which the torque of that row begins to act [s]: a loop that is closed on the host
  /// has it, one that is closed in the drive does not.
  public let delay: Estimate
  /// Time by which a measured velocity is older than the position beside it [s].
  public let velocityLag: Estimate
  /// Root mean square of what is not explained [N.m].
  public let residual: Double
  /// Length of the smoothing window [s].
  public let window: Double

  /// Fits; nil where the joint hardly moves or the record is too short.
  ///
  /// - Parameters:
  ///   - record: quick motion of one joint.
  ///   - step: step of the measured position [rad]; taken from the data where nil.
  ///   - hasWeight: whether the joint carries a weight that the motion shows.
  ///   - mostDelay: longest delay that is looked for [s]; eight periods where nil.
  ///   - friction: friction that a sweep has found already; looked for where nil.
  ///   - hasPlay: whether the joint may touch neither flank while its acceleration is low: such rows are left out.
  public init?(
    _ record: JointRecord, step: Double? = nil, hasWeight: Bool = true, mostDelay: Double? = nil,
    friction: JointIdentification.Settings.Friction? = nil, hasPlay: Bool = false
  ) {
    let quantum = step ?? MotionSignals.quantum(of: record)
    guard let signals = MotionSignals(record, quantum: quantum) else { return nil }
    var settings = JointIdentification.Settings()
    settings.window = Double(signals.window.length) * record.period
    settings.hasGravity = hasWeight
    // Steps of the encoder that come seldom say nothing of a velocity, and near rest friction is more than Coulomb's.
    let speeds = signals.velocity.map(\.magnitude).sorted()
    settings.leastSpeed = max(2 * quantum / settings.window, 0.1 * speeds[speeds.count * 9 / 10], 1e-4)
    settings.knownFriction = friction
    if hasPlay {
      let sizes = signals.acceleration.map(\.magnitude).sorted()
      settings.leastAcceleration = Self.playShare * sizes[sizes.count * 9 / 10]
    }
    window = settings.window
    let period = record.period
    let late = JointIdentification.withDelay(
      positions: record.positions, torques: record.appliedTorques, period: period, settings: settings,
      most: mostDelay ?? 8 * period)
    // What a drive reports of the instant of its position has been acting for a part of a period, or is filtered.
    let reported =
      record.reportsTorque
      ? JointIdentification.withDelay(
        positions: record.positions, torques: record.torques, period: period, settings: settings,
        least: -2 * period, most: 4 * period)?.joint : nil
    // Play, or a torsion, may leave no best delay; what is reported of the same instant needs none.
    let plain = JointIdentification(
      positions: record.positions, torques: record.motionTorques, period: period, settings: settings)
    guard let joint = Self.better(late?.joint, reported) ?? plain else { return nil }
    let remedy = "excite it with more torque, or at other frequencies"
    let drowned = signals.noiseShare > 0.01
    inertia =
      drowned
      ? Estimate(
        guess: joint.inertia.value, standardError: joint.inertia.standardError,
        because: "the encoder's steps drown the acceleration; excite it with more torque")
      : Estimate(joint.inertia, "inertia", remedy: remedy).required(share: 0.02, floor: 0) {
        "the inertia's torque is small beside what disturbs it; \(remedy)"
      }
    viscous = Estimate(joint.viscousFriction, "viscous friction", remedy: "sweep over speeds (friction)")
    coulomb = Estimate(joint.coulombFriction, "Coulomb friction", remedy: "sweep over speeds (friction)")
    gravitySine = Estimate(joint.gravitySine, "weight", remedy: "visit poses (gravity)")
    gravityCosine = Estimate(joint.gravityCosine, "weight", remedy: "visit poses (gravity)")
    residual = joint.residual
    delay = Self.delay(record, late, settings, signals)
    velocityLag = Self.velocityLag(record, signals)
  }

  /// Part of the high accelerations below which flanks may be open.
  private static var playShare: Double { 0.6 }

  /// That which leaves the least unexplained.
  private static func better(
    _ first: JointIdentification?, _ second: JointIdentification?
  ) -> JointIdentification? {
    guard let first, let second else { return first ?? second }
    return second.residual <= 1.2 * first.residual ? second : first
  }

  /// The delay with its error: what is left rises with the square of the shift.
  private static func delay(
    _ record: JointRecord, _ found: (joint: JointIdentification, delay: Double)?,
    _ settings: JointIdentification.Settings, _ signals: MotionSignals
  ) -> Estimate {
    guard let (joint, delay) = found else {
      return Estimate(
        guess: 0,
        because: "no delay explains the motion best; excite it with torque that changes quickly (delay)")
    }
    let period = record.period
    let value = delay - 0.5 * period
    let squares = [-1.0, 1].compactMap { side -> Double? in
      var shifted = settings
      shifted.delay = delay + side * period
      return JointIdentification(
        positions: record.positions, torques: record.appliedTorques, period: period, settings: shifted
      ).map { $0.residual * $0.residual }
    }
    let least = joint.residual * joint.residual
    let rise = squares.isEmpty ? 0 : squares.reduce(0, +) / Double(squares.count) - least
    let independent = max(1, Double(joint.sampleCount) / Double(signals.window.length))
    guard rise > 0 else {
      return Estimate(
        guess: value, because: "the motion hardly depends on the delay; excite it with quicker torque")
    }
    let error = period * (least / (independent * rise)).squareRoot()
    return Estimate(value, standardError: error).required(share: 0, floor: 0.05 * period) {
      "the delay is known within \(DesignCheck.number(error / period)) periods only; excite it with quicker torque (delay)"
    }
  }

  /// The measured velocity as one that is late: v(t) = p'(t - lag).
  static func velocityLag(_ record: JointRecord, _ signals: MotionSignals) -> Estimate {
    let measured = signals.window.apply(record.velocities)
    let margin = 2 * signals.window.length
    let inside = Array(margin..<max(margin, record.count - margin))
    var lag = 0.0
    var error = Double.infinity
    for _ in 0..<4 {
      // Interpolated velocity of the position, and its slope, at the lag so far.
      func at(_ signal: [Double], _ index: Int) -> Double {
        let place = min(max(Double(index) - lag / record.period, 0), Double(signal.count - 2))
        let low = Int(place)
        return signal[low] + (place - Double(low)) * (signal[low + 1] - signal[low])
      }
      let slopes = inside.map { -at(signals.acceleration, $0) }
      let rests = inside.map { measured[$0] - at(signals.velocity, $0) }
      guard let fit = LinearFit.correlated([slopes], rests) else {
        return Estimate(guess: 0, because: "the velocity hardly changes; excite it with more torque")
      }
      lag += fit.values[0]
      error = fit.standardErrors[0]
      guard lag.isFinite, lag.magnitude < 0.5 * Double(record.count) * record.period else { break }
    }
    return Estimate(lag, standardError: error).required(share: 0.1, floor: 0.1 * record.period) {
      "the measured velocity scatters too much; excite it with more torque"
    }
  }
}
