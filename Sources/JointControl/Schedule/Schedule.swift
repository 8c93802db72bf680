/// What one thread does in which cycle, in which order: a static table, proved before the loop starts.
///
/// A cyclic executive. The base tick is the robot's period; a task is released in the cycles `phase`,
/// `phase + every`, ... and the tasks of a cycle run in the order of the table, to their end. Which cycle a task
/// runs in depends on the cycle's number alone, so that a run is the same at any pace. A schedule that exists
/// keeps every deadline as long as every task keeps its budget.
public struct Schedule: Sendable, Equatable {
  /// One row of the table.
  public struct Task: Sendable, Equatable {
    /// The task's name.
    public var name: String
    /// Cycles between two releases.
    public var every: Int
    /// Cycle of the first release, below `every`.
    public var phase: Int
    /// Longest time the task may take [ns].
    public var budget: Int64
    /// Time from its cycle's instant by which the task must be done [ns].
    public var deadline: Int64

    /// A row.
    public init(name: String, every: Int = 1, phase: Int = 0, budget: Int64, deadline: Int64) {
      self.name = name
      self.every = every
      self.phase = phase
      self.budget = budget
      self.deadline = deadline
    }

    /// Whether the task is released in a cycle.
    public func isDue(in cycle: Int64) -> Bool { every == 1 || cycle % Int64(every) == Int64(phase) }
  }

  /// When missed deadlines have consequences: an (m, k) rule.
  public struct OverrunPolicy: Sendable, Equatable {
    /// Deadlines that may be missed within the window; more slow the motion, more than twice as many stop it.
    public var limit: Int
    /// Cycles over which they are counted, 1...128.
    public var window: Int

    /// A policy; 3 in 100 when nothing is given.
    public init(limit: Int = 3, window: Int = 100) {
      self.limit = limit
      self.window = window
    }
  }

  /// Time between two cycles [ns].
  public let tick: Int64
  /// The rows, in the order they run.
  public let tasks: [Task]
  /// What happens when the proof's assumptions do not hold.
  public let overruns: OverrunPolicy
  /// The proof.
  public let analysis: ScheduleAnalysis

  /// Longest hyperperiod a table may have [cycles], so that the proof and its drawing stay finite.
  public static let longestHyperperiod = 20_000

  /// A table, proved; throws everything that is wrong with it at once.
  public init(tick: Int64, tasks: [Task], overruns: OverrunPolicy = OverrunPolicy()) throws(ScheduleError) {
    var problems = ScheduleProblems.ofRows(tick: tick, tasks: tasks)
    if !problems.isEmpty { throw ScheduleError(problems: problems) }
    guard let analysis = ScheduleAnalysis(tick: tick, tasks: tasks) else {
      throw ScheduleError(problems: [ScheduleProblems.longHyperperiod(tasks)])
    }
    problems = ScheduleProblems.ofFrames(analysis, tick: tick, tasks: tasks)
    if !problems.isEmpty { throw ScheduleError(problems: problems) }
    self.tick = tick
    self.tasks = tasks
    self.overruns = overruns
    self.analysis = analysis
  }
}
