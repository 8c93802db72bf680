import CServoWire
public import ControlCycle

/// Firmware of a moteus drive; see Firmware-Interfaces/Protocols/moteus.md.
///
/// Position mode follows the command itself: a limit of velocity or acceleration, which would make the drive plan a motion
/// of its own, is refused by this twin. A write acts at once, and the modes between off and on are passed in no time.
public struct MoteusFirmware: BitwiseCopyable, Sendable {
  /// What the drive's own flash holds; only its console shows it.
  public struct Settings: BitwiseCopyable, Sendable {
    /// `servo.pid_position.kp` [N.m/rev].
    public var kp: Double
    /// `servo.pid_position.kd` [N.m.s/rev].
    public var kd: Double
    /// `servo.pid_position.ilimit` [N.m]; shown, not simulated.
    public var integralLimit = 0.0
    /// `servo.timeout_mode`: 0, 12 or 15.
    public var timeoutMode: UInt8 = 12
    /// `servo.default_timeout_s` [s].
    public var defaultTimeout = 0.1
    /// `servo.timeout_max_torque_Nm` [N.m].
    public var timeoutTorque = 5.0
    /// `motor_position.rotor_to_output_ratio`; shown, not simulated.
    public var outputRatio = 1.0
    /// `servopos.position_min` and `position_max` [rev], not a number for none; shown, not simulated.
    public var lowestPosition = Double.nan
    /// See `lowestPosition`.
    public var highestPosition = Double.nan
    /// `servo.max_velocity` [rev/s]; shown, not simulated.
    public var highestSpeed = 500.0
    /// Register 0x102.
    public var mapVersion: UInt32 = 5
    /// `id.id`.
    public var id: UInt16 = 1
    /// Voltage of the supply [V], as register 0x00D tells it.
    public var supply = 24.0
    /// Torque of one ampere [N.m/A], for the Q current it tells; nobody's motor.
    public var torqueConstant = 0.1
  }

  /// What the drive's own flash holds.
  public var settings: Settings
  /// What `conf write` stored.
  private var stored: Settings
  /// Times flash was written.
  public private(set) var saves = 0
  private let configuration: DriveConfiguration
  private(set) var modeRegister = UInt8(MOTEUS_MODE_STOPPED.rawValue)
  private(set) var faultRegister: UInt8 = 0
  private var command = MoteusCommand()
  /// Position that the drive aims at, where the last command named one or the shaft stood, at `since` [rev].
  private var aim = 0.0
  private var since: Int64 { watchdog.lastCommand }
  var watchdog = CommandWatchdog()
  private var now: Int64 = 0
  /// Shaft position that reads zero [rad].
  private var zero = 0.0
  /// Register 0x00C: 1 since power-up, where the rotor is known, 2 since the output was set.
  private var homeState = 1.0
  var console = MoteusConsole()

  /// A drive just powered up and calibrated, its gains as described.
  public init(_ configuration: DriveConfiguration) {
    self.configuration = configuration
    var settings = Settings(
      kp: configuration.range.stiffness * Moteus.revolution,
      kd: configuration.range.damping * Moteus.revolution)
    settings.id = configuration.id
    self.settings = settings
    stored = settings
  }

  /// Takes the power away and gives it back: stopped, with what flash holds; a position set is lost.
  public mutating func powerCycle() {
    settings = stored
    modeRegister = UInt8(MOTEUS_MODE_STOPPED.rawValue)
    faultRegister = 0
    command = MoteusCommand()
    zero = 0
    homeState = 1
    console = MoteusConsole()
  }

  /// Makes its firmware one with an older register map.
  mutating func changeVersion() {
    settings.mapVersion = 4
    stored.mapVersion = 4
  }

  /// Whether the power stage is on.
  public var mode: DriveMode { Moteus.meaning(ofMode: modeRegister, fault: faultRegister).mode }

  /// Frames of CAN FD to its id, or to 0, which is all drives.
  func accepts(_ frame: CANFrame) -> Bool {
    guard frame.isFlexibleDataRate, frame.isExtended || frame.id <= 0x7FF else { return false }
    let address = moteus_decode_address(frame.id)
    return address.prefix == 0
      && (UInt16(address.destination) == settings.id || address.destination == 0)
  }

  /// Takes a frame from the bus at an instant [ns] and gives the reply, where one is asked for.
  public mutating func receive(
    _ frame: CANFrame, at time: Int64, measuring shaft: ShaftMeasurement
  ) -> CANFrame? {
    tick(at: time)
    guard accepts(frame), isSound(frame) else { return nil }
    var reply = MoteusReply()
    var reader = moteus_read(frame.length)
    var item = moteus_item()
    withUnsafePointer(to: frame.payload) { payload in
      while moteus_next(&reader, payload.bytes, &item) {
        obey(item, payload.bytes, measuring: shaft, into: &reply)
      }
    }
    let address = moteus_decode_address(frame.id)
    guard address.wants_reply else { return nil }
    return reply.frame(
      id: moteus_encode_address(
        moteus_address(
          prefix: 0, source: UInt8(truncatingIfNeeded: settings.id), destination: address.source,
          wants_reply: false)), bus: configuration.bus)
  }

  /// Lets time pass up to an instant [ns].
  public mutating func tick(at time: Int64) {
    now = time
    if isWatchdogOver(at: time) { modeRegister = UInt8(MOTEUS_MODE_TIMEOUT.rawValue) }
  }

  func isWatchdogOver(at time: Int64) -> Bool {
    guard UInt32(modeRegister) == MOTEUS_MODE_POSITION.rawValue else { return false }
    let timeout = command.timeout == 0 ? settings.defaultTimeout : command.timeout
    guard timeout > 0 && timeout < 1e6 else { return false }
    // The firmware counts its own control periods; a microsecond is what single precision carries of 0.1 s.
    return watchdog.isOver(at: time, after: Int64((timeout * 1e6).rounded()) * 1000)
  }

  /// Torque the law asks of the motor [N.m]; the drive aims at a position that moves on with the commanded velocity.
  public func torque(at shaft: ShaftMeasurement) -> Double {
    let position = (shaft.position - zero) / Moteus.revolution
    let velocity = shaft.velocity / Moteus.revolution
    switch UInt32(modeRegister) {
    case MOTEUS_MODE_POSITION.rawValue:
      let target = aim + command.velocity * Double(now - since) * 1e-9
      let law =
        settings.kp * command.kpScale * (target - position)
        + settings.kd * command.kdScale * (command.velocity - velocity) + command.torque
      let limit = min(configuration.range.torque, command.maximumTorque)
      return Self.limited(law, limit)
    case MOTEUS_MODE_TIMEOUT.rawValue where UInt32(settings.timeoutMode) == MOTEUS_MODE_ZERO_VELOCITY.rawValue:
      return Self.limited(-settings.kd * command.kdScale * velocity, settings.timeoutTorque)
    default: return 0
    }
  }

  /// Breaks the drive; a fault that the fault register cannot say reads as one of the driver.
  public mutating func fail(_ fault: DriveFaults) {
    var code = MOTEUS_FAULT_DRIVER
    if fault.contains(.overVoltage) { code = MOTEUS_FAULT_OVER_VOLTAGE }
    if fault.contains(.underVoltage) { code = MOTEUS_FAULT_UNDER_VOLTAGE }
    if fault.contains(.driverOverTemperature) { code = MOTEUS_FAULT_OVER_TEMPERATURE }
    if fault.contains(.encoder) { code = MOTEUS_FAULT_ENCODER }
    if fault.contains(.uncalibrated) { code = MOTEUS_FAULT_NOT_CONFIGURED }
    if fault.contains(.overload) { code = MOTEUS_FAULT_POSITION_ERROR }
    modeRegister = UInt8(MOTEUS_MODE_FAULT.rawValue)
    faultRegister = UInt8(code.rawValue)
  }

  // MARK: - Frames

  /// A frame that ends in the middle of something, or asks for more than it can be answered, does nothing.
  private func isSound(_ frame: CANFrame) -> Bool {
    var reader = moteus_read(frame.length)
    var item = moteus_item()
    withUnsafePointer(to: frame.payload) { payload in
      while moteus_next(&reader, payload.bytes, &item) {}
    }
    return !reader.is_malformed
  }

  private mutating func obey(
    _ item: moteus_item, _ bytes: UnsafePointer<UInt8>, measuring shaft: ShaftMeasurement,
    into reply: inout MoteusReply
  ) {
    switch UInt32(item.kind) {
    case MOTEUS_SUBFRAME_WRITE.rawValue:
      let field = moteus_field(value: item.value, resolution: item.resolution)
      if let error = write(item.index, field, measuring: shaft) {
        reply.refuse(MOTEUS_SUBFRAME_WRITE_ERROR, register: item.index, error: error)
      }
    case MOTEUS_SUBFRAME_READ.rawValue:
      if let field = read(item.index, item.resolution, measuring: shaft) {
        reply.append(field, register: item.index)
      } else {
        reply.refuse(MOTEUS_SUBFRAME_READ_ERROR, register: item.index, error: 1)
      }
    case MOTEUS_SUBFRAME_STREAM_TO_DRIVE.rawValue where item.index == MoteusConsole.channel:
      if console.take(bytes + Int(item.offset), count: Int(item.size), settings: &settings) {
        stored = settings
        saves += 1
      }
    case MOTEUS_SUBFRAME_STREAM_POLL.rawValue where item.index == MoteusConsole.channel:
      reply.append(console: &console, most: item.value)
    default: break
    }
  }

  /// Writes a register; an error of the vendor's numbers where it cannot be.
  private mutating func write(
    _ index: UInt32, _ field: moteus_field, measuring shaft: ShaftMeasurement
  ) -> UInt8? {
    switch index {
    case MOTEUS_REGISTER_MODE.rawValue: return enter(MoteusQuantity.code.value(of: field), measuring: shaft)
    case MOTEUS_REGISTER_COMMAND_POSITION.rawValue:
      let position = MoteusQuantity.position.value(of: field)
      command.position = position
      aim = position.isFinite ? position : (shaft.position - zero) / Moteus.revolution
    case MOTEUS_REGISTER_VELOCITY_LIMIT.rawValue, MOTEUS_REGISTER_ACCELERATION_LIMIT.rawValue:
      return MoteusQuantity.velocity.value(of: field) < 0 ? nil : 3
    case MOTEUS_REGISTER_SET_OUTPUT_EXACT.rawValue:
      let position = MoteusQuantity.position.value(of: field)
      guard position.isFinite && abs(position) < 32768 else { return 3 }
      zero = shaft.position - position * Moteus.revolution
      homeState = 2
    case MOTEUS_REGISTER_COMMAND_VELOCITY.rawValue...MOTEUS_REGISTER_WATCHDOG_TIMEOUT.rawValue:
      return command.write(index, field) ? nil : 1
    case 0...0x00F, 0x030...0x03D, 0x100...0x12F: return 2
    default: return 1
    }
    return nil
  }

  /// A mode starts a new command, from what an unwritten register means. A fault and a time-out are only left by stopping.
  private mutating func enter(_ value: Double, measuring shaft: ShaftMeasurement) -> UInt8? {
    let isLatched =
      UInt32(modeRegister) == MOTEUS_MODE_FAULT.rawValue
      || UInt32(modeRegister) == MOTEUS_MODE_TIMEOUT.rawValue
    switch value {
    case Double(MOTEUS_MODE_STOPPED.rawValue):
      modeRegister = UInt8(MOTEUS_MODE_STOPPED.rawValue)
      faultRegister = 0
      command = MoteusCommand()
    case Double(MOTEUS_MODE_POSITION.rawValue):
      guard !isLatched else { return nil }
      modeRegister = UInt8(MOTEUS_MODE_POSITION.rawValue)
      command = MoteusCommand()
      aim = 0
      watchdog.lastCommand = now
    default: return 3
    }
    return nil
  }

  private func read(
    _ index: UInt32, _ resolution: UInt8, measuring shaft: ShaftMeasurement
  ) -> moteus_field? {
    switch index {
    case MOTEUS_REGISTER_MODE.rawValue...MOTEUS_REGISTER_FAULT.rawValue:
      return state(index, measuring: shaft).map { quantity, value in quantity.field(value, resolution) }
    case MOTEUS_REGISTER_COMMAND_POSITION.rawValue...MOTEUS_REGISTER_WATCHDOG_TIMEOUT.rawValue:
      return command.read(index, resolution)
    default: return identity(index, resolution)
    }
  }

  /// Who the drive is, in words of 32 bits alone: an r4 of a firmware made up here, and what tells two simulated drives apart.
  private func identity(_ index: UInt32, _ resolution: UInt8) -> moteus_field? {
    guard UInt32(resolution) == MOTEUS_RESOLUTION_INT32.rawValue else { return nil }
    let value: UInt32
    switch index {
    case MOTEUS_REGISTER_MODEL_NUMBER.rawValue: value = 4
    case MOTEUS_REGISTER_FIRMWARE_VERSION.rawValue: value = 0x0001_00
    case MOTEUS_REGISTER_MAP_VERSION.rawValue: value = settings.mapVersion
    case MOTEUS_REGISTER_SERIAL_NUMBER.rawValue:
      value = UInt32(configuration.bus) << 16 | UInt32(configuration.id)
    case MOTEUS_REGISTER_SERIAL_NUMBER.rawValue + 1: value = 0x5349_4D00
    case MOTEUS_REGISTER_SERIAL_NUMBER.rawValue + 2: value = 0
    default: return nil
    }
    return moteus_field(value: value, resolution: resolution)
  }

  /// Registers 0x000 to 0x00F.
  private func state(
    _ index: UInt32, measuring shaft: ShaftMeasurement
  ) -> (MoteusQuantity, Double)? {
    let isPosition = UInt32(modeRegister) == MOTEUS_MODE_POSITION.rawValue
    return switch index {
    case MOTEUS_REGISTER_MODE.rawValue: (.code, Double(modeRegister))
    case MOTEUS_REGISTER_POSITION.rawValue: (.position, (shaft.position - zero) / Moteus.revolution)
    case MOTEUS_REGISTER_VELOCITY.rawValue: (.velocity, shaft.velocity / Moteus.revolution)
    case MOTEUS_REGISTER_TORQUE.rawValue: (.torque, shaft.torque)
    case MOTEUS_REGISTER_Q_CURRENT.rawValue: (.current, shaft.torque / settings.torqueConstant)
    case MOTEUS_REGISTER_D_CURRENT.rawValue: (.current, 0)
    // No second encoder, and no thermistor in the winding, as delivered.
    case MOTEUS_REGISTER_ABSOLUTE_POSITION.rawValue: (.position, 0)
    case MOTEUS_REGISTER_POWER.rawValue: (.power, shaft.torque * shaft.velocity)
    case MOTEUS_REGISTER_MOTOR_TEMPERATURE.rawValue: (.temperature, 0)
    // A command without limits is no trajectory, and reached at once.
    case MOTEUS_REGISTER_TRAJECTORY_COMPLETE.rawValue: (.code, isPosition ? 1 : 0)
    case MOTEUS_REGISTER_HOME_STATE.rawValue: (.code, homeState)
    case MOTEUS_REGISTER_VOLTAGE.rawValue: (.voltage, shaft.supply ?? settings.supply)
    case MOTEUS_REGISTER_TEMPERATURE.rawValue: (.temperature, shaft.temperature)
    case MOTEUS_REGISTER_FAULT.rawValue: (.code, Double(faultRegister))
    default: nil
    }
  }

  private static func limited(_ torque: Double, _ limit: Double) -> Double {
    guard torque.isFinite, limit >= 0 else { return 0 }
    return max(-limit, min(limit, torque))
  }
}
