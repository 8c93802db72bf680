import Foundation

extension TuneResult {
  /// Name of the file within a directory.
  static let file = "result.json"

  /// Reads a result.
  ///
  /// - Parameter path: a result.json, or a directory that holds one.
  /// - Returns: the result; figures and joints come in the order of their names.
  /// - Throws: `Failure` with what cannot be read, and where.
  static func load(_ path: String) throws(Failure) -> TuneResult {
    var isDirectory: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
    let name = isThere && isDirectory.boolValue ? path + "/" + file : path
    let node = try JSONNode.load(name, kind: "tune_result", help: "Documentation/tune.schema.json")
    let reader = ResultReader(path: name, node: node, place: "")
    guard try reader.text("schema") == schema else {
      throw reader.refusal("schema", "is not \(schema)", "name a result of sinew tune of this version")
    }
    var result = TuneResult(
      task: try reader.text("task"), robot: try reader.text("robot"), target: try reader.text("target"),
      seed: try reader.number("seed").map { UInt64(max(0, min($0, 9e15))) }, build: try reader.text("build"))
    result.recordings = try reader.list("recordings").map { (entry) throws(Failure) in
      Recording(file: try entry.text("file"), hash: try entry.text("sha256"))
    }
    result.joints = try reader.members("joints").map { (name, joint) throws(Failure) in
      try Joint(name: name, joint)
    }
    return result
  }
}

/// A place in a document, and what stands there.
private struct ResultReader {
  let path: String
  let node: JSONNode
  let place: String

  func refusal(_ key: String, _ message: String, _ fix: String? = nil) -> Failure {
    Failure(
      kind: "tune_result", location: "\(path): \(place.isEmpty ? key : "\(place).\(key)")", message: message,
      fix: fix ?? "see Documentation/tune.schema.json", code: Failure.badDescription)
  }

  private func member(_ key: String) -> JSONNode {
    if case .object(let members) = node, let member = members[key] { member } else { .null }
  }

  func at(_ key: String) -> ResultReader {
    ResultReader(path: path, node: member(key), place: place.isEmpty ? key : "\(place).\(key)")
  }

  var isThere: Bool { if case .null = node { false } else { true } }

  func text(_ key: String) throws(Failure) -> String {
    guard case .string(let text) = member(key) else { throw refusal(key, "is no text") }
    return text
  }

  func optionalText(_ key: String) throws(Failure) -> String? {
    if case .null = member(key) { return nil }
    return try text(key)
  }

  func number(_ key: String) throws(Failure) -> Double? {
    switch member(key) {
    case .null: return nil
    case .number(let value): return value
    default: throw refusal(key, "is no number")
    }
  }

  func flag(_ key: String) throws(Failure) -> Bool {
    guard case .boolean(let value) = member(key) else { throw refusal(key, "is neither true nor false") }
    return value
  }

  func list(_ key: String) throws(Failure) -> [ResultReader] {
    guard case .array(let nodes) = member(key) else { throw refusal(key, "is no list") }
    return nodes.enumerated().map { index, node in
      ResultReader(path: path, node: node, place: at("\(key)[\(index)]").place)
    }
  }

  func numbers(_ key: String) throws(Failure) -> [Double] {
    guard case .array(let nodes) = member(key) else { throw refusal(key, "is no list of numbers") }
    return try nodes.map { (node) throws(Failure) in
      switch node {
      case .number(let value): return value
      case .null: return .nan
      default: throw refusal(key, "is no list of numbers")
      }
    }
  }

  func members(_ key: String) throws(Failure) -> [(String, ResultReader)] {
    guard case .object(let members) = member(key) else { throw refusal(key, "is no object") }
    return members.keys.sorted().map { ($0, at(key).at($0)) }
  }

  func word<Word: RawRepresentable>(_ key: String, as type: Word.Type) throws(Failure) -> Word
  where Word.RawValue == String {
    let text = try text(key)
    guard let word = Word(rawValue: text) else { throw refusal(key, "'\(text)' is not known") }
    return word
  }

  func figures(_ key: String) throws(Failure) -> [TuneFigure] {
    try members(key).map { (name, figure) throws(Failure) in
      var read = TuneFigure(
        name, try figure.text("title"), try figure.number("value"), try figure.text("unit"),
        standardError: try figure.number("standard_error"), isIdentified: try figure.flag("identified"),
        reason: try figure.optionalText("reason"))
      if try figure.optionalText("better") != nil {
        read.better = try figure.word("better", as: TuneFigure.Better.self)
      }
      return read
    }
  }
}

extension TuneResult.Joint {
  fileprivate init(name: String, _ reader: ResultReader) throws(Failure) {
    self.init(name: name, drive: try reader.text("drive"))
    outcome = try reader.word("outcome", as: TuneResult.Outcome.self)
    parameters = try reader.figures("parameters")
    if reader.at("design").isThere { design = try TuneDesign(reader.at("design")) }
    checks = try reader.list("checks").map { (check) throws(Failure) in
      TuneCheck(
        key: try check.text("key"), title: try check.text("title"), value: try check.number("value"),
        unit: try check.text("unit"), note: try check.text("note"), passed: try check.flag("passed"))
    }
    findings = try reader.list("experiments").map { (entry) throws(Failure) in try TuneFinding(entry) }
  }
}

extension TuneFinding {
  fileprivate init(_ reader: ResultReader) throws(Failure) {
    self.init(kind: try reader.text("kind"), stage: try reader.word("stage", as: Stage.self))
    settings = try reader.figures("settings")
    figures = try reader.figures("figures")
    if reader.at("abort").isThere {
      abort = Abort(kind: try reader.at("abort").text("kind"), text: try reader.at("abort").text("text"))
    }
    curves = try reader.members("curves").map { (key, curve) throws(Failure) in
      TuneCurve(
        key: key, title: try curve.text("title"), x: try axis(curve.at("x")), y: try axis(curve.at("y")),
        series: try curve.list("series").map { (line) throws(Failure) in
          TuneCurve.Series(
            title: try line.text("title"), x: try line.numbers("x"), y: try line.numbers("y"),
            isReference: try line.flag("reference"))
        })
    }
    responses = try reader.members("responses").map { (key, response) throws(Failure) in
      try TuneResponse(key: key, response)
    }
  }
}

private func axis(_ reader: ResultReader) throws(Failure) -> TuneCurve.Axis {
  TuneCurve.Axis(title: try reader.text("title"), unit: try reader.text("unit"))
}

extension TuneResponse {
  fileprivate init(key: String, _ reader: ResultReader) throws(Failure) {
    let columns = try ["frequency_hz", "gain", "phase_deg", "coherence"].map { (column) throws(Failure) in
      try reader.numbers(column)
    }
    guard columns.allSatisfy({ $0.count == columns[0].count }) else {
      throw reader.refusal("gain", "its lists are not equally long")
    }
    self.init(
      key: key, title: try reader.text("title"), unit: try reader.text("unit"),
      isMeasured: try reader.flag("measured"),
      points: columns[0].indices.map {
        Point(
          frequency: columns[0][$0], gain: columns[1][$0], phase: columns[2][$0], coherence: columns[3][$0])
      })
    let found = reader.at("margins")
    guard found.isThere else { return }
    margins = Margins(
      phase: try found.number("phase_margin_deg"), crossover: try found.number("crossover_hz"),
      gain: try found.number("gain_margin_db"), phaseCrossover: try found.number("phase_crossover_hz"),
      delay: try found.number("delay_margin_s"), sensitivityPeak: try found.number("sensitivity_peak") ?? 0)
  }
}

extension TuneDesign {
  fileprivate init(_ reader: ResultReader) throws(Failure) {
    func gains(_ key: String) throws(Failure) -> Gains {
      let found = reader.at(key)
      guard let stiffness = try found.number("stiffness_nm_rad"),
        let damping = try found.number("damping_nms_rad")
      else { throw reader.refusal(key, "lacks stiffness_nm_rad or damping_nms_rad") }
      return Gains(stiffness: stiffness, damping: damping)
    }
    self.init(
      wanted: try reader.text("wanted"), before: try gains("before"), after: try gains("after"),
      figures: try reader.figures("figures"), bound: try reader.text("bound"))
  }
}
