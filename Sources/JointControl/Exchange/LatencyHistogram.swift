/// Durations in buckets of constant relative width, for percentiles without storing every value.
///
/// With `precision` bits there are 2^precision buckets an octave, and a percentile is exact to 1/2^precision of its
/// value. Fixed size; adding allocates nothing.
public struct LatencyHistogram: ~Copyable {
  // First, because Swift 6.3 under the thread sanitizer takes the first word of this type for a pointer and crashes.
  private let counts: UnsafeMutablePointer<Int64>
  private let precision: Int
  private let bucketCount: Int
  /// Number of durations added.
  public private(set) var count: Int64 = 0
  /// Longest duration added [ns].
  public private(set) var max: Int64 = 0

  /// An empty histogram of 2^precision buckets an octave, with `precision` in 0...10.
  public init(precision: Int = 4) {
    self.precision = Swift.min(Swift.max(precision, 0), 10)
    bucketCount = 64 << self.precision
    counts = .allocate(capacity: bucketCount)
    counts.initialize(repeating: 0, count: bucketCount)
  }

  deinit { counts.deallocate() }

  /// Adds a duration [ns] `times` times; negative ones count as zero.
  public mutating func add(_ nanoseconds: Int64, times: Int64 = 1) {
    let value = UInt64(Swift.max(0, nanoseconds))
    counts[bucket(of: value)] += times
    count += times
    if nanoseconds > max { max = nanoseconds }
  }

  /// The duration that the part `quantile` (0...1) of all durations does not exceed [ns]; 0 when empty.
  public func percentile(_ quantile: Double) -> Int64 {
    guard count > 0 else { return 0 }
    // Rounded up by hand: `rounded` calls the C library on the baseline instruction set.
    let share = Int64(quantile * Double(count))
    let rank = Swift.max(1, Double(share) < quantile * Double(count) ? share + 1 : share)
    var seen: Int64 = 0
    for bucket in 0..<bucketCount {
      seen += counts[bucket]
      if seen >= rank { return Swift.min(upperBound(of: bucket), max) }
    }
    return max
  }

  /// Every bucket that is not empty, shortest first: the longest duration it holds [ns] and how many are in it.
  public var buckets: [(upperBound: Int64, count: Int64)] {
    (0..<bucketCount).filter { counts[$0] > 0 }.map { (Swift.min(upperBound(of: $0), max), counts[$0]) }
  }

  private func bucket(of value: UInt64) -> Int {
    let width = 1 << precision
    guard value >= UInt64(width) else { return Int(value) }
    let shift = 63 - value.leadingZeroBitCount - precision
    return (shift + 1) * width + Int(value >> UInt64(shift)) - width
  }

  private func upperBound(of bucket: Int) -> Int64 {
    let width = 1 << precision
    guard bucket >= width else { return Int64(bucket) }
    let shift = bucket / width - 1
    let mantissa = bucket % width + width
    return Int64(((UInt64(mantissa) + 1) << UInt64(shift)) - 1)
  }
}
