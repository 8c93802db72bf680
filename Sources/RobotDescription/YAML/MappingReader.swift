import JointControl
import Yams

/// Reads one mapping of a description by key, noting unknown keys, missing keys and values of the wrong kind.
struct MappingReader {
  /// What errors call the mapping, such as "joint 'left_knee'".
  let title: String
  /// Where the mapping starts.
  let location: SourceLocation
  let document: YAMLDocument
  let log: DiagnosticLog
  private let values: [String: Node]
  private let keyLocations: [String: SourceLocation]
  /// Keys that unknown ones most likely stand for: one mistake is told once, not as a missing key too.
  private var mistyped: [String: SourceLocation] = [:]

  /// Takes `node` apart; nil, with a note, when it is no mapping.
  init?(
    _ node: Node, title: String, keys: DescriptionKeys, at key: SourceLocation? = nil,
    document: YAMLDocument, log: DiagnosticLog
  ) {
    self.init(node, title: title, at: key, document: document, log: log)
    for entry in entries where !keys.all.contains(entry.value) {
      let fix = DescriptionKeys.unsupported[entry.value]
      log.report(
        entry.location, "\(title) has no key '\(entry.value)'",
        fix: fix ?? suggestion(for: entry.value, among: keys.all, what: "key"))
      if fix == nil, let meant = nearestName(to: entry.value, among: keys.all) {
        mistyped[meant] = entry.location
      }
    }
    for required in keys.required where values[required] == nil && mistyped[required] == nil {
      log.report(
        location, "\(title) lacks '\(required)'", fix: "add \(required): \(Self.example(required))")
    }
  }

  /// Takes a mapping with free keys, such as joint names, apart.
  init?(
    namesIn node: Node, title: String, at key: SourceLocation? = nil, document: YAMLDocument,
    log: DiagnosticLog
  ) {
    self.init(node, title: title, at: key, document: document, log: log)
  }

  /// A reader of no mapping, for numbers in lists.
  init(numbers document: YAMLDocument, log: DiagnosticLog) {
    self.document = document
    self.log = log
    title = ""
    location = document.source.location
    values = [:]
    keyLocations = [:]
  }

  private init?(
    _ node: Node, title: String, at key: SourceLocation?, document: YAMLDocument, log: DiagnosticLog
  ) {
    self.title = title
    self.document = document
    self.log = log
    location = key ?? document.location(of: node)
    guard case .mapping(let mapping) = node else {
      log.report(
        document.location(of: node), "\(title) is not a mapping", fix: "write key: value pairs below it")
      return nil
    }
    var values: [String: Node] = [:]
    var places: [String: SourceLocation] = [:]
    for (key, value) in mapping {
      let place = document.location(of: key)
      guard let name = key.scalar?.string, !name.isEmpty else {
        log.report(place, "\(title) has a key that is not a name", fix: "write name: value")
        continue
      }
      guard !YAMLDocument.isStandIn(name) else { continue }
      values[name] = value
      places[name] = place
    }
    self.values = values
    keyLocations = places
  }

  /// The keys in the order of the text.
  var entries: [Located<String>] {
    keyLocations.map { Located(value: $0.key, location: $0.value) }
      .sorted { ($0.location.line, $0.location.column) < ($1.location.line, $1.location.column) }
  }

  /// The node at a key.
  func node(_ key: String) -> Node? { values[key] }

  /// Where a key stands; the mapping's place when it is not there.
  func place(of key: String) -> SourceLocation { keyLocations[key] ?? location }

  /// The mapping at a key.
  func mapping(_ key: String, keys: DescriptionKeys) -> MappingReader? {
    guard let node = values[key] else { return nil }
    return MappingReader(
      node, title: "\(key) of \(title)", keys: keys, at: keyLocations[key], document: document, log: log)
  }

  /// The finite number at a key.
  func number(_ key: String) -> Located<Double>? {
    guard let node = values[key] else { return nil }
    return number(in: node, title: key)
  }

  /// The numbers at all of `keys` that are there; what a mistyped key stands for reads as refused, not as missing.
  func numbers(_ keys: DescriptionKeys) -> NumberTable {
    var table = NumberTable()
    for key in keys.all where values[key] == nil {
      table.values[key] = mistyped[key].map { Located(value: .nan, location: $0) }
    }
    for key in keys.all where values[key] != nil && !key.hasPrefix("has_") {
      table.values[key] = number(key) ?? Located(value: .nan, location: place(of: key))
    }
    return table
  }

  /// The finite number in a node.
  func number(in node: Node, title: String) -> Located<Double>? {
    let place = document.location(of: node)
    guard let scalar = node.scalar, scalar.style == .plain else {
      let fix = node.scalar == nil ? "write one number" : "remove the quotes"
      log.report(place, "\(title) is not a number", fix: fix)
      return nil
    }
    switch YAMLNumber(scalar.string) {
    case .number(let value): return Located(value: value, location: place)
    case .notFinite:
      log.report(
        place, "\(title) is \(scalar.string.prefix(40)), which is not a finite number",
        fix: "write a number such as 0.5; to leave \(title) unset, remove it")
    case .text(let fix):
      log.report(
        place, "\(title) is '\(scalar.string.prefix(40))', which is not a number",
        fix: fix ?? "write a number such as \(Self.examples[title] ?? "0.5")")
    }
    return nil
  }

  /// The whole number at a key, within `range`.
  func integer(_ key: String, in range: ClosedRange<Int>, fix: String) -> Located<Int>? {
    guard let number = number(key) else { return nil }
    guard let value = Int(exactly: number.value), range.contains(value) else {
      log.report(
        number.location,
        "\(key) is \(written(number.value)), not a whole number from \(range.lowerBound) to \(range.upperBound)",
        fix: fix)
      return nil
    }
    return Located(value: value, location: number.location)
  }

  /// The text at a key.
  func text(_ key: String) -> Located<String>? {
    guard let node = values[key] else { return nil }
    let place = document.location(of: node)
    guard let scalar = node.scalar, !scalar.string.isEmpty else {
      log.report(place, "\(key) is not a text", fix: "write \(key): \(Self.example(key))")
      return nil
    }
    return Located(value: scalar.string, location: place)
  }

  /// One of a set of words at a key.
  func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String, _: Choice.Type) -> Located<
    Choice
  >? {
    guard let text = text(key) else { return nil }
    guard let choice = Choice(rawValue: text.value) else {
      log.report(
        text.location, "\(key) '\(text.value.prefix(40))' is unknown",
        fix: suggestion(for: text.value, among: Choice.allCases.map(\.rawValue), what: key))
      return nil
    }
    return Located(value: choice, location: text.location)
  }

  /// The truth value at a key.
  func flag(_ key: String) -> Located<Bool>? {
    guard let node = values[key] else { return nil }
    let place = document.location(of: node)
    switch node.scalar?.string {
    case "true", "True", "TRUE": return Located(value: true, location: place)
    case "false", "False", "FALSE": return Located(value: false, location: place)
    default:
      log.report(place, "\(key) is neither true nor false", fix: "write true or false")
      return nil
    }
  }

  /// What a key looks like with a value.
  private static let examples = [
    "robot": "my_robot", "urdf": "my_robot.urdf", "update_rate": "1000", "interface": "can0",
    "bitrate": "1000000", "family": "robstride", "model": "RS04", "actuator": "knee", "bus": "left_leg",
    "id": "1", "joint_names": "[left_knee]", "positions": "[0.0]", "time_from_start": "0.0", "sec": "0",
    "motion": "wave", "buses": "{left_leg: {interface: can0, bitrate: 1000000}}",
    "motor": "{rotor_inertia: 1.0e-4, peak_torque: 120, knee_velocity: 10, no_load_velocity: 20.9}",
    "points": "[{time_from_start: 0.0, positions: [0.0]}]",
    "actuators": "{knee: {family: robstride, model: RS04, motor: {...}}}",
    "voltage": "48", "level": "0.3", "resistance": "0.03",
    "joints": "{left_knee: {actuator: knee, bus: left_leg, id: 1}}", "policy": "stop",
  ]

  /// What a missing key looks like.
  private static func example(_ key: String) -> String { examples[key] ?? "..." }
}

/// The numbers of one mapping by key.
///
/// A number that was refused reads as NaN, so that no further check fires on it; a robot is built only when
/// nothing was refused.
struct NumberTable {
  var values: [String: Located<Double>] = [:]

  /// The number at a key; nil where the text has none.
  subscript(_ key: String) -> Located<Double>? { values[key] }

  /// Marks the number at a key as refused.
  mutating func refuse(_ key: String) { values[key]?.value = .nan }

  /// These numbers, and those of `base` where there is none here.
  func merged(over base: NumberTable) -> NumberTable {
    NumberTable(values: values.merging(base.values) { own, _ in own })
  }
}

/// A scalar by YAML 1.2's core schema, as far as numbers go.
enum YAMLNumber {
  case number(Double)
  case notFinite
  /// No number; nil where only an example helps.
  case text(fix: String?)

  init(_ text: String) {
    let body = text.hasPrefix("-") || text.hasPrefix("+") ? String(text.dropFirst()) : text
    let lower = body.lowercased()
    if [".inf", ".nan", "inf", "nan", "infinity"].contains(lower) {
      self = .notFinite
    } else if text.hasPrefix("0x"), let value = UInt64(text.dropFirst(2), radix: 16) {
      self = .number(Double(value))
    } else if text.hasPrefix("0o"), let value = UInt64(text.dropFirst(2), radix: 8) {
      self = .number(Double(value))
    } else if body.allSatisfy({ "0123456789.eE+-".contains($0) }), let value = Double(text) {
      self = value.isFinite ? .number(value) : .notFinite
    } else if body.contains("_"), Double(text.replacing("_", with: "")) != nil {
      self = .text(fix: "write it without underscores")
    } else if body.contains(","), Double(text.replacing(",", with: ".")) != nil {
      self = .text(fix: "write \(text.replacing(",", with: ".")), with a decimal point")
    } else if body.first?.isNumber ?? false {
      self = .text(fix: "write the number alone, without a unit; units are SI and radians")
    } else {
      self = .text(fix: nil)
    }
  }
}
