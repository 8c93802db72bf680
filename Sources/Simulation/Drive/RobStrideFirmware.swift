import CServoWire
public import ControlCycle
import JointControl

/// Firmware of a RobStride drive or a CyberGear with the private protocol; see Firmware-Interfaces/Protocols/robstride.md.
public struct RobStrideFirmware: BitwiseCopyable, Sendable {
  /// The bus's index and the drive's full scale.
  private let configuration: DriveConfiguration
  /// Parameters 0x7000...0x702F as 32-bit patterns; a CyberGear's watchdog stands where a RobStride has its own.
  private var parameters: InlineArray<48, UInt32>
  /// What flash holds, and the zero with it.
  private var stored: InlineArray<48, UInt32>
  private var storedZero = 0.0
  /// Times flash was written.
  public private(set) var saves = 0
  private var id: UInt8
  private var isRunning = false
  /// Bits of `robstride_fault`.
  private var faults: UInt8 = 0
  private var command = MotorCommand()
  var watchdog = CommandWatchdog()
  /// Shaft position that reads zero [rad].
  private var zero = 0.0
  /// A CyberGear's `cybergear_bit_rate` after the next power-up; 0 while nobody set one.
  public private(set) var nextBitRate: UInt8 = 0

  /// A drive just powered up: stopped, operation mode, watchdog off.
  public init(_ configuration: DriveConfiguration) {
    self.configuration = configuration
    parameters = InlineArray(repeating: 0)
    stored = parameters
    id = UInt8(truncatingIfNeeded: configuration.id)
    parameters[Self.slot(RobStride.Parameter.torqueLimit)] = Float(configuration.range.torque).bitPattern
    // A supply within what they bear; nothing here lowers it.
    let supply: Float = isCyberGear ? 24 : 48
    parameters[Self.slot(ROBSTRIDE_PARAMETER_VBUS.rawValue)] = supply.bitPattern
    stored = parameters
  }

  /// Takes the power away and gives it back: stopped, with what flash holds; the id stays.
  public mutating func powerCycle() {
    stop(clearing: true)
    parameters = stored
    zero = storedZero
  }

  /// The value of a parameter, as its 32-bit pattern; nil when there is none.
  public func parameter(_ index: UInt32) -> UInt32? {
    kind(of: index) == .absent ? nil : parameters[Self.slot(index)]
  }

  /// Sets a CyberGear's watchdog as the vendor's tool does [us]; 0 is off. A RobStride's is set over CAN.
  public mutating func storeWatchdog(microseconds: Int) {
    guard isCyberGear else { return }
    parameters[Self.slot(RobStride.Parameter.canTimeout)] = RobStride.timeoutUnits(microseconds: microseconds)
    stored[Self.slot(RobStride.Parameter.canTimeout)] = RobStride.timeoutUnits(microseconds: microseconds)
  }

  /// Whether the power stage is on.
  public var mode: DriveMode {
    if isRunning { return .enabled }
    return faults == 0 ? .disabled : .fault
  }

  /// Whether the drive's acceptance filter lets a frame through.
  func accepts(_ frame: CANFrame) -> Bool {
    frame.isExtended && robstride_decode_address(frame.id).destination == id
  }

  /// Takes a frame from the bus at an instant [ns] and gives the reply, if any.
  public mutating func receive(
    _ frame: CANFrame, at time: Int64, measuring shaft: ShaftMeasurement
  ) -> CANFrame? {
    tick(at: time)
    guard frame.isExtended, !frame.isFlexibleDataRate else { return nil }
    let address = robstride_decode_address(frame.id)
    let type = UInt32(address.type)
    let isGuarded =
      type >= ROBSTRIDE_TYPE_BIT_RATE.rawValue && frame.length >= ROBSTRIDE_LENGTH_GUARDED.rawValue
    // Who asks for the id alone may leave its eight zeros out: python-cybergear sends one.
    let isQuestion = type == ROBSTRIDE_TYPE_DEVICE_ID.rawValue
    guard address.destination == id, frame.length == 8 || (isGuarded || isQuestion) && frame.length < 8 else {
      return nil
    }
    // Types other than 1 name the host that asks; a command is answered to the configured one.
    let host = UInt8(truncatingIfNeeded: address.data)
    let master = UInt8(truncatingIfNeeded: configuration.masterID)
    switch type {
    case ROBSTRIDE_TYPE_DEVICE_ID.rawValue: return identity()
    case ROBSTRIDE_TYPE_OPERATION.rawValue:
      operate(frame, torque: address.data, at: time)
      return feedback(shaft, to: master)
    case ROBSTRIDE_TYPE_ENABLE.rawValue: enable(at: time)
    case ROBSTRIDE_TYPE_STOP.rawValue:
      stop(clearing: frame.payload[0] == 1)
      if frame.payload[0] == 0, frame.payload[1] == 0xC4 { return version(to: host) }
    case ROBSTRIDE_TYPE_SET_ZERO.rawValue: setZero(frame.payload[0] == 1, shaft)
    case ROBSTRIDE_TYPE_SET_ID.rawValue:
      id = UInt8(truncatingIfNeeded: address.data >> 8)
      return identity()
    case ROBSTRIDE_TYPE_READ.rawValue: return read(frame, to: host, measuring: shaft)
    case ROBSTRIDE_TYPE_WRITE.rawValue: write(frame)
    case ROBSTRIDE_TYPE_SAVE.rawValue where isCyberGear:
      _ = withUnsafePointer(to: frame.payload) {
        cybergear_decode_bit_rate($0.bytes, frame.length, &nextBitRate)
      }
      return nil
    case ROBSTRIDE_TYPE_SAVE.rawValue: save(frame)
    case (CYBERGEAR_TYPE_MAX.rawValue + 1)... where isCyberGear: return nil
    case ROBSTRIDE_TYPE_BIT_RATE.rawValue, ROBSTRIDE_TYPE_PROTOCOL.rawValue:
      return hasGuard(frame) ? identity() : nil
    case ROBSTRIDE_TYPE_ACTIVE_REPORT.rawValue:
      guard hasGuard(frame) else { return nil }
      return feedback(shaft, to: host, type: ROBSTRIDE_TYPE_ACTIVE_REPORT)
    default: return nil
    }
    return feedback(shaft, to: host)
  }

  /// Lets time pass up to an instant [ns].
  public mutating func tick(at time: Int64) {
    guard isWatchdogOver(at: time) else { return }
    stop(clearing: false)
  }

  func isWatchdogOver(at time: Int64) -> Bool {
    isRunning
      && watchdog.isOver(
        at: time, units: parameters[Self.slot(RobStride.Parameter.canTimeout)],
        unit_us: RobStride.timeoutUnit)
  }

  /// Torque the law asks of the motor [N.m], at the shaft and within range and limit_torque; 0 when off.
  public func torque(at shaft: ShaftMeasurement) -> Double {
    guard isRunning && isOperation else { return 0 }
    let limit = Double(Float(bitPattern: parameters[Self.slot(RobStride.Parameter.torqueLimit)]))
    return command.torque(at: shaft, zero: zero, limit: max(0, min(limit, configuration.range.torque)))
  }

  /// Breaks the drive; a fault that the feedback identifier cannot say reads as overload.
  public mutating func fail(_ fault: DriveFaults) {
    var bits: UInt32 = 0
    if fault.contains(.underVoltage) { bits |= ROBSTRIDE_FAULT_UNDER_VOLTAGE.rawValue }
    if fault.contains(.overCurrent) { bits |= ROBSTRIDE_FAULT_OVER_CURRENT.rawValue }
    if fault.contains(.motorOverTemperature) { bits |= ROBSTRIDE_FAULT_OVER_TEMPERATURE.rawValue }
    if fault.contains(.encoder) { bits |= ROBSTRIDE_FAULT_ENCODER.rawValue }
    if fault.contains(.uncalibrated) { bits |= ROBSTRIDE_FAULT_UNCALIBRATED.rawValue }
    if bits == 0 || fault.contains(.overload) { bits |= ROBSTRIDE_FAULT_OVERLOAD.rawValue }
    stop(clearing: false)
    faults = UInt8(bits)
  }

  // MARK: - State

  private var isCyberGear: Bool { configuration.dialect.isCyberGear }

  private var isOperation: Bool {
    parameters[Self.slot(RobStride.Parameter.runMode)] == RobStride.operationMode
  }

  private mutating func enable(at time: Int64) {
    guard faults == 0 else { return }
    if !isRunning { command = MotorCommand() }
    isRunning = true
    watchdog.lastCommand = time
  }

  private mutating func stop(clearing: Bool) {
    isRunning = false
    command = MotorCommand()
    if clearing { faults = 0 }
  }

  /// Profile position refuses a new zero; operation takes it and makes it the target as well.
  private mutating func setZero(_ isAsked: Bool, _ shaft: ShaftMeasurement) {
    let runMode = parameters[Self.slot(RobStride.Parameter.runMode)]
    guard isAsked, runMode != ROBSTRIDE_RUN_MODE_PROFILE_POSITION.rawValue else { return }
    zero = shaft.position
    command.position = 0
  }

  private mutating func operate(_ frame: CANFrame, torque: UInt16, at time: Int64) {
    guard isRunning && isOperation else { return }
    let words = withUnsafePointer(to: frame.payload) { robstride_decode_operation($0.bytes) }
    let range = configuration.range
    command = MotorCommand(
      position: FixedPoint.decode(words.position, from: -range.position, to: range.position, bits: 16),
      velocity: FixedPoint.decode(words.velocity, from: -range.velocity, to: range.velocity, bits: 16),
      stiffness: FixedPoint.decode(words.stiffness, from: 0, to: range.stiffness, bits: 16),
      damping: FixedPoint.decode(words.damping, from: 0, to: range.damping, bits: 16),
      torque: FixedPoint.decode(torque, from: -range.torque, to: range.torque, bits: 16))
    watchdog.lastCommand = time
  }

  // MARK: - Parameters

  private enum ParameterKind { case absent, word8, word16, word32, float, readOnlyFloat }

  private static func slot(_ index: UInt32) -> Int { Int(index & 0xFF) }

  /// Parameters the manual lists between 0x7005 and 0x702E; of a CyberGear up to 0x7020.
  private func kind(of index: UInt32) -> ParameterKind {
    if index == RobStride.Parameter.rotation { return isCyberGear ? .word16 : .absent }
    if isCyberGear && index > 0x7020 { return .absent }
    return switch index {
    case 0x7005, 0x7029: .word8
    case 0x7026: .word16
    case 0x7028: .word32
    case 0x7019...0x701C: .readOnlyFloat
    case 0x7006, 0x700A, 0x700B, 0x7010, 0x7011, 0x7014, 0x7016...0x7018, 0x701E...0x7022, 0x7024, 0x7025,
      0x702A...0x702E:
      .float
    default: .absent
    }
  }

  private func read(_ frame: CANFrame, to host: UInt8, measuring shaft: ShaftMeasurement) -> CANFrame {
    var words = withUnsafePointer(to: frame.payload) { robstride_decode_parameter($0.bytes) }
    let isKnown = kind(of: UInt32(words.index)) != .absent
    switch UInt32(words.index) {
    case ROBSTRIDE_PARAMETER_MECH_POS.rawValue: words.value = Float(shaft.position - zero).bitPattern
    case ROBSTRIDE_PARAMETER_MECH_VEL.rawValue: words.value = Float(shaft.velocity).bitPattern
    case ROBSTRIDE_PARAMETER_VBUS.rawValue where shaft.supply != nil:
      words.value = Float(shaft.supply ?? 0).bitPattern
    default: words.value = isKnown ? parameters[Self.slot(UInt32(words.index))] : 0
    }
    var reply = emptyReply(ROBSTRIDE_TYPE_READ, data: UInt16(isKnown ? 0 : 1) << 8 | UInt16(id), to: host)
    withUnsafeMutablePointer(to: &reply.payload) { robstride_encode_parameter(words, $0.bytes) }
    return reply
  }

  private mutating func write(_ frame: CANFrame) {
    let words = withUnsafePointer(to: frame.payload) { robstride_decode_parameter($0.bytes) }
    var value = words.value
    switch kind(of: UInt32(words.index)) {
    case .absent, .readOnlyFloat: return
    case .word8: value &= 0xFF
    case .word16: value &= 0xFFFF
    case .word32: break
    case .float: guard Float(bitPattern: value).isFinite else { return }
    }
    if words.index == RobStride.Parameter.runMode {
      guard !isRunning, value <= 3 || value == 5 && !isCyberGear else { return }
    }
    parameters[Self.slot(UInt32(words.index))] = value
  }

  /// Without the bytes 01 to 08 nothing is saved.
  private mutating func save(_ frame: CANFrame) {
    guard (0..<8).allSatisfy({ frame.payload[$0] == UInt8($0 + 1) }) else { return }
    stored = parameters
    storedZero = zero
    saves += 1
  }

  private func hasGuard(_ frame: CANFrame) -> Bool {
    return withUnsafePointer(to: frame.payload) { robstride_is_guarded($0.bytes) }
  }

  // MARK: - Replies

  /// The fault frame that the drive sends on its own when a fault appears; nil without one.
  public func faultReport() -> CANFrame? {
    guard faults != 0 else { return nil }
    let names: [(robstride_fault, robstride_fault_word)] = [
      (ROBSTRIDE_FAULT_UNDER_VOLTAGE, ROBSTRIDE_FAULT_WORD_UNDER_VOLTAGE),
      (ROBSTRIDE_FAULT_OVER_CURRENT, ROBSTRIDE_FAULT_WORD_PHASE_A),
      (ROBSTRIDE_FAULT_OVER_TEMPERATURE, ROBSTRIDE_FAULT_WORD_MOTOR_OVER_TEMPERATURE),
      (ROBSTRIDE_FAULT_ENCODER, ROBSTRIDE_FAULT_WORD_POSITION_INIT),
      (ROBSTRIDE_FAULT_OVERLOAD, ROBSTRIDE_FAULT_WORD_OVERLOAD),
      (ROBSTRIDE_FAULT_UNCALIBRATED, ROBSTRIDE_FAULT_WORD_UNCALIBRATED),
    ]
    var word: UInt32 = 0
    for (bit, name) in names where UInt32(faults) & bit.rawValue != 0 { word |= name.rawValue }
    let master = UInt8(truncatingIfNeeded: configuration.masterID)
    var report = emptyReply(ROBSTRIDE_TYPE_FAULT, data: UInt16(id), to: master)
    withUnsafeMutablePointer(to: &report.payload) {
      robstride_encode_fault_report(robstride_fault_report(faults: word, warnings: 0), $0.bytes)
    }
    return report
  }

  /// What makes the serial number that of another drive.
  var batch: UInt8 = 0

  /// A serial number made of what tells two simulated drives apart.
  private func identity() -> CANFrame {
    let serial =
      UInt64(0x5349_4D00 | UInt32(batch)) << 32 | UInt64(configuration.bus) << 16 | UInt64(configuration.id)
    var reply = emptyReply(
      ROBSTRIDE_TYPE_DEVICE_ID, data: UInt16(id), to: UInt8(ROBSTRIDE_ID_DEVICE_REPLY.rawValue))
    withUnsafeMutablePointer(to: &reply.payload) { servo_wire_store_le64($0.bytes, serial) }
    return reply
  }

  /// The oldest firmware that the manual's MIT protocol runs on, of the model with this full scale; of another, all 0.
  private func version(to host: UInt8) -> CANFrame {
    let numbers: [UInt8] =
      switch DriveModel.all(.robstride).first(where: { $0.range == configuration.range })?.name {
      case "RS00": [0, 0, 3, 27]
      case "RS02": [0, 2, 3, 32]
      case "RS03": [0, 3, 1, 41]
      case "RS04": [0, 4, 1, 29]
      default: [0, 0, 0, 0]
      }
    let status = robstride_status(id: id, faults: faults, mode: UInt8(ROBSTRIDE_MODE_RESET.rawValue))
    var reply = emptyReply(ROBSTRIDE_TYPE_FEEDBACK, data: robstride_encode_status(status), to: host)
    for (place, byte) in ([0, 0xC4, 0x56] + numbers).enumerated() { reply.payload[place] = byte }
    return reply
  }

  private func feedback(
    _ shaft: ShaftMeasurement, to host: UInt8, type: robstride_type = ROBSTRIDE_TYPE_FEEDBACK
  ) -> CANFrame {
    let range = configuration.range
    let mode = isRunning ? ROBSTRIDE_MODE_RUN : ROBSTRIDE_MODE_RESET
    let status = robstride_status(id: id, faults: faults, mode: UInt8(mode.rawValue))
    let words = robstride_feedback(
      position: FixedPoint.encode(shaft.position - zero, from: -range.position, to: range.position, bits: 16),
      velocity: FixedPoint.encode(shaft.velocity, from: -range.velocity, to: range.velocity, bits: 16),
      torque: FixedPoint.encode(shaft.torque, from: -range.torque, to: range.torque, bits: 16),
      temperature: saturated(shaft.temperature * 10))
    var reply = emptyReply(type, data: robstride_encode_status(status), to: host)
    withUnsafeMutablePointer(to: &reply.payload) { robstride_encode_feedback(words, $0.bytes) }
    return reply
  }

  private func emptyReply(_ type: robstride_type, data: UInt16, to destination: UInt8) -> CANFrame {
    let address = robstride_address(
      type: UInt8(truncatingIfNeeded: type.rawValue), data: data, destination: destination)
    var reply = CANFrame(id: robstride_encode_address(address), bus: configuration.bus, isExtended: true)
    reply.length = 8
    return reply
  }
}
