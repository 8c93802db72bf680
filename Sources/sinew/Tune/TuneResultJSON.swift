/// The result for machines: what `--json` prints and result.json holds; its schema is Documentation/tune.schema.json.
extension TuneResult {
  var json: JSONValue {
    .object([
      ("schema", .string(Self.schema)), ("task", .string(task)), ("robot", .string(robot)),
      ("target", .string(target)), ("seed", seed.map { .integer(Int64(bitPattern: $0)) } ?? .null),
      ("build", .string(build)), ("passed", .boolean(passed)),
      (
        "recordings",
        .array(recordings.map { .object([("file", .string($0.file)), ("sha256", .string($0.hash))]) })
      ),
      ("joints", .object(joints.map { ($0.name, $0.json) })),
    ])
  }
}

extension TuneResult.Joint {
  fileprivate var json: JSONValue {
    .object([
      ("outcome", .string(outcome.rawValue)), ("passed", .boolean(passed)), ("drive", .string(drive)),
      ("parameters", TuneFigure.json(parameters)), ("design", design?.json ?? .null),
      ("checks", .array(checks.map(\.json))), ("experiments", .array(findings.map(\.json))),
    ])
  }
}

extension TuneFigure {
  fileprivate static func json(_ figures: [TuneFigure]) -> JSONValue {
    .object(
      figures.map { figure in
        (
          figure.key,
          .object([
            ("title", .string(figure.title)), ("value", .optional(figure.value)),
            ("unit", .string(figure.unit)), ("standard_error", .optional(figure.standardError)),
            ("identified", .boolean(figure.isIdentified)), ("reason", .optional(figure.reason)),
            ("better", .optional(figure.better?.rawValue)),
          ])
        )
      })
  }
}

extension TuneFinding {
  fileprivate var json: JSONValue {
    .object([
      ("kind", .string(kind)), ("stage", .string(stage.rawValue)), ("settings", TuneFigure.json(settings)),
      (
        "abort",
        abort.map { .object([("kind", .string($0.kind)), ("text", .string($0.text))]) } ?? .null
      ),
      ("figures", TuneFigure.json(figures)), ("curves", .object(curves.map { ($0.key, $0.json) })),
      ("responses", .object(responses.map { ($0.key, $0.json) })),
    ])
  }
}

extension TuneCurve {
  fileprivate var json: JSONValue {
    func json(_ axis: Axis) -> JSONValue {
      .object([("title", .string(axis.title)), ("unit", .string(axis.unit))])
    }
    return .object([
      ("title", .string(title)), ("x", json(x)), ("y", json(y)),
      (
        "series",
        .array(
          series.map { line in
            .object([
              ("title", .string(line.title)), ("reference", .boolean(line.isReference)),
              ("x", .short(line.x)), ("y", .short(line.y)),
            ])
          })
      ),
    ])
  }
}

extension TuneResponse {
  fileprivate var json: JSONValue {
    .object([
      ("title", .string(title)), ("unit", .string(unit)), ("measured", .boolean(isMeasured)),
      ("frequency_hz", .short(points.map(\.frequency))), ("gain", .short(points.map(\.gain))),
      ("phase_deg", .short(points.map(\.phase))), ("coherence", .short(points.map(\.coherence))),
      ("margins", margins?.json ?? .null),
    ])
  }
}

extension TuneResponse.Margins {
  fileprivate var json: JSONValue {
    .object([
      ("phase_margin_deg", .optional(phase)), ("crossover_hz", .optional(crossover)),
      ("gain_margin_db", .optional(gain)), ("phase_crossover_hz", .optional(phaseCrossover)),
      ("delay_margin_s", .optional(delay)), ("sensitivity_peak", .number(sensitivityPeak)),
    ])
  }
}

extension TuneDesign {
  fileprivate var json: JSONValue {
    func json(_ gains: Gains) -> JSONValue {
      .object([
        ("stiffness_nm_rad", .number(gains.stiffness)), ("damping_nms_rad", .number(gains.damping)),
      ])
    }
    return .object([
      ("wanted", .string(wanted)), ("before", json(before)), ("after", json(after)),
      ("figures", TuneFigure.json(figures)), ("bound", .string(bound)),
    ])
  }
}

extension TuneCheck {
  fileprivate var json: JSONValue {
    .object([
      ("key", .string(key)), ("title", .string(title)), ("value", .optional(value)), ("unit", .string(unit)),
      ("note", .string(note)), ("passed", .boolean(passed)),
    ])
  }
}

extension JSONValue {
  /// A number, or null where there is none.
  fileprivate static func optional(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
  /// A text, or null where there is none.
  fileprivate static func optional(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
  /// Numbers in a row, to six digits: more is noise, and doubles the file.
  fileprivate static func short(_ values: [Double]) -> JSONValue {
    .numbers(values.map { CurveThinning.rounded($0, digits: 6) })
  }
}
