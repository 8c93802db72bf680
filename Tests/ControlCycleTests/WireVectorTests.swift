import CServoWire
import ControlCycle
import Testing

/// Every row of the golden-frame files, run against the wire headers and the codec.
///
/// Our rounding: saturate, scale by (2^n - 1) / span, drop the fraction. Rows of kind command from a peer with
/// another rounding carry `manual_formula`, which must match exactly, and `peer_range`: with the peer's own
/// full scale (P = 4 pi) our words lie within `tolerance_lsb` of its.
struct WireVectorTests {
  @Test func everyRowIsThere() {
    #expect(WireVectorFile.rows("damiao").count == 35)
    #expect(WireVectorFile.rows("robstride").count == 41)
  }

  @Test(arguments: WireVectorFile.rows("damiao")) func damiao(_ row: WireVector) throws {
    let frame = try row.frame.value
    let drive = Self.damiao(row, id: 1)
    switch row.kind {
    case "command":
      #expect(wire(DriveCodec.encode(try #require(row.input).value, for: drive)) == wire(frame))
    case "request": #expect(wire(DriveCodec.encode(try row.driveRequest(), for: drive)) == wire(frame))
    case "save":
      var payload = [UInt8](repeating: 0, count: 8)
      let access = UInt8(DAMIAO_ACCESS_SAVE.rawValue)
      damiao_encode_register(damiao_register_frame(id: 1, access: access, index: 1, value: 0), &payload)
      #expect(payload == bytes(of: frame) && frame.id == DAMIAO_ID_REGISTERS.rawValue)
    case "position_velocity", "velocity": try floatCommand(row, frame)
    case "position_force": try forceCommand(row, frame)
    case "feedback": try damiaoFeedback(row, frame, drive)
    case "register_reply":
      let decoded = try #require(row.decoded)
      let reply = DriveReply.parameter(
        index: try #require(decoded.index), value: row.pattern(try #require(decoded.value)), succeeded: true)
      #expect(DriveCodec.answers(frame, drive))
      #expect(DriveCodec.decode(frame, for: drive) == reply)
    default: throw UnknownKind(kind: row.kind)
    }
  }

  @Test(arguments: WireVectorFile.rows("robstride")) func robstride(_ row: WireVector) throws {
    let frame = try row.frame.value
    let drive = Self.robstride(row, id: UInt16(frame.id & 0xFF))
    var payload = [UInt8](repeating: 0, count: 8)
    switch row.kind {
    case "command": try robstrideCommand(row, frame, drive)
    case "request":
      #expect(wire(DriveCodec.encode(try row.driveRequest(), for: drive)) == wire(frame))
      if let reply = row.reply { try parameterReply(row, try reply.value, drive) }
    case "set_id":
      let data = UInt16(try #require(row.value)) << 8 | 0xFD
      #expect(Self.address(ROBSTRIDE_TYPE_SET_ID, data: data, destination: 0x7F) == frame.id)
      #expect(bytes(of: frame) == payload)
    case "save":
      robstride_encode_save(&payload)
      #expect(payload == bytes(of: frame))
      #expect(Self.address(ROBSTRIDE_TYPE_SAVE, data: 0xFD, destination: 0x7F) == frame.id)
    case "guarded":
      robstride_encode_guarded(try #require(row.code), &payload)
      #expect(Array(payload.prefix(Int(ROBSTRIDE_LENGTH_GUARDED.rawValue))) == bytes(of: frame))
      #expect(robstride_is_guarded(payload))
      let type = robstride_type(rawValue: UInt32(try #require(row.type)))
      #expect(Self.address(type, data: 0xFD, destination: 0x7F) == frame.id)
    case "feedback": try robstrideFeedback(row, frame)
    case "fault_report": try faultReport(row, frame)
    case "mit_action":
      robstride_encode_mit_action(try #require(row.argument), try #require(row.code), &payload)
      #expect(payload == bytes(of: frame) && !frame.isExtended)
    default: throw UnknownKind(kind: row.kind)
    }
  }

  // MARK: - Damiao

  /// The manual sends a velocity of 4 bytes; the peer pads to 8 with zeros.
  private func floatCommand(_ row: WireVector, _ frame: CANFrame) throws {
    let words = try #require(row.words).map { Float($0).bitPattern }
    let isVelocity = row.kind == "velocity"
    var payload = [UInt8](repeating: 0, count: 8)
    let command = damiao_float_command(first: words[0], second: isVelocity ? 0 : words[1])
    damiao_encode_float_command(command, &payload)
    #expect(payload == bytes(of: frame))
    let mode = isVelocity ? DAMIAO_ID_VELOCITY : DAMIAO_ID_POSITION_VELOCITY
    #expect(frame.id == mode.rawValue + 1)
    let back = damiao_decode_float_command(payload)
    #expect(back.first == command.first && back.second == command.second)
  }

  private func forceCommand(_ row: WireVector, _ frame: CANFrame) throws {
    let words = try #require(row.words)
    let command = damiao_force_command(
      position: Float(words[0]).bitPattern, velocity: UInt16(min(words[1] * 100, 10_000)),
      current: UInt16(min(words[2] * 10_000, 10_000)))
    var payload = [UInt8](repeating: 0, count: 8)
    damiao_encode_force_command(command, &payload)
    #expect(payload == bytes(of: frame))
    #expect(frame.id == DAMIAO_ID_POSITION_FORCE.rawValue + 1)
    let back = damiao_decode_force_command(payload)
    #expect(back.position == command.position && back.velocity == command.velocity)
    #expect(back.current == command.current)
  }

  private func damiaoFeedback(
    _ row: WireVector, _ frame: CANFrame, _ drive: DriveConfiguration
  ) throws {
    let decoded = try #require(row.decoded)
    let state = try feedback(frame, drive)
    try expect(state, decoded)
    let hottest = max(try #require(decoded.driver_temperature), try #require(decoded.rotor_temperature))
    #expect(state.temperature == hottest)
    let meaning = Damiao.meaning(ofStatus: try #require(decoded.status))
    #expect(state.mode == meaning.mode && state.faults == meaning.faults)
    // Read as a firmware would write it: the same bytes come back.
    var payload = [UInt8](repeating: 0, count: 8)
    damiao_encode_feedback(damiao_decode_feedback(bytes(of: frame)), &payload)
    #expect(payload == bytes(of: frame))
  }

  // MARK: - RobStride

  private func robstrideCommand(
    _ row: WireVector, _ frame: CANFrame, _ drive: DriveConfiguration
  ) throws {
    let input = try #require(row.input).value
    let exact = try row.manual_formula?.value ?? frame
    #expect(wire(DriveCodec.encode(input, for: drive)) == wire(exact))
    guard let peerRange = row.peer_range else { return }
    var peer = drive
    peer.range = peerRange.value
    let ours = Self.words(DriveCodec.encode(input, for: peer))
    let tolerance = try #require(row.tolerance_lsb)
    for (our, their) in zip(ours, Self.words(frame)) { #expect(abs(our - their) <= tolerance) }
  }

  private func parameterReply(
    _ row: WireVector, _ reply: CANFrame, _ drive: DriveConfiguration
  ) throws {
    let decoded = try #require(row.decoded)
    let value = row.pattern(try #require(decoded.value))
    let index = try #require(decoded.index)
    #expect(DriveCodec.answers(reply, drive))
    #expect(
      DriveCodec.decode(reply, for: drive) == .parameter(index: index, value: value, succeeded: true))
  }

  private func robstrideFeedback(_ row: WireVector, _ frame: CANFrame) throws {
    let decoded = try #require(row.decoded)
    let drive = Self.robstride(row, id: UInt16(try #require(decoded.id)))
    let state = try feedback(frame, drive)
    try expect(state, decoded)
    #expect(state.temperature == decoded.temperature)
    #expect(state.faults == RobStride.faults(ofBits: try #require(decoded.fault_bits)))
    let modes: [DriveMode] = [state.faults.isEmpty ? .disabled : .fault, .calibrating, .enabled]
    #expect(state.mode == modes[Int(try #require(decoded.mode))])
    // The peer's own formula with its full scale gives numbers within one of its steps of ours.
    let peer = try #require(row.decoded_by_peer)
    var peerDrive = drive
    peerDrive.range = try #require(row.peer_range).value
    let other = try feedback(frame, peerDrive)
    let step = Double(try #require(row.tolerance_lsb)) / 0x7FFF
    #expect(abs(other.position - (try #require(peer.position))) <= step * peerDrive.range.position)
    #expect(abs(other.velocity - (try #require(peer.velocity))) <= step * peerDrive.range.velocity)
    #expect(abs(other.torque - (try #require(peer.torque))) <= step * peerDrive.range.torque)
    #expect(other.temperature == peer.temperature)
  }

  private func faultReport(_ row: WireVector, _ frame: CANFrame) throws {
    let decoded = try #require(row.decoded)
    let report = robstride_decode_fault_report(bytes(of: frame))
    #expect(report.faults == decoded.faults && report.warnings == decoded.warnings)
    var faults = DriveFaults.motorOverTemperature
    for fault in [DriveFaults.underVoltage, .uncalibrated, .overload] { faults.insert(fault) }
    #expect(DriveCodec.decode(frame, for: Self.robstride(row, id: 0x7F)) == .faultReport(faults))
  }

  // MARK: - Shared

  private func feedback(_ frame: CANFrame, _ drive: DriveConfiguration) throws -> MotorState {
    #expect(DriveCodec.answers(frame, drive))
    guard case .feedback(let state) = DriveCodec.decode(frame, for: drive) else {
      throw UnknownKind(kind: "not decoded as feedback")
    }
    return state
  }

  private func expect(_ state: MotorState, _ decoded: WireVector.Decoded) throws {
    #expect(abs(state.position - (try #require(decoded.position))) <= 1e-12)
    #expect(abs(state.velocity - (try #require(decoded.velocity))) <= 1e-12)
    #expect(abs(state.torque - (try #require(decoded.torque))) <= 1e-12)
  }

  /// Position, velocity, stiffness, damping and torque words of an operation frame.
  private static func words(_ frame: CANFrame) -> [Int] {
    let body = robstride_decode_operation(bytes(of: frame))
    let torque = robstride_decode_address(frame.id).data
    return [body.position, body.velocity, body.stiffness, body.damping, torque].map(Int.init)
  }

  private static func address(_ type: robstride_type, data: UInt16, destination: UInt8) -> UInt32 {
    robstride_encode_address(
      robstride_address(type: UInt8(type.rawValue), data: data, destination: destination))
  }

  private static let anyRange = DriveRange(
    position: 12.5, velocity: 30, torque: 10, stiffness: 500, damping: 5)

  private static func damiao(_ row: WireVector, id: UInt16) -> DriveConfiguration {
    DriveConfiguration(
      family: .damiao, bus: 0, id: id, masterID: 0x11, isFlexibleDataRate: false,
      range: row.range?.value ?? anyRange)
  }

  private static func robstride(_ row: WireVector, id: UInt16) -> DriveConfiguration {
    DriveConfiguration(
      family: .robstride, bus: 0, id: id, masterID: 0xFD, isFlexibleDataRate: false,
      range: row.range?.value ?? anyRange)
  }
}
