import ControlCycle

/// The host's controller and interface on one simulated bus: what faults make of them, and when they work again.
///
/// A controller that is bus-off, and an interface that is gone, stay so until somebody starts them again, and that only
/// works once their cause is over. What waited in the queue of a controller that is bus-off still waits then, as in the
/// kernel; the queue of an interface that is gone is gone with it.
struct HostController {
  private struct Span {
    var state: BusState
    var interval: FaultInterval
  }
  private struct Overflow {
    var probability: Double
    var interval: FaultInterval
    var random: RandomStream
  }
  /// What takes the host off the bus until it is started again.
  private var outages: [Span] = []
  private var troubles: [Span] = []
  private var refusals: [FaultInterval] = []
  /// When it is cut off from the bus without knowing it: nothing goes out and nothing comes in.
  private var cuts: [FaultInterval] = []
  private var overflows: [Overflow] = []
  /// Frames that the queue refused, and that found no room on their way in, since it was last asked.
  private var refused = 0
  private var overflowed = 0

  /// Times after which a controller whose frames nobody acknowledges is error-warning and error-passive, and one whose
  /// frames the others destroy is bus-off [ns]: 12, 16 and 32 attempts of about 130 us, each worth 8 in its error counter
  /// (ISO 11898-1). A missing acknowledgement alone never makes a passive node bus-off.
  private static let warningAfter: Int64 = 1_500_000
  private static let passiveAfter: Int64 = 2_000_000
  private static let busOffAfter: Int64 = 4_000_000

  /// Adds a fault; one that is of the wire and not of the host changes nothing.
  mutating func add(_ kind: BusFault.Kind, random: RandomStream) {
    let span = kind.span
    switch kind {
    case .busOff: outages.append(Span(state: .busOff, interval: span))
    case .unplugged: outages.append(Span(state: .gone, interval: span))
    case .errorState(let state, _, _):
      precondition(!state.isLost, "a lost bus is bus-off or unplugged")
      troubles.append(Span(state: state, interval: span))
    case .open: cut(span)
    case .wrongBitRate:
      cut(span)
      outages.append(Span(state: .busOff, interval: Self.later(span, by: Self.busOffAfter)))
    case .queueFull: refusals.append(span)
    case .overflow(let probability, _, _):
      overflows.append(Overflow(probability: probability, interval: span, random: random))
    case .loseAll, .lose, .loseSync, .delay, .jitter, .duplicate, .reorder, .corrupt, .truncate, .babbling,
      .strangers:
      break
    }
  }

  private mutating func cut(_ span: FaultInterval) {
    cuts.append(span)
    troubles.append(Span(state: .warning, interval: Self.later(span, by: Self.warningAfter)))
    troubles.append(Span(state: .passive, interval: Self.later(span, by: Self.passiveAfter)))
  }

  /// The interval from later on; empty where it is over by then.
  private static func later(_ span: FaultInterval, by time: Int64) -> FaultInterval {
    let from = span.from.addingReportingOverflow(time)
    return FaultInterval(
      from: from.overflow ? span.until : min(from.partialValue, span.until), until: span.until)
  }

  /// State at an instant [ns]: the worst of what holds.
  func state(at time: Int64) -> BusState {
    var worst = BusState.errorActive
    // An outage that is over holds on until the controller is started again; one that never began does not.
    for outage in outages where time >= outage.interval.from && outage.interval.from < outage.interval.until {
      if outage.state.code > worst.code { worst = outage.state }
    }
    for trouble in troubles where trouble.interval.contains(time) && trouble.state.code > worst.code {
      worst = trouble.state
    }
    return worst
  }

  /// Whether the queue takes a frame at an instant [ns].
  func takesFrame(at time: Int64) -> Bool { !refusals.contains { $0.contains(time) } }

  /// Counts a frame that found no room.
  mutating func countRefused() { refused += 1 }

  /// Whether a frame that arrives at an instant reaches the loop [ns]; counts the one that finds no room.
  mutating func hears(at time: Int64) -> Bool {
    guard !state(at: time).isLost && !cuts.contains(where: { $0.contains(time) }) else { return false }
    var fits = true
    for index in overflows.indices where overflows[index].interval.contains(time) {
      if overflows[index].random.uniform() < overflows[index].probability { fits = false }
    }
    if !fits { overflowed += 1 }
    return fits
  }

  /// What the interface says of itself at an instant [ns], refusals since the last time included.
  mutating func condition(at time: Int64) -> BusCondition {
    defer { (refused, overflowed) = (0, 0) }
    return BusCondition(
      state: state(at: time), refused: UInt16(clamping: refused), overflowed: UInt16(clamping: overflowed))
  }

  /// First instant from `time` on at which the host's next frame may go out; `Int64.max` until it is started again [ns].
  func transmits(from time: Int64) -> Int64 {
    var instant = time
    // Cuts may overlap: go on until none holds.
    while let cut = cuts.first(where: { $0.contains(instant) }) {
      guard cut.until != .max else { return .max }
      instant = cut.until
    }
    return state(at: instant).isLost ? .max : instant
  }

  /// Starts the controller again; false while the cause lasts. `dropsQueue` tells that what waited is gone.
  mutating func restart(at time: Int64) -> (works: Bool, dropsQueue: Bool) {
    let begun = outages.filter { time >= $0.interval.from }
    guard !begun.contains(where: { $0.interval.contains(time) }) else { return (false, false) }
    outages.removeAll { time >= $0.interval.from }
    return (true, begun.contains { $0.state.code == BusState.gone.code })
  }
}
