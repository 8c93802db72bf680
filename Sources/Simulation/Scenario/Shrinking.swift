/// The least that a failing run needs in order to fail.
public struct ShrunkRun: Sendable {
  /// The run, with the faults that are left.
  public var run: ScenarioCase
  /// What it came to.
  public var outcome: ScenarioOutcome
  /// How many faults there were before.
  public var faultsBefore: Int
  /// Numbers of the faults that are left, from 0, where those are as they were; nil where some were made simpler.
  public var numbers: [Int]?
  /// Runs that it took.
  public var runs: Int
}

extension PreparedScenario {
  /// Most runs that shrinking takes.
  public static var shrinkingLimit: Int { 200 }

  /// Looks for the fewest and simplest faults with which a run still fails in the same way.
  ///
  /// Delta debugging over the list of faults (Zeller, Hildebrandt: Simplifying and isolating failure-inducing input, IEEE
  /// Transactions on Software Engineering 28, 2002): what is left fails, and without any one of its faults it does not, as far
  /// as the limit of runs allows. Then durations are halved and instants rounded as long as the run fails.
  ///
  /// - Parameters:
  ///   - outcome: a run that failed.
  ///   - verdict: the failure that must stay.
  ///   - limit: most runs that are tried.
  /// - Returns: the run that is left.
  public func shrink(
    _ outcome: ScenarioOutcome, keeping verdict: Verdict, limit: Int = shrinkingLimit
  ) -> ShrunkRun {
    shrink(outcome, keeping: verdict, limit: limit) { self.run($0) }
  }

  /// As `shrink(_:keeping:limit:)`, with runs made by `execute`: those of a user's law, for example.
  public func shrink(
    _ outcome: ScenarioOutcome, keeping verdict: Verdict, limit: Int = shrinkingLimit,
    running execute: @escaping (ScenarioCase) -> ScenarioOutcome
  ) -> ShrunkRun {
    var search = ShrinkSearch(
      base: outcome.run, verdict: verdict, limit: limit, best: outcome, execute: execute)
    let anchored = anchors(of: verdict, in: outcome)
    let numbers = search.fewest(of: outcome.faults, keeping: anchored)
    var faults = numbers.map { outcome.faults[$0] }
    let isSimpler = search.simplify(&faults, keepingStart: numbers.map(anchored.contains))
    var run = outcome.run
    if isSimpler {
      run.faults = .replaced(faults)
    } else if numbers.count < outcome.faults.count {
      // Numbers count in the scenario's own list, of which the run may have had a part already.
      run.faults = Self.selection(numbers, of: outcome.run.faults, faults)
    }
    var best = search.best
    best.run = run
    return ShrunkRun(
      run: run, outcome: best, faultsBefore: outcome.faults.count, numbers: isSimpler ? nil : numbers,
      runs: search.runs)
  }

  /// Numbers of the faults that a reaction is counted from: without them it cannot be missed, only left out.
  private func anchors(of verdict: Verdict, in outcome: ScenarioOutcome) -> [Int] {
    let expectations = scenario.points[outcome.run.point].expectations
    guard let number = verdict.expectation, expectations.indices.contains(number),
      let deadline = expectations[number].kind.deadline
    else { return [] }
    return outcome.faults.indices.filter {
      (Double(outcome.faults[$0].start) * 1e-9 - deadline.after).magnitude < 1e-9
    }
  }

  private static func selection(
    _ numbers: [Int], of faults: ScenarioCase.Faults, _ kept: [Injection]
  ) -> ScenarioCase.Faults {
    switch faults {
    case .all: .only(numbers)
    case .only(let before): .only(numbers.map { before.sorted()[$0] })
    case .replaced: .replaced(kept)
    }
  }
}

/// Runs with fewer or simpler faults, and the last that failed.
private struct ShrinkSearch {
  let base: ScenarioCase
  let verdict: Verdict
  let limit: Int
  var best: ScenarioOutcome
  let execute: (ScenarioCase) -> ScenarioOutcome
  var runs = 0

  /// Whether a run with these faults fails as the first did.
  mutating func fails(_ faults: [Injection]) -> Bool {
    guard runs < limit else { return false }
    runs += 1
    var run = base
    run.faults = .replaced(faults)
    let outcome = execute(run)
    guard outcome.failures.contains(where: { $0.isAbout(verdict) }) else { return false }
    best = outcome
    return true
  }

  /// Numbers of the fewest faults that still fail, with those that must stay.
  mutating func fewest(of faults: [Injection], keeping anchors: [Int]) -> [Int] {
    func all(_ numbers: [Int]) -> [Int] { (numbers + anchors).sorted() }
    var kept = faults.indices.filter { !anchors.contains($0) }
    if kept.isEmpty || fails(anchors.map { faults[$0] }) { return anchors }
    var parts = 2
    while kept.count >= 2 {
      let size = (kept.count + parts - 1) / parts
      let chunks = stride(from: 0, to: kept.count, by: size).map {
        Array(kept[$0..<min($0 + size, kept.count)])
      }
      if let chunk = firstFailing(chunks, of: faults, with: anchors) {
        (kept, parts) = (chunk, 2)
        continue
      }
      let rests = chunks.map { chunk in kept.filter { !chunk.contains($0) } }
      if parts > 2 || chunks.count > 2, let rest = firstFailing(rests, of: faults, with: anchors) {
        (kept, parts) = (rest, max(parts - 1, 2))
        continue
      }
      if parts >= kept.count { break }
      parts = min(2 * parts, kept.count)
    }
    return all(kept)
  }

  private mutating func firstFailing(
    _ sets: [[Int]], of faults: [Injection], with anchors: [Int]
  ) -> [Int]? {
    for set in sets where fails((set + anchors).sorted().map({ faults[$0] })) { return set }
    return nil
  }

  /// Makes faults shorter and their instants rounder; whether anything changed.
  mutating func simplify(_ faults: inout [Injection], keepingStart isFixed: [Bool]) -> Bool {
    var isChanged = false
    for index in faults.indices {
      for grain: Int64 in [100_000_000, 10_000_000] where !isFixed[index] {
        var simpler = faults
        let rounded = (simpler[index].start + grain / 2) / grain * grain
        guard rounded > 0, rounded != simpler[index].start else { continue }
        simpler[index].start = rounded
        guard fails(simpler) else { continue }
        (faults, isChanged) = (simpler, true)
        break
      }
      while let duration = faults[index].duration, duration >= 2_000_000 {
        var simpler = faults
        simpler[index].duration = (duration / 2 + 500_000) / 1_000_000 * 1_000_000
        guard fails(simpler) else { break }
        (faults, isChanged) = (simpler, true)
      }
    }
    return isChanged
  }
}
