import TestSupport
import Testing

@testable import JointControl

/// Skipping against a list of all deadlines.
@Suite("Instants of the loop")
struct TimelineTests {
  @Test("Every missed deadline counts once, nothing is caught up", arguments: UInt64(1)...20)
  func countsEachMiss(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let period: Int64 = 1000
    var timeline = Timeline(start: 5000, period: period, waitsForLoop: false)
    var clock: Int64 = 5000
    var sent: [Int64: Int64] = [:]
    var reported: Int64 = 0
    var inCore: Int64 = 0
    var last: Int64 = -1
    for _ in 0..<2000 {
      let isLate = Int.random(in: 0..<10, using: &random) == 0
      let late: Int64 =
        isLate ? Int64.random(in: 0...8000, using: &random) : Int64.random(in: 0...200, using: &random)
      clock = max(clock, timeline.due) + late
      let (cycle, lateness) = timeline.wake(at: clock)
      #expect(cycle.number > last && cycle.time == 5000 + cycle.number * period)
      #expect(lateness == clock - cycle.time && lateness >= 0 && lateness < period + 1)
      inCore += cycle.missed
      last = cycle.number
      let isLong = Int.random(in: 0..<20, using: &random) == 0
      clock += isLong ? Int64.random(in: 0...5000, using: &random) : Int64.random(in: 0...300, using: &random)
      sent[cycle.number] = clock
      timeline.finish(after: clock - cycle.time)
      reported += timeline.missed
    }
    // A cycle that ends after several deadlines passes those of the cycles it makes the loop leave out.
    let truth = (0...last).filter { number in sent[number].map { $0 > 5000 + (number + 1) * period } ?? true }
    #expect(reported == Int64(truth.count))
    #expect(
      inCore == reported - (truth.last == last ? 1 : 0), "the last cycle's own miss is not yet an input")
    #expect(truth.count > 100)
  }

  @Test("Where time waits for the loop nothing is skipped and the core sees no miss")
  func lockstep() {
    var timeline = Timeline(start: 0, period: 1000, waitsForLoop: true)
    for number in 0..<100 {
      let (cycle, _) = timeline.wake(at: timeline.due + 50_000)
      #expect(cycle.number == Int64(number) && cycle.missed == 0 && cycle.time == Int64(number) * 1000)
      timeline.finish(after: 50_100)
      #expect(timeline.missed == 1 && timeline.skipped == 0)
    }
  }
}
