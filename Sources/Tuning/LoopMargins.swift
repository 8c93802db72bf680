internal import Numerics

/// How far a loop is from instability, by the frequency response of the open loop with negative unity feedback.
public struct LoopMargins: Sendable, Equatable {
  /// A margin and where it is.
  public struct Margin: Sendable, Equatable {
    /// Phase margin [rad], or gain margin as a factor.
    public var value: Double
    /// [rad/s]
    public var frequency: Double
  }
  /// Phase that is left where the gain crosses one, of all crossings the smallest [rad]; nil without a crossing.
  public var phase: Margin?
  /// Factor that is left where the phase crosses half a turn, of all crossings the one nearest to one; nil without a crossing.
  public var gain: Margin?
  /// Delay that would use up the phase that is left, of all crossings the smallest [s]; nil without a crossing.
  public var delay: Double?
  /// Highest magnitude of the sensitivity 1 / (1 + L) at the points.
  public var sensitivityPeak: Double

  /// Reads the margins off a response; between points, the logarithm of the gain and the phase are taken to run straight over the
  /// logarithm of the frequency, and phases of neighbours to be less than half a turn apart.
  public init(of loop: FrequencyResponse) {
    sensitivityPeak = loop.points.map { 1 / (Complex(1) + $0.value).length }.max() ?? 0
    var angle = loop.points.first?.value.phase ?? 0
    for (before, after) in zip(loop.points, loop.points.dropFirst()) {
      let turned = Self.wrapped(after.value.phase - before.value.phase)
      let (low, high) = (Double.log(before.value.length), Double.log(after.value.length))
      let ratio = after.frequency / before.frequency
      if low.isFinite && high.isFinite {
        if (low >= 0) != (high >= 0) {
          let part = low / (low - high)
          note(
            phase: Self.wrapped(angle + part * turned + .pi), at: before.frequency * Double.pow(ratio, part))
        }
        // Half a turn, give or take whole ones.
        let (from, to) = ((angle - .pi) / (2 * .pi), (angle + turned - .pi) / (2 * .pi))
        let crossed = turned > 0 ? to.rounded(.down) : from.rounded(.down)
        if from.rounded(.down) != to.rounded(.down) {
          let part = (crossed - from) / (to - from)
          note(gain: Double.exp(-(low + part * (high - low))), at: before.frequency * Double.pow(ratio, part))
        }
      }
      angle += turned
    }
  }

  private mutating func note(phase value: Double, at frequency: Double) {
    if phase.map({ value < $0.value }) ?? true { phase = Margin(value: value, frequency: frequency) }
    // A loop that lacks phase gains it by the delay of most of a turn.
    let lag = value < 0 ? value + 2 * .pi : value
    delay = min(delay ?? .infinity, lag / frequency)
  }

  private mutating func note(gain value: Double, at frequency: Double) {
    let isNearer = gain.map { Double.log(value).magnitude < Double.log($0.value).magnitude } ?? true
    if isNearer { gain = Margin(value: value, frequency: frequency) }
  }

  /// An angle between minus and plus half a turn [rad].
  private static func wrapped(_ angle: Double) -> Double { angle.remainder(dividingBy: 2 * .pi) }
}
