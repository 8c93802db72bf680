/// How far a joint gives way to torque while its output is held, from slow torque there and back.
///
/// Above three tenths of the highest torque a straight line is laid through each flank; what the lines are apart at no torque is lost
/// motion between the sides, and hysteresis between there and back.
public struct StiffnessResult: Sendable, Equatable {
  /// Torque by twist at the flanks [N.m/rad].
  public let stiffness: Estimate
  /// What the twist differs by between rising and falling torque [rad].
  public let hysteresis: Estimate
  /// What the lines of both sides are apart at no torque [rad]: play, and what is softer there.
  public let lostMotion: Estimate
  /// Root mean square of what is not explained [rad].
  public let residual: Double

  /// Reads stiffness off a record; nil where it has no torque both ways.
  ///
  /// - Parameters:
  ///   - record: slow torque there and back, the output held.
  ///   - step: step of the measured position [rad].
  public init?(_ record: JointRecord, step: Double) {
    let length = max(1, Int((0.05 / record.period).rounded()))
    func means(_ values: [Double]) -> [Double] {
      stride(from: 0, through: values.count - length, by: length).map {
        values[$0..<$0 + length].reduce(0, +) / Double(length)
      }
    }
    let (torques, positions) = (means(record.motionTorques), means(record.positions))
    guard let top = torques.map(\.magnitude).max(), top > 0, torques.count > 40 else { return nil }
    var columns = [[Double]](repeating: [], count: 5)
    var right: [Double] = []
    for index in 1..<torques.count - 1 where torques[index].magnitude > 0.3 * top {
      let slope = torques[index + 1] - torques[index - 1]
      guard slope != 0 else { continue }
      let flank = (torques[index] > 0 ? 0 : 2) + (slope > 0 ? 0 : 1)
      columns[0].append(torques[index])
      for place in 0..<4 { columns[1 + place].append(place == flank ? 1 : 0) }
      right.append(positions[index])
    }
    guard let fit = LinearFit.correlated(columns, right, least: 4) else { return nil }
    residual = fit.residual
    let (compliance, error) = (fit.values[0], fit.standardErrors[0])
    let twist = compliance.magnitude * top
    guard compliance > 0, twist > 2 * step, fit.residual < 0.2 * twist else {
      let moved = (positions.max() ?? 0) - (positions.min() ?? 0)
      let reason =
        moved < 2 * step || (compliance > 0 && fit.residual < 0.2 * twist)
        ? "the joint twists less than two steps of its encoder; more torque is needed"
        : "the position does not follow the torque on a line; the output has to be held"
      let guess = compliance > 0 ? 1 / compliance : 0
      stiffness = Estimate(guess: guess, because: reason)
      hysteresis = Estimate(guess: 0, because: reason)
      lostMotion = Estimate(guess: 0, because: reason)
      return
    }
    stiffness = Estimate(1 / compliance, standardError: error / (compliance * compliance))
      .required(share: 0.05, floor: 0) { "the twist scatters too much; repeat it more slowly" }
    let offset = fit.values
    let spread = fit.standardErrors[1...4].reduce(0) { $0 + $1 * $1 }.squareRoot() / 2
    hysteresis = Estimate(
      0.5 * (offset[2] - offset[1] + offset[4] - offset[3]), standardError: max(spread, step / 4))
    lostMotion = Estimate(
      0.5 * (offset[1] + offset[2] - offset[3] - offset[4]), standardError: max(spread, step / 4))
  }
}
