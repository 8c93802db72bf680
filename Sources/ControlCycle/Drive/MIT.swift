import CServoWire

/// MIT mini-cheetah and CubeMars AK drives of 11 bits: scale and meaning of the words that `mit_wire.h` lays out.
///
/// An answer does not say whether the drive is on. The host therefore keeps that in the sample's mode, and in its status
/// word whether the drive may hold a command that it would act on again when it next enters its mode.
public enum MIT {
  /// Status word of a drive that has entered its mode and may hold a command.
  public static var entered: UInt16 { @_noLocks get { 1 } }
  /// Full scale of stiffness [N.m/rad], the same for every model.
  public static var stiffnessRange: Double { @_noLocks get { 500 } }
  /// Full scale of damping [N.m.s/rad], the same for every model.
  public static var dampingRange: Double { @_noLocks get { 5 } }

  /// Length of an answer [byte].
  @_noLocks public static func answerLength(_ dialect: DriveDialect) -> UInt8 {
    switch dialect {
    case .voltage: UInt8(truncatingIfNeeded: MIT_LENGTH_FEEDBACK_VOLTAGE.rawValue)
    case .error: UInt8(truncatingIfNeeded: MIT_LENGTH_FEEDBACK_ERROR.rawValue)
    case .force: UInt8(truncatingIfNeeded: CUBEMARS_LENGTH.rawValue)
    case .standard, .cyberGear: UInt8(truncatingIfNeeded: MIT_LENGTH_FEEDBACK.rawValue)
    }
  }

  /// The fault that an AK drive's error byte names; none for 0.
  @_noLocks public static func faults(ofCode code: UInt8) -> DriveFaults {
    switch UInt32(code) {
    case MIT_ERROR_NONE.rawValue: DriveFaults()
    case MIT_ERROR_MOTOR_OVER_TEMPERATURE.rawValue: .motorOverTemperature
    case MIT_ERROR_OVER_CURRENT.rawValue: .overCurrent
    case MIT_ERROR_OVER_VOLTAGE.rawValue: .overVoltage
    case MIT_ERROR_UNDER_VOLTAGE.rawValue: .underVoltage
    case MIT_ERROR_ENCODER.rawValue: .encoder
    case MIT_ERROR_DRIVER_OVER_TEMPERATURE.rawValue: .driverOverTemperature
    case MIT_ERROR_LOCKED.rawValue: .overload
    default: .unknown
    }
  }

  @_noLocks static func encode(
    _ command: MotorCommand, for drive: DriveConfiguration, into frame: inout CANFrame
  ) {
    let range = drive.range
    let words = mit_command(
      position: FixedPoint.word(command.position, from: -range.position, to: range.position, bits: 16),
      velocity: FixedPoint.word(command.velocity, from: -range.velocity, to: range.velocity, bits: 12),
      stiffness: FixedPoint.word(command.stiffness, from: 0, to: range.stiffness, bits: 12),
      damping: FixedPoint.word(command.damping, from: 0, to: range.damping, bits: 12),
      torque: FixedPoint.word(command.torque, from: -range.torque, to: range.torque, bits: 12))
    if drive.dialect.isForce {
      frame = CubeMars.force(words, for: drive)
      return
    }
    frame.begin(id: UInt32(drive.id), bus: drive.bus, flags: 0, length: MIT_LENGTH_COMMAND.rawValue)
    unsafe withUnsafeMutablePointer(to: &frame.payload) { unsafe mit_encode_command(words, $0.bytes) }
  }

  /// There is no question without a side effect: whatever the protocol cannot say becomes an exit, which draws an answer
  /// and is safe in every state. A drive that may hold a command lets go of it first, and sets no zero.
  @_noLocks static func encode(
    _ request: DriveRequest, for drive: DriveConfiguration, status: UInt16
  ) -> CANFrame {
    switch request {
    case .enable where drive.dialect.isForce: DriveCodec.encode(MotorCommand(), for: drive)
    case .enable: action(MIT_ACTION_ENTER.rawValue, for: drive)
    case .disable where status == entered: DriveCodec.encode(MotorCommand(), for: drive)
    case .setZero where status != entered && drive.dialect.isForce: CubeMars.origin(drive)
    case .setZero where status != entered: action(MIT_ACTION_SET_ZERO.rawValue, for: drive)
    case .disable, .setZero, .clearFault, .identify, .start, .readParameter, .writeParameter:
      drive.dialect.isForce ? CubeMars.noCurrent(drive) : action(MIT_ACTION_EXIT.rawValue, for: drive)
    }
  }

  /// What the drive is once it answers the request. It is asked twice to enter, so that no answer to an older frame, late on
  /// its way, passes for one to the first; `encode` of `disable` makes it let go first and leave next time.
  @_noLocks static func assume(_ request: DriveRequest, in state: inout MotorState) {
    switch request {
    case .enable:
      if state.status == entered {
        state.mode = .enabled
        state.faults = DriveFaults()
      }
      state.status = entered
    case .disable:
      if state.status != entered {
        state.mode = .disabled
        state.faults = DriveFaults()
      }
      state.status = 0
    case .clearFault, .setZero, .identify, .start, .readParameter, .writeParameter: break
    }
  }

  /// All drives answer with the host's identifier, told apart by byte 0 alone; without it a frame is nobody's.
  @_noLocks @inline(__always) static func answers(_ frame: CANFrame, _ drive: DriveConfiguration) -> Bool {
    if drive.dialect.isForce { return CubeMars.answers(frame, drive) }
    guard frame.id == UInt32(drive.masterID), !frame.isExtended, !frame.isFlexibleDataRate, frame.length > 0
    else { return false }
    return UInt16(frame.payload[0]) == drive.id & 0xFF
  }

  /// A whole sample without a mode; with one, fault, where the error byte says so.
  @_noLocks @inline(__always) static func decode(_ frame: CANFrame, for drive: DriveConfiguration)
    -> DriveReply
  {
    // The length tells the firmware's generation, and with it the full scale of velocity: another is not believed.
    guard frame.length == answerLength(drive.dialect) else { return .malformed }
    if drive.dialect.isForce { return CubeMars.decode(frame, for: drive) }
    var words = mit_feedback()
    let isRead = unsafe withUnsafePointer(to: frame.payload) { payload in
      unsafe withUnsafeMutablePointer(to: &words) {
        unsafe mit_decode_feedback(payload.bytes, frame.length, $0)
      }
    }
    guard isRead else { return .malformed }
    let range = drive.range
    var state = MotorState()
    state.position = FixedPoint.decode(words.position, from: -range.position, to: range.position, bits: 16)
    state.velocity = FixedPoint.decode(words.velocity, from: -range.velocity, to: range.velocity, bits: 12)
    state.torque = FixedPoint.decode(words.torque, from: -range.torque, to: range.torque, bits: 12)
    state.faults = faults(ofCode: words.error)
    var fields = MotorFields.position.union(.velocity).union(.torque).union(.whole)
    if UInt32(words.length) == MIT_LENGTH_FEEDBACK_ERROR.rawValue {
      state.temperature = Double(words.temperature)
      fields = fields.union(.temperature)
    }
    if !state.faults.isEmpty {
      // The status word falls to 0 with it: a drive that is off by itself takes no command to let go with.
      state.mode = .fault
      fields = fields.union(.mode)
    }
    return .part(state, fields)
  }

  @_noLocks private static func frame(for drive: DriveConfiguration) -> CANFrame {
    var frame = CANFrame(id: UInt32(drive.id), bus: drive.bus, isExtended: false)
    frame.length = UInt8(truncatingIfNeeded: MIT_LENGTH_COMMAND.rawValue)
    return frame
  }

  @_noLocks private static func action(_ action: UInt32, for drive: DriveConfiguration) -> CANFrame {
    let action = UInt8(truncatingIfNeeded: action)
    var frame = frame(for: drive)
    unsafe withUnsafeMutablePointer(to: &frame.payload) { unsafe mit_encode_action(action, $0.bytes) }
    return frame
  }
}
