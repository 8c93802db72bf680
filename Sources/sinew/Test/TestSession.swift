import Foundation
import Simulation
import Synchronization

/// Runs cases on several threads and gathers what came of them, in the order of the cases.
struct TestSession {
  let prepared: [PreparedScenario]
  let selection: TestSelection
  let jobs: Int
  let runsTwice: Bool
  let shrinks: Bool
  /// Whether the verdict on every expectation is kept, and not of those that failed alone.
  var keepsFigures = false
  /// Where failing runs are recorded.
  let directory: String?

  /// Failing runs of a scenario that are kept whole; of the others it is said how many there are.
  static let keptFailures = 5

  private struct Item {
    var scenario: Int
    var run: ScenarioCase
  }

  func run() throws -> TestResults {
    var items: [Item] = []
    var number = 0
    for (index, prepared) in prepared.enumerated() {
      for run in try selection.cases(of: prepared.scenario) {
        if number % selection.shard.count == selection.shard.index {
          items.append(Item(scenario: index, run: run))
        }
        number += 1
      }
    }
    let outcomes = execute(items)
    var entries = prepared.map { TestResults.Entry(scenario: $0.scenario, runs: [], failing: []) }
    for (item, result) in zip(items, outcomes) { entries[item.scenario].runs.append(result) }
    for index in entries.indices { entries[index].failing = try explain(entries[index], prepared[index]) }
    return TestResults(entries: entries, hasControls: selection.controls)
  }

  // MARK: On all cores

  private func execute(_ items: [Item]) -> [TestResults.Run] {
    let results = Mutex([TestResults.Run?](repeating: nil, count: items.count))
    let next = Atomic<Int>(0)
    let done = Atomic<Int>(0)
    let threadCount = min(jobs, max(items.count, 1))
    let progress = TestProgress(count: items.count)
    DispatchQueue.concurrentPerform(iterations: threadCount) { _ in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < items.count else { return }
        let result = judge(items[index])
        results.withLock { $0[index] = result }
        progress.show(done.add(1, ordering: .relaxed).newValue)
      }
    }
    progress.end()
    return results.withLock { $0.compactMap { $0 } }
  }

  /// Runs a case and keeps what is needed of it: a passing run is a few words, however many there are.
  private func judge(_ item: Item) -> TestResults.Run {
    let scenario = prepared[item.scenario]
    let outcome = scenario.run(item.run)
    var failures = outcome.judged.failures
    if runsTwice && scenario.run(item.run).hash != outcome.hash {
      failures.append(
        Verdict(name: "same_twice", message: "the same run a second time did something else"))
    }
    return TestResults.Run(
      run: item.run, hash: outcome.hash, ending: outcome.ending.name, failures: failures,
      closest: outcome.closest, simulatedTime: outcome.simulatedTime,
      verdicts: keepsFigures ? outcome.verdicts.filter { $0.expectation != nil } : [])
  }

  // MARK: Failures

  private func explain(
    _ entry: TestResults.Entry, _ prepared: PreparedScenario
  ) throws -> [TestResults.Failing] {
    var failing: [TestResults.Failing] = []
    for run in entry.runs where !run.passed && failing.count < Self.keptFailures {
      let outcome = prepared.run(run.run).judged
      var shrunk: ShrunkRun?
      if shrinks && failing.isEmpty && !run.run.isControl, let verdict = outcome.failures.first {
        shrunk = prepared.shrink(outcome, keeping: verdict)
      }
      let repeated = shrunk?.run ?? run.run
      var found = TestResults.Failing(
        outcome: outcome, shrunk: shrunk, command: selection.command(for: repeated, of: prepared.scenario))
      // What failed the second time alone has no failure of its own.
      if outcome.failures.isEmpty { found.outcome.verdicts += run.failures }
      if let directory {
        let files = try FailureRecording(directory: directory, prepared: prepared).record(repeated)
        (found.recording, found.candump, found.traced) = (
          files.recording, files.candump, files.outcome.judged
        )
      }
      failing.append(found)
    }
    return failing
  }
}

extension ScenarioOutcome {
  /// As it is judged: a negative control passes when an expectation fails, and fails when none does.
  var judged: ScenarioOutcome {
    guard run.isControl else { return self }
    var outcome = self
    outcome.verdicts =
      failures.contains { $0.expectation != nil }
      ? []
      : [
        Verdict(
          name: "control", message: "the negative control passes: no expectation notices the difference")
      ]
    return outcome
  }

  /// Figure over bound of what came closest to failing; of upper bounds alone.
  var closest: (part: Double, name: String)? {
    verdicts.compactMap { verdict -> (part: Double, name: String)? in
      guard verdict.expectation != nil, let figure = verdict.figure, let bound = verdict.bound, bound > 0,
        figure >= 0
      else { return nil }
      return (figure / bound, verdict.name)
    }.max { $0.part < $1.part }
  }
}

extension Verdict {
  /// Something that did not hold and is no expectation.
  init(name: String, message: String) {
    self.init(name, passed: false, message: message)
  }
}

/// One line on a terminal's stderr.
private final class TestProgress: Sendable {
  private let count: Int
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let shownAt = Mutex(Date.distantPast)

  init(count: Int) { self.count = count }

  func show(_ done: Int) {
    guard isTerminal else { return }
    let isDue = shownAt.withLock { last in
      let now = Date()
      guard now.timeIntervalSince(last) > 0.1 else { return false }
      last = now
      return true
    }
    if isDue { FileHandle.standardError.write(Data("\r\u{1B}[K\(done) of \(count) runs".utf8)) }
  }

  func end() {
    if isTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
  }
}
