import ArgumentParser
import Foundation
import JointControl
import Recording
import RobotDescription

/// A failed command: what is printed on stderr and with which exit code the process ends.
struct Failure: Error {
  /// One problem, for people as a sentence, for machines as an object.
  struct Problem {
    var kind: String
    var location: String
    var message: String
    var fix: String
  }
  var problems: [Problem]
  var code: Int32

  static let checkFailed: Int32 = 1
  static let badDescription: Int32 = 2
  static let hostFault: Int32 = 3

  init(_ error: DescriptionError) {
    code = Self.badDescription
    problems = error.diagnostics.map {
      Problem(kind: "description", location: "\($0.location)", message: $0.message, fix: $0.fix)
    }
  }

  init(_ error: BringUpError) {
    code = Self.hostFault
    problems = error.problems.map {
      Problem(
        kind: "bring_up",
        location: "joint \($0.joint), bus \($0.bus), drive \($0.id)"
          + ($0.device.isEmpty ? "" : " (\($0.device))"),
        message: $0.message, fix: $0.fix)
    }
  }

  init(_ error: RecoveryError) {
    code = Self.checkFailed
    problems = error.problems.map {
      Problem(kind: "recovery", location: $0.place, message: $0.message, fix: $0.fix)
    }
  }

  init(_ errors: BusErrors) {
    code = Self.hostFault
    problems = errors.problems.map {
      Problem(
        kind: "bus", location: "bus \($0.bus), \($0.interface)", message: $0.message, fix: $0.fix)
    }
  }

  init(_ error: TraceError) {
    self.init(
      kind: "trace", location: error.path, message: error.cause, fix: error.fix, code: Self.hostFault)
  }

  init(_ error: RealtimeError) {
    code = Self.hostFault
    problems = error.refusals.map {
      Problem(kind: "realtime", location: $0.request.rawValue, message: $0.message, fix: $0.fix)
    }
  }

  init(problems: [Problem], code: Int32) {
    self.problems = problems
    self.code = code
  }

  init(kind: String, location: String, message: String, fix: String, code: Int32) {
    problems = [Problem(kind: kind, location: location, message: message, fix: fix)]
    self.code = code
  }

  /// Prints every problem and gives the exit code to throw.
  func report(json: Bool) -> ExitCode {
    for problem in problems {
      if json {
        let error: JSONValue = .object([
          ("kind", .string(problem.kind)), ("where", .string(problem.location)),
          ("message", .string(problem.message)), ("fix", .string(problem.fix)),
        ])
        printError(JSONValue.object([("error", error)]).text)
      } else {
        printError("\(problem.location): \(problem.message); \(problem.fix)")
      }
    }
    return ExitCode(code)
  }
}

/// Prints a line on stderr.
func printError(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }
