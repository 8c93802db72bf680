import CServoWire

/// CubeMars AK drives in the force control of V3, 29-bit identifiers: what differs from the MIT drives of 11 bits.
///
/// The words of a command are the same in another order. The answer has degrees, electrical revolutions and amperes, and the
/// same error codes. No frame switches the power stage on or off: off is no current.
enum CubeMars {
  /// Step of a position [rad].
  static var angleStep: Double { @_noLocks get { 3.141592653589793 / 1800 } }
  /// Step of an electrical speed [rad/s].
  static var speedStep: Double { @_noLocks get { 3.141592653589793 / 3 } }
  /// Step of a current [A].
  static var currentStep: Double { @_noLocks get { 0.01 } }

  @_noLocks static func force(_ words: mit_command, for drive: DriveConfiguration) -> CANFrame {
    var frame = frame(CUBEMARS_MODE_FORCE.rawValue, CUBEMARS_LENGTH.rawValue, drive)
    unsafe withUnsafeMutablePointer(to: &frame.payload) { unsafe cubemars_encode_force(words, $0.bytes) }
    return frame
  }

  /// No current: the shaft turns freely.
  @_noLocks static func noCurrent(_ drive: DriveConfiguration) -> CANFrame {
    frame(CUBEMARS_MODE_CURRENT.rawValue, CUBEMARS_LENGTH_SET_POINT.rawValue, drive)
  }

  /// An origin that lasts until power-off, which is the byte 0.
  @_noLocks static func origin(_ drive: DriveConfiguration) -> CANFrame {
    frame(CUBEMARS_MODE_SET_ORIGIN.rawValue, CUBEMARS_LENGTH_ORIGIN.rawValue, drive)
  }

  @_noLocks static func answers(_ frame: CANFrame, _ drive: DriveConfiguration) -> Bool {
    frame.isExtended && !frame.isFlexibleDataRate && frame.id == answerID(of: drive)
  }

  /// The identifier of a drive's answers, of 29 bits.
  @_noLocks static func answerID(of drive: DriveConfiguration) -> UInt32 {
    identifier(CUBEMARS_MODE_STATUS.rawValue, of: drive)
  }

  /// A whole sample, without a mode unless there is a fault.
  @_noLocks static func decode(_ frame: CANFrame, for drive: DriveConfiguration) -> DriveReply {
    var words = cubemars_status()
    let isSound = unsafe withUnsafePointer(to: frame.payload) {
      unsafe cubemars_decode_status($0.bytes, frame.length, &words)
    }
    guard isSound else { return .malformed }
    var state = MotorState()
    state.position = Double(words.position) * angleStep
    state.velocity = Double(words.speed) * speedStep / drive.electricalRatio
    state.torque = Double(words.current) * currentStep * drive.torqueConstant
    guard state.velocity.isFinite else { return .malformed }
    state.temperature = Double(words.temperature)
    var fields = MotorFields.position.union(.velocity).union(.torque).union(.temperature).union(.whole)
    state.faults = MIT.faults(ofCode: words.error)
    if !state.faults.isEmpty {
      state.mode = .fault
      fields = fields.union(.mode)
    }
    return .part(state, fields)
  }

  @_noLocks private static func identifier(_ mode: UInt32, of drive: DriveConfiguration) -> UInt32 {
    cubemars_encode_address(
      cubemars_address(mode: UInt8(truncatingIfNeeded: mode), id: UInt8(truncatingIfNeeded: drive.id)))
  }

  @_noLocks private static func frame(_ mode: UInt32, _ length: UInt32, _ drive: DriveConfiguration)
    -> CANFrame
  {
    var frame = CANFrame(id: identifier(mode, of: drive), bus: drive.bus, isExtended: true)
    frame.length = UInt8(truncatingIfNeeded: length)
    return frame
  }
}
