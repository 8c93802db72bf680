import Foundation

/// A result as JUnit XML: the robot a suite, a joint a case. Times are of the experiments, so that the same runs give the same file.
struct TuneJUnit {
  let result: TuneResult
  /// What an earlier result has better; nil without one.
  var comparison: TuneComparison?

  /// The whole document.
  var text: String {
    let cases = result.joints.map { (joint: $0, failures: failures(of: $0)) }
    let failed = cases.count { !$0.failures.isEmpty }
    let whole = result.joints.reduce(0) { $0 + Self.time($1) }
    let robot = JUnitReport.escaped(result.robot)
    var out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    out +=
      "<testsuites name=\"sinew tune\" tests=\"\(cases.count)\" failures=\"\(failed)\" errors=\"0\">\n"
      + "  <testsuite name=\"\(robot)\" tests=\"\(cases.count)\" failures=\"\(failed)\" errors=\"0\" skipped=\"0\" "
      + "time=\"\(RunReport.fixed(whole, 3))\">\n"
    for (joint, failures) in cases {
      out +=
        "    <testcase classname=\"\(robot)\" name=\"\(JUnitReport.escaped(joint.name))\" "
        + "time=\"\(RunReport.fixed(Self.time(joint), 3))\""
      guard let first = failures.first else {
        out += "/>\n"
        continue
      }
      out +=
        ">\n      <failure type=\"\(first.type)\" message=\"\(JUnitReport.escaped(first.text))\">"
        + JUnitReport.escaped(failures.map(\.text).joined(separator: "\n")) + "</failure>\n    </testcase>\n"
    }
    return out + "  </testsuite>\n</testsuites>\n"
  }

  private func failures(of joint: TuneResult.Joint) -> [(type: String, text: String)] {
    var failures: [(type: String, text: String)] = []
    for finding in joint.findings {
      if let abort = finding.abort {
        failures.append(("abort", "\(finding.kind)\(finding.stage.suffix): \(abort.text)"))
      }
    }
    for check in joint.checks where !check.passed {
      let seen = check.value.map { ": \(Markup.number($0, digits: 4)) \(check.unit)" } ?? ""
      failures.append(("check", "\(check.title)\(seen)\(check.note.isEmpty ? "" : ", \(check.note)")"))
    }
    for row in comparison?.rows ?? [] where row.joint == joint.name && row.verdict == .worse {
      let numbers = [row.before, row.after].map { $0.map { Markup.number($0, digits: 4) } ?? "-" }
      failures.append(
        ("regress", "\(row.place) \(row.title): was \(numbers[0]), is \(numbers[1]) \(row.unit) \(row.note)"))
    }
    if failures.isEmpty && !joint.passed { failures.append(("outcome", joint.outcome.text)) }
    return failures
  }

  private static func time(_ joint: TuneResult.Joint) -> Double {
    joint.findings.reduce(0) { sum, finding in
      sum + (finding.settings.first { $0.key == "time_s" }?.value ?? 0)
    }
  }
}
