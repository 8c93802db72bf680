import CRealMath

/// Physical values to the unsigned words of command and feedback frames, and back.
///
/// The rule is the vendors' sample code (Damiao, RobStride, CyberGear and the mini-cheetah firmware agree):
/// saturate, scale by (2^n - 1) / span, drop the fraction. Zero becomes 0x7FFF or 0x7FF, half a step below
/// zero. Other hosts round to nearest or scale by 2^n; they differ from this by one step.
public enum FixedPoint {
  /// The word of `bits` bits for a value in `minimum...maximum`; not finite is the word for zero.
  @_noLocks public static func encode(
    _ value: Double, from minimum: Double, to maximum: Double, bits: UInt16
  ) -> UInt16 {
    word(value.isFinite ? value : 0, from: minimum, to: maximum, bits: bits)
  }

  /// As `encode`, of a value that is known to be finite.
  @_noLocks @inline(__always) static func word(
    _ value: Double, from minimum: Double, to maximum: Double, bits: UInt16
  ) -> UInt16 {
    let steps = Double((UInt32(1) << UInt32(bits)) &- 1)
    let scaled = (value - minimum) * steps / (maximum - minimum)
    // Written so that a range of zero or not finite, which gives NaN, ends in the first branch.
    guard scaled > 0 else { return 0 }
    return UInt16(truncatingIfNeeded: real_whole(scaled < steps ? scaled : steps))
  }

  /// The value of a word of `bits` bits in `minimum...maximum`.
  @_noLocks @inline(__always) public static func decode(
    _ word: UInt16, from minimum: Double, to maximum: Double, bits: UInt16
  ) -> Double {
    let steps = Double((UInt32(1) << UInt32(bits)) &- 1)
    return Double(word) * (maximum - minimum) / steps + minimum
  }
}

extension MotorCommand {
  /// Whether every field is a finite number.
  var isFinite: Bool {
    @_noLocks get {
      position.isFinite && velocity.isFinite && stiffness.isFinite && damping.isFinite && torque.isFinite
    }
  }
}
