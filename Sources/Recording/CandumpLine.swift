public import ControlCycle

/// The text form of a frame that `candump -L` prints and can-utils, python-can and SavvyCAN read.
///
///     (0000000001.002003) can0 001#7FFF7FF0000007FF          classic, 11-bit
///     (0000000001.002003) can0 0180FD7F#0102                 classic, 29-bit
///     (0000000001.002003) can0 001##17FFF7FF0000007FF        CAN FD; the digit holds BRS (1) and ESI (2)
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
    for nibble in stride(from: frame.isExtended ? 28 : 8, through: 0, by: -4) {
      text.append(digits[Int(frame.id >> UInt32(nibble) & 0xF)])
    }
    text.append(UInt8(ascii: "#"))
    if frame.isFlexibleDataRate {
      text.append(contentsOf: [UInt8(ascii: "#"), digits[frame.hasBitRateSwitch ? 1 : 0]])
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
