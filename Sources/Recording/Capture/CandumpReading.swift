public import ControlCycle

extension CandumpLine {
  /// The frame that a line holds behind its interface, such as `123#DEADBEEF`, `00000123#R4` or `123##1AABB`; nil where it
  /// is none that a bus could carry.
  public static func frame(_ text: String) -> CANFrame? {
    var reader = TextReader(Array(text.utf8)[...])
    guard case .frame(let captured) = readFrame(&reader), reader.isAtEnd, !captured.frame.isError,
      captured.lengthCode == 0
    else { return nil }
    return captured.frame
  }

  /// A line, or why it is none.
  enum Reading {
    case line(CapturedFrame, interface: ArraySlice<UInt8>)
    case unreadable(String)
  }

  /// Reads a line without its end; `bus` is left 0.
  static func read(_ line: ArraySlice<UInt8>) -> Reading {
    var reader = TextReader(line)
    reader.skipBlanks()
    guard let time = readTime(&reader) else {
      return .unreadable("does not begin with (seconds.microseconds), as candump -L writes it")
    }
    reader.skipBlanks()
    let name = reader.word()
    guard !name.isEmpty, name.count <= 63, name.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      return .unreadable("names no interface behind its time")
    }
    reader.skipBlanks()
    var captured: CapturedFrame
    switch readFrame(&reader) {
    case .frame(let read): captured = read
    case .unreadable(let reason): return .unreadable(reason)
    }
    reader.skipBlanks()
    switch reader.take() {
    case nil: break
    case UInt8(ascii: "R"): captured.direction = .received
    case UInt8(ascii: "T"): captured.direction = .sent
    default: return .unreadable("has something behind its frame")
    }
    reader.skipBlanks()
    guard reader.isAtEnd else { return .unreadable("has something behind its frame") }
    captured.frame.time = time
    return .line(captured, interface: name)
  }

  private enum FrameReading {
    case frame(CapturedFrame)
    case unreadable(String)
  }

  /// `(seconds.fraction)`, one to nine digits of each kind that matter [ns].
  private static func readTime(_ reader: inout TextReader) -> Int64? {
    guard reader.take() == UInt8(ascii: "("), let seconds = reader.decimal(most: 12),
      seconds.value < 9_000_000_000,
      reader.take() == UInt8(ascii: "."), let part = reader.decimal(most: 9),
      reader.take() == UInt8(ascii: ")")
    else { return nil }
    var nanoseconds = part.value
    for _ in part.digits..<9 { nanoseconds *= 10 }
    return seconds.value * 1_000_000_000 + nanoseconds
  }

  private static func readFrame(_ reader: inout TextReader) -> FrameReading {
    guard let id = reader.hexadecimal(most: 8), id.digits == 3 || id.digits == 8,
      reader.take() == UInt8(ascii: "#")
    else { return .unreadable("has no identifier of 3 or 8 digits before a #") }
    var frame = CANFrame(id: id.value, bus: 0, isExtended: id.digits == 8)
    if id.digits == 8 && id.value & ~0x1FFF_FFFF == errorFlag {
      frame.id = id.value & 0x1FFF_FFFF
      frame.isExtended = false
      frame.isError = true
    } else if id.value > (frame.isExtended ? 0x1FFF_FFFF : 0x7FF) {
      return .unreadable("has an identifier that is too large")
    }
    if reader.peek() == UInt8(ascii: "R") {
      reader.skip()
      return readRemote(frame, &reader)
    }
    if reader.peek() == UInt8(ascii: "#") {
      reader.skip()
      // The third bit says CAN FD once more.
      guard let flags = reader.digit(), flags & ~7 == 0, !frame.isError else {
        return .unreadable("has no digit of CAN FD flags behind ##")
      }
      frame.isFlexibleDataRate = true
      frame.hasBitRateSwitch = flags & 1 != 0
      frame.hasErrorState = flags & 2 != 0
    }
    while let high = reader.digit() {
      guard let low = reader.digit(), frame.length < 64 else {
        return .unreadable("has no whole bytes in hexadecimal, or more than 64")
      }
      frame.payload[Int(frame.length)] = high << 4 | low
      frame.length += 1
    }
    guard frame.hasPossibleLength else {
      return .unreadable("has \(frame.length) bytes, which no frame of its format has")
    }
    return readLengthCode(frame, &reader)
  }

  private static func readRemote(_ frame: CANFrame, _ reader: inout TextReader) -> FrameReading {
    var frame = frame
    frame.isRemote = true
    if frame.isError { return .unreadable("is an error frame and asks for data") }
    if let length = reader.digit() {
      guard length <= 8 else { return .unreadable("asks for more than 8 bytes") }
      frame.length = length
    }
    return readLengthCode(frame, &reader)
  }

  private static func readLengthCode(_ frame: CANFrame, _ reader: inout TextReader) -> FrameReading {
    var captured = CapturedFrame(frame)
    if reader.peek() == UInt8(ascii: "_") {
      reader.skip()
      guard let code = reader.digit(), code > 8, frame.length == 8, !frame.isFlexibleDataRate else {
        return .unreadable("has a data length code that does not go with its length")
      }
      captured.lengthCode = code
    }
    let next = reader.peek()
    guard next == nil || next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") else {
      return .unreadable("has data that is no hexadecimal")
    }
    return .frame(captured)
  }
}

/// Characters of a line, taken one after the other.
private struct TextReader {
  private let text: ArraySlice<UInt8>
  private var place: Int

  init(_ text: ArraySlice<UInt8>) {
    self.text = text
    place = text.startIndex
  }

  var isAtEnd: Bool { place == text.endIndex }

  func peek() -> UInt8? { isAtEnd ? nil : text[place] }

  mutating func skip() { place = min(place + 1, text.endIndex) }

  mutating func take() -> UInt8? {
    guard let character = peek() else { return nil }
    place += 1
    return character
  }

  mutating func skipBlanks() {
    while let character = peek(), character == UInt8(ascii: " ") || character == UInt8(ascii: "\t") {
      place += 1
    }
  }

  mutating func word() -> ArraySlice<UInt8> {
    let start = place
    while let character = peek(), character != UInt8(ascii: " ") && character != UInt8(ascii: "\t") {
      place += 1
    }
    return text[start..<place]
  }

  /// A digit of 0...15.
  mutating func digit() -> UInt8? {
    guard let character = peek() else { return nil }
    let value: UInt8
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): value = character - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): value = character - UInt8(ascii: "a") + 10
    default: return nil
    }
    place += 1
    return value
  }

  mutating func hexadecimal(most: Int) -> (value: UInt32, digits: Int)? {
    var value: UInt32 = 0
    var digits = 0
    while digits < most, let digit = digit() {
      value = value << 4 | UInt32(digit)
      digits += 1
    }
    return digits == 0 ? nil : (value, digits)
  }

  mutating func decimal(most: Int) -> (value: Int64, digits: Int)? {
    var value: Int64 = 0
    var digits = 0
    while let character = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character) {
      guard digits < most else { return nil }
      value = value * 10 + Int64(character - UInt8(ascii: "0"))
      digits += 1
      place += 1
    }
    return digits == 0 ? nil : (value, digits)
  }
}
