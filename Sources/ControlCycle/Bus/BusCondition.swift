/// The state of a bus, best first: those of its controller (ISO 11898-1, fault confinement), then those of its interface.
public enum BusState: BitwiseCopyable, Sendable {
  /// The controller takes part; one without a controller always does.
  case errorActive
  /// An error counter has reached 96.
  case warning
  /// An error counter has reached 128: the controller can no longer destroy the frames of others.
  case passive
  /// The transmit error counter has passed 255: the controller took itself off the bus.
  case busOff
  /// The interface was taken down.
  case down
  /// The interface is no more.
  case gone

  /// The code that logs carry.
  public var code: UInt8 {
    @_noLocks get {
      switch self {
      case .errorActive: 0
      case .warning: 1
      case .passive: 2
      case .busOff: 3
      case .down: 4
      case .gone: 5
      }
    }
  }

  /// The state of a code; nil when there is none.
  @_noLocks public init?(code: UInt8) {
    switch code {
    case 0: self = .errorActive
    case 1: self = .warning
    case 2: self = .passive
    case 3: self = .busOff
    case 4: self = .down
    case 5: self = .gone
    default: return nil
    }
  }

  /// Whether nothing can be sent on the bus any more.
  public var isLost: Bool { @_noLocks get { code >= 3 } }
}

/// What a bus says of itself in one cycle, beside its frames: the only way its health enters the control cycle.
public struct BusCondition: BitwiseCopyable, Sendable, Equatable {
  /// The state now.
  public var state: BusState
  /// Frames of the cycle before that found the queue full; they were dropped and are not sent later.
  public var refused: UInt16
  /// Frames that arrived since the cycle before and found no room.
  public var overflowed: UInt16

  /// A bus in a state; error-active, with nothing lost on the way, when nothing is given.
  @_noLocks public init(state: BusState = .errorActive, refused: UInt16 = 0, overflowed: UInt16 = 0) {
    self.state = state
    self.refused = refused
    self.overflowed = overflowed
  }

  /// Whether there is nothing to tell.
  public var isPlain: Bool { @_noLocks get { state.code == 0 && refused == 0 && overflowed == 0 } }

  /// The condition as logs carry it: state, then the two counts.
  public var word: UInt64 {
    @_noLocks get { UInt64(state.code) | UInt64(refused) << 16 | UInt64(overflowed) << 32 }
  }

  /// The condition of a word; nil when the word is none.
  @_noLocks public init?(word: UInt64) {
    guard word >> 48 == 0, word >> 8 & 0xFF == 0,
      let state = BusState(code: UInt8(truncatingIfNeeded: word))
    else { return nil }
    self.init(
      state: state, refused: UInt16(truncatingIfNeeded: word >> 16),
      overflowed: UInt16(truncatingIfNeeded: word >> 32))
  }
}
