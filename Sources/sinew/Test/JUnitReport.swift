import Foundation
import Simulation

/// Results as JUnit XML: a suite a scenario, a case a run. Times are simulated, so that the same runs give the same file.
struct JUnitReport {
  let results: TestResults

  init(_ results: TestResults) { self.results = results }

  /// The whole document.
  var text: String {
    var out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    out +=
      "<testsuites name=\"sinew test\" tests=\"\(results.runCount)\" failures=\"\(results.failedCount)\" "
      + "errors=\"0\">\n"
    for entry in results.entries { out += suite(entry) }
    return out + "</testsuites>\n"
  }

  private func suite(_ entry: TestResults.Entry) -> String {
    var out =
      "  <testsuite name=\"\(Self.escaped(entry.scenario.name))\" tests=\"\(entry.runs.count)\" "
      + "failures=\"\(entry.failedCount)\" errors=\"0\" skipped=\"0\" "
      + "time=\"\(Self.seconds(entry.runs.reduce(0) { $0 + $1.simulatedTime }))\">\n"
    for run in entry.runs {
      let name = Self.escaped(entry.name(of: run.run))
      let head =
        "    <testcase classname=\"\(Self.escaped(entry.scenario.name))\" name=\"\(name)\" "
        + "file=\"\(Self.escaped(entry.scenario.path))\" time=\"\(Self.seconds(run.simulatedTime))\""
      guard let first = run.failures.first else {
        out += head + "/>\n"
        continue
      }
      let lines = run.failures.map { "\($0.name): \($0.message)" } + details(run, of: entry)
      out += head + ">\n"
      out +=
        "      <failure type=\"\(Self.escaped(first.name))\" message=\"\(Self.escaped(first.message))\">"
        + Self.escaped(lines.joined(separator: "\n")) + "</failure>\n    </testcase>\n"
    }
    return out + "  </testsuite>\n"
  }

  private func details(_ run: TestResults.Run, of entry: TestResults.Entry) -> [String] {
    let found = entry.failing.first {
      $0.outcome.run.seed == run.run.seed && $0.outcome.run.point == run.run.point
        && $0.outcome.run.isControl == run.run.isControl
    }
    guard let found else { return [] }
    return [found.shrunk?.text, "repeat: \(found.command)"].compactMap { $0 }
  }

  private static func seconds(_ time: Int64) -> String {
    let thousandths = (time + 500_000) / 1_000_000
    let part = "\(1000 + thousandths % 1000)".dropFirst()
    return "\(thousandths / 1000).\(part)"
  }

  /// Text as XML takes it, in attributes too; characters that XML has no place for become U+FFFD.
  static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "\n": out += "&#10;"
      case "\t": out += "&#9;"
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: out += "\u{FFFD}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// Writes the document under a temporary name and renames it.
  func write(to path: String) throws {
    do { try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
      throw Failure(
        kind: "junit", location: path, message: "cannot be written: \(error.localizedDescription)",
        fix: "name a file in a directory that can be written", code: Failure.hostFault)
    }
  }
}
