/// What a step response shows, by one definition everywhere, so that reports compare.
///
/// Sampled: an instant is that of the first sample that fulfils the condition, as in python-control's `step_info`; the grid is the
/// resolution. Times count from the first sample.
public struct StepMetrics: Sendable, Equatable {
  /// From the first sample beyond 10 % of the step to the first beyond 90 % [s]; nil where it never gets there.
  public var riseTime: Double?
  /// The first sample from which on the response stays within `band` of the step around its end [s]; nil where the last one is
  /// outside.
  public var settlingTime: Double?
  /// Highest excess over the end [% of the step], at least 0.
  public var overshoot: Double
  /// Highest value in the step's direction [unit of the response].
  public var peak: Double
  /// When it was reached [s].
  public var peakTime: Double
  /// Integral of the error's magnitude [unit s].
  public var integralOfAbsoluteError: Double
  /// The same, weighted with the time since the step [unit s^2].
  public var timeWeightedIntegralOfAbsoluteError: Double
  /// Integral of the error's square [unit^2 s].
  public var integralOfSquaredError: Double
  /// What is left between the last sample and the end [unit].
  public var finalError: Double

  /// Part of the step within which a response counts as settled, unless something else is asked for.
  public static let usualBand = 0.02

  /// Measures a response; nil where there is no step, no response, or something is not finite.
  ///
  /// - Parameters:
  ///   - times: instants of the samples [s], rising.
  ///   - values: the response, one value a sample.
  ///   - start: value before the step.
  ///   - end: value that is asked for.
  ///   - band: part of the step within which it counts as settled.
  public init?(
    times: [Double], values: [Double], from start: Double, to end: Double, band: Double = Self.usualBand
  ) {
    let step = end - start
    guard times.count == values.count, times.count > 1, step != 0, band > 0,
      (times + values + [start, end]).allSatisfy(\.isFinite),
      zip(times, times.dropFirst()).allSatisfy({ $0 < $1 })
    else { return nil }
    /// Part of the step that is done, by sample.
    let parts = values.map { ($0 - start) / step }
    if let low = parts.firstIndex(where: { $0 >= 0.1 }), let high = parts.firstIndex(where: { $0 >= 0.9 }) {
      riseTime = times[high] - times[low]
    }
    let outside = parts.lastIndex { ($0 - 1).magnitude >= band }
    if outside != parts.count - 1 { settlingTime = times[outside.map { $0 + 1 } ?? 0] - times[0] }
    var highest = 0
    for index in parts.indices where parts[index] > parts[highest] { highest = index }
    peak = values[highest]
    peakTime = times[highest] - times[0]
    overshoot = max(0, 100 * (parts[highest] - 1))
    (integralOfAbsoluteError, timeWeightedIntegralOfAbsoluteError, integralOfSquaredError) = (0, 0, 0)
    for index in 1..<times.count {
      let width = times[index] - times[index - 1]
      let (before, after) = (end - values[index - 1], end - values[index])
      integralOfAbsoluteError += width * (before.magnitude + after.magnitude) / 2
      timeWeightedIntegralOfAbsoluteError +=
        width
        * (before.magnitude * (times[index - 1] - times[0]) + after.magnitude * (times[index] - times[0])) / 2
      integralOfSquaredError += width * (before * before + after * after) / 2
    }
    finalError = end - values[values.count - 1]
  }
}
