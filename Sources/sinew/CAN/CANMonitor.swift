import CServoBus
import ControlCycle
import Foundation
import JointControl

/// A CAN interface that is looked on or spoken on, apart from any loop.
final class CANMonitor {
  let name: String
  private let bus: OpaquePointer
  private let room = UnsafeMutablePointer<servo_frame>.allocate(capacity: CANMonitor.capacity)
  private static let capacity = 256

  /// Opens an interface that is up; everything on it is seen, error frames and remote frames included.
  ///
  /// `receiveBytes` is what the kernel may hold until it is taken.
  init(_ name: String, receiveBytes: Int32 = 4 << 20) throws {
    self.name = name
    var options = servo_can_options()
    options.receive_bytes = receiveBytes
    options.is_monitor = 1
    var opened: OpaquePointer?
    let answer = servo_can_open(name, &options, &opened)
    guard answer == 0, let opened else { throw Failure(interface: name, code: -answer) }
    bus = opened
  }

  deinit {
    servo_can_close(bus)
    room.deallocate()
  }

  /// The socket, to wait on.
  var descriptor: Int32 { servo_can_descriptor(bus) }

  /// What is known of the bus.
  var health: servo_can_health { servo_can_get_health(bus) }

  /// Gives each frame that has arrived, its time that of CLOCK_REALTIME; returns how many.
  func receive(_ body: (CANFrame) -> Void) -> Int {
    let count = Int(servo_can_receive(bus, room, Int32(Self.capacity), servo_clock_now()))
    for index in 0..<max(count, 0) {
      body(UnsafeRawPointer(room + index).assumingMemoryBound(to: CANFrame.self).pointee)
    }
    return count
  }

  /// Sends one frame; 0 or an errno.
  func send(_ frame: CANFrame) -> Int32 {
    UnsafeMutableRawPointer(room).assumingMemoryBound(to: CANFrame.self).pointee = frame
    return servo_can_send(bus, room, 1) == 1 ? 0 : servo_can_get_health(bus).send_error
  }
}
