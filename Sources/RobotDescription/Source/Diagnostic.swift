/// A place in a file.
public struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
  /// Path of the file, as it was opened.
  public var file: String
  /// Line, from 1; 0 when the file as a whole is meant.
  public var line: Int
  /// Column in Unicode scalars, from 1; 0 when the file as a whole is meant.
  public var column: Int

  /// A place in a file; without line and column the file as a whole.
  public init(file: String, line: Int = 0, column: Int = 0) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// `file:line:column`, the form editors jump to.
  public var description: String { line > 0 ? "\(file):\(line):\(column)" : file }
}

/// One mistake in a description: where it is, what is wrong, what to do.
public struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
  /// Where the mistake is.
  public var location: SourceLocation
  /// What is wrong, with the numbers.
  public var message: String
  /// What to do about it.
  public var fix: String

  /// A mistake.
  public init(location: SourceLocation, message: String, fix: String) {
    self.location = location
    self.message = message
    self.fix = fix
  }

  /// `file:line:column: message; fix`.
  public var description: String { "\(location): \(message); \(fix)" }
}

/// Why a description was refused: every mistake found, in the order of the text.
public struct DescriptionError: Error, Sendable, CustomStringConvertible {
  /// At least one mistake; those of one file stand together, sorted by position.
  public let diagnostics: [Diagnostic]

  /// An error of one or more mistakes; the order of files is the order in which they first appear.
  public init(_ diagnostics: [Diagnostic]) {
    var files: [String] = []
    for diagnostic in diagnostics where !files.contains(diagnostic.location.file) {
      files.append(diagnostic.location.file)
    }
    func rank(_ item: (offset: Int, element: Diagnostic)) -> (Int, Int, Int, Int) {
      let location = item.element.location
      return (files.firstIndex(of: location.file) ?? 0, location.line, location.column, item.offset)
    }
    var seen: Set<Diagnostic> = []
    self.diagnostics =
      diagnostics.filter { seen.insert($0).inserted }.enumerated()
      .sorted { rank($0) < rank($1) }.map(\.element)
  }

  /// An error of one mistake.
  init(_ location: SourceLocation, _ message: String, fix: String) {
    self.init([Diagnostic(location: location, message: message, fix: fix)])
  }

  /// One line a mistake.
  public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}

/// Mistakes gathered while a description is read.
final class DiagnosticLog {
  private(set) var diagnostics: [Diagnostic] = []

  /// Notes a mistake.
  func report(_ location: SourceLocation, _ message: String, fix: String) {
    diagnostics.append(Diagnostic(location: location, message: message, fix: fix))
  }

  /// Notes every mistake of an error.
  func report(_ error: DescriptionError) { diagnostics += error.diagnostics }

  /// Notes mistakes.
  func report(_ more: [Diagnostic]) { diagnostics += more }

  /// Throws when anything was noted.
  func throwIfAny() throws(DescriptionError) {
    if !diagnostics.isEmpty { throw DescriptionError(diagnostics) }
  }
}

/// A value with the place it was read from.
struct Located<Value> {
  var value: Value
  var location: SourceLocation
}

extension Located: Sendable where Value: Sendable {}
