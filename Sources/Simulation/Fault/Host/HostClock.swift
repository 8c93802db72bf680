/// The host's clock against the time of the world, as faults make it run; whole nanoseconds throughout.
struct HostClock {
  private let drifts: [(interval: FaultInterval, rate: Double)]

  /// The faults among `injections` that make the clock run fast or slow; `period` is the time between two cycles [ns].
  init(_ injections: [Injection], period: Int64) {
    drifts = injections.filter { $0.kind == .drifts }.map {
      ($0.interval(period: period), $0.intensity * 1e-6)
    }
  }

  /// What the clock says at an instant of the world [ns].
  func reading(at time: Int64) -> Int64 { time + offset(at: time) }

  /// First instant of the world at which the clock says a time, or more [ns].
  func instant(of reading: Int64) -> Int64 {
    guard !drifts.isEmpty else { return reading }
    // The clock never runs backwards: rates are far above -1 and the search closes in by a tenth at least each time.
    var time = reading
    for _ in 0..<24 { time = reading - offset(at: time) }
    while self.reading(at: time) < reading { time += 1 }
    while self.reading(at: time - 1) >= reading { time -= 1 }
    return time
  }

  private func offset(at time: Int64) -> Int64 {
    var sum: Int64 = 0
    for drift in drifts where time > drift.interval.from {
      let elapsed = min(time, drift.interval.until) - drift.interval.from
      sum += Int64((Double(elapsed) * drift.rate).rounded())
    }
    return sum
  }
}
