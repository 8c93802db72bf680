import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// `turn` is `advance` with what happens at one instant taken together.
struct BusTurnTests {
  /// What a bus did: the word, the instant, the frame and its sender.
  private typealias Seen = [String]

  private func note(_ seen: inout Seen, _ word: String, _ frame: CANFrame, _ sender: Int = -1) {
    seen.append("\(word) \(frame.id) \(frame.payload[0]) at \(frame.time) from \(sender)")
  }

  private func byAdvance(_ bus: inout SimulatedBus, until time: Int64, _ seen: inout Seen) {
    while bus.nextEvent <= time && bus.nextEvent != .max {
      switch bus.advance() {
      case .started: seen.append("started")
      case .ended(let frame, let isLost): note(&seen, isLost ? "lost" : "ended", frame)
      case .arrived(let frame, let sender): note(&seen, "arrived", frame, sender)
      }
    }
  }

  private func byTurn(_ bus: inout SimulatedBus, until time: Int64, _ seen: inout Seen) {
    while bus.nextEvent <= time && bus.nextEvent != .max {
      switch bus.turn() {
      case .started, .event(.started): seen.append("started")
      case .passed(let sender):
        note(&seen, "ended", bus.onWire)
        note(&seen, "arrived", bus.onWire, sender)
      case .event(.ended(let frame, let isLost)): note(&seen, isLost ? "lost" : "ended", frame)
      case .event(.arrived(let frame, let sender)): note(&seen, "arrived", frame, sender)
      }
    }
  }

  @Test(arguments: [1_000_000, 800_000, 300_000], [false, true])
  func bothSeeTheSame(bitRate: Int, isFaulty: Bool) {
    var configuration = BusConfiguration(name: "leg", interface: "can0", bitRate: bitRate)
    configuration.dataBitRate = bitRate == 1_000_000 ? 5_000_000 : nil
    let faults =
      isFaulty
      ? [
        BusFault(bus: 0, kind: .lose(probability: 0.2)), BusFault(bus: 0, kind: .jitter(upTo: 300_000)),
      ] : []
    var one = SimulatedBus(configuration, index: 0, drives: 4, seed: 5, faults: faults, hostQueueDepth: 8)
    var other = SimulatedBus(configuration, index: 0, drives: 4, seed: 5, faults: faults, hostQueueDepth: 8)
    var (first, second): (Seen, Seen) = ([], [])
    var generator = SeededGenerator(seed: UInt64(bitRate))
    var time: Int64 = 0
    var parted = 0
    for number in 0..<1000 {
      time += Int64.random(in: 0...150_000, using: &generator)
      byAdvance(&one, until: time, &first)
      byTurn(&other, until: time, &second)
      if one.nextEvent != other.nextEvent { parted += 1 }
      let isExtended = Bool.random(using: &generator)
      var frame = CANFrame(id: .random(in: 0...0x7FF, using: &generator), bus: 0, isExtended: isExtended)
      frame.length = .random(in: 0...8, using: &generator)
      frame.payload[0] = UInt8(truncatingIfNeeded: number)
      let node = Int.random(in: 0...4, using: &generator)
      let ready = time + Int64.random(in: 0...100_000, using: &generator)
      if one.send(frame, from: node, at: ready) != other.send(frame, from: node, at: ready) { parted += 1 }
      if Int.random(in: 0..<20, using: &generator) == 0 {
        let taken = one.sendBeside(frame, from: 1, at: ready)
        if taken != other.sendBeside(frame, from: 1, at: ready) { parted += 1 }
      }
    }
    byAdvance(&one, until: .max, &first)
    byTurn(&other, until: .max, &second)
    #expect(parted == 0 && first == second && first.count > 500)
    let counts = ([one.carried, one.lost, one.dropped], [other.carried, other.lost, other.dropped])
    let busy = (one.busyTime, other.busyTime)
    #expect(busy.0 == busy.1 && counts.0 == counts.1 && (counts.0[1] > 0) == isFaulty)
  }
}
