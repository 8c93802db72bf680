import ControlCycle

/// The console of a moteus drive: one line at a time, one answer for each.
struct MoteusConsole: BitwiseCopyable, Sendable {
  static var channel: UInt32 { 1 }

  private var bytes = InlineArray<128, UInt8>(repeating: 0)
  /// Bytes that wait for a poll.
  private(set) var count = 0

  /// Takes a line and keeps its answer; bytes beyond the buffer are lost, as in the drive.
  ///
  /// - Returns: whether the settings are to be stored.
  mutating func take(
    _ line: UnsafePointer<UInt8>, count: Int, settings: inout MoteusFirmware.Settings
  ) -> Bool {
    let text = String(decoding: UnsafeBufferPointer(start: line, count: count), as: UTF8.self)
    let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
    var isStored = false
    var answer = "ERR unknown"
    if text.hasSuffix("\n") {
      switch (words.first, words.dropFirst().first, words.count) {
      case ("conf", "get", 3): answer = settings.text(of: words[2]) ?? answer
      case ("conf", "set", 4): if settings.set(words[2], to: words[3]) { answer = "OK" }
      case ("conf", "write", 2):
        isStored = true
        answer = "OK"
      default: break
      }
    }
    for byte in (answer + "\r\n").utf8 where self.count < 128 {
      bytes[self.count] = byte
      self.count += 1
    }
    return isStored
  }

  mutating func removeFirst() -> UInt8 {
    guard count > 0 else { return 0 }
    let first = bytes[0]
    for place in 1..<max(count, 1) { bytes[place - 1] = bytes[place] }
    count -= 1
    return first
  }
}

extension MoteusFirmware.Settings {
  /// What `conf get` prints; nil for a name that this twin does not have.
  func text(of name: String) -> String? {
    switch name {
    case "id.id": "\(id)"
    case "servo.pid_position.kp": Self.decimal(kp)
    case "servo.pid_position.kd": Self.decimal(kd)
    case "servo.pid_position.ilimit": Self.decimal(integralLimit)
    case "servo.timeout_mode": "\(timeoutMode)"
    case "servo.default_timeout_s": Self.decimal(defaultTimeout)
    case "servo.timeout_max_torque_Nm": Self.decimal(timeoutTorque)
    case "motor_position.rotor_to_output_ratio": Self.decimal(outputRatio)
    default: nil
    }
  }

  /// What `conf set` does; false where the name or the value is none.
  mutating func set(_ name: String, to text: String) -> Bool {
    guard let value = Double(text), value.isFinite else { return false }
    switch name {
    case "id.id":
      guard value >= 1, value <= 127 else { return false }
      id = UInt16(value)
    case "servo.pid_position.kp": kp = value
    case "servo.pid_position.kd": kd = value
    case "servo.pid_position.ilimit": integralLimit = value
    case "servo.timeout_mode":
      guard [0, 12, 15].contains(value) else { return false }
      timeoutMode = UInt8(value)
    case "servo.default_timeout_s": defaultTimeout = value
    case "servo.timeout_max_torque_Nm": timeoutTorque = value
    case "motor_position.rotor_to_output_ratio": outputRatio = value
    default: return false
    }
    return true
  }

  /// Six decimals, as C prints a float.
  private static func decimal(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "nan" }
    let millionths = Int64((abs(value) * 1e6).rounded())
    let fraction = String(millionths % 1_000_000)
    let padding = String(repeating: "0", count: 6 - fraction.utf8.count)
    return (value < 0 ? "-" : "") + "\(millionths / 1_000_000).\(padding)\(fraction)"
  }
}
