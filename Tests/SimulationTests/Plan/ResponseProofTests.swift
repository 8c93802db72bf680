import ControlCycle
import Foundation
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// The analysis of response times against buses that are played: 100 000 random message sets in `make bus-proof`.
@Suite("The proof of response times")
struct ResponseProofTests {
  private static let sets = Int(ProcessInfo.processInfo.environment["SINEW_MESSAGE_SETS"] ?? "") ?? 2_000
  /// Frames of a busy period that are followed.
  private static let frames = 3_000

  private struct Outcome {
    /// Responses above the bound.
    var passed = 0
    /// Bounds that the critical instant does not reach, by more than nothing and by more than a frame.
    var loose = 0
    var looserThanAFrame = 0
    /// Messages with a bound, and without one.
    var bounded = 0
    var unbounded = 0
    /// Messages whose latest instance is not the first of its busy period.
    var later = 0
  }

  /// Compares a bound with the critical instant of each message of each set.
  private static func compare(
    sets: Int, bound: (RandomMessageSets.MessageSet, Int, ResponseTimes) -> Int64?
  ) -> Outcome {
    var outcome = Outcome()
    for seed in 0..<sets {
      var random = SeededGenerator(seed: UInt64(seed))
      let set = RandomMessageSets.set(using: &random)
      for index in set.messages.indices {
        let response = ResponseTimes(of: index, among: set.messages, bitTime: set.bitTime)
        guard response.worst != nil, let bound = bound(set, index, response) else {
          outcome.unbounded += 1
          continue
        }
        outcome.bounded += 1
        if let first = response.instances.first, first < response.worst ?? first { outcome.later += 1 }
        let seen = RandomMessageSets.criticalResponse(of: index, in: set, frames: frames)
        if seen > bound { outcome.passed += 1 }
        if seen < bound { outcome.loose += 1 }
        if seen < bound - (set.messages.map(\.length).max() ?? 0) { outcome.looserThanAFrame += 1 }
      }
    }
    return outcome
  }

  @Test("No response is longer than the analysis says, and the critical instant reaches it")
  func criticalInstant() {
    let outcome = Self.compare(sets: Self.sets) { $2.worst }
    #expect(outcome.passed == 0 && outcome.looserThanAFrame == 0)
    // All kinds are there: messages without a bound, and some whose first instance is not the latest.
    #expect(outcome.bounded > 3 * Self.sets && outcome.unbounded > Self.sets / 20)
    #expect(outcome.later > Self.sets / 20)
    print(
      "\(Self.sets) message sets: \(outcome.bounded) messages with a bound, \(outcome.unbounded) without, "
        + "\(outcome.later) later in a later instance; \(outcome.passed) above the bound, \(outcome.loose) below it, "
        + "\(outcome.looserThanAFrame) by more than a frame")
  }

  @Test("The sufficient test bounds what is over before its next release")
  func sufficient() {
    let outcome = Self.compare(sets: Self.sets / 4) { set, index, response in
      response.sufficient.flatMap { $0 <= set.messages[index].period ? $0 : nil }
    }
    #expect(outcome.passed == 0 && outcome.bounded > Self.sets / 4)
  }

  @Test("An analysis without blocking, of the first instance alone, without jitter is caught")
  func brokenAnalyses() {
    let withoutBlocking = Self.compare(sets: 200) { set, index, _ in
      ResponseTimes(of: index, among: Array(set.messages[...index]), bitTime: set.bitTime).worst
    }
    let firstAlone = Self.compare(sets: 600) { $2.instances.first }
    let withoutJitter = Self.compare(sets: 200) { set, index, _ in
      var calm = set.messages
      for place in calm.indices where place != index { calm[place].jitter = 0 }
      return ResponseTimes(of: index, among: calm, bitTime: set.bitTime).worst
    }
    #expect(withoutBlocking.passed > 0 && firstAlone.passed > 0 && withoutJitter.passed > 0)
  }

  @Test("Real frames on the simulated bus stay below the bound, whatever their phases")
  func simulatedBus() {
    var seen = 0
    for seed in 0..<(Self.sets / 20) {
      var random = SeededGenerator(seed: UInt64(seed) &+ 1_000_000)
      let set = RandomMessageSets.set(using: &random)
      let bounds = ResponseTimes.all(of: set.messages, bitTime: set.bitTime).map(\.worst)
      let worst = Self.play(set, releases: 12, using: &random)
      for (bound, response) in zip(bounds, worst) {
        guard let bound else { continue }
        #expect(response <= bound, "set \(seed)")
        seen += response > 0 ? 1 : 0
      }
    }
    #expect(seen > Self.sets / 20)
  }

  /// Longest response of each message on a bus timed to the bit, each in a node of its own, with random payloads [ns].
  private static func play(
    _ set: RandomMessageSets.MessageSet, releases: Int, using random: inout SeededGenerator
  ) -> [Int64] {
    var bus = SimulatedBus(
      BusConfiguration(name: "a", interface: "can0", bitRate: set.bitRate), index: 0,
      drives: set.messages.count)
    var queue: [(ready: Int64, released: Int64, message: Int)] = []
    for (index, message) in set.messages.enumerated() {
      let phase = Int64.random(in: 0...message.period, using: &random)
      var last: Int64 = 0
      for instance in 0..<Int64(releases) {
        let released = phase + instance * message.period
        // Instances of a message stay in their order.
        last = max(last, released + Int64.random(in: 0...message.jitter, using: &random))
        queue.append((last, released, index))
      }
    }
    queue.sort { $0.ready < $1.ready }
    var waiting: [[Int64]] = set.messages.map { _ in [] }
    var worst = set.messages.map { _ in Int64(0) }
    var next = 0
    while next < queue.count || bus.nextEvent != .max {
      while next < queue.count && queue[next].ready <= bus.nextEvent {
        let entry = queue[next]
        next += 1
        var frame = CANFrame(id: UInt32(entry.message) << 4, bus: 0, isExtended: false)
        frame.length = UInt8(set.bytes[entry.message])
        for place in 0..<set.bytes[entry.message] {
          let noise = UInt8.random(in: 0...255, using: &random)
          frame.payload[place] = noise < 100 ? 0 : noise < 200 ? 0xFF : noise
        }
        if bus.send(frame, from: entry.message + 1, at: entry.ready) {
          waiting[entry.message].append(entry.released)
        }
      }
      guard case .ended(let frame, _) = bus.advance() else { continue }
      let message = Int(frame.id >> 4)
      let over = frame.time + FrameLength.time(of: FrameLength.interframeSpace, at: set.bitRate)
      worst[message] = max(worst[message], over - waiting[message].removeFirst())
    }
    return worst
  }
}
