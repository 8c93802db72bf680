import ArgumentParser
import Foundation

/// Two results of `sinew tune`, figure by figure.
struct TuneCompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare two results of sinew tune.",
    discussion: """
      A figure counts as changed where it moved by more than --tolerance of what it was, and by more than three standard errors.
      Better and worse are said of figures that have a good direction: margins, settling, overshoot, errors. A parameter that is no
      longer identified, a check that fails now, and a joint that is missing are worse.

      Exit codes: 0 compared, with --check 1 where something is worse, 2 a result that cannot be read.

      EXAMPLES
        sinew tune compare monday friday
        sinew tune compare baseline.json out/result.json --check
        sinew tune compare before after --html compare.html
      """)

  @Argument(help: "A result.json, or a directory that holds one.")
  var before: String

  @Argument(help: "Another one.")
  var after: String

  @Option(help: "Part by which a figure may move and count as the same.")
  var tolerance = TuneComparison.usualTolerance

  @Flag(help: "End with 1 where something got worse.")
  var check = false

  @Option(help: ArgumentHelp("Write the comparison as one HTML page.", valueName: "file"))
  var html: String?

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  func validate() throws {
    if !(tolerance >= 0 && tolerance < 1) { throw ValidationError("--tolerance is at least 0, below 1.") }
  }

  func run() throws {
    do {
      let results = (try TuneResult.load(before), try TuneResult.load(after))
      guard results.0.robot == results.1.robot else {
        throw Failure(
          kind: "tune_result", location: after,
          message: "is of the robot '\(results.1.robot)', not of '\(results.0.robot)'",
          fix: "compare results of one robot", code: Failure.badDescription)
      }
      let comparison = TuneComparison(results.0, results.1, tolerance: tolerance)
      if let html { try TuneFiles.write(comparison.page, to: html) }
      print(json ? comparison.json.text : comparison.table, terminator: json ? "\n" : "")
      if check && comparison.isWorse { throw ExitCode(Failure.checkFailed) }
    } catch let failure as Failure {
      throw failure.report(json: json)
    }
  }
}
