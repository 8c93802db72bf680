import CServoWire

/// MyActuator RMD-X, protocol V3 in current mode: scale and meaning of the words of `myactuator_wire.h`.
///
/// A drive takes current alone, so the cycle closes the loop. The answer to a current has torque and velocity and an
/// angle in whole degrees; a second question has the angle in hundredths, with which a sample is whole. What a drive has
/// obeyed last says whether it is on; errors have a question of their own, now and then.
public enum MyActuator {
  /// Cycles between two questions for errors, and between two for status 2, which a drive that is off is not sent else.
  public static var questionInterval: Int64 { @_noLocks get { 10 } }
  /// Highest rate of commands that a drive of the family is known to answer [Hz].
  public static var highestRate: Int { @_noLocks get { 500 } }
  /// Highest id.
  public static var highestID: UInt16 {
    @_noLocks get { UInt16(truncatingIfNeeded: MYACTUATOR_ID_MAX.rawValue) }
  }
  /// Full scale of position, 32 bits of 0.01 degree [rad].
  public static var positionRange: Double { @_noLocks get { 2_147_483_647 * angleStep } }
  /// Step of a current [A].
  public static var currentStep: Double { @_noLocks get { 0.01 } }
  /// Full scale of a current, in steps.
  public static var currentSteps: Double { @_noLocks get { 32767 } }
  /// Status words: which of these orders a drive answered last.
  public enum Status {
    /// To shut down.
    public static var off: UInt16 { @_noLocks get { 1 } }
    /// To lock its brake.
    public static var locked: UInt16 { @_noLocks get { 2 } }
    /// To release its brake.
    public static var released: UInt16 { @_noLocks get { 3 } }
    /// To a current.
    public static var obeying: UInt16 { @_noLocks get { 4 } }
  }
  /// Step of an angle [rad].
  static var angleStep: Double { @_noLocks get { 3.141592653589793 / 18000 } }
  /// Step of a speed [rad/s].
  static var speedStep: Double { @_noLocks get { 3.141592653589793 / 180 } }

  /// Parameters: the first four bytes of a request, lowest first, of which the first is the command.
  public enum Parameter {
    /// Watchdog [ms], 0 is off; writing it is answered with what was written.
    public static var watchdog: UInt32 { @_noLocks get { MYACTUATOR_COMMAND_TIMEOUT.rawValue } }
    /// Status 2: temperature, current, speed.
    public static var feedback: UInt32 { @_noLocks get { MYACTUATOR_COMMAND_READ_STATUS_2.rawValue } }
  }

  /// The watchdog's value for a time: rounded up, so that a positive time never becomes 0 (off).
  @_noLocks public static func watchdogUnits(microseconds: Int) -> UInt32 {
    let units = microseconds > 0 ? (microseconds - 1) / 1000 + 1 : 0
    return units < 0xFFFF ? UInt32(units) : 0xFFFF
  }

  /// The faults of status 1.
  @_noLocks public static func faults(ofErrors errors: UInt16) -> DriveFaults {
    let errors = UInt32(errors)
    var faults = DriveFaults()
    if errors & MYACTUATOR_ERROR_UNDER_VOLTAGE.rawValue != 0 { faults.insert(.underVoltage) }
    if errors & MYACTUATOR_ERROR_OVER_VOLTAGE.rawValue != 0 { faults.insert(.overVoltage) }
    if errors & MYACTUATOR_ERROR_OVER_CURRENT.rawValue != 0 { faults.insert(.overCurrent) }
    let overload = MYACTUATOR_ERROR_STALL.rawValue | MYACTUATOR_ERROR_POWER.rawValue
    if errors & (overload | MYACTUATOR_ERROR_SPEED.rawValue) != 0 { faults.insert(.overload) }
    if errors & MYACTUATOR_ERROR_OVER_TEMPERATURE.rawValue != 0 { faults.insert(.motorOverTemperature) }
    let calibration = MYACTUATOR_ERROR_ENCODER_CALIBRATION.rawValue | MYACTUATOR_ERROR_PARAMETERS.rawValue
    if errors & calibration != 0 { faults.insert(.uncalibrated) }
    if faults.isEmpty && errors != 0 { faults.insert(.unknown) }
    return faults
  }
}

// MARK: - To the drive

extension MyActuator {
  @_noLocks static func encode(
    _ command: MotorCommand, for drive: DriveConfiguration, into frame: inout CANFrame
  ) {
    let torque = clamp(command.torque, -drive.range.torque, drive.range.torque)
    let steps = torque / drive.torqueConstant / currentStep
    var current: Int16 = 0
    // Written so that a torque constant of zero, which gives no number, ends at no current and never traps.
    if steps > -.infinity && steps < .infinity {
      let nearest = clamp(steps, -currentSteps, currentSteps) + (steps < 0 ? -0.5 : 0.5)
      current = Int16(clamp(nearest, -currentSteps, currentSteps))
    }
    frame.begin(
      id: MYACTUATOR_ID_REQUEST.rawValue + UInt32(drive.id), bus: drive.bus, flags: 0,
      length: MYACTUATOR_LENGTH.rawValue)
    unsafe withUnsafeMutablePointer(to: &frame.payload) {
      unsafe myactuator_encode_current(current, $0.bytes)
    }
  }

  /// No request clears a fault: the errors are asked for. A current does not release the brake, so that comes first and the
  /// current that gives no torque second; shutting down and locking take turns, so that both are said again and again.
  @_noLocks static func encode(
    _ request: DriveRequest, for drive: DriveConfiguration, status: UInt16
  ) -> CANFrame {
    switch request {
    case .enable where status == Status.released || status == Status.obeying:
      return DriveCodec.encode(MotorCommand(), for: drive)
    case .enable: return question(MYACTUATOR_COMMAND_RELEASE_BRAKE.rawValue, for: drive)
    case .disable where status == Status.off:
      return question(MYACTUATOR_COMMAND_LOCK_BRAKE.rawValue, for: drive)
    case .disable: return question(MYACTUATOR_COMMAND_SHUTDOWN.rawValue, for: drive)
    case .clearFault: return question(MYACTUATOR_COMMAND_READ_STATUS_1.rawValue, for: drive)
    // Stored in the drive, in force after its next start.
    case .setZero: return question(MYACTUATOR_COMMAND_STORE_POSITION_AS_ZERO.rawValue, for: drive)
    case .identify: return question(MYACTUATOR_COMMAND_READ_VERSION.rawValue, for: drive)
    case .start: return question(MYACTUATOR_COMMAND_READ_STATUS_2.rawValue, for: drive)
    case .readParameter(let index): return question(index, for: drive)
    case .writeParameter(let index, let value): return question(index, value, for: drive)
    }
  }

  /// Asks for the angle in each cycle, and now and then for errors and for status 2, each drive of a bus in another cycle.
  @_noLocks static func ask(_ drive: DriveConfiguration, cycle: Int64, into transmit: inout FrameBuffer) {
    transmit.append(question(MYACTUATOR_COMMAND_READ_ANGLE.rawValue, for: drive))
    switch (cycle &+ 3 &* Int64(drive.id)) % questionInterval {
    case 0: transmit.append(question(MYACTUATOR_COMMAND_READ_STATUS_1.rawValue, for: drive))
    case questionInterval / 2:
      transmit.append(question(MYACTUATOR_COMMAND_READ_STATUS_2.rawValue, for: drive))
    default: break
    }
  }

  @_noLocks private static func question(
    _ index: UInt32, _ value: UInt32 = 0, for drive: DriveConfiguration
  ) -> CANFrame {
    let words = myactuator_frame(
      command: UInt8(truncatingIfNeeded: index), argument: UInt8(truncatingIfNeeded: index >> 8),
      word: UInt16(truncatingIfNeeded: index >> 16), value: value)
    var frame = frame(for: drive)
    unsafe withUnsafeMutablePointer(to: &frame.payload) { unsafe myactuator_encode_frame(words, $0.bytes) }
    return frame
  }

  @_noLocks private static func frame(for drive: DriveConfiguration) -> CANFrame {
    var frame = CANFrame(
      id: MYACTUATOR_ID_REQUEST.rawValue + UInt32(drive.id), bus: drive.bus, isExtended: false)
    frame.length = UInt8(truncatingIfNeeded: MYACTUATOR_LENGTH.rawValue)
    return frame
  }
}

// MARK: - From the drive

extension MyActuator {
  @_noLocks static func answers(_ frame: CANFrame, _ drive: DriveConfiguration) -> Bool {
    !frame.isExtended && !frame.isFlexibleDataRate
      && frame.id == MYACTUATOR_ID_REPLY.rawValue + UInt32(drive.id)
  }

  @_noLocks static func decode(_ frame: CANFrame, for drive: DriveConfiguration) -> DriveReply {
    var words = myactuator_frame()
    let isSound = unsafe withUnsafePointer(to: frame.payload) {
      unsafe myactuator_decode_frame($0.bytes, frame.length, &words)
    }
    guard isSound else { return .malformed }
    switch UInt32(words.command) {
    case MYACTUATOR_COMMAND_CURRENT.rawValue, MYACTUATOR_COMMAND_READ_STATUS_2.rawValue,
      MYACTUATOR_COMMAND_SPEED.rawValue, MYACTUATOR_COMMAND_POSITION.rawValue:
      return feedback(frame, scale: drive.torqueConstant)
    case MYACTUATOR_COMMAND_READ_ANGLE.rawValue:
      var state = MotorState()
      state.position = Double(Int32(bitPattern: words.value)) * angleStep
      return .part(state, MotorFields.position.union(.whole))
    case MYACTUATOR_COMMAND_READ_STATUS_1.rawValue: return status(frame)
    case MYACTUATOR_COMMAND_SHUTDOWN.rawValue: return order(Status.off)
    case MYACTUATOR_COMMAND_LOCK_BRAKE.rawValue: return order(Status.locked)
    case MYACTUATOR_COMMAND_RELEASE_BRAKE.rawValue: return order(Status.released)
    case MYACTUATOR_COMMAND_READ_VERSION.rawValue: return .identity(UInt64(words.value))
    default:
      let index = UInt32(words.command) | UInt32(words.argument) << 8 | UInt32(words.word) << 16
      return .parameter(index: index, value: words.value, succeeded: true)
    }
  }

  /// A drive that answers a current obeys it; a question says nothing of that, nor does the answer to another mode's command.
  @_noLocks private static func feedback(_ frame: CANFrame, scale: Double) -> DriveReply {
    var words = myactuator_feedback()
    let isSound = unsafe withUnsafePointer(to: frame.payload) {
      unsafe myactuator_decode_feedback($0.bytes, frame.length, &words)
    }
    guard isSound else { return .malformed }
    var state = MotorState()
    state.torque = Double(words.current) * currentStep * scale
    state.velocity = Double(words.speed) * speedStep
    state.temperature = Double(words.temperature)
    let fields = MotorFields.velocity.union(.torque).union(.temperature)
    guard UInt32(words.command) == MYACTUATOR_COMMAND_CURRENT.rawValue else { return .part(state, fields) }
    state.mode = .enabled
    state.status = Status.obeying
    return .part(state, fields.union(.mode))
  }

  /// A drive that is off, with the order it says it has obeyed.
  @_noLocks private static func order(_ status: UInt16) -> DriveReply {
    var state = MotorState()
    state.status = status
    return .part(state, .mode)
  }

  @_noLocks private static func status(_ frame: CANFrame) -> DriveReply {
    var words = myactuator_status()
    let isSound = unsafe withUnsafePointer(to: frame.payload) {
      unsafe myactuator_decode_status($0.bytes, frame.length, &words)
    }
    guard isSound else { return .malformed }
    if words.errors != 0 { return .faultReport(faults(ofErrors: words.errors)) }
    var state = MotorState()
    state.temperature = Double(words.temperature)
    return .part(state, MotorFields.temperature.union(.faults))
  }
}
