import Foundation
import JointControl
import Synchronization

/// Reads the lines of a stream of targets on a thread of its own and hands what can be followed to the loop.
final class TargetFeed: @unchecked Sendable {
  /// What came of the lines.
  struct Outcome {
    /// Targets that were handed on.
    var taken = 0
    /// Lines that were not followed; the first hundred of them.
    var refusals: [LineRefusal] = []
    /// Lines that were not followed.
    var refused = 0
  }
  /// Most targets that wait for the loop.
  static let room = 1024
  /// Most targets that are kept of a file.
  static let mostTargets = 100_000
  private static let mostRefusals = 100

  private let descriptor: Int32
  private let json: Bool
  private let state = Mutex(Outcome())
  // Of the reading thread alone.
  private var reader: TargetLineReader?
  private var pending: [UInt8] = []
  private var isOverlong = false
  private var line = 0

  /// What came of the lines so far.
  var outcome: Outcome { state.withLock { $0 } }

  /// A feed from a file; from standard input without one.
  init(path: String?, reader: consuming TargetLineReader, json: Bool) throws(Failure) {
    self.json = json
    self.reader = .some(reader)
    guard let path else {
      descriptor = STDIN_FILENO
      return
    }
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 {
      throw Failure(
        kind: "file", location: path,
        message: "the targets cannot be read: \(String(cString: strerror(errno)))",
        fix: "name a file of targets, or leave --file out to read standard input",
        code: Failure.badDescription)
    }
  }

  deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

  /// Reads until the end, or until nobody takes targets any more, on a thread of its own.
  func start(into queue: TargetQueue) {
    let thread = Thread { [self] in
      read { target in
        while !queue.offer(target) {
          if queue.isAbandoned { return false }
          usleep(200)
        }
        return !queue.isAbandoned
      }
      queue.close()
    }
    thread.stackSize = 1 << 20
    thread.start()
  }

  /// Reads all targets there are.
  func readAll() -> [StreamedTarget] {
    var targets: [StreamedTarget] = []
    read { target in
      targets.append(target)
      return targets.count < Self.mostTargets
    }
    return targets
  }

  /// Hands each target on until there is no other, or `take` says that it is enough.
  private func read(_ take: (StreamedTarget) -> Bool) {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Foundation.read(descriptor, &bytes, bytes.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      for byte in bytes[..<count] {
        if byte != 10 {
          if pending.count < TargetLineReader.longest { pending.append(byte) } else { isOverlong = true }
        } else if !endLine(take) {
          return
        }
      }
    }
    if !pending.isEmpty { _ = endLine(take) }
  }

  /// Reads the line that is complete; whether to go on.
  private func endLine(_ take: (StreamedTarget) -> Bool) -> Bool {
    line += 1
    defer {
      pending.removeAll(keepingCapacity: true)
      isOverlong = false
    }
    do throws(LineRefusal) {
      if isOverlong {
        throw LineRefusal(
          line: line, message: "the line is longer than \(TargetLineReader.longest) bytes",
          fix: "write one target a line")
      }
      guard let text = String(validating: pending, as: UTF8.self) else {
        throw LineRefusal(line: line, message: "the line is not UTF-8", fix: "write plain text")
      }
      guard let target = try reader?.read(text, line: line) else { return true }
      state.withLock { $0.taken += 1 }
      return take(target)
    } catch {
      note(error)
      return true
    }
  }

  private func note(_ refusal: LineRefusal) {
    let isTold = state.withLock { outcome in
      outcome.refused += 1
      guard outcome.refusals.count < Self.mostRefusals else { return false }
      outcome.refusals.append(refusal)
      return true
    }
    if isTold { _ = Failure([refusal]).report(json: json) }
  }
}

extension Failure {
  /// Lines of a stream that were not followed.
  init(_ refusals: [LineRefusal]) {
    self.init(
      problems: refusals.map {
        Problem(kind: "target", location: "line \($0.line)", message: $0.message, fix: $0.fix)
      }, code: Self.checkFailed)
  }
}

extension TargetFeed.Outcome {
  /// For people, in a line.
  var text: String { "targets: \(taken) taken, \(refused) lines refused\n" }

  /// For machines.
  var json: JSONValue {
    .object([
      ("taken", .integer(Int64(taken))), ("refused", .integer(Int64(refused))),
      (
        "refusals",
        .array(
          refusals.map {
            .object([
              ("line", .integer(Int64($0.line))), ("message", .string($0.message)), ("fix", .string($0.fix)),
            ])
          })
      ),
    ])
  }

  /// Why the command ends with 1, where a line was refused.
  var failure: Failure? {
    refused == 0
      ? nil
      : Failure(
        kind: "target", location: "the stream", message: "\(refused) lines were refused, the others followed",
        fix: "mend the lines that are named above", code: Failure.checkFailed)
  }
}
