import CServoWire
public import ControlCycle

/// Firmware of a CANopen drive of the CiA 402 profile; see Firmware-Interfaces/Protocols/canopen.md.
///
/// It stands in pre-operational after power-up, keeps the object dictionary of `CANopenDictionary`, sends what is mapped at
/// every SYNC, and moves in the cyclic synchronous modes alone.
public struct CANopenFirmware: BitwiseCopyable, Sendable {
  /// Frames that wait to be sent.
  private struct Pending: BitwiseCopyable, Sendable {
    var isBootUp = true
    var isEmergency = false
    var isState = false
    var isDetail = false
  }
  private let bus: UInt8
  private let node: UInt8
  /// Position and velocity full scale of 32 bits [rad, rad/s].
  private let range: DriveRange
  private var dictionary: CANopenDictionary
  /// A `canopen_nmt_state`.
  private var network = UInt8(CANOPEN_NMT_STATE_PRE_OPERATIONAL.rawValue)
  /// The newest RPDO1, which acts at the next SYNC.
  private var received: InlineArray<8, UInt8> = InlineArray(repeating: 0)
  private var isReceived = false
  private var pending = Pending()
  var watchdog = CommandWatchdog()
  /// The watched heartbeat came at least once.
  private var isWatching = false
  /// Since when the following error is too large [ns]; negative while it is not.
  private var outsideSince: Int64 = -1
  private var upload = TextUpload()

  /// A drive just powered up; encoder and rated torque as configured, watchdog off.
  public init(_ configuration: DriveConfiguration) {
    bus = configuration.bus
    node = UInt8(truncatingIfNeeded: configuration.id)
    range = configuration.range
    dictionary = CANopenDictionary(configuration)
  }

  /// Takes the power away and gives it back: pre-operational, with what was stored.
  public mutating func powerCycle() {
    dictionary.reset(all: true)
    network = UInt8(CANOPEN_NMT_STATE_PRE_OPERATIONAL.rawValue)
    (isReceived, isWatching, pending) = (false, false, Pending())
  }

  /// Makes its firmware another one.
  mutating func changeVersion() { dictionary.revision = 0x0002_0000 }

  /// Times flash was written.
  public var saves: Int { dictionary.stored.saves }

  /// The value of an object, by its address; nil when there is none.
  public func object(_ address: UInt32) -> UInt32? {
    let object = canopen_decode_mapping(address)
    return dictionary.read(object.index, object.subindex)?.value
  }

  /// Whether the drive is operational, so that process data travels.
  public var isOperational: Bool { UInt32(network) == CANOPEN_NMT_STATE_OPERATIONAL.rawValue }

  /// Whether the power stage is on.
  public var mode: DriveMode { CANopen.mode(ofStatus: dictionary.statusword) }

  /// Whether the drive's acceptance filter lets a frame through.
  func accepts(_ frame: CANFrame) -> Bool {
    guard !frame.isExtended, !frame.isFlexibleDataRate else { return false }
    switch frame.id {
    case CANOPEN_ID_NMT.rawValue, CANOPEN_ID_SYNC.rawValue: return true
    case CANOPEN_ID_SDO_REQUEST.rawValue + UInt32(node): return true
    case dictionary.command.validID: return true
    default: return frame.id == CANOPEN_ID_HEARTBEAT.rawValue + UInt32(dictionary.watched.node)
    }
  }

  /// Takes a frame from the bus at an instant [ns] and gives the reply, if any; the others follow from `transmit`.
  public mutating func receive(
    _ frame: CANFrame, at time: Int64, measuring shaft: ShaftMeasurement
  ) -> CANFrame? {
    tick(at: time)
    guard accepts(frame) else { return nil }
    switch frame.id {
    case CANOPEN_ID_NMT.rawValue: obeyNetwork(frame)
    case CANOPEN_ID_SYNC.rawValue: if frame.length <= 1 { synchronise(at: time, measuring: shaft) }
    case CANOPEN_ID_SDO_REQUEST.rawValue + UInt32(node): return serve(frame, measuring: shaft)
    case dictionary.command.validID: take(frame)
    default:
      // Node guarding's toggle bit and other lengths are no heartbeat.
      guard frame.length == 1, dictionary.watched.period > 0 else { return nil }
      isWatching = true
      watchdog.lastCommand = time
    }
    return nil
  }

  /// The next frame that waits; nil when there is none.
  public mutating func transmit(at time: Int64, measuring shaft: ShaftMeasurement) -> CANFrame? {
    tick(at: time)
    if pending.isBootUp {
      pending.isBootUp = false
      return frame(CANOPEN_ID_HEARTBEAT.rawValue + UInt32(node), [0])
    }
    if pending.isEmergency {
      pending.isEmergency = false
      return emergency()
    }
    dictionary.measure(shaft, range: range)
    if pending.isState {
      pending.isState = false
      return processData(dictionary.state)
    }
    guard pending.isDetail else { return nil }
    pending.isDetail = false
    return processData(dictionary.detail)
  }

  /// Lets time pass up to an instant [ns].
  public mutating func tick(at time: Int64) {
    guard isWatchdogOver(at: time) else { return }
    isWatching = false
    loseHeartbeat()
  }

  /// The consumer counts from the first heartbeat on, whether the power stage is on or not.
  func isWatchdogOver(at time: Int64) -> Bool {
    isWatching
      && watchdog.isOver(
        at: time, units: UInt32(dictionary.watched.period), unit_us: CANopen.timeoutUnit)
  }

  /// Torque of the mode's loop [N.m], within the limit of 6072; 0 when off or in no mode.
  public func torque(at shaft: ShaftMeasurement) -> Double {
    mode == .enabled ? dictionary.torque(at: shaft) : 0
  }

  /// Breaks the drive: emergency, error code, power stage off.
  public mutating func fail(_ fault: DriveFaults) {
    var code: UInt16 = 0xFF00
    if fault.contains(.overVoltage) { code = 0x3210 }
    if fault.contains(.underVoltage) { code = 0x3220 }
    if fault.contains(.overCurrent) { code = 0x2310 }
    if fault.contains(.driverOverTemperature) { code = 0x4210 }
    if fault.contains(.motorOverTemperature) { code = 0x4310 }
    if fault.contains(.communicationLost) { code = 0x8130 }
    if fault.contains(.overload) { code = 0x8611 }
    if fault.contains(.encoder) { code = 0x7305 }
    if fault.contains(.hardware) { code = 0x5000 }
    dictionary.fail(code)
    pending.isEmergency = true
  }
}

// MARK: - Network and process data

extension CANopenFirmware {
  private mutating func obeyNetwork(_ frame: CANFrame) {
    var words = canopen_nmt(command: 0, node: 0)
    let isSound = withUnsafePointer(to: frame.payload) { canopen_decode_nmt($0.bytes, frame.length, &words) }
    guard isSound, words.node == 0 || words.node == node else { return }
    switch UInt32(words.command) {
    case CANOPEN_NMT_COMMAND_START.rawValue: network = UInt8(CANOPEN_NMT_STATE_OPERATIONAL.rawValue)
    case CANOPEN_NMT_COMMAND_STOP.rawValue: network = UInt8(CANOPEN_NMT_STATE_STOPPED.rawValue)
    case CANOPEN_NMT_COMMAND_PRE_OPERATIONAL.rawValue:
      network = UInt8(CANOPEN_NMT_STATE_PRE_OPERATIONAL.rawValue)
    case CANOPEN_NMT_COMMAND_RESET_NODE.rawValue, CANOPEN_NMT_COMMAND_RESET_COMMUNICATION.rawValue:
      dictionary.reset(all: UInt32(words.command) == CANOPEN_NMT_COMMAND_RESET_NODE.rawValue)
      network = UInt8(CANOPEN_NMT_STATE_PRE_OPERATIONAL.rawValue)
      (isReceived, isWatching, pending) = (false, false, Pending())
    default: break
    }
  }

  private mutating func take(_ frame: CANFrame) {
    guard isOperational else { return }
    guard Int(frame.length) == dictionary.command.length else {
      // A PDO of another length is not obeyed and said so.
      dictionary.note(UInt16(CIA402_ERROR_PDO_LENGTH.rawValue))
      pending.isEmergency = true
      return
    }
    for index in 0..<8 { received[index] = frame.payload[index] }
    isReceived = true
    if !dictionary.command.isSynchronous { obey() }
  }

  /// What was received acts, then samples are taken.
  private mutating func synchronise(at time: Int64, measuring shaft: ShaftMeasurement) {
    guard isOperational else { return }
    obey()
    dictionary.measure(shaft, range: range)
    watchFollowing(at: time)
    pending.isState = dictionary.state.validID != nil && dictionary.state.isSynchronous
    pending.isDetail = dictionary.detail.validID != nil && dictionary.detail.isSynchronous
  }

  /// A following error beyond 6065 for longer than 6066 is a fault.
  private mutating func watchFollowing(at time: Int64) {
    guard mode == .enabled, dictionary.servo.isOutside(dictionary.position) else {
      outsideSince = -1
      return
    }
    if outsideSince < 0 { outsideSince = time }
    guard time - outsideSince >= Int64(dictionary.servo.windowTime) * 1_000_000 else { return }
    dictionary.fail(UInt16(CIA402_ERROR_FOLLOWING.rawValue))
    pending.isEmergency = true
  }

  private mutating func obey() {
    guard isReceived else { return }
    isReceived = false
    let register = dictionary.errorRegister
    defer { sayWhenCleared(register) }
    var offset = 0
    for entry in 0..<Int(dictionary.command.count) {
      let object = canopen_decode_mapping(dictionary.command.entries[entry])
      var value: UInt32 = 0
      for byte in 0..<Int(object.bits / 8) { value |= UInt32(received[offset + byte]) << UInt32(8 * byte) }
      offset += Int(object.bits / 8)
      _ = dictionary.write(object.index, object.subindex, value)
    }
  }

  private func processData(_ data: CANopenDictionary.ProcessData) -> CANFrame? {
    guard let id = data.validID else { return nil }
    var frame = frame(id, [])
    for entry in 0..<Int(data.count) {
      let object = canopen_decode_mapping(data.entries[entry])
      let value = dictionary.read(object.index, object.subindex)?.value ?? 0
      for byte in 0..<Int(object.bits / 8) {
        frame.payload[Int(frame.length)] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte))
        frame.length += 1
      }
    }
    return frame
  }

  /// 1029 says where the node goes, 6007 what the power stage does; no ramp is modelled, so it is off at once.
  private mutating func loseHeartbeat() {
    if isOperational && dictionary.errorBehaviour == 0 {
      network = UInt8(CANOPEN_NMT_STATE_PRE_OPERATIONAL.rawValue)
    }
    if dictionary.errorBehaviour == 2 { network = UInt8(CANOPEN_NMT_STATE_STOPPED.rawValue) }
    switch dictionary.abortConnection {
    case 1: dictionary.fail(UInt16(CIA402_ERROR_HEARTBEAT.rawValue))
    case 2, 3:
      dictionary.note(UInt16(CIA402_ERROR_HEARTBEAT.rawValue))
      dictionary.switchOff(isQuickStop: dictionary.abortConnection == 3)
    default: dictionary.note(UInt16(CIA402_ERROR_HEARTBEAT.rawValue))
    }
    pending.isEmergency = true
  }

  /// No error left is an emergency of its own, of code 0.
  private mutating func sayWhenCleared(_ before: UInt8) {
    if before != 0 && dictionary.errorRegister == 0 { pending.isEmergency = true }
  }

  private func emergency() -> CANFrame? {
    guard UInt32(network) != CANOPEN_NMT_STATE_STOPPED.rawValue else { return nil }
    let words = canopen_emergency(
      code: dictionary.errorRegister == 0 ? 0 : dictionary.errorCode,
      error_register: dictionary.errorRegister, manufacturer: 0)
    var frame = frame(CANOPEN_ID_EMERGENCY.rawValue + UInt32(node), [])
    frame.length = 8
    withUnsafeMutablePointer(to: &frame.payload) { canopen_encode_emergency(words, $0.bytes) }
    return frame
  }

  private func frame(_ id: UInt32, _ bytes: [UInt8]) -> CANFrame {
    var frame = CANFrame(id: id, bus: bus, isExtended: false)
    for byte in bytes {
      frame.payload[Int(frame.length)] = byte
      frame.length += 1
    }
    return frame
  }
}

// MARK: - Service data

extension CANopenFirmware {
  /// The SDO server: expedited transfers of the dictionary's objects, texts in segments, an abort for everything else.
  private mutating func serve(_ frame: CANFrame, measuring shaft: ShaftMeasurement) -> CANFrame? {
    var request = canopen_sdo()
    let isSound = withUnsafePointer(to: frame.payload) {
      canopen_decode_sdo_request($0.bytes, frame.length, &request)
    }
    guard isSound, UInt32(network) != CANOPEN_NMT_STATE_STOPPED.rawValue else { return nil }
    var reply = request
    reply.is_expedited = true
    reply.has_size = true
    var segment: InlineArray<7, UInt8> = InlineArray(repeating: 0)
    switch UInt32(request.kind) {
    case CANOPEN_SDO_UPLOAD.rawValue where upload.begin(request, reply: &reply): break
    case CANOPEN_SDO_UPLOAD_SEGMENT.rawValue where upload.isActive:
      let code = upload.next(request, reply: &reply, bytes: &segment)
      if code != 0 { abort(&reply, code) }
    case CANOPEN_SDO_UPLOAD.rawValue:
      dictionary.measure(shaft, range: range)
      if let object = dictionary.read(request.index, request.subindex) {
        reply.value = object.value
        reply.size = object.bits / 8
      } else {
        abort(&reply, CANOPEN_ABORT_NO_OBJECT.rawValue)
      }
    case CANOPEN_SDO_DOWNLOAD.rawValue where request.is_expedited:
      upload = TextUpload()
      let code = write(request)
      if code != 0 { abort(&reply, code) }
    case CANOPEN_SDO_ABORT.rawValue:
      upload = TextUpload()
      return nil
    default: abort(&reply, CANOPEN_ABORT_COMMAND.rawValue)
    }
    var answer = self.frame(CANOPEN_ID_SDO_REPLY.rawValue + UInt32(node), [])
    answer.length = 8
    let isEncoded = segment.span.withUnsafeBufferPointer { bytes in
      withUnsafeMutablePointer(to: &answer.payload) {
        canopen_encode_sdo_reply(reply, bytes.baseAddress, $0.bytes)
      }
    }
    return isEncoded ? answer : nil
  }

  private mutating func write(_ request: canopen_sdo) -> UInt32 {
    guard let object = dictionary.read(request.index, request.subindex) else {
      return CANOPEN_ABORT_NO_OBJECT.rawValue
    }
    if request.has_size && request.size > object.bits / 8 { return CANOPEN_ABORT_TOO_LONG.rawValue }
    if request.has_size && request.size < object.bits / 8 { return CANOPEN_ABORT_TOO_SHORT.rawValue }
    let isMapping = (0x1400...0x1BFF).contains(request.index)
    if isMapping && isOperational { return CANOPEN_ABORT_DEVICE_STATE.rawValue }
    let register = dictionary.errorRegister
    let code = dictionary.write(request.index, request.subindex, request.value)
    sayWhenCleared(register)
    // A consumer that is written begins anew, with the next heartbeat.
    if code == 0 && request.index == 0x1016 { isWatching = false }
    return code
  }

  private func abort(_ reply: inout canopen_sdo, _ code: UInt32) {
    reply.kind = UInt8(CANOPEN_SDO_ABORT.rawValue)
    reply.value = code
  }
}
