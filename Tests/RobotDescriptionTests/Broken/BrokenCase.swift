import RobotDescription
import Testing

/// One edit of a good text that must be refused: where, in which words, and with nothing else complained about.
struct BrokenCase: Sendable, CustomTestStringConvertible {
  let name: String
  /// What stands once in the good text, and what takes its place.
  let old: String
  let new: String
  /// Text of the line that must be named, in the edited text.
  let line: String
  /// Words of the message.
  let message: [String]
  /// Words of the fix.
  let fix: [String]
  /// How many mistakes there are to report.
  let count: Int

  init(
    _ name: String, _ old: String, _ new: String, line: String? = nil, message: String..., fix: String...,
    count: Int = 1
  ) {
    self.name = name
    self.old = old
    self.new = new
    self.line = line ?? new
    self.message = message
    self.fix = fix
    self.count = count
  }

  var testDescription: String { name }

  /// Checks the mistakes found in the edited text of `file`.
  func check(_ diagnostics: [Diagnostic], file: String, text: String) throws {
    let expected = try #require(text.line(of: line), "the case names no line of its text")
    #expect(diagnostics.count == count, "\(diagnostics.map(\.description))")
    let hit = try #require(
      diagnostics.first { diagnostic in
        diagnostic.location.file.hasSuffix(file) && diagnostic.location.line == expected
          && message.allSatisfy(diagnostic.message.contains)
      }, "no mistake in \(file):\(expected) says \(message): \(diagnostics.map(\.description))")
    for words in fix {
      #expect(hit.fix.contains(words), "the fix does not say '\(words)': \(hit)")
    }
    #expect(hit.location.column > 0)
  }
}
