import ArgumentParser
import Foundation
import JointControl

/// What a person is asked before something that stays, or that switches a drive on.
struct DriveQuestion: ParsableArguments {
  @Flag(help: "Do not ask.")
  var yes = false

  /// Asks on the terminal.
  ///
  /// - Throws: `Failure` without a terminal, or where the answer is not yes; nothing was sent then.
  func ask(_ what: String, command: String) throws {
    guard !yes else { return }
    guard isatty(STDIN_FILENO) == 1 else {
      throw Failure(
        kind: "confirmation", location: "sinew drive \(command)",
        message: "asks first, and standard input is no terminal", fix: "run it in a terminal, or add --yes",
        code: Failure.badDescription)
    }
    FileHandle.standardError.write(Data("\(what)\nType yes to go on: ".utf8))
    guard readLine()?.trimmingCharacters(in: .whitespaces).lowercased() == "yes" else {
      throw Failure(
        kind: "confirmation", location: "sinew drive \(command)", message: "not confirmed, nothing was sent",
        fix: "type yes, or add --yes", code: Failure.checkFailed)
    }
  }
}

/// One line on a terminal's stderr that says how far a command is; nothing where it is no terminal.
struct DriveProgress {
  private let isShown = isatty(STDERR_FILENO) == 1

  func show(_ text: String) {
    if isShown { FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8)) }
  }

  func end() { show("") }
}
