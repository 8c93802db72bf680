import CServoBus
import Foundation
import Synchronization

/// The terminal's alternate screen, and its keys one by one, where standard output is a terminal that has them.
///
/// It is given back as it was when this goes away, and by the handlers of every signal that ends or stops the process.
final class TerminalScreen {
  /// How cells become text.
  let style: TerminalGrid.Style
  /// What plots are drawn with.
  let glyphs: TerminalGlyphs
  /// Whether there is one.
  private(set) var isOpen: Bool
  /// Whether keys come one by one.
  private(set) var hasKeys = false
  private var shown: [String] = []
  private var reader = KeyReader()

  private static let taken = Atomic<Bool>(false)
  /// Whether the terminal's screen is taken by this process.
  static var isTaken: Bool { taken.load(ordering: .relaxed) }

  private static let enter = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[2J"
  private static let leave = "\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l"

  /// Takes the screen, and the keys where `takesKeys` asks for them and standard input is a terminal too.
  init(takesKeys: Bool = false, environment: [String: String] = ProcessInfo.processInfo.environment) {
    let terminal = environment["TERM"] ?? ""
    isOpen = isatty(STDOUT_FILENO) == 1 && !terminal.isEmpty && terminal != "dumb"
    style = !isOpen ? .plain : (environment["NO_COLOR"] ?? "").isEmpty ? .color : .attributes
    glyphs = TerminalGlyphs(environment: environment)
    guard isOpen else { return }
    let input = takesKeys && isatty(STDIN_FILENO) == 1 ? STDIN_FILENO : -1
    isOpen = servo_terminal_take(input, STDOUT_FILENO, Self.enter, Self.leave) == 0
    hasKeys = isOpen && input >= 0
    Self.taken.store(isOpen, ordering: .relaxed)
  }

  deinit { close() }

  /// Columns that the terminal has now.
  var width: Int { size.columns }
  /// Rows that the terminal has now.
  var height: Int { size.rows }

  /// Puts the lines on the screen; false when it is gone. Nothing happens where there is none.
  func draw(_ lines: [String]) -> Bool {
    guard isOpen else { return true }
    if servo_terminal_resumed() != 0 { shown = [] }
    if lines == shown { return true }
    shown = lines
    // Over what is there and not after wiping it, so that nothing flickers.
    let body = lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n")
    return Self.put("\u{1B}[H" + body + "\u{1B}[J")
  }

  /// Puts a grid of cells on the screen; false when it is gone.
  func draw(_ grid: TerminalGrid) -> Bool { draw(grid.lines(style)) }

  /// A grid of the screen's size.
  func grid() -> TerminalGrid {
    let size = size
    return TerminalGrid(columns: size.columns, rows: size.rows)
  }

  /// The next key, waited for so long [ms]; nil where none came.
  func key(within milliseconds: Int) -> Key? {
    hasKeys ? reader.next(within: milliseconds, from: STDIN_FILENO) : nil
  }

  /// Gives the screen back as it was.
  func close() {
    guard isOpen else { return }
    isOpen = false
    hasKeys = false
    Self.taken.store(false, ordering: .relaxed)
    servo_terminal_give_back()
  }

  private var size: (columns: Int, rows: Int) {
    var window = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else {
      return (80, 24)
    }
    return (Int(window.ws_col), Int(window.ws_row))
  }

  private static func put(_ text: String) -> Bool {
    do { try FileHandle.standardOutput.write(contentsOf: Data(text.utf8)) } catch { return false }
    return true
  }
}
