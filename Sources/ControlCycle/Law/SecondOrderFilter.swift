/// A second-order low pass and its derivative, by the trapezoidal rule.
///
///     Q(s) = w^2 / (s^2 + 2 z w s + w^2)
///
/// `output` and `slope` keep the rule between them: the slope is the filtered derivative and no difference of its own.
struct SecondOrderFilter: BitwiseCopyable, Sendable {
  /// The filtered input.
  private(set) var output = 0.0
  /// Its derivative [1/s].
  private(set) var slope = 0.0

  /// A filter at rest on an input that has stood for long.
  @_noLocks init(restingOn input: Double = 0) { output = input }

  /// One step.
  ///
  /// - Parameters:
  ///   - before: input at the beginning of the period.
  ///   - now: input at its end; the same as before for an input that was held.
  ///   - bandwidth: w [rad/s].
  ///   - damping: z.
  ///   - period: length of the period [s].
  @_noLocks mutating func advance(
    before: Double, now: Double, bandwidth: Double, damping: Double, period: Double
  ) {
    let h = 0.5 * period
    let square = bandwidth * bandwidth
    let friction = 2 * damping * bandwidth
    let drive = square * (before - output + now - output - h * slope) - friction * slope
    let next = (slope + h * drive) / (1 + friction * h + square * h * h)
    output = clamp(output + h * (slope + next), -mostUsable, mostUsable)
    slope = clamp(next, -mostUsable * mostUsable, mostUsable * mostUsable)
  }
}
