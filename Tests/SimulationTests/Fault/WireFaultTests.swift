import ControlCycle
import JointControl
import Testing

@testable import Simulation

@Suite("Faults of a bus")
struct WireFaultTests {
  private let classic = BusConfiguration(name: "bus", interface: "vcan0", bitRate: 1_000_000)
  private static let count = 400
  private static let forever = Int64.max

  /// What a receiver had of frames that one drive sent, one a millisecond.
  private struct Arrivals {
    var frames: [CANFrame] = []
    var ended = 0
    var lost = 0
    var dropped = 0
    var busyTime: Int64 = 0
    /// Sequence numbers in the order of arrival, of frames as long as they were sent.
    var numbers: [Int] {
      frames.filter { $0.length == 8 }.map { Int($0.payload[0]) | Int($0.payload[1]) << 8 }
    }
  }

  private func arrivals(_ kinds: [BusFault.Kind], seed: UInt64 = 3, id: UInt32 = 0x10) -> Arrivals {
    var bus = SimulatedBus(
      classic, index: 0, drives: 1, seed: seed, faults: kinds.map { BusFault(bus: 0, kind: $0) })
    var seen = Arrivals()
    var sent = 0
    let end = Int64(Self.count + 40) * 1_000_000
    while true {
      let due = sent < Self.count ? Int64(sent) * 1_000_000 : Int64.max
      if due <= bus.nextEvent && due != .max {
        var frame = CANFrame(id: id, bus: 0, isExtended: false)
        frame.length = 8
        (frame.payload[0], frame.payload[1]) = (UInt8(sent & 0xFF), UInt8(sent >> 8))
        for byte in 2..<8 { frame.payload[byte] = 0x5A }
        bus.send(frame, from: 1, at: due)
        sent += 1
        continue
      }
      guard bus.nextEvent <= end else { break }
      switch bus.advance() {
      case .started: break
      case .ended(_, let isLost):
        seen.ended += 1
        if isLost { seen.lost += 1 }
      case .arrived(let frame, _): if frame.id == id { seen.frames.append(frame) }
      }
    }
    (seen.dropped, seen.busyTime) = (bus.dropped, bus.busyTime)
    return seen
  }

  @Test("A sound bus brings every frame once, in order, as sent")
  func sound() {
    let seen = arrivals([])
    #expect(seen.numbers == Array(0..<Self.count) && seen.ended == Self.count && seen.lost == 0)
    #expect(seen.frames.allSatisfy { frame in (2..<8).allSatisfy { frame.payload[$0] == 0x5A } })
  }

  @Test("Duplicates come twice, in order, and take their time on the bus twice")
  func duplicates() {
    let seen = arrivals([.duplicate(probability: 0.25)])
    let twice = seen.numbers.count - Self.count
    #expect(twice > 70 && twice < 140 && seen.ended == seen.numbers.count)
    #expect(Set(seen.numbers).count == Self.count && seen.numbers == seen.numbers.sorted())
    #expect(seen.busyTime > arrivals([]).busyTime)
    let all = arrivals([.duplicate(probability: 1)])
    #expect(all.numbers == (0..<Self.count).flatMap { [$0, $0] }, "twice, and never a third time")
  }

  @Test("A reordered frame comes right behind the next one, none is lost")
  func reorders() {
    let numbers = arrivals([.reorder(probability: 0.25)]).numbers
    #expect(numbers.sorted() == Array(0..<Self.count))
    let swapped = zip(numbers, numbers.dropFirst()).count { $0 > $1 }
    #expect(swapped > 50 && swapped < 130)
    for (place, number) in numbers.enumerated() { #expect(abs(place - number) <= 1) }
  }

  @Test("A reordered frame that nothing follows comes 20 ms late")
  func lastOfAll() throws {
    let seen = arrivals([.reorder(probability: 1, from: Int64(Self.count - 1) * 1_000_000)])
    let sound = arrivals([])
    let late = try #require(seen.frames.last).time - (try #require(sound.frames.last)).time
    #expect(late == SimulatedBus.longestHold)
  }

  @Test("A corrupted frame has exactly one bit wrong")
  func corrupts() {
    let seen = arrivals([.corrupt(probability: 0.5)])
    let sound = arrivals([])
    var wrong = 0
    for (frame, right) in zip(seen.frames, sound.frames) {
      let bits = (0..<8).reduce(0) { $0 + (frame.payload[$1] ^ right.payload[$1]).nonzeroBitCount }
      #expect(bits <= 1)
      wrong += bits
    }
    #expect(seen.frames.count == Self.count && wrong > 150 && wrong < 250)
  }

  @Test("A truncated frame is a byte shorter, on CAN FD one length")
  func truncates() {
    let lengths = arrivals([.truncate(probability: 0.5)]).frames.map(\.length)
    #expect(Set(lengths) == [7, 8] && lengths.count == Self.count)
    var random = RandomStream(seed: 1)
    var frame = CANFrame(id: 1, bus: 0, isExtended: false, isFlexibleDataRate: true)
    frame.length = 64
    var seen: [UInt8] = []
    while frame.length > 0 {
      frame.truncate(1, &random)
      seen.append(frame.length)
    }
    #expect(seen == [48, 32, 24, 20, 16, 12, 8, 7, 6, 5, 4, 3, 2, 1, 0])
  }

  @Test("Only a SYNC is lost where SYNCs are lost")
  func sync() {
    #expect(arrivals([.loseSync(probability: 1)]).lost == 0)
    #expect(arrivals([.loseSync(probability: 1)], id: 0x80).lost == Self.count)
  }

  @Test("Strangers send at their rate and lower nobody's count")
  func strangers() {
    let seen = arrivals([.strangers(rate: 500, from: 100_000_000, until: 300_000_000)])
    #expect(seen.ended - Self.count == 100)
    #expect(seen.numbers == Array(0..<Self.count))
  }

  @Test("A fault holds from its start and not at its end")
  func spans() {
    let seen = arrivals([.lose(probability: 1, from: 100_000_000, until: 200_000_000)])
    #expect(seen.numbers == Array(0..<100) + Array(200..<Self.count))
  }

  @Test("One fault does not shift what another draws")
  func independence() {
    let lossy = BusFault.Kind.lose(probability: 0.2)
    let alone = Set(0..<Self.count).subtracting(arrivals([lossy]).numbers)
    for other in [
      BusFault.Kind.jitter(upTo: 500_000), .corrupt(probability: 0), .reorder(probability: 0),
      .strangers(rate: 0), .delay(100_000), .truncate(probability: 0),
    ] {
      #expect(Set(0..<Self.count).subtracting(arrivals([other, lossy]).numbers) == alone)
      #expect(Set(0..<Self.count).subtracting(arrivals([lossy, other]).numbers) == alone)
    }
    #expect(Set(0..<Self.count).subtracting(arrivals([lossy], seed: 4).numbers) != alone)
  }

  @Test("Every pair of faults composes, and gives the same again")
  func pairs() {
    let span = (Int64(50_000_000), Int64(350_000_000))
    let kinds: [BusFault.Kind] = [
      .loseAll(from: span.0, until: span.1), .lose(probability: 0.3, from: span.0, until: span.1),
      .loseSync(probability: 0.5), .delay(700_000, from: span.0, until: span.1),
      .jitter(upTo: 1_500_000, from: span.0), .duplicate(probability: 0.5), .reorder(probability: 0.5),
      .corrupt(probability: 0.5), .truncate(probability: 0.5), .busOff(from: span.0, until: span.1),
      .unplugged(from: span.0, until: span.1), .errorState(.passive, from: span.0),
      .open(from: span.0, until: span.1),
      .wrongBitRate(from: span.0, until: span.1), .queueFull(from: span.0, until: span.1),
      .overflow(probability: 0.5), .babbling(from: span.0, until: span.1), .strangers(rate: 3000),
    ]
    for (index, first) in kinds.enumerated() {
      for second in kinds[index...] {
        let once = arrivals([first, second])
        let again = arrivals([first, second])
        #expect(once.numbers == again.numbers && once.ended == again.ended, "\(first) \(second)")
      }
    }
  }
}
