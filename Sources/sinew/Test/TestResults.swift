import Simulation

/// What all runs of a test came to; what every report is made of.
struct TestResults {
  /// One run, as far as it is kept.
  struct Run {
    var run: ScenarioCase
    var hash: RunHash
    /// How it ended.
    var ending: String
    /// What did not hold; for a control that passes, that.
    var failures: [Verdict]
    /// Figure over bound of what came closest to failing, and its name; nil where nothing has a number.
    var closest: (part: Double, name: String)?
    /// [ns]
    var simulatedTime: Int64
    /// What became of every expectation, where that is kept.
    var verdicts: [Verdict] = []
    var passed: Bool { failures.isEmpty }
  }

  /// A run that failed, with what is needed to look into it.
  struct Failing {
    var outcome: ScenarioOutcome
    /// The run with the fewest faults; nil where it was not looked for.
    var shrunk: ShrunkRun?
    /// The command that repeats it, shrunk where it was.
    var command: String
    /// Recording of the (shrunk) run; nil where none was asked for.
    var recording: String?
    /// Log of all frames of the (shrunk) run.
    var candump: String?
    /// The (shrunk) run cycle by cycle, for plots; nil where no report was asked for.
    var traced: ScenarioOutcome?
  }

  /// A scenario and its runs.
  struct Entry {
    var scenario: Scenario
    var runs: [Run]
    /// The first runs that failed, the first of them shrunk.
    var failing: [Failing]
  }

  var entries: [Entry]
  /// Whether negative controls were among the runs.
  var hasControls: Bool

  var passed: Bool { entries.allSatisfy { $0.runs.allSatisfy(\.passed) } }
  var runCount: Int { entries.reduce(0) { $0 + $1.runs.count } }
  var failedCount: Int { entries.reduce(0) { $0 + $1.failedCount } }
}

extension TestResults.Entry {
  var failedCount: Int { runs.count { !$0.passed } }

  /// One hash of all runs, in their order.
  var hash: RunHash {
    var sum = RunHash()
    for run in runs { sum.add(run.hash) }
    return sum
  }

  /// The bound that any run came closest to, of those that passed.
  var closest: (part: Double, name: String)? {
    runs.filter { $0.passed && !$0.run.isControl }.compactMap(\.closest).max { $0.part < $1.part }
  }

  /// What a run is called: its seed, its swept values, whether it is a control.
  func name(of run: ScenarioCase) -> String {
    let values = scenario.points[run.point].text
    return (run.isControl ? "control" : "seed \(run.seed)") + (values.isEmpty ? "" : " \(values)")
  }
}

// MARK: For people

extension TestResults {
  /// A line a scenario, then every failure with the command that repeats it.
  func table(hashes: Bool, figures: Bool = false) -> String {
    var table = TextTable(["scenario", "runs", "failed", "controls", "closest bound"])
    for entry in entries {
      let controls = entry.runs.filter(\.run.isControl)
      let closest = entry.closest.map { "\($0.name) \(Int(($0.part * 100).rounded())) %" } ?? ""
      table.append([
        entry.scenario.name, "\(entry.runs.count - controls.count)",
        "\(entry.runs.count { !$0.passed && !$0.run.isControl })",
        controls.isEmpty ? "" : "\(controls.count { $0.passed }) of \(controls.count) fail as they must",
        closest,
      ])
    }
    var out = table.text
    if hashes {
      for entry in entries {
        for run in entry.runs {
          out += "\(run.hash.text)  \(entry.scenario.name) \(entry.name(of: run.run))\n"
        }
      }
    }
    if figures { for entry in entries { out += self.figures(of: entry) } }
    for entry in entries { out += failures(of: entry) }
    return out + "\(runCount - failedCount) passed, \(failedCount) failed\n"
  }

  private func figures(of entry: Entry) -> String {
    var out = ""
    for run in entry.runs {
      out += "\n\(entry.scenario.name), \(entry.name(of: run.run)): \(run.ending)\n"
      for verdict in run.verdicts {
        out += "  \(verdict.passed ? "holds" : "fails")  \(verdict.name): \(verdict.message)\n"
      }
    }
    return out
  }

  private func failures(of entry: Entry) -> String {
    var out = ""
    for failing in entry.failing {
      let run = failing.outcome.run
      out += "\nFAIL \(entry.scenario.name), \(entry.name(of: run))\n"
      for verdict in failing.outcome.failures { out += "  \(verdict.name): \(verdict.message)\n" }
      for (index, fault) in failing.outcome.faults.enumerated() { out += "  fault \(index + 1): \(fault)\n" }
      if let shrunk = failing.shrunk { out += "  \(shrunk.text)\n" }
      out += "  repeat: \(failing.command)\n"
      if let file = failing.recording { out += "  recorded: \(file)\n" }
      if let file = failing.candump { out += "  frames: \(file)\n" }
    }
    let more = entry.failedCount - entry.failing.count
    if more > 0 { out += "\n\(entry.scenario.name): \(more) more runs failed\n" }
    return out
  }
}

extension ShrunkRun {
  /// What was left, for people.
  var text: String {
    let left = outcome.faults.map { "\($0)" }.joined(separator: "; ")
    let what = outcome.faults.isEmpty ? "no fault at all" : "\(outcome.faults.count): \(left)"
    return "fails with \(what), of \(faultsBefore) faults (\(runs) runs)"
  }
}

// MARK: For machines

extension TestResults {
  /// The results as one object; every run is listed where it failed, or where hashes are asked for.
  func json(hashes: Bool, figures: Bool = false) -> JSONValue {
    .object([
      ("schema", "sinew.test/1"), ("passed", .boolean(passed)), ("runs", .integer(Int64(runCount))),
      ("failed", .integer(Int64(failedCount))),
      (
        "scenarios",
        .array(
          entries.map { entry in
            let controls = entry.runs.filter(\.run.isControl)
            return .object([
              ("scenario", .string(entry.scenario.name)), ("file", .string(entry.scenario.path)),
              ("covers", .array(entry.scenario.covers.map { .string($0 < 10 ? "F0\($0)" : "F\($0)") })),
              ("runs", .integer(Int64(entry.runs.count))), ("failed", .integer(Int64(entry.failedCount))),
              ("controls", .integer(Int64(controls.count))),
              ("controls_noticed", .integer(Int64(controls.count { $0.passed }))),
              ("hash", .string(entry.hash.text)),
              (
                "simulated_s",
                .number(Double(entry.runs.reduce(0) { $0 + $1.simulatedTime }) * 1e-9)
              ),
              ("closest", entry.closest.map { .string($0.name) } ?? .null),
              ("closest_part", entry.closest.map { .number($0.part) } ?? .null),
              (
                "listed",
                .array(
                  entry.runs.filter { hashes || figures || !$0.passed }.map { Self.json(of: $0, in: entry) })
              ), ("failing", .array(entry.failing.map { Self.json(of: $0) })),
            ])
          })
      ),
    ])
  }

  private static func json(of run: Run, in entry: Entry) -> JSONValue {
    .object([
      ("seed", .string("\(run.run.seed)")), ("point", .string(entry.scenario.points[run.run.point].text)),
      ("control", .boolean(run.run.isControl)), ("passed", .boolean(run.passed)),
      ("ending", .string(run.ending)), ("hash", .string(run.hash.text)),
      ("verdicts", .array(run.verdicts.map(json(of:)))),
    ])
  }

  private static func json(of failing: Failing) -> JSONValue {
    let shrunk = failing.shrunk
    return .object([
      ("seed", .string("\(failing.outcome.run.seed)")), ("control", .boolean(failing.outcome.run.isControl)),
      ("failures", .array(failing.outcome.failures.map(json(of:)))),
      ("faults", .array(failing.outcome.faults.map { .string("\($0)") })),
      (
        "shrunk_faults",
        shrunk.map { .array($0.outcome.faults.map { .string("\($0)") }) } ?? .null
      ), ("shrinking_runs", shrunk.map { .integer(Int64($0.runs)) } ?? .null),
      ("repeat", .string(failing.command)), ("recording", failing.recording.map { .string($0) } ?? .null),
      ("candump", failing.candump.map { .string($0) } ?? .null),
    ])
  }

  private static func json(of verdict: Verdict) -> JSONValue {
    .object([
      ("expectation", verdict.expectation.map { .integer(Int64($0 + 1)) } ?? .null),
      ("name", .string(verdict.name)), ("passed", .boolean(verdict.passed)),
      ("figure", verdict.figure.map { .number($0) } ?? .null),
      ("bound", verdict.bound.map { .number($0) } ?? .null), ("unit", .string(verdict.unit)),
      ("joint", verdict.joint.map { .string($0) } ?? .null),
      ("time_s", verdict.time.map { .number($0) } ?? .null), ("message", .string(verdict.message)),
    ])
  }
}
