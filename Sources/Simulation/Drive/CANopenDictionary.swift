import CServoWire
import ControlCycle

/// The objects of a simulated CANopen drive: what bring-up and the cycle use, as `sinew_402.eds` declares them.
struct CANopenDictionary: BitwiseCopyable, Sendable {
  /// One PDO: its identifier, transmission type and mapping.
  struct ProcessData: BitwiseCopyable, Sendable {
    /// Identifier with bit 31, not valid.
    var identifier: UInt32
    var transmission = UInt8(CANOPEN_TRANSMISSION_SYNC.rawValue)
    var count: UInt8
    var entries: InlineArray<4, UInt32>

    /// The identifier; nil while the PDO is not valid.
    var validID: UInt32? {
      let word = canopen_decode_pdo_id(identifier)
      return word.is_valid && !word.is_extended ? word.id : nil
    }
    var isSynchronous: Bool { UInt32(transmission) <= CANOPEN_TRANSMISSION_SYNC_MAX.rawValue }
    /// Bytes that are mapped.
    var length: Int { (0..<Int(count)).reduce(0) { $0 + Int(canopen_decode_mapping(entries[$1]).bits) / 8 } }
  }

  private let node: UInt8
  /// 1018.3.
  var revision: UInt32 = 0x0001_0000
  private let counts: UInt32
  /// [mN.m].
  private let rated: UInt32
  /// A `cia402_state`.
  private var drive = UInt8(CIA402_STATE_SWITCH_ON_DISABLED.rawValue)
  private var controlword: UInt16 = 0
  private(set) var errorCode: UInt16 = 0
  private(set) var errorRegister: UInt8 = 0
  private(set) var servo = CANopenServo()
  /// 607E; kept and shown, not simulated.
  private var polarity: UInt8 = 0
  private(set) var position: Int32 = 0
  private var velocity: Int32 = 0
  private var torque: Int16 = 0
  private var consumer: UInt32 = 0
  private(set) var abortConnection: UInt16 = 0
  private(set) var errorBehaviour: UInt8 = 0
  private(set) var command: ProcessData
  private(set) var state: ProcessData
  private(set) var detail: ProcessData
  private(set) var stored: Stored

  /// What 1010 stores: the settings that may be written, but for the mode.
  struct Stored: BitwiseCopyable, Sendable {
    var maxTorque: UInt16
    var consumer: UInt32
    var abortConnection: UInt16
    var errorBehaviour: UInt8
    var command: ProcessData
    var state: ProcessData
    var detail: ProcessData
    /// Times flash was written.
    var saves = 0
  }

  init(_ configuration: DriveConfiguration) {
    node = UInt8(truncatingIfNeeded: configuration.id)
    counts = saturated(CANopen.encoderCounts(of: configuration.range))
    rated = saturated(CANopen.ratedTorque(of: configuration.range))
    command = Self.data(CANOPEN_ID_RPDO1.rawValue + UInt32(node), 3) {
      cia402_command_mapping(Int8(CIA402_MODE_CYCLIC_POSITION.rawValue), $0)
    }
    state = Self.data(CANOPEN_ID_TPDO1.rawValue + UInt32(node), 3, cia402_state_mapping)
    detail = Self.data(CANOPEN_ID_TPDO2.rawValue + UInt32(node), 4, cia402_detail_mapping)
    stored = Stored(
      maxTorque: servo.maxTorque, consumer: 0, abortConnection: 0, errorBehaviour: 0, command: command,
      state: state, detail: detail)
  }

  private static func data(_ id: UInt32, _ count: UInt8, _ entry: (UInt8) -> UInt32) -> ProcessData {
    ProcessData(
      identifier: id | 1 << 30, count: count, entries: InlineArray { entry(UInt8($0) + 1) })
  }

  /// The heartbeat that is watched.
  var watched: canopen_heartbeat_consumer { canopen_decode_heartbeat_consumer(consumer) }
  /// State and the bits for voltage and remote.
  var statusword: UInt16 {
    cia402_encode_state(drive)
      | UInt16(CIA402_STATUS_VOLTAGE_ENABLED.rawValue | CIA402_STATUS_REMOTE.rawValue)
      | (isEnabled && servo.isOutside(position) ? UInt16(CIA402_STATUS_FOLLOWING_ERROR.rawValue) : 0)
  }
  private var isEnabled: Bool { UInt32(drive) == CIA402_STATE_OPERATION_ENABLED.rawValue }
  /// Torque of the loop of the mode, within 6072 [N.m].
  func torque(at shaft: ShaftMeasurement) -> Double {
    servo.torque(at: shaft, step: 2 * Double.pi / Double(counts), unit: Double(rated) / 1_000_000)
  }

  /// Back to what the drive has at power-up; without `all` the communication objects alone.
  mutating func reset(all: Bool) {
    let range = CANopen.range(encoderCounts: Double(counts), ratedTorque: Double(rated) / 1000)
    let fresh = CANopenDictionary(
      DriveConfiguration(
        family: .canopen, bus: 0, id: UInt16(node), masterID: 0, isFlexibleDataRate: false, range: range))
    let stored = stored
    if all {
      self = fresh
      (servo.maxTorque, abortConnection) = (stored.maxTorque, stored.abortConnection)
    }
    (command, state, detail) = (stored.command, stored.state, stored.detail)
    (consumer, errorBehaviour) = (stored.consumer, stored.errorBehaviour)
    self.stored = stored
  }

  /// Stores the settings, where the word is the signature and no torque is given; 0, or why not, as a `canopen_abort`.
  private mutating func store(_ signature: UInt32) -> UInt32 {
    guard signature == CANOPEN_SIGNATURE_SAVE.rawValue else { return CANOPEN_ABORT_CANNOT_STORE.rawValue }
    guard UInt32(drive) != CIA402_STATE_OPERATION_ENABLED.rawValue else {
      return CANOPEN_ABORT_DEVICE_STATE.rawValue
    }
    stored = Stored(
      maxTorque: servo.maxTorque, consumer: consumer, abortConnection: abortConnection,
      errorBehaviour: errorBehaviour, command: command, state: state, detail: detail, saves: stored.saves + 1)
    return 0
  }

  /// What encoder and current sensors see; what is beyond the words saturates, and what is no number reads zero.
  mutating func measure(_ shaft: ShaftMeasurement, range: DriveRange) {
    func word(_ value: Double, _ full: Double, _ steps: Double) -> Double {
      let scaled = (value / full * steps).rounded()
      return scaled.isNaN ? 0 : max(1 - steps, min(steps - 1, scaled))
    }
    position = Int32(word(shaft.position, range.position, 2_147_483_648))
    velocity = Int32(word(shaft.velocity, range.velocity, 2_147_483_648))
    torque = Int16(word(shaft.torque, range.torque, 32768))
  }

  /// Power stage off, error code and register set, until a reset.
  mutating func fail(_ code: UInt16) {
    note(code)
    drive = UInt8(CIA402_STATE_FAULT.rawValue)
    servo.stop()
  }

  /// Sets error code and register alone.
  mutating func note(_ code: UInt16) {
    errorCode = code
    errorRegister = UInt8(CANOPEN_ERROR_REGISTER_GENERIC.rawValue)
    if code & 0xF000 == 0x8000 { errorRegister |= UInt8(CANOPEN_ERROR_REGISTER_COMMUNICATION.rawValue) }
  }

  /// Disables voltage, or begins a quick stop where there is something to stop.
  mutating func switchOff(isQuickStop: Bool) {
    let word = isQuickStop ? CIA402_COMMAND_QUICK_STOP : CIA402_COMMAND_DISABLE_VOLTAGE
    control(UInt16(word.rawValue))
  }

  private mutating func control(_ word: UInt16) {
    let wasFault = UInt32(drive) == CIA402_STATE_FAULT.rawValue
    drive = cia402_next_state(drive, controlword, word)
    controlword = word
    if !isEnabled { servo.stop() }
    // 603F keeps the last error; the register shows what is wrong now.
    if wasFault && UInt32(drive) != CIA402_STATE_FAULT.rawValue { errorRegister = 0 }
  }

  // MARK: Access

  /// The value and size of an object; nil when there is none.
  func read(_ index: UInt16, _ subindex: UInt8) -> (value: UInt32, bits: UInt8)? {
    let bits = canopen_decode_mapping(CANopen.Object.address(index, subindex)).bits
    return value(index, subindex).map { ($0, bits) }
  }

  private func value(_ index: UInt16, _ subindex: UInt8) -> UInt32? {
    switch (index, subindex) {
    case (0x1000, 0): 0x0002_0192
    case (0x1001, 0): UInt32(errorRegister)
    case (0x1010, 0), (0x1010, 1): 1
    case (0x1016, 1): consumer
    case (0x1018, 1...4): [0, 0x402, revision, 0x5300_0000 | UInt32(node)][Int(subindex) - 1]
    case (0x1029, 1): UInt32(errorBehaviour)
    case (0x1400, _), (0x1600, _): value(of: command, index, subindex)
    case (0x1800, _), (0x1A00, _): value(of: state, index, subindex)
    case (0x1801, _), (0x1A01, _): value(of: detail, index, subindex)
    case (0x6007, 0): UInt32(abortConnection)
    case (0x2000, 1): servo.positionGain
    case (0x2000, 2): servo.velocityGain
    case (0x2000, 3): servo.feedforward
    case (0x60C2, 1): UInt32(servo.periodValue)
    case (0x60C2, 2): UInt32(UInt8(bitPattern: servo.periodExponent))
    case (0x6502, 0): 7 << 7
    case (0x608F, 1), (0x6092, 1): counts
    case (0x608F, 2), (0x6091, 1), (0x6091, 2), (0x6092, 2): 1
    case (_, 0): driveValue(index)
    default: nil
    }
  }

  private func driveValue(_ index: UInt16) -> UInt32? {
    switch index {
    case 0x603F: UInt32(errorCode)
    case 0x6040: UInt32(controlword)
    case 0x6041: UInt32(statusword)
    case 0x6060, 0x6061: UInt32(UInt8(bitPattern: servo.mode))
    case 0x6064: UInt32(bitPattern: position)
    case 0x606C: UInt32(bitPattern: velocity)
    case 0x6065: servo.window
    case 0x6066: UInt32(servo.windowTime)
    case 0x6071: UInt32(UInt16(bitPattern: servo.torque))
    case 0x6072: UInt32(servo.maxTorque)
    case 0x6076: rated
    case 0x6077: UInt32(UInt16(bitPattern: torque))
    case 0x607A: UInt32(bitPattern: servo.position)
    case 0x607E: UInt32(polarity)
    case 0x60B2: UInt32(UInt16(bitPattern: servo.offset))
    case 0x60FF: UInt32(bitPattern: servo.velocity)
    default: nil
    }
  }

  /// Writes an object; 0, or why not, as a `canopen_abort`.
  mutating func write(_ index: UInt16, _ subindex: UInt8, _ value: UInt32) -> UInt32 {
    switch (index, subindex) {
    case (0x1010, 1): return store(value)
    case (0x1016, 1):
      guard value >> 16 <= CANOPEN_NODE_MAX.rawValue else { return CANOPEN_ABORT_INVALID_VALUE.rawValue }
      consumer = value
    case (0x1029, 1):
      guard value <= 2 else { return CANOPEN_ABORT_INVALID_VALUE.rawValue }
      errorBehaviour = UInt8(value)
    case (0x1400, _), (0x1600, _):
      var data = command
      let code = write(&data, index, subindex, value, isWritten: true)
      command = data
      return code
    case (0x1800, _), (0x1A00, _):
      var data = state
      let code = write(&data, index, subindex, value, isWritten: false)
      state = data
      return code
    case (0x1801, _), (0x1A01, _):
      var data = detail
      let code = write(&data, index, subindex, value, isWritten: false)
      detail = data
      return code
    case (0x6007, 0):
      guard value <= 3 else { return CANOPEN_ABORT_INVALID_VALUE.rawValue }
      abortConnection = UInt16(value)
    case (0x6040, 0): control(UInt16(truncatingIfNeeded: value))
    case (0x6060, 0):
      guard servo.set(mode: Int8(truncatingIfNeeded: value)) else {
        return CANOPEN_ABORT_INVALID_VALUE.rawValue
      }
    default: return write(setting: index, subindex, value)
    }
    return 0
  }

  /// Targets and settings of the loop.
  private mutating func write(setting index: UInt16, _ subindex: UInt8, _ value: UInt32) -> UInt32 {
    if subindex == 0 && servo.take(value, object: index, isEnabled: isEnabled) { return 0 }
    switch (index, subindex) {
    case (0x2000, 1): servo.positionGain = value
    case (0x2000, 2): servo.velocityGain = value
    case (0x2000, 3):
      guard value <= 1000 else { return CANOPEN_ABORT_VALUE_TOO_HIGH.rawValue }
      servo.feedforward = value
    case (0x6065, 0): servo.window = value
    case (0x6066, 0): servo.windowTime = UInt16(truncatingIfNeeded: value)
    case (0x607E, 0): polarity = UInt8(truncatingIfNeeded: value)
    case (0x6072, 0): servo.maxTorque = UInt16(truncatingIfNeeded: value)
    case (0x60C2, 1): servo.periodValue = UInt8(truncatingIfNeeded: value)
    case (0x60C2, 2): servo.periodExponent = Int8(truncatingIfNeeded: value)
    default:
      return read(index, subindex) == nil
        ? CANOPEN_ABORT_NO_OBJECT.rawValue : CANOPEN_ABORT_READ_ONLY.rawValue
    }
    return 0
  }

  private func value(of data: ProcessData, _ index: UInt16, _ subindex: UInt8) -> UInt32? {
    let isMapping = index & 0x200 != 0
    switch subindex {
    case 0: return isMapping ? UInt32(data.count) : 2
    case 1...4 where isMapping: return data.entries[Int(subindex) - 1]
    case 1: return data.identifier
    case 2: return UInt32(data.transmission)
    default: return nil
    }
  }

  /// Communication and mapping of a PDO; a mapping is changed while the PDO is not valid and its count is 0.
  private func write(
    _ data: inout ProcessData, _ index: UInt16, _ subindex: UInt8, _ value: UInt32, isWritten: Bool
  ) -> UInt32 {
    guard index & 0x200 != 0 else {
      switch subindex {
      case 1: data.identifier = value
      case 2: data.transmission = UInt8(truncatingIfNeeded: value)
      default:
        return self.value(of: data, index, subindex) == nil
          ? CANOPEN_ABORT_NO_SUBINDEX.rawValue : CANOPEN_ABORT_READ_ONLY.rawValue
      }
      return 0
    }
    guard subindex <= 4 else { return CANOPEN_ABORT_NO_SUBINDEX.rawValue }
    guard data.validID == nil else { return CANOPEN_ABORT_UNSUPPORTED_ACCESS.rawValue }
    if subindex == 0 {
      guard value <= 4 else { return CANOPEN_ABORT_INVALID_VALUE.rawValue }
      var changed = data
      changed.count = UInt8(value)
      guard changed.length <= 8 else { return CANOPEN_ABORT_PDO_LENGTH.rawValue }
      data = changed
      return 0
    }
    guard data.count == 0 else { return CANOPEN_ABORT_UNSUPPORTED_ACCESS.rawValue }
    let entry = canopen_decode_mapping(value)
    guard let object = read(entry.index, entry.subindex), object.bits == entry.bits,
      !isWritten || [0x6040, 0x6071, 0x607A, 0x60B2, 0x60FF].contains(entry.index)
    else { return CANOPEN_ABORT_NOT_MAPPABLE.rawValue }
    data.entries[Int(subindex) - 1] = value
    return 0
  }
}
