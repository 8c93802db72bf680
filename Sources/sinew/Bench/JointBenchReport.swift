import JointControl
import Simulation

/// What a test bench found, as a table, as a page and as JSON.
struct JointBenchReport {
  let profile: ActuatorProfile
  let record: BenchRecord

  private static let standing =
    "Laid out after the groups of clauses of GB/T 43200-2023; it is no statement that the part or this bench meets them."

  private var title: String { "\(profile.vendor) \(profile.name)" }

  /// For people, in a terminal.
  var table: String {
    var out = "\(title) on the virtual test bench. \(Self.standing)\n"
    for group in record.groups {
      out += "\n\(group.clause) \(group.title)\n"
      var table = TextTable(["", "measured", "unit", "printed", "off %"])
      var missing = ""
      for test in group.tests {
        if let reason = test.missing { missing += "\(test.title): not measured, \(reason)\n" }
        for figure in test.figures {
          table.append([
            "\(test.title): \(figure.title)", figure.value.map { Markup.number($0) } ?? "-", figure.unit,
            figure.printed.map { Markup.number($0.value) } ?? "", figure.deviation.map(Self.percent) ?? "",
          ])
        }
      }
      if group.tests.contains(where: { !$0.figures.isEmpty }) { out += table.text }
      out += missing
    }
    return out
  }

  /// As one page.
  var page: String {
    var page = ReportPage(title: "\(title): virtual joint test bench")
    page.paragraph(Self.standing)
    page.paragraph(
      "Every figure was measured on the model that the simulator runs, driven, loaded and read as a bench of steel would be; "
        + "none is copied from the profile. What the profile does not describe is named and left out. Printed numbers are "
        + "those of data sheets.", isNote: true)
    page.links(
      record.groups.flatMap { group in group.tests.map { ("\(group.clause) \($0.title)", "#\($0.key)") } })
    for group in record.groups {
      page.heading("\(group.clause) \(group.title)")
      for test in group.tests { add(test, to: &page) }
    }
    page.heading("The part")
    if !profile.estimates.isEmpty {
      page.paragraph(
        "Numbers of the profile that no source prints: \(profile.estimates.joined(separator: ", ")).")
    }
    page.list(profile.sources)
    return page.html
  }

  private func add(_ test: BenchRecord.Test, to page: inout ReportPage) {
    page.heading(test.title, level: 3, id: test.key)
    if let reason = test.missing {
      page.paragraph("Not measured: \(reason).")
      return
    }
    page.paragraph(test.method, isNote: true)
    page.table(
      ["figure", "measured", "unit", "printed", "off %", ""],
      test.figures.map { figure in
        let printed = figure.printed.map { Markup.number($0.value) } ?? ""
        let off = figure.deviation.map(Self.percent) ?? ""
        return [
          .text(figure.title), .number(figure.value.map { Markup.number($0) } ?? "-"), .text(figure.unit),
          .number(printed), .number(off), .text(figure.note ?? ""),
        ]
      })
    page.drawings(test.curves.map { Self.plot($0).svg() } + test.maps.map { Self.map($0).svg })
  }

  private static func plot(_ curve: BenchRecord.Curve) -> LinePlot {
    LinePlot(
      title: curve.title, x: axis(curve.x), y: axis(curve.y),
      series: curve.series.map {
        LinePlot.Series(title: $0.title, points: $0.points, isReference: $0.title == "asked for")
      })
  }

  private static func map(_ map: BenchRecord.Map) -> HeatMap {
    HeatMap(
      title: map.title, x: axis(map.x), y: axis(map.y), value: map.value.title, columns: map.columns,
      rows: map.rows,
      values: map.values)
  }

  private static func axis(_ axis: BenchRecord.Axis) -> LinePlot.Axis {
    LinePlot.Axis(title: axis.title, unit: axis.unit, isLogarithmic: axis.isLogarithmic)
  }

  private static func percent(_ part: Double) -> String { Markup.number(100 * part, digits: 2) }

  /// For machines.
  var json: JSONValue {
    .object([
      ("schema", "sinew.bench.joint/1"), ("actuator", .string(profile.name)),
      ("vendor", .string(profile.vendor)),
      ("layout", "GB/T 43200-2023"),
      (
        "groups",
        .array(
          record.groups.map { group in
            .object([
              ("clause", .string(group.clause)), ("title", .string(group.title)),
              ("tests", .object(group.tests.map { ($0.key, Self.document(of: $0)) })),
            ])
          })
      ),
      ("estimates", .array(profile.estimates.map { .string($0) })),
      ("sources", .array(profile.sources.map { .string($0) })),
    ])
  }

  private static func document(of test: BenchRecord.Test) -> JSONValue {
    .object([
      ("title", .string(test.title)), ("method", .string(test.method)),
      ("missing", test.missing.map { .string($0) } ?? .null),
      (
        "figures",
        .object(
          test.figures.map { figure in
            (
              figure.key,
              .object([
                ("title", .string(figure.title)), ("value", figure.value.map { .number($0) } ?? .null),
                ("unit", .string(figure.unit)),
                ("printed", figure.printed.map { .number($0.value) } ?? .null),
                ("deviation", figure.deviation.map { .number($0) } ?? .null),
                ("note", figure.note.map { .string($0) } ?? .null),
              ])
            )
          })
      ),
      (
        "curves",
        .object(
          test.curves.map { curve in
            (
              curve.key,
              .object([
                ("x", document(of: curve.x)), ("y", document(of: curve.y)),
                (
                  "series",
                  .array(
                    curve.series.map { series in
                      .object([
                        ("title", .string(series.title)), ("x", .array(series.points.map { .number($0.x) })),
                        ("y", .array(series.points.map { .number($0.y) })),
                      ])
                    })
                ),
              ])
            )
          })
      ),
      (
        "maps",
        .object(
          test.maps.map { map in
            (
              map.key,
              .object([
                ("x", document(of: map.x)), ("y", document(of: map.y)), ("value", document(of: map.value)),
                ("columns", .array(map.columns.map { .number($0) })),
                ("rows", .array(map.rows.map { .number($0) })),
                ("values", .array(map.values.map { $0.map { .number($0) } ?? .null })),
              ])
            )
          })
      ),
    ])
  }

  private static func document(of axis: BenchRecord.Axis) -> JSONValue {
    .object([("title", .string(axis.title)), ("unit", .string(axis.unit))])
  }
}
