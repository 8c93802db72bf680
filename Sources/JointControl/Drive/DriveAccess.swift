import CServoWire
public import ControlCycle

/// Reading and writing of parameters.
extension DriveLink where LoopTarget: ~Copyable {
  /// The present value of a parameter, as its 32-bit pattern.
  ///
  /// - Throws: `DriveError` when the drive does not answer or refuses.
  public mutating func read(
    _ parameter: DriveParameter, of drive: DriveConfiguration
  ) throws(DriveError) -> UInt32 {
    switch parameter.place {
    case .address(let address): return try read(address, parameter.name, of: drive)
    case .message(let command, let word):
      let question = DriveFrames.oDriveQuestion(UInt32(command), drive)
      let words = exchange([question]) { DriveFrames.oDriveWords($0, UInt32(command), drive) }
      guard let words else { throw .silent(parameter.name) }
      return words[word]
    case .console:
      let text = try console("conf get \(parameter.name)", of: drive)
      guard let value = Float(text) else { throw Self.refusal(of: parameter.name, saying: text) }
      return value.bitPattern
    }
  }

  /// Writes a parameter for as long as the drive has power, and reads it back.
  ///
  /// Refused are what the table calls a hazard or read-only, values out of bounds, and what must not change while the power
  /// stage is on.
  ///
  /// - Parameters:
  ///   - value: what to write, in the parameter's unit.
  ///   - parameter: one of the drive's family.
  ///   - drive: the drive.
  /// - Returns: the patterns before and after.
  /// - Throws: `DriveError` when it is refused, by whom and why.
  @discardableResult
  public mutating func write(
    _ value: Double, to parameter: DriveParameter, of drive: DriveConfiguration
  ) throws(DriveError) -> (before: UInt32, after: UInt32) {
    switch parameter.access {
    case .hazard(let reason, let fix):
      throw DriveError(.refused, "\(parameter.name) is not written: \(reason)", fix: fix)
    case .readOnly:
      throw DriveError(.refused, "\(parameter.name) is read-only", fix: "write another parameter")
    case .always, .whileOff: break
    }
    let pattern = try parameter.pattern(of: value)
    if case .whileOff = parameter.access { try requireOff(drive, for: "writing \(parameter.name)") }
    let before = try read(parameter, of: drive)
    try put(pattern, parameter, of: drive)
    let after = try read(parameter, of: drive)
    guard parameter.agrees(after, with: pattern) else {
      throw DriveError(
        .drive,
        "the drive keeps \(parameter.name) at \(parameter.text(of: after)) "
          + "and did not take \(parameter.text(of: pattern))",
        fix: "see the manual's bounds for this model, and whether the drive must be off")
    }
    return (before, after)
  }

  private mutating func read(
    _ address: UInt32, _ name: String, of drive: DriveConfiguration
  ) throws(DriveError) -> UInt32 {
    let question = DriveCodec.encode(.readParameter(address), for: drive)
    let answer = exchange([question]) { frame -> (UInt32, Bool)? in
      guard case .parameter(let index, let value, let succeeded) = DriveCodec.decode(frame, for: drive),
        index == address
      else { return nil }
      return (value, succeeded)
    }
    guard let answer else { throw .silent(name) }
    guard answer.1 else { throw Self.refusal(of: name, abort: answer.0, drive) }
    return answer.0
  }

  private mutating func put(
    _ pattern: UInt32, _ parameter: DriveParameter, of drive: DriveConfiguration
  ) throws(DriveError) {
    switch parameter.place {
    case .message: preconditionFailure("no message is writable")
    case .console:
      let value = parameter.text(of: pattern)
      let text = try console("conf set \(parameter.name) \(value)", of: drive)
      guard text == "OK" else { throw Self.refusal(of: parameter.name, saying: text) }
    case .address(let address):
      let order = DriveCodec.encode(.writeParameter(address, pattern), for: drive)
      let answer = exchange([order]) { frame -> (UInt32, Bool)? in
        switch DriveCodec.decode(frame, for: drive) {
        case .parameter(let index, let value, let succeeded) where index == address: return (value, succeeded)
        case .feedback where drive.family == .robstride: return (0, true)
        default: return nil
        }
      }
      guard let answer else { throw .silent("write \(parameter.name)") }
      guard answer.1 else { throw Self.refusal(of: parameter.name, abort: answer.0, drive) }
    }
  }

  private static func refusal(of name: String, abort: UInt32, _ drive: DriveConfiguration) -> DriveError {
    let code =
      drive.family == .canopen ? " with abort \(String(abort, radix: 16, uppercase: true))" : ""
    return DriveError(
      .drive, "the drive refuses \(name)\(code)",
      fix: "see the family's page for what it means, and the manual")
  }

  private static func refusal(of name: String, saying text: String) -> DriveError {
    DriveError(.drive, "the drive's console answers '\(text)' to \(name)", fix: "update the drive's firmware")
  }
}

// MARK: - The console of a moteus drive

extension DriveLink where LoopTarget: ~Copyable {
  /// One line to the console, and the first line of its answer.
  ///
  /// An answer does not say what it answers: the console must have nothing left to say first.
  mutating func console(_ line: String, of drive: DriveConfiguration) throws(DriveError) -> String {
    guard let order = DriveFrames.console(line, drive) else {
      throw DriveError(.refused, "'\(line)' does not fit a frame", fix: "write fewer digits")
    }
    for _ in 0..<BringUp.attempts {
      var rests = 0
      while try poll(drive) != [] {
        rests += 1
        guard rests < 64 else {
          throw DriveError(.drive, "the drive's console does not fall silent", fix: "stop what streams on it")
        }
      }
      send([order])
      var text: [UInt8] = []
      for _ in 0..<16 {
        text += try poll(drive)
        guard let end = text.firstIndex(where: { $0 == 10 || $0 == 13 }) else { continue }
        return String(decoding: text[..<end], as: UTF8.self)
      }
    }
    throw .silent(line)
  }

  private mutating func poll(_ drive: DriveConfiguration) throws(DriveError) -> [UInt8] {
    let question = DriveCodec.encode(.readParameter(Moteus.Parameter.answer), for: drive)
    guard let text = exchange([question], { DriveFrames.consoleText($0, drive) }) else {
      throw .silent("console")
    }
    return text
  }
}
