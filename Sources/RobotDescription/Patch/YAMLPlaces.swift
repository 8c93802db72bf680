import Yams

/// From a line and a column, as libyaml counts them, to the byte that stands there.
///
/// libyaml takes more for the end of a line than a line feed, and counts columns in Unicode scalars.
struct YAMLPlaces {
  private let bytes: [UInt8]
  /// Where each line begins.
  private let starts: [Int]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var starts = [0]
    var offset = 0
    while offset < bytes.count {
      if let width = Self.breakWidth(bytes, at: offset) {
        offset += width
        starts.append(offset)
      } else {
        offset += 1
      }
    }
    self.starts = starts
  }

  /// The byte at a mark; nil where the text has no such place.
  func offset(of mark: Mark) -> Int? {
    guard mark.line >= 1, mark.line <= starts.count, mark.column >= 1 else { return nil }
    var offset = starts[mark.line - 1]
    for _ in 1..<mark.column {
      guard offset < bytes.count else { return nil }
      offset += 1
      while offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
    }
    return offset <= bytes.count ? offset : nil
  }

  /// Whether a line begins at a byte.
  func isLineStart(_ offset: Int) -> Bool { starts.contains(offset) }

  /// Where the line ends in which a byte stands, in front of its line end.
  func lineEnd(from offset: Int) -> Int {
    var end = offset
    while end < bytes.count, Self.breakWidth(bytes, at: end) == nil { end += 1 }
    return end
  }

  /// The line end that the text uses first; a line feed where it has one line.
  var lineBreak: [UInt8] {
    var offset = 0
    while offset < bytes.count {
      if let width = Self.breakWidth(bytes, at: offset) { return Array(bytes[offset..<offset + width]) }
      offset += 1
    }
    return [UInt8(ascii: "\n")]
  }

  private static func breakWidth(_ bytes: [UInt8], at offset: Int) -> Int? {
    let rest = bytes[offset...].prefix(3)
    switch rest.first {
    case 0x0A: return 1
    case 0x0D: return rest.dropFirst().first == 0x0A ? 2 : 1
    case 0xC2: return rest.dropFirst().first == 0x85 ? 2 : nil
    case 0xE2: return [0xA8, 0xA9].contains(rest.last) && rest.dropFirst().first == 0x80 ? 3 : nil
    default: return nil
    }
  }
}
