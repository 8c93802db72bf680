public import ControlCycle

/// Something that goes wrong on one bus of a simulated robot.
///
/// A lost frame takes its time on the bus but reaches nobody, as when an adapter drops it; it is not retried.
public struct BusFault: Sendable, Equatable {
  /// What goes wrong.
  public enum Kind: Sendable, Equatable {
    /// Every frame that ends at or after an instant, and before another, is lost [ns]: the bus is unplugged.
    case loseAll(from: Int64, until: Int64 = .max)
    /// Every frame is lost with this probability, independently.
    case lose(probability: Double)
    /// Every frame reaches its receivers this much after its end [ns].
    case delay(Int64)
    /// Every frame reaches its receivers late by a random time up to this [ns], in the order sent.
    case jitter(upTo: Int64)
    /// The host's controller takes itself off the bus at an instant [ns] and stays off until it is started again, which
    /// works from another instant on; frames that wait stay in its queue.
    case busOff(from: Int64, until: Int64 = .max)
    /// The host's adapter is pulled at an instant and can be had again from another one on [ns]; its queue is gone.
    case unplugged(from: Int64, until: Int64 = .max)
    /// The host's controller says that it is in a state, warning or passive, from an instant to another [ns].
    case errorState(BusState, from: Int64, until: Int64 = .max)
    /// The host's queue refuses every frame from an instant to another [ns].
    case queueFull(from: Int64, until: Int64 = .max)
    /// A node sends frame after frame, of the lowest priority, from an instant to another [ns].
    case babbling(from: Int64, until: Int64 = .max)
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
