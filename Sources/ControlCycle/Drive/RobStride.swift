import CServoWire

/// RobStride RS and EL series and Xiaomi CyberGear, private protocol: scale and meaning of the words of
/// `robstride_wire.h` and `cybergear_wire.h`.
public enum RobStride {
  /// Parameter indices that bring-up uses.
  public enum Parameter {
    /// run_mode: see `operationMode`; 8 bits, written only while stopped.
    public static var runMode: UInt32 { @_noLocks get { 0x7005 } }
    /// limit_torque [N.m]; single precision.
    public static var torqueLimit: UInt32 { @_noLocks get { 0x700B } }
    /// limit_cur [A]; single precision.
    public static var currentLimit: UInt32 { @_noLocks get { 0x7018 } }
    /// canTimeout: watchdog, 20000 is 1 s, 0 is off and as delivered; 32 bits.
    public static var canTimeout: UInt32 { @_noLocks get { 0x7028 } }
    /// zero_sta: 0 counts 0..2 pi at power-up, 1 counts -pi..pi; 8 bits.
    public static var zeroState: UInt32 { @_noLocks get { 0x7029 } }
    /// rotation: turns before the gear, 16 bits; a CyberGear has it, a RobStride has not.
    public static var rotation: UInt32 { @_noLocks get { 0x701D } }
  }

  /// Value of `Parameter.runMode` for impedance commands.
  public static var operationMode: UInt32 { @_noLocks get { 0 } }
  /// Length of one unit of `Parameter.canTimeout` [us].
  public static var timeoutUnit: Int { @_noLocks get { 50 } }

  /// The watchdog parameter's value for a time: rounded up, so that a positive time never becomes 0 (off).
  @_noLocks public static func timeoutUnits(microseconds: Int) -> UInt32 {
    guard microseconds > 0 else { return 0 }
    let units = (microseconds - 1) / timeoutUnit + 1
    return units < Int(UInt32.max) ? UInt32(units) : UInt32.max
  }

  /// The time of a watchdog parameter's value [us].
  @_noLocks public static func timeoutMicroseconds(units: UInt32) -> Int { Int(units) * timeoutUnit }

  @_noLocks static func encode(
    _ command: MotorCommand, for drive: DriveConfiguration, into frame: inout CANFrame
  ) {
    let range = drive.range
    let words = robstride_operation(
      position: FixedPoint.word(command.position, from: -range.position, to: range.position, bits: 16),
      velocity: FixedPoint.word(command.velocity, from: -range.velocity, to: range.velocity, bits: 16),
      stiffness: FixedPoint.word(command.stiffness, from: 0, to: range.stiffness, bits: 16),
      damping: FixedPoint.word(command.damping, from: 0, to: range.damping, bits: 16))
    let torque = FixedPoint.word(command.torque, from: -range.torque, to: range.torque, bits: 16)
    frame.begin(
      id: identifier(ROBSTRIDE_TYPE_OPERATION, data: torque, of: drive), bus: drive.bus,
      flags: CANFrame.extendedFlags, length: ROBSTRIDE_LENGTH.rawValue)
    unsafe withUnsafeMutablePointer(to: &frame.payload) { unsafe robstride_encode_operation(words, $0.bytes) }
  }

  @_noLocks static func encode(_ request: DriveRequest, for drive: DriveConfiguration) -> CANFrame {
    switch request {
    case .enable: order(ROBSTRIDE_TYPE_ENABLE, flag: 0, for: drive)
    case .disable: order(ROBSTRIDE_TYPE_STOP, flag: 0, for: drive)
    case .clearFault: order(ROBSTRIDE_TYPE_STOP, flag: 1, for: drive)
    case .setZero: order(ROBSTRIDE_TYPE_SET_ZERO, flag: 1, for: drive)
    case .identify, .start: order(ROBSTRIDE_TYPE_DEVICE_ID, flag: 0, for: drive)
    case .readParameter(let index): parameter(ROBSTRIDE_TYPE_READ, index: index, value: 0, for: drive)
    case .writeParameter(let index, let value):
      parameter(ROBSTRIDE_TYPE_WRITE, index: index, value: value, for: drive)
    }
  }

  /// The frame that stores a RobStride's parameters for good, and the only way to one of type 22.
  ///
  /// Nil for a CyberGear: there the same type sets the bit rate, and the frame's first byte is the code of 1 Mbit/s.
  @_noLocks public static func save(_ drive: DriveConfiguration) -> CANFrame? {
    guard !drive.dialect.isCyberGear else { return nil }
    var frame = frame(ROBSTRIDE_TYPE_SAVE, data: drive.masterID & 0xFF, for: drive)
    unsafe withUnsafeMutablePointer(to: &frame.payload) { unsafe robstride_encode_save($0.bytes) }
    return frame
  }

  @_noLocks @inline(__always) static func answers(_ frame: CANFrame, _ drive: DriveConfiguration) -> Bool {
    guard frame.isExtended, !frame.isFlexibleDataRate else { return false }
    let address = robstride_decode_address(frame.id)
    if drive.dialect.isCyberGear && UInt32(address.type) > CYBERGEAR_TYPE_MAX.rawValue { return false }
    switch UInt32(address.type) {
    case ROBSTRIDE_TYPE_DEVICE_ID.rawValue:
      return UInt32(address.destination) == ROBSTRIDE_ID_DEVICE_REPLY.rawValue && address.data == drive.id
    case ROBSTRIDE_TYPE_FEEDBACK.rawValue, ROBSTRIDE_TYPE_READ.rawValue, ROBSTRIDE_TYPE_FAULT.rawValue,
      ROBSTRIDE_TYPE_ACTIVE_REPORT.rawValue:
      return UInt16(address.destination) == drive.masterID & 0xFF && address.data & 0xFF == drive.id & 0xFF
    default: return false
    }
  }

  @_noLocks @inline(__always) static func decode(_ frame: CANFrame, for drive: DriveConfiguration)
    -> DriveReply
  {
    guard frame.length == length else { return .malformed }
    let address = robstride_decode_address(frame.id)
    switch UInt32(address.type) {
    case ROBSTRIDE_TYPE_DEVICE_ID.rawValue:
      return .identity(unsafe withUnsafePointer(to: frame.payload) { unsafe servo_wire_load_le64($0.bytes) })
    case ROBSTRIDE_TYPE_FEEDBACK.rawValue, ROBSTRIDE_TYPE_ACTIVE_REPORT.rawValue:
      let words = unsafe withUnsafePointer(to: frame.payload) { unsafe robstride_decode_feedback($0.bytes) }
      return .feedback(state(words, status: robstride_decode_status(address.data), of: drive))
    case ROBSTRIDE_TYPE_READ.rawValue:
      let reply = unsafe withUnsafePointer(to: frame.payload) { unsafe robstride_decode_parameter($0.bytes) }
      return .parameter(index: UInt32(reply.index), value: reply.value, succeeded: address.data >> 8 == 0)
    case ROBSTRIDE_TYPE_FAULT.rawValue:
      let report = unsafe withUnsafePointer(to: frame.payload) {
        unsafe robstride_decode_fault_report($0.bytes)
      }
      return .faultReport(faults(ofWord: report.faults))
    default: return .malformed
    }
  }

  /// The sample of a feedback frame. A drive that runs on with a fault bit stays enabled, the faults say why.
  @_noLocks @inline(__always) private static func state(
    _ words: robstride_feedback, status: robstride_status, of drive: DriveConfiguration
  ) -> MotorState {
    let range = drive.range
    var state = MotorState()
    state.position = FixedPoint.decode(words.position, from: -range.position, to: range.position, bits: 16)
    state.velocity = FixedPoint.decode(words.velocity, from: -range.velocity, to: range.velocity, bits: 16)
    state.torque = FixedPoint.decode(words.torque, from: -range.torque, to: range.torque, bits: 16)
    state.temperature = Double(words.temperature) / 10
    state.faults = faults(ofBits: status.faults, of: drive.dialect)
    switch UInt32(status.mode) {
    case ROBSTRIDE_MODE_RESET.rawValue: state.mode = state.faults.isEmpty ? .disabled : .fault
    case ROBSTRIDE_MODE_CALIBRATION.rawValue: state.mode = .calibrating
    case ROBSTRIDE_MODE_RUN.rawValue: state.mode = .enabled
    default:
      state.mode = .fault
      state.faults.insert(.unknown)
    }
    return state
  }

  /// The faults of bits 21..16 of a feedback identifier.
  @_noLocks public static func faults(
    ofBits bits: UInt8, of dialect: DriveDialect = .standard
  ) -> DriveFaults {
    let bits = UInt32(bits)
    var faults = DriveFaults()
    if bits & ROBSTRIDE_FAULT_UNDER_VOLTAGE.rawValue != 0 { faults.insert(.underVoltage) }
    if bits & ROBSTRIDE_FAULT_OVER_CURRENT.rawValue != 0 { faults.insert(.overCurrent) }
    if bits & ROBSTRIDE_FAULT_OVER_TEMPERATURE.rawValue != 0 { faults.insert(.motorOverTemperature) }
    if bits & ROBSTRIDE_FAULT_ENCODER.rawValue != 0 { faults.insert(.encoder) }
    if bits & ROBSTRIDE_FAULT_OVERLOAD.rawValue != 0 {
      faults.insert(dialect.isCyberGear ? .encoder : .overload)
    }
    if bits & ROBSTRIDE_FAULT_UNCALIBRATED.rawValue != 0 { faults.insert(.uncalibrated) }
    return faults
  }

  /// The faults of a fault frame's first word.
  @_noLocks public static func faults(ofWord word: UInt32) -> DriveFaults {
    let overCurrent =
      ROBSTRIDE_FAULT_WORD_PHASE_A.rawValue | ROBSTRIDE_FAULT_WORD_PHASE_B.rawValue
      | ROBSTRIDE_FAULT_WORD_PHASE_C.rawValue
    let hardware = ROBSTRIDE_FAULT_WORD_DRIVER.rawValue | ROBSTRIDE_FAULT_WORD_HARDWARE_ID.rawValue
    var faults = DriveFaults()
    var rest = word
    take(ROBSTRIDE_FAULT_WORD_MOTOR_OVER_TEMPERATURE.rawValue, as: .motorOverTemperature, &rest, &faults)
    take(ROBSTRIDE_FAULT_WORD_UNDER_VOLTAGE.rawValue, as: .underVoltage, &rest, &faults)
    take(ROBSTRIDE_FAULT_WORD_OVER_VOLTAGE.rawValue, as: .overVoltage, &rest, &faults)
    take(overCurrent, as: .overCurrent, &rest, &faults)
    take(hardware, as: .hardware, &rest, &faults)
    take(ROBSTRIDE_FAULT_WORD_UNCALIBRATED.rawValue, as: .uncalibrated, &rest, &faults)
    take(ROBSTRIDE_FAULT_WORD_POSITION_INIT.rawValue, as: .encoder, &rest, &faults)
    take(ROBSTRIDE_FAULT_WORD_OVERLOAD.rawValue, as: .overload, &rest, &faults)
    if rest != 0 { faults.insert(.unknown) }
    return faults
  }

  /// Moves bits of a fault word into the set of faults.
  @_noLocks private static func take(
    _ bits: UInt32, as fault: DriveFaults, _ word: inout UInt32, _ faults: inout DriveFaults
  ) {
    if word & bits != 0 { faults.insert(fault) }
    word &= ~bits
  }

  private static var length: UInt8 {
    @_noLocks get { UInt8(truncatingIfNeeded: ROBSTRIDE_LENGTH.rawValue) }
  }

  @_noLocks private static func identifier(
    _ type: robstride_type, data: UInt16, of drive: DriveConfiguration
  ) -> UInt32 {
    robstride_encode_address(
      robstride_address(
        type: UInt8(truncatingIfNeeded: type.rawValue), data: data,
        destination: UInt8(truncatingIfNeeded: drive.id)))
  }

  @_noLocks private static func frame(
    _ type: robstride_type, data: UInt16, for drive: DriveConfiguration
  ) -> CANFrame {
    var frame = CANFrame(id: identifier(type, data: data, of: drive), bus: drive.bus, isExtended: true)
    frame.length = length
    return frame
  }

  /// A frame of eight bytes of which the first is a flag.
  @_noLocks private static func order(
    _ type: robstride_type, flag: UInt8, for drive: DriveConfiguration
  ) -> CANFrame {
    var frame = frame(type, data: drive.masterID & 0xFF, for: drive)
    frame.payload[0] = flag
    return frame
  }

  @_noLocks private static func parameter(
    _ type: robstride_type, index: UInt32, value: UInt32, for drive: DriveConfiguration
  ) -> CANFrame {
    let words = robstride_parameter_frame(index: UInt16(truncatingIfNeeded: index), value: value)
    var frame = frame(type, data: drive.masterID & 0xFF, for: drive)
    unsafe withUnsafeMutablePointer(to: &frame.payload) { unsafe robstride_encode_parameter(words, $0.bytes) }
    return frame
  }
}
