import Foundation
import JointControl
import TestSupport
import Testing

/// The analysis against a simulated thread, in random task sets: 100 000 in `make schedule-proof`.
@Suite("The schedule's proof")
struct ScheduleProofTests {
  private static let sets = Int(ProcessInfo.processInfo.environment["SINEW_TASK_SETS"] ?? "") ?? 2_000

  /// What went wrong over all sets: bounds that were passed, and bounds that full budgets did not reach.
  private static func check(
    sets: Int, bound: (ScheduleAnalysis, [Schedule.Task]) -> [Int64]
  ) -> (passed: Int, loose: Int, feasible: Int, backlogged: Int, unbounded: Int) {
    var result = (passed: 0, loose: 0, feasible: 0, backlogged: 0, unbounded: 0)
    for seed in 0..<sets {
      var random = SeededGenerator(seed: UInt64(seed))
      let tasks = RandomTaskSets.tasks(using: &random)
      guard let analysis = ScheduleAnalysis(tick: RandomTaskSets.tick, tasks: tasks) else { continue }
      guard analysis.isBounded else {
        result.unbounded += 1
        continue
      }
      let bounds = bound(analysis, tasks)
      let frames = 3 * analysis.hyperperiod
      let shorter = RandomTaskSets.responses(of: tasks, frames: frames) { _, budget in
        Int64.random(in: 0...budget, using: &random)
      }
      let full = RandomTaskSets.responses(of: tasks, frames: frames) { _, budget in budget }
      if zip(bounds, zip(shorter, full)).contains(where: { $0 < $1.0 || $0 < $1.1 }) { result.passed += 1 }
      if zip(bounds, full).contains(where: { $0 != $1 }) { result.loose += 1 }
      if analysis.work.contains(where: { $0 > RandomTaskSets.tick }) {
        result.backlogged += 1
      } else {
        result.feasible += 1
      }
    }
    return result
  }

  @Test("No response is longer than the analysis says, and full budgets reach it exactly")
  func upperBound() {
    let result = Self.check(sets: Self.sets) { analysis, _ in analysis.response }
    #expect(result.passed == 0 && result.loose == 0)
    // Both kinds are there: frames that hold their work, and frames that hand work on.
    #expect(result.feasible > Self.sets / 10 && result.backlogged > Self.sets / 10)
    #expect(result.unbounded > 0)
    print(
      "\(Self.sets) task sets: \(result.feasible) fit, \(result.backlogged) with work carried on, "
        + "\(result.unbounded) without a bound; \(result.passed) responses above the bound")
  }

  @Test("An analysis that forgets what the frame before left undone is caught")
  func forgetsBacklog() {
    let result = Self.check(sets: 200) { _, tasks in
      tasks.indices.map { row in
        stride(from: tasks[row].phase, to: 1000, by: tasks[row].every).map { frame in
          tasks[...row].reduce(0) { $0 + ($1.isDue(in: Int64(frame)) ? $1.budget : 0) }
        }.max() ?? 0
      }
    }
    #expect(result.passed > 0)
  }

  @Test("An analysis that forgets the row before is caught")
  func forgetsOrder() {
    #expect(Self.check(sets: 200) { _, tasks in tasks.map(\.budget) }.passed > 0)
  }

  @Test("An accepted table keeps every deadline; a refused one has a frame that is too full, or a late task")
  func acceptance() {
    for seed in 0..<500 {
      var random = SeededGenerator(seed: UInt64(seed))
      var tasks = RandomTaskSets.tasks(using: &random)
      for row in tasks.indices {
        tasks[row].deadline = Int64.random(in: tasks[row].deadline / 8...tasks[row].deadline, using: &random)
      }
      let full = ScheduleAnalysis(tick: RandomTaskSets.tick, tasks: tasks)
      let isOverfull = full?.work.contains { $0 > RandomTaskSets.tick } ?? true
      do {
        let schedule = try Schedule(tick: RandomTaskSets.tick, tasks: tasks)
        let seen = RandomTaskSets.responses(of: tasks, frames: 2 * schedule.analysis.hyperperiod) { $1 }
        #expect(zip(seen, tasks).allSatisfy { $0 <= $1.deadline } && !isOverfull)
      } catch {
        if !isOverfull {
          let seen = RandomTaskSets.responses(of: tasks, frames: 2 * (full?.hyperperiod ?? 1)) { $1 }
          let late = zip(seen, tasks).filter { $0 > $1.deadline }.map(\.1.name)
          #expect(error.problems.map(\.task) == late)
        }
      }
    }
  }
}
