/// One experiment on one joint as numbers: what was asked and what was measured, once a cycle, joint side.
///
/// Row k is what the host knew and wrote in cycle k: the measurement is the newest it had before it sent the torque.
public struct JointRecord: Sendable, Equatable {
  /// Time between rows [s].
  public var period: Double
  /// Instants of the rows, from the beginning of the excitation [s].
  public var times: [Double]
  /// Measured positions [rad].
  public var positions: [Double]
  /// Measured velocities [rad/s].
  public var velocities: [Double]
  /// Torques that the drive reports [N.m].
  public var torques: [Double]
  /// Torques of impedance and feed-forward together, at the row's measurement; where the host closes the loop, as it wrote them [N.m].
  public var appliedTorques: [Double]
  /// Commanded positions [rad].
  public var commandedPositions: [Double]
  /// Part of the torque that is the experiment's own [N.m].
  public var excitations: [Double]
  /// Part of the experiment that the row belongs to: a pose, a speed, a direction; -1 between parts.
  public var parts: [Int]

  /// Time over which the host carries a measured position forward before it computes a torque from it [s]; 0 where the drive does.
  public var carriedTime = 0.0

  /// A record; nil where columns differ in length, something is not finite, or the period is not above zero.
  public init?(
    period: Double, times: [Double], positions: [Double], velocities: [Double], torques: [Double],
    appliedTorques: [Double], commandedPositions: [Double], excitations: [Double], parts: [Int]
  ) {
    let columns = [times, positions, velocities, torques, appliedTorques, commandedPositions, excitations]
    guard period > 0, period.isFinite, parts.count == times.count,
      columns.allSatisfy({ $0.count == times.count && $0.allSatisfy(\.isFinite) })
    else { return nil }
    self.period = period
    self.times = times
    self.positions = positions
    self.velocities = velocities
    self.torques = torques
    self.appliedTorques = appliedTorques
    self.commandedPositions = commandedPositions
    self.excitations = excitations
    self.parts = parts
  }

  /// Number of rows.
  public var count: Int { times.count }

  /// The rows of a range.
  public func rows(_ range: Range<Int>) -> JointRecord {
    var part = self
    part.times = Array(times[range])
    part.positions = Array(positions[range])
    part.velocities = Array(velocities[range])
    part.torques = Array(torques[range])
    part.appliedTorques = Array(appliedTorques[range])
    part.commandedPositions = Array(commandedPositions[range])
    part.excitations = Array(excitations[range])
    part.parts = Array(parts[range])
    return part
  }

  /// The parts in the order of time: maximal runs of rows with the same number, those between parts left out.
  public var runs: [(part: Int, rows: Range<Int>)] {
    var runs: [(part: Int, rows: Range<Int>)] = []
    var first = 0
    for index in 1...max(count, 1) where index >= count || parts[index] != parts[first] {
      if first < count, parts[first] >= 0 { runs.append((parts[first], first..<min(index, count))) }
      first = index
    }
    return runs
  }

  /// Whether the drive reports a torque that has to do with the one that is applied: it varies, and at least half of that together.
  public var reportsTorque: Bool {
    let correlation = Self.correlation(torques, appliedTorques)
    return correlation.map { $0 > 0.5 } ?? false
  }

  /// Which torque an analysis of motion takes: what the drive reports, as that is of the same instant as the position, or what is
  /// applied where the drive reports none.
  public var motionTorques: [Double] { reportsTorque ? torques : appliedTorques }

  /// Correlation of two columns; nil where one of them does not vary.
  static func correlation(_ first: [Double], _ second: [Double]) -> Double? {
    let count = Double(first.count)
    guard first.count == second.count, count > 1 else { return nil }
    let (one, two) = (first.reduce(0, +) / count, second.reduce(0, +) / count)
    var (product, left, right) = (0.0, 0.0, 0.0)
    for index in first.indices {
      let (a, b) = (first[index] - one, second[index] - two)
      product += a * b
      left += a * a
      right += b * b
    }
    guard left > 0, right > 0 else { return nil }
    return product / (left * right).squareRoot()
  }
}
