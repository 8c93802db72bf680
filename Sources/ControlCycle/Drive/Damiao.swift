import CServoWire

/// Damiao DM series: scale and meaning of the words that `damiao_wire.h` lays out.
public enum Damiao {
  /// Register indices that bring-up uses.
  public enum Register {
    /// MST_ID: identifier of the drive's answers; an integer.
    public static var masterID: UInt32 { @_noLocks get { 7 } }
    /// ESC_ID: identifier the drive listens to; an integer.
    public static var driveID: UInt32 { @_noLocks get { 8 } }
    /// TIMEOUT: watchdog, 1 unit = 50 us, 0 is off; an integer.
    public static var timeout: UInt32 { @_noLocks get { 9 } }
    /// CTRL_MODE: see `mitMode`; an integer.
    public static var controlMode: UInt32 { @_noLocks get { 10 } }
    /// Gains of the velocity loop, KP_ASR and KI_ASR; single precision.
    public static var velocityGain: UInt32 { @_noLocks get { 25 } }
    /// Gain of the position loop, KP_APR; single precision.
    public static var positionGain: UInt32 { @_noLocks get { 27 } }
    /// PMAX: full scale of position [rad]; single precision.
    public static var positionRange: UInt32 { @_noLocks get { 21 } }
    /// VMAX: full scale of velocity [rad/s]; single precision.
    public static var velocityRange: UInt32 { @_noLocks get { 22 } }
    /// TMAX: full scale of torque [N.m]; single precision.
    public static var torqueRange: UInt32 { @_noLocks get { 23 } }
    /// can_br: bit rate code; from 5 upwards the drive answers in CAN FD; an integer.
    public static var bitRate: UInt32 { @_noLocks get { 35 } }
  }

  /// Value of `Register.controlMode` for impedance commands.
  public static var mitMode: UInt32 { @_noLocks get { 1 } }
  /// Value of `Register.controlMode` for a mode; 0 where there is none.
  @_noLocks public static func controlMode(_ mode: ControlMode) -> UInt32 {
    switch mode {
    case .impedance: mitMode
    case .position: DAMIAO_CONTROL_MODE_POSITION_VELOCITY.rawValue
    case .velocity: DAMIAO_CONTROL_MODE_VELOCITY.rawValue
    case .positionForce: DAMIAO_CONTROL_MODE_POSITION_FORCE.rawValue
    case .torque: 0
    }
  }
  /// Value of `Register.bitRate` for classic CAN at 1 Mbit/s, as delivered.
  public static var bitRate1M: UInt32 { @_noLocks get { 4 } }
  /// Value of `Register.bitRate` for CAN FD at 1/5 Mbit/s.
  public static var bitRate5M: UInt32 { @_noLocks get { 9 } }
  /// Length of one unit of `Register.timeout` [us].
  public static var timeoutUnit: Int { @_noLocks get { 50 } }
  /// Full scale of stiffness [N.m/rad], the same for every model.
  public static var stiffnessRange: Double { @_noLocks get { 500 } }
  /// Full scale of damping [N.m.s/rad], the same for every model.
  public static var dampingRange: Double { @_noLocks get { 5 } }

  /// The watchdog register's value for a time: rounded up, so that a positive time never becomes 0 (off).
  @_noLocks public static func timeoutUnits(microseconds: Int) -> UInt32 {
    guard microseconds > 0 else { return 0 }
    let units = (microseconds - 1) / timeoutUnit + 1
    return units < Int(UInt32.max) ? UInt32(units) : UInt32.max
  }

  /// The time of a watchdog register's value [us].
  @_noLocks public static func timeoutMicroseconds(units: UInt32) -> Int { Int(units) * timeoutUnit }

  /// State and faults of a feedback frame's status nibble.
  @_noLocks @inline(__always) public static func meaning(ofStatus status: UInt8) -> (
    mode: DriveMode, faults: DriveFaults
  ) {
    switch UInt32(status) {
    case DAMIAO_STATUS_DISABLED.rawValue: (.disabled, DriveFaults())
    case DAMIAO_STATUS_ENABLED.rawValue: (.enabled, DriveFaults())
    case DAMIAO_STATUS_OVER_VOLTAGE.rawValue: (.fault, .overVoltage)
    case DAMIAO_STATUS_UNDER_VOLTAGE.rawValue: (.fault, .underVoltage)
    case DAMIAO_STATUS_OVER_CURRENT.rawValue: (.fault, .overCurrent)
    case DAMIAO_STATUS_DRIVER_OVER_TEMPERATURE.rawValue: (.fault, .driverOverTemperature)
    case DAMIAO_STATUS_ROTOR_OVER_TEMPERATURE.rawValue: (.fault, .motorOverTemperature)
    case DAMIAO_STATUS_COMMUNICATION_LOST.rawValue: (.fault, .communicationLost)
    case DAMIAO_STATUS_OVERLOAD.rawValue: (.fault, .overload)
    default: (.fault, .unknown)
    }
  }

  @_noLocks static func encode(
    _ command: MotorCommand, for drive: DriveConfiguration, into frame: inout CANFrame
  ) {
    switch drive.mode {
    case .impedance, .torque: impedance(command, for: drive, into: &frame)
    case .position:
      frame = floats(
        command.position, drive.velocityLimit, offset: DAMIAO_ID_POSITION_VELOCITY.rawValue, for: drive)
    case .velocity:
      frame = floats(command.velocity, 0, offset: DAMIAO_ID_VELOCITY.rawValue, for: drive)
    case .positionForce: frame = force(command, for: drive)
    }
  }

  /// Position and speed limit, or velocity and zeroes; what is beyond PMAX and VMAX, within which feedback can say it,
  /// saturates.
  @_noLocks private static func floats(
    _ first: Double, _ second: Double, offset: UInt32, for drive: DriveConfiguration
  ) -> CANFrame {
    let full = drive.mode.holdsPosition ? drive.range.position : drive.range.velocity
    let words = damiao_float_command(
      first: Float(clamp(first, -full, full)).bitPattern, second: Float(second).bitPattern)
    var frame = frame(id: offset + UInt32(drive.id), for: drive)
    unsafe withUnsafeMutablePointer(to: &frame.payload) {
      unsafe damiao_encode_float_command(words, $0.bytes)
    }
    return frame
  }

  /// Position with limits on speed and current; both limits are rounded down, so that neither is passed.
  @_noLocks private static func force(_ command: MotorCommand, for drive: DriveConfiguration) -> CANFrame {
    let full = drive.range.position
    let words = damiao_force_command(
      position: Float(clamp(command.position, -full, full)).bitPattern,
      velocity: limit(drive.velocityLimit * 100), current: limit(drive.currentLimit * 10_000))
    var frame = frame(id: DAMIAO_ID_POSITION_FORCE.rawValue + UInt32(drive.id), for: drive)
    unsafe withUnsafeMutablePointer(to: &frame.payload) {
      unsafe damiao_encode_force_command(words, $0.bytes)
    }
    return frame
  }

  /// A limit's word, at most 10000; what is no number is the strictest limit.
  @_noLocks private static func limit(_ steps: Double) -> UInt16 {
    guard steps > 0 else { return 0 }
    return steps < 10_000 ? UInt16(steps) : 10_000
  }

  @_noLocks private static func impedance(
    _ command: MotorCommand, for drive: DriveConfiguration, into frame: inout CANFrame
  ) {
    let range = drive.range
    let words = damiao_mit_command(
      position: FixedPoint.word(command.position, from: -range.position, to: range.position, bits: 16),
      velocity: FixedPoint.word(command.velocity, from: -range.velocity, to: range.velocity, bits: 12),
      stiffness: FixedPoint.word(command.stiffness, from: 0, to: range.stiffness, bits: 12),
      damping: FixedPoint.word(command.damping, from: 0, to: range.damping, bits: 12),
      torque: FixedPoint.word(command.torque, from: -range.torque, to: range.torque, bits: 12))
    frame.begin(
      id: UInt32(drive.id), bus: drive.bus, flags: drive.isFlexibleDataRate ? CANFrame.flexibleFlags : 0,
      length: DAMIAO_LENGTH.rawValue)
    unsafe withUnsafeMutablePointer(to: &frame.payload) { unsafe damiao_encode_mit_command(words, $0.bytes) }
  }

  @_noLocks static func encode(_ request: DriveRequest, for drive: DriveConfiguration) -> CANFrame {
    switch request {
    case .enable: action(DAMIAO_ACTION_ENABLE.rawValue, for: drive)
    case .disable: action(DAMIAO_ACTION_DISABLE.rawValue, for: drive)
    case .clearFault: action(DAMIAO_ACTION_CLEAR_FAULT.rawValue, for: drive)
    case .setZero: action(DAMIAO_ACTION_SET_ZERO.rawValue, for: drive)
    case .identify, .start: access(DAMIAO_ACCESS_REFRESH.rawValue, index: 0, value: 0, for: drive)
    case .readParameter(let index): access(DAMIAO_ACCESS_READ.rawValue, index: index, value: 0, for: drive)
    case .writeParameter(let index, let value):
      access(DAMIAO_ACCESS_WRITE.rawValue, index: index, value: value, for: drive)
    }
  }

  /// Byte 0 names the drive in its low nibble; a register reply names it in two bytes.
  @_noLocks @inline(__always) static func answers(_ frame: CANFrame, _ drive: DriveConfiguration) -> Bool {
    guard frame.id == UInt32(drive.masterID), !frame.isExtended,
      frame.isFlexibleDataRate == drive.isFlexibleDataRate
    else { return false }
    // Without its full length a frame cannot name its drive; the identifier, one a drive, does.
    guard frame.length == length else { return true }
    return UInt16(frame.payload[0]) & 0xF == drive.id & 0xF
  }

  @_noLocks @inline(__always) static func decode(_ frame: CANFrame, for drive: DriveConfiguration)
    -> DriveReply
  {
    guard frame.length == length else { return .malformed }
    let isRegister = unsafe withUnsafePointer(to: frame.payload) {
      unsafe damiao_is_register_reply(drive.id, $0.bytes)
    }
    if isRegister {
      let reply = unsafe withUnsafePointer(to: frame.payload) { unsafe damiao_decode_register($0.bytes) }
      return .parameter(index: UInt32(reply.index), value: reply.value, succeeded: true)
    }
    let words = unsafe withUnsafePointer(to: frame.payload) { unsafe damiao_decode_feedback($0.bytes) }
    let range = drive.range
    var state = MotorState()
    state.position = FixedPoint.decode(words.position, from: -range.position, to: range.position, bits: 16)
    state.velocity = FixedPoint.decode(words.velocity, from: -range.velocity, to: range.velocity, bits: 12)
    state.torque = FixedPoint.decode(words.torque, from: -range.torque, to: range.torque, bits: 12)
    let isRotorHotter = words.rotor_temperature > words.driver_temperature
    state.temperature = Double(isRotorHotter ? words.rotor_temperature : words.driver_temperature)
    let meaning = meaning(ofStatus: words.status)
    state.mode = meaning.mode
    state.faults = meaning.faults
    return .feedback(state)
  }

  private static var length: UInt8 {
    @_noLocks get { UInt8(truncatingIfNeeded: DAMIAO_LENGTH.rawValue) }
  }

  @_noLocks private static func frame(id: UInt32, for drive: DriveConfiguration) -> CANFrame {
    var frame = CANFrame(
      id: id, bus: drive.bus, isExtended: false, isFlexibleDataRate: drive.isFlexibleDataRate)
    frame.length = length
    return frame
  }

  @_noLocks private static func action(_ action: UInt32, for drive: DriveConfiguration) -> CANFrame {
    let action = UInt8(truncatingIfNeeded: action)
    var frame = frame(id: UInt32(drive.id), for: drive)
    unsafe withUnsafeMutablePointer(to: &frame.payload) { unsafe damiao_encode_action(action, $0.bytes) }
    return frame
  }

  /// Registers are counted in one byte; an index above becomes 255, which no drive has.
  @_noLocks private static func access(
    _ access: UInt32, index: UInt32, value: UInt32, for drive: DriveConfiguration
  ) -> CANFrame {
    let words = damiao_register_frame(
      id: drive.id, access: UInt8(truncatingIfNeeded: access), index: index < 255 ? UInt8(index) : 255,
      value: value)
    var frame = frame(id: DAMIAO_ID_REGISTERS.rawValue, for: drive)
    unsafe withUnsafeMutablePointer(to: &frame.payload) { unsafe damiao_encode_register(words, $0.bytes) }
    return frame
  }
}
