/// The result for people, in a terminal.
struct TuneTable {
  let result: TuneResult

  /// Lines ending in newlines.
  var text: String {
    let place = result.target == "sim" ? "seed \(result.seed ?? 0)" : "real"
    var out = "\(result.robot): tune \(result.task), \(place)\n"
    for joint in result.joints {
      out += "\n\(joint.name): \(joint.outcome.text)\(joint.passed ? "" : " !")\n"
      for finding in joint.findings { out += text(of: finding) }
      if !joint.parameters.isEmpty { out += "\n" + table("identified", joint.parameters) }
      if let design = joint.design { out += text(of: design, joint) }
      if !joint.checks.isEmpty { out += "\n" + table(of: joint.checks) }
    }
    return out
  }

  private func text(of finding: TuneFinding) -> String {
    var out = "\n\(finding.kind)\(finding.stage.suffix)"
    let settings = finding.settings.map { "\($0.title) \($0.text)\($0.unit.isEmpty ? "" : " \($0.unit)")" }
    if !settings.isEmpty { out += " (\(settings.joined(separator: ", ")))" }
    out += "\n"
    if let abort = finding.abort { out += "! ended early: \(abort.text)\n" }
    if !finding.figures.isEmpty { out += table("", finding.figures) }
    return out
  }

  private func text(of design: TuneDesign, _ joint: TuneResult.Joint) -> String {
    var rows = TextTable(["gains", "before", "after", ""])
    rows.append([
      "stiffness", Markup.number(design.before.stiffness, digits: 5),
      Markup.number(design.after.stiffness, digits: 5), "N.m/rad",
    ])
    rows.append([
      "damping", Markup.number(design.before.damping, digits: 5),
      Markup.number(design.after.damping, digits: 5), "N.m.s/rad",
    ])
    let bound = design.bound.isEmpty ? "" : "; bounded by \(design.bound)"
    return "\nwanted: \(design.wanted)\(bound)\n\(rows.text)\(table("expected", design.figures))\n"
      + (joint.outcome == .kept ? "" : design.patch(of: joint.name))
  }

  private func table(_ title: String, _ figures: [TuneFigure]) -> String {
    var rows = TextTable([title, "value", "unit", "", ""])
    for figure in figures {
      rows.append([figure.title, figure.text, figure.unit, figure.certainty, figure.reason ?? ""])
    }
    return rows.text
  }

  private func table(of checks: [TuneCheck]) -> String {
    var rows = TextTable(["check", "seen", "", ""])
    for check in checks {
      let seen = check.value.map { "\(Markup.measured($0, digits: 4)) \(check.unit)" } ?? ""
      rows.append([check.title, seen, check.note, check.passed ? "passed" : "FAILED"])
    }
    return rows.text
  }
}
