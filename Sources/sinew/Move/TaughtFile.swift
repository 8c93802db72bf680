import Foundation
import JointControl

/// Where what was led by hand is written: a table that `sinew move ROBOT trajectory` follows.
///
/// It grows under another name, so that the file is there whole or not at all, and is opened before anything moves.
final class TaughtFile {
  /// What became of it.
  struct Outcome {
    let path: String
    /// Rows that were written.
    var rows = 0
    /// Time from the first to the last [s].
    var duration = 0.0
    /// Positions that were beyond a limit of their joint and were written as the limit.
    var clipped = 0
    /// Why there is no file; nil where there is one.
    var failure: Failure?
  }

  private let path: String
  private var growing: String { path + ".part" }
  private var descriptor: Int32

  /// A file that can be written.
  init(at path: String) throws(Failure) {
    self.path = path
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
      throw Self.failure(path, EISDIR)
    }
    descriptor = open(path + ".part", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw Self.failure(path, errno) }
  }

  deinit { if descriptor >= 0 { drop() } }

  /// Writes what was led.
  ///
  /// - Parameters:
  ///   - motion: what was led; nil where it did not come to that.
  ///   - robot: the robot.
  /// - Returns: what became of it.
  func keep(_ motion: TaughtMotion?, of robot: Robot) -> Outcome {
    var outcome = Outcome(path: path)
    guard let motion, motion.times.count > 1 else {
      drop()
      outcome.failure = Failure(
        kind: "file", location: path, message: "nothing was led, so there is no file",
        fix: "see above why it did not come to that", code: Failure.checkFailed)
      return outcome
    }
    let text = Self.text(motion, of: robot, clipped: &outcome.clipped)
    do throws(Failure) { try write(text) } catch {
      outcome.failure = error
      return outcome
    }
    outcome.rows = motion.times.count
    outcome.duration = motion.times[motion.times.count - 1]
    return outcome
  }

  private func write(_ text: String) throws(Failure) {
    var failure: Int32 = 0
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count && failure == 0 {
      let count = bytes[written...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        written += count
      } else if count == 0 || errno != EINTR {
        failure = count == 0 ? EIO : errno
      }
    }
    if failure == 0 && fsync(descriptor) != 0 { failure = errno }
    if failure == 0 && rename(growing, path) != 0 { failure = errno }
    guard failure == 0 else {
      drop()
      throw Self.failure(path, failure)
    }
    close(descriptor)
    descriptor = -1
  }

  private func drop() {
    close(descriptor)
    descriptor = -1
    unlink(growing)
  }

  private static func failure(_ path: String, _ code: Int32) -> Failure {
    Failure(
      kind: "file", location: path, message: "it cannot be written: \(String(cString: strerror(code)))",
      fix: "choose a place that can", code: Failure.hostFault)
  }

  /// The table: positions within limits; velocities between their neighbours, at rest at both ends.
  private static func text(_ motion: TaughtMotion, of robot: Robot, clipped: inout Int) -> String {
    var rows = motion.positions
    for row in rows.indices {
      for (index, joint) in robot.joints.enumerated() {
        let limits = joint.configuration.limits
        let position = min(max(rows[row][index], limits.minPosition), limits.maxPosition)
        if position != rows[row][index] { clipped += 1 }
        rows[row][index] = position
      }
    }
    var text =
      (["time"] + robot.joints.map(\.name) + robot.joints.map { $0.name + "_velocity" })
      .joined(separator: ",") + "\n"
    for row in rows.indices {
      var cells = [number(motion.times[row])] + rows[row].map(number)
      for joint in robot.joints.indices {
        var velocity = 0.0
        if row > 0 && row + 1 < rows.count {
          let time = motion.times[row + 1] - motion.times[row - 1]
          velocity = (rows[row + 1][joint] - rows[row - 1][joint]) / time
        }
        cells.append(number(velocity))
      }
      text += cells.joined(separator: ",") + "\n"
    }
    return text
  }

  private static func number(_ value: Double) -> String { "\(value)" }
}

extension TaughtFile.Outcome {
  /// For people, in a line.
  var text: String {
    failure == nil
      ? "taught: \(rows) rows, \(RunReport.fixed(duration, 2)) s, in \(path)"
        + (clipped == 0 ? "\n" : "; \(clipped) positions beyond a limit were written as the limit\n")
      : "taught: no file\n"
  }

  /// For machines.
  var json: JSONValue {
    .object([
      ("file", failure == nil ? .string(path) : .null), ("rows", .integer(Int64(rows))),
      ("duration_s", .number(duration)), ("clipped", .integer(Int64(clipped))),
    ])
  }
}

extension MoveCommand {
  /// The joints that teach leads, for how long, and how often it is looked where they are.
  func teaching(_ robot: Robot) throws(Failure) -> HandTeaching {
    let names = robot.joints.map(\.name)
    var led = [Bool](repeating: joints == nil, count: names.count)
    for name in (joints ?? "").split(separator: ",") {
      led[try index(of: String(name), in: names, at: "--joints")] = true
    }
    return HandTeaching(led, for: duration ?? 0, every: every ?? HandTeaching.usualInterval)
  }
}
