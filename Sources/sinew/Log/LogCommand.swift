import ArgumentParser
import Foundation
import Recording

/// Recordings as files.
struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "Look into, verify, repair or convert a recording.",
    discussion: """
      EXAMPLES
        sinew log info wave.mcap
        sinew log check wave.mcap
        sinew log recover cut-off.mcap whole.mcap
        sinew log export wave.mcap --csv wave.csv
        sinew log export wave.mcap --frames wave.pcapng
      """,
    subcommands: [Info.self, Check.self, Recover.self, LogExportCommand.self])

  /// What a recording holds.
  struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Say what a recording holds.",
      discussion: """
        EXAMPLES
          sinew log info wave.mcap
        """)

    @Argument(help: "The recording.")
    var file: String
    @Flag(help: "Print one JSON object instead of a table.")
    var json = false

    func run() throws {
      try Failure.reporting(json: json) {
        let recording = try openRecording(file)
        let check = RecordingCheck(recording)
        print(
          json ? Self.json(recording, check).text : Self.table(recording, check), terminator: json ? "\n" : ""
        )
      }
    }

    private static func duration(_ check: RecordingCheck) -> Double {
      check.span.map { Double($0.last - $0.first) * 1e-9 } ?? 0
    }

    private static func table(_ recording: RecordingFile, _ check: RecordingCheck) -> String {
      var out =
        "\(recording.path): \(RunReport.fixed(duration(check), 3)) s, \(check.goodChunks) chunks, "
        + (recording.isClosed ? "closed" : "cut off") + "\n\n"
      var topics = TextTable(["topic", "messages"])
      for (topic, count) in check.messages { topics.append([topic, "\(count)"]) }
      out += topics.text + "\n"
      var files = TextTable(["attachment", "bytes"])
      for attachment in recording.attachments { files.append([attachment.name, "\(attachment.data.count)"]) }
      out += files.text + "\n"
      for (name, values) in recording.metadata {
        out += "\(name)\n" + values.map { "  \($0.0): \($0.1)\n" }.joined()
      }
      return out
    }

    private static func json(_ recording: RecordingFile, _ check: RecordingCheck) -> JSONValue {
      .object([
        ("schema", "sinew.log.info/1"), ("file", .string(recording.path)),
        ("closed", .boolean(recording.isClosed)), ("duration_s", .number(duration(check))),
        ("chunks", .integer(Int64(check.goodChunks))),
        ("topics", .object(check.messages.map { ($0.topic, .integer(Int64($0.count))) })),
        ("attachments", .object(recording.attachments.map { ($0.name, .integer(Int64($0.data.count))) })),
        (
          "metadata",
          .object(
            recording.metadata.map { entry in
              (entry.name, .object(entry.values.map { ($0.0, .string($0.1)) }))
            })
        ),
      ])
    }
  }

  /// Verifies a recording.
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Verify every checksum and index; exit 1 when something is wrong.",
      discussion: """
        EXAMPLES
          sinew log check wave.mcap
        """)

    @Argument(help: "The recording.")
    var file: String
    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func run() throws {
      try Failure.reporting(json: json) {
        let check = RecordingCheck(try openRecording(file))
        let messages = check.messages.map(\.count).reduce(0, +)
        if json {
          print(
            JSONValue.object([
              ("schema", "sinew.log.check/1"), ("file", .string(file)),
              ("chunks", .integer(Int64(check.goodChunks))), ("messages", .integer(Int64(messages))),
              ("problems", .array(check.problems.map(JSONValue.string))),
            ]).text)
        } else {
          for problem in check.problems { print("\(file): \(problem)") }
          print(
            "\(file): \(check.goodChunks) whole chunks, \(messages) messages, \(check.problems.count) problems"
          )
        }
        if !check.problems.isEmpty { throw ExitCode(Failure.checkFailed) }
      }
    }
  }

  /// Repairs a recording.
  struct Recover: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a whole recording of what is whole in a damaged one.",
      discussion: """
        The damaged file is left as it is.

        EXAMPLES
          sinew log recover cut-off.mcap whole.mcap
        """)

    @Argument(help: "The damaged recording.")
    var file: String
    @Argument(help: "The file to write.")
    var output: String
    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func run() throws {
      try Failure.reporting(json: json) {
        let source = try openRecording(file)
        guard !Self.isSameFile(file, output) else {
          throw Failure(
            kind: "usage", location: output, message: "this is the damaged file itself",
            fix: "name another file to write", code: Failure.badDescription)
        }
        let recovery: RecordingRecovery
        do throws(RecordingError) { recovery = try RecordingRecovery(source, to: output) } catch {
          throw Failure(error, code: Failure.hostFault)
        }
        if json {
          print(
            JSONValue.object([
              ("schema", "sinew.log.recover/1"), ("file", .string(output)),
              ("chunks", .integer(Int64(recovery.chunks))),
              ("lost_chunks", .integer(Int64(recovery.lostChunks))),
              ("lost_bytes", .integer(Int64(recovery.lostBytes))),
            ]).text)
        } else {
          print(
            "\(output): \(recovery.chunks) chunks, \(recovery.lostChunks) damaged chunks and "
              + "\(recovery.lostBytes) bytes at the end left out")
        }
      }
    }

    private static func isSameFile(_ a: String, _ b: String) -> Bool {
      var first = stat()
      var second = stat()
      return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev
        && first.st_ino == second.st_ino
    }
  }
}
