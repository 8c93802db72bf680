import JointControl
import Yams

/// The values that a scenario sweeps, and their way into the text.
struct ScenarioSweep {
  /// A swept value of one point.
  typealias Value = (name: String, value: Double)

  private var names: [(name: String, values: [Double])] = []
  private let log: DiagnosticLog
  private let place: SourceLocation

  /// Reads `sweep`.
  init(_ root: MappingReader) {
    log = root.log
    place = root.place(of: "sweep")
    guard let node = root.node("sweep"),
      let reader = MappingReader(
        namesIn: node, title: "sweep", at: place, document: root.document, log: root.log)
    else { return }
    for entry in reader.entries {
      guard let first = entry.value.unicodeScalars.first, Self.isNameScalar(first, isFirst: true),
        entry.value.unicodeScalars.allSatisfy({ Self.isNameScalar($0, isFirst: false) })
      else {
        log.report(
          entry.location, "'\(entry.value)' is no name of a swept value", fix: "write letters, digits and _")
        continue
      }
      guard let list = reader.node(entry.value)?.sequence, !list.isEmpty else {
        log.report(
          entry.location, "\(entry.value) of sweep is not a list of at least one number",
          fix: "write \(entry.value): [0, 2, 5]")
        continue
      }
      names.append((entry.value, list.compactMap { reader.number(in: $0, title: entry.value)?.value }))
    }
  }

  static func isNameScalar(_ scalar: Unicode.Scalar, isFirst: Bool) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "_": true
    case "0"..."9": !isFirst
    default: false
    }
  }

  /// Every combination, the last name changing fastest; one without values where nothing is swept.
  func combinations(most: Int) -> [[Value]] {
    var count = 1
    for name in names {
      let (product, overflows) = count.multipliedReportingOverflow(by: name.values.count)
      guard !overflows, product <= most else {
        log.report(place, "sweep makes more than \(most) combinations", fix: "sweep fewer values")
        return []
      }
      count = product
    }
    var all: [[Value]] = [[]]
    for name in names {
      all = all.flatMap { head in name.values.map { head + [(name.name, $0)] } }
    }
    return all
  }

  /// A node with every `$name` replaced by its value; marks stay, so that mistakes keep their place.
  static func substituting(
    _ values: [Value], in node: Node, document: YAMLDocument, log: DiagnosticLog
  ) -> Node {
    switch node {
    case .scalar(let scalar):
      guard scalar.string.contains("$") else { return node }
      let text = substituting(values, in: scalar.string, at: document.location(of: node), log: log)
      return .scalar(Node.Scalar(text, scalar.tag, scalar.style, scalar.mark))
    case .sequence(let sequence):
      let nodes = sequence.map { substituting(values, in: $0, document: document, log: log) }
      return .sequence(Node.Sequence(nodes, sequence.tag, sequence.style, sequence.mark))
    case .mapping(let mapping):
      let pairs = mapping.map { ($0.key, substituting(values, in: $0.value, document: document, log: log)) }
      return .mapping(Node.Mapping(pairs, mapping.tag, mapping.style, mapping.mark))
    case .alias: return node
    }
  }

  private static func substituting(
    _ values: [Value], in text: String, at place: SourceLocation, log: DiagnosticLog
  ) -> String {
    var out = String.UnicodeScalarView()
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      guard scalar == "$" else {
        out.append(scalar)
        continue
      }
      let name = String(String.UnicodeScalarView(rest.prefix { isNameScalar($0, isFirst: false) }))
      rest = rest.dropFirst(name.unicodeScalars.count)
      guard let value = values.first(where: { $0.name == name })?.value else {
        log.report(
          place, "sweep has no value '\(name)'",
          fix: suggestion(for: name, among: values.map(\.name), what: "swept value"))
        continue
      }
      out.append(contentsOf: plain(value).unicodeScalars)
    }
    return String(out)
  }

  /// The shortest text that is read back to the same number.
  static func plain(_ value: Double) -> String {
    if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { return "\(whole)" }
    return "\(value)"
  }
}
