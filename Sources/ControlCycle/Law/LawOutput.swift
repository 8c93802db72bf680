/// The last stage of a law: within its limit, a number whatever went in, and without a step where gains or modes change.
///
/// In the cycle of a change the output stays what it was, and what the law would ask for instead comes in linearly over
/// `fadeTime`. So a change adds to the torque, from one cycle to the next, at most
///
///     2 x limit x period / fadeTime
///
/// beside what the inputs' own changes do. A limit that shrinks is obeyed at once.
public struct LawOutput: BitwiseCopyable, Sendable {
  /// Time in which a difference fades [s].
  public static var fadeTime: Double { @_noLocks get { 0.05 } }

  /// The newest output, in the law's unit.
  public private(set) var value = 0.0
  /// What is left of the difference that a change made.
  public private(set) var offset = 0.0
  /// Whether the newest output was cut to the limit.
  public private(set) var isSaturated = false
  /// Updates whose inputs made no sense and were passed over.
  public private(set) var rejected: Int32 = 0
  /// How fast the difference fades, a second.
  private var rate = 0.0
  /// Whether the next output begins from the value, whatever is asked.
  private var isHeld = false

  /// An output at zero.
  @_noLocks public init() {}

  /// Whether an output follows that has to begin from another law's: `update` passes the difference over.
  @_noLocks public mutating func takeOver(from other: Double) {
    guard isSignal(other) else { return }
    value = other
    isHeld = true
  }

  /// What comes out when a law asks for `raw`.
  ///
  /// - Parameters:
  ///   - raw: what the law asks for; what is not a number is passed over.
  ///   - limit: most that may come out, either way; nothing where it is no number above zero.
  ///   - period: time since the update before [s].
  ///   - isChanged: whether gains or mode are others than in the update before.
  /// - Returns: the output.
  @_noLocks public mutating func settle(
    _ raw: Double, limit: Double, period: Double, isChanged: Bool
  ) -> Double {
    guard raw.isFinite && isPeriod(period) else { return pass(limit: limit, period: period) }
    let bound = LawOutput.bound(limit)
    let asked = clamp(raw, -bound, bound)
    if isChanged || isHeld {
      isHeld = false
      offset = clamp(value, -bound, bound) - asked
      rate = magnitude(offset) / LawOutput.fadeTime
    } else {
      let step = rate * period
      offset = magnitude(offset) <= step ? 0 : offset + (offset < 0 ? step : -step)
    }
    value = clamp(asked + offset, -bound, bound)
    isSaturated = magnitude(raw + offset) > bound
    return value
  }

  /// What comes out when the inputs make no sense: the output before, on its way to nothing.
  @_noLocks public mutating func pass(limit: Double, period: Double) -> Double {
    if rejected < Int32.max { rejected += 1 }
    let bound = LawOutput.bound(limit)
    let step = isPeriod(period) ? bound * period / LawOutput.fadeTime : 0
    let left = magnitude(value) <= step ? 0 : value + (value < 0 ? step : -step)
    value = clamp(left, -bound, bound)
    offset = 0
    isHeld = true
    return value
  }

  /// A limit as it is used: at least zero, and a number.
  @_noLocks static func bound(_ limit: Double) -> Double {
    limit > 0 ? smaller(limit, mostUsable) : 0
  }
}

/// Largest number that a law works with: beyond it stands no angle, speed, torque or gain of a joint, and the products of
/// a few of them stay finite.
var mostUsable: Double { @_noLocks get { 1e9 } }

/// Whether a law can work with a number.
@_noLocks func isSignal(_ x: Double) -> Bool { magnitude(x) <= mostUsable }

/// Whether a gain can be used: a number that is not below zero.
@_noLocks func isGain(_ x: Double) -> Bool { x >= 0 && x <= mostUsable }

/// Whether a time can be that of a cycle: up to a second.
@_noLocks func isPeriod(_ x: Double) -> Bool { x >= 1e-6 && x <= 1 }
