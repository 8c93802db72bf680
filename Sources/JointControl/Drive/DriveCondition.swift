import CServoWire
public import ControlCycle

/// How a drive is, as far as its family tells.
public struct DriveCondition: Sendable, Equatable {
  /// Mode, faults, position, velocity, torque, temperature, at the shaft the drive reports.
  public var state: MotorState
  /// Which of them the drive told.
  public var fields: MotorFields

  /// Whether the power stage is certainly off.
  public var isOff: Bool {
    switch state.mode {
    case .disabled, .fault: fields.contains(.mode)
    case .enabled, .calibrating: false
    }
  }
}

extension DriveLink where LoopTarget: ~Copyable {
  /// Asks a drive how it is, with a frame that neither moves it nor switches it on.
  ///
  /// Damiao: refresh. moteus: a question. CANopen: objects. ODrive: its own frames. RobStride has no such question: its torque
  /// limit is read and written back unchanged, which draws a sample. MyActuator: status 1 and 2 and the angle, which leave open
  /// whether it is on. MIT has none either: **the drive is told to leave its
  /// mode**, so that one which was left on lets go.
  ///
  /// - Throws: `DriveError` when it does not answer.
  public mutating func condition(of drive: DriveConfiguration) throws(DriveError) -> DriveCondition {
    switch drive.family {
    case .canopen: return try objects(of: drive)
    case .damiao, .moteus:
      return try sample(after: DriveCodec.encode(.identify, for: drive), of: drive, "state")
    case .mit:
      // A command of zeros first: one that the drive still holds may act when it is next switched on.
      _ = try sample(after: DriveCodec.encode(.disable, for: drive, status: MIT.entered), of: drive, "let go")
      var condition = try sample(after: DriveCodec.encode(.disable, for: drive), of: drive, "switch off")
      condition.fields = condition.fields.union(.mode)
      return condition
    case .myactuator: return try statuses(of: drive)
    case .odrive, .odrive05: return try broadcast(of: drive)
    case .robstride:
      let limit = RobStride.Parameter.torqueLimit
      let parameter = DriveParameter("limit_torque", .address(limit), .float, source: "")
      let present = try read(parameter, of: drive)
      return try sample(
        after: DriveCodec.encode(.writeParameter(limit, present), for: drive), of: drive, "state")
    }
  }

  /// Refuses unless the power stage is off.
  ///
  /// A MyActuator drive says so only in answer to the order to shut down, which it is given.
  mutating func requireOff(_ drive: DriveConfiguration, for what: String) throws(DriveError) {
    if case .myactuator = drive.family {
      _ = try sample(after: DriveCodec.encode(.disable, for: drive), of: drive, "switch off", wanting: .mode)
      return
    }
    let condition = try condition(of: drive)
    guard !condition.isOff else { return }
    throw DriveError(
      .state, "\(what) needs the drive off, and it is \(condition.state.mode)",
      fix: "end the program that runs it, or power-cycle the drive")
  }

  /// Refuses while somebody else commands the drives of a bus: their answers could be taken for ours, a Damiao register reply
  /// cannot be told from a sample in every case, and a drive must not change under a running loop.
  ///
  /// - Parameter drives: all described drives of the bus.
  /// - Throws: `DriveError` with the number of answers that were heard.
  public mutating func requireQuiet(_ drives: [DriveConfiguration]) throws(DriveError) {
    var heard = 0
    listen(until: now + 30_000_000) { frame in
      if drives.contains(where: { Self.answersSomebody(frame, $0) }) { heard += 1 }
      return false
    }
    guard heard > 0 else { return }
    throw DriveError(
      .state, "somebody commands this bus: \(heard) answers in 30 ms to nothing asked here",
      fix: "end the program that does, then try again")
  }

  /// Whether a frame answers a command or a question, and is none that a drive sends by itself.
  private static func answersSomebody(_ frame: CANFrame, _ drive: DriveConfiguration) -> Bool {
    guard DriveCodec.answers(frame, drive) else { return false }
    switch drive.family {
    case .damiao, .mit, .moteus, .myactuator: return true
    case .odrive, .odrive05: return false
    case .canopen: return frame.id < CANOPEN_ID_HEARTBEAT.rawValue && frame.id >= CANOPEN_ID_TPDO1.rawValue
    case .robstride:
      let type = UInt32(robstride_decode_address(frame.id).type)
      return type == ROBSTRIDE_TYPE_FEEDBACK.rawValue || type == ROBSTRIDE_TYPE_READ.rawValue
    }
  }

  // MARK: - By family

  mutating func sample(
    after frame: CANFrame, of drive: DriveConfiguration, _ what: String, wanting: MotorFields = .position
  ) throws(DriveError) -> DriveCondition {
    var isMalformed = false
    let found = exchange([frame]) { frame -> DriveCondition? in
      guard DriveCodec.answers(frame, drive) else { return nil }
      switch DriveCodec.decode(frame, for: drive) {
      case .feedback(let state): return DriveCondition(state: state, fields: MotorFields(bits: 31))
      case .part(let state, let fields) where fields.contains(wanting):
        return DriveCondition(state: state, fields: fields)
      case .malformed:
        isMalformed = true
        return nil
      default: return nil
      }
    }
    if let found { return found }
    guard isMalformed else { throw .silent(what) }
    throw DriveError(
      .drive, "the drive answers '\(what)' with a frame that its model does not send",
      fix: "compare model and firmware in robot.yaml with the drive's")
  }

  /// Status 2, the angle, and status 1, whose errors are faults: then the power stage is off.
  private mutating func statuses(of drive: DriveConfiguration) throws(DriveError) -> DriveCondition {
    var condition = try sample(
      after: DriveCodec.encode(.start, for: drive), of: drive, "status 2", wanting: .torque)
    let angle = DriveCodec.encode(.readParameter(MYACTUATOR_COMMAND_READ_ANGLE.rawValue), for: drive)
    let position = try sample(after: angle, of: drive, "angle")
    condition.take(.position, of: position.state)
    let question = DriveCodec.encode(.clearFault, for: drive)
    let faults = exchange([question]) { frame -> DriveFaults? in
      switch DriveCodec.decode(frame, for: drive) {
      case .faultReport(let faults): faults
      case .part(_, let fields) where fields.contains(.faults): DriveFaults()
      default: nil
      }
    }
    guard let faults else { throw .silent("status 1") }
    if !faults.isEmpty {
      condition.state.mode = .fault
      condition.state.faults = faults
      condition.fields = condition.fields.union(.mode)
    }
    return condition
  }

  private mutating func objects(of drive: DriveConfiguration) throws(DriveError) -> DriveCondition {
    func object(_ index: UInt16, _ form: DriveParameter.Form) -> DriveParameter {
      DriveParameter(
        String(index, radix: 16), .address(CANopen.Object.address(index)), form, source: "")
    }
    var state = MotorState()
    let word = object(0x6041, .unsigned(bits: 16))
    state.status = UInt16(truncatingIfNeeded: try read(word, of: drive))
    state.mode = CANopen.mode(ofStatus: state.status)
    if case .fault = state.mode {
      state.faults = CANopen.faults(
        ofCode: UInt16(truncatingIfNeeded: try read(object(0x603F, .unsigned(bits: 16)), of: drive)))
    }
    let long = DriveParameter.Form.signed(bits: 32)
    let position = object(0x6064, long)
    state.position = position.value(of: try read(position, of: drive)) / 2_147_483_648 * drive.range.position
    let velocity = object(0x606C, long)
    state.velocity = velocity.value(of: try read(velocity, of: drive)) / 2_147_483_648 * drive.range.velocity
    let torque = object(0x6077, .signed(bits: 16))
    state.torque = torque.value(of: try read(torque, of: drive)) / 32768 * drive.range.torque
    return DriveCondition(
      state: state, fields: MotorFields.position.union(.velocity).union(.torque).union(.mode))
  }

  /// Waits for a heartbeat and for estimates, whatever else comes meanwhile.
  private mutating func broadcast(of drive: DriveConfiguration) throws(DriveError) -> DriveCondition {
    var condition = DriveCondition(state: MotorState(), fields: MotorFields(bits: 0))
    let wanted = MotorFields.mode.union(.position)
    let isWhole = listen(until: now + 3 * Int64(ODrive.heartbeatInterval) * 1_000_000) { frame in
      guard DriveCodec.answers(frame, drive),
        case .part(let state, let fields) = DriveCodec.decode(frame, for: drive)
      else { return false }
      condition.take(fields, of: state)
      return condition.fields.contains(wanted)
    }
    guard isWhole else { throw .silent("heartbeat and estimates") }
    return condition
  }
}

extension DriveCondition {
  fileprivate mutating func take(_ fields: MotorFields, of other: MotorState) {
    if fields.contains(.position) { state.position = other.position }
    if fields.contains(.velocity) { state.velocity = other.velocity }
    if fields.contains(.torque) { state.torque = other.torque }
    if fields.contains(.temperature) { state.temperature = other.temperature }
    if fields.contains(.mode) {
      (state.mode, state.faults, state.status) = (other.mode, other.faults, other.status)
    }
    self.fields = self.fields.union(fields)
  }
}
