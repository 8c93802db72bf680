/// Play of a reducer, from reversals at low torque that the rotor's encoder sees: between its flanks the rotor runs light, and where it
/// meets the load its speed drops at once.
///
/// The way from where it turned to where it met the load is the play, as long as the load stood. What rings after a torsion, or a load
/// that runs on, scatters, and is said so.
public struct BacklashResult: Sendable, Equatable {
  /// Play from one flank to the other [rad].
  public let backlash: Estimate
  /// Ways from turning to meeting the load [rad].
  public let ways: [Double]
  /// Reversals that were looked at.
  public let reversalCount: Int

  /// Part that the speed has to drop by where the rotor meets the load.
  private static var leastDrop: Double { 0.3 }

  /// Reads play off a record; nil where it has fewer than two parts.
  ///
  /// - Parameters:
  ///   - record: parts of torque one way and the other.
  ///   - step: step of the measured position [rad].
  public init?(_ record: JointRecord, step: Double) {
    let runs = record.runs
    guard runs.count >= 2 else { return nil }
    reversalCount = runs.count - 1
    ways = runs.dropFirst().compactMap { Self.way(record, $0.rows, step: step) }
    guard 2 * ways.count >= reversalCount, ways.count >= 3 else {
      backlash = Estimate(
        guess: ways.isEmpty ? 0 : ways.sorted()[ways.count / 2],
        because:
          "\(ways.count) of \(reversalCount) reversals show the rotor meet its load; there is no play, or the torque"
          + " is too small to cross it")
      return
    }
    let sorted = ways.sorted()
    let middle = sorted[sorted.count / 2]
    let off = ways.map { ($0 - middle).magnitude }.sorted()[ways.count / 2]
    let error = max(1.25 * 1.48 * off / Double(ways.count).squareRoot(), step / 2)
    backlash = Estimate(middle, standardError: error).required(share: 0.2, floor: step) {
      "the ways from turning to meeting the load scatter; repeat it with less torque"
    }
  }

  /// The way from turning to the first drop of speed; nil where there is none.
  private static func way(_ record: JointRecord, _ rows: Range<Int>, step: Double) -> Double? {
    let mean = rows.reduce(0) { $0 + record.excitations[$1] }
    guard mean != 0, rows.count > 8 else { return nil }
    let sign = mean > 0 ? 1.0 : -1
    let speeds = rows.map { sign * record.velocities[$0] }
    // It turns where it last ran, or stood, the other way before its highest speed.
    var top = 0
    for index in speeds.indices {
      if speeds[index] > speeds[top] { top = index }
      let dropped = speeds[top] > 0 && speeds[index] < (1 - Self.leastDrop) * speeds[top]
      // A drop that takes as long as the rise is friction's, not a load's.
      if dropped, index - top <= max(4, top / 2) {
        let turned = speeds[..<top].lastIndex { $0 <= 0 } ?? 0
        let way =
          sign * (record.positions[rows.lowerBound + top] - record.positions[rows.lowerBound + turned])
        return way > step ? way : nil
      }
      if dropped { return nil }
    }
    return nil
  }
}
