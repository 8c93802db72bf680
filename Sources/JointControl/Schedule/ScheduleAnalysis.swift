/// How long the rows of a table take at worst: exact for one thread that runs the rows of each cycle in order.
///
/// Frame f holds the work S(f) of the tasks released in it. What one frame leaves undone delays the next,
///
///     B(f + 1) = max(0, B(f) + S(f) - tick)
///
/// and a task of frame f is done B(f) plus its own and all earlier budgets of the frame after the frame's instant.
/// When the work of a hyperperiod fits in it, B repeats from the second hyperperiod on: the largest suffix sum of
/// S - tick never gains by reaching further back than one hyperperiod. Shorter execution times only make every
/// term smaller, so the bound holds for all of them.
public struct ScheduleAnalysis: Sendable, Equatable {
  /// Cycles after which releases repeat.
  public let hyperperiod: Int
  /// Part of the time that the budgets take, over a hyperperiod.
  public let utilisation: Double
  /// Whether the budgets of a hyperperiod fit in it; without that no response time is bounded.
  public let isBounded: Bool
  /// Sum of the budgets of each frame's tasks [ns].
  public let work: [Int64]
  /// Longest response time of each task [ns]; `Int64.max` when it is not bounded.
  public let response: [Int64]
  /// Frame in which each task responds last.
  public let worstFrame: [Int]

  /// The analysis of valid rows; nil when the hyperperiod is longer than `Schedule.longestHyperperiod`.
  public init?(tick: Int64, tasks: [Schedule.Task]) {
    guard let hyperperiod = Self.hyperperiod(of: tasks) else { return nil }
    self.hyperperiod = hyperperiod
    var work = [Int64](repeating: 0, count: hyperperiod)
    for task in tasks {
      for frame in stride(from: task.phase, to: hyperperiod, by: task.every) { work[frame] += task.budget }
    }
    self.work = work
    let total = work.reduce(0, +)
    let room = tick * Int64(hyperperiod)
    utilisation = Double(total) / Double(room)
    isBounded = total <= room
    var response = [Int64](repeating: 0, count: tasks.count)
    var worstFrame = tasks.map(\.phase)
    if isBounded {
      var backlog: Int64 = 0
      for step in 0..<2 * hyperperiod {
        let frame = step % hyperperiod
        var done = backlog
        for (index, task) in tasks.enumerated() where frame % task.every == task.phase {
          done += task.budget
          if done > response[index] {
            response[index] = done
            worstFrame[index] = frame
          }
        }
        backlog = max(0, backlog + work[frame] - tick)
      }
    } else {
      response = response.map { _ in Int64.max }
    }
    self.response = response
    self.worstFrame = worstFrame
  }

  /// Least common multiple of the rates; nil when it is too long.
  static func hyperperiod(of tasks: [Schedule.Task]) -> Int? {
    var multiple = 1
    for task in tasks {
      var (a, b) = (multiple, task.every)
      while b != 0 { (a, b) = (b, a % b) }
      multiple = multiple / a * task.every
      if multiple > Schedule.longestHyperperiod { return nil }
    }
    return multiple
  }
}
