internal import Numerics

/// Friction by velocity, from motion there and back at constant speeds:
///
///     torque = (Fc + (Fs - Fc) exp(-(v / vs)^2) + m |load|) sgn(v) + b v + J a + s sin(q) + c cos(q) + o
///
/// Each part of the record is one speed one way; what is left of its acceleration is taken into account. The
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
  /// Root mean square of what is not explained, of means over 30 ms [N.m].
  public let residual: Double
  /// Whether the sweep is narrower than half a radian, so that a weight is a constant and a slope.
  let isNarrow: Bool

  /// Mean of a few rows at one speed.
  private struct Row {
    var position: Double
    var velocity: Double
    var acceleration: Double
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
    let isNarrow = Self.isNarrow(rows)
    let loads = isNarrow ? [] : rows.map { Self.weight(base, $0, rows).magnitude }
    let mean = loads.reduce(0, +) / Double(max(1, loads.count))
    let spread = (loads.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, loads.count)))
      .squareRoot()
    let hasLoad = !isNarrow && spread > 0.1 * base.values[0].magnitude
    let known = hasLoad ? loads : nil
    var best = Self.fit(rows, loads: known, stribeck: nil) ?? base
    var velocity: Double?
    // A drop with speed takes four speeds to be told from a line.
    if speeds.count >= 4 {
      let plain = best.residual
      for candidate in FrequencyResponse.logarithmic(from: speeds[0], to: speeds[speeds.count - 1], count: 40)
      {
        guard let found = Self.fit(rows, loads: known, stribeck: candidate), found.residual < best.residual,
          found.residual < 0.98 * plain, found.values[3] > 3 * found.standardErrors[3]
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
        .plausible(
          slope.value * speeds[speeds.count - 1] > -0.2 * slide.value,
          "friction falls with speed by more than a fifth, which is neither Coulomb's nor viscous; sweep at higher speeds"
        )
    viscous =
      few
      ? Estimate(guess: slope.value, standardError: slope.standardError, because: fewSpeeds)
      : slope.required(share: 0.1, floor: 0.02 * slide.value.magnitude / speeds[speeds.count - 1]) {
        "viscous friction is small beside what scatters; sweep at higher speeds"
      }.plausible(
        slope.value * speeds[speeds.count - 1] > 0.1 * slide.value,
        "at the highest speed viscous friction is under a tenth of Coulomb friction; sweep at higher speeds")
    if let velocity {
      stribeck = estimate(3, "Stribeck friction", "sweep over more and smaller speeds")
      stribeckVelocity = Estimate(velocity, standardError: 0.5 * velocity * (Self.ratio(speeds, 40) - 1))
    } else {
      let cause =
        speeds.count < 4
        ? "a drop of friction with speed takes four speeds to be seen; sweep over more"
        : "no drop of friction with speed is seen"
      stribeck = Estimate(guess: 0, because: cause)
      stribeckVelocity = Estimate(guess: 0, because: cause)
    }
    let load = velocity == nil ? 3 : 4
    loadShare =
      hasLoad
      ? estimate(load, "load's friction", "sweep where the weight changes more").required(
        share: 0.2, floor: 0.005
      ) {
        "friction by load is small beside what scatters"
      }
      : Estimate(guess: 0, because: "the weight hardly changes over the sweep; sweep over more of the range")
    let remedy = "sweep over more of the range"
    if Self.isNarrow(rows) {
      offset = estimate(fit.values.count - 2, "offset", remedy)
      let narrow = Estimate(
        guess: 0, because: "the sweep is narrower than half a radian; \(remedy), or visit poses (gravity)")
      (gravitySine, gravityCosine) = (narrow, narrow)
    } else {
      offset = estimate(fit.values.count - 3, "offset", remedy)
      gravitySine = estimate(fit.values.count - 2, "weight", remedy)
      gravityCosine = estimate(fit.values.count - 1, "weight", remedy)
    }
    residual = fit.residual
    isNarrow = Self.isNarrow(rows)
    points = Self.points(rows, fit)
  }

  private static func middle(_ rows: [Row]) -> Double {
    rows.reduce(0) { $0 + $1.position } / Double(max(1, rows.count))
  }

  private static func ratio(_ speeds: [Double], _ count: Int) -> Double {
    Double.pow(speeds[speeds.count - 1] / speeds[0], 1 / Double(count - 1))
  }

  /// The weight's torque at a row, with what is the same both ways.
  private static func weight(_ fit: LinearFit, _ row: Row, _ rows: [Row]) -> Double {
    let count = fit.values.count
    if isNarrow(rows) {
      return fit.values[count - 2] + fit.values[count - 1] * (row.position - middle(rows))
    }
    return fit.values[count - 3] + fit.values[count - 2] * Double.sin(row.position)
      + fit.values[count - 1] * Double.cos(row.position)
  }

  private static func points(_ rows: [Row], _ fit: LinearFit) -> [Point] {
    Dictionary(grouping: rows, by: \.run).sorted { $0.key < $1.key }.map { _, part in
      let torques = part.map { $0.torque - weight(fit, $0, rows) - fit.values[2] * $0.acceleration }
      let count = Double(torques.count)
      let mean = torques.reduce(0, +) / count
      let variance = torques.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
      return Point(
        velocity: part.map(\.velocity).reduce(0, +) / count, torque: mean,
        standardError: (variance / count).squareRoot())
    }.sorted { $0.velocity < $1.velocity }
  }

  /// Means over 30 ms of what moves. A part in which the joint stuck, or far from the speed that was asked for, is left out.
  private static func steadyRows(_ record: JointRecord) -> [Row] {
    let torques = record.motionTorques
    let length = max(8, Int((0.03 / record.period).rounded()))
    func mean(_ values: [Double], _ range: Range<Int>) -> Double {
      values[range].reduce(0, +) / Double(range.count)
    }
    var rows: [Row] = []
    for (number, run) in record.runs.enumerated() {
      let whole = run.rows.dropFirst(min(run.rows.count / 5, Int((0.1 / record.period).rounded())))
      guard let first = whole.first, let last = whole.last, last > first + 2 * length else { continue }
      let time = Double(last - first) * record.period
      let speed = (record.positions[last] - record.positions[first]) / time
      let asked = (record.commandedPositions[last] - record.commandedPositions[first]) / time
      guard speed != 0, asked == 0 || (speed - asked).magnitude < 0.25 * asked.magnitude else { continue }
      let means = stride(from: first, through: last - length, by: length).map { start in
        let part = start..<start + length
        let quarter = length / 4
        let change =
          mean(record.velocities, start + length - quarter..<start + length)
          - mean(record.velocities, start..<start + quarter)
        return Row(
          position: mean(record.positions, part), velocity: mean(record.velocities, part),
          acceleration: change / (Double(length - quarter) * record.period), torque: mean(torques, part),
          run: number)
      }
      // A joint that sticks and slips is held by anything between nothing and its break-away friction.
      let moving = means.filter { $0.velocity / speed > 0.3 }
      guard 10 * moving.count >= 9 * means.count else { continue }
      rows += moving
    }
    return rows
  }

  /// Mean speed of each part [rad/s].
  private static func runSpeeds(_ rows: [Row]) -> [Double] {
    Dictionary(grouping: rows, by: \.run).sorted { $0.key < $1.key }.map { _, part in
      (part.reduce(0) { $0 + $1.velocity } / Double(part.count)).magnitude
    }
  }

  /// Speeds that differ by more than a fifth, in rising order [rad/s].
  private static func speeds(_ rows: [Row]) -> [Double] {
    var speeds: [Double] = []
    for speed in Self.runSpeeds(rows).sorted() where speed > 1.25 * (speeds.last ?? 0) {
      speeds.append(speed)
    }
    return speeds
  }

  /// Positions within half a radian do not tell sine, cosine and a constant apart; a constant and a slope do for them.
  private static func isNarrow(_ rows: [Row]) -> Bool {
    let positions = rows.map(\.position)
    return (positions.max() ?? 0) - (positions.min() ?? 0) < 0.5
  }

  /// Columns: sgn(v), v, a, with a Stribeck velocity its drop, with loads those, then 1, sin, cos; over a narrow range 1, q.
  private static func fit(_ rows: [Row], loads: [Double]?, stribeck: Double?) -> LinearFit? {
    let signs = rows.map { $0.velocity > 0 ? 1.0 : -1 }
    var columns = [signs, rows.map(\.velocity), rows.map(\.acceleration)]
    if let stribeck {
      columns.append(
        zip(rows, signs).map { row, sign in
          sign * Double.exp(-(row.velocity / stribeck) * (row.velocity / stribeck))
        })
    }
    if let loads { columns.append(zip(loads, signs).map { $0 * $1 }) }
    columns.append(rows.map { _ in 1 })
    if isNarrow(rows) {
      let middle = Self.middle(rows)
      columns.append(rows.map { $0.position - middle })
    } else {
      columns += [rows.map { Double.sin($0.position) }, rows.map { Double.cos($0.position) }]
    }
    return LinearFit.correlated(columns, rows.map(\.torque), least: 4)
  }
}
