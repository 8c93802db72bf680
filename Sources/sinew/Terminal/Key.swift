import Foundation

/// A key as a terminal sends it.
enum Key: Equatable {
  case character(Character)
  case up, down, left, right, pageUp, pageDown, home, end
  case enter, escape, tab, backspace
  /// A sequence that means none of these.
  case other
  /// Nothing more will come: the terminal is gone, or the input is at its end.
  case closed
}

/// Keys out of the bytes of a terminal, or of a file or pipe of characters.
struct KeyReader {
  private var bytes: [UInt8] = []
  private var isClosed = false

  /// Longest wait for the rest of a sequence that began [ms]; a bare Escape is told by it.
  static let sequenceTime = 40

  /// The next key, waited for so long [ms]; nil where none came.
  mutating func next(within milliseconds: Int, from descriptor: Int32) -> Key? {
    if bytes.isEmpty { fill(within: milliseconds, from: descriptor) }
    guard let first = bytes.first else { return isClosed ? .closed : nil }
    if Self.isPart(bytes), !isClosed { fill(within: Self.sequenceTime, from: descriptor) }
    let (key, length) = Self.parse(bytes, first)
    bytes.removeFirst(length)
    return key
  }

  private mutating func fill(within milliseconds: Int, from descriptor: Int32) {
    var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard !isClosed, poll(&wait, 1, Int32(milliseconds)) > 0 else { return }
    var room = [UInt8](repeating: 0, count: 256)
    let count = read(descriptor, &room, room.count)
    if count > 0 {
      bytes += room[..<count]
    } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
      isClosed = true
    }
  }

  /// Whether the rest of a sequence or a character may still be on its way.
  static func isPart(_ bytes: [UInt8]) -> Bool {
    guard let first = bytes.first else { return false }
    if first == 0x1B {
      guard bytes.count > 1 else { return true }
      guard bytes[1] == UInt8(ascii: "[") || bytes[1] == UInt8(ascii: "O") else { return false }
      return !bytes[2...].contains { (0x40...0x7E).contains($0) }
    }
    return first >= 0xC0 && bytes.count < width(of: first)
  }

  private static func width(of first: UInt8) -> Int { first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2 }

  /// The key at the front, and how many bytes it is.
  static func parse(_ bytes: [UInt8], _ first: UInt8) -> (Key, Int) {
    switch first {
    case 0x0D, 0x0A: return (.enter, 1)
    case 0x09: return (.tab, 1)
    case 0x7F, 0x08: return (.backspace, 1)
    case 0x1B: return sequence(bytes)
    case 0x20..<0x7F: return (.character(Character(Unicode.Scalar(first))), 1)
    case 0xC0...:
      let length = min(width(of: first), bytes.count)
      guard let text = String(validating: bytes[..<length], as: UTF8.self), let character = text.first else {
        return (.other, 1)
      }
      return (.character(character), length)
    default: return (.other, 1)
    }
  }

  private static func sequence(_ bytes: [UInt8]) -> (Key, Int) {
    guard bytes.count > 1, bytes[1] == UInt8(ascii: "[") || bytes[1] == UInt8(ascii: "O") else {
      return (.escape, 1)
    }
    guard let end = bytes.indices.dropFirst(2).first(where: { (0x40...0x7E).contains(bytes[$0]) }) else {
      return (.other, bytes.count)
    }
    let key: Key =
      switch (bytes[2..<end].first, bytes[end]) {
      case (_, UInt8(ascii: "A")): .up
      case (_, UInt8(ascii: "B")): .down
      case (_, UInt8(ascii: "C")): .right
      case (_, UInt8(ascii: "D")): .left
      case (_, UInt8(ascii: "H")), (UInt8(ascii: "1"), UInt8(ascii: "~")): .home
      case (_, UInt8(ascii: "F")), (UInt8(ascii: "4"), UInt8(ascii: "~")): .end
      case (UInt8(ascii: "5"), UInt8(ascii: "~")): .pageUp
      case (UInt8(ascii: "6"), UInt8(ascii: "~")): .pageDown
      default: .other
      }
    return (key, end + 1)
  }
}
