import ControlCycle

/// The host's controller and interface on one simulated bus: what faults make of them, and when they work again.
///
/// A controller that is bus-off, and an interface that is gone, stay so until somebody starts them again, and that only
/// works once their cause is over. What waited in the queue of a controller that is bus-off still waits then, as in the
/// kernel; the queue of an interface that is gone is gone with it.
struct HostController {
  private struct Span {
    var state: BusState
    var from: Int64
    var until: Int64
    func contains(_ time: Int64) -> Bool { time >= from && time < until }
  }
  private var outage: Span?
  private var trouble: Span?
  private var refusal: Span?
  private var flood: Span?
  /// Frames that the queue refused since it was last asked.
  private var refused = 0

  /// Adds a fault; one that is of the wire and not of the host changes nothing.
  mutating func add(_ kind: BusFault.Kind) {
    switch kind {
    case .busOff(let from, let until): outage = Span(state: .busOff, from: from, until: until)
    case .unplugged(let from, let until): outage = Span(state: .gone, from: from, until: until)
    case .errorState(let state, let from, let until):
      precondition(!state.isLost, "a lost bus is bus-off or unplugged")
      trouble = Span(state: state, from: from, until: until)
    case .queueFull(let from, let until): refusal = Span(state: .errorActive, from: from, until: until)
    case .babbling(let from, let until): flood = Span(state: .errorActive, from: from, until: until)
    case .loseAll, .lose, .delay, .jitter: break
    }
  }

  /// State at an instant [ns].
  func state(at time: Int64) -> BusState {
    if let outage, time >= outage.from { return outage.state }
    if let trouble, trouble.contains(time) { return trouble.state }
    return .errorActive
  }

  /// Whether the queue takes a frame at an instant [ns]; counts the one that it refuses.
  mutating func takesFrame(at time: Int64) -> Bool {
    guard let refusal, refusal.contains(time) else { return true }
    return false
  }

  /// Counts a frame that found no room.
  mutating func countRefused() { refused += 1 }

  /// What the interface says of itself at an instant [ns], refusals since the last time included.
  mutating func condition(at time: Int64) -> BusCondition {
    defer { refused = 0 }
    return BusCondition(state: state(at: time), refused: UInt16(clamping: refused))
  }

  /// First instant from `time` on at which the host's next frame may go out; `Int64.max` until it is started again [ns].
  func transmits(from time: Int64) -> Int64 { state(at: time).isLost ? .max : time }

  /// First instant from `time` on at which a babbling node begins a frame; `Int64.max` when it is quiet [ns].
  func babbles(from time: Int64) -> Int64 {
    guard let flood, time < flood.until else { return .max }
    return max(time, flood.from)
  }

  /// Starts the controller again; false while the cause lasts. `dropsQueue` tells that what waited is gone.
  mutating func restart(at time: Int64) -> (works: Bool, dropsQueue: Bool) {
    guard let outage, time >= outage.from else { return (true, false) }
    guard time >= outage.until else { return (false, false) }
    self.outage = nil
    return (true, outage.state == .gone)
  }
}
