import CServoWire
public import ControlCycle

/// Firmware of an ODrive on CANSimple, 0.6.x or 0.5.x; see Firmware-Interfaces/Protocols/odrive.md.
///
/// Set up as the page says: estimates every millisecond, torques every ten in 0.6, watchdog on. Frames leave at their
/// own rate, each drive in a phase of its own. Endpoints of a firmware build are not known and not answered.
public struct ODriveFirmware: BitwiseCopyable, Sendable {
  /// Bus, node as delivered, torque limit and torque constant.
  private let configuration: DriveConfiguration
  /// `watchdog_timeout` with `enable_watchdog` [ns]; 0 is off.
  private let watchdogTime: Int64
  private var node: UInt16
  /// What flash holds.
  private var storedNode: UInt16
  private var minorVersion: UInt8 = 6
  /// Times flash was written.
  public private(set) var saves = 0
  /// Why the axis let go last, in the bits of `errors`.
  private var disarmReason: UInt32 = 0
  /// An `odrive_axis_state`.
  private var state = UInt8(ODRIVE_AXIS_STATE_IDLE.rawValue)
  /// Bits of `odrive_error` in 0.6, of `odrive_axis_error` in 0.5.
  private var errors: UInt32 = 0
  private var controlMode = ODRIVE_CONTROL_MODE_POSITION.rawValue
  private var inputMode = ODRIVE_INPUT_MODE_PASSTHROUGH.rawValue
  /// Kept when the axis goes idle, and in force again when it comes back [N.m].
  private var inputTorque: Float = 0
  var watchdog = CommandWatchdog()
  /// Shaft position that reads zero [rad].
  private var zero = 0.0
  /// Instants the next cyclic frames are due [ns].
  private var nextEstimates: Int64
  private var nextTorques: Int64
  private var nextHeartbeat: Int64

  /// A drive just powered up; `watchdog_us` is what the vendor's tool stored [us].
  public init(_ configuration: DriveConfiguration, watchdog_us: Int) {
    self.configuration = configuration
    node = configuration.id
    storedNode = node
    watchdogTime = Int64(watchdog_us) * 1000
    let id = Int64(configuration.id)
    nextEstimates = id * 293_000 % 1_000_000
    nextTorques = id * 1_700_000 % 10_000_000
    nextHeartbeat = id * 13_300_000 % 100_000_000
  }

  /// Takes the power away and gives it back: idle, position mode, zero where the encoder has it.
  public mutating func powerCycle(at time: Int64) {
    state = UInt8(ODRIVE_AXIS_STATE_IDLE.rawValue)
    (errors, disarmReason) = (0, 0)
    controlMode = ODRIVE_CONTROL_MODE_POSITION.rawValue
    inputMode = ODRIVE_INPUT_MODE_PASSTHROUGH.rawValue
    (inputTorque, zero, node) = (0, 0, storedNode)
    watchdog.lastCommand = time
  }

  /// Whether the power stage is on.
  public var mode: DriveMode { isOn ? .enabled : (errors == 0 ? .disabled : .fault) }

  private var isOn: Bool { UInt32(state) == ODRIVE_AXIS_STATE_CLOSED_LOOP.rawValue }
  private var isNew: Bool { configuration.family == .odrive }
  private var watchdogError: UInt32 {
    isNew ? ODRIVE_ERROR_WATCHDOG.rawValue : ODRIVE_AXIS_ERROR_WATCHDOG.rawValue
  }

  /// Whether the drive's acceptance filter lets a frame through.
  func accepts(_ frame: CANFrame) -> Bool {
    !frame.isExtended && !frame.isFlexibleDataRate && frame.id >> 5 == UInt32(node)
  }

  /// Takes a frame from the bus at an instant [ns] and gives the reply, if any.
  public mutating func receive(
    _ frame: CANFrame, at time: Int64, measuring shaft: ShaftMeasurement
  ) -> CANFrame? {
    tick(at: time)
    guard accepts(frame), frame.length <= 8 else { return nil }
    let command = frame.id & 0x1F
    if feeds(command) { watchdog.lastCommand = time }
    if frame.length == 0, let answer = answer(to: command, measuring: shaft) { return answer }
    switch command {
    case ODRIVE_COMMAND_CLEAR_ERRORS.rawValue: errors = 0
    case ODRIVE_COMMAND_REBOOT.rawValue: reboot(frame, at: time)
    case ODRIVE_COMMAND_ESTOP.rawValue:
      disarm(isNew ? ODRIVE_ERROR_ESTOP.rawValue : ODRIVE_AXIS_ERROR_ESTOP.rawValue)
    // Shorter frames would be filled with old bytes; refused here, as nothing good can come of them.
    case _ where frame.length == 8: obey(frame, command, measuring: shaft)
    default: break
    }
    return nil
  }

  /// The next cyclic frame that is due at an instant [ns].
  mutating func transmit(at time: Int64, measuring shaft: ShaftMeasurement) -> CANFrame? {
    if time >= nextEstimates {
      nextEstimates += Int64(ODrive.estimateInterval) * 1_000_000
      return estimates(shaft)
    }
    if isNew && time >= nextTorques {
      nextTorques += Int64(ODrive.torqueInterval) * 1_000_000
      return torques(shaft)
    }
    if time >= nextHeartbeat {
      nextHeartbeat += Int64(ODrive.heartbeatInterval) * 1_000_000
      return heartbeat()
    }
    return nil
  }

  /// Lets time pass up to an instant [ns].
  public mutating func tick(at time: Int64) {
    if isWatchdogOver(at: time) { disarm(watchdogError) }
  }

  /// The watchdog looks at an idle axis too, in 0.5.6; 0.6 does not say, and is taken to be as strict.
  func isWatchdogOver(at time: Int64) -> Bool {
    watchdogTime != 0 && errors & watchdogError == 0 && watchdog.isOver(at: time, after: watchdogTime)
  }

  /// Torque asked of the motor [N.m], within its limit; 0 when off, and in modes nobody here uses.
  public func torque(at shaft: ShaftMeasurement) -> Double {
    guard isOn, controlMode == ODRIVE_CONTROL_MODE_TORQUE.rawValue,
      inputMode == ODRIVE_INPUT_MODE_PASSTHROUGH.rawValue
    else { return 0 }
    return max(-configuration.range.torque, min(configuration.range.torque, Double(inputTorque)))
  }

  /// Breaks the drive; a fault that it cannot say reads as one of its hardware.
  public mutating func fail(_ fault: DriveFaults) {
    disarm(isNew ? Self.errors(of: fault) : Self.oldErrors(of: fault))
  }

  // MARK: - State

  private mutating func disarm(_ error: UInt32) {
    errors |= error
    disarmReason = error
    state = UInt8(ODRIVE_AXIS_STATE_IDLE.rawValue)
  }

  /// 0.5 starts anew at any frame with this command; 0.6 looks at its argument, and stores nothing while it is on.
  private mutating func reboot(_ frame: CANFrame, at time: Int64) {
    var argument: UInt8 = 0
    let isSound = withUnsafePointer(to: frame.payload) {
      odrive_decode_argument($0.bytes, frame.length, &argument)
    }
    guard isSound || !isNew else { return }
    if isNew && UInt32(argument) > ODRIVE_REBOOT_SAVE.rawValue { return }
    if isNew && UInt32(argument) == ODRIVE_REBOOT_SAVE.rawValue {
      guard !isOn else { return }
      storedNode = node
      saves += 1
    }
    powerCycle(at: time)
  }

  /// Another node for the drive of this serial number.
  private mutating func readdress(_ frame: CANFrame) {
    var identity = odrive_identity(node: 0, serial: 0, connection: 0)
    let isSound = withUnsafePointer(to: frame.payload) {
      odrive_decode_identity($0.bytes, frame.length, &identity)
    }
    guard isSound, identity.serial == serial, UInt16(identity.node) <= ODrive.highestID + 1 else { return }
    node = UInt16(identity.node)
  }

  /// In 0.5.6 every frame does; of 0.6 the vendor names state and inputs.
  private func feeds(_ command: UInt32) -> Bool {
    switch command {
    case ODRIVE_COMMAND_SET_AXIS_STATE.rawValue,
      ODRIVE_COMMAND_SET_INPUT_POSITION.rawValue...ODRIVE_COMMAND_SET_INPUT_TORQUE.rawValue:
      true
    default: !isNew
    }
  }

  private mutating func obey(_ frame: CANFrame, _ command: UInt32, measuring shaft: ShaftMeasurement) {
    var words = odrive_pair(first: 0, second: 0)
    guard withUnsafePointer(to: frame.payload, { odrive_decode_pair($0.bytes, frame.length, &words) }) else {
      return
    }
    switch command {
    case ODRIVE_COMMAND_SET_AXIS_STATE.rawValue:
      if words.first == ODRIVE_AXIS_STATE_IDLE.rawValue { state = UInt8(words.first) }
      if words.first == ODRIVE_AXIS_STATE_CLOSED_LOOP.rawValue && errors == 0 { state = UInt8(words.first) }
    case ODRIVE_COMMAND_SET_CONTROLLER_MODE.rawValue:
      controlMode = words.first
      inputMode = words.second
    case ODRIVE_COMMAND_SET_INPUT_TORQUE.rawValue:
      let torque = Float(bitPattern: words.first)
      if torque.isFinite { inputTorque = torque }
    case ODRIVE_COMMAND_ADDRESS.rawValue where isNew: readdress(frame)
    case ODRIVE_COMMAND_SET_ABSOLUTE_POSITION.rawValue where words.first == 0: zero = shaft.position
    default: break
    }
  }

  private static func errors(of fault: DriveFaults) -> UInt32 {
    var errors: UInt32 = 0
    if fault.contains(.overVoltage) { errors |= ODRIVE_ERROR_BUS_OVER_VOLTAGE.rawValue }
    if fault.contains(.underVoltage) { errors |= ODRIVE_ERROR_BUS_UNDER_VOLTAGE.rawValue }
    if fault.contains(.overCurrent) { errors |= ODRIVE_ERROR_BUS_OVER_CURRENT.rawValue }
    if fault.contains(.driverOverTemperature) { errors |= ODRIVE_ERROR_INVERTER_OVER_TEMPERATURE.rawValue }
    if fault.contains(.motorOverTemperature) { errors |= ODRIVE_ERROR_MOTOR_OVER_TEMPERATURE.rawValue }
    if fault.contains(.communicationLost) { errors |= ODRIVE_ERROR_WATCHDOG.rawValue }
    if fault.contains(.encoder) { errors |= ODRIVE_ERROR_MISSING_ESTIMATE.rawValue }
    return errors == 0 ? ODRIVE_ERROR_DRIVER.rawValue : errors
  }

  private static func oldErrors(of fault: DriveFaults) -> UInt32 {
    if fault.contains(.communicationLost) { return ODRIVE_AXIS_ERROR_WATCHDOG.rawValue }
    if fault.contains(.encoder) { return ODRIVE_AXIS_ERROR_ENCODER.rawValue }
    if fault.contains(.driverOverTemperature) { return ODRIVE_AXIS_ERROR_OVER_TEMPERATURE.rawValue }
    return ODRIVE_AXIS_ERROR_MOTOR.rawValue
  }

  // MARK: - Frames

  /// What a frame without data asks for; nil for messages that this firmware does not have.
  private func answer(to command: UInt32, measuring shaft: ShaftMeasurement) -> CANFrame? {
    switch command {
    case ODRIVE_COMMAND_GET_VERSION.rawValue where isNew: version()
    case ODRIVE_COMMAND_GET_ENCODER_ESTIMATES.rawValue: estimates(shaft)
    case ODRIVE_COMMAND_GET_IQ.rawValue: current(shaft)
    case ODRIVE_COMMAND_GET_TORQUES.rawValue where isNew: torques(shaft)
    case ODRIVE_COMMAND_GET_ERROR.rawValue where isNew:
      pair(command, Float(bitPattern: errors), Float(bitPattern: disarmReason))
    case ODRIVE_COMMAND_ADDRESS.rawValue where isNew: address()
    case ODRIVE_COMMAND_GET_TEMPERATURE.rawValue where isNew:
      pair(command, Float(shaft.temperature), Float(shaft.temperature))
    default: nil
    }
  }

  private func frame(_ command: UInt32) -> CANFrame {
    let address = odrive_address(node: UInt32(node), command: UInt8(command))
    var frame = CANFrame(id: odrive_encode_address(address), bus: configuration.bus, isExtended: false)
    frame.length = 8
    return frame
  }

  private func pair(_ command: UInt32, _ first: Float, _ second: Float) -> CANFrame {
    var frame = frame(command)
    let words = odrive_pair(first: first.bitPattern, second: second.bitPattern)
    withUnsafeMutablePointer(to: &frame.payload) { odrive_encode_pair(words, $0.bytes) }
    return frame
  }

  private func estimates(_ shaft: ShaftMeasurement) -> CANFrame {
    pair(
      ODRIVE_COMMAND_GET_ENCODER_ESTIMATES.rawValue, Float((shaft.position - zero) / (2 * .pi)),
      Float(shaft.velocity / (2 * .pi)))
  }

  private func torques(_ shaft: ShaftMeasurement) -> CANFrame {
    pair(ODRIVE_COMMAND_GET_TORQUES.rawValue, Float(torque(at: shaft)), Float(shaft.torque))
  }

  private func current(_ shaft: ShaftMeasurement) -> CANFrame {
    let constant = configuration.torqueConstant
    return pair(
      ODRIVE_COMMAND_GET_IQ.rawValue, Float(torque(at: shaft) / constant), Float(shaft.torque / constant))
  }

  private func heartbeat() -> CANFrame {
    var frame = frame(ODRIVE_COMMAND_HEARTBEAT.rawValue)
    withUnsafeMutablePointer(to: &frame.payload) {
      if isNew {
        let result = errors == 0 ? ODRIVE_PROCEDURE_SUCCESS : ODRIVE_PROCEDURE_DISARMED
        let beat = odrive_heartbeat(
          errors: errors, state: state, procedure: UInt8(result.rawValue), trajectory_done: false)
        odrive_encode_heartbeat(beat, $0.bytes)
      } else {
        let beat = odrive_heartbeat_05(
          errors: errors, state: state, motor_error: errors & ODRIVE_AXIS_ERROR_MOTOR.rawValue != 0,
          encoder_error: errors & ODRIVE_AXIS_ERROR_ENCODER.rawValue != 0, controller_error: false,
          trajectory_done: false)
        odrive_encode_heartbeat_05(beat, $0.bytes)
      }
    }
    return frame
  }

  /// A serial number made of what tells two simulated drives apart.
  private var serial: UInt64 { 0x5349_4D00_0000 | UInt64(configuration.bus) << 16 | UInt64(configuration.id) }

  private func address() -> CANFrame {
    var frame = frame(ODRIVE_COMMAND_ADDRESS.rawValue)
    let identity = odrive_identity(node: UInt8(truncatingIfNeeded: node), serial: serial, connection: 0)
    withUnsafeMutablePointer(to: &frame.payload) { odrive_encode_identity(identity, $0.bytes) }
    return frame
  }

  /// Makes its firmware 0.5.10, which speaks otherwise.
  mutating func changeVersion() { minorVersion = 5 }

  /// 0.6.10, whose messages the DBC lists; of no particular hardware.
  private func version() -> CANFrame {
    var frame = frame(ODRIVE_COMMAND_GET_VERSION.rawValue)
    let version = odrive_version(
      protocol: 2, hardware_major: 0, hardware_minor: 0, hardware_variant: 0, firmware_major: 0,
      firmware_minor: minorVersion, firmware_revision: 10, firmware_unreleased: 0)
    withUnsafeMutablePointer(to: &frame.payload) { odrive_encode_version(version, $0.bytes) }
    return frame
  }
}
