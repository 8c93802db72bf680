import CServoWire
public import ControlCycle

/// What stays in a drive when its power goes: saving, zero, identifier.
extension DriveLink where LoopTarget: ~Copyable {
  /// Makes the present settings permanent.
  ///
  /// Only while the power stage is off. An ODrive of 0.6 starts anew with it.
  ///
  /// - Throws: `DriveError` where the family cannot over CAN, the drive is on, or it does not acknowledge.
  public mutating func save(_ drive: DriveConfiguration) throws(DriveError) {
    try DriveRules.requireSavable(drive)
    try requireOff(drive, for: "saving")
    switch drive.family {
    case .mit, .myactuator, .odrive05: preconditionFailure("refused above")
    case .damiao:
      // Up to 30 ms by the manual.
      let isSaved = exchange([DriveFrames.damiaoSave(drive)], patience: 60_000_000, attempts: 2) {
        DriveFrames.isSaved($0, drive) ? true : nil
      }
      guard isSaved == true else { throw .silent("save") }
    case .robstride:
      guard let order = RobStride.save(drive) else { preconditionFailure("refused above") }
      let isSaved = exchange([order], patience: 300_000_000, attempts: 2) { frame -> Bool? in
        if case .feedback = DriveCodec.decode(frame, for: drive) { true } else { nil }
      }
      guard isSaved == true else { throw .silent("save") }
    case .moteus:
      let text = try console("conf write", of: drive)
      guard text == "OK" else {
        throw DriveError(.drive, "the drive answers '\(text)' to conf write", fix: "see its console")
      }
    case .canopen: try saveObjects(drive)
    case .odrive:
      send([DriveFrames.oDriveSave(drive)])
      pass(100_000_000)
      _ = try condition(of: drive)
    }
  }

  private mutating func saveObjects(_ drive: DriveConfiguration) throws(DriveError) {
    let address = CANopen.Object.address(UInt16(CANOPEN_OBJECT_STORE.rawValue), 1)
    let order = DriveCodec.encode(.writeParameter(address, CANOPEN_SIGNATURE_SAVE.rawValue), for: drive)
    // No bound is printed for the answer; it is asked for once, as a second write is a second wear.
    let answer = exchange([order], patience: 2_000_000_000, attempts: 1) { frame -> (UInt32, Bool)? in
      guard case .parameter(address, let value, let succeeded) = DriveCodec.decode(frame, for: drive) else {
        return nil
      }
      return (value, succeeded)
    }
    guard let answer else { throw .silent("save") }
    guard answer.1 else {
      throw DriveError(
        .drive, "the drive refuses to save with abort \(String(answer.0, radix: 16, uppercase: true))",
        fix: "see its manual for object 1010")
    }
  }

  // MARK: - Zero

  /// Makes the present position zero.
  ///
  /// Only while the power stage is off.
  ///
  /// - Returns: position before and after [rad], at the shaft the drive reports.
  /// - Throws: `DriveError` where the family has no such order, the drive is on, or its position is not zero then.
  public mutating func zero(_ drive: DriveConfiguration) throws(DriveError) -> (before: Double, after: Double)
  {
    try DriveRules.requireZeroable(drive)
    try requireOff(drive, for: "setting zero")
    if case .robstride = drive.family {
      let mode = try read(DriveParameter.named("run_mode", of: drive), of: drive)
      guard mode & 0xFF != ROBSTRIDE_RUN_MODE_PROFILE_POSITION.rawValue else {
        throw DriveError(
          .state, "a RobStride takes no zero in profile position mode", fix: "write run_mode 0 first")
      }
    }
    let before = try condition(of: drive).state.position
    let order = DriveCodec.encode(.setZero, for: drive)
    switch drive.family {
    case .odrive, .odrive05: send([order])
    default: _ = try sample(after: order, of: drive, "set zero")
    }
    pass(10_000_000)
    let after = try condition(of: drive).state.position
    // Slow with MIT drives: a peer's driver waits 1.5 s after it.
    if case .mit = drive.family { pass(1_500_000_000) }
    guard after.magnitude <= 0.02 else {
      throw DriveError(
        .drive, "the drive reports \(Float(after)) rad after zero was set",
        fix: "see whether the shaft moves, and whether the firmware knows the order")
    }
    return (before, after)
  }

  // MARK: - Identifier

  /// Gives a drive another identifier, and sees it answer there.
  ///
  /// - Parameters:
  ///   - id: the new identifier.
  ///   - masterID: the new identifier of its answers, for Damiao.
  ///   - drive: the drive as it is.
  ///   - others: identifiers of the other drives that the description has on the bus, and of what they answer with.
  /// - Returns: the drive as it is then.
  /// - Throws: `DriveError` where the identifier is out of range or taken, the drive is on, or does not answer there.
  public mutating func setID(
    _ id: UInt16, masterID: UInt16? = nil, of drive: DriveConfiguration, others: Set<UInt16>
  ) throws(DriveError) -> DriveConfiguration {
    var new = drive
    new.id = id
    new.masterID = masterID ?? drive.masterID
    try DriveRules.requireIdentifiers(new, from: drive, others: others)
    try requireOff(drive, for: "changing its id")
    if id != drive.id, answers(new) {
      throw DriveError(
        .refused, "id \(id) answers on this bus already", fix: "choose another, or move that drive first")
    }
    switch drive.family {
    case .canopen, .mit, .myactuator, .odrive05: preconditionFailure("refused above")
    case .damiao: try moveDamiao(drive, to: new)
    case .robstride:
      if id != drive.id { send([DriveFrames.robStrideSetID(id, of: drive)]) }
    case .moteus:
      guard let order = DriveFrames.console("conf set id.id \(id)", drive) else {
        preconditionFailure("short")
      }
      // Its answer waits in the console, which is emptied at the next question.
      send([order])
    case .odrive:
      let question = DriveFrames.oDriveQuestion(ODRIVE_COMMAND_ADDRESS.rawValue, drive)
      guard let identity = exchange([question], { DriveFrames.oDriveAddress($0, drive) }) else {
        throw .silent("address")
      }
      send([DriveFrames.oDriveSetNode(id, of: identity, drive)])
    }
    pass(10_000_000)
    guard answers(new) else {
      throw DriveError(
        .drive, "nobody answers at id \(id) after the change",
        fix: "run sinew drive scan to see where the drive is")
    }
    return new
  }

  private mutating func moveDamiao(
    _ drive: DriveConfiguration, to new: DriveConfiguration
  ) throws(DriveError) {
    // The reply to a write still has the old identifiers. The answer's identifier first: it is the safer of the two.
    var present = drive
    for (register, value) in [
      (Damiao.Register.masterID, UInt32(new.masterID)), (Damiao.Register.driveID, UInt32(new.id)),
    ] {
      let order = DriveCodec.encode(.writeParameter(register, value), for: present)
      let kept = exchange([order]) { frame -> UInt32? in
        guard case .parameter(register, let value, _) = DriveCodec.decode(frame, for: present) else {
          return nil
        }
        return value
      }
      guard kept == value else { throw .silent("write of register \(register)") }
      if register == Damiao.Register.masterID { present.masterID = new.masterID }
    }
  }
}
