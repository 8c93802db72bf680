internal import CCommandPort
import ControlCycle
internal import Glibc

/// Why a command port could not be opened, or a client was refused.
public struct PortError: Error, Equatable {
  /// The socket's path.
  public var path: String
  /// What was wrong.
  public var message: String
  /// What to do.
  public var fix: String
}

/// A place where another process hands setpoints to a running loop: one owner at a time, by lease.
///
/// The owner writes sets of setpoints into memory that it shares with the loop, at its own rate; the loop reads the newest,
/// judges it (`PortJudge`), and moves from set to set (`PortTrack`). A Unix socket grants leases and notices when a client dies.
/// The loop's side never waits: a thread of the port's own does what may. Layouts: `command_port.h`.
public final class CommandPort {
  /// Path of the socket.
  public let path: String
  let host: OpaquePointer
  let shared: UnsafeMutablePointer<PortFigures>
  private let robot: Robot
  private let takesGains: Bool

  /// Opens a port for a loop of `robot`, which takes stiffness and damping only with `takesGains`.
  ///
  /// - Parameters:
  ///   - name: a name, or a path where it holds a slash; see `PortPath`.
  ///   - robot: who is described to clients, and whose limits hold.
  ///   - takesGains: whether an owner may set stiffness and damping.
  /// - Throws: `PortError` when the path is in use or the kernel refuses.
  public init(_ name: String, robot: Robot, takesGains: Bool = false) throws(PortError) {
    path = PortPath.of(name)
    self.robot = robot
    self.takesGains = takesGains
    var opened: OpaquePointer?
    let result = command_port_host_open(path, &opened)
    guard result == 0, let opened else {
      throw PortError(
        path: path, message: "the port cannot be opened: \(String(cString: strerror(-result)))",
        fix: result == -EADDRINUSE
          ? "end the loop that has it, or choose another name" : "choose a directory that you may write to")
    }
    host = opened
    shared = .allocate(capacity: 1)
    shared.initialize(to: PortFigures())
    describe()
    let started = command_port_host_serve(opened)
    guard started == 0 else {
      throw PortError(
        path: path, message: "the port's thread does not start: \(String(cString: strerror(-started)))",
        fix: "free memory or raise the limit of threads")
    }
  }

  deinit {
    command_port_host_close(host)
    shared.deallocate()
  }

  /// What the port did so far; once the loop has ended.
  public var figures: PortFigures { shared.pointee }

  /// The loop's source of setpoints; one for each port. With `waits` simulated time waits for the owner at each set.
  public func makeSource(waits: Bool = false) -> PortSource {
    PortSource(self, robot: robot, takesGains: takesGains, waits: waits)
  }

  /// Puts the state after each cycle where clients see it; one for each port.
  public func makePublisher() -> PortPublisher { PortPublisher(self) }

  /// The law that gives joints the stiffness and damping that the owner asks for; one for each port.
  public func makeLaw() -> PortLaw { PortLaw(self, robot: robot) }

  /// Says in the memory of the state who the robot is.
  private func describe() {
    let states = command_port_host_states(host)
    states.pointee.joint_count = UInt32(robot.joints.count)
    states.pointee.fingerprint = PortFingerprint.of(robot)
    states.pointee.period_ns = robot.period
    states.pointee.command_timeout_ns = robot.commandTimeout
    withUnsafeMutableBytes(of: &states.pointee.robot) { Self.write(robot.name, into: $0) }
    withUnsafeMutableBytes(of: &states.pointee.units) {
      Self.write("position rad, velocity rad/s, torque N.m, stiffness N.m/rad, damping N.m.s/rad", into: $0)
    }
    for (index, joint) in robot.joints.enumerated() {
      let place = command_port_joint_at(states, Int32(index))
      withUnsafeMutableBytes(of: &place.pointee.name) { Self.write(joint.name, into: $0) }
      let limits = joint.configuration.limits
      place.pointee.position_min_rad = limits.minPosition
      place.pointee.position_max_rad = limits.maxPosition
      place.pointee.velocity_limit_rad_s = limits.velocity
      place.pointee.acceleration_limit_rad_s2 = limits.acceleration
      place.pointee.torque_limit_nm = limits.torque
      place.pointee.stiffness_max_nm_rad = takesGains ? joint.configuration.gains.stiffness : 0
      place.pointee.damping_max_nm_s_rad = takesGains ? joint.configuration.gains.damping : 0
      place.pointee.home_rad = joint.home
    }
  }

  private static func write(_ text: String, into bytes: UnsafeMutableRawBufferPointer) {
    // The last byte stays zero; a name that is cut is still one.
    for (index, byte) in text.utf8.prefix(bytes.count - 1).enumerated() { bytes[index] = byte }
  }
}

/// Where a port's socket is.
public enum PortPath {
  /// A name that holds a slash is the path; any other is `sinew-NAME.port` in XDG_RUNTIME_DIR, or where that is not set
  /// `/tmp/sinew-USER-NAME.port` with the number of the user.
  public static func of(_ name: String) -> String {
    if name.contains("/") { return name }
    if let directory = getenv("XDG_RUNTIME_DIR"), directory[0] != 0 {
      return "\(String(cString: directory))/sinew-\(name).port"
    }
    return "/tmp/sinew-\(geteuid())-\(name).port"
  }
}

/// A number that is the same for the same description, so that a client made for one robot is not let at another.
enum PortFingerprint {
  /// FNV-1a of 64 bits over period, names and limits.
  static func of(_ robot: Robot) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func add<Bytes: Sequence>(_ bytes: Bytes) where Bytes.Element == UInt8 {
      for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    func add(_ value: Double) {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { add(Array($0)) }
    }
    add(robot.name.utf8)
    add(Double(robot.period))
    for joint in robot.joints {
      let limits = joint.configuration.limits
      add(joint.name.utf8)
      add(limits.minPosition)
      add(limits.maxPosition)
      add(limits.velocity)
      add(limits.acceleration)
      add(limits.torque)
    }
    // Zero stands for any robot.
    return hash == 0 ? 1 : hash
  }
}
