internal import Numerics

/// Inertia of a gear without play, from those parts of swings in which the joint slides one way: there friction is a constant, whatever it
/// does near reversals, and a torque that is taken a little early or late is one with viscous friction.
///
///     torque = J a + Fc sgn(v) + b v + o + c1 d2/dt2 sin(n q) + c2 d2/dt2 cos(n q) + ...
///
/// A gear whose angle errs n times a turn of the joint speeds the load up and slows it down: by a few parts of a hundred where n is large,
/// as in a strain-wave gear, which errs twice a turn of its wave generator. The error is found beside the inertia.
public struct SlidingInertia: Sendable, Equatable {
  /// What is known of the gear.
  public struct Gear: Sendable, Equatable {
    /// Errors of its angle in a turn of the joint; nil where none are known.
    public var errors: Double?
    /// Stiffness [N.m/rad]; nil where it is not known.
    public var stiffness: Double?
    /// Inertia of the rotor, at the joint [kg.m^2].
    public var rotor: Double?

    /// A gear of which nothing is known.
    public init() {}
  }

  /// Inertia of rotor and load [kg.m^2].
  public let inertia: Estimate
  /// Amplitude of the gear's error at the joint [rad]; nil where none was looked for.
  public let gearError: Double?
  /// Root mean square of what is not explained [N.m].
  public let residual: Double

  /// Time over which signals are smoothed [s].
  private static let smoothing = 0.015
  /// Part of the high speeds below which friction may be anything.
  private static let slideShare = 0.25
  /// Standard error of an inertia that is known to a part of fifty.
  private static let sharp = 0.0075
  /// What no data tell: the drive's torque constant aside, filters and the torsion's other modes.
  private static let floor = 0.001

  /// Reads the inertia off swings; nil where a joint hardly slides, or its drive reports no torque.
  ///
  /// - Parameters:
  ///   - records: parts of one tone each: inertia.
  ///   - torques: per record, the torque that acted from the row before to each row [N.m].
  ///   - friction: friction that a sweep has found; looked for where nil.
  ///   - lag: time by which measured velocities are late [s].
  ///   - gear: what is known of the gear.
  public init?(
    _ records: [JointRecord], torques: [[Double]], friction: JointIdentification.Settings.Friction?,
    lag: Double, gear: Gear
  ) {
    var tones: [Tone] = []
    for (record, torque) in zip(records, torques) {
      tones += record.runs.compactMap {
        Tone(record.rows($0.rows), Array(torque[$0.rows]), lag: lag, errors: gear.errors)
      }
    }
    guard !tones.isEmpty else { return nil }
    var weights = [Double](repeating: 1, count: tones.count)
    var value = 0.0
    var best: LinearFit?
    for round in 0..<5 {
      guard let fit = Self.fit(tones, weights, friction, value, gear), fit.values[0] > 0 else { return nil }
      value = fit.values[0]
      best = fit
      // Swings that are too small for the window explain less: they count less.
      if round == 1 || round == 3 { weights = Self.weights(tones, fit, weights) }
    }
    guard let best else { return nil }
    residual = best.residual
    let first = gear.errors == nil ? nil : best.values.count - 2
    gearError = first.map { start in
      let (one, two) = (best.values[start], best.values[start + 1])
      return (one * one + two * two).squareRoot() / max(value - (gear.rotor ?? 0), 1e-9)
    }
    let error = (best.standardErrors[0] * best.standardErrors[0] + Self.floor * Self.floor * value * value)
      .squareRoot()
    inertia = Estimate(value, standardError: error).required(share: Self.sharp, floor: 0) {
      "swings scatter too much; excite with more torque"
    }
  }

  /// Columns of all tones: J, 1, without known friction its own, then the gear's error.
  private static func fit(
    _ tones: [Tone], _ weights: [Double], _ friction: JointIdentification.Settings.Friction?,
    _ inertia: Double, _ gear: Gear
  ) -> LinearFit? {
    let errors = gear.errors == nil ? 0 : 2
    var columns = [[Double]](repeating: [], count: 2 + (friction == nil ? 2 : 0) + errors)
    var right: [Double] = []
    for (tone, weight) in zip(tones, weights) {
      let twist = Self.twist(at: tone.rate, inertia, gear)
      for row in tone.accelerations.indices {
        var known = 0.0
        columns[0].append(weight * twist * tone.accelerations[row])
        columns[1].append(weight)
        if let friction {
          known = friction.coulomb * tone.sides[row] + friction.viscous * tone.velocities[row]
        } else {
          columns[2].append(weight * tone.sides[row])
          columns[3].append(weight * tone.velocities[row])
        }
        for error in 0..<errors {
          columns[columns.count - errors + error].append(weight * tone.errors[error][row])
        }
        right.append(weight * (tone.torques[row] - known))
      }
    }
    return LinearFit.correlated(columns, right)
  }

  /// By how much the load's wider swing makes an inertia seem larger at a frequency [rad/s].
  private static func twist(at rate: Double, _ inertia: Double, _ gear: Gear) -> Double {
    guard let stiffness = gear.stiffness, let rotor = gear.rotor, inertia > rotor else { return 1 }
    let load = inertia - rotor
    return (rotor + load / max(0.3, 1 - rate * rate * load / stiffness)) / inertia
  }

  /// Of each tone one over what is left of it.
  private static func weights(_ tones: [Tone], _ fit: LinearFit, _ before: [Double]) -> [Double] {
    var row = 0
    let left = zip(tones, before).map { tone, weight -> Double in
      let count = tone.accelerations.count
      let sum = fit.residuals[row..<row + count].reduce(0) { $0 + $1 * $1 }
      row += count
      return (sum / Double(count)).squareRoot() / weight
    }
    let least = 0.3 * (left.sorted()[left.count / 2])
    return left.map { 1 / max($0, least, 1e-9) }
  }

  /// Rows of one tone in which the joint slides one way, smoothed.
  private struct Tone {
    var accelerations: [Double] = []
    var velocities: [Double] = []
    var sides: [Double] = []
    var torques: [Double] = []
    var errors: [[Double]] = [[], []]
    /// [rad/s]
    var rate = 0.0

    init?(_ record: JointRecord, _ torques: [Double], lag: Double, errors: Double?) {
      let period = record.period
      let length = max(5, Int((SlidingInertia.smoothing / period).rounded()) | 1)
      let count = record.count
      guard count > 12 * length else { return nil }
      let window = SmoothingWindow(length: length)
      let early = Self.early(record, lag)
      let speed = window.apply(early)
      let torque = window.apply(torques)
      let quick = SmoothingWindow(length: 5).apply(early)
      let slopes = Self.slopes(quick, period)
      let waves = errors.map {
        Self.waves(record.positions, slopes, turns: $0, window, period)
      }
      func high(_ values: [Double]) -> Double { values.map(\.magnitude).sorted()[values.count * 19 / 20] }
      let highest = high(speed)
      guard highest > 0 else { return nil }
      let sides = Self.sides(quick, above: SlidingInertia.slideShare * highest, length: length)
      let changes = speed.indices.map { $0 == 0 ? 0 : (speed[$0] - speed[$0 - 1]) / period }
      rate = high(changes) / highest
      for row in 2 * length..<count - 2 * length where sides[row] != 0 {
        accelerations.append(changes[row])
        velocities.append(0.5 * (speed[row] + speed[row - 1]))
        self.sides.append(sides[row])
        self.torques.append(torque[row])
        for (place, wave) in (waves ?? []).enumerated() {
          self.errors[place].append(0.5 * (wave[row] + wave[row - 1]))
        }
      }
      guard accelerations.count > 10 * length, self.sides.contains(1), self.sides.contains(-1) else {
        return nil
      }
    }

    /// Velocities of the rows' own instants, which are measured later.
    private static func early(_ record: JointRecord, _ lag: Double) -> [Double] {
      record.velocities.indices.map { index in
        let place = min(max(Double(index) + lag / record.period, 0), Double(record.count - 1))
        let low = min(Int(place), record.count - 2)
        return record.velocities[low] + (place - Double(low))
          * (record.velocities[low + 1] - record.velocities[low])
      }
    }

    private static func slopes(_ values: [Double], _ period: Double) -> [Double] {
      values.indices.map { index in
        let (low, high) = (max(0, index - 1), min(values.count - 1, index + 1))
        return (values[high] - values[low]) / (Double(high - low) * period)
      }
    }

    /// 1 or -1 where all of the window about a row is faster than a speed, that way; else 0.
    private static func sides(_ speeds: [Double], above least: Double, length: Int) -> [Double] {
      var sides = [Double](repeating: 0, count: speeds.count)
      var (up, down) = (0, 0)
      for (index, speed) in speeds.enumerated() {
        up = speed > least ? up + 1 : 0
        down = speed < -least ? down + 1 : 0
        guard index >= length / 2 else { continue }
        sides[index - length / 2] = up >= length ? 1 : down >= length ? -1 : 0
      }
      return sides
    }

    /// What an error of the gear's angle of one radian, in sine and cosine, takes of an inertia of one at the load: its own acceleration,
    /// and the part by which it changes the ratio of the torque.
    private static func waves(
      _ positions: [Double], _ slopes: [Double], turns: Double, _ window: SmoothingWindow, _ period: Double
    ) -> [[Double]] {
      let angles = SmoothingWindow(length: 9).apply(positions).map { turns * $0 }
      let (sines, cosines) = (angles.map { Double.sin($0) }, angles.map { Double.cos($0) })
      return [(sines, cosines, turns), (cosines, sines, -turns)].map { wave, quarter, factor in
        let smooth = window.apply(wave)
        let ratio = window.apply(quarter.indices.map { factor * quarter[$0] * slopes[$0] })
        return smooth.indices.map { index in
          guard index > 0, index < smooth.count - 1 else { return 0 }
          return (smooth[index + 1] - 2 * smooth[index] + smooth[index - 1]) / (period * period)
            + ratio[index]
        }
      }
    }
  }
}

extension JointRecord {
  /// Torque that acted, on average, from the row before to each row [N.m]; nil where the drive reports none.
  ///
  /// Closed on the host it is what the drive reports: the command that was held. A drive that closes the loop by itself reports the last
  /// of its steps: with its gains the mean of all of them follows, as the command stood still meanwhile.
  ///
  /// - Parameters:
  ///   - gains: of a loop that the drive closes, stiffness [N.m/rad] and damping [N.m.s/rad]; nil on the host.
  ///   - step: time between two torques of such a loop [s].
  func actingTorques(_ gains: (stiffness: Double, damping: Double)?, step: Double) -> [Double]? {
    guard reportsTorque else { return nil }
    guard let gains else { return torques }
    let early = 0.5 * max(0, period - step)
    let smooth = SmoothingWindow(length: 5).apply(velocities)
    return torques.indices.map { index in
      let (low, high) = (max(0, index - 1), min(count - 1, index + 1))
      let slope = high > low ? (smooth[high] - smooth[low]) / (Double(high - low) * period) : 0
      return torques[index] + early * (gains.stiffness * velocities[index] + gains.damping * slope)
    }
  }
}
