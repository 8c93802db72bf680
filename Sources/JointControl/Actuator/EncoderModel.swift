/// An angle encoder: what it can tell apart, and what it gets wrong.
public struct EncoderModel: Sendable, Equatable, BitwiseCopyable {
  /// Counts per turn of its own shaft; 0 rounds nothing.
  public var counts: Int
  /// Standard deviation of a reading [rad of its shaft].
  public var noise: Double
  /// What it reads at angle 0 [rad of its shaft].
  public var offset: Double
  /// Age of a reading [s].
  public var latency: Double
  /// Turns after which it starts again: 1 for a single-turn encoder, 0 for one that counts for ever.
  public var turns: Int
  /// Amplitude of the error once a turn, from a magnet off centre [rad of its shaft].
  public var eccentricity: Double

  /// An encoder; without errors when only its counts are given.
  public init(
    counts: Int, noise: Double = 0, offset: Double = 0, latency: Double = 0, turns: Int = 0,
    eccentricity: Double = 0
  ) {
    self.counts = counts
    self.noise = noise
    self.offset = offset
    self.latency = latency
    self.turns = turns
    self.eccentricity = eccentricity
  }
}
