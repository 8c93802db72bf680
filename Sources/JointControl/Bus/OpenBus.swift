internal import CServoBus
public import ControlCycle
internal import Glibc

/// A bus of a robot, open on its interface. Made by one thread and used by one at a time; closed when it is given up.
public struct OpenBus: ~Copyable {
  /// Number of the bus in the robot's bus table.
  public let index: Int
  private let interface: OpaquePointer

  /// Opens a bus on its interface.
  ///
  /// - Parameters:
  ///   - configuration: name and interface of the bus.
  ///   - index: its number, which received frames carry.
  /// - Throws: `BusError` when the interface cannot be opened, with what to do.
  public init(_ configuration: BusConfiguration, index: Int) throws(BusError) {
    precondition(OpenBus.isLayoutShared, "a frame of the loop is laid out as one of the shim")
    self.index = index
    let meant: BusInterface
    do throws(BusInterfaceError) { meant = try BusInterface(configuration.interface) } catch {
      throw BusError(configuration, message: error.message, fix: error.fix)
    }
    let bus = UInt8(index)
    var opened: OpaquePointer?
    let answer: Int32
    switch meant {
    case .kernel:
      throw BusError(
        configuration, message: "CAN interfaces of the kernel cannot be opened yet",
        fix: "give the bus an interface such as udp-multicast://239.74.163.2:43113, or use --target sim")
    case .multicast(let group, let port, let network, let hops):
      answer = servo_multicast_open(group, port, network, hops, bus, &opened)
    }
    guard answer == 0, let opened else { throw BusError(configuration, meant, code: -answer) }
    interface = opened
  }

  deinit { servo_interface_close(interface) }

  /// Takes what has arrived since the last call; a bus that is lost brings nothing more.
  public func receive(into frames: inout FrameBuffer, by staging: borrowing FrameStaging) {
    let count = servo_interface_receive(interface, staging.frames, Int32(FrameStaging.capacity))
    guard count > 0 else { return }
    for frame in 0..<Int(count) { frames.append(staging[frame]) }
  }

  /// Sends those of the frames that are for this bus; never blocks. What cannot be sent is given up and counted.
  public func send(_ frames: borrowing FrameBuffer) {
    let first = UnsafeRawPointer(frames.frames).assumingMemoryBound(to: servo_frame.self)
    _ = servo_interface_send(interface, first, Int32(truncatingIfNeeded: frames.count))
  }

  /// What the bus carried and met so far.
  public var traffic: BusTraffic {
    let counts = servo_interface_get_counts(interface)
    let number = { (count: UInt64) in Int64(clamping: count) }
    return BusTraffic(
      received: number(counts.received), sent: number(counts.sent), unsent: number(counts.unsent),
      own: number(counts.own), remote: number(counts.remote), errorFrames: number(counts.error_frames),
      overlong: number(counts.overlong), foreign: number(counts.foreign), missing: number(counts.missing),
      refused: number(counts.refused), overrun: number(counts.overrun),
      lost: servo_interface_error(interface))
  }

  /// Whether `CANFrame` lies in memory as the shim's frame does, so that frames are copied and not converted.
  static var isLayoutShared: Bool {
    MemoryLayout<CANFrame>.size == MemoryLayout<servo_frame>.size
      && MemoryLayout<CANFrame>.alignment == MemoryLayout<servo_frame>.alignment
      && MemoryLayout<CANFrame>.offset(of: \.id) == MemoryLayout<servo_frame>.offset(of: \.id)
      && MemoryLayout<CANFrame>.offset(of: \.bus) == MemoryLayout<servo_frame>.offset(of: \.bus)
      && MemoryLayout<CANFrame>.offset(of: \.length) == MemoryLayout<servo_frame>.offset(of: \.length)
      && MemoryLayout<CANFrame>.offset(of: \.flags) == MemoryLayout<servo_frame>.offset(of: \.flags)
      && MemoryLayout<CANFrame>.offset(of: \.time) == MemoryLayout<servo_frame>.offset(of: \.time_ns)
      && MemoryLayout<CANFrame>.offset(of: \.payload) == MemoryLayout<servo_frame>.offset(of: \.data)
  }
}

/// Room for what one call of `OpenBus.receive` takes, allocated once.
public struct FrameStaging: ~Copyable {
  /// Frames of one bus in one cycle: ten times what a bus of 1 Mbit/s carries in a millisecond.
  static let capacity = 256
  let frames: UnsafeMutablePointer<servo_frame>

  /// Allocates the room.
  public init() {
    frames = .allocate(capacity: FrameStaging.capacity)
    frames.initialize(repeating: servo_frame(), count: FrameStaging.capacity)
  }

  deinit { frames.deallocate() }

  subscript(index: Int) -> CANFrame {
    UnsafeRawPointer(frames + index).assumingMemoryBound(to: CANFrame.self).pointee
  }
}

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
  /// Frames beyond what one cycle takes.
  public var overrun: Int64 = 0
  /// The errno the interface was lost with; 0 while it is there.
  public var lost: Int32 = 0

  /// Nothing yet.
  public init() {}

  init(
    received: Int64, sent: Int64, unsent: Int64, own: Int64, remote: Int64, errorFrames: Int64,
    overlong: Int64, foreign: Int64, missing: Int64, refused: Int64, overrun: Int64, lost: Int32
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
  }

  /// Why the interface was lost; nil while it is there.
  public var loss: String? { lost == 0 ? nil : String(cString: strerror(lost)) }
}

/// A bus that cannot be opened.
public struct BusError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The robot's name for the bus.
  public var bus: String
  /// Its interface, as written.
  public var interface: String
  /// What is wrong.
  public var message: String
  /// What to do.
  public var fix: String

  init(_ configuration: BusConfiguration, message: String, fix: String) {
    bus = configuration.name
    interface = configuration.interface
    self.message = message
    self.fix = fix
  }

  /// What the system said, an errno, and what that means for this interface.
  init(_ configuration: BusConfiguration, _ interface: BusInterface, code: Int32) {
    self.init(
      configuration, message: "cannot be opened: \(String(cString: strerror(code)))",
      fix: Self.fix(interface, code: code))
  }

  /// Bus, interface, cause and remedy in one line.
  public var description: String { "bus \(bus), \(interface): \(message); \(fix)" }

  private static func fix(_ interface: BusInterface, code: Int32) -> String {
    switch interface {
    case .kernel: return "see that the interface is there; type: ip link show type can"
    case .multicast(let group, _, let network, _):
      if code == EINVAL { return "give a multicast address, such as 239.74.163.2" }
      if let network, code == ENODEV { return "see that \(network) is there; type: ip link show \(network)" }
      if code == ENODEV || code == ENETUNREACH {
        return "no route leads to \(group): add ?interface=lo to the bus's interface, or type: "
          + "sudo ip route add 239.0.0.0/8 dev lo"
      }
      return "see whether the port is taken; type: ss -uap"
    }
  }
}
