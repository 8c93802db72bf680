import ControlCycle
import Foundation
import Recording

/// Frames as JSON and as lines of candump -L.
enum FrameText {
  private struct Frame: Decodable {
    var id: UInt32
    var extended: Bool?
    var fd: Bool?
    var brs: Bool?
    var data: String
  }

  static func json(_ frame: CANFrame) -> JSONValue {
    .object([
      ("id", .integer(Int64(frame.id))), ("extended", .boolean(frame.isExtended)),
      ("fd", .boolean(frame.isFlexibleDataRate)), ("brs", .boolean(frame.hasBitRateSwitch)),
      ("data", .string((0..<Int(frame.length)).map { String(format: "%02x", frame.payload[$0]) }.joined())),
    ])
  }

  static func candump(_ frame: CANFrame) -> String {
    var text: [UInt8] = []
    CandumpLine.append(frame, interface: Array("can0".utf8), to: &text)
    text.removeLast()
    return String(decoding: text, as: UTF8.self)
  }

  /// The frame of a line in either form.
  ///
  /// A frame of JSON that does not say its format has the drive's.
  static func frame(_ line: String, for drive: DriveConfiguration) throws(FrameLines.Problem) -> CANFrame {
    let text = line.trimmingCharacters(in: .whitespaces)
    guard text.hasPrefix("{") else { return try candump(text, bus: drive.bus) }
    return try json(text, isFlexible: drive.isFlexibleDataRate, bus: drive.bus)
  }

  private static func json(
    _ text: String, isFlexible: Bool, bus: UInt8
  ) throws(FrameLines.Problem) -> CANFrame {
    let parsed: Frame
    do { parsed = try JSONDecoder().decode(Frame.self, from: Data(text.utf8)) } catch {
      throw FrameLines.Problem(message: "no frame: \(reason(error)); see sinew frame decode --help")
    }
    return try frame(
      id: parsed.id, isExtended: parsed.extended ?? (parsed.id > 0x7FF), isFlexible: parsed.fd ?? isFlexible,
      hasSwitch: parsed.brs ?? parsed.fd ?? isFlexible, data: Substring(parsed.data), bus: bus)
  }

  /// `(time) interface ID#DATA` or `ID##FLAGSDATA`; the first two words may be missing.
  private static func candump(_ text: String, bus: UInt8) throws(FrameLines.Problem) -> CANFrame {
    guard let word = text.split(separator: " ").last(where: { $0.contains("#") }),
      let hash = word.firstIndex(of: "#"), let id = UInt32(word[..<hash], radix: 16)
    else { throw FrameLines.Problem(message: "neither JSON nor a line of candump -L") }
    var data = word[word.index(after: hash)...]
    var flags: UInt8 = 0
    let isFlexible = data.first == "#"
    if isFlexible {
      guard let digit = data.dropFirst().first?.hexDigitValue else {
        throw FrameLines.Problem(message: "a CAN FD frame has a digit of flags behind ##")
      }
      flags = UInt8(digit)
      data = data.dropFirst(2)
    }
    if data.first == "R" { throw FrameLines.Problem(message: "a remote frame says nothing") }
    return try frame(
      id: id, isExtended: word.distance(from: word.startIndex, to: hash) > 3, isFlexible: isFlexible,
      hasSwitch: flags & 1 != 0, data: data, bus: bus)
  }

  private static func frame(
    id: UInt32, isExtended: Bool, isFlexible: Bool, hasSwitch: Bool, data: Substring, bus: UInt8
  ) throws(FrameLines.Problem) -> CANFrame {
    guard id <= (isExtended ? 0x1FFF_FFFF : 0x7FF) else {
      throw FrameLines.Problem(message: "identifier \(id) is too large")
    }
    let digits = data.compactMap(\.hexDigitValue)
    guard digits.count == data.count, digits.count.isMultiple(of: 2), digits.count <= (isFlexible ? 128 : 16)
    else {
      throw FrameLines.Problem(
        message: "\"\(data)\" is not \(isFlexible ? "0...64" : "0...8") bytes in hexadecimal")
    }
    var frame = CANFrame(id: id, bus: bus, isExtended: isExtended, isFlexibleDataRate: isFlexible)
    frame.hasBitRateSwitch = hasSwitch
    frame.length = UInt8(digits.count / 2)
    for index in 0..<digits.count / 2 {
      frame.payload[index] = UInt8(digits[2 * index] << 4 | digits[2 * index + 1])
    }
    return frame
  }

  /// What is wrong with a JSON text, in a few words.
  static func reason(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "\"\(key.stringValue)\" is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "\"\(context.codingPath.last?.stringValue ?? "")\" has the wrong type"
    case DecodingError.dataCorrupted(let context):
      context.codingPath.last.map { "\"\($0.stringValue)\" is out of range" } ?? "not JSON"
    default: "\(error)"
    }
  }
}
