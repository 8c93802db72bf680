/// What is on a screen, cell by cell: whatever is written beyond an edge is cut off there.
struct TerminalGrid {
  /// How a cell is shown where the terminal may use colour; where it may not, only `strong` and `chosen` stand out.
  enum Ink: UInt8 {
    case plain
    case faint
    case strong
    case chosen
    case first
    case second
    case third
    case good
    case warning
    case bad

    /// The sequence that switches it on; empty for none.
    func code(color: Bool) -> String {
      switch self {
      case .plain: ""
      case .strong: "1"
      case .chosen: "7"
      case .faint: color ? "2" : ""
      case .first: color ? "36" : ""
      case .second: color ? "33" : ""
      case .third: color ? "35" : ""
      case .good: color ? "32" : ""
      case .warning: color ? "1;33" : ""
      case .bad: color ? "1;31" : ""
      }
    }
  }

  /// How cells become text.
  enum Style {
    /// No sequences at all.
    case plain
    /// No colour, but what stands out.
    case attributes
    case color
  }

  let columns: Int
  let rows: Int
  private var characters: [Character]
  private var inks: [Ink]

  /// An empty screen.
  init(columns: Int, rows: Int) {
    self.columns = max(columns, 0)
    self.rows = max(rows, 0)
    characters = Array(repeating: " ", count: self.columns * self.rows)
    inks = Array(repeating: .plain, count: self.columns * self.rows)
  }

  /// Writes text from a cell on; what is no printable character shows as a question mark.
  mutating func put(_ text: String, row: Int, column: Int, ink: Ink = .plain) {
    for (index, character) in text.enumerated() {
      put(character, row: row, column: column + index, ink: ink)
    }
  }

  /// Writes text so that it ends before a column.
  mutating func put(_ text: String, row: Int, endingAt column: Int, ink: Ink = .plain) {
    put(text, row: row, column: column - text.count, ink: ink)
  }

  /// Writes one character.
  mutating func put(_ character: Character, row: Int, column: Int, ink: Ink = .plain) {
    guard (0..<rows).contains(row), (0..<columns).contains(column) else { return }
    let isPrintable = character.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    characters[row * columns + column] = isPrintable ? character : "?"
    inks[row * columns + column] = ink
  }

  /// The character in a cell.
  subscript(row: Int, column: Int) -> Character { characters[row * columns + column] }

  /// Gives a row's cells another look.
  mutating func mark(row: Int, from column: Int = 0, to end: Int? = nil, ink: Ink) {
    guard (0..<rows).contains(row) else { return }
    for column in max(column, 0)..<max(min(end ?? columns, columns), max(column, 0)) {
      inks[row * columns + column] = ink
    }
  }

  /// The rows as text, without the blanks at their end.
  func lines(_ style: Style) -> [String] {
    (0..<rows).map { row in
      var cells = row * columns..<(row + 1) * columns
      while let last = cells.last, characters[last] == " ", inks[last] != .chosen {
        cells = cells.lowerBound..<last
      }
      guard style != .plain else { return String(characters[cells]) }
      var line = ""
      var ink = ""
      for cell in cells {
        let code = inks[cell].code(color: style == .color)
        if code != ink {
          line += code.isEmpty ? "\u{1B}[0m" : "\u{1B}[0;\(code)m"
          ink = code
        }
        line.append(characters[cell])
      }
      return ink.isEmpty ? line : line + "\u{1B}[0m"
    }
  }
}

extension TerminalGrid {
  /// Text in lines of so many columns, broken between words where that can be.
  static func wrapped(_ text: String, to columns: Int) -> [String] {
    guard columns > 0 else { return [] }
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      var word = word
      if !line.isEmpty, line.count + 1 + word.count > columns {
        lines.append(line)
        line = ""
      }
      while word.count > columns {
        lines.append(String(word.prefix(columns)))
        word = word.dropFirst(columns)
      }
      line += line.isEmpty ? String(word) : " \(word)"
    }
    return line.isEmpty ? lines : lines + [line]
  }
}

/// A rectangle of cells.
struct TerminalFrame: Equatable {
  var row: Int
  var column: Int
  var columns: Int
  var rows: Int
}
