import CServoWire

/// ODrive CANSimple of firmware 0.6.x and 0.5.x: scale and meaning of the words of `odrive_wire.h`.
///
/// A drive takes torque alone and speaks of its own accord, so a sample comes in parts: estimates make it whole, mode
/// and faults come with the heartbeat, torque at a rate of its own.
public enum ODrive {
  /// Time between two frames with estimates, `encoder_msg_rate_ms` or `encoder_rate_ms` [ms].
  public static var estimateInterval: Int { @_noLocks get { 1 } }
  /// Time between two frames with torque, `torques_msg_rate_ms` of 0.6 [ms].
  public static var torqueInterval: Int { @_noLocks get { 10 } }
  /// Time between two heartbeats as delivered, `heartbeat_msg_rate_ms` or `heartbeat_rate_ms` [ms].
  public static var heartbeatInterval: Int { @_noLocks get { 100 } }
  /// Cycles between two questions for the current, which 0.5 does not send of its own accord.
  public static var questionInterval: Int64 { @_noLocks get { 10 } }
  /// Full scale of position [rad]: up to 256 revolutions a single-precision number is finer than 0.1 mrad.
  public static var positionRange: Double { @_noLocks get { 256 * revolution } }
  /// Highest node id; 63 is what a drive of 0.6 has before it is given one.
  public static var highestID: UInt16 { @_noLocks get { 62 } }
  /// One revolution [rad].
  static var revolution: Double { @_noLocks get { 6.283185307179586 } }

  // MARK: - To the drive

  @_noLocks static func encode(
    _ command: MotorCommand, for drive: DriveConfiguration, into frame: inout CANFrame
  ) {
    let limit = drive.range.torque
    let torque = clamp(command.torque, -limit, limit)
    frame.begin(
      id: identifier(ODRIVE_COMMAND_SET_INPUT_TORQUE.rawValue, of: drive), bus: drive.bus, flags: 0, length: 8
    )
    unsafe withUnsafeMutablePointer(to: &frame.payload) {
      unsafe odrive_encode_word(Float(torque).bitPattern, $0.bytes)
    }
  }

  @_noLocks static func encode(_ request: DriveRequest, for drive: DriveConfiguration) -> CANFrame {
    switch request {
    case .enable: state(ODRIVE_AXIS_STATE_CLOSED_LOOP.rawValue, for: drive)
    case .disable: state(ODRIVE_AXIS_STATE_IDLE.rawValue, for: drive)
    case .clearFault: clear(drive)
    // A position of 0.0 in 0.6, a count of 0 in 0.5: the same four bytes.
    case .setZero: word(0, as: ODRIVE_COMMAND_SET_ABSOLUTE_POSITION.rawValue, for: drive)
    case .identify: question(identity(of: drive.family), for: drive)
    case .start: torqueMode(drive)
    case .readParameter(let index): access(ODRIVE_SDO_READ.rawValue, index, 0, for: drive)
    case .writeParameter(let index, let value): access(ODRIVE_SDO_WRITE.rawValue, index, value, for: drive)
    }
  }

  /// Asks a drive of 0.5 for its current, each drive of a bus in another cycle.
  @_noLocks static func ask(_ drive: DriveConfiguration, cycle: Int64, into transmit: inout FrameBuffer) {
    guard (cycle &+ Int64(drive.id)) % questionInterval == 0 else { return }
    transmit.append(question(ODRIVE_COMMAND_GET_IQ.rawValue, for: drive))
  }

  // MARK: - From the drive

  /// Commands of the host have the drive's node too, so the command tells who sent a frame.
  @_noLocks @inline(__always) static func answers(_ frame: CANFrame, _ drive: DriveConfiguration) -> Bool {
    let address = odrive_decode_address(frame.id)
    guard !frame.isExtended, !frame.isFlexibleDataRate, address.node == UInt32(drive.id) else { return false }
    switch UInt32(address.command) {
    case ODRIVE_COMMAND_HEARTBEAT.rawValue: return true
    // Asked for without data, answered with.
    case ODRIVE_COMMAND_GET_ENCODER_ESTIMATES.rawValue, ODRIVE_COMMAND_GET_IQ.rawValue,
      ODRIVE_COMMAND_GET_ERROR.rawValue, ODRIVE_COMMAND_GET_TEMPERATURE.rawValue,
      ODRIVE_COMMAND_GET_BUS_VOLTAGE_CURRENT.rawValue, ODRIVE_COMMAND_GET_TORQUES.rawValue,
      ODRIVE_COMMAND_GET_POWERS.rawValue:
      return frame.length > 0
    case ODRIVE_COMMAND_GET_VERSION.rawValue, ODRIVE_COMMAND_TX_SDO.rawValue:
      return isNew(drive.family) && frame.length > 0
    default: return false
    }
  }

  @_noLocks @inline(__always) static func decode(_ frame: CANFrame, for drive: DriveConfiguration)
    -> DriveReply
  {
    switch UInt32(odrive_decode_address(frame.id).command) {
    case ODRIVE_COMMAND_HEARTBEAT.rawValue:
      return isNew(drive.family) ? heartbeat(frame) : oldHeartbeat(frame)
    case ODRIVE_COMMAND_GET_ENCODER_ESTIMATES.rawValue: return estimates(frame)
    case ODRIVE_COMMAND_GET_TORQUES.rawValue where isNew(drive.family): return torque(frame, scale: 1)
    case ODRIVE_COMMAND_GET_IQ.rawValue where !isNew(drive.family):
      return torque(frame, scale: drive.torqueConstant)
    case ODRIVE_COMMAND_GET_TEMPERATURE.rawValue where isNew(drive.family): return temperature(frame)
    case ODRIVE_COMMAND_GET_VERSION.rawValue: return version(frame)
    case ODRIVE_COMMAND_TX_SDO.rawValue: return parameter(frame)
    // What a drive may also be set to send says nothing the cycle uses.
    default: return pair(frame) == nil ? .malformed : .part(MotorState(), MotorFields(bits: 0))
    }
  }

  /// Torque that the drive says it aims at [N.m]; nil in other frames.
  @_noLocks public static func torqueTarget(_ frame: CANFrame, for drive: DriveConfiguration) -> Double? {
    let command = UInt32(odrive_decode_address(frame.id).command)
    let isOwn = isNew(drive.family) ? ODRIVE_COMMAND_GET_TORQUES.rawValue : ODRIVE_COMMAND_GET_IQ.rawValue
    guard command == isOwn, let words = pair(frame) else { return nil }
    let target = Double(Float(bitPattern: words.first)) * (isNew(drive.family) ? 1 : drive.torqueConstant)
    return target.isFinite ? target : nil
  }

  /// Power stage and faults of a heartbeat of 0.6.
  @_noLocks public static func meaning(ofErrors errors: UInt32, state: UInt8) -> (
    mode: DriveMode, faults: DriveFaults
  ) {
    // It goes by itself when the drive has booted.
    if errors == ODRIVE_ERROR_INITIALIZING.rawValue { return (.calibrating, DriveFaults()) }
    return errors == 0 ? (mode(ofState: state), DriveFaults()) : (.fault, faults(ofErrors: errors))
  }

  @_noLocks static func mode(ofState state: UInt8) -> DriveMode {
    switch UInt32(state) {
    case ODRIVE_AXIS_STATE_CLOSED_LOOP.rawValue: .enabled
    case ODRIVE_AXIS_STATE_UNDEFINED.rawValue, ODRIVE_AXIS_STATE_IDLE.rawValue: .disabled
    default: .calibrating
    }
  }

  @_noLocks static func faults(ofErrors errors: UInt32) -> DriveFaults {
    var faults = DriveFaults()
    faults.insert(
      noted(
        errors, ODRIVE_ERROR_BUS_OVER_VOLTAGE.rawValue | ODRIVE_ERROR_BUS_OVER_REGENERATION.rawValue,
        .overVoltage))
    faults.insert(noted(errors, ODRIVE_ERROR_BUS_UNDER_VOLTAGE.rawValue, .underVoltage))
    faults.insert(
      noted(
        errors, ODRIVE_ERROR_BUS_OVER_CURRENT.rawValue | ODRIVE_ERROR_CURRENT_LIMIT.rawValue, .overCurrent))
    faults.insert(noted(errors, ODRIVE_ERROR_INVERTER_OVER_TEMPERATURE.rawValue, .driverOverTemperature))
    faults.insert(noted(errors, ODRIVE_ERROR_MOTOR_OVER_TEMPERATURE.rawValue, .motorOverTemperature))
    faults.insert(noted(errors, ODRIVE_ERROR_WATCHDOG.rawValue, .communicationLost))
    faults.insert(noted(errors, ODRIVE_ERROR_VELOCITY_LIMIT.rawValue, .overload))
    faults.insert(
      noted(errors, ODRIVE_ERROR_MISSING_ESTIMATE.rawValue | ODRIVE_ERROR_SPINOUT.rawValue, .encoder))
    faults.insert(
      noted(
        errors, ODRIVE_ERROR_BAD_CONFIGURATION.rawValue | ODRIVE_ERROR_CALIBRATION.rawValue, .uncalibrated))
    let hardware =
      ODRIVE_ERROR_SYSTEM_LEVEL.rawValue | ODRIVE_ERROR_TIMING.rawValue | ODRIVE_ERROR_DRIVER.rawValue
      | ODRIVE_ERROR_BRAKE_RESISTOR.rawValue | ODRIVE_ERROR_THERMISTOR.rawValue
    faults.insert(noted(errors, hardware, .hardware))
    if faults.isEmpty { faults.insert(.unknown) }
    return faults
  }

  /// The fault when one of the error bits is there; none otherwise.
  @_noLocks private static func noted(_ errors: UInt32, _ bits: UInt32, _ fault: DriveFaults) -> DriveFaults {
    errors & bits != 0 ? fault : DriveFaults()
  }

  @_noLocks static func isNew(_ family: DriveFamily) -> Bool {
    if case .odrive05 = family { false } else { true }
  }
}

// MARK: - Frames

extension ODrive {
  /// What `identify` asks for: the version in 0.6, estimates in 0.5, which has no version.
  @_noLocks private static func identity(of family: DriveFamily) -> UInt32 {
    isNew(family) ? ODRIVE_COMMAND_GET_VERSION.rawValue : ODRIVE_COMMAND_GET_ENCODER_ESTIMATES.rawValue
  }

  @_noLocks private static func frame(_ command: UInt32, length: UInt8, for drive: DriveConfiguration)
    -> CANFrame
  {
    var frame = CANFrame(id: identifier(command, of: drive), bus: drive.bus, isExtended: false)
    frame.length = length
    return frame
  }

  @_noLocks private static func identifier(_ command: UInt32, of drive: DriveConfiguration) -> UInt32 {
    odrive_encode_address(
      odrive_address(node: UInt32(drive.id), command: UInt8(truncatingIfNeeded: command)))
  }

  /// A frame without data asks for the message of its command, as a remote frame does.
  @_noLocks private static func question(_ command: UInt32, for drive: DriveConfiguration) -> CANFrame {
    frame(command, length: 0, for: drive)
  }

  @_noLocks private static func word(_ word: UInt32, as command: UInt32, for drive: DriveConfiguration)
    -> CANFrame
  {
    var frame = frame(command, length: 8, for: drive)
    unsafe withUnsafeMutablePointer(to: &frame.payload) { unsafe odrive_encode_word(word, $0.bytes) }
    return frame
  }

  @_noLocks private static func state(_ state: UInt32, for drive: DriveConfiguration) -> CANFrame {
    word(state, as: ODRIVE_COMMAND_SET_AXIS_STATE.rawValue, for: drive)
  }

  /// 0.6 takes a byte, 0: do not blink.
  @_noLocks private static func clear(_ drive: DriveConfiguration) -> CANFrame {
    frame(ODRIVE_COMMAND_CLEAR_ERRORS.rawValue, length: isNew(drive.family) ? 1 : 0, for: drive)
  }

  @_noLocks private static func torqueMode(_ drive: DriveConfiguration) -> CANFrame {
    let words = odrive_pair(
      first: ODRIVE_CONTROL_MODE_TORQUE.rawValue, second: ODRIVE_INPUT_MODE_PASSTHROUGH.rawValue)
    var frame = frame(ODRIVE_COMMAND_SET_CONTROLLER_MODE.rawValue, length: 8, for: drive)
    unsafe withUnsafeMutablePointer(to: &frame.payload) { unsafe odrive_encode_pair(words, $0.bytes) }
    return frame
  }

  /// Endpoints are counted in 16 bits, and only in 0.6; others become the question of `identify`, which changes nothing.
  @_noLocks private static func access(
    _ operation: UInt32, _ index: UInt32, _ value: UInt32, for drive: DriveConfiguration
  ) -> CANFrame {
    guard isNew(drive.family), index <= 0xFFFF else {
      return question(identity(of: drive.family), for: drive)
    }
    let sdo = odrive_sdo(
      operation: UInt8(truncatingIfNeeded: operation), endpoint: UInt16(truncatingIfNeeded: index),
      value: value)
    var frame = frame(ODRIVE_COMMAND_RX_SDO.rawValue, length: 8, for: drive)
    unsafe withUnsafeMutablePointer(to: &frame.payload) { unsafe odrive_encode_sdo(sdo, $0.bytes) }
    return frame
  }

  @_noLocks @inline(__always) private static func pair(_ frame: CANFrame) -> odrive_pair? {
    var words = odrive_pair(first: 0, second: 0)
    let isSound = unsafe withUnsafePointer(to: frame.payload) {
      unsafe odrive_decode_pair($0.bytes, frame.length, &words)
    }
    return isSound ? words : nil
  }

  @_noLocks private static func heartbeat(_ frame: CANFrame) -> DriveReply {
    var beat = odrive_heartbeat(errors: 0, state: 0, procedure: 0, trajectory_done: false)
    let isSound = unsafe withUnsafePointer(to: frame.payload) {
      unsafe odrive_decode_heartbeat($0.bytes, frame.length, &beat)
    }
    guard isSound else { return .malformed }
    var state = MotorState()
    let meaning = meaning(ofErrors: beat.errors, state: beat.state)
    state.mode = meaning.mode
    state.faults = meaning.faults
    state.status = UInt16(beat.procedure) << 8 | UInt16(beat.state)
    return .part(state, .mode)
  }

  @_noLocks private static func oldHeartbeat(_ frame: CANFrame) -> DriveReply {
    var beat = odrive_heartbeat_05(
      errors: 0, state: 0, motor_error: false, encoder_error: false, controller_error: false,
      trajectory_done: false)
    let isSound = unsafe withUnsafePointer(to: frame.payload) {
      unsafe odrive_decode_heartbeat_05($0.bytes, frame.length, &beat)
    }
    guard isSound else { return .malformed }
    var state = MotorState()
    state.status = UInt16(beat.state)
    state.mode = mode(ofState: beat.state)
    if beat.errors != 0 || beat.motor_error || beat.encoder_error || beat.controller_error {
      state.mode = .fault
      state.faults = faults(of: beat)
    }
    return .part(state, .mode)
  }

  @_noLocks private static func faults(of beat: odrive_heartbeat_05) -> DriveFaults {
    var faults = DriveFaults()
    let errors = beat.errors
    faults.insert(noted(errors, ODRIVE_AXIS_ERROR_WATCHDOG.rawValue, .communicationLost))
    faults.insert(noted(errors, ODRIVE_AXIS_ERROR_OVER_TEMPERATURE.rawValue, .driverOverTemperature))
    faults.insert(noted(errors, ODRIVE_AXIS_ERROR_UNKNOWN_POSITION.rawValue, .uncalibrated))
    faults.insert(noted(errors, ODRIVE_AXIS_ERROR_ENCODER.rawValue, .encoder))
    if beat.encoder_error { faults.insert(.encoder) }
    faults.insert(noted(errors, ODRIVE_AXIS_ERROR_MOTOR.rawValue, .hardware))
    if beat.motor_error { faults.insert(.hardware) }
    if faults.isEmpty { faults.insert(.unknown) }
    return faults
  }

  @_noLocks @inline(__always) private static func estimates(_ frame: CANFrame) -> DriveReply {
    guard let words = pair(frame) else { return .malformed }
    var state = MotorState()
    state.position = Double(Float(bitPattern: words.first)) * revolution
    state.velocity = Double(Float(bitPattern: words.second)) * revolution
    guard state.position.isFinite && state.velocity.isFinite else { return .malformed }
    return .part(state, MotorFields.position.union(.velocity).union(.whole))
  }

  @_noLocks private static func torque(_ frame: CANFrame, scale: Double) -> DriveReply {
    guard let words = pair(frame) else { return .malformed }
    var state = MotorState()
    state.torque = Double(Float(bitPattern: words.second)) * scale
    return state.torque.isFinite ? .part(state, .torque) : .malformed
  }

  /// The hotter of power stage and motor; a motor without a thermistor reads as not a number.
  @_noLocks private static func temperature(_ frame: CANFrame) -> DriveReply {
    guard let words = pair(frame) else { return .malformed }
    let (stage, motor) = (Float(bitPattern: words.first), Float(bitPattern: words.second))
    guard stage.isFinite || motor.isFinite else { return .malformed }
    var state = MotorState()
    state.temperature = Double(!stage.isFinite || (motor.isFinite && motor > stage) ? motor : stage)
    return .part(state, .temperature)
  }

  /// Bytes 0 to 7 of the version, byte 0 lowest: bits 39...32 are the firmware's major, 47...40 its minor number.
  @_noLocks private static func version(_ frame: CANFrame) -> DriveReply {
    guard let words = pair(frame) else { return .malformed }
    return .identity(UInt64(words.second) << 32 | UInt64(words.first))
  }

  @_noLocks private static func parameter(_ frame: CANFrame) -> DriveReply {
    var sdo = odrive_sdo(operation: 0, endpoint: 0, value: 0)
    let isSound = unsafe withUnsafePointer(to: frame.payload) {
      unsafe odrive_decode_sdo($0.bytes, frame.length, &sdo)
    }
    guard isSound else { return .malformed }
    return .parameter(index: UInt32(sdo.endpoint), value: sdo.value, succeeded: true)
  }
}
