public import ControlCycle

/// The text form of a frame that `candump -L` prints and can-utils, python-can and SavvyCAN read.
///
///     (0000000001.002003) can0 001#7FFF7FF0000007FF          classic, 11-bit
///     (0000000001.002003) can0 0180FD7F#0102                 classic, 29-bit
///     (0000000001.002003) can0 001##17FFF7FF0000007FF        CAN FD; the digit holds BRS (1) and ESI (2)
///     (0000000001.002003) can0 001#R4                        remote, with a length of 4
///     (0000000001.002003) can0 001#0011223344556677_C        classic, with a data length code above 8
///     (0000000001.002003) can0 20000004#0010000000008200     error frame, in the coding of linux/can/error.h
///
/// With `candump -x` a line ends with R, received, or T, sent.
public enum CandumpLine {
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// Appends one line, newline included.
  ///
  /// - Parameters:
  ///   - frame: its `time` [ns] is printed in microseconds.
  ///   - interface: the network interface, as UTF-8.
  ///   - text: receives the line.
  public static func append(_ frame: CANFrame, interface: [UInt8], to text: inout [UInt8]) {
    append(CapturedFrame(frame), interface: interface, to: &text)
  }

  /// As `append` of a frame, with the direction and the data length code where they are known.
  public static func append(_ captured: CapturedFrame, interface: [UInt8], to text: inout [UInt8]) {
    let microseconds = max(0, captured.frame.time / 1000)
    text.append(UInt8(ascii: "("))
    appendDecimal(microseconds / 1_000_000, width: 10, to: &text)
    text.append(UInt8(ascii: "."))
    appendDecimal(microseconds % 1_000_000, width: 6, to: &text)
    text.append(contentsOf: [UInt8(ascii: ")"), UInt8(ascii: " ")])
    text.append(contentsOf: interface)
    text.append(UInt8(ascii: " "))
    appendFrame(captured, to: &text)
    switch captured.direction {
    case .unknown: break
    case .received: text.append(contentsOf: [UInt8(ascii: " "), UInt8(ascii: "R")])
    case .sent: text.append(contentsOf: [UInt8(ascii: " "), UInt8(ascii: "T")])
    }
    text.append(UInt8(ascii: "\n"))
  }

  /// Appends identifier, format and data.
  private static func appendFrame(_ captured: CapturedFrame, to text: inout [UInt8]) {
    let frame = captured.frame
    let id = frame.isError ? frame.id | errorFlag : frame.id
    for nibble in stride(from: frame.isExtended || frame.isError ? 28 : 8, through: 0, by: -4) {
      text.append(digits[Int(id >> UInt32(nibble) & 0xF)])
    }
    text.append(UInt8(ascii: "#"))
    if frame.isRemote {
      text.append(UInt8(ascii: "R"))
      if (1...8).contains(frame.length) { text.append(digits[Int(frame.length)]) }
    } else {
      if frame.isFlexibleDataRate {
        let flags = (frame.hasBitRateSwitch ? 1 : 0) | (frame.hasErrorState ? 2 : 0)
        text.append(contentsOf: [UInt8(ascii: "#"), digits[flags]])
      }
      for index in 0..<Int(min(frame.length, 64)) {
        text.append(digits[Int(frame.payload[index] >> 4)])
        text.append(digits[Int(frame.payload[index] & 0xF)])
      }
    }
    if (9...15).contains(captured.lengthCode) && frame.length == 8 && !frame.isFlexibleDataRate {
      text.append(contentsOf: [UInt8(ascii: "_"), digits[Int(captured.lengthCode)]])
    }
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

  /// CAN_ERR_FLAG of linux/can.h.
  static var errorFlag: UInt32 { 0x2000_0000 }
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
  /// Whether its length is one of CAN FD's, or at most 8 in a classic frame.
  public var hasPossibleLength: Bool {
    length <= 8 || isFlexibleDataRate && [12, 16, 20, 24, 32, 48, 64].contains(length)
  }
}
