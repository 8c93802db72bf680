import Foundation

/// The result as one page: what was measured, what follows, before and after.
struct TunePage {
  /// Name of the file within a directory.
  static let file = "report.html"

  let result: TuneResult

  /// The document.
  var html: String {
    let place = result.target == "sim" ? "in simulation, seed \(result.seed ?? 0)" : "on the robot itself"
    var page = ReportPage(title: "\(result.robot): \(hasGains ? "tuning" : result.task)")
    page.verdict(verdict, isGood: result.passed)
    page.paragraph("\(done) By sinew tune \(result.task), \(place).")
    summary(&page)
    list(&page)
    for joint in result.joints { add(joint, to: &page) }
    page.heading("Where this comes from")
    page.paragraph("Built from \(result.build).", isNote: true)
    if !result.recordings.isEmpty {
      page.table(
        ["recording", "SHA-256"], result.recordings.map { [.text($0.file), .text($0.hash)] })
    }
    return page.html
  }

  /// Whether gains were looked for.
  private var hasGains: Bool { result.joints.contains { $0.outcome != .measured } }

  /// How many joints came to what.
  private var verdict: String {
    let counts = TuneResult.Outcome.allCases.compactMap { outcome -> String? in
      let count = result.joints.count { $0.outcome == outcome }
      return count == 0 ? nil : "\(count) \(outcome.text)"
    }
    let failed = result.joints.count { !$0.passed }
    let joints = "\(result.joints.count) \(result.joints.count == 1 ? "joint" : "joints")"
    let all = "\(joints): \(counts.joined(separator: ", "))"
    return failed == 0 ? "Passed. \(all)." : "Not passed: \(failed) of \(all)."
  }

  /// What was done, for who was not there.
  private var done: String {
    if !hasGains {
      return
        "One joint after the other was excited inside an envelope of travel, speed, torque and temperature."
    }
    let isApplied = result.joints.contains { $0.outcome == .applied || $0.outcome == .rolledBack }
    return
      "One joint after the other was excited inside an envelope and identified; gains were looked for on the joint as "
      + "it was found, held against the measured frequency response, and tried on its twin in simulation"
      + (isApplied ? "; then the robot was taken to them along a ramp, and the step was repeated." : ".")
  }

  private func summary(_ page: inout ReportPage) {
    guard hasGains else { return }
    page.table(
      [
        "joint", "", "stiffness N.m/rad", "damping N.m.s/rad", "rise ms", "overshoot %", "phase margin deg",
        "checks",
      ],
      result.joints.map { joint in
        func text(_ change: TuneChange?) -> Cell { .text(change?.text ?? "") }
        let changes = joint.changes
        let checks = joint.checks
        return [
          .link(joint.name, to: "#\(joint.name)"),
          .verdict(joint.outcome.text, isGood: joint.passed),
          text(changes.first { $0.key == "stiffness" }), text(changes.first { $0.key == "damping" }),
          text(changes.first { $0.key == "rise_time_s" }),
          text(changes.first { $0.key == "overshoot_percent" }),
          text(changes.first { $0.key == "phase_margin_deg" }),
          .text(checks.isEmpty ? "" : "\(checks.count(where: \.passed)) of \(checks.count)"),
        ]
      })
  }

  private typealias Cell = ReportPage.Cell

  /// What failed, and what is to be done next.
  private func list(_ page: inout ReportPage) {
    let failed = result.joints.compactMap { joint in joint.reason.map { "\(joint.name): \($0)" } }
    if !failed.isEmpty {
      page.heading("What did not pass, and why", level: 3)
      page.list(failed)
    }
    let outcomes = Set(result.joints.map(\.outcome))
    let next = TuneResult.Outcome.allCases.filter(outcomes.contains).compactMap(\.next)
    guard !next.isEmpty else { return }
    page.heading("What to do next", level: 3)
    page.list(next)
  }

  private func add(_ joint: TuneResult.Joint, to page: inout ReportPage) {
    page.heading(joint.name, id: joint.name)
    page.verdict(joint.outcome.sentence, isGood: joint.passed)
    if let reason = joint.reason { page.paragraph(reason) }
    if !joint.drive.isEmpty { page.paragraph("Drive: \(joint.drive).", isNote: true) }
    beforeAndAfter(joint, &page)
    if let design = joint.design { add(design, joint, to: &page) }
    if !joint.checks.isEmpty {
      page.heading("Checks", level: 3)
      page.table(
        ["what has to hold", "seen", "", ""],
        joint.checks.map { check in
          [
            .text(check.title),
            .number(check.value.map { "\(Markup.measured($0, digits: 4)) \(check.unit)" } ?? ""),
            .text(check.note), .verdict(check.passed ? "passed" : "failed", isGood: check.passed),
          ]
        })
    }
    if !joint.parameters.isEmpty {
      page.heading("The joint as it was identified", level: 3)
      figures(joint.parameters, &page)
    }
    // Of the steps that are drawn together above only the numbers follow.
    let shown = joint.design == nil ? [] : [joint.oldStep, joint.newStep].compactMap(\.self)
    for finding in joint.findings {
      add(finding, to: &page, isDrawn: shown.count == 2 && shown.contains(finding))
    }
  }

  private func add(_ design: TuneDesign, _ joint: TuneResult.Joint, to page: inout ReportPage) {
    page.heading("The new gains", level: 3)
    page.paragraph("Wanted: \(design.wanted).\(design.bound.isEmpty ? "" : " Bounded by: \(design.bound).")")
    figures(design.figures, &page)
    if joint.outcome != .kept { page.verbatim(design.patch(of: joint.name)) }
  }

  /// What the joint did with both gains: numbers side by side, and curves in one drawing each.
  private func beforeAndAfter(_ joint: TuneResult.Joint, _ page: inout ReportPage) {
    guard joint.design != nil else { return }
    page.heading("Before and after", level: 3)
    let place = joint.newStep?.stage == .after ? "with the new gains" : "new gains, on the twin"
    page.table(
      ["", "before", place, "unit"],
      joint.changes.map { change in
        func cell(_ value: Double?) -> Cell { .number(value.map { Markup.measured($0, digits: 4) } ?? "-") }
        return [.text(change.title), cell(change.before), cell(change.after), .text(change.unit)]
      })
    guard let before = joint.oldStep, let after = joint.newStep else { return }
    let sizes = [before, after].map { step in step.settings.first { $0.key == "amplitude_rad" }?.value }
    if sizes[0] != sizes[1] {
      page.paragraph(
        "A step is as large as its torque allows, so that it is smaller with a higher stiffness: the first drawing is in parts of it.",
        isNote: true)
    }
    // As long as the slower of both takes to settle, some times over: the rest of a step is a straight line.
    let settled = [before, after].compactMap { $0.figure("settling_time_s")?.value }.max()
    page.drawings(
      after.curves.compactMap { curve in
        before.curves.first { $0.key == curve.key }.map {
          TunePlots.comparison($0, curve, place, upTo: curve.key == "step" ? settled.map { 6 * $0 } : nil)
        }
      })
  }

  private func add(_ finding: TuneFinding, to page: inout ReportPage, isDrawn: Bool) {
    page.heading("\(finding.kind)\(finding.stage.suffix)", level: 3)
    if let abort = finding.abort {
      page.verdict("ended early: \(abort.text)", isGood: false)
    }
    page.paragraph(
      finding.settings.map { "\($0.title) \($0.text)\($0.unit.isEmpty ? "" : " \($0.unit)")" }
        .joined(separator: ", "), isNote: true)
    if !finding.figures.isEmpty { figures(finding.figures, &page) }
    if !isDrawn { page.drawings(finding.curves.map(TunePlots.drawing)) }
    var titles: [String] = []
    for response in finding.responses where !titles.contains(response.title) { titles.append(response.title) }
    for title in titles { page.drawings(TunePlots.bode(finding.responses.filter { $0.title == title })) }
  }

  private func figures(_ figures: [TuneFigure], _ page: inout ReportPage) {
    page.table(
      ["", "value", "unit", "", ""],
      figures.map { figure in
        [
          .text(figure.title), .number(figure.text), .text(figure.unit),
          figure.isIdentified ? .text(figure.certainty) : .verdict(figure.certainty, isGood: false),
          .text(figure.reason ?? ""),
        ]
      })
  }
}

extension TuneFinding.Stage {
  /// What stands behind an experiment's name.
  var suffix: String {
    switch self {
    case .measure: ""
    case .twin: ", on the twin with the new gains"
    case .before: ", with the gains of before"
    case .after: ", with the new gains"
    }
  }
}

extension TuneDesign {
  /// What to write into robot.yaml.
  func patch(of joint: String) -> String {
    "joints:\n  \(joint):\n    gains: {stiffness: \(Markup.number(after.stiffness, digits: 5)), "
      + "damping: \(Markup.number(after.damping, digits: 5))}\n"
  }
}
