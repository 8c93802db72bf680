import CServoBus
import Foundation

/// What a person is asked before a robot whose bus was lost is armed again.
///
/// Only what is typed after the question counts: an answer that waits in standard input from before is thrown away.
enum ArmQuestion {
  /// The word that arms.
  static let word = "arm"

  /// Asks on standard error and waits for a line of standard input.
  ///
  /// - Returns: whether it was the word; false as well at the end of the input, and when a signal came.
  static func ask() -> Bool {
    throwAway()
    FileHandle.standardError.write(
      Data(
        ("HELD: drives are known and off. The motion begins anew from the measured pose.\n"
          + "Keep out of reach, then type \(word) to go on; anything else ends the run: ").utf8))
    return readLine(until: { servo_signal_caught() != 0 })?.lowercased() == word
  }

  private static func throwAway() {
    if isatty(STDIN_FILENO) == 1 { tcflush(STDIN_FILENO, TCIFLUSH) }
    while isReadable(within: 0), readByte() != nil {}
  }

  /// A line without blanks around it; nil at the end of the input, or when `isOver` says so.
  private static func readLine(until isOver: () -> Bool) -> String? {
    var line: [UInt8] = []
    while !isOver() {
      guard isReadable(within: 100) else { continue }
      guard let byte = readByte() else { return nil }
      if byte == UInt8(ascii: "\n") {
        return String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespaces)
      }
      // No answer is that long; the rest of the line is not kept.
      if line.count < 64 { line.append(byte) }
    }
    return nil
  }

  private static func isReadable(within milliseconds: Int32) -> Bool {
    var wait = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    return poll(&wait, 1, milliseconds) > 0
  }

  private static func readByte() -> UInt8? {
    var byte: UInt8 = 0
    return read(STDIN_FILENO, &byte, 1) == 1 ? byte : nil
  }
}
