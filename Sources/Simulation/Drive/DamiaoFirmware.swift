import CServoWire
public import ControlCycle

/// Firmware of a Damiao DM drive; see Firmware-Interfaces/Protocols/damiao.md.
public struct DamiaoFirmware: BitwiseCopyable, Sendable {
  /// The bus's index and the drive's full scale of stiffness and damping.
  private let configuration: DriveConfiguration
  private var registers: InlineArray<82, UInt32>
  /// What flash holds, and the zero with it.
  private var stored: InlineArray<82, UInt32>
  private var storedZero = 0.0
  /// Times flash was written.
  public private(set) var saves = 0
  /// A `damiao_status`.
  private var status: UInt8
  private var command = MotorCommand()
  /// What the modes but MIT bound the command with.
  private var bounds = DamiaoBounds()
  var watchdog = CommandWatchdog()
  /// Shaft position that reads zero [rad].
  private var zero = 0.0

  /// A drive just powered up; scale, identifiers and format as configured, watchdog off.
  public init(_ configuration: DriveConfiguration) {
    self.configuration = configuration
    registers = InlineArray(repeating: 0)
    stored = registers
    status = UInt8(DAMIAO_STATUS_DISABLED.rawValue)
    registers[Int(Damiao.Register.masterID)] = UInt32(configuration.masterID)
    registers[Int(Damiao.Register.driveID)] = UInt32(configuration.id)
    registers[Int(Damiao.Register.controlMode)] = Damiao.mitMode
    registers[Int(Damiao.Register.velocityGain)] = Float(1.5).bitPattern
    registers[Int(Damiao.Register.positionGain)] = Float(40).bitPattern
    registers[Int(Damiao.Register.positionRange)] = Float(configuration.range.position).bitPattern
    registers[Int(Damiao.Register.velocityRange)] = Float(configuration.range.velocity).bitPattern
    registers[Int(Damiao.Register.torqueRange)] = Float(configuration.range.torque).bitPattern
    registers[Int(Damiao.Register.softwareVersion)] = 5013
    registers[Int(Damiao.Register.subVersion)] = 1
    registers[Int(Damiao.Register.serialNumber)] =
      0x5300_0000 | UInt32(configuration.bus) << 16 | UInt32(configuration.id)
    registers[Int(Damiao.Register.bitRate)] =
      configuration.isFlexibleDataRate ? Damiao.bitRate5M : Damiao.bitRate1M
    stored = registers
  }

  /// Takes the power away and gives it back: off, with what flash holds.
  public mutating func powerCycle() {
    switchOff(UInt8(DAMIAO_STATUS_DISABLED.rawValue))
    registers = stored
    zero = storedZero
  }

  /// Makes it another drive of the same settings.
  mutating func changeSerial() {
    registers[Int(Damiao.Register.serialNumber)] ^= 0x0100_0000
    stored[Int(Damiao.Register.serialNumber)] = registers[Int(Damiao.Register.serialNumber)]
  }

  /// Makes its firmware another one.
  mutating func changeVersion() {
    registers[Int(Damiao.Register.softwareVersion)] = 4001
    stored[Int(Damiao.Register.softwareVersion)] = 4001
  }

  /// The value of a register, as its 32-bit pattern; nil when there is none.
  public func register(_ index: UInt32) -> UInt32? {
    Self.exists(index) ? registers[Int(index)] : nil
  }

  /// Whether the power stage is on.
  public var mode: DriveMode { Damiao.meaning(ofStatus: status).mode }

  /// Whether the drive's acceptance filter lets a frame through.
  func accepts(_ frame: CANFrame) -> Bool {
    !frame.isExtended
      && (frame.id == DAMIAO_ID_REGISTERS.rawValue || frame.id == registers[Int(Damiao.Register.driveID)]
        || frame.id == modeID)
  }

  /// Takes a frame from the bus at an instant [ns] and gives the reply, if any.
  public mutating func receive(
    _ frame: CANFrame, at time: Int64, measuring shaft: ShaftMeasurement
  ) -> CANFrame? {
    tick(at: time)
    // Without a can_br of CAN FD the controller does not understand the other format.
    guard !frame.isExtended, isFlexible || !frame.isFlexibleDataRate, frame.length == 8 else { return nil }
    if frame.id == DAMIAO_ID_REGISTERS.rawValue { return access(frame, at: time, measuring: shaft) }
    // Commands of the other modes have identifiers of their own, to which a drive listens in that mode alone.
    if let modeID, frame.id == modeID {
      if isEnabled { obey(frame, at: time) }
      return feedback(shaft)
    }
    guard frame.id == registers[Int(Damiao.Register.driveID)] else { return nil }
    let action = withUnsafePointer(to: frame.payload) { damiao_decode_action($0.bytes) }
    if action != 0 {
      act(action, at: time, measuring: shaft)
    } else if isEnabled && isImpedance {
      obey(withUnsafePointer(to: frame.payload) { damiao_decode_mit_command($0.bytes) }, at: time)
    }
    return feedback(shaft)
  }

  /// Lets time pass up to an instant [ns].
  public mutating func tick(at time: Int64) {
    guard isWatchdogOver(at: time) else { return }
    switchOff(UInt8(DAMIAO_STATUS_COMMUNICATION_LOST.rawValue))
  }

  func isWatchdogOver(at time: Int64) -> Bool {
    isEnabled
      && watchdog.isOver(
        at: time, units: registers[Int(Damiao.Register.timeout)], unit_us: Damiao.timeoutUnit)
  }

  /// Torque the law asks of the motor [N.m], at the shaft and within TMAX; 0 when off.
  public func torque(at shaft: ShaftMeasurement) -> Double {
    guard isEnabled else { return 0 }
    guard !isImpedance else { return command.torque(at: shaft, zero: zero, limit: range.torque) }
    func gain(_ register: UInt32) -> Double { Double(Float(bitPattern: registers[Int(register)])) }
    return bounds.torque(
      at: shaft, zero: zero, positionGain: gain(Damiao.Register.positionGain),
      velocityGain: gain(Damiao.Register.velocityGain), limit: range.torque)
  }

  /// Breaks the drive; a fault that the status nibble cannot say reads as overload.
  public mutating func fail(_ fault: DriveFaults) {
    var code = DAMIAO_STATUS_OVERLOAD
    if fault.contains(.overVoltage) { code = DAMIAO_STATUS_OVER_VOLTAGE }
    if fault.contains(.underVoltage) { code = DAMIAO_STATUS_UNDER_VOLTAGE }
    if fault.contains(.overCurrent) { code = DAMIAO_STATUS_OVER_CURRENT }
    if fault.contains(.driverOverTemperature) { code = DAMIAO_STATUS_DRIVER_OVER_TEMPERATURE }
    if fault.contains(.motorOverTemperature) { code = DAMIAO_STATUS_ROTOR_OVER_TEMPERATURE }
    if fault.contains(.communicationLost) { code = DAMIAO_STATUS_COMMUNICATION_LOST }
    switchOff(UInt8(code.rawValue))
  }

  // MARK: - State

  private var isEnabled: Bool { UInt32(status) == DAMIAO_STATUS_ENABLED.rawValue }
  private var isImpedance: Bool { registers[Int(Damiao.Register.controlMode)] == Damiao.mitMode }
  /// Identifier of the commands of a mode other than MIT; nil in that.
  private var modeID: UInt32? {
    let id = registers[Int(Damiao.Register.driveID)]
    switch registers[Int(Damiao.Register.controlMode)] {
    case DAMIAO_CONTROL_MODE_POSITION_VELOCITY.rawValue: return DAMIAO_ID_POSITION_VELOCITY.rawValue + id
    case DAMIAO_CONTROL_MODE_VELOCITY.rawValue: return DAMIAO_ID_VELOCITY.rawValue + id
    case DAMIAO_CONTROL_MODE_POSITION_FORCE.rawValue: return DAMIAO_ID_POSITION_FORCE.rawValue + id
    default: return nil
    }
  }
  /// Codes from 2 Mbit/s upwards mean CAN FD.
  private var isFlexible: Bool {
    registers[Int(Damiao.Register.bitRate)] >= DAMIAO_CAN_RATE_2M.rawValue
  }

  /// Scale of the fixed-point fields as the registers hold it.
  private var range: DriveRange {
    func register(_ index: UInt32) -> Double { Double(Float(bitPattern: registers[Int(index)])) }
    return DriveRange(
      position: register(Damiao.Register.positionRange), velocity: register(Damiao.Register.velocityRange),
      torque: register(Damiao.Register.torqueRange), stiffness: configuration.range.stiffness,
      damping: configuration.range.damping)
  }

  private mutating func switchOff(_ newStatus: UInt8) {
    status = newStatus
    command = MotorCommand()
    bounds = DamiaoBounds()
  }

  private mutating func act(_ action: UInt8, at time: Int64, measuring shaft: ShaftMeasurement) {
    let isFaulty = mode == .fault
    switch UInt32(action) {
    case DAMIAO_ACTION_ENABLE.rawValue where !isFaulty:
      if !isEnabled { (command, bounds) = (MotorCommand(), DamiaoBounds()) }
      status = UInt8(DAMIAO_STATUS_ENABLED.rawValue)
      watchdog.lastCommand = time
    case DAMIAO_ACTION_DISABLE.rawValue where !isFaulty: switchOff(UInt8(DAMIAO_STATUS_DISABLED.rawValue))
    case DAMIAO_ACTION_CLEAR_FAULT.rawValue where isFaulty:
      switchOff(UInt8(DAMIAO_STATUS_DISABLED.rawValue))
    case DAMIAO_ACTION_SET_ZERO.rawValue: zero = shaft.position
    default: break
    }
  }

  private mutating func obey(_ words: damiao_mit_command, at time: Int64) {
    let range = range
    command = MotorCommand(
      position: FixedPoint.decode(words.position, from: -range.position, to: range.position, bits: 16),
      velocity: FixedPoint.decode(words.velocity, from: -range.velocity, to: range.velocity, bits: 12),
      stiffness: FixedPoint.decode(words.stiffness, from: 0, to: range.stiffness, bits: 12),
      damping: FixedPoint.decode(words.damping, from: 0, to: range.damping, bits: 12),
      torque: FixedPoint.decode(words.torque, from: -range.torque, to: range.torque, bits: 12))
    watchdog.lastCommand = time
  }

  /// A command of a mode other than MIT.
  private mutating func obey(_ frame: CANFrame, at time: Int64) {
    bounds = withUnsafePointer(to: frame.payload) {
      DamiaoBounds(mode: registers[Int(Damiao.Register.controlMode)], $0.bytes)
    }
    watchdog.lastCommand = time
  }

  // MARK: - Registers

  /// The register frames of 0x7FF; the reply leaves with identifiers and format from before a write.
  private mutating func access(
    _ frame: CANFrame, at time: Int64, measuring shaft: ShaftMeasurement
  ) -> CANFrame? {
    var words = withUnsafePointer(to: frame.payload) { damiao_decode_register($0.bytes) }
    guard UInt32(words.id) == registers[Int(Damiao.Register.driveID)] else { return nil }
    let index = UInt32(words.index)
    var reply = emptyReply()
    switch UInt32(words.access) {
    case DAMIAO_ACCESS_REFRESH.rawValue: return feedback(shaft)
    case DAMIAO_ACCESS_READ.rawValue where Self.exists(index): break
    case DAMIAO_ACCESS_WRITE.rawValue where Self.exists(index): write(index, words.value)
    case DAMIAO_ACCESS_SAVE.rawValue where !isEnabled:
      stored = registers
      storedZero = zero
      saves += 1
      withUnsafeMutablePointer(to: &reply.payload) { damiao_encode_register(words, $0.bytes) }
      return reply
    default: return nil
    }
    words.value = registers[Int(index)]
    withUnsafeMutablePointer(to: &reply.payload) { damiao_encode_register(words, $0.bytes) }
    return reply
  }

  /// Writes what may be written and lies within the manual's bounds; the reply says what the register holds.
  private mutating func write(_ index: UInt32, _ value: UInt32) {
    let number = Float(bitPattern: value)
    switch index {
    case Damiao.Register.masterID, Damiao.Register.driveID: guard value < 0x7FF else { return }
    case Damiao.Register.timeout: break
    case Damiao.Register.controlMode:
      guard value >= 1 && value <= 4 else { return }
      (command, bounds) = (MotorCommand(), DamiaoBounds())
    case Damiao.Register.bitRate: guard value <= DAMIAO_CAN_RATE_5M.rawValue else { return }
    case Damiao.Register.positionRange...Damiao.Register.torqueRange:
      guard number.isFinite && number > 0 else { return }
    case 11...20, 36...: return
    default: guard number.isFinite else { return }
    }
    registers[Int(index)] = value
  }

  /// Registers the manual lists: 0...36, 50...55, 59...62, 80 and 81.
  private static func exists(_ index: UInt32) -> Bool {
    index <= 36 || (50...55).contains(index) || (59...62).contains(index) || index == 80 || index == 81
  }

  // MARK: - Replies

  private func emptyReply() -> CANFrame {
    var reply = CANFrame(
      id: registers[Int(Damiao.Register.masterID)], bus: configuration.bus, isExtended: false,
      isFlexibleDataRate: isFlexible)
    reply.length = 8
    return reply
  }

  private func feedback(_ shaft: ShaftMeasurement) -> CANFrame {
    let range = range
    let temperature: UInt8 = saturated(shaft.temperature)
    let words = damiao_feedback(
      id: UInt8(registers[Int(Damiao.Register.driveID)] & 0xF), status: status,
      position: FixedPoint.encode(shaft.position - zero, from: -range.position, to: range.position, bits: 16),
      velocity: FixedPoint.encode(shaft.velocity, from: -range.velocity, to: range.velocity, bits: 12),
      torque: FixedPoint.encode(shaft.torque, from: -range.torque, to: range.torque, bits: 12),
      driver_temperature: temperature, rotor_temperature: temperature)
    var reply = emptyReply()
    withUnsafeMutablePointer(to: &reply.payload) { damiao_encode_feedback(words, $0.bytes) }
    return reply
  }
}
