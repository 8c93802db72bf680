import Foundation
import Simulation

/// What all runs came to, as pages: one of all scenarios, and one for each run that failed, beside its recording.
struct TestReport {
  let results: TestResults

  /// Writes `index.html` and the pages of failures.
  ///
  /// - Parameter directory: where to; made when it is not there.
  /// - Throws: `Failure` when something cannot be written.
  func write(to directory: String) throws {
    var pages = [("index.html", index.html)]
    for entry in results.entries {
      for failing in entry.failing {
        pages.append((Self.file(of: failing, in: entry), FailurePage(failing: failing, entry: entry).html))
      }
    }
    for (name, text) in pages {
      let path = directory + "/" + name
      do {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
      } catch {
        throw Failure(
          kind: "report", location: path, message: "cannot be written: \(error.localizedDescription)",
          fix: "name a directory that can be written", code: Failure.hostFault)
      }
    }
  }

  /// Name of a failure's page.
  private static func file(of failing: TestResults.Failing, in entry: TestResults.Entry) -> String {
    FailureRecording.stem(entry.scenario, failing.outcome.run) + ".html"
  }

  private var index: ReportPage {
    let verdict = results.failedCount == 0 ? "all passed" : "\(results.failedCount) failed"
    var page = ReportPage(title: "sinew test: \(results.runCount) runs, \(verdict)")
    var header = ["scenario", "", "runs", "failed", "closest bound", "what it is about"]
    if results.hasControls { header.insert("controls", at: 4) }
    page.table(
      header,
      results.entries.map { entry in
        let controls = entry.runs.filter(\.run.isControl)
        let closest = entry.closest.map { "\($0.name) \(Int(($0.part * 100).rounded())) %" } ?? ""
        let isGood = entry.failedCount == 0
        var row: [ReportPage.Cell] = [
          isGood ? .text(entry.scenario.name) : .link(entry.scenario.name, to: "#\(entry.scenario.name)"),
          .verdict(isGood ? "passed" : "failed", isGood: isGood),
          .number("\(entry.runs.count - controls.count)"),
          .number("\(entry.runs.count { !$0.passed && !$0.run.isControl })"), .text(closest),
          .text(entry.scenario.about),
        ]
        if results.hasControls {
          row.insert(
            .text(
              controls.isEmpty ? "" : "\(controls.count { $0.passed }) of \(controls.count) fail as they must"
            ), at: 4)
        }
        return row
      })
    for entry in results.entries where entry.failedCount > 0 {
      page.heading(entry.scenario.name, id: entry.scenario.name)
      page.table(
        ["run", "what did not hold", "figure", "bound", "unit", "joint"],
        entry.failing.flatMap { failing in
          failing.outcome.failures.map { failure in
            [
              .link(entry.name(of: failing.outcome.run), to: Self.file(of: failing, in: entry)),
              .text("\(failure.name): \(failure.message)"),
              .number(failure.figure.map { Markup.number($0) } ?? ""),
              .number(failure.bound.map { Markup.number($0) } ?? ""), .text(failure.unit),
              .text(failure.joint ?? ""),
            ]
          }
        })
      let more = entry.failedCount - entry.failing.count
      if more > 0 { page.paragraph("\(more) more runs failed.", isNote: true) }
    }
    page.paragraph(
      "One hash of all runs of a scenario; the same runs give the same hash on any machine.", isNote: true)
    page.table(["scenario", "hash"], results.entries.map { [.text($0.scenario.name), .text($0.hash.text)] })
    return page
  }
}
