internal import Glibc

/// What an open bus carried, and what it met and did not hand on, since it was opened.
public struct BusTraffic: BitwiseCopyable, Sendable, Equatable {
  /// Data frames handed on.
  public var received: Int64 = 0
  /// Frames sent.
  public var sent: Int64 = 0
  /// Frames that could not be sent.
  public var unsent: Int64 = 0
  /// Datagrams of our own that came back.
  public var own: Int64 = 0
  /// Remote requests.
  public var remote: Int64 = 0
  /// Error frames of a controller or adapter.
  public var errorFrames: Int64 = 0
  /// Frames with more data than their format carries.
  public var overlong: Int64 = 0
  /// What is not of this transport.
  public var foreign: Int64 = 0
  /// Known to be missing: gaps in a sequence, or no room in the kernel.
  public var missing: Int64 = 0
  /// Requests the adapter refused.
  public var refused: Int64 = 0
  /// Frames beyond what one cycle takes from a bus: handed on in a later one.
  public var overrun: Int64 = 0
  /// The errno the interface was lost with; 0 while it is there.
  public var lost: Int32 = 0
  /// How a bus of the kernel does; nil for others.
  public var health: BusHealth?
  /// Who stamped the frames of a bus of the kernel; nil for others.
  public var stamps: BusStamps?
  /// What came back of the frames sent, where the bus asks for it.
  public var confirmation: BusConfirmation?

  /// Nothing yet.
  public init() {}

  init(
    received: Int64, sent: Int64, unsent: Int64, own: Int64, remote: Int64, errorFrames: Int64,
    overlong: Int64, foreign: Int64, missing: Int64, refused: Int64, overrun: Int64, lost: Int32,
    health: BusHealth?
  ) {
    self.received = received
    self.sent = sent
    self.unsent = unsent
    self.own = own
    self.remote = remote
    self.errorFrames = errorFrames
    self.overlong = overlong
    self.foreign = foreign
    self.missing = missing
    self.refused = refused
    self.overrun = overrun
    self.lost = lost
    self.health = health
  }

  /// Why the interface was lost; nil while it is there.
  public var loss: String? {
    if let state = health?.lost { return state.name }
    return lost == 0 ? nil : String(cString: strerror(lost))
  }
}
