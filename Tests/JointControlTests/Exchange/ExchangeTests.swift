import ControlCycle
import Foundation
import JointControl
import TestSupport
import Testing

@Suite("Exchange between threads")
struct ExchangeTests {
  @Test("Percentiles are within a sixteenth of the sorted values")
  func percentiles() {
    var random = SeededGenerator(seed: 9)
    var histogram = LatencyHistogram()
    var values: [Int64] = []
    for _ in 0..<20_000 {
      let exponent = Double.random(in: 0...24, using: &random)
      let value = Int64(Foundation.pow(2, exponent))
      values.append(value)
      histogram.add(value)
    }
    values.sort()
    for quantile in [0.01, 0.5, 0.9, 0.99, 0.999, 1] {
      let exact = Double(values[max(0, Int((quantile * 20_000).rounded(.up)) - 1)])
      let got = Double(histogram.percentile(quantile))
      #expect(got >= exact && got <= exact * (1 + 1.0 / 16) + 1)
    }
    #expect(histogram.max == values.last)
  }

  @Test("Precision is what was asked for, and the buckets hold every value", arguments: [0, 1, 4, 7, 10])
  func precision(bits: Int) {
    var random = SeededGenerator(seed: 3)
    var histogram = LatencyHistogram(precision: bits)
    for _ in 0..<2_000 {
      let value = Int64.random(
        in: 0...(Int64.max >> Int64.random(in: 0...62, using: &random)), using: &random)
      var single = LatencyHistogram(precision: bits)
      single.add(value, times: 3)
      single.add(.max)
      let got = single.percentile(0.75)
      #expect(got >= value && Double(got) <= Double(value) * (1 + 1 / Double(1 << bits)) + 1)
      histogram.add(value)
    }
    let buckets = histogram.buckets
    #expect(buckets.map(\.count).reduce(0, +) == 2_000 && buckets.allSatisfy { $0.count > 0 })
    #expect(zip(buckets, buckets.dropFirst()).allSatisfy { $0.upperBound < $1.upperBound })
    #expect(buckets.last?.upperBound == histogram.max)
  }

  @Test("Extreme durations do not trap")
  func extremes() {
    var histogram = LatencyHistogram()
    #expect(histogram.percentile(0.5) == 0 && histogram.buckets.isEmpty)
    for value in [Int64.min, -1, 0, 1, 15, 16, 17, Int64.max] { histogram.add(value) }
    #expect(histogram.count == 8 && histogram.max == Int64.max)
    #expect(histogram.percentile(1) == Int64.max)
  }

  @Test("Frames cross a ring in order and complete, from another thread")
  func ring() {
    let ring = FrameRing(minimumCapacity: 100)
    let producer = Thread {
      for number in 0..<50_000 {
        var frame = CANFrame()
        frame.id = UInt32(number)
        while !ring.append(frame) { sched_yield() }
      }
    }
    producer.start()
    var expected: UInt32 = 0
    while expected < 50_000 {
      guard let frame = ring.next() else {
        sched_yield()
        continue
      }
      #expect(frame.id == expected)
      expected += 1
    }
    #expect(ring.next() == nil && ring.dropCount == 0)
  }

  @Test("A full ring refuses, and the refusal is counted by whoever gives up")
  func fullRing() {
    let ring = FrameRing(minimumCapacity: 4)
    for _ in 0..<4 { #expect(ring.append(CANFrame())) }
    #expect(!ring.append(CANFrame()))
    ring.countDrop()
    #expect(ring.dropCount == 1)
  }

  /// Eight words that are all the same, so that half of one shows.
  private struct Wide: BitwiseCopyable, Sendable {
    var words: InlineArray<8, Int>

    init(_ value: Int) { words = InlineArray(repeating: value) }
    var isWhole: Bool { (1..<8).allSatisfy { words[$0] == words[0] } }
  }

  @Test("A cell shows whole values, never an older one, and the last one in the end, from another thread")
  func cell() {
    let cell = LatestValue(Wide(0))
    let count = 200_000
    let writer = Thread { for number in 1...count { cell.publish(Wide(number)) } }
    writer.start()
    var last = 0
    var torn = 0
    var older = 0
    var deadline = 500_000_000
    while last < count && deadline > 0 {
      let value = cell.latest
      if !value.isWhole { torn += 1 }
      if value.words[0] < last { older += 1 }
      last = value.words[0]
      deadline -= 1
    }
    #expect(torn == 0 && older == 0 && last == count)
    #expect(cell.takeNew() == nil)
    cell.publish(Wide(7))
    #expect(cell.takeNew()?.words[0] == 7 && cell.takeNew() == nil && cell.latest.words[0] == 7)
  }

  @Test("A cell holds what it was made with until something is published")
  func emptyCell() {
    let cell = LatestValue(Wide(3))
    #expect(cell.takeNew() == nil && cell.latest.words[0] == 3)
  }
}
