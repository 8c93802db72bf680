internal import Numerics

/// Inertia by momentum, from swings to and fro: between two peaks of speed the torque's impulse, less friction's, is the change of
/// momentum.
///
///     integral of torque = J (v2 - v1) + Fc integral of sgn(v) + b (q2 - q1) + o (t2 - t1)
///
/// At a peak of speed rotor and load move as one, whatever play did in between; friction acts one way as long as the other and hardly
/// counts; no acceleration is taken of quantised positions.
public struct SwingInertia: Sendable, Equatable {
  /// One tone.
  public struct Tone: Sendable, Equatable {
    /// Inertia [kg.m^2].
    public let inertia: Double
    /// Its standard error, with what half a period says that torque and velocity may be apart [kg.m^2].
    public let standardError: Double
    /// Frequency of the swings [rad/s].
    public let rate: Double
    /// Way of a swing to one side [rad].
    public let way: Double
    /// Half swings that were used.
    public let count: Int
    /// Highest torque that the inertia takes, over the friction's.
    public let inertialShare: Double
  }

  /// Those parts of the records in which the joint swung, the widest first.
  public let tones: [Tone]
  /// Inertia of rotor and load [kg.m^2], by the widest tone; tones that disagree say that something else is at work.
  public let inertia: Estimate

  /// Part by which the two widest tones may differ.
  private static var tolerance: Double { 0.03 }

  /// Torque of the inertia over friction's below which the swings say too little.
  private static var leastShare: Double { 1 }
  /// Part of the highest speed below which a joint hardly moves.
  private static var stillShare: Double { 0.1 }

  /// Reads the inertia off swings; nil where there are none.
  ///
  /// - Parameters:
  ///   - records: parts of one tone each: inertia.
  ///   - friction: friction that a sweep has found.
  ///   - lag: time by which measured velocities are late [s].
  public init?(_ records: [JointRecord], friction: JointIdentification.Settings.Friction, lag: Double) {
    let found = records.flatMap { record in
      record.runs.compactMap { Self.tone(record.rows($0.rows), friction, lag: lag) }
    }
    tones = found.sorted { $0.way > $1.way }
    guard let widest = tones.first else { return nil }
    let value = widest.inertia
    guard tones.count > 1 else {
      inertia = Estimate(
        guess: value, standardError: value,
        because: "one tone alone says nothing of what else is at work; excite with several")
      return
    }
    let apart = (tones[1].inertia - value).magnitude
    guard widest.inertialShare > Self.leastShare else {
      inertia = Estimate(
        guess: value, standardError: max(widest.standardError, apart),
        because: "friction takes more torque than the inertia; excite with more torque")
      return
    }
    if apart > Self.tolerance * value {
      inertia = Estimate(
        guess: value, standardError: apart,
        because: "tones of \(DesignCheck.number(widest.rate / (2 * .pi))) and"
          + " \(DesignCheck.number(tones[1].rate / (2 * .pi))) Hz say inertias that differ by"
          + " \(DesignCheck.number(100 * apart / value)) %; excite with more torque at lower frequencies")
    } else {
      inertia = Estimate(value, standardError: max(widest.standardError, 0.5 * apart))
        .required(share: 0.006, floor: 0) { "swings scatter too much; excite with more torque" }
    }
  }

  /// One change of momentum.
  private struct Swing {
    var impulse: Double
    var change: Double
    var time: Double
  }

  private static func tone(
    _ record: JointRecord, _ friction: JointIdentification.Settings.Friction, lag: Double
  ) -> Tone? {
    guard record.count > 200 else { return nil }
    let early = SlidingMotion.early(record, lag)
    let speed = SmoothingWindow(length: 5).apply(early)
    let broad = SmoothingWindow(length: 15).apply(early)
    let torques = record.motionTorques
    let peaks = Self.peaks(broad)
    guard peaks.count > 8 else { return nil }
    let high = peaks.map { broad[$0].magnitude }.sorted()[peaks.count * 9 / 10]
    // Where the joint hardly moves friction may be anything: neither that impulse nor that momentum counts.
    let still = Self.stillShare * high
    var (impulse, sliding, slow) = ([0.0], [0.0], [0.0])
    for index in torques.indices {
      let moves = speed[index].magnitude > still
      impulse.append(impulse[index] + (moves ? torques[index] * record.period : 0))
      sliding.append(sliding[index] + (moves ? (speed[index] > 0 ? record.period : -record.period) : 0))
      slow.append(slow[index] + (moves ? record.period : 0))
    }
    var swings: [Swing] = []
    for (first, second) in zip(peaks, peaks.dropFirst())
    where min(broad[first].magnitude, broad[second].magnitude) > 0.5 * high {
      func between(_ sums: [Double]) -> Double {
        0.5 * (sums[second] + sums[second + 1] - sums[first] - sums[first + 1])
      }
      let lost =
        friction.coulomb * between(sliding)
        + friction.viscous * (record.positions[second] - record.positions[first])
      let change = speed[second] - speed[first]
      swings.append(
        Swing(
          impulse: between(impulse) - lost, change: change - (change > 0 ? 2 * still : -2 * still),
          time: between(slow)))
    }
    guard swings.count > 6 else { return nil }
    guard
      let fit = LinearFit(
        [swings.map(\.change), swings.map(\.time)], swings.map(\.impulse), least: 3),
      fit.values[0] > 0
    else { return nil }
    let half = Double(peaks[peaks.count - 1] - peaks[0]) / Double(peaks.count - 1) * record.period
    // An impulse that is taken half a period too early or late is off by friction's torque, the one way and the other.
    let apart = 0.5 * record.period * friction.coulomb / high
    let error = (fit.standardErrors[0] * fit.standardErrors[0] + apart * apart).squareRoot()
    return Tone(
      inertia: fit.values[0], standardError: error, rate: .pi / half, way: high * half / .pi,
      count: swings.count,
      inertialShare: fit.values[0] * high * .pi / half / max(friction.coulomb, 1e-9))
  }

  /// Where the speed is highest between two changes of its sign.
  private static func peaks(_ speed: [Double]) -> [Int] {
    var peaks: [Int] = []
    var top: Int?
    var isInside = false
    for index in 1..<speed.count {
      if (speed[index] > 0) != (speed[index - 1] > 0) {
        if isInside, let top { peaks.append(top) }
        (top, isInside) = (index, true)
      } else if let highest = top, speed[index].magnitude > speed[highest].magnitude {
        top = index
      }
    }
    return peaks
  }
}
