import ControlCycle

/// Nodes on a bus that belong to nobody: one that babbles, and strangers.
struct ForeignNodes {
  private struct Stranger {
    var interval: FaultInterval
    /// Time between two frames [ns].
    var period: Int64
    var next: Int64
    var random: RandomStream
  }
  private var floods: [FaultInterval] = []
  private var strangers: [Stranger] = []
  /// Identifier of the strangers' frames; one that no drive of the bus takes or answers with.
  var strangerID: UInt32 = 0x7FE

  /// Adds a fault of a foreign node; any other changes nothing.
  mutating func add(_ kind: BusFault.Kind, random: RandomStream) {
    switch kind {
    case .babbling: floods.append(kind.span)
    case .strangers(let rate, let from, _):
      guard rate > 0 else { return }
      var random = random
      let period = max(1, Int64((1e9 / rate).rounded()))
      let phase = random.integer(upTo: period - 1)
      let first = from.addingReportingOverflow(phase)
      strangers.append(
        Stranger(
          interval: kind.span, period: period, next: first.overflow ? .max : first.partialValue,
          random: random))
    default: break
    }
  }

  /// Whether there is nobody.
  var isEmpty: Bool { floods.isEmpty && strangers.isEmpty }

  /// First instant from `time` on at which the babbling node begins a frame; `Int64.max` when it is quiet [ns].
  func babbles(from time: Int64) -> Int64 {
    var first = Int64.max
    for flood in floods where time < flood.until { first = min(first, max(time, flood.from)) }
    return first
  }

  /// Instant of the next frame of a stranger; `Int64.max` when there is none [ns].
  var nextStranger: Int64 {
    var first = Int64.max
    for stranger in strangers where stranger.interval.contains(stranger.next) {
      first = min(first, stranger.next)
    }
    return first
  }

  /// The frame of a stranger that is due at `nextStranger`.
  mutating func takeStranger(bus: UInt8) -> CANFrame {
    let due = nextStranger
    var frame = CANFrame(id: strangerID, bus: bus, isExtended: false)
    guard let index = strangers.firstIndex(where: { $0.next == due }) else { return frame }
    frame.length = 8
    let bits = strangers[index].random.next()
    for byte in 0..<8 { frame.payload[byte] = UInt8(truncatingIfNeeded: bits >> UInt64(8 * byte)) }
    strangers[index].next += strangers[index].period
    return frame
  }

  /// What a babbling node sends.
  static var babble: CANFrame {
    var frame = CANFrame(id: 0x7FF, bus: 0, isExtended: false)
    frame.length = 8
    return frame
  }
}
