import CServoWire

/// mjbots moteus: scale and meaning of the registers that `moteus_wire.h` lays out.
///
/// Each command writes position mode and asks for the state in one frame of 48 bytes; the answer is one frame of 24. All
/// that has a unit travels in single precision, in revolutions. Stiffness and damping travel as parts of the drive's own
/// `servo.pid_position.kp` and `kd`, which the description states in `range` and bring-up reads back.
public enum Moteus {
  /// Addresses of `DriveRequest.readParameter` and `writeParameter`: a register, or the drive's console.
  public enum Parameter {
    /// Watchdog time of a command [s]; single precision.
    public static var watchdog: UInt32 { @_noLocks get { MOTEUS_REGISTER_WATCHDOG_TIMEOUT.rawValue } }
    /// Version of the meaning of modes and registers; an integer.
    public static var mapVersion: UInt32 { @_noLocks get { MOTEUS_REGISTER_MAP_VERSION.rawValue } }
    /// The number that the console answered with; single precision. Read after one of those below was written.
    public static var answer: UInt32 { @_noLocks get { 0x1_0000 } }
    /// Read instead of `answer` until it is there: the console has nothing left to say.
    public static var silence: UInt32 { @_noLocks get { 0x1_0001 } }
    /// Written: asks the console for `servo.pid_position.kp` [N.m/rev].
    public static var stiffness: UInt32 { @_noLocks get { 0x1_0010 } }
    /// Written: asks the console for `servo.pid_position.kd` [N.m.s/rev].
    public static var damping: UInt32 { @_noLocks get { 0x1_0011 } }
    /// Written: asks the console for `servo.pid_position.ilimit` [N.m].
    public static var integralLimit: UInt32 { @_noLocks get { 0x1_0012 } }
    /// Written: asks the console for `servo.timeout_mode`, what the drive does without commands.
    public static var timeoutMode: UInt32 { @_noLocks get { 0x1_0013 } }
    /// Written: asks the console for `motor_position.rotor_to_output_ratio`.
    public static var outputRatio: UInt32 { @_noLocks get { 0x1_0014 } }
  }

  /// Value of `Parameter.mapVersion` that the page describes.
  public static var mapVersion: UInt32 { @_noLocks get { 5 } }
  /// Value of `Parameter.timeoutMode` as delivered: damp with the last command's damping, up to `timeoutTorque`.
  public static var zeroVelocity: UInt32 { @_noLocks get { MOTEUS_MODE_ZERO_VELOCITY.rawValue } }
  /// `servo.timeout_max_torque_Nm` as delivered [N.m].
  public static var timeoutTorque: Double { @_noLocks get { 5 } }
  /// Full scale of position [rad]: below 128 revolutions a step of single precision is under 0.05 mrad.
  public static var positionRange: Double { @_noLocks get { 128 * revolution } }
  /// One revolution [rad].
  public static var revolution: Double { @_noLocks get { 6.283185307179586 } }
  /// Highest id, and highest identifier of a host.
  public static var highestID: UInt16 { @_noLocks get { UInt16(MOTEUS_ID_MAX.rawValue) } }
  /// Length of a command with its question [byte].
  public static var commandLength: Int { @_noLocks get { 48 } }
  /// Length of the answer to it [byte].
  public static var answerLength: Int { @_noLocks get { 24 } }

  /// A watchdog's time as the register holds it [s]; single precision.
  @_noLocks public static func watchdogPattern(microseconds: Int) -> UInt32 {
    Float(Double(microseconds) / 1_000_000).bitPattern
  }

  @_noLocks static func isFloat(_ resolution: UInt8) -> Bool {
    UInt32(resolution) == MOTEUS_RESOLUTION_FLOAT.rawValue
  }

  // MARK: - To the drive

  @_noLocks static func encode(
    _ command: MotorCommand, for drive: DriveConfiguration, into frame: inout CANFrame
  ) {
    let range = drive.range
    position(
      moteus_cycle_command(
        position: pattern(clamp(command.position, range.position) / revolution),
        velocity: pattern(clamp(command.velocity, range.velocity) / revolution),
        torque: pattern(clamp(command.torque, range.torque)),
        kp_scale: pattern(part(command.stiffness, of: range.stiffness)),
        kd_scale: pattern(part(command.damping, of: range.damping)), maximum_torque: pattern(range.torque),
        watchdog_timeout: watchdogPattern(microseconds: Int(drive.watchdog_us))), for: drive, into: &frame)
  }

  @_noLocks static func encode(
    _ request: DriveRequest, for drive: DriveConfiguration, status: UInt16
  ) -> CANFrame {
    switch request {
    case .enable:
      // Where it stands, without torque.
      var frame = CANFrame()
      position(
        moteus_cycle_command(
          position: pattern(.nan), velocity: 0, torque: 0, kp_scale: 0, kd_scale: 0, maximum_torque: 0,
          watchdog_timeout: watchdogPattern(microseconds: Int(drive.watchdog_us))), for: drive, into: &frame)
      return frame
    // Stopping clears a fault as well, so a drive in fault, which is off, is left in it.
    case .disable where status >> 8 == UInt16(MOTEUS_MODE_FAULT.rawValue): return question(for: drive)
    case .disable, .clearFault: return stopped(for: drive)
    case .setZero: return write(MOTEUS_REGISTER_SET_OUTPUT_EXACT.rawValue, 0, for: drive)
    case .identify, .start: return question(for: drive)
    case .readParameter(Parameter.answer), .readParameter(Parameter.silence): return poll(for: drive)
    case .readParameter(let index): return read(index, for: drive)
    case .writeParameter(Parameter.stiffness, _):
      return console("conf get servo.pid_position.kp\n", for: drive)
    case .writeParameter(Parameter.damping, _): return console("conf get servo.pid_position.kd\n", for: drive)
    case .writeParameter(Parameter.integralLimit, _):
      return console("conf get servo.pid_position.ilimit\n", for: drive)
    case .writeParameter(Parameter.timeoutMode, _):
      return console("conf get servo.timeout_mode\n", for: drive)
    case .writeParameter(Parameter.outputRatio, _):
      return console("conf get motor_position.rotor_to_output_ratio\n", for: drive)
    case .writeParameter(let index, let value): return write(index, value, for: drive)
    }
  }

  /// Position mode with the drive's watchdog, and without limits of velocity and acceleration, which would make the drive
  /// plan a motion of its own: firmware of today has 50 rev/s^2 as delivered.
  @_noLocks private static func position(
    _ words: moteus_cycle_command, for drive: DriveConfiguration, into frame: inout CANFrame
  ) {
    let id = identifier(of: drive)
    let isExtended = moteus_is_extended(id)
    frame.begin(
      id: id, bus: drive.bus, flags: CANFrame.flexibleFlags | (isExtended ? CANFrame.extendedFlags : 0),
      length: MOTEUS_CYCLE_LENGTH_COMMAND.rawValue)
    unsafe withUnsafeMutablePointer(to: &frame.payload) {
      unsafe moteus_encode_cycle_command(words, $0.bytes)
    }
  }

  @_noLocks private static func question(for drive: DriveConfiguration) -> CANFrame {
    var frame = frame(for: drive)
    var writer = moteus_writer()
    unsafe withUnsafeMutablePointer(to: &frame.payload) { payload in
      unsafe moteus_append_state(&writer, payload.bytes, read, asked)
    }
    return finish(&frame, &writer)
  }

  @_noLocks private static func stopped(for drive: DriveConfiguration) -> CANFrame {
    var frame = frame(for: drive)
    var writer = moteus_writer()
    unsafe withUnsafeMutablePointer(to: &frame.payload) { payload in
      unsafe moteus_append_mode(&writer, payload.bytes, UInt8(MOTEUS_MODE_STOPPED.rawValue))
      unsafe moteus_append_state(&writer, payload.bytes, read, asked)
    }
    return finish(&frame, &writer)
  }

  /// A register of a command only counts behind a mode; others are written alone.
  @_noLocks private static func write(
    _ index: UInt32, _ value: UInt32, for drive: DriveConfiguration
  ) -> CANFrame {
    var frame = frame(for: drive)
    var writer = moteus_writer()
    let field = moteus_field(value: value, resolution: resolution(of: index))
    unsafe withUnsafeMutablePointer(to: &frame.payload) { payload in
      if index < MOTEUS_REGISTER_MODEL_NUMBER.rawValue {
        unsafe moteus_append_mode(&writer, payload.bytes, UInt8(MOTEUS_MODE_STOPPED.rawValue))
      }
      unsafe moteus_append_register(
        &writer, payload.bytes, UInt8(MOTEUS_SUBFRAME_WRITE.rawValue), register(index), field)
      unsafe moteus_append_state(&writer, payload.bytes, read, asked)
    }
    return finish(&frame, &writer)
  }

  @_noLocks private static func read(_ index: UInt32, for drive: DriveConfiguration) -> CANFrame {
    var frame = frame(for: drive)
    var writer = moteus_writer()
    let field = moteus_field(value: 0, resolution: resolution(of: index))
    unsafe withUnsafeMutablePointer(to: &frame.payload) { payload in
      unsafe moteus_append_register(&writer, payload.bytes, read, register(index), field)
    }
    return finish(&frame, &writer)
  }

  /// A line to the drive's console, on the channel of the vendor's tools, and the question for the state.
  @_noLocks private static func console(_ line: StaticString, for drive: DriveConfiguration) -> CANFrame {
    var frame = frame(for: drive)
    var writer = moteus_writer()
    let length = line.utf8CodeUnitCount
    unsafe withUnsafeMutablePointer(to: &frame.payload) { payload in
      let bytes = unsafe payload.bytes
      unsafe bytes[0] = UInt8(MOTEUS_SUBFRAME_STREAM_TO_DRIVE.rawValue)
      unsafe bytes[1] = consoleChannel
      unsafe bytes[2] = UInt8(truncatingIfNeeded: length)
      for place in 0..<length { unsafe bytes[3 + place] = line.utf8Start[place] }
      writer.length = UInt8(truncatingIfNeeded: 3 + length)
      unsafe moteus_append_state(&writer, bytes, read, asked)
    }
    return finish(&frame, &writer)
  }

  @_noLocks private static func poll(for drive: DriveConfiguration) -> CANFrame {
    var frame = frame(for: drive)
    frame.payload[0] = UInt8(MOTEUS_SUBFRAME_STREAM_POLL.rawValue)
    frame.payload[1] = consoleChannel
    frame.payload[2] = 48
    frame.length = 3
    return frame
  }

  /// The console's channel, as the vendor's tools use it.
  static var consoleChannel: UInt8 { @_noLocks get { 1 } }

  /// What every command asks for: mode, position, velocity, torque, both temperatures, fault.
  private static var asked: moteus_state {
    @_noLocks get {
      var state = moteus_state()
      state.mode = moteus_field(value: 0, resolution: int8)
      let float = moteus_field(value: 0, resolution: UInt8(MOTEUS_RESOLUTION_FLOAT.rawValue))
      state.position = float
      state.velocity = float
      state.torque = float
      state.motor_temperature = moteus_field(value: 0, resolution: int8)
      state.temperature = moteus_field(value: 0, resolution: int8)
      state.fault = moteus_field(value: 0, resolution: int8)
      return state
    }
  }

  private static var read: UInt8 { @_noLocks get { UInt8(MOTEUS_SUBFRAME_READ.rawValue) } }
  private static var int8: UInt8 { @_noLocks get { UInt8(MOTEUS_RESOLUTION_INT8.rawValue) } }

  @_noLocks private static func pattern(_ value: Double) -> UInt32 { Float(value).bitPattern }

  @_noLocks private static func clamp(_ value: Double, _ limit: Double) -> Double {
    value > limit ? limit : value < -limit ? -limit : value
  }

  @_noLocks private static func part(_ value: Double, of whole: Double) -> Double {
    value > 0 ? (value < whole ? value / whole : 1) : 0
  }

  /// Who a drive is can only be asked for as a whole number; what has a unit is asked for in single precision.
  @_noLocks private static func resolution(of index: UInt32) -> UInt8 {
    let isNumber =
      index >= MOTEUS_REGISTER_MODEL_NUMBER.rawValue && index < MOTEUS_REGISTER_SET_OUTPUT_NEAREST.rawValue
    return UInt8(isNumber ? MOTEUS_RESOLUTION_INT32.rawValue : MOTEUS_RESOLUTION_FLOAT.rawValue)
  }

  /// Registers have 14 bits here; an index above becomes the last, which no drive has.
  @_noLocks private static func register(_ index: UInt32) -> UInt16 {
    index < 0x3FFF ? UInt16(index) : 0x3FFF
  }

  /// The identifier of what is sent to a drive.
  @_noLocks private static func identifier(of drive: DriveConfiguration) -> UInt32 {
    moteus_encode_address(
      moteus_address(
        prefix: 0, source: UInt8(truncatingIfNeeded: drive.masterID),
        destination: UInt8(truncatingIfNeeded: drive.id), wants_reply: true))
  }

  @_noLocks private static func frame(for drive: DriveConfiguration) -> CANFrame {
    let id = identifier(of: drive)
    return CANFrame(
      id: id, bus: drive.bus, isExtended: moteus_is_extended(id), isFlexibleDataRate: true)
  }

  @_noLocks private static func finish(_ frame: inout CANFrame, _ writer: inout moteus_writer) -> CANFrame {
    unsafe withUnsafeMutablePointer(to: &frame.payload) { unsafe moteus_pad(&writer, $0.bytes) }
    frame.length = writer.length
    return frame
  }
}
