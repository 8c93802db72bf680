import ControlCycle
import Foundation
import JointControl
import Simulation

/// One failing run as a page: what did not hold, with what faults, the command that repeats it, and how it went.
struct FailurePage {
  let failing: TestResults.Failing
  let entry: TestResults.Entry

  private var robot: Robot { entry.scenario.robot }
  /// The run that plots show: the shrunk one where there is one.
  private var shown: ScenarioOutcome? { failing.traced }

  /// The document.
  var html: String {
    let run = failing.outcome.run
    var page = ReportPage(title: "\(entry.scenario.name), \(entry.name(of: run))")
    if !entry.scenario.about.isEmpty { page.paragraph(entry.scenario.about) }
    var links = [("all scenarios", "index.html")]
    if let file = failing.recording { links.append(("recording, for sinew replay", Self.name(of: file))) }
    if let file = failing.candump { links.append(("frames of all buses, candump", Self.name(of: file))) }
    page.links(links)

    page.heading("What did not hold")
    page.table(
      ["", "expectation", "figure", "bound", "unit", "joint", "at s", ""],
      failing.outcome.verdicts.map { verdict in
        [
          .verdict(verdict.passed ? "held" : "failed", isGood: verdict.passed), .text(verdict.name),
          .number(verdict.figure.map { Markup.number($0) } ?? ""),
          .number(verdict.bound.map { Markup.number($0) } ?? ""),
          .text(verdict.unit), .text(verdict.joint ?? ""),
          .number(verdict.time.map { Markup.number($0) } ?? ""),
          .text(verdict.message),
        ]
      })
    page.paragraph("Times count from the instant at which the sound robot is armed.", isNote: true)
    addFaults(to: &page)
    page.heading("Repeat it")
    page.verbatim(failing.command)
    addPlots(to: &page)
    return page.html
  }

  private func addFaults(to page: inout ReportPage) {
    page.heading("Faults")
    let faults = failing.outcome.faults.map { "\($0)" }
    if faults.isEmpty { page.paragraph("None.") } else { page.list(faults) }
    guard let shrunk = failing.shrunk else { return }
    page.paragraph(
      shrunk.outcome.faults.isEmpty
        ? "It fails in the same way with no fault at all (\(shrunk.runs) runs)."
        : "The fewest with which it fails in the same way (\(shrunk.runs) runs):")
    if !shrunk.outcome.faults.isEmpty { page.list(shrunk.outcome.faults.map { "\($0)" }) }
  }

  // MARK: Plots

  private func addPlots(to page: inout ReportPage) {
    guard let outcome = shown, let trace = outcome.trace, !trace.times.isEmpty else {
      page.paragraph("The loop never ran, so there is nothing to plot.", isNote: true)
      return
    }
    page.heading(failing.shrunk == nil ? "How it went" : "How it went, with the fewest faults")
    let plots = RunPlots(outcome: outcome, trace: trace, robot: robot, expectations: expectations)
    for verdict in failures(of: outcome) {
      page.heading(verdict.name, level: 3)
      page.paragraph(verdict.message, isNote: true)
      page.drawings(plots.drawings(of: verdict))
    }
    let joints = plots.joints(of: failures(of: outcome))
    for joint in joints {
      page.heading(robot.joints[joint].name, level: 3)
      page.drawings(plots.drawings(ofJoint: joint))
    }
  }

  private var expectations: [ScenarioExpectation] {
    entry.scenario.points[failing.outcome.run.point].expectations
  }

  /// What did not hold in the run that is shown; in a control that passes, what came closest.
  private func failures(of outcome: ScenarioOutcome) -> [Verdict] {
    outcome.failures.isEmpty ? outcome.verdicts.filter { $0.expectation != nil } : outcome.failures
  }

  private static func name(of path: String) -> String { String(path.split(separator: "/").last ?? "") }
}

/// Plots of one run: quantities against their bounds, and joints.
struct RunPlots {
  let outcome: ScenarioOutcome
  let trace: ScenarioTrace
  let robot: Robot
  let expectations: [ScenarioExpectation]

  /// Points of a line at most, two for each column of a plot.
  private static let columns = 600

  /// Plots of what a verdict is about; of the reaction it waited for where it has no quantity.
  func drawings(of verdict: Verdict) -> [String] {
    var marks = self.marks
    if let time = verdict.time {
      marks.append(LinePlot.Mark(at: time, title: verdict.passed ? "closest" : "failed"))
    }
    guard let number = verdict.expectation, expectations.indices.contains(number) else {
      return [plot("power of all motors", "W", [line("power", trace.series(.power))], marks)]
    }
    switch expectations[number].kind {
    case .bound(let quantity, let statistic, let above, let below):
      let joint = verdict.joint.flatMap { name in robot.joints.firstIndex { $0.name == name } } ?? 0
      let of = quantity.isOfJoint ? " of \(robot.joints[joint].name)" : ""
      var series = [line(quantity.rawValue + of, trace.series(quantity, joint: joint))]
      for bound in [above, below].compactMap(\.self) {
        series.append(reference("bound of \(statistic.rawValue)", bound))
        // A magnitude is bounded on both sides.
        if case .peak = statistic, bound > 0 { series.append(reference("and its mirror", -bound)) }
      }
      return [plot(quantity.rawValue + of, quantity.unit, series, marks)]
    default:
      if let deadline = expectations[number].kind.deadline {
        marks.append(LinePlot.Mark(at: deadline.after + deadline.within, title: "deadline"))
      }
      let velocities = (0..<trace.jointCount).map { trace.series(.velocity, joint: $0) }
      let speeds = trace.times.indices.map { cycle in velocities.map { $0[cycle].magnitude }.max() ?? 0 }
      return [plot("fastest joint", "rad/s", [line("fastest joint", speeds)], marks)]
    }
  }

  /// Position, torque and tracking of a joint.
  func drawings(ofJoint joint: Int) -> [String] {
    let marks = self.marks
    return [
      plot(
        "position", "rad",
        [
          line("setpoint", trace.of(joint, in: trace.setpoints), isReference: true),
          line("commanded", trace.of(joint, in: trace.commanded)),
          line("measured", trace.of(joint, in: trace.sampled)),
          line("true", trace.series(.position, joint: joint)),
        ], marks),
      plot("torque of the motor", "N.m", [line("torque", trace.series(.torque, joint: joint))], marks),
      plot("tracking error", "rad", [line("tracking", trace.series(.tracking, joint: joint))], marks),
      plot("velocity", "rad/s", [line("true", trace.series(.velocity, joint: joint))], marks),
    ]
  }

  /// The joints that verdicts or faults name, three at most; the first joint where none does.
  func joints(of verdicts: [Verdict]) -> [Int] {
    var joints: [Int] = []
    func add(_ joint: Int) {
      if robot.joints.indices.contains(joint), !joints.contains(joint), joints.count < 3 {
        joints.append(joint)
      }
    }
    for verdict in verdicts {
      if let name = verdict.joint, let joint = robot.joints.firstIndex(where: { $0.name == name }) {
        add(joint)
      }
    }
    for fault in outcome.faults {
      switch fault.target.place {
      case .joints(let named): named.prefix(1).forEach(add)
      case .buses(let buses):
        if let joint = robot.joints.firstIndex(where: { buses.contains(Int($0.configuration.drive.bus)) }) {
          add(joint)
        }
      default: break
      }
    }
    return joints.isEmpty ? [0] : joints
  }

  // MARK: Parts

  private func line(_ title: String, _ values: [Double], isReference: Bool = false) -> LinePlot.Series {
    LinePlot.Series(title: title, points: Self.thinned(trace.times, values), isReference: isReference)
  }

  private func reference(_ title: String, _ value: Double) -> LinePlot.Series {
    LinePlot.Series(
      title: title, points: [(trace.times.first ?? 0, value), (trace.times.last ?? 0, value)],
      isReference: true)
  }

  private func plot(_ title: String, _ unit: String, _ series: [LinePlot.Series], _ marks: [LinePlot.Mark])
    -> String
  {
    LinePlot(
      title: title, x: LinePlot.Axis(title: "time since arming", unit: "s"),
      y: LinePlot.Axis(title: title, unit: unit), series: series, marks: marks, spans: spans
    ).svg()
  }

  /// Faults as they begin, and the states that follow arming.
  private var marks: [LinePlot.Mark] {
    var marks = outcome.faults.filter { $0.start != 0 }.map {
      LinePlot.Mark(at: Double($0.start) * 1e-9, title: "\($0.target.name) \($0.kind.rawValue)")
    }
    for span in spans where span.title == SafetyState.stopping.name || span.title == SafetyState.fault.name {
      marks.append(LinePlot.Mark(at: span.from, title: span.title))
    }
    let (first, last) = (trace.times.first ?? 0, trace.times.last ?? 0)
    return marks.filter { $0.at >= first && $0.at <= last }
  }

  /// Safety states, one span each.
  private var spans: [LinePlot.Span] {
    var spans: [LinePlot.Span] = []
    for (time, state) in zip(trace.times, trace.states) {
      if let last = spans.indices.last {
        spans[last].to = time
        if spans[last].title == state.name { continue }
      }
      spans.append(LinePlot.Span(from: time, to: time, title: state.name))
    }
    return spans
  }

  /// The least and the most of each of some columns, in their order, so that no peak is lost; gaps stay.
  static func thinned(_ times: [Double], _ values: [Double]) -> [(x: Double, y: Double)] {
    guard times.count > 2 * columns else { return Array(zip(times, values)).map { (x: $0, y: $1) } }
    var points: [(x: Double, y: Double)] = []
    for column in 0..<columns {
      let range = column * times.count / columns..<(column + 1) * times.count / columns
      let known = range.filter { !values[$0].isNaN }
      guard let least = known.min(by: { values[$0] < values[$1] }),
        let most = known.max(by: { values[$0] < values[$1] })
      else {
        points.append((times[range.lowerBound], .nan))
        continue
      }
      for index in least < most ? [least, most] : least > most ? [most, least] : [least] {
        points.append((times[index], values[index]))
      }
    }
    return points
  }
}
