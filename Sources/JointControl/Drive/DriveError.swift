/// Why something that was asked of one drive was not done.
public struct DriveError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Who is to blame, which decides the exit code.
  public enum Kind: Sendable, Equatable {
    /// What was asked for makes no sense, or is dangerous: refused before any frame.
    case refused
    /// The drive is in a state in which it must not be done.
    case state
    /// Nobody answered.
    case silent
    /// The drive answered with a refusal, or with something else than it was told.
    case drive
  }
  /// Who is to blame.
  public var kind: Kind
  /// What is wrong.
  public var message: String
  /// What to do.
  public var fix: String

  /// An error.
  public init(_ kind: Kind, _ message: String, fix: String) {
    self.kind = kind
    self.message = message
    self.fix = fix
  }

  /// One line.
  public var description: String { "\(message); \(fix)" }

  /// Nobody answered a question, after the tries of bring-up.
  static func silent(_ what: String) -> DriveError {
    DriveError(
      .silent, "no answer to '\(what)' after \(BringUp.attempts) tries",
      fix: "check the drive's supply, its id and master_id, and the bus's wiring and bit rate")
  }
}
