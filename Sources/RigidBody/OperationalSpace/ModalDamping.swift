import CRealMath

/// Which damping an oscillator of unit inertia and natural frequency w gets.
public struct ModalDamping: BitwiseCopyable, Sendable, Equatable {
  /// Damping ratio that it is to have.
  public var ratio: Double
  /// Time by which its spring and damper act late: from the measurement to the middle of the period over which the answer
  /// is held [s].
  public var delay: Double
  /// Least damping [1/s], for motions that no spring holds.
  public var least: Double

  /// A rule.
  @_noLocks public init(ratio: Double, delay: Double = 0, least: Double = 0) {
    self.ratio = ratio
    self.delay = delay
    self.least = least
  }

  /// The damping of an oscillator [1/s] with w^2 `square` [rad2/s2].
  ///
  /// With both late by t, the equation is s^2 + (d s + w^2) e^(-s t) = 0. Its expansion up to s^2,
  ///
  ///     (1 - d t + w^2 t^2 / 2) s^2 + (d - w^2 t) s + w^2 = 0
  ///
  /// has the damping ratio z where (d - w^2 t)^2 = 4 z^2 w^2 (1 - d t + w^2 t^2 / 2), of which this is the larger root; 2 z w
  /// without delay.
  @_noLocks public func damping(ofSquare square: Double) -> Double {
    let late = square * delay
    let squaredRatio = ratio * ratio
    let middle = late * (1 - 2 * squaredRatio)
    let rest = 4 * squaredRatio * square + 2 * squaredRatio * late * late * (2 * squaredRatio - 1)
    let damping = middle + (rest > 0 ? real_sqrt(rest) : 0)
    return damping > least ? damping : least
  }
}
