import Foundation

/// The result as one page: what was measured, what follows, before and after.
struct TunePage {
  /// Name of the file within a directory.
  static let file = "report.html"

  let result: TuneResult

  /// The document.
  var html: String {
    var page = ReportPage(title: "sinew tune \(result.task): \(result.robot)")
    let where_ = result.target == "sim" ? "in simulation, seed \(result.seed ?? 0)" : "on the robot"
    page.paragraph(
      "\(result.joints.count) joints, \(where_). \(result.passed ? "All passed." : "Not all passed.")")
    summary(&page)
    for joint in result.joints { add(joint, to: &page) }
    page.heading("Where this comes from")
    page.paragraph("Built from \(result.build).", isNote: true)
    if !result.recordings.isEmpty {
      page.table(
        ["recording", "SHA-256"], result.recordings.map { [.text($0.file), .text($0.hash)] })
    }
    return page.html
  }

  private func summary(_ page: inout ReportPage) {
    page.table(
      ["joint", "", "experiments", "stiffness N.m/rad", "damping N.m.s/rad", "checks", "drive"],
      result.joints.map { joint in
        func change(_ before: Double?, _ after: Double?) -> String {
          guard let before, let after else { return "" }
          return "\(Markup.number(before, digits: 4)) → \(Markup.number(after, digits: 4))"
        }
        let checks = joint.checks
        return [
          .link(joint.name, to: "#\(joint.name)"),
          .verdict(joint.outcome.text, isGood: joint.passed),
          .number("\(joint.findings.count { $0.abort == nil }) of \(joint.findings.count)"),
          .text(change(joint.design?.before.stiffness, joint.design?.after.stiffness)),
          .text(change(joint.design?.before.damping, joint.design?.after.damping)),
          .text(checks.isEmpty ? "" : "\(checks.count(where: \.passed)) of \(checks.count) passed"),
          .text(joint.drive),
        ]
      })
  }

  private func add(_ joint: TuneResult.Joint, to page: inout ReportPage) {
    page.heading(joint.name, id: joint.name)
    if !joint.parameters.isEmpty {
      page.heading("Identified", level: 3)
      figures(joint.parameters, &page)
    }
    if let design = joint.design { add(design, joint, to: &page) }
    if !joint.checks.isEmpty {
      page.heading("Checks", level: 3)
      page.table(
        ["what has to hold", "seen", "", ""],
        joint.checks.map { check in
          [
            .text(check.title),
            .number(check.value.map { "\(Markup.number($0, digits: 4)) \(check.unit)" } ?? ""),
            .text(check.note), .verdict(check.passed ? "passed" : "failed", isGood: check.passed),
          ]
        })
    }
    beforeAndAfter(joint, &page)
    for finding in joint.findings { add(finding, to: &page) }
  }

  private func add(_ design: TuneDesign, _ joint: TuneResult.Joint, to page: inout ReportPage) {
    page.heading("Gains", level: 3)
    page.paragraph("Wanted: \(design.wanted).\(design.bound.isEmpty ? "" : " Bounded by: \(design.bound).")")
    page.table(
      ["", "stiffness N.m/rad", "damping N.m.s/rad"],
      [("before", design.before), ("after", design.after)].map { word, gains in
        [
          .text(word), .number(Markup.number(gains.stiffness, digits: 5)),
          .number(Markup.number(gains.damping, digits: 5)),
        ]
      })
    figures(design.figures, &page)
    if joint.outcome != .kept { page.verbatim(design.patch(of: joint.name)) }
  }

  /// Curves of experiments that were run with both gains, in one drawing each.
  private func beforeAndAfter(_ joint: TuneResult.Joint, _ page: inout ReportPage) {
    var drawings: [String] = []
    for after in joint.findings where after.stage == .after {
      guard let before = joint.findings.last(where: { $0.kind == after.kind && $0.stage == .before }) else {
        continue
      }
      for curve in after.curves {
        guard let old = before.curves.first(where: { $0.key == curve.key }) else { continue }
        drawings.append(TunePlots.comparison(old, curve))
      }
    }
    guard !drawings.isEmpty else { return }
    page.heading("Before and after", level: 3)
    page.drawings(drawings)
  }

  private func add(_ finding: TuneFinding, to page: inout ReportPage) {
    page.heading("\(finding.kind)\(finding.stage.suffix)", level: 3)
    if let abort = finding.abort {
      page.table([""], [[.verdict("ended early: \(abort.text)", isGood: false)]])
    }
    page.paragraph(
      finding.settings.map { "\($0.title) \($0.text)\($0.unit.isEmpty ? "" : " \($0.unit)")" }
        .joined(separator: ", "), isNote: true)
    if !finding.figures.isEmpty { figures(finding.figures, &page) }
    page.drawings(finding.curves.map(TunePlots.drawing))
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

extension TuneResult.Outcome {
  /// For people.
  var text: String { self == .rolledBack ? "rolled back" : rawValue }
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
