internal import CServoBus
public import ControlCycle
internal import Glibc

/// A bus of a robot, open on its interface. Made by one thread and used by one at a time; closed when it is given up.
public struct OpenBus: ~Copyable {
  /// Number of the bus in the robot's bus table.
  public let index: Int
  let interface: OpaquePointer
  /// The network interface of the kernel behind it, where there is one.
  let kernelName: String?
  /// What `condition` told so far.
  var told = BusTold()
  /// What was carried and met before the bus was opened anew; nil where it was not.
  var earlier: BusTraffic?
  private var queue = BusHealth.Queue.untouched

  /// Opens a bus on its interface.
  ///
  /// - Parameters:
  ///   - configuration: name, interface and bit rates of the bus.
  ///   - index: its number, which received frames carry.
  ///   - end: which end of the interface this program is.
  ///   - use: what is to be done on it.
  /// - Throws: `BusError` when the interface cannot be opened, with what to do.
  public init(
    _ configuration: BusConfiguration, index: Int, as end: BusEnd = .host, use: BusUse = .everything
  ) throws(BusError) {
    precondition(OpenBus.isLayoutShared, "a frame of the loop is laid out as one of the shim")
    self.index = index
    let meant: BusInterface
    do throws(BusInterfaceError) { meant = try BusInterface(configuration.interface) } catch {
      throw BusError(configuration, message: error.message, fix: error.fix)
    }
    var opened: OpaquePointer?
    if case .kernel(let name) = meant {
      let kernel = KernelInterface(name: name, configuration: configuration, use: use)
      interface = try kernel.open(bus: UInt8(index))
      kernelName = name
      return
    }
    let answer = Self.open(meant, configuration, bus: UInt8(index), as: end, into: &opened)
    guard answer == 0, let opened else { throw BusError(configuration, meant, code: -answer) }
    interface = opened
    kernelName = nil
  }

  deinit { servo_interface_close(interface) }

  /// Takes what has arrived since the last call; a bus that is lost brings nothing more.
  ///
  /// - Parameters:
  ///   - frames: where it goes.
  ///   - staging: room on the way.
  ///   - most: frames taken at most; what is over waits for the next call, and is counted.
  /// - Returns: how many were taken.
  @discardableResult
  public func receive(
    into frames: inout FrameBuffer, by staging: borrowing FrameStaging,
    atMost most: Int = FrameStaging.capacity
  ) -> Int {
    let room = Int32(truncatingIfNeeded: max(0, min(most, FrameStaging.capacity)))
    let count = Int(servo_interface_receive(interface, staging.frames, room))
    guard count > 0 else { return 0 }
    for frame in 0..<count { frames.append(staging[frame]) }
    return count
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
    var traffic = BusTraffic(
      received: number(counts.received), sent: number(counts.sent), unsent: number(counts.unsent),
      own: number(counts.own), remote: number(counts.remote), errorFrames: number(counts.error_frames),
      overlong: number(counts.overlong), foreign: number(counts.foreign), missing: number(counts.missing),
      refused: number(counts.refused), overrun: number(counts.overrun),
      lost: servo_interface_error(interface), health: health)
    traffic.stamps = BusStamps(of: interface)
    traffic.confirmation = BusConfirmation(of: interface)
    return traffic
  }

  /// How a bus of the kernel does; nil for others.
  private var health: BusHealth? {
    var told = servo_can_health()
    guard servo_interface_get_health(interface, &told) == 0 else { return nil }
    var health = BusHealth(told)
    health.queue = queue
    return health
  }

  /// Sees to it that no command that still waits is ever sent, once the loop is over: where the bus was lost, or something
  /// waits for longer than any frame takes, takes the kernel's interface down, which drops it.
  ///
  /// Not for the loop's own thread while it runs: it waits.
  public mutating func secure() {
    guard let kernelName, let health, health.lost != .gone else { return }
    guard health.lost != nil || stillWaits() else { return }
    let answer = servo_can_link_set_up(kernelName, 0)
    queue = answer == 0 ? .dropped : answer == -ENODEV ? .untouched : .kept
  }

  /// Whether commands wait in the interface's queue after 50 ms, in which a bus of 125 kbit/s carries those of two cycles.
  private func stillWaits() -> Bool {
    for _ in 0..<50 {
      if servo_interface_waiting(interface) <= 0 { return false }
      _ = servo_clock_sleep_until(servo_clock_now() + 1_000_000)
    }
    return true
  }

  /// Opens an interface that is none of the kernel: 0 or a negative errno.
  private static func open(
    _ interface: BusInterface, _ bus: BusConfiguration, bus index: UInt8, as end: BusEnd,
    into opened: inout OpaquePointer?
  ) -> Int32 {
    let rates = servo_bit_rates(
      nominal: Int32(clamping: bus.bitRate), data: Int32(clamping: bus.dataBitRate ?? 0))
    switch (interface, end) {
    case (.kernel, _): return -ENOSYS
    case (.multicast(let group, let port, let network, let hops), _):
      return servo_multicast_open(group, port, network, hops, index, &opened)
    case (.slcanTerminal(let path), .host): return servo_slcan_open_terminal(path, rates, index, &opened)
    case (.slcanTerminal(let path), .drives): return servo_slcan_serve_terminal(path, rates, index, &opened)
    case (.slcanTCP(let host, let port), .host):
      return servo_slcan_open_tcp(host, port, rates, index, &opened)
    case (.slcanTCP(let host, let port), .drives):
      return servo_slcan_serve_tcp(host, port, rates, index, &opened)
    case (.cannelloni(let host, let port, let local), .host):
      return servo_cannelloni_open(host, port, local, index, &opened)
    case (.cannelloni(let host, let port, _), .drives):
      return servo_cannelloni_serve(host, port, index, &opened)
    }
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

/// Which end of an interface a program is; to a multicast group both are the same.
public enum BusEnd: Sendable {
  /// The controller of the drives.
  case host
  /// What the host takes for its adapter with the drives behind it.
  case drives
}

/// Room for what one call of `OpenBus.receive` takes, allocated once.
public struct FrameStaging: ~Copyable {
  /// Frames of one bus in one cycle: ten times what a bus of 1 Mbit/s carries in a millisecond.
  public static let capacity = 256
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
