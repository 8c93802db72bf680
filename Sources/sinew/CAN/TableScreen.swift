import Foundation

/// The terminal's alternate screen, where standard output is a terminal that has one.
final class TableScreen {
  /// How changed bytes stand out.
  let style: FrameTable.Style
  private var isOpen: Bool

  /// Takes the screen.
  init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    let terminal = environment["TERM"] ?? ""
    isOpen = isatty(STDOUT_FILENO) == 1 && !terminal.isEmpty && terminal != "dumb"
    style = !isOpen ? .plain : (environment["NO_COLOR"] ?? "").isEmpty ? .color : .underline
    if isOpen { isOpen = Self.put("\u{1B}[?1049h\u{1B}[?25l\u{1B}[2J") }
  }

  deinit { close() }

  /// Columns that the terminal has now.
  var width: Int { size.columns }
  /// Rows that the terminal has now.
  var height: Int { size.rows }

  /// Puts the lines on the screen; false when it is gone. Nothing happens where there is none.
  func draw(_ lines: [String]) -> Bool {
    guard isOpen else { return true }
    // Over what is there and not after wiping it, so that nothing flickers.
    let body = lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n")
    return Self.put("\u{1B}[H" + body + "\u{1B}[J")
  }

  /// Gives the screen back as it was.
  func close() {
    guard isOpen else { return }
    isOpen = false
    _ = Self.put("\u{1B}[?25h\u{1B}[?1049l")
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
