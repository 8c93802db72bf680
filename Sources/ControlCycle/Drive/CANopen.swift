import CServoWire

/// CANopen drives of the CiA 402 profile in a cyclic synchronous mode: scale and meaning of `cia402_wire.h`.
///
/// A drive takes torque alone, or position or velocity with a torque added. What all drives were sent acts at the SYNC behind
/// the last one's frame, and each answers it with two frames of one instant: state, position and torque, then velocity and
/// error code.
public enum CANopen {
  /// The mode of operation, 6060 and 6061, in which a drive closes a loop; 0 where the profile has none.
  @_noLocks public static func modeOfOperation(_ mode: ControlMode) -> Int8 {
    switch mode {
    case .torque: Int8(truncatingIfNeeded: CIA402_MODE_CYCLIC_TORQUE.rawValue)
    case .position: Int8(truncatingIfNeeded: CIA402_MODE_CYCLIC_POSITION.rawValue)
    case .velocity: Int8(truncatingIfNeeded: CIA402_MODE_CYCLIC_VELOCITY.rawValue)
    case .impedance, .positionForce: Int8(truncatingIfNeeded: CIA402_MODE_NONE.rawValue)
    }
  }

  /// Cycles between two heartbeats of the host.
  public static var heartbeatInterval: Int64 { @_noLocks get { 4 } }
  /// Value of `Object.abortConnection`: a lost heartbeat is a fault, which stays until it is reset.
  public static var abortIsFault: UInt32 { @_noLocks get { 1 } }
  /// Length of one unit of the watchdog, the time of a heartbeat consumer [us].
  public static var timeoutUnit: Int { @_noLocks get { 1000 } }
  /// Highest node identifier.
  public static var highestID: UInt16 {
    @_noLocks get { UInt16(truncatingIfNeeded: CANOPEN_NODE_MAX.rawValue) }
  }

  /// Full scale of a drive's words: position and velocity of 32 bits in increments, torque of 16 bits in 1/1000 of the
  /// rated torque. No gain travels, so stiffness and damping have no full scale.
  @_noLocks public static func range(encoderCounts: Double, ratedTorque: Double) -> DriveRange {
    let turns = positionSteps / encoderCounts
    return DriveRange(
      position: turns * revolution, velocity: turns * revolution, torque: torqueSteps / 1000 * ratedTorque,
      stiffness: .infinity, damping: .infinity)
  }

  /// Encoder increments a revolution of a range.
  @_noLocks public static func encoderCounts(of range: DriveRange) -> Double {
    nearest(positionSteps * revolution / range.position)
  }

  /// Rated torque of a range [mN.m].
  @_noLocks public static func ratedTorque(of range: DriveRange) -> Double {
    nearest(range.torque / torqueSteps * 1_000_000)
  }

  /// The heartbeat consumer's value for a time: rounded up, so that a positive time never becomes 0 (off).
  @_noLocks public static func watchdogWord(microseconds: Int, host: UInt16) -> UInt32 {
    let units = microseconds > 0 ? (microseconds - 1) / timeoutUnit + 1 : 0
    return canopen_encode_heartbeat_consumer(
      canopen_heartbeat_consumer(
        node: UInt8(truncatingIfNeeded: host), period: units < 0xFFFF ? UInt16(units) : 0xFFFF))
  }

  private static var revolution: Double { @_noLocks get { 6.283185307179586 } }
  private static var positionSteps: Double { @_noLocks get { 2_147_483_648 } }
  private static var torqueSteps: Double { @_noLocks get { 32768 } }

  @_noLocks @inline(__always) private static func nearest(_ value: Double) -> Double {
    guard value < 9e15 && value > -9e15 else { return 0 }
    return Double(Int64(value + (value < 0 ? -0.5 : 0.5)))
  }

  /// A signed word to the nearest step, saturating so that both signs reach equally far.
  @_noLocks @inline(__always) private static func word(_ value: Double, fullScale: Double, steps: Double)
    -> Int32
  {
    let scaled = value / fullScale * steps
    // Written so that a full scale of zero, which gives NaN, ends at zero and never traps.
    guard scaled > -steps && scaled < steps else {
      return scaled > 0 ? Int32(steps - 1) : scaled < 0 ? Int32(1 - steps) : 0
    }
    return Int32(clamp(nearest(scaled), 1 - steps, steps - 1))
  }
}

// MARK: - To the drive

extension CANopen {
  @_noLocks static func encode(
    _ command: MotorCommand, for drive: DriveConfiguration, into frame: inout CANFrame
  ) {
    let target: Int32
    switch drive.mode {
    case .velocity: target = word(command.velocity, fullScale: drive.range.velocity, steps: positionSteps)
    case .impedance, .torque, .position, .positionForce:
      target = word(command.position, fullScale: drive.range.position, steps: positionSteps)
    }
    let torque = word(command.torque, fullScale: drive.range.torque, steps: torqueSteps)
    let words = cia402_command_pdo(
      controlword: UInt16(truncatingIfNeeded: CIA402_COMMAND_ENABLE_OPERATION.rawValue), target: target,
      torque: Int16(truncatingIfNeeded: torque))
    frame.begin(
      id: CANOPEN_ID_RPDO1.rawValue + UInt32(drive.id), bus: drive.bus, flags: 0,
      length: CIA402_LENGTH.rawValue)
    unsafe withUnsafeMutablePointer(to: &frame.payload) { unsafe cia402_encode_command(words, $0.bytes) }
  }

  /// Switching on takes a step of the state machine a frame; a fault is never reset on that way.
  ///
  /// Clearing acts on the rising edge of a bit: a frame without it has to come before, as that of `disable`. The profile
  /// sets no zero but by homing, so `setZero` asks for a sample, as `identify` does. A position drive is shown on its way
  /// the position that it has: it would jump to what stands in 607A.
  @_noLocks static func encode(
    _ request: DriveRequest, for drive: DriveConfiguration, status: UInt16, position: Double
  ) -> CANFrame {
    switch request {
    case .enable:
      var control = UInt16(truncatingIfNeeded: CIA402_COMMAND_DISABLE_VOLTAGE.rawValue)
      let leads = unsafe cia402_controlword_towards_operation(cia402_decode_state(status), &control)
      let isHolding = leads && drive.mode.holdsPosition
      let target =
        isHolding ? word(position, fullScale: drive.range.position, steps: positionSteps) : 0
      return self.control(
        leads ? UInt32(control) : CIA402_COMMAND_DISABLE_VOLTAGE.rawValue, target: target, for: drive)
    case .disable: return control(CIA402_COMMAND_DISABLE_VOLTAGE.rawValue, for: drive)
    case .clearFault: return control(CIA402_COMMAND_FAULT_RESET.rawValue, for: drive)
    case .setZero, .identify: return sync(drive)
    case .start: return network(CANOPEN_NMT_COMMAND_START.rawValue, for: drive)
    case .readParameter(Object.segment(toggle: false)): return segment(toggle: false, for: drive)
    case .readParameter(Object.segment(toggle: true)): return segment(toggle: true, for: drive)
    case .readParameter(let address):
      return access(UInt8(CANOPEN_SDO_UPLOAD.rawValue), address, 0, for: drive)
    case .writeParameter(Object.networkCommand, let command): return network(command, for: drive)
    case .writeParameter(let address, let value):
      return access(UInt8(CANOPEN_SDO_DOWNLOAD.rawValue), address, value, for: drive)
    }
  }

  /// SYNC, at which commands act and samples are taken, and now and then the host's heartbeat, the drives' watchdog.
  @_noLocks static func endGroup(_ drive: DriveConfiguration, cycle: Int64, into transmit: inout FrameBuffer)
  {
    transmit.append(sync(drive))
    if cycle % heartbeatInterval == 0 { transmit.append(heartbeat(drive)) }
  }

  /// The host's heartbeat; `masterID` is its node.
  @_noLocks static func heartbeat(_ drive: DriveConfiguration) -> CANFrame {
    let beat = canopen_heartbeat(state: UInt8(CANOPEN_NMT_STATE_OPERATIONAL.rawValue), toggle: false)
    var frame = frame(
      CANOPEN_ID_HEARTBEAT.rawValue + UInt32(drive.masterID), CANOPEN_LENGTH_HEARTBEAT.rawValue, drive)
    unsafe withUnsafeMutablePointer(to: &frame.payload) { unsafe canopen_encode_heartbeat(beat, $0.bytes) }
    return frame
  }

  @_noLocks private static func frame(_ id: UInt32, _ length: UInt32, _ drive: DriveConfiguration) -> CANFrame
  {
    var frame = CANFrame(id: id, bus: drive.bus, isExtended: false)
    frame.length = UInt8(truncatingIfNeeded: length)
    return frame
  }

  @_noLocks private static func sync(_ drive: DriveConfiguration) -> CANFrame {
    frame(CANOPEN_ID_SYNC.rawValue, 0, drive)
  }

  @_noLocks private static func control(
    _ word: UInt32, target: Int32 = 0, for drive: DriveConfiguration
  ) -> CANFrame {
    let command = cia402_command_pdo(
      controlword: UInt16(truncatingIfNeeded: word), target: target, torque: 0)
    var frame = frame(CANOPEN_ID_RPDO1.rawValue + UInt32(drive.id), CIA402_LENGTH.rawValue, drive)
    unsafe withUnsafeMutablePointer(to: &frame.payload) { unsafe cia402_encode_command(command, $0.bytes) }
    return frame
  }

  @_noLocks private static func network(_ command: UInt32, for drive: DriveConfiguration) -> CANFrame {
    let words = canopen_nmt(
      command: UInt8(truncatingIfNeeded: command), node: UInt8(truncatingIfNeeded: drive.id))
    var frame = frame(CANOPEN_ID_NMT.rawValue, CANOPEN_LENGTH_NMT.rawValue, drive)
    unsafe withUnsafeMutablePointer(to: &frame.payload) { unsafe canopen_encode_nmt(words, $0.bytes) }
    return frame
  }

  /// The request for the next piece of a long value.
  @_noLocks private static func segment(toggle: Bool, for drive: DriveConfiguration) -> CANFrame {
    var words = canopen_sdo()
    words.kind = UInt8(truncatingIfNeeded: CANOPEN_SDO_UPLOAD_SEGMENT.rawValue)
    words.toggle = toggle
    var none: UInt8 = 0
    var frame = frame(CANOPEN_ID_SDO_REQUEST.rawValue + UInt32(drive.id), CANOPEN_LENGTH_SDO.rawValue, drive)
    unsafe withUnsafeMutablePointer(to: &frame.payload) { payload in
      _ = unsafe canopen_encode_sdo_request(words, &none, payload.bytes)
    }
    return frame
  }

  /// An expedited request; bits of an address that are not of 1 to 4 bytes become 4 bytes.
  @_noLocks private static func access(
    _ kind: UInt8, _ address: UInt32, _ value: UInt32, for drive: DriveConfiguration
  ) -> CANFrame {
    let object = canopen_decode_mapping(address)
    let size = object.bits / 8
    let words = canopen_sdo(
      kind: kind, is_expedited: true, has_size: true, toggle: false, is_last: false,
      size: size >= 1 && size <= 4 ? size : 4, subindex: object.subindex, index: object.index, value: value)
    var none: UInt8 = 0
    var frame = frame(CANOPEN_ID_SDO_REQUEST.rawValue + UInt32(drive.id), CANOPEN_LENGTH_SDO.rawValue, drive)
    unsafe withUnsafeMutablePointer(to: &frame.payload) { payload in
      _ = unsafe canopen_encode_sdo_request(words, &none, payload.bytes)
    }
    return frame
  }
}

// MARK: - From the drive

extension CANopen {
  @_noLocks @inline(__always) static func answers(_ frame: CANFrame, _ drive: DriveConfiguration) -> Bool {
    guard !frame.isExtended, !frame.isFlexibleDataRate, frame.id > UInt32(drive.id) else { return false }
    switch frame.id - UInt32(drive.id) {
    case CANOPEN_ID_EMERGENCY.rawValue, CANOPEN_ID_TPDO1.rawValue, CANOPEN_ID_TPDO2.rawValue,
      CANOPEN_ID_SDO_REPLY.rawValue, CANOPEN_ID_HEARTBEAT.rawValue:
      return true
    default: return false
    }
  }

  @_noLocks @inline(__always) static func decode(_ frame: CANFrame, for drive: DriveConfiguration)
    -> DriveReply
  {
    switch frame.id &- UInt32(drive.id) {
    case CANOPEN_ID_TPDO1.rawValue: return feedback(frame, range: drive.range)
    case CANOPEN_ID_TPDO2.rawValue: return detail(frame, of: drive)
    case CANOPEN_ID_SDO_REPLY.rawValue: return parameter(frame)
    case CANOPEN_ID_EMERGENCY.rawValue: return emergency(frame)
    // A heartbeat or boot-up says nothing that the cycle uses: a drive that left operational sends no samples.
    case CANOPEN_ID_HEARTBEAT.rawValue where frame.length == 1:
      return .part(MotorState(), MotorFields(bits: 0))
    default: return .malformed
    }
  }

  /// Power stage of a statusword. A quick stop obeys no command, so it is not on for the cycle.
  @_noLocks public static func mode(ofStatus status: UInt16) -> DriveMode {
    switch UInt32(cia402_decode_state(status)) {
    case CIA402_STATE_OPERATION_ENABLED.rawValue: .enabled
    case CIA402_STATE_FAULT.rawValue, CIA402_STATE_FAULT_REACTION.rawValue, CIA402_STATE_UNKNOWN.rawValue:
      .fault
    case CIA402_STATE_NOT_READY.rawValue: .calibrating
    default: .disabled
    }
  }

  /// The faults of an error code, with the code itself; 0 is none.
  @_noLocks public static func faults(ofCode code: UInt16) -> DriveFaults {
    DriveFaults(bits: meaning(ofCode: code).bits, code: code)
  }

  /// What an error code means, by the classes and codes of the family's page.
  @_noLocks private static func meaning(ofCode code: UInt16) -> DriveFaults {
    switch code {
    case 0: DriveFaults()
    case 0x3210: .overVoltage
    case 0x3220: .underVoltage
    case 0x7305: .encoder
    case 0x8130: .communicationLost
    case 0x8611: .overload
    default:
      switch UInt32(code & 0xF000) {
      case CIA402_ERROR_CLASS_CURRENT.rawValue: .overCurrent
      case CIA402_ERROR_CLASS_TEMPERATURE.rawValue: .driverOverTemperature
      case CIA402_ERROR_CLASS_HARDWARE.rawValue, CIA402_ERROR_CLASS_SOFTWARE.rawValue: .hardware
      case CIA402_ERROR_CLASS_MODULES.rawValue: .hardware
      default: .unknown
      }
    }
  }

  /// State, position and torque; why there is a fault comes with the second frame.
  @_noLocks @inline(__always) private static func feedback(_ frame: CANFrame, range: DriveRange) -> DriveReply
  {
    var words = cia402_feedback_pdo(statusword: 0, position: 0, torque: 0)
    let isSound = unsafe withUnsafePointer(to: frame.payload) {
      unsafe cia402_decode_feedback($0.bytes, frame.length, &words)
    }
    guard isSound else { return .malformed }
    var state = MotorState()
    state.position = Double(words.position) / positionSteps * range.position
    state.torque = Double(words.torque) / torqueSteps * range.torque
    state.status = words.statusword
    state.mode = mode(ofStatus: words.statusword)
    if state.mode.isFault { state.faults = .unknown }
    return .part(state, MotorFields.position.union(.torque).union(.mode))
  }

  /// Velocity and error code. A drive that has left its mode does not do what it is told: no sample.
  @_noLocks @inline(__always) private static func detail(_ frame: CANFrame, of drive: DriveConfiguration)
    -> DriveReply
  {
    var words = cia402_detail_pdo(velocity: 0, error_code: 0, mode: 0, error_register: 0)
    let isSound = unsafe withUnsafePointer(to: frame.payload) {
      unsafe cia402_decode_detail($0.bytes, frame.length, &words)
    }
    guard isSound, words.mode == modeOfOperation(drive.mode) else { return .malformed }
    var state = MotorState()
    state.velocity = Double(words.velocity) / positionSteps * drive.range.velocity
    state.faults = faults(ofCode: words.error_code)
    return .part(state, MotorFields.velocity.union(.faults).union(.whole))
  }

  @_noLocks private static func emergency(_ frame: CANFrame) -> DriveReply {
    var words = canopen_emergency(code: 0, error_register: 0, manufacturer: 0)
    let isSound = unsafe withUnsafePointer(to: frame.payload) {
      unsafe canopen_decode_emergency($0.bytes, frame.length, &words)
    }
    guard isSound else { return .malformed }
    return words.code == 0
      ? .part(MotorState(), MotorFields(bits: 0)) : .faultReport(faults(ofCode: words.code))
  }

  /// An expedited reply, an abort, whose code is the value, or a piece of a longer object.
  @_noLocks private static func parameter(_ frame: CANFrame) -> DriveReply {
    var words = canopen_sdo()
    let isSound = unsafe withUnsafePointer(to: frame.payload) {
      unsafe canopen_decode_sdo_reply($0.bytes, frame.length, &words)
    }
    guard isSound else { return .malformed }
    let address = Object.address(words.index, words.subindex)
    switch UInt32(words.kind) {
    case CANOPEN_SDO_DOWNLOAD.rawValue: return .parameter(index: address, value: 0, succeeded: true)
    case CANOPEN_SDO_UPLOAD.rawValue where words.is_expedited:
      return .parameter(index: address, value: words.value, succeeded: true)
    case CANOPEN_SDO_UPLOAD.rawValue:
      return .segment(
        DriveSegment(index: address, bytes: UInt64(words.value), count: 0, toggle: false, isLast: false))
    case CANOPEN_SDO_UPLOAD_SEGMENT.rawValue:
      var bytes: UInt64 = 0
      for index in 0..<Int(words.size) { bytes |= UInt64(frame.payload[1 + index]) << UInt64(8 * index) }
      return .segment(
        DriveSegment(index: 0, bytes: bytes, count: words.size, toggle: words.toggle, isLast: words.is_last))
    case CANOPEN_SDO_ABORT.rawValue: return .parameter(index: address, value: words.value, succeeded: false)
    default: return .malformed
    }
  }
}
