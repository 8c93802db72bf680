import Testing

@testable import JointControl

@Suite("Response times") struct ResponseTimesTests {
  /// The 17 messages of the SAE benchmark as piggybacked by Tindell, Burns, "Guaranteeing message latencies on Controller Area
  /// Network" (1994), used by Davis et al. (2007), at 125 kbit/s: worst responses [us].
  @Test("The SAE benchmark at 125 kbit/s") func benchmark() {
    let sizes = [1, 2, 1, 2, 1, 2, 6, 1, 2, 3, 1, 4, 1, 1, 3, 1, 1]
    let periods: [Int64] =
      [50] + Array(repeating: 5, count: 5) + Array(repeating: 10, count: 4) + Array(repeating: 100, count: 4)
      + Array(repeating: 1000, count: 3)
    let set = zip(sizes, periods).enumerated().map { index, row in
      PeriodicMessage(
        name: "\(index)", priority: UInt64(index),
        length: FrameTime(worstCaseBytes: row.0, isExtended: false, isFlexibleDataRate: false)
          .nanoseconds(bitRate: 125_000, dataBitRate: 125_000),
        period: row.1 * 1_000_000, deadline: row.1 * 1_000_000)
    }
    let responses = ResponseTimes.all(of: set, bitTime: 8_000)
    let exact: [Int64] = [
      1440, 2040, 2560, 3160, 3680, 4280, 5040, 8400, 9000, 9680, 10200, 19280, 19800, 20320, 29240, 29760,
      29760,
    ]
    var sufficient = exact
    (sufficient[6], sufficient[11], sufficient[14], sufficient[16]) = (5200, 19360, 29400, 30280)
    #expect(responses.map(\.worst) == exact.map { $0 * 1000 })
    #expect(responses.map(\.sufficient) == sufficient.map { $0 * 1000 })
    #expect(abs(ResponseTimes.utilisation(of: set) - 0.87532) < 1e-9)
  }

  private func message(
    _ priority: UInt64, length: Int64 = 135_000, period: Int64 = 1_000_000, jitter: Int64 = 0
  ) -> PeriodicMessage {
    PeriodicMessage(
      name: "\(priority)", priority: priority, length: length, period: period, deadline: period,
      jitter: jitter)
  }

  @Test("A message alone takes its frame, and its jitter") func alone() {
    let response = ResponseTimes(of: 0, among: [message(1, jitter: 7_000)], bitTime: 1000)
    #expect(response.worst == 142_000 && response.blocking == 0 && response.busyPeriod == 135_000)
  }

  @Test("A load of 1 or more has no bound, and the analysis ends") func overload() {
    let full = (0..<10).map { message($0, length: 100_000) }
    for (index, response) in ResponseTimes.all(of: full, bitTime: 1000).enumerated() {
      #expect((response.worst == nil) == (index == 9))
      // Nine tenths more urgent leave room for one.
      #expect(response.sufficient != nil)
    }
    let over = full + [message(10)]
    #expect(ResponseTimes(of: 10, among: over, bitTime: 1000).sufficient == nil)
    // A hair below 1: a busy period of more than 1000 s has no bound either.
    let hair = [
      message(0, length: 500_000), message(1, length: 499_999, period: 1_000_000),
      message(2, length: 1, period: 1_000_000_000_000),
    ]
    #expect(ResponseTimes(of: 2, among: hair, bitTime: 1).instances.count <= 1)
  }

  @Test("Numbers without sense have no bound and trap nowhere") func malformed() {
    let numbers: [Int64] = [.min, -1, 0, 1, 1_000, .max]
    for length in numbers {
      for period in numbers {
        for jitter in numbers {
          let set = [message(1), message(2, length: length, period: period, jitter: jitter), message(3)]
          for response in ResponseTimes.all(of: set, bitTime: 1000) {
            #expect(response.worst ?? 1 > 0)
          }
          #expect(
            length > 0 && period > 0 && jitter >= 0
              || ResponseTimes(of: 1, among: set, bitTime: 1).worst == nil)
        }
      }
    }
    for bit in [Int64.min, -1, .max] {
      #expect(ResponseTimes(of: 0, among: [message(1), message(2)], bitTime: bit).worst == nil)
    }
  }

  @Test("Two messages of one priority delay each other") func equalPriorities() {
    let responses = ResponseTimes.all(of: [message(5), message(5)], bitTime: 1000)
    #expect(responses.map(\.worst) == [270_000, 270_000])
  }
}
