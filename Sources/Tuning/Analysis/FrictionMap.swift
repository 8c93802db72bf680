internal import Numerics

/// Friction by velocity, from motion there and back at constant speeds:
///
///     torque = (Fc + (Fs - Fc) exp(-(v / vs)^2) + m |load|) sgn(v) + b v + s sin(q) + c cos(q) + o
///
/// Each part of the record is one speed one way; the first fifth of it, and rows in which the joint is not at its speed, are left out. The
/// load is the weight's torque as the same data say it.
public struct FrictionMap: Sendable, Equatable {
  /// One speed one way.
  public struct Point: Sendable, Equatable {
    /// Mean velocity [rad/s].
    public let velocity: Double
    /// Mean torque without the weight's [N.m].
    public let torque: Double
    /// Standard error of the torque [N.m].
    public let standardError: Double
  }

  /// In rising order of velocity.
  public let points: [Point]
  /// Fc, sliding friction without load, mean of both ways [N.m].
  public let coulomb: Estimate
  /// b [N.m.s/rad].
  public let viscous: Estimate
  /// Fs - Fc, what holds more at small speeds [N.m]; 0 where nothing of it is seen.
  public let stribeck: Estimate
  /// vs [rad/s].
  public let stribeckVelocity: Estimate
  /// m, friction that each N.m of load adds.
  public let loadShare: Estimate
  /// o, the same both ways [N.m]: a weight, or friction that differs from one way to the other. The data do not tell which.
  public let offset: Estimate
  /// s [N.m].
  public let gravitySine: Estimate
  /// c [N.m].
  public let gravityCosine: Estimate
  /// Root mean square of what is not explained, of means over 20 ms or more [N.m].
  public let residual: Double

  /// Mean of a few rows at one speed.
  private struct Row {
    var position: Double
    var velocity: Double
    var torque: Double
    var run: Int
  }

  /// Reads friction off a record; nil where it has fewer than two steady parts, or never both ways.
  public init?(_ record: JointRecord) {
    let rows = Self.steadyRows(record)
    guard rows.contains(where: { $0.velocity > 0 }), rows.contains(where: { $0.velocity < 0 }),
      let base = Self.fit(rows, loads: nil, stribeck: nil)
    else { return nil }
    let speeds = Self.speeds(rows)
    let loads = rows.map { Self.weight(base, at: $0.position).magnitude }
    let mean = loads.reduce(0, +) / Double(loads.count)
    let spread = (loads.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(loads.count)).squareRoot()
    let hasLoad = spread > 0.1 * base.values[0].magnitude
    let known = hasLoad ? loads : nil
    var best = Self.fit(rows, loads: known, stribeck: nil) ?? base
    var velocity: Double?
    // A drop with speed takes four speeds to be told from a line.
    if speeds.count >= 4 {
      let plain = best.residual
      for candidate in FrequencyResponse.logarithmic(from: speeds[0], to: speeds[speeds.count - 1], count: 40)
      {
        guard let found = Self.fit(rows, loads: known, stribeck: candidate), found.residual < best.residual,
          found.residual < 0.98 * plain, found.values[2] > 3 * found.standardErrors[2]
        else { continue }
        (best, velocity) = (found, candidate)
      }
    }
    self.init(rows, best, stribeck: velocity, hasLoad: hasLoad, speeds: speeds)
  }

  private init(
    _ rows: [Row], _ fit: LinearFit, stribeck velocity: Double?, hasLoad: Bool, speeds: [Double]
  ) {
    func estimate(_ column: Int, _ name: String, _ remedy: String) -> Estimate {
      let value = Estimate(fit.values[column], standardError: fit.standardErrors[column])
      guard fit.inflations[column] > JointIdentification.mostInflation else { return value }
      return Estimate(
        guess: value.value, standardError: value.standardError,
        because: "what the data say of the \(name) could as well be said of other parameters; \(remedy)")
    }
    let few = speeds.count < 2 || speeds[speeds.count - 1] < 2 * speeds[0]
    let fewSpeeds =
      "all speeds are alike, so that Coulomb and viscous friction are one number; sweep over speeds of 1 to 4 at least"
    let slide = estimate(0, "Coulomb friction", "sweep over more speeds")
    let slope = estimate(1, "viscous friction", "sweep over more speeds")
    coulomb =
      few
      ? Estimate(guess: slide.value, standardError: slide.standardError, because: fewSpeeds)
      : slide.required(share: 0.05, floor: 0.005) { "the torque scatters too much; sweep for longer" }
    viscous =
      few
      ? Estimate(guess: slope.value, standardError: slope.standardError, because: fewSpeeds)
      : slope.required(share: 0.1, floor: 0.02 * slide.value.magnitude / speeds[speeds.count - 1]) {
        "viscous friction is small beside what scatters; sweep at higher speeds"
      }
    if let velocity {
      stribeck = estimate(2, "Stribeck friction", "sweep over more and smaller speeds")
      stribeckVelocity = Estimate(velocity, standardError: 0.5 * velocity * (Self.ratio(speeds, 40) - 1))
    } else {
      let cause =
        speeds.count < 4
        ? "a drop of friction with speed takes four speeds to be seen; sweep over more"
        : "no drop of friction with speed is seen"
      stribeck = Estimate(guess: 0, because: cause)
      stribeckVelocity = Estimate(guess: 0, because: cause)
    }
    let load = velocity == nil ? 2 : 3
    loadShare =
      hasLoad
      ? estimate(load, "load's friction", "sweep where the weight changes more").required(
        share: 0.2, floor: 0.005
      ) {
        "friction by load is small beside what scatters"
      }
      : Estimate(guess: 0, because: "the weight hardly changes over the sweep; sweep over more of the range")
    let weight = fit.values.count - 3
    let remedy = "sweep over more of the range"
    offset = estimate(weight, "offset", remedy)
    gravitySine = estimate(weight + 1, "weight", remedy)
    gravityCosine = estimate(weight + 2, "weight", remedy)
    residual = fit.residual
    points = Self.points(rows, fit)
  }

  private static func ratio(_ speeds: [Double], _ count: Int) -> Double {
    Double.pow(speeds[speeds.count - 1] / speeds[0], 1 / Double(count - 1))
  }

  /// The weight's torque, with what is the same both ways.
  private static func weight(_ fit: LinearFit, at position: Double) -> Double {
    let first = fit.values.count - 3
    return fit.values[first] + fit.values[first + 1] * Double.sin(position)
      + fit.values[first + 2] * Double.cos(position)
  }

  private static func points(_ rows: [Row], _ fit: LinearFit) -> [Point] {
    Dictionary(grouping: rows, by: \.run).values.map { part in
      let torques = part.map { $0.torque - weight(fit, at: $0.position) }
      let count = Double(torques.count)
      let mean = torques.reduce(0, +) / count
      let variance = torques.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
      return Point(
        velocity: part.map(\.velocity).reduce(0, +) / count, torque: mean,
        standardError: (variance / count).squareRoot())
    }.sorted { $0.velocity < $1.velocity }
  }

  /// Means over 20 ms of what is steady, or over as long as a slow joint takes for thirty steps of its encoder.
  private static func steadyRows(_ record: JointRecord) -> [Row] {
    let torques = record.motionTorques
    let quantum = MotionSignals.quantum(of: record)
    var rows: [Row] = []
    for (number, run) in record.runs.enumerated() {
      let whole = run.rows.dropFirst(max(run.rows.count / 5, Int((0.1 / record.period).rounded())))
      guard let first = whole.first, let last = whole.last, last > first else { continue }
      let speed =
        (record.positions[last] - record.positions[first]) / (Double(last - first) * record.period)
      guard speed != 0 else { continue }
      let time = max(0.02, 30 * quantum / speed.magnitude)
      let length = max(4, Int((time / record.period).rounded()))
      for start in stride(from: first, through: last - length, by: length) {
        let part = start..<start + length
        let velocity =
          (record.positions[start + length] - record.positions[start]) / (Double(length) * record.period)
        guard (velocity - speed).magnitude < 0.15 * speed.magnitude else { continue }
        rows.append(
          Row(
            position: record.positions[part].reduce(0, +) / Double(length), velocity: velocity,
            torque: torques[part].reduce(0, +) / Double(length), run: number))
      }
    }
    return rows
  }

  /// Speeds that differ by more than a fifth, in rising order [rad/s].
  private static func speeds(_ rows: [Row]) -> [Double] {
    var speeds: [Double] = []
    for speed in rows.map(\.velocity.magnitude).sorted() where speed > 1.25 * (speeds.last ?? 0) {
      speeds.append(speed)
    }
    return speeds
  }

  /// Columns: sgn(v), v, with a Stribeck velocity its drop, with loads those, then 1, sin, cos.
  private static func fit(_ rows: [Row], loads: [Double]?, stribeck: Double?) -> LinearFit? {
    let signs = rows.map { $0.velocity > 0 ? 1.0 : -1 }
    var columns = [signs, rows.map(\.velocity)]
    if let stribeck {
      columns.append(
        zip(rows, signs).map { row, sign in
          sign * Double.exp(-(row.velocity / stribeck) * (row.velocity / stribeck))
        })
    }
    if let loads { columns.append(zip(loads, signs).map { $0 * $1 }) }
    columns += [
      rows.map { _ in 1 }, rows.map { Double.sin($0.position) }, rows.map { Double.cos($0.position) },
    ]
    return LinearFit.correlated(columns, rows.map(\.torque), least: 4)
  }
}
