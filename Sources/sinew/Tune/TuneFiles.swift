import Foundation
import Recording

/// The directory that a result is kept in: report.html, result.json and the recordings.
struct TuneFiles {
  let directory: String

  /// A directory, which is made where it is not there.
  ///
  /// - Throws: `Failure` where it cannot be made.
  init(_ directory: String) throws(Failure) {
    self.directory = directory
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    } catch {
      // Foundation hides what the system said.
      let code = mkdir(directory, 0o777) == 0 ? 0 : errno
      if code == 0 { return }
      throw Failure(
        kind: "output", location: directory,
        message: "the directory cannot be made: \(String(cString: strerror(code)))",
        fix: "name a directory that can be written with --out", code: Failure.hostFault)
    }
  }

  /// Path of a file in it.
  func path(_ file: String) -> String { "\(directory)/\(file)" }

  /// Writes the result and its page; each is there whole or not at all.
  func write(_ result: TuneResult) throws(Failure) {
    try Self.write(result.json.text + "\n", to: path(TuneResult.file))
    try Self.write(TunePage(result: result).html, to: path(TunePage.file))
  }

  /// A recording with the hash of its bytes; nil where it is not there.
  func recording(_ file: String) -> TuneResult.Recording? {
    guard let bytes = FileManager.default.contents(atPath: path(file)) else { return nil }
    return TuneResult.Recording(file: file, hash: ConfigurationHash.hex(of: Array(bytes)))
  }

  /// Writes a file, whole or not at all.
  static func write(_ text: String, to path: String) throws(Failure) {
    try AtomicFile.replace(path, with: Array(text.utf8))
  }
}
