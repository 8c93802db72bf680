import ArgumentParser
import ControlCycle
import Foundation
import JointControl

/// The static table that a robot's loop runs by, and the proof that it keeps its deadlines.
struct ScheduleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedule",
    abstract: "Show what a robot's loop does in which cycle, with budgets and worst response times.",
    discussion: """
      The stages of the loop run in every cycle, slower tasks every so many; all on one thread, in the order of
      the table. Response times are exact as long as every task keeps its budget. A table that cannot keep a
      deadline is refused when the robot is loaded, with the frame, its tasks and the time that is too much.
      Budgets and rates are set below `schedule` in robot.yaml; `sinew run` reports what each stage took.

      EXAMPLES
        sinew schedule Robots/navigator
        sinew schedule Robots/navigator --svg schedule.svg
        sinew schedule Robots/navigator --json
      """)

  @Argument(help: "Directory with a robot.yaml, or the file itself.")
  var robot: String

  @Option(help: "Also draw the timeline into an SVG file.")
  var svg: String?

  @Flag(help: "Print one JSON object instead of tables.")
  var json = false

  func run() throws {
    do {
      let robot = try loadRobot(at: robot)
      let timeline = ScheduleTimeline(robot.schedule)
      if let svg { try Self.write(timeline.svg(title: robot.name), to: svg) }
      print(
        json ? Self.json(robot, timeline).text : Self.table(robot, timeline), terminator: json ? "\n" : "")
    } catch let failure as Failure {
      throw failure.report(json: json)
    }
  }

  private static func write(_ text: String, to path: String) throws {
    do { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) } catch {
      throw Failure(
        kind: "output", location: path, message: "cannot be written: \(error.localizedDescription)",
        fix: "choose a writable file", code: Failure.hostFault)
    }
  }

  private static func microseconds(_ time: Int64) -> String { RunReport.fixed(Double(time) / 1000, 1) }

  private static func table(_ robot: Robot, _ timeline: ScheduleTimeline) -> String {
    let schedule = robot.schedule
    let analysis = schedule.analysis
    var out =
      "\(robot.name): \(RunReport.fixed(1e9 / Double(schedule.tick), 0)) Hz, frame \(microseconds(schedule.tick)) us, "
      + "repeats after \(analysis.hyperperiod) frames, "
      + "\(RunReport.fixed(100 * analysis.utilisation, 2)) % of the time budgeted\n\n"
    var rows = TextTable([
      "task", "every", "phase", "budget us", "deadline us", "response us", "in frame", "slack us",
    ])
    for (index, task) in schedule.tasks.enumerated() {
      rows.append([
        task.name, "\(task.every)", "\(task.phase)", microseconds(task.budget), microseconds(task.deadline),
        microseconds(analysis.response[index]), "\(analysis.worstFrame[index])",
        microseconds(task.deadline - analysis.response[index]),
      ])
    }
    out += rows.text + "\n"
    for pattern in timeline.patterns {
      out += pattern.line(tick: schedule.tick, tasks: schedule.tasks) + "\n"
    }
    out +=
      "\nmore than \(schedule.overruns.limit) deadlines missed in \(schedule.overruns.window) cycles halve the "
      + "speed, more than \(2 * schedule.overruns.limit) stop the robot, and so does a gap of more than "
      + "\(SafetyThresholds(commandTimeout: 1).gapLimit)\n"
    return out
  }

  private static func json(_ robot: Robot, _ timeline: ScheduleTimeline) -> JSONValue {
    let schedule = robot.schedule
    let analysis = schedule.analysis
    let tasks = schedule.tasks.enumerated().map { index, task in
      JSONValue.object([
        ("name", .string(task.name)), ("every_cycles", .integer(Int64(task.every))),
        ("phase_cycles", .integer(Int64(task.phase))), ("budget_ns", .integer(task.budget)),
        ("deadline_ns", .integer(task.deadline)), ("response_ns", .integer(analysis.response[index])),
        ("worst_frame", .integer(Int64(analysis.worstFrame[index]))),
      ])
    }
    let frames = timeline.patterns.map { pattern in
      JSONValue.object([
        ("first_frame", .integer(Int64(pattern.first))), ("frames", .integer(Int64(pattern.count))),
        ("tasks", .array(pattern.tasks.map { .string(schedule.tasks[$0].name) })),
        ("work_ns", .integer(pattern.work)),
      ])
    }
    return .object([
      ("schema", "sinew.schedule/1"), ("robot", .string(robot.name)), ("tick_ns", .integer(schedule.tick)),
      ("hyperperiod_cycles", .integer(Int64(analysis.hyperperiod))),
      ("utilisation", .number(analysis.utilisation)), ("tasks", .array(tasks)), ("frames", .array(frames)),
      (
        "misses",
        .object([
          ("limit", .integer(Int64(schedule.overruns.limit))),
          ("window_cycles", .integer(Int64(schedule.overruns.window))),
        ])
      ),
    ])
  }
}
