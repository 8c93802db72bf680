public import ControlCycle

/// What the drive's own encoder, current sensors and thermometer see, at the shaft it reports.
public struct ShaftMeasurement: BitwiseCopyable, Sendable, Equatable {
  /// Position since the encoder's own zero [rad].
  public var position: Double
  /// Velocity [rad/s].
  public var velocity: Double
  /// Torque [N.m].
  public var torque: Double
  /// Temperature of winding and power stage [degree Celsius].
  public var temperature: Double

  /// A measurement.
  public init(position: Double, velocity: Double, torque: Double, temperature: Double) {
    self.position = position
    self.velocity = velocity
    self.torque = torque
    self.temperature = temperature
  }
}

/// The firmware of one drive: decodes real frames with the wire headers and answers as the drive does.
///
/// A trivial value of fixed size, one a drive. Byte tables and what is known of each firmware are in
/// Firmware-Interfaces/Protocols; what is not known is chosen strictly and said so there.
public enum DriveFirmware: BitwiseCopyable, Sendable {
  /// A Damiao DM drive.
  case damiao(DamiaoFirmware)
  /// A moteus drive.
  case moteus(MoteusFirmware)
  /// A RobStride RS or EL drive.
  case robstride(RobStrideFirmware)

  /// A drive just powered up, with the values it is delivered with: watchdog off.
  public init(_ configuration: DriveConfiguration) {
    switch configuration.family {
    case .damiao: self = .damiao(DamiaoFirmware(configuration))
    case .moteus: self = .moteus(MoteusFirmware(configuration))
    case .robstride: self = .robstride(RobStrideFirmware(configuration))
    }
  }

  /// Whether the drive's acceptance filter lets a frame through; all others change nothing and get no reply.
  public func accepts(_ frame: CANFrame) -> Bool {
    switch self {
    case .damiao(let firmware): firmware.accepts(frame)
    case .moteus(let firmware): firmware.accepts(frame)
    case .robstride(let firmware): firmware.accepts(frame)
    }
  }

  /// Takes a frame from the bus at an instant [ns]; the reply, if any, is ready after the response latency.
  public mutating func receive(
    _ frame: CANFrame, at time: Int64, measuring shaft: ShaftMeasurement
  ) -> CANFrame? {
    switch self {
    case .damiao(var firmware):
      let reply = firmware.receive(frame, at: time, measuring: shaft)
      self = .damiao(firmware)
      return reply
    case .moteus(var firmware):
      let reply = firmware.receive(frame, at: time, measuring: shaft)
      self = .moteus(firmware)
      return reply
    case .robstride(var firmware):
      let reply = firmware.receive(frame, at: time, measuring: shaft)
      self = .robstride(firmware)
      return reply
    }
  }

  /// Whether the drive sends more than one reply to a frame, or frames of its own accord.
  public var isTalkative: Bool {
    switch self {
    case .damiao, .moteus, .robstride: false
    }
  }

  /// The next frame a talkative drive has ready at an instant [ns]; nil when there is none (left).
  public mutating func transmit(at time: Int64, measuring shaft: ShaftMeasurement) -> CANFrame? {
    switch self {
    case .damiao, .moteus, .robstride: nil
    }
  }

  /// Lets time pass up to an instant [ns]: the watchdog lets go exactly when its time is over.
  public mutating func tick(at time: Int64) {
    switch self {
    case .damiao(var firmware):
      guard firmware.isWatchdogOver(at: time) else { return }
      firmware.tick(at: time)
      self = .damiao(firmware)
    case .moteus(var firmware):
      firmware.tick(at: time)
      self = .moteus(firmware)
    case .robstride(var firmware):
      guard firmware.isWatchdogOver(at: time) else { return }
      firmware.tick(at: time)
      self = .robstride(firmware)
    }
  }

  /// Torque the law asks of the motor [N.m], at the shaft and within the drive's range; 0 when off.
  public func torque(at shaft: ShaftMeasurement) -> Double {
    switch self {
    case .damiao(let firmware): firmware.torque(at: shaft)
    case .moteus(let firmware): firmware.torque(at: shaft)
    case .robstride(let firmware): firmware.torque(at: shaft)
    }
  }

  /// Breaks the drive: power stage off, fault latched until it is cleared.
  public mutating func fail(_ fault: DriveFaults) {
    switch self {
    case .damiao(var firmware):
      firmware.fail(fault)
      self = .damiao(firmware)
    case .moteus(var firmware):
      firmware.fail(fault)
      self = .moteus(firmware)
    case .robstride(var firmware):
      firmware.fail(fault)
      self = .robstride(firmware)
    }
  }

  /// Whether the power stage is on.
  public var mode: DriveMode {
    switch self {
    case .damiao(let firmware): firmware.mode
    case .moteus(let firmware): firmware.mode
    case .robstride(let firmware): firmware.mode
    }
  }
}

/// The drive-side command watchdog.
struct CommandWatchdog: BitwiseCopyable, Sendable {
  /// Instant of the last command [ns].
  var lastCommand: Int64 = 0

  /// Whether the watchdog's time is over at an instant [ns]; a timeout of 0 units is off.
  func isOver(at time: Int64, units: UInt32, unit_us: Int) -> Bool {
    units != 0 && time - lastCommand >= Int64(units) * Int64(unit_us) * 1000
  }
}

extension MotorCommand {
  /// Torque of the impedance law at a measured shaft [N.m], within plus or minus `limit`.
  func torque(at shaft: ShaftMeasurement, zero: Double, limit: Double) -> Double {
    let torque =
      stiffness * (position - (shaft.position - zero)) + damping * (velocity - shaft.velocity) + self.torque
    guard torque.isFinite else { return 0 }
    return max(-limit, min(limit, torque))
  }
}

/// A whole number for an unsigned field; saturating, and zero for what is not finite.
func saturated<T: FixedWidthInteger & UnsignedInteger>(_ value: Double) -> T {
  guard value > 0 else { return 0 }
  return value < Double(T.max) ? T(value) : T.max
}
