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
  private static let sharp = 0.007
  /// What no data tell: a part of the inertia for filters and the torsion's other modes, a part of Coulomb friction for what is left of
  /// its reversals.
  private static let floor = (inertia: 0.003, friction: 0.008)

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
    var tones: [SlidingMotion] = []
    for (record, torque) in zip(records, torques) {
      tones += record.runs.compactMap {
        SlidingMotion(
          record.rows($0.rows), Array(torque[$0.rows]), lag: lag, gear: gear, window: Self.smoothing,
          slideShare: Self.slideShare)
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
    let quick = tones.map(\.highAcceleration).max() ?? 0
    let unseen = (Self.floor.inertia * value, Self.floor.friction * (friction?.coulomb ?? 0) / quick)
    let error =
      (best.standardErrors[0] * best.standardErrors[0] + unseen.0 * unseen.0 + unseen.1 * unseen.1)
      .squareRoot()
    inertia = Estimate(value, standardError: error).required(share: Self.sharp, floor: 0) {
      "swings scatter too much; excite with more torque"
    }
  }

  /// Columns of all tones: J, 1, b, without known friction Fc, then the gear's error.
  private static func fit(
    _ tones: [SlidingMotion], _ weights: [Double], _ friction: JointIdentification.Settings.Friction?,
    _ inertia: Double, _ gear: Gear
  ) -> LinearFit? {
    let errors = gear.errors == nil ? 0 : 2
    var columns = [[Double]](repeating: [], count: 3 + (friction == nil ? 1 : 0) + errors)
    var right: [Double] = []
    for (tone, weight) in zip(tones, weights) {
      let twist = Self.twist(at: tone.rate, inertia, gear)
      for row in tone.accelerations.indices {
        var known = 0.0
        columns[0].append(weight * twist * tone.accelerations[row])
        columns[1].append(weight)
        // A torque that is taken early or late looks like viscous friction, whatever that is.
        columns[2].append(weight * tone.velocities[row])
        if let friction {
          known = friction.coulomb * tone.sides[row] + friction.viscous * tone.velocities[row]
        } else {
          columns[3].append(weight * tone.sides[row])
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
  private static func weights(_ tones: [SlidingMotion], _ fit: LinearFit, _ before: [Double]) -> [Double] {
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
  /// - Returns: one torque a row.
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
