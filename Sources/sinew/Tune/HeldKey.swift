import Foundation
import JointControl
import Synchronization

/// The space bar of a terminal, held while experiments run: letting go ends them in damping.
///
/// A key that is held repeats. What the terminal was set to is put back by `stop`; what was typed before is thrown away.
final class HeldKey: Sendable {
  /// What the loop looks at.
  let hold = HoldToRun()
  private let before: termios
  private let isOver = Atomic<Bool>(false)
  private let hasEnded = Atomic<Bool>(false)

  /// A key has to be held, and there is no terminal that has one.
  static var missing: Failure {
    Failure(
      kind: "hold_to_run", location: "standard input",
      message: "a key has to be held while joints move, and standard input is no terminal",
      fix: "run it in a terminal, or add --no-hold-to-run and keep the emergency stop at hand",
      code: Failure.badDescription)
  }

  /// Takes the keys of standard input, and says what to do.
  ///
  /// - Throws: `Failure` where standard input is no terminal.
  init() throws(Failure) {
    var settings = termios()
    guard isatty(STDIN_FILENO) == 1, tcgetattr(STDIN_FILENO, &settings) == 0 else { throw Self.missing }
    before = settings
    // Keys come one by one and are not shown; Ctrl-C stays a signal.
    settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
    printError("hold the space bar; letting go ends in damping")
    Thread { [self] in read() }.start()
  }

  /// Gives the terminal back; waits for whoever reads it.
  func stop() {
    isOver.store(true, ordering: .releasing)
    while !hasEnded.load(ordering: .acquiring) { usleep(1000) }
    var settings = before
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
  }

  private func read() {
    while !isOver.load(ordering: .acquiring) {
      var wait = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      guard poll(&wait, 1, 20) > 0 else { continue }
      var bytes = [UInt8](repeating: 0, count: 64)
      let count = Foundation.read(STDIN_FILENO, &bytes, bytes.count)
      // At the end of the input nothing is held any more.
      if count <= 0 { break }
      if bytes[..<count].contains(UInt8(ascii: " ")) { hold.press() }
    }
    hasEnded.store(true, ordering: .releasing)
  }
}
