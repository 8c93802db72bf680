import Foundation

/// Two results of the same robot side by side, figure by figure.
struct TuneComparison {
  /// What became of one figure.
  enum Verdict: String {
    /// No different, or by no more than chance and the tolerance.
    case same
    /// Different, and neither good nor bad.
    case changed
    case better
    case worse
  }

  /// One figure, gain or check in both.
  struct Row {
    var joint: String
    /// Where in the joint, such as `step, after`.
    var place: String
    var title: String
    var unit: String
    var before: Double?
    var after: Double?
    var verdict: Verdict
    /// Why, where the numbers do not say it.
    var note = ""

    /// Change as a part of what it was; nil where that says nothing.
    var change: Double? {
      guard let before, let after, before != 0 else { return nil }
      return after / before - 1
    }
  }

  let before: TuneResult
  let after: TuneResult
  let rows: [Row]

  /// Part by which a figure may be worse, unless something else is asked for.
  static let usualTolerance = 0.05

  /// Compares results.
  ///
  /// A figure has changed where it moved by more than `tolerance` of what it was, and by more than three standard errors of the
  /// difference.
  init(_ before: TuneResult, _ after: TuneResult, tolerance: Double = Self.usualTolerance) {
    self.before = before
    self.after = after
    var rows: [Row] = []
    for joint in before.joints {
      guard let other = after.joints.first(where: { $0.name == joint.name }) else {
        rows.append(
          Row(joint: joint.name, place: "", title: "joint", unit: "", verdict: .worse, note: "is missing"))
        continue
      }
      rows += Self.rows(joint, other, tolerance)
    }
    self.rows = rows
  }

  /// Whether some joint got worse.
  var isWorse: Bool { rows.contains { $0.verdict == .worse } }

  private static func rows(_ old: TuneResult.Joint, _ new: TuneResult.Joint, _ tolerance: Double) -> [Row] {
    var rows: [Row] = []
    if old.passed != new.passed || old.outcome != new.outcome {
      let verdict: Verdict = old.passed == new.passed ? .changed : new.passed ? .better : .worse
      rows.append(
        Row(
          joint: old.name, place: "", title: "outcome", unit: "", verdict: verdict,
          note: "\(old.outcome.text), now \(new.outcome.text)\(new.passed ? "" : ", not passed")"))
    }
    func add(_ before: [TuneFigure], _ after: [TuneFigure], _ place: String) {
      rows += before.compactMap { figure in
        after.first { $0.key == figure.key }.map { row(old.name, place, figure, $0, tolerance) }
      }
    }
    add(old.parameters, new.parameters, "identified")
    if let before = old.design, let after = new.design {
      add(before.all, after.all, "gains")
    }
    for finding in old.findings {
      let same = new.findings.last { $0.kind == finding.kind && $0.stage == finding.stage }
      let place = finding.stage == .measure ? finding.kind : "\(finding.kind), \(finding.stage.rawValue)"
      if let same { add(finding.figures, same.figures, place) }
    }
    for check in old.checks {
      guard let same = new.checks.first(where: { $0.key == check.key }) else { continue }
      let verdict: Verdict = check.passed == same.passed ? .same : same.passed ? .better : .worse
      rows.append(
        Row(
          joint: old.name, place: "check", title: check.title, unit: check.unit, before: check.value,
          after: same.value, verdict: verdict, note: same.passed ? "" : same.note))
    }
    return rows
  }

  private static func row(
    _ joint: String, _ place: String, _ old: TuneFigure, _ new: TuneFigure, _ tolerance: Double
  ) -> Row {
    var row = Row(
      joint: joint, place: place, title: old.title, unit: old.unit, before: old.value, after: new.value,
      verdict: .same)
    if old.isIdentified != new.isIdentified {
      row.verdict = new.isIdentified ? .better : .worse
      row.note = new.isIdentified ? "is identified now" : "is no longer identified"
      return row
    }
    guard old.isIdentified else {
      row.note = "not identified"
      return row
    }
    guard let before = old.value, let after = new.value else {
      if (old.value == nil) != (new.value == nil) {
        row.verdict = old.better == nil ? .changed : old.value == nil ? .better : .worse
      }
      return row
    }
    let errors = [old.standardError ?? 0, new.standardError ?? 0]
    let chance = 3 * (errors[0] * errors[0] + errors[1] * errors[1]).squareRoot()
    let change = after - before
    guard change.magnitude > tolerance * before.magnitude, change.magnitude > chance else { return row }
    switch old.better {
    case .none: row.verdict = .changed
    case .lower?: row.verdict = change < 0 ? .better : .worse
    case .higher?: row.verdict = change > 0 ? .better : .worse
    }
    return row
  }
}

extension TuneDesign {
  /// The gains, and what is expected of them.
  fileprivate var all: [TuneFigure] {
    [
      TuneFigure("stiffness_nm_rad", "stiffness", after.stiffness, "N.m/rad"),
      TuneFigure("damping_nms_rad", "damping", after.damping, "N.m.s/rad"),
    ] + figures
  }
}

extension TuneComparison {
  /// For people: what is no longer the same, and how much is.
  var table: String {
    var rows = TextTable(["joint", "", "", "before", "after", "unit", "change", ""])
    for row in self.rows where row.verdict != .same {
      rows.append([
        row.joint, row.place, row.title, Self.text(row.before), Self.text(row.after), row.unit,
        row.change.map { "\(RunReport.fixed(100 * $0, 1)) %" } ?? "",
        row.verdict.rawValue + (row.note.isEmpty ? "" : ": \(row.note)"),
      ])
    }
    let same = self.rows.count { $0.verdict == .same }
    let changed = self.rows.count == same ? "" : rows.text
    return "\(changed)\(same) of \(self.rows.count) figures the same, "
      + "\(self.rows.count { $0.verdict == .worse }) worse, \(self.rows.count { $0.verdict == .better }) better\n"
  }

  /// For machines.
  var json: JSONValue {
    .object([
      ("schema", "sinew.tune.compare/1"), ("worse", .boolean(isWorse)),
      (
        "figures",
        .array(
          rows.map { row in
            .object([
              ("joint", .string(row.joint)), ("place", .string(row.place)), ("title", .string(row.title)),
              ("unit", .string(row.unit)), ("before", row.before.map { .number($0) } ?? .null),
              ("after", row.after.map { .number($0) } ?? .null), ("verdict", .string(row.verdict.rawValue)),
              ("note", .string(row.note)),
            ])
          })
      ),
    ])
  }

  /// As one page: the figures, and what both measured in the same drawings.
  var page: String {
    var page = ReportPage(title: "sinew tune compare: \(after.robot)")
    page.table(
      ["joint", "", "", "before", "after", "unit", "", ""],
      rows.map { row in
        [
          .text(row.joint), .text(row.place), .text(row.title), .number(Self.text(row.before)),
          .number(Self.text(row.after)), .text(row.unit),
          row.verdict == .worse || row.verdict == .better
            ? .verdict(row.verdict.rawValue, isGood: row.verdict == .better) : .text(row.verdict.rawValue),
          .text(row.note),
        ]
      })
    for joint in before.joints {
      guard let other = after.joints.first(where: { $0.name == joint.name }) else { continue }
      let drawings = joint.findings.flatMap { finding -> [String] in
        guard let same = other.findings.last(where: { $0.kind == finding.kind && $0.stage == finding.stage })
        else { return [] }
        return finding.curves.compactMap { curve in
          same.curves.first { $0.key == curve.key }.map { TunePlots.comparison(curve, $0, "after") }
        }
      }
      if drawings.isEmpty { continue }
      page.heading(joint.name)
      page.drawings(drawings)
    }
    return page.html
  }

  private static func text(_ value: Double?) -> String { value.map { Markup.number($0, digits: 4) } ?? "-" }
}
