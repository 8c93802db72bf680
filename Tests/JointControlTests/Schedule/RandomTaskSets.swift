import JointControl
import TestSupport

/// Random tables, and a thread that works through them event by event, sharing nothing with the analysis.
enum RandomTaskSets {
  static let tick: Int64 = 1_000_000

  /// A table of 1 to 8 tasks whose rates have a small hyperperiod, loaded to between 10 and 105 percent.
  static func tasks(using random: inout SeededGenerator) -> [Schedule.Task] {
    let rates = [[1, 2, 4, 8], [1, 2, 3, 6], [1, 5, 10], [1, 3, 4, 12], [2, 4], [1, 2, 7]].randomElement(
      using: &random)
    let count = Int.random(in: 1...8, using: &random)
    let load = Double.random(in: 0.1...1.05, using: &random)
    let shares = (0..<count).map { _ in Double.random(in: 0.02...1, using: &random) }
    let sum = shares.reduce(0, +)
    return (0..<count).map { index in
      let every = rates?.randomElement(using: &random) ?? 1
      let budget = max(1, Int64(load * shares[index] / sum * Double(every) * Double(tick)))
      return Schedule.Task(
        name: "task \(index)", every: every, phase: Int.random(in: 0..<every, using: &random),
        budget: budget, deadline: Int64(every) * tick)
    }
  }

  /// Longest response of each task over some frames, when every run takes what `execution` says [ns].
  ///
  /// Jobs wait in a queue, by release and then by row; one thread takes the first and runs it to its end.
  static func responses(
    of tasks: [Schedule.Task], frames: Int, execution: (_ row: Int, _ budget: Int64) -> Int64
  ) -> [Int64] {
    var queue: [(release: Int64, row: Int)] = []
    var taken = 0
    var clock: Int64 = 0
    var frame = 0
    var longest = [Int64](repeating: 0, count: tasks.count)
    while frame < frames || taken < queue.count {
      // Everything released up to now has to be in the queue before the thread chooses.
      while frame < frames && (Int64(frame) * tick <= clock || taken == queue.count) {
        clock = max(clock, taken == queue.count ? Int64(frame) * tick : clock)
        for (row, task) in tasks.enumerated()
        where frame >= task.phase && (frame - task.phase) % task.every == 0 {
          queue.append((Int64(frame) * tick, row))
        }
        frame += 1
      }
      guard taken < queue.count else { continue }
      let job = queue[taken]
      taken += 1
      clock += execution(job.row, tasks[job.row].budget)
      longest[job.row] = max(longest[job.row], clock - job.release)
    }
    return longest
  }
}
