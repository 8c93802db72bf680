import ControlCycle
import TestSupport
import Testing

@testable import JointControl
@testable import Simulation

/// What the plan says of a robot's messages against a bus timed to the bit: commands first in, first out, drives that answer
/// after any time up to the latency that is assumed.
@Suite("The proof of a cycle")
struct CycleProofTests {
  private static let classic = BusConfiguration(name: "a", interface: "can0", bitRate: 1_000_000)

  /// One to five drives whose identifiers are in no order, so that answers win against some commands and not against others.
  private static func drives(using random: inout SeededGenerator) -> [(
    joint: String, drive: DriveConfiguration
  )] {
    let range = DriveRange(position: 12.5, velocity: 30, torque: 10, stiffness: 500, damping: 5)
    let identifiers = Array(1...60).shuffled(using: &random)
    let family = [DriveFamily.damiao, .canopen, .robstride, .mit].randomElement(using: &random) ?? .damiao
    let count = Int.random(in: 1...5, using: &random)
    return (0..<count).map { index in
      (
        "j\(index)",
        DriveConfiguration(
          family: family, bus: 0, id: UInt16(identifiers[index]),
          masterID: family == .canopen || family == .robstride ? 0x7F : UInt16(identifiers[index + 20]),
          isFlexibleDataRate: false, range: range)
      )
    }
  }

  private static func frame(_ message: PlannedMessage, using random: inout SeededGenerator) -> CANFrame {
    // A RobStride's identifier carries data; the spread of it is what `priorities` says.
    let spread = message.isExtended ? UInt32.random(in: 0...0xFF, using: &random) << 16 : 0
    var frame = CANFrame(id: message.identifier | spread, bus: 0, isExtended: message.isExtended)
    let overhead = (message.isExtended ? 67 : 47)
    frame.length = UInt8((message.frame.unstuffedBits - overhead) / 8)
    for place in 0..<Int(frame.length) {
      frame.payload[place] =
        [0, 0xFF, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random) ?? 0
    }
    return frame
  }

  /// When each message of a cycle was over, interframe space included [ns].
  private static func play(_ messages: [PlannedMessage], using random: inout SeededGenerator) -> [Int64] {
    let joints = Array(Set(messages.map(\.joint))).sorted()
    var bus = SimulatedBus(classic, index: 0, drives: joints.count)
    // By node, what was queued there in order.
    var queued: [[Int]] = Array(repeating: [], count: joints.count + 1)
    for index in messages.indices where messages[index].isFromHost {
      bus.send(frame(messages[index], using: &random), from: SimulatedBus.host, at: BusPlan.hostLatency)
      queued[0].append(index)
    }
    var ends = messages.map { _ in Int64(0) }
    var firstReady: [Int64] = Array(repeating: 0, count: joints.count + 1)
    while bus.nextEvent != .max {
      switch bus.advance() {
      case .started, .ended: break
      case .arrived(let frame, let node):
        let index = queued[node].removeFirst()
        ends[index] = frame.time + 3_000
        // A drive puts its answers into its queue together.
        for answer in messages.indices where messages[answer].trigger == index {
          let place = (joints.firstIndex(of: messages[answer].joint) ?? 0) + 1
          let latency = Int64.random(in: 0...BusPlan.responseLatency, using: &random)
          firstReady[place] = max(firstReady[place], frame.time + latency)
          bus.send(Self.frame(messages[answer], using: &random), from: place, at: firstReady[place])
          queued[place].append(answer)
        }
      }
    }
    return ends
  }

  /// Messages that were over later than a bound, over many random buses, each played a few times.
  private static func late(_ bound: ([PlannedMessage], Int) -> Int64) -> (late: Int, all: Int) {
    var result = (late: 0, all: 0)
    for seed in 0..<400 {
      var random = SeededGenerator(seed: UInt64(seed))
      let drives = drives(using: &random)
      let plan = BusPlan(period: 4_000_000, buses: [classic], drives: drives)
      let messages = plan.buses[0].messages
      for _ in 0..<6 {
        for (index, end) in play(messages, using: &random).enumerated() {
          result.all += 1
          if end > bound(messages, index) { result.late += 1 }
        }
      }
    }
    return result
  }

  @Test("No message of a cycle is over later than the plan says") func bounds() {
    let tight = Self.late { $0[$1].worst ?? .max }
    let sum = Self.late { $0[$1].sufficient ?? .max }
    #expect(tight.late == 0 && sum.late == 0 && tight.all > 10_000)
  }

  @Test("A plan that forgets the host's queue, answers or blocking is caught") func forgetful() {
    let host = BusPlan.hostLatency
    let byPriority = Self.late { messages, index in
      let own = messages[index]
      return messages.filter { $0.priorities.lowerBound < own.priorities.lowerBound }
        .reduce(host + 2 * BusPlan.responseLatency + own.length) { $0 + $1.length }
    }
    let commandsAlone = Self.late { messages, index in
      guard messages[index].isFromHost else { return .max }
      return messages[...index].filter(\.isFromHost).reduce(host) { $0 + $1.length }
    }
    #expect(byPriority.late > 0 && commandsAlone.late > 0)
  }

  /// Longest time of each message over many cycles of drives that speak of their own accord, at phases of their own [ns].
  private static func playReports(
    _ messages: [PlannedMessage], cycles: Int64, using random: inout SeededGenerator
  ) -> [Int64] {
    let period: Int64 = 1_000_000
    let joints = Array(Set(messages.map(\.joint))).sorted()
    let node = { (message: Int) -> Int in
      messages[message].isFromHost ? 0 : (joints.firstIndex(of: messages[message].joint) ?? 0) + 1
    }
    var bus = SimulatedBus(classic, index: 0, drives: joints.count)
    var due: [(ready: Int64, start: Int64, message: Int)] = []
    for index in messages.indices where messages[index].kind != .answer {
      let every = messages[index].interval
      let phase =
        messages[index].isFromHost
        ? period * Int64.random(in: 0..<(every / period), using: &random)
        : Int64.random(in: 0..<every, using: &random)
      for start in stride(from: phase, to: cycles * period, by: Int(every)) {
        due.append((start + (messages[index].isFromHost ? BusPlan.hostLatency : 0), start, index))
      }
    }
    due.sort { ($0.ready, $0.message) < ($1.ready, $1.message) }
    var queued: [[(message: Int, start: Int64)]] = Array(repeating: [], count: joints.count + 1)
    var worst = messages.map { _ in Int64(0) }
    var next = 0
    while next < due.count || bus.nextEvent != .max {
      while next < due.count && due[next].ready <= bus.nextEvent {
        let (ready, start, message) = due[next]
        next += 1
        if bus.send(frame(messages[message], using: &random), from: node(message), at: ready) {
          queued[node(message)].append((message, start))
        }
      }
      guard case .arrived(let frame, let sender) = bus.advance() else { continue }
      let (message, start) = queued[sender].removeFirst()
      worst[message] = max(worst[message], frame.time + 3_000 - start)
      for answer in messages.indices where messages[answer].trigger == message {
        // Without latency, so that a drive's queue stays in the order of time.
        if bus.send(Self.frame(messages[answer], using: &random), from: node(answer), at: frame.time) {
          queued[node(answer)].append((answer, start))
        }
      }
    }
    return worst
  }

  @Test("Nothing is later than the plan says where drives speak of their own accord") func reports() {
    let range = DriveRange(position: 12.5, velocity: 30, torque: 10, stiffness: 500, damping: 5)
    var nearest = 0.0
    for seed in 0..<24 {
      var random = SeededGenerator(seed: UInt64(seed))
      let identifiers = Array(1...60).shuffled(using: &random)
      let family: DriveFamily = seed % 2 == 0 ? .odrive : .odrive05
      let drives = (0..<(1 + seed % 3)).map { index in
        (
          joint: "j\(index)",
          drive: DriveConfiguration(
            family: family, bus: 0, id: UInt16(identifiers[index]), masterID: 0, isFlexibleDataRate: false,
            range: range)
        )
      }
      let bus = BusPlan(period: 1_000_000, buses: [Self.classic], drives: drives).buses[0]
      #expect(bus.isFeasible)
      for (message, time) in zip(bus.messages, Self.playReports(bus.messages, cycles: 400, using: &random)) {
        let worst = message.worst ?? 0
        #expect(time <= worst && time > 0, "\(message.name), set \(seed)")
        nearest = max(nearest, Double(time) / Double(max(worst, 1)))
      }
    }
    // The bounds are of the size of what happens.
    #expect(nearest > 0.5)
  }

  @Test("The cycle that is drawn stays within the plan, and reaches its sum where answers come last")
  func timeline() {
    for seed in 0..<400 {
      var random = SeededGenerator(seed: UInt64(seed))
      let drives = Self.drives(using: &random)
      let bus = BusPlan(period: 4_000_000, buses: [Self.classic], drives: drives).buses[0]
      let timeline = CycleTimeline(bus.messages, period: 4_000_000)
      #expect(timeline.slots.count == bus.frames && timeline.end <= bus.completion)
      for slot in timeline.slots { #expect(slot.end <= bus.messages[slot.message].worst ?? 0) }
    }
  }
}
