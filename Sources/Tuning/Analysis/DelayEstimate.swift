internal import Numerics

/// The time from a torque that is sent to what it does to the measured motion, by two ways that have to agree: cross-correlation, and the
/// delay with which the equation of motion leaves the least unexplained.
public struct DelayEstimate: Sendable, Equatable {
  /// From the measurement of a row to the instant at which the torque of that row begins to act [s].
  public let delay: Estimate
  /// The same by cross-correlation of the torque with what the motion takes [s].
  public let correlated: Double?
  /// Highest correlation of the torque and of what the motion takes.
  public let correlation: Double
  /// Time by which a measured velocity is older than the position beside it [s].
  public let velocityLag: Estimate

  /// Looks for the delay; nil where the joint hardly moves.
  ///
  /// - Parameters:
  ///   - record: quick random torque.
  ///   - step: step of the measured position [rad]; taken from the data where nil.
  ///   - most: longest delay [s]; eight periods where nil.
  public init?(_ record: JointRecord, step: Double? = nil, most: Double? = nil) {
    let quantum = step ?? MotionSignals.quantum(of: record)
    guard let signals = MotionSignals(record, quantum: quantum),
      let fit = MotionFit(record, step: step, hasWeight: false, mostDelay: most)
    else { return nil }
    velocityLag = fit.velocityLag
    let longest = Int(((most ?? 8 * record.period) / record.period).rounded(.up)) + 2
    let peak = Self.peak(record, signals, fit, longest: longest)
    correlation = peak?.height ?? 0
    correlated = peak.map { $0.lag * record.period - 0.5 * record.period }
    if fit.delay.isIdentified, let correlated, (correlated - fit.delay.value).magnitude > 1.5 * record.period
    {
      delay = Estimate(
        guess: fit.delay.value, standardError: (correlated - fit.delay.value).magnitude,
        because: "cross-correlation says \(DesignCheck.number(1000 * correlated)) ms, the equation of motion"
          + " \(DesignCheck.number(1000 * fit.delay.value)) ms; excite it with more torque")
    } else {
      delay = fit.delay
    }
  }

  /// Where the torque and what the motion takes are most alike [samples], between samples on a parabola.
  private static func peak(
    _ record: JointRecord, _ signals: MotionSignals, _ fit: MotionFit, longest: Int
  ) -> (lag: Double, height: Double)? {
    let torque = signals.window.apply(record.appliedTorques)
    let taken = signals.window.apply(
      signals.velocity.indices.map { index in
        let velocity = signals.velocity[index]
        let sliding = velocity == 0 ? 0 : (velocity > 0 ? 1 : -1) * fit.coulomb.value
        return fit.inertia.value * signals.acceleration[index] + fit.viscous.value * velocity + sliding
      })
    let twice = signals.window.apply(torque)
    let margin = 3 * signals.window.length
    guard record.count > 2 * margin + 4 * longest else { return nil }
    let rows = (margin + longest)..<(record.count - margin)
    let lags = Array(-2...longest)
    let heights = lags.map { lag in
      JointRecord.correlation(rows.map { twice[$0 - lag] }, rows.map { taken[$0] }) ?? 0
    }
    guard let top = heights.indices.max(by: { heights[$0] < heights[$1] }), top > 0, top < lags.count - 1
    else {
      return nil
    }
    let (before, here, after) = (heights[top - 1], heights[top], heights[top + 1])
    let curve = before - 2 * here + after
    return (Double(lags[top]) + (curve < 0 ? 0.5 * (before - after) / curve : 0), here)
  }
}
