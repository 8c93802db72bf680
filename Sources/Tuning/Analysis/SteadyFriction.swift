internal import Numerics

/// Friction from a sweep of speeds whose inertia is known: of each stroke one mean, free of what its change of speed took.
///
///     torque - J a = (Fc + (Fs - Fc) exp(-(v / vs)^2)) sgn(v) + b v + o
///
/// A joint on soft gains still swings while it is to go evenly. Its acceleration goes with speed and direction as friction does, so that a fit
/// that has to find J from the same strokes gives a part of one to the other: with J from swings it cannot. A stroke counts from where the
/// joint has come loose, the less the more of its torque the inertia took.
public struct SteadyFriction: Sendable, Equatable {
  /// Fc [N.m].
  public let coulomb: Estimate
  /// b [N.m.s/rad].
  public let viscous: Estimate
  /// Strokes that were used.
  public let strokeCount: Int

  /// Time at the beginning of a stroke that does not count [s], where that is less than a fifth of it.
  private static let lead = 0.1
  /// Part of the speed that was asked for below which a joint has not come loose yet, and part of a stroke that has to be left behind that.
  private static let looseShare = 0.5
  private static let leftShare = 0.4
  /// Shortest time of a stroke that counts [s], and time over which speeds are smoothed [s].
  private static let shortest = 0.09
  private static let smoothing = 0.015
  /// What a stroke's mean may be off: a torque [N.m], a part of the torque, a part of what the inertia took.
  private static let noise = (torque: 0.002, share: 0.005, inertial: 0.15)
  /// Standard error of Coulomb friction up to which it is known to a part of twenty.
  private static let sharp = 0.01

  /// One stroke.
  private struct Stroke {
    var side: Double
    var velocity: Double
    var position: Double
    var inertial: Double
    var torque: Double
  }

  /// Reads friction off a sweep; nil where fewer than four strokes, or only one way, can be used.
  ///
  /// - Parameters:
  ///   - record: speeds there and back.
  ///   - inertia: inertia of rotor and load [kg.m^2]; the less it is known, the less a stroke counts that it took part in.
  ///   - hasWeight: whether the joint carries a weight, whose torque changes with the position.
  public init?(_ record: JointRecord, inertia: Estimate, hasWeight: Bool = false) {
    let strokes = record.runs.compactMap { Self.stroke(record, $0.rows, inertia.value) }
    let inertial = max(Self.noise.inertial, min(inertia.relativeError, 1e6))
    guard strokes.count >= 4, strokes.contains(where: { $0.side > 0 }),
      strokes.contains(where: { $0.side < 0 }), var best = Self.fit(strokes, inertial, hasWeight, bend: nil)
    else { return nil }
    strokeCount = strokes.count
    var speeds: [Double] = []
    for speed in strokes.map(\.velocity.magnitude).sorted() where speed > 1.25 * (speeds.last ?? 0) {
      speeds.append(speed)
    }
    // Three speeds and more have to lie well above where friction falls, or the fall and viscous friction are one.
    if speeds.count >= 4 {
      let plain = best.residual * best.residual
      let highest = 0.5 * speeds[speeds.count - 3]
      if highest > 0.5 * speeds[0] {
        for bend in FrequencyResponse.logarithmic(from: 0.5 * speeds[0], to: highest, count: 30) {
          guard let found = Self.fit(strokes, inertial, hasWeight, bend: bend),
            found.residual < best.residual,
            found.residual * found.residual < 0.5 * plain, found.values[3] > 4 * found.standardErrors[3],
            found.values[3] < 0.5 * found.values[0]
          else { continue }
          best = found
        }
      }
    }
    // Strokes that agree better than they can be trusted do not say so.
    let least = max(1, 0.5 / max(best.residual, 1e-12))
    let top = speeds[speeds.count - 1]
    let sliding = Estimate(best.values[0], standardError: least * best.standardErrors[0])
    let slope = Estimate(best.values[1], standardError: least * best.standardErrors[1])
    guard top > 2 * speeds[0] else {
      let cause =
        "all speeds are alike, so that Coulomb and viscous friction are one number; sweep over speeds of 1 to 4"
      coulomb = Estimate(guess: sliding.value, standardError: sliding.standardError, because: cause)
      viscous = Estimate(guess: slope.value, standardError: slope.standardError, because: cause)
      return
    }
    coulomb = sliding.required(share: Self.sharp, floor: 0) {
      "the strokes' torques scatter; sweep for longer, or with gains that hold the speed"
    }.plausible(sliding.value > 0, "friction drives the joint; sweep at more speeds")
    viscous = slope.required(share: 0.1, floor: 0.02 * sliding.value.magnitude / top) {
      "viscous friction is small beside what scatters; sweep at higher speeds"
    }.plausible(
      slope.value * top > 0.02 * sliding.value,
      "at the highest speed viscous friction is under a fiftieth of Coulomb friction; sweep at higher speeds")
  }

  /// One stroke from where the joint has come loose; nil where it sticks, or never gets to its speed.
  private static func stroke(_ record: JointRecord, _ rows: Range<Int>, _ inertia: Double) -> Stroke? {
    let period = record.period
    let skipped = min(rows.count / 5, Int((lead / period).rounded()))
    let length = max(3, Int((smoothing / period).rounded()) | 1)
    guard rows.count - skipped > 4 * length, let last = rows.last else { return nil }
    let asked =
      (record.commandedPositions[last] - record.commandedPositions[rows.lowerBound])
      / (Double(rows.count - 1) * period)
    guard asked != 0 else { return nil }
    let side = asked > 0 ? 1.0 : -1
    let begun = rows.lowerBound + skipped
    let speeds = SmoothingWindow(length: length).apply(record.velocities[begun...last].map { side * $0 })
    let stuck = speeds.lastIndex { $0 < looseShare * asked.magnitude }
    let first = stuck.map { begun + $0 + length / 2 } ?? begun
    let (count, whole) = (last - first + 1, rows.count - skipped)
    guard Double(count) > leftShare * Double(whole), Double(count) * period >= shortest,
      ((record.positions[last] - record.positions[first]) / (Double(count - 1) * period) - asked).magnitude
        < 0.25 * asked.magnitude
    else { return nil }
    func mean(_ values: [Double], _ range: Range<Int>) -> Double {
      range.reduce(0) { $0 + values[$1] } / Double(range.count)
    }
    // From the middle of the first few rows to the middle of the last few.
    let few = 2 * (length / 4) + 1
    let change =
      mean(record.velocities, last + 1 - few..<last + 1) - mean(record.velocities, first..<first + few)
    let middle = first + few / 2..<last + 1 - few / 2
    return Stroke(
      side: side, velocity: mean(record.velocities, middle), position: mean(record.positions, middle),
      inertial: inertia * change / (Double(count - few) * period),
      torque: mean(record.motionTorques, middle))
  }

  /// Columns: sgn(v), v, 1, with a bend its fall, with a weight the position.
  private static func fit(
    _ strokes: [Stroke], _ inertialShare: Double, _ hasWeight: Bool, bend: Double?
  ) -> LinearFit? {
    let weights = strokes.map { stroke -> Double in
      let (share, inertial) = (noise.share * stroke.torque, inertialShare * stroke.inertial)
      return 1 / (noise.torque * noise.torque + share * share + inertial * inertial).squareRoot()
    }
    var columns = [strokes.map(\.side), strokes.map(\.velocity), strokes.map { _ in 1.0 }]
    if let bend {
      columns.append(
        strokes.map { $0.side * Double.exp(-($0.velocity / bend) * ($0.velocity / bend)) })
    }
    if hasWeight {
      let middle = strokes.reduce(0) { $0 + $1.position } / Double(strokes.count)
      columns.append(strokes.map { $0.position - middle })
    }
    let weighted = columns.map { zip($0, weights).map { $0 * $1 } }
    return LinearFit(weighted, zip(strokes, weights).map { ($0.torque - $0.inertial) * $1 }, least: 1)
  }
}
