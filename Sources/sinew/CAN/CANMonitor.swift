import CServoBus
import ControlCycle
import Foundation
import JointControl

/// A bus that is looked on, apart from any loop.
protocol BusMonitor: AnyObject {
  /// The socket to wait on; nil where there is none to be had, and one looks again and again.
  var descriptor: Int32? { get }
  /// How the bus does.
  var status: MonitorStatus { get }
  /// Gives each frame that has arrived, its time that of CLOCK_REALTIME [ns].
  func receive(_ body: (CANFrame) -> Void)
}

/// What is known of a bus that is looked on.
struct MonitorStatus: Equatable {
  /// Its state, in a few words.
  var state: String
  /// Whether nothing more will come from it.
  var isGone = false
  /// Frames known to be missing.
  var missing: Int64 = 0
  /// Remote frames, error frames and what is no frame, which interfaces outside the kernel count and do not hand on.
  var ignored: Int64 = 0

  /// What a bus is like that all is well with.
  static func isUsual(_ state: String) -> Bool {
    state == BusHealth.State.errorActive.name || state == "open"
  }
}

/// A CAN interface of the kernel that is looked on or spoken on.
final class CANMonitor: BusMonitor {
  private let bus: OpaquePointer
  private let room = UnsafeMutablePointer<servo_frame>.allocate(capacity: CANMonitor.capacity)
  private static let capacity = 256

  /// Opens an interface that is up; everything on it is seen, error frames and remote frames included.
  ///
  /// `receiveBytes` is what the kernel may hold until it is taken.
  init(_ name: String, receiveBytes: Int32 = 4 << 20) throws {
    var options = servo_can_options()
    options.receive_bytes = receiveBytes
    options.is_monitor = 1
    var opened: OpaquePointer?
    let answer = servo_can_open(name, &options, &opened)
    guard answer == 0, let opened else {
      room.deallocate()
      throw Failure(interface: name, code: -answer)
    }
    bus = opened
  }

  deinit {
    servo_can_close(bus)
    room.deallocate()
  }

  var descriptor: Int32? { servo_can_descriptor(bus) }

  var status: MonitorStatus {
    let health = servo_can_get_health(bus)
    let state = BusHealth.State(rawValue: health.state) ?? .gone
    return MonitorStatus(state: state.name, isGone: state == .gone, missing: health.overflowed)
  }

  func receive(_ body: (CANFrame) -> Void) {
    let count = Int(servo_can_receive(bus, room, Int32(Self.capacity), servo_clock_now()))
    for index in 0..<max(count, 0) {
      body(UnsafeRawPointer(room + index).assumingMemoryBound(to: CANFrame.self).pointee)
    }
  }

  /// Sends one frame; 0 or an errno.
  func send(_ frame: CANFrame) -> Int32 {
    UnsafeMutableRawPointer(room).assumingMemoryBound(to: CANFrame.self).pointee = frame
    return servo_can_send(bus, room, 1) == 1 ? 0 : servo_can_get_health(bus).send_error
  }
}

/// An interface that no kernel driver stands behind, looked on as a host would: its data frames.
final class TransportMonitor: BusMonitor {
  private let bus: OpenBus
  private let staging = FrameStaging()
  private var frames = FrameBuffer(capacity: 256)

  /// Opens it; the bit rates are those an adapter is set to.
  init(_ configuration: BusConfiguration) throws {
    do throws(BusError) { bus = try OpenBus(configuration, index: 0) } catch {
      throw Failure(
        kind: "bus", location: error.interface, message: error.message, fix: error.fix,
        code: Failure.hostFault)
    }
  }

  var descriptor: Int32? { nil }

  var status: MonitorStatus {
    let traffic = bus.traffic
    return MonitorStatus(
      state: traffic.loss.map { "gone, \($0)" } ?? "open", isGone: traffic.loss != nil,
      missing: traffic.missing + traffic.overrun,
      ignored: traffic.remote + traffic.errorFrames + traffic.overlong + traffic.foreign)
  }

  func receive(_ body: (CANFrame) -> Void) {
    frames.removeAll()
    bus.receive(into: &frames, by: staging)
    guard frames.count > 0 else { return }
    let shift = WallClock.now() - servo_clock_now()
    for index in 0..<frames.count {
      var frame = frames[index]
      frame.time += shift
      body(frame)
    }
  }
}

/// The time of day.
enum WallClock {
  /// Nanoseconds since 1970.
  static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
