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
  /// Voltage of the supply [V]; nil for the drive's nominal one.
  public var supply: Double?

  /// A measurement.
  public init(
    position: Double, velocity: Double, torque: Double, temperature: Double, supply: Double? = nil
  ) {
    self.supply = supply
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
  /// A CANopen drive of the CiA 402 profile.
  case canopen(CANopenFirmware)
  /// A CubeMars AK drive of 29 bits.
  case cubemars(CubeMarsFirmware)
  /// A Damiao DM drive.
  case damiao(DamiaoFirmware)
  /// A mini-cheetah or CubeMars AK drive of 11 bits.
  case mit(MITFirmware)
  /// A moteus drive.
  case moteus(MoteusFirmware)
  /// A MyActuator RMD-X.
  case myactuator(MyActuatorFirmware)
  /// An ODrive on CANSimple.
  case odrive(ODriveFirmware)
  /// A RobStride RS or EL drive, or a CyberGear.
  case robstride(RobStrideFirmware)

  /// A drive just powered up, with the values it is delivered with: watchdog off.
  ///
  /// `storedWatchdog_us` is what a family holds whose watchdog only its vendor's tool can set [us]; 0 is off.
  public init(_ configuration: DriveConfiguration, storedWatchdog_us: Int = 0) {
    switch configuration.family {
    case .canopen: self = .canopen(CANopenFirmware(configuration))
    case .damiao: self = .damiao(DamiaoFirmware(configuration))
    case .mit where configuration.dialect.isForce: self = .cubemars(CubeMarsFirmware(configuration))
    case .mit: self = .mit(MITFirmware(configuration))
    case .odrive, .odrive05:
      self = .odrive(ODriveFirmware(configuration, watchdog_us: storedWatchdog_us))
    case .moteus: self = .moteus(MoteusFirmware(configuration))
    case .myactuator: self = .myactuator(MyActuatorFirmware(configuration))
    case .robstride: self = .robstride(RobStrideFirmware(configuration))
    }
  }

  /// Makes a Damiao or RobStride another drive of the same settings; nothing for others.
  mutating func changeSerial() {
    switch self {
    case .damiao(var firmware):
      firmware.changeSerial()
      self = .damiao(firmware)
    case .robstride(var firmware):
      firmware.batch ^= 1
      self = .robstride(firmware)
    case .canopen, .cubemars, .mit, .moteus, .myactuator, .odrive: break
    }
  }

  /// Whether the drive's acceptance filter lets a frame through; all others change nothing and get no reply.
  public func accepts(_ frame: CANFrame) -> Bool {
    switch self {
    case .canopen(let firmware): firmware.accepts(frame)
    case .cubemars(let firmware): firmware.accepts(frame)
    case .damiao(let firmware): firmware.accepts(frame)
    case .mit(let firmware): firmware.accepts(frame)
    case .odrive(let firmware): firmware.accepts(frame)
    case .moteus(let firmware): firmware.accepts(frame)
    case .myactuator(let firmware): firmware.accepts(frame)
    case .robstride(let firmware): firmware.accepts(frame)
    }
  }

  /// Takes a frame from the bus at an instant [ns]; the reply, if any, is ready after the response latency.
  public mutating func receive(
    _ frame: CANFrame, at time: Int64, measuring shaft: ShaftMeasurement
  ) -> CANFrame? {
    switch self {
    case .canopen(var firmware):
      let reply = firmware.receive(frame, at: time, measuring: shaft)
      self = .canopen(firmware)
      return reply
    case .cubemars(var firmware):
      let reply = firmware.receive(frame, at: time, measuring: shaft)
      self = .cubemars(firmware)
      return reply
    case .damiao(var firmware):
      let reply = firmware.receive(frame, at: time, measuring: shaft)
      self = .damiao(firmware)
      return reply
    case .mit(var firmware):
      let reply = firmware.receive(frame, at: time, measuring: shaft)
      self = .mit(firmware)
      return reply
    case .odrive(var firmware):
      let reply = firmware.receive(frame, at: time, measuring: shaft)
      self = .odrive(firmware)
      return reply
    case .moteus(var firmware):
      let reply = firmware.receive(frame, at: time, measuring: shaft)
      self = .moteus(firmware)
      return reply
    case .myactuator(var firmware):
      let reply = firmware.receive(frame, at: time, measuring: shaft)
      self = .myactuator(firmware)
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
    case .canopen, .odrive: true
    case .cubemars, .damiao, .mit, .moteus, .myactuator, .robstride: false
    }
  }

  /// The next frame a talkative drive has ready at an instant [ns]; nil when there is none (left).
  public mutating func transmit(at time: Int64, measuring shaft: ShaftMeasurement) -> CANFrame? {
    switch self {
    case .canopen(var firmware):
      let frame = firmware.transmit(at: time, measuring: shaft)
      self = .canopen(firmware)
      return frame
    case .cubemars, .damiao, .mit, .moteus, .myactuator, .robstride: return nil
    case .odrive(var firmware):
      let frame = firmware.transmit(at: time, measuring: shaft)
      self = .odrive(firmware)
      return frame
    }
  }

  /// Lets time pass up to an instant [ns]: the watchdog lets go exactly when its time is over.
  public mutating func tick(at time: Int64) {
    switch self {
    case .canopen(var firmware):
      guard firmware.isWatchdogOver(at: time) else { return }
      firmware.tick(at: time)
      self = .canopen(firmware)
    case .cubemars(var firmware):
      guard firmware.isWatchdogOver(at: time) else { return }
      firmware.tick(at: time)
      self = .cubemars(firmware)
    case .damiao(var firmware):
      guard firmware.isWatchdogOver(at: time) else { return }
      firmware.tick(at: time)
      self = .damiao(firmware)
    case .mit(var firmware):
      guard firmware.isWatchdogOver(at: time) else { return }
      firmware.tick(at: time)
      self = .mit(firmware)
    case .odrive(var firmware):
      guard firmware.isWatchdogOver(at: time) else { return }
      firmware.tick(at: time)
      self = .odrive(firmware)
    case .moteus(var firmware):
      firmware.tick(at: time)
      self = .moteus(firmware)
    case .myactuator(var firmware):
      guard firmware.isWatchdogOver(at: time) else { return }
      firmware.tick(at: time)
      self = .myactuator(firmware)
    case .robstride(var firmware):
      guard firmware.isWatchdogOver(at: time) else { return }
      firmware.tick(at: time)
      self = .robstride(firmware)
    }
  }

  /// Torque the law asks of the motor [N.m], at the shaft and within the drive's range; 0 when off.
  public func torque(at shaft: ShaftMeasurement) -> Double {
    switch self {
    case .canopen(let firmware): firmware.torque(at: shaft)
    case .cubemars(let firmware): firmware.torque(at: shaft)
    case .damiao(let firmware): firmware.torque(at: shaft)
    case .mit(let firmware): firmware.torque(at: shaft)
    case .odrive(let firmware): firmware.torque(at: shaft)
    case .moteus(let firmware): firmware.torque(at: shaft)
    case .myactuator(let firmware): firmware.torque(at: shaft)
    case .robstride(let firmware): firmware.torque(at: shaft)
    }
  }

  /// Sets the drive's watchdog [us] as its vendor's tool does, over a line of its own; 0 is off. Nothing where the host
  /// sets it over CAN.
  public mutating func storeWatchdog(microseconds: Int) {
    switch self {
    case .canopen, .damiao, .moteus, .myactuator, .odrive: break
    case .cubemars(var firmware):
      firmware.storeWatchdog(microseconds: microseconds)
      self = .cubemars(firmware)
    case .mit(var firmware):
      firmware.storeWatchdog(microseconds: microseconds)
      self = .mit(firmware)
    case .robstride(var firmware):
      firmware.storeWatchdog(microseconds: microseconds)
      self = .robstride(firmware)
    }
  }

  /// Takes the drive's power away at an instant [ns] and gives it back: what was not saved is lost.
  public mutating func powerCycle(at time: Int64) {
    switch self {
    case .canopen(var firmware):
      firmware.powerCycle()
      self = .canopen(firmware)
    case .cubemars(var firmware):
      firmware.powerCycle()
      self = .cubemars(firmware)
    case .damiao(var firmware):
      firmware.powerCycle()
      self = .damiao(firmware)
    case .mit(var firmware):
      firmware.powerCycle()
      self = .mit(firmware)
    case .myactuator(var firmware):
      firmware.powerCycle(at: time)
      self = .myactuator(firmware)
    case .odrive(var firmware):
      firmware.powerCycle(at: time)
      self = .odrive(firmware)
    case .moteus(var firmware):
      firmware.powerCycle()
      self = .moteus(firmware)
    case .robstride(var firmware):
      firmware.powerCycle()
      self = .robstride(firmware)
    }
  }

  /// Makes the drive's watchdog defective: it needs so many halves of its time; 2 is sound, 0 is never.
  mutating func breakWatchdog(halves: Int64) {
    switch self {
    case .canopen(var firmware):
      firmware.watchdog.halves = halves
      self = .canopen(firmware)
    case .cubemars(var firmware):
      firmware.watchdog.halves = halves
      self = .cubemars(firmware)
    case .damiao(var firmware):
      firmware.watchdog.halves = halves
      self = .damiao(firmware)
    case .mit(var firmware):
      firmware.watchdog.halves = halves
      self = .mit(firmware)
    case .odrive(var firmware):
      firmware.watchdog.halves = halves
      self = .odrive(firmware)
    case .moteus(var firmware):
      firmware.watchdog.halves = halves
      self = .moteus(firmware)
    case .myactuator(var firmware):
      firmware.watchdog.halves = halves
      self = .myactuator(firmware)
    case .robstride(var firmware):
      firmware.watchdog.halves = halves
      self = .robstride(firmware)
    }
  }

  /// Times the drive's flash was written.
  public var saves: Int {
    switch self {
    case .canopen(let firmware): firmware.saves
    case .damiao(let firmware): firmware.saves
    case .cubemars, .mit: 0
    case .myactuator(let firmware): firmware.saves
    case .odrive(let firmware): firmware.saves
    case .moteus(let firmware): firmware.saves
    case .robstride(let firmware): firmware.saves
    }
  }

  /// Breaks the drive: power stage off, fault latched until it is cleared.
  public mutating func fail(_ fault: DriveFaults) {
    switch self {
    case .canopen(var firmware):
      firmware.fail(fault)
      self = .canopen(firmware)
    case .cubemars(var firmware):
      firmware.fail(fault)
      self = .cubemars(firmware)
    case .damiao(var firmware):
      firmware.fail(fault)
      self = .damiao(firmware)
    case .mit(var firmware):
      firmware.fail(fault)
      self = .mit(firmware)
    case .odrive(var firmware):
      firmware.fail(fault)
      self = .odrive(firmware)
    case .moteus(var firmware):
      firmware.fail(fault)
      self = .moteus(firmware)
    case .myactuator(var firmware):
      firmware.fail(fault)
      self = .myactuator(firmware)
    case .robstride(var firmware):
      firmware.fail(fault)
      self = .robstride(firmware)
    }
  }

  /// Whether the drive does what it was last told: its power stage is on, and its watchdog has not taken the command away.
  public var isObeying: Bool {
    switch self {
    // Stays in its mode, with a command of zero.
    case .mit(let firmware): return firmware.isObeying
    case .canopen, .cubemars, .damiao, .moteus, .myactuator, .odrive, .robstride:
      if case .enabled = mode { return true }
      return false
    }
  }

  /// Whether the power stage is on.
  public var mode: DriveMode {
    switch self {
    case .canopen(let firmware): firmware.mode
    case .cubemars(let firmware): firmware.mode
    case .damiao(let firmware): firmware.mode
    case .mit(let firmware): firmware.mode
    case .odrive(let firmware): firmware.mode
    case .moteus(let firmware): firmware.mode
    case .myactuator(let firmware): firmware.mode
    case .robstride(let firmware): firmware.mode
    }
  }
}

/// The drive-side command watchdog.
struct CommandWatchdog: BitwiseCopyable, Sendable {
  /// Instant of the last command [ns].
  var lastCommand: Int64 = 0
  /// Halves of its time that it takes: a defect unless 2; with 0 it never ends.
  var halves: Int64 = 2

  /// Whether the watchdog's time is over at an instant [ns]; a timeout of 0 units is off.
  func isOver(at time: Int64, units: UInt32, unit_us: Int) -> Bool {
    units != 0 && isOver(at: time, after: Int64(units) * Int64(unit_us) * 1000)
  }

  /// Whether a time is over at an instant [ns].
  func isOver(at time: Int64, after timeout: Int64) -> Bool {
    halves != 0 && 2 * (time - lastCommand) >= timeout * halves
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
