import Foundation
import Recording

/// Another program that replays recordings as `sinew replay FILE --outputs -` does, run beside this one.
final class OtherBuild {
  /// Longest time without a byte from it [ms].
  private static let patience: Int32 = 60_000
  private let path: String
  private let process = Process()
  private let output = Pipe()
  private let messages: URL
  private var isEnded = false

  /// Whether a path names a program: a regular file that the kernel can run, by its first bytes.
  static func isProgram(_ path: String) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      let file = FileHandle(forReadingAtPath: path)
    else { return false }
    let start = (try? file.read(upToCount: 4)) ?? Data()
    return start == Data([0x7F, 0x45, 0x4C, 0x46]) || start.prefix(2) == Data("#!".utf8)
  }

  /// Starts the program on a recording.
  init(_ path: String, replaying file: String) throws {
    self.path = path
    messages = FileManager.default.temporaryDirectory.appendingPathComponent("sinew-\(UUID().uuidString)")
    guard FileManager.default.createFile(atPath: messages.path, contents: nil),
      let errors = FileHandle(forWritingAtPath: messages.path)
    else {
      throw Failure(
        kind: "host", location: messages.path, message: "cannot be written",
        fix: "set TMPDIR to a writable folder", code: Failure.hostFault)
    }
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = ["replay", file, "--outputs", "-"]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    do { try process.run() } catch {
      try? FileManager.default.removeItem(at: messages)
      throw Failure(
        kind: "build", location: path, message: "cannot be run: \(error.localizedDescription)",
        fix: "name a sinew that this user may run", code: Failure.badDescription)
    }
    try? output.fileHandleForWriting.close()
  }

  /// Fills a buffer with its next bytes; false when it put out no more.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Bool {
    var filled = 0
    while filled < buffer.count {
      var descriptor = pollfd(
        fd: output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&descriptor, 1, Self.patience)
      if ready < 0 && errno == EINTR { continue }
      guard ready > 0 else { throw IncomparableOutputs(message: "it put out nothing for a minute") }
      let count = Glibc.read(
        descriptor.fd, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return false }
      filled += count
    }
    return true
  }

  /// Ends the program; what was wrong with it is the reason for `error`.
  func failure(_ error: IncomparableOutputs) -> Failure {
    let ended = end()
    let last =
      ended.messages.split(separator: "\n").first { $0.contains("rror") }
      ?? ended.messages.split(separator: "\n").last
    var message = "is no sinew that can replay this recording: \(error.message)"
    if let last { message += "; it said: \(last.prefix(300))" }
    return Failure(
      kind: "build", location: path, message: message,
      fix: "name a sinew of this version or newer, or a program that writes what its --outputs writes",
      code: Failure.badDescription)
  }

  /// Waits for its end; fails when it ended badly although its outputs were whole.
  func finish() throws {
    let ended = end()
    guard ended.code != 0 else { return }
    throw Failure(
      kind: "build", location: path, message: "ended with \(ended.code): \(ended.messages.suffix(300))",
      fix: "run it alone: \(path) replay FILE --outputs /dev/null", code: Failure.checkFailed)
  }

  private func end() -> (code: Int32, messages: String) {
    guard !isEnded else { return (0, "") }
    isEnded = true
    // Whoever still writes is told so by the closed pipe.
    try? output.fileHandleForReading.close()
    let deadline = Date(timeIntervalSinceNow: 5)
    while process.isRunning && Date() < deadline { usleep(2000) }
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
    defer { try? FileManager.default.removeItem(at: messages) }
    let text = (try? String(contentsOf: messages, encoding: .utf8)) ?? ""
    return (process.terminationStatus, text.trimmingCharacters(in: .whitespacesAndNewlines))
  }
}

/// Where a command writes bytes: a file, or standard output.
final class ByteSink {
  private let path: String
  private let descriptor: Int32

  /// Opens a file anew; `-` is standard output.
  init(_ path: String) throws {
    self.path = path
    descriptor = path == "-" ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure() }
  }

  deinit { if descriptor != STDOUT_FILENO { close(descriptor) } }

  /// Writes all of some bytes.
  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw failure() }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
    }
  }

  private func failure() -> Failure {
    Failure(
      kind: "host", location: path, message: "cannot be written: \(String(cString: strerror(errno)))",
      fix: "name a file on a disk with room", code: Failure.hostFault)
  }
}
