public import ControlCycle

/// The text form of a frame that `candump -L` prints and can-utils, python-can and SavvyCAN read.
///
///     (0000000001.002003) can0 001#7FFF7FF0000007FF          classic, 11-bit
///     (0000000001.002003) can0 0180FD7F#0102                 classic, 29-bit
///     (0000000001.002003) can0 001##17FFF7FF0000007FF        CAN FD; the digit holds BRS (1) and ESI (2)
///     (0000000001.002003) can0 001#R4                        remote, with a length of 4
///     (0000000001.002003) can0 20000004#0010000000008200     error frame, in the coding of linux/can/error.h
public enum CandumpLine {
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// Appends one line, newline included.
  ///
  /// - Parameters:
  ///   - frame: its `time` [ns] is printed in microseconds.
  ///   - interface: the network interface, as UTF-8.
  ///   - text: receives the line.
  public static func append(_ frame: CANFrame, interface: [UInt8], to text: inout [UInt8]) {
    let microseconds = max(0, frame.time / 1000)
    text.append(UInt8(ascii: "("))
    appendDecimal(microseconds / 1_000_000, width: 10, to: &text)
    text.append(UInt8(ascii: "."))
    appendDecimal(microseconds % 1_000_000, width: 6, to: &text)
    text.append(contentsOf: [UInt8(ascii: ")"), UInt8(ascii: " ")])
    text.append(contentsOf: interface)
    text.append(UInt8(ascii: " "))
    let id = frame.isError ? frame.id | 0x2000_0000 : frame.id
    for nibble in stride(from: frame.isExtended || frame.isError ? 28 : 8, through: 0, by: -4) {
      text.append(digits[Int(id >> UInt32(nibble) & 0xF)])
    }
    text.append(UInt8(ascii: "#"))
    if frame.isRemote {
      text.append(UInt8(ascii: "R"))
      if (1...8).contains(frame.length) { text.append(digits[Int(frame.length)]) }
      text.append(UInt8(ascii: "\n"))
      return
    }
    if frame.isFlexibleDataRate {
      let flags = (frame.hasBitRateSwitch ? 1 : 0) | (frame.hasErrorState ? 2 : 0)
      text.append(contentsOf: [UInt8(ascii: "#"), digits[flags]])
    }
    for index in 0..<Int(min(frame.length, 64)) {
      text.append(digits[Int(frame.payload[index] >> 4)])
      text.append(digits[Int(frame.payload[index] & 0xF)])
    }
    text.append(UInt8(ascii: "\n"))
  }

  private static func appendDecimal(_ value: Int64, width: Int, to text: inout [UInt8]) {
    var divisor: Int64 = 1
    for _ in 1..<width { divisor *= 10 }
    var rest = value
    while divisor > 0 {
      text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / divisor % 10))
      rest %= divisor
      divisor /= 10
    }
  }
}

extension CandumpLine {
  /// The frame that a line holds behind its interface, such as `123#DEADBEEF`, `00000123#R4` or `123##1AABB`; nil where it
  /// is none that a bus could carry.
  public static func frame(_ text: String) -> CANFrame? {
    guard let mark = text.firstIndex(of: "#"), text.utf8.count <= 140 else { return nil }
    let digits = text[..<mark]
    guard digits.utf8.count == 3 || digits.utf8.count == 8, digits.allSatisfy(\.isHexDigit),
      digits.allSatisfy(\.isASCII),
      let id = UInt32(digits, radix: 16), id <= (digits.utf8.count == 3 ? 0x7FF : 0x1FFF_FFFF)
    else { return nil }
    var frame = CANFrame(id: id, bus: 0, isExtended: digits.utf8.count == 8)
    var rest = text[text.index(after: mark)...]
    if rest.first == "R" {
      guard let length = rest.count == 1 ? 0 : Int(rest.dropFirst()), (0...8).contains(length),
        rest.count <= 2
      else {
        return nil
      }
      frame.isRemote = true
      frame.length = UInt8(length)
      return frame
    }
    if rest.first == "#" {
      guard let flags = rest.dropFirst().first?.hexDigitValue, flags & ~7 == 0 else { return nil }
      frame.isFlexibleDataRate = true
      frame.hasBitRateSwitch = flags & 1 != 0
      frame.hasErrorState = flags & 2 != 0
      rest = rest.dropFirst(2)
    }
    return fill(&frame, with: rest) ? frame : nil
  }

  private static func fill(_ frame: inout CANFrame, with text: Substring) -> Bool {
    let bytes = text.compactMap(\.hexDigitValue)
    let count = bytes.count / 2
    let lengths = frame.isFlexibleDataRate ? [12, 16, 20, 24, 32, 48, 64] : []
    guard bytes.count == text.utf8.count, bytes.count.isMultiple(of: 2), count <= 8 || lengths.contains(count)
    else {
      return false
    }
    frame.length = UInt8(count)
    for index in 0..<count { frame.payload[index] = UInt8(bytes[2 * index] << 4 | bytes[2 * index + 1]) }
    return true
  }
}

/// What a frame may be beside the data frames of the loop, in programs that look on: the bits of servo_can.h.
extension CANFrame {
  /// Whether the node that sent a CAN FD frame was error-passive (ESI).
  public var hasErrorState: Bool {
    get { flags & 8 != 0 }
    set { flags = newValue ? flags | 8 : flags & ~8 }
  }
  /// Whether the frame asks for data and carries none.
  public var isRemote: Bool {
    get { flags & 16 != 0 }
    set { flags = newValue ? flags | 16 : flags & ~16 }
  }
  /// Whether the frame is no frame of the wire but what a controller has to tell; `id` is the class of error.
  public var isError: Bool {
    get { flags & 32 != 0 }
    set { flags = newValue ? flags | 32 : flags & ~32 }
  }
}
