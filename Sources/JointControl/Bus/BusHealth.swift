internal import CServoBus
public import ControlCycle
internal import Glibc

/// How a bus on a CAN interface of the kernel does, since it was opened.
public struct BusHealth: BitwiseCopyable, Sendable, Equatable {
  /// The state of a bus, as the control cycle knows it.
  public typealias State = BusState

  /// What became of the commands that waited in the interface's queue when the loop was over.
  public enum Queue: BitwiseCopyable, Sendable {
    /// None waited, or the interface is gone, and its queue with it.
    case untouched
    /// The interface was taken down, which drops them.
    case dropped
    /// Taking it down was not allowed (CAP_NET_ADMIN): they may still be sent when the bus comes back.
    case kept
  }

  /// The state now.
  public var state: State
  /// The worst so far.
  public var worst: State
  /// The state at which the bus was lost; nothing is sent on it or taken from it from then on.
  public var lost: State?
  /// The controller's transmit error counter, where it has told one.
  public var transmitErrors: Int?
  /// The controller's receive error counter, where it has told one.
  public var receiveErrors: Int?
  /// Frames that found the queue full (ENOBUFS); they were dropped and not sent later.
  public var refused: Int64
  /// How often the controller went off the bus.
  public var busOffs: Int64
  /// How often it was started again.
  public var restarts: Int64
  /// What became of commands that waited.
  public var queue = Queue.untouched

  init(_ told: servo_can_health) {
    state = State(rawValue: told.state) ?? .gone
    worst = State(rawValue: told.worst) ?? .gone
    lost = told.lost == 0 ? nil : State(rawValue: told.lost)
    transmitErrors = told.transmit_errors < 0 ? nil : Int(told.transmit_errors)
    receiveErrors = told.receive_errors < 0 ? nil : Int(told.receive_errors)
    refused = told.refused
    busOffs = told.bus_offs
    restarts = told.restarts
  }
}

extension BusState: Comparable {
  /// The worse of two states is the greater one.
  public static func < (left: BusState, right: BusState) -> Bool { left.code < right.code }

  /// The state of a number of the shim; nil when there is none.
  public init?(rawValue: Int32) {
    guard let code = UInt8(exactly: rawValue) else { return nil }
    self.init(code: code)
  }

  /// The number that the shim has for it.
  public var rawValue: Int32 { Int32(code) }

  /// As reports write it.
  public var name: String {
    switch self {
    case .errorActive: "error-active"
    case .warning: "error-warning"
    case .passive: "error-passive"
    case .busOff: "bus-off"
    case .down: "down"
    case .gone: "gone"
    }
  }
}
