import Foundation

/// The characters that plots are drawn with: braille, eight dots a cell, or ASCII, two dots a cell, where the terminal's encoding is not
/// UTF-8.
enum TerminalGlyphs {
  case braille
  case ascii

  /// What suits the locale of an environment.
  init(environment: [String: String]) {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    let encoding = (locale ?? "").lowercased().replacing("-", with: "")
    self = encoding.contains("utf8") ? .braille : .ascii
  }

  /// Dots of a cell.
  var dotColumns: Int { self == .braille ? 2 : 1 }
  var dotRows: Int { self == .braille ? 4 : 2 }

  /// The character of a cell's dots, bit `row * dotColumns + column` of them; nil where there are none.
  func character(_ dots: UInt8) -> Character? {
    guard dots != 0 else { return nil }
    switch self {
    case .ascii: return dots == 3 ? ":" : dots == 1 ? "'" : "."
    case .braille:
      // Unicode counts the first three rows column by column, then the fourth.
      let weights: [UInt32] = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80]
      let pattern = weights.indices.reduce(UInt32(0)) { dots >> $1 & 1 == 1 ? $0 | weights[$1] : $0 }
      return Unicode.Scalar(0x2800 + pattern).map { Character($0) }
    }
  }

  var horizontal: Character { self == .braille ? "─" : "-" }
  var vertical: Character { self == .braille ? "│" : "|" }
  var corner: Character { self == .braille ? "└" : "+" }
  var leftTick: Character { self == .braille ? "┤" : "+" }
  var bottomTick: Character { self == .braille ? "┬" : "+" }
  /// A bar that is full, and one that is not.
  var full: Character { self == .braille ? "█" : "#" }
  var empty: Character { self == .braille ? "░" : "." }
  /// What points at the chosen row.
  var pointer: Character { self == .braille ? "▸" : ">" }
}
