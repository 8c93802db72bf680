/// Durations in buckets of constant relative width, for percentiles without storing every value.
///
/// Sixteen buckets an octave: a percentile is exact to 1/16 of its value. Fixed size; adding allocates nothing.
public struct LatencyHistogram: ~Copyable {
  private static let bucketsPerOctave = 16
  private static let bucketCount = 64 * bucketsPerOctave
  private let counts: UnsafeMutablePointer<Int64>
  /// Number of durations added.
  public private(set) var count: Int64 = 0
  /// Longest duration added [ns].
  public private(set) var max: Int64 = 0

  /// An empty histogram.
  public init() {
    counts = .allocate(capacity: Self.bucketCount)
    counts.initialize(repeating: 0, count: Self.bucketCount)
  }

  deinit { counts.deallocate() }

  /// Adds a duration [ns]; negative ones count as zero.
  public mutating func add(_ nanoseconds: Int64) {
    let value = UInt64(Swift.max(0, nanoseconds))
    counts[Self.bucket(of: value)] += 1
    count += 1
    if nanoseconds > max { max = nanoseconds }
  }

  /// The duration that the part `quantile` (0...1) of all durations does not exceed [ns]; 0 when empty.
  public func percentile(_ quantile: Double) -> Int64 {
    guard count > 0 else { return 0 }
    let rank = Swift.max(1, Int64((quantile * Double(count)).rounded(.up)))
    var seen: Int64 = 0
    for bucket in 0..<Self.bucketCount {
      seen += counts[bucket]
      if seen >= rank { return Swift.min(Self.upperBound(of: bucket), max) }
    }
    return max
  }

  private static func bucket(of value: UInt64) -> Int {
    let width = UInt64(bucketsPerOctave)
    guard value >= width else { return Int(value) }
    let shift = 63 - value.leadingZeroBitCount - 4
    return (shift + 1) * bucketsPerOctave + Int(value >> UInt64(shift)) - bucketsPerOctave
  }

  private static func upperBound(of bucket: Int) -> Int64 {
    guard bucket >= bucketsPerOctave else { return Int64(bucket) }
    let shift = bucket / bucketsPerOctave - 1
    let mantissa = bucket % bucketsPerOctave + bucketsPerOctave
    return Int64(((UInt64(mantissa) + 1) << UInt64(shift)) - 1)
  }
}
