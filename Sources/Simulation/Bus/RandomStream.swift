/// A seeded stream of random numbers: SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
/// generators, OOPSLA 2014).
public struct RandomStream: BitwiseCopyable, Sendable {
  private var state: UInt64

  /// The stream of a seed; streams of one seed with different numbers are independent.
  public init(seed: UInt64, stream: UInt64 = 0) {
    state = seed
    state = next() ^ (stream &+ 1) &* 0xD1B5_4A32_D192_ED03
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  /// The next number in [0, 1), a multiple of 2^-53.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// The next number in 0...bound.
  public mutating func integer(upTo bound: Int64) -> Int64 {
    Int64(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound) + 1).high)
  }
}
