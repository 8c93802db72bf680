import ControlCycle
import JointControl
import Testing

@testable import Simulation

@Suite struct SimulatedBusTests {
  private let classic = BusConfiguration(name: "leg", interface: "can0", bitRate: 1_000_000)

  private func frame(_ id: UInt32, isExtended: Bool = false) -> CANFrame {
    var frame = CANFrame(id: id, bus: 0, isExtended: isExtended)
    frame.length = 8
    return frame
  }

  /// Everything that happens until the bus is idle for good.
  private func run(_ bus: inout SimulatedBus) -> [(time: Int64, event: BusEvent)] {
    var events: [(Int64, BusEvent)] = []
    while bus.nextEvent != .max {
      let time = bus.nextEvent
      events.append((time, bus.advance()))
    }
    return events
  }

  private func arrivals(_ bus: inout SimulatedBus) -> [CANFrame] {
    run(&bus).compactMap { if case .arrived(let frame, _) = $0.event { frame } else { nil } }
  }

  @Test func lowestIdentifierGoesFirst() {
    var bus = SimulatedBus(classic, index: 0, drives: 4)
    bus.send(frame(0x300), from: 1, at: 100)
    bus.send(frame(0x100), from: 2, at: 100)
    bus.send(frame(0x100 << 18, isExtended: true), from: 3, at: 100)
    bus.send(frame(0x0FF << 18 | 5, isExtended: true), from: 4, at: 100)
    bus.send(frame(0x200), from: SimulatedBus.host, at: 100)
    let order = arrivals(&bus).map(\.id)
    #expect(order == [0x0FF << 18 | 5, 0x100, 0x100 << 18, 0x200, 0x300])
  }

  @Test func framesFollowBackToBack() {
    var bus = SimulatedBus(classic, index: 0, drives: 1)
    bus.send(frame(0x300), from: 1, at: 1000)
    bus.send(frame(0x100), from: SimulatedBus.host, at: 1001)
    let lengths = [0x300, 0x100].map { Int64(FrameLength(of: frame($0)).bits) * 1000 }
    let arrived = arrivals(&bus)
    // The lower identifier came a nanosecond late: no frame is interrupted.
    #expect(arrived.map(\.id) == [0x300, 0x100])
    #expect(arrived[0].time == 1000 + lengths[0] - 3000)
    #expect(arrived[1].time == 1000 + lengths[0] + lengths[1] - 3000)
    #expect(bus.busyTime == lengths[0] + lengths[1])
    #expect(bus.carried == 2 && bus.lost == 0)
  }

  @Test func hostQueueIsFirstInFirstOut() {
    var bus = SimulatedBus(classic, index: 0, drives: 1)
    for id: UInt32 in [0x300, 0x200, 0x100] { bus.send(frame(id), from: SimulatedBus.host, at: 0) }
    bus.send(frame(0x250), from: 1, at: 0)
    // The drive's frame overtakes what the host queued behind 0x300, though 0x100 would beat it.
    #expect(arrivals(&bus).map(\.id) == [0x250, 0x300, 0x200, 0x100])
  }

  @Test func fullHostQueueDropsAndCounts() {
    var bus = SimulatedBus(classic, index: 0, drives: 1, hostQueueDepth: 5)
    for id: UInt32 in 0..<8 { bus.send(frame(id), from: SimulatedBus.host, at: 0) }
    #expect(bus.dropped == 3)
    #expect(arrivals(&bus).map(\.id) == [0, 1, 2, 3, 4])
  }

  @Test func flexibleFrameSwitchesRate() {
    let flexible = BusConfiguration(
      name: "leg", interface: "can0", bitRate: 1_000_000, dataBitRate: 5_000_000)
    var bus = SimulatedBus(flexible, index: 0, drives: 1)
    var sent = CANFrame(id: 0x10, bus: 0, isExtended: false, isFlexibleDataRate: true)
    sent.length = 8
    bus.send(sent, from: SimulatedBus.host, at: 0)
    let length = FrameLength(of: sent)
    #expect(length.dataBits > 90)
    #expect(
      arrivals(&bus).map(\.time) == [
        Int64(length.nominalBits) * 1000 + Int64(length.dataBits) * 200 - 3000
      ])
  }

  @Test func unpluggedBusCarriesNothing() {
    let fault = BusFault(bus: 0, kind: .loseAll(from: 2_000_000, until: 4_000_000))
    var bus = SimulatedBus(classic, index: 0, drives: 1, faults: [fault], hostQueueDepth: 100)
    for step: Int64 in 0..<60 { bus.send(frame(1), from: SimulatedBus.host, at: step * 100_000) }
    let times = arrivals(&bus).map(\.time)
    #expect(times.contains { $0 < 2_000_000 } && times.contains { $0 >= 4_000_000 })
    #expect(!times.contains { $0 >= 2_000_000 && $0 < 4_000_000 })
    #expect(times.count + bus.lost == 60)
  }

  @Test func faultsOfOtherBusesDoNothing() {
    let faults = [BusFault(bus: 1, kind: .loseAll(from: 0)), BusFault(bus: 2, kind: .lose(probability: 1))]
    var bus = SimulatedBus(classic, index: 0, drives: 1, faults: faults)
    bus.send(frame(1), from: SimulatedBus.host, at: 0)
    #expect(arrivals(&bus).count == 1)
  }

  @Test(arguments: [0.01, 0.2, 0.5]) func lossRateIsTheOneAskedFor(_ probability: Double) {
    var lossPatterns: Set<[Bool]> = []
    for seed: UInt64 in [1, 1, 2] {
      let faults = [BusFault(bus: 3, kind: .lose(probability: probability))]
      var bus = SimulatedBus(
        classic, index: 3, drives: 1, seed: seed, faults: faults, hostQueueDepth: 20_000)
      for _ in 0..<20_000 { bus.send(frame(1), from: SimulatedBus.host, at: 0) }
      let pattern = run(&bus).compactMap { row -> Bool? in
        if case .ended(_, let isLost) = row.event { isLost } else { nil }
      }
      lossPatterns.insert(pattern)
      // Five standard deviations of a binomial count.
      let expected = 20_000 * probability
      let bound = 5 * (expected * (1 - probability)).squareRoot()
      #expect(abs(Double(bus.lost) - expected) < bound)
    }
    #expect(lossPatterns.count == 2)
  }

  @Test func delayedFramesKeepTheirOrder() {
    let faults = [BusFault(bus: 0, kind: .delay(50_000)), BusFault(bus: 0, kind: .jitter(upTo: 400_000))]
    var bus = SimulatedBus(classic, index: 0, drives: 1, seed: 9, faults: faults, hostQueueDepth: 100)
    for id: UInt32 in 0..<100 { bus.send(frame(id), from: SimulatedBus.host, at: 0) }
    var ended: [Int64] = []
    var arrived: [Int64] = []
    var order: [UInt32] = []
    for (time, event) in run(&bus) {
      switch event {
      case .started: break
      case .ended(let frame, _): ended.append(frame.time)
      case .arrived(let frame, _):
        #expect(frame.time == time)
        arrived.append(time)
        order.append(frame.id)
      }
    }
    let late = zip(arrived, ended).map { $0 - $1 }
    #expect(order == Array(0..<100))
    #expect(late.allSatisfy { $0 >= 50_000 && $0 <= 450_000 })
    #expect(Set(late).count > 10)
  }
}
