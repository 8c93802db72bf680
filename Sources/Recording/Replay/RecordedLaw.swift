public import ControlCycle

// A law of the user's is part of the core, but no recording can hold its code. So the recording holds its name, and a
// replay without a law refuses.

extension RecordingContent {
  /// The key under which a recording names the law of the user's it was made with.
  static let lawKey = "law"

  /// The content of a recording of a loop that runs with `law`.
  public func naming<UserLaw: Law & ~Copyable>(law: UserLaw.Type) -> RecordingContent {
    var content = self
    content.metadata.append((Self.lawKey, String(reflecting: law)))
    return content
  }
}

extension RecordingFile {
  /// Type of the law of the user's that ran; nil when there was none.
  public var lawName: String? { value(RecordingContent.lawKey) }

  /// Throws when a law of the user's ran, which no program without it can replay.
  func refuseLaw() throws(RecordingError) {
    guard let name = lawName else { return }
    throw RecordingError(
      path: path, message: "it was recorded with the law \(name), which this program does not have",
      fix: "replay it where the law is: Replay(file, robot: robot, law: \(name)(...)) in a test of your own")
  }
}
