public import ControlCycle

/// Something that goes wrong on one bus of a simulated robot.
///
/// A lost frame takes its time on the bus but reaches nobody, as when an adapter drops it; it is not retried. Every fault
/// holds from an instant, and before another [ns]; faults of one kind compose.
public struct BusFault: Sendable, Equatable {
  /// What goes wrong.
  public enum Kind: Sendable, Equatable {
    /// Every frame that ends at or after an instant, and before another, is lost [ns]: the bus is unplugged.
    case loseAll(from: Int64, until: Int64 = .max)
    /// Every frame is lost with this probability, independently.
    case lose(probability: Double, from: Int64 = 0, until: Int64 = .max)
    /// Every CANopen SYNC is lost with this probability, independently.
    case loseSync(probability: Double, from: Int64 = 0, until: Int64 = .max)
    /// Every frame reaches its receivers this much after its end [ns].
    case delay(Int64, from: Int64 = 0, until: Int64 = .max)
    /// Every frame reaches its receivers late by a random time up to this [ns], in the order sent.
    case jitter(upTo: Int64, from: Int64 = 0, until: Int64 = .max)
    /// Every frame is sent a second time with this probability.
    case duplicate(probability: Double, from: Int64 = 0, until: Int64 = .max)
    /// Every frame is held back with this probability until the next one of its identifier has arrived.
    case reorder(probability: Double, from: Int64 = 0, until: Int64 = .max)
    /// Every frame has one random bit of its payload wrong with this probability.
    case corrupt(probability: Double, from: Int64 = 0, until: Int64 = .max)
    /// Every frame is one length too short with this probability.
    case truncate(probability: Double, from: Int64 = 0, until: Int64 = .max)
    /// The host's controller takes itself off the bus at an instant [ns] and stays off until it is started again, which
    /// works from another instant on; frames that wait stay in its queue.
    case busOff(from: Int64, until: Int64 = .max)
    /// The host's adapter is pulled at an instant and can be had again from another one on [ns]; its queue is gone.
    case unplugged(from: Int64, until: Int64 = .max)
    /// The host's controller says that it is in a state, warning or passive, from an instant to another [ns].
    case errorState(BusState, from: Int64, until: Int64 = .max)
    /// Nobody acknowledges the host's frames, which stay in its queue, and it hears nobody.
    case open(from: Int64, until: Int64 = .max)
    /// The host's controller runs at another bit rate: no frame is valid to either side.
    case wrongBitRate(from: Int64, until: Int64 = .max)
    /// The host's queue refuses every frame from an instant to another [ns].
    case queueFull(from: Int64, until: Int64 = .max)
    /// A frame for the host finds no room in its receive queue with this probability, and is counted there.
    case overflow(probability: Double, from: Int64 = 0, until: Int64 = .max)
    /// A node sends frame after frame, of the lowest priority, from an instant to another [ns].
    case babbling(from: Int64, until: Int64 = .max)
    /// A foreign node sends frames at a rate [1/s], evenly but for a random phase and payload.
    case strangers(rate: Double, from: Int64 = 0, until: Int64 = .max)

    /// When it holds [ns].
    var span: FaultInterval {
      switch self {
      case .loseAll(let from, let until), .busOff(let from, let until), .unplugged(let from, let until),
        .open(let from, let until), .wrongBitRate(let from, let until), .queueFull(let from, let until),
        .babbling(let from, let until), .errorState(_, let from, let until), .delay(_, let from, let until),
        .jitter(_, let from, let until), .lose(_, let from, let until), .loseSync(_, let from, let until),
        .duplicate(_, let from, let until), .reorder(_, let from, let until),
        .corrupt(_, let from, let until),
        .truncate(_, let from, let until), .overflow(_, let from, let until),
        .strangers(_, let from, let until):
        FaultInterval(from: from, until: until)
      }
    }

    /// A number for the stream of random numbers; different for each kind.
    var number: UInt64 {
      switch self {
      case .loseAll: 0
      case .lose: 1
      case .loseSync: 2
      case .delay: 3
      case .jitter: 4
      case .duplicate: 5
      case .reorder: 6
      case .corrupt: 7
      case .truncate: 8
      case .busOff: 9
      case .unplugged: 10
      case .errorState: 11
      case .open: 12
      case .wrongBitRate: 13
      case .queueFull: 14
      case .overflow: 15
      case .babbling: 16
      case .strangers: 17
      }
    }
  }
  /// Index of the bus in the robot's bus table.
  public var bus: Int
  /// What goes wrong.
  public var kind: Kind

  /// A fault on a bus.
  public init(bus: Int, kind: Kind) {
    self.bus = bus
    self.kind = kind
  }
}

/// From an instant, and before another [ns].
struct FaultInterval: BitwiseCopyable, Sendable {
  var from: Int64
  var until: Int64
  func contains(_ time: Int64) -> Bool { time >= from && time < until }
}
