internal import Numerics

/// The weight that a joint carries, from poses that it visits slowly, each from both sides: what friction holds back has the other
/// sign on the other side, and goes out of the mean.
///
///     torque = s sin(q) + c cos(q) + o
public struct GravityFit: Sendable, Equatable {
  /// One pose.
  public struct Pose: Sendable, Equatable {
    /// Mean of the measured positions [rad].
    public let position: Double
    /// Mean of the torques from both sides [N.m].
    public let torque: Double
    /// Half of what they differ by: friction while standing [N.m].
    public let friction: Double
  }

  /// In rising order of position.
  public let poses: [Pose]
  /// s [N.m].
  public let sine: Estimate
  /// c [N.m].
  public let cosine: Estimate
  /// o, which no weight makes: an offset of the drive's torque, or friction that differs by side [N.m].
  public let offset: Estimate
  /// Root mean square of what is not explained [N.m].
  public let residual: Double
  private let values: [Double]

  /// Fits the weight; nil where fewer than three poses were visited from both sides.
  public init?(_ record: JointRecord) {
    guard let poses = Self.poses(record), poses.count >= 3 else { return nil }
    self.poses = poses
    let torques = poses.map(\.torque)
    let columns = [
      poses.map { Double.sin($0.position) }, poses.map { Double.cos($0.position) }, poses.map { _ in 1.0 },
    ]
    // One more number than the weight has: only where poses are many and far apart.
    let wide = poses.count >= 5 ? LinearFit(columns, torques, least: 1) : nil
    let isWide = wide.map { $0.inflations.allSatisfy { $0 <= JointIdentification.mostInflation } } ?? false
    guard let fit = isWide ? wide : LinearFit(Array(columns.prefix(2)), torques, least: 1) else { return nil }
    func estimate(_ column: Int) -> Estimate {
      let value = Estimate(fit.values[column], standardError: fit.standardErrors[column])
      guard fit.inflations[column] > JointIdentification.mostInflation else {
        return value.required(share: 0.1, floor: 0.02 * fit.rightNorm + 0.005) {
          "the torques of the poses scatter too much; visit more poses, or stay longer"
        }
      }
      return Estimate(
        guess: value.value, standardError: value.standardError,
        because: "the poses are too close to each other to tell sine from cosine; visit more of the range")
    }
    sine = estimate(0)
    cosine = estimate(1)
    offset =
      isWide
      ? estimate(2)
      : Estimate(
        guess: 0, because: "the poses do not tell an offset from the weight; visit more of the range")
    residual = fit.residual
    values = fit.values
  }

  /// Torque that holds the weight at a position, as it was fitted [rad, N.m]; good where poses were visited, whatever is flagged.
  public func torque(at position: Double) -> Double {
    values[0] * Double.sin(position) + values[1] * Double.cos(position) + (values.count > 2 ? values[2] : 0)
  }

  /// Slope of the weight's torque at a position [rad, N.m/rad]: what it adds to the joint's stiffness.
  public func stiffness(at position: Double) -> Double {
    values[0] * Double.cos(position) - values[1] * Double.sin(position)
  }

  /// The poses that were visited from both sides; the later half of each visit counts.
  static func poses(_ record: JointRecord) -> [Pose]? {
    let torques = record.motionTorques
    var visits: [(place: Double, position: Double, torque: Double, isUp: Bool)] = []
    var before = record.commandedPositions.first ?? 0
    for run in record.runs {
      let half = run.rows.dropFirst(run.rows.count / 2)
      guard let last = half.last, half.count > 2 else { continue }
      let place = record.commandedPositions[last]
      defer { before = place }
      let count = Double(half.count)
      visits.append(
        (
          place, half.reduce(0) { $0 + record.positions[$1] } / count,
          half.reduce(0) { $0 + torques[$1] } / count, approach(record, run.rows, from: before) > 0
        ))
    }
    guard let first = visits.map(\.place).min(), let top = visits.map(\.place).max(), top > first else {
      return nil
    }
    let apart = 1e-3 * (top - first)
    var poses: [Pose] = []
    var rest = visits.sorted { $0.place < $1.place }[...]
    while let lead = rest.first {
      let same = rest.prefix { $0.place - lead.place <= apart }
      rest = rest.dropFirst(same.count)
      let (up, down) = (same.filter(\.isUp), same.filter { !$0.isUp })
      guard !up.isEmpty, !down.isEmpty else { continue }
      func mean(_ visits: some Collection<Double>) -> Double { visits.reduce(0, +) / Double(visits.count) }
      let (above, below) = (mean(up.map(\.torque)), mean(down.map(\.torque)))
      poses.append(
        Pose(
          position: 0.5 * (mean(up.map(\.position)) + mean(down.map(\.position))),
          torque: 0.5 * (above + below),
          friction: 0.5 * (above - below)))
    }
    return poses
  }

  /// Which way a pose was come to: the newest way that the command went before it, or while it settled.
  private static func approach(_ record: JointRecord, _ rows: Range<Int>, from before: Double) -> Double {
    let place = record.commandedPositions[rows.upperBound - 1]
    var index = rows.upperBound - 1
    while index > 0 {
      let moved = record.commandedPositions[index] - record.commandedPositions[index - 1]
      if moved != 0 { return moved }
      index -= 1
    }
    return place - before
  }
}

/// What a drive's torques are worth, from a weight that is known.
public struct TorqueConstantResult: Sendable, Equatable {
  /// True torque over the one that the drive reports; the drive's torque constant is wrong by this factor.
  public let scale: Estimate
  /// What the drive reports without load [N.m].
  public let offset: Estimate
  /// Number of poses that were used.
  public let poseCount: Int

  /// Compares; nil where fewer than three poses were visited from both sides.
  ///
  /// - Parameters:
  ///   - record: poses, each visited from both sides.
  ///   - weight: torque that holds the limb at a position, by its masses [rad, N.m].
  public init?(_ record: JointRecord, weight: (Double) -> Double) {
    guard let poses = GravityFit.poses(record), poses.count >= 3 else { return nil }
    let known = poses.map { weight($0.position) }
    poseCount = poses.count
    let (low, high) = (known.min() ?? 0, known.max() ?? 0)
    let friction = poses.map(\.friction.magnitude).reduce(0, +) / Double(poses.count)
    guard known.allSatisfy(\.isFinite), high > low,
      let fit = LinearFit([known, known.map { _ in 1.0 }], poses.map(\.torque), least: 1), fit.values[0] > 0
    else {
      let reason = "the weight's torque is the same at every pose; visit poses where it differs"
      scale = Estimate(guess: 1, because: reason)
      offset = Estimate(guess: 0, because: reason)
      return
    }
    let value = 1 / fit.values[0]
    let error = fit.standardErrors[0] * value * value
    if high - low < 2 * friction {
      scale = Estimate(
        guess: value, standardError: error,
        because:
          "the weight changes by \(DesignCheck.number(high - low)) N.m only, friction holds \(DesignCheck.number(friction))"
          + " N.m; load the limb")
    } else {
      scale = Estimate(value, standardError: error).required(share: 0.03, floor: 0) {
        "the torques of the poses scatter too much; visit more poses, or load the limb"
      }
    }
    offset = Estimate(fit.values[1], standardError: fit.standardErrors[1])
  }
}
