/// Why a table was refused: every reason, with what to do.
public struct ScheduleError: Error, Sendable, Equatable {
  /// One reason.
  public struct Problem: Sendable, Equatable {
    /// Name of the row it concerns; empty when it concerns the table.
    public var task: String
    /// What is wrong, with the numbers.
    public var message: String
    /// What to do.
    public var fix: String
  }
  /// The reasons, at least one.
  public let problems: [Problem]
}

extension ScheduleError: CustomStringConvertible {
  /// Each reason on a line of its own.
  public var description: String {
    problems.map { "\($0.message); \($0.fix)" }.joined(separator: "\n")
  }
}

/// Finds what is wrong with a table.
enum ScheduleProblems {
  /// Longest budget that is believed [ns].
  static let longestBudget: Int64 = 1_000_000_000

  /// What is wrong with the rows taken one by one.
  static func ofRows(tick: Int64, tasks: [Schedule.Task]) -> [ScheduleError.Problem] {
    var problems: [ScheduleError.Problem] = []
    func refuse(_ task: String, _ message: String, fix: String) {
      problems.append(ScheduleError.Problem(task: task, message: message, fix: fix))
    }
    if tick <= 0 || tick > longestBudget {
      refuse("", "the base tick is \(tick) ns, not from 1 ns to 1 s", fix: "give the robot's period")
      return problems
    }
    if tasks.isEmpty { refuse("", "the table has no row", fix: "add a task") }
    var names: Set<String> = []
    for task in tasks {
      if !names.insert(task.name).inserted {
        refuse(task.name, "task '\(task.name)' is in the table twice", fix: "rename or remove one of the two")
      }
      if task.every < 1 || task.every > Schedule.longestHyperperiod {
        refuse(
          task.name,
          "task '\(task.name)' runs every \(task.every) cycles, not every 1 to "
            + "\(Schedule.longestHyperperiod)", fix: "write how many cycles lie between two runs")
      } else if task.phase < 0 || task.phase >= task.every {
        refuse(
          task.name, "task '\(task.name)' has phase \(task.phase) and runs every \(task.every) cycles",
          fix: "write a phase from 0 to \(task.every - 1)")
      } else if task.deadline <= 0 || task.deadline > tick * Int64(task.every) {
        refuse(
          task.name,
          "task '\(task.name)' has a deadline of \(microseconds(task.deadline)) us, not above 0 and "
            + "up to the \(microseconds(tick * Int64(task.every))) us between two releases",
          fix: "write a deadline that the next release does not pass")
      }
      if task.budget <= 0 || task.budget > longestBudget {
        refuse(
          task.name, "task '\(task.name)' has a budget of \(microseconds(task.budget)) us",
          fix: "write the longest time it takes, above 0 and up to 1 s")
      }
    }
    return problems
  }

  /// The reason against rates whose pattern repeats too late.
  static func longHyperperiod(_ tasks: [Schedule.Task]) -> ScheduleError.Problem {
    let rates = tasks.filter { $0.every > 1 }.map { "\($0.name) every \($0.every)" }
    return ScheduleError.Problem(
      task: tasks.max { $0.every < $1.every }?.name ?? "",
      message: "the table repeats after more than \(Schedule.longestHyperperiod) cycles: "
        + rates.joined(separator: ", "),
      fix: "choose rates that divide one another, such as 10 and 50")
  }

  /// Frames that hold too much, and tasks that may end too late.
  static func ofFrames(
    _ analysis: ScheduleAnalysis, tick: Int64, tasks: [Schedule.Task]
  ) -> [ScheduleError.Problem] {
    var problems: [ScheduleError.Problem] = []
    let overfull = analysis.work.indices.filter { analysis.work[$0] > tick }
    if let worst = overfull.max(by: { analysis.work[$0] < analysis.work[$1] }) {
      let inside = tasks.filter { worst % $0.every == $0.phase }
      // A slower task is to blame only where the frame would hold the others.
      let always = inside.filter { $0.every == 1 }.reduce(0) { $0 + $1.budget }
      let culprit = always > tick ? "" : inside.max { $0.every < $1.every }?.name ?? ""
      let others =
        overfull.count == 1 ? "" : " (and \(overfull.count - 1) other frames of \(analysis.hyperperiod))"
      problems.append(
        ScheduleError.Problem(
          task: culprit,
          message: "frame \(worst)\(others) holds "
            + inside.map { "\($0.name) \(microseconds($0.budget))" }.joined(separator: ", ")
            + " us: \(microseconds(analysis.work[worst])) us, "
            + "\(microseconds(analysis.work[worst] - tick)) us more than the period of \(microseconds(tick)) us",
          fix: remedy(for: inside, tick: tick, tasks: tasks)))
      return problems
    }
    for (index, task) in tasks.enumerated() where analysis.response[index] > task.deadline {
      problems.append(
        ScheduleError.Problem(
          task: task.name,
          message:
            "task '\(task.name)' may end \(microseconds(analysis.response[index])) us after its release "
            + "in frame \(analysis.worstFrame[index]), "
            + "\(microseconds(analysis.response[index] - task.deadline)) us after its deadline",
          fix: "move it up in the table, shorten what runs before it, or allow it a later deadline"))
    }
    return problems
  }

  /// Another phase for a slower task of an overfull frame, or what else could be done.
  private static func remedy(for inside: [Schedule.Task], tick: Int64, tasks: [Schedule.Task]) -> String {
    for slow in inside.filter({ $0.every > 1 }).sorted(by: { $0.budget > $1.budget }) {
      for phase in 0..<slow.every where phase != slow.phase {
        var moved = tasks
        for index in moved.indices where moved[index].name == slow.name { moved[index].phase = phase }
        if let analysis = ScheduleAnalysis(tick: tick, tasks: moved),
          !analysis.work.contains(where: { $0 > tick })
        {
          return "start \(slow.name) at phase \(phase), where it fits"
        }
      }
    }
    return "shorten a budget, run a task less often, or lower the robot's rate"
  }

  /// A time [ns] in microseconds, with as many digits as it needs.
  static func microseconds(_ time: Int64) -> String {
    let part = time.magnitude % 1000
    var digits = String(part)
    while digits.count < 3 { digits = "0" + digits }
    while digits.last == "0" { digits.removeLast() }
    return (time < 0 ? "-" : "") + "\(time.magnitude / 1000)" + (part == 0 ? "" : "." + digits)
  }
}
