import ControlCycle
import JointControl
import Yams

/// The places of one robot file at which gains are written, and what is written there.
struct GainPatch {
  private let source: SourceText
  private let root: Node
  private let places: YAMLPlaces
  private var edits: [(range: Range<Int>, text: [UInt8])] = []

  private static let keys = ["stiffness", "damping"]

  init(_ source: SourceText) throws(DescriptionError) {
    self.source = source
    let log = DiagnosticLog()
    root = try YAMLDocument(source, log: log).root
    try log.throwIfAny()
    places = YAMLPlaces(source.bytes)
  }

  /// Notes what changes for one joint.
  mutating func set(_ gains: ImpedanceGains, ofJoint name: String) throws(DescriptionError) {
    for (key, value) in zip(Self.keys, [gains.stiffness, gains.damping]) where !(value.isFinite && value >= 0)
    {
      throw DescriptionError(
        source.location, "joint '\(name)': \(key) \(value) cannot be written",
        fix: "choose a finite number of at least 0")
    }
    guard let joint = Self.joint(name, in: root) else {
      let joints = Self.value("joints", in: root)
      let known = joints?.mapping?.keys.compactMap { $0.scalar?.string } ?? []
      throw DescriptionError(
        place(joints ?? root), "there is no joint '\(name)'",
        fix: suggestion(for: name, among: known, what: "joint"))
    }
    let both = "stiffness: \(Self.text(gains.stiffness)), damping: \(Self.text(gains.damping))"
    guard let node = Self.value("gains", in: .mapping(joint)) else {
      return try insert("gains: {\(both)}", into: joint)
    }
    guard case .mapping(let own) = node else {
      throw DescriptionError(place(node), "gains of joint '\(name)' is no mapping", fix: Self.usualForm)
    }
    if own.isEmpty { return try insert(both, into: own) }
    for (key, value) in zip(Self.keys, [gains.stiffness, gains.damping]) {
      if let number = Self.value(key, in: node) {
        try replace(number, with: value, key: key)
      } else {
        try insert("\(key): \(Self.text(value))", into: own)
      }
    }
  }

  /// The text with all that was noted.
  func result() -> [UInt8] {
    var out = source.bytes
    // From the end on, so that places stay true; what is inserted at one place stands in the order in which it was noted.
    for (_, edit) in edits.enumerated().sorted(by: {
      ($0.element.range.lowerBound, $0.offset) > ($1.element.range.lowerBound, $1.offset)
    }) { out.replaceSubrange(edit.range, with: edit.text) }
    return out
  }

  /// Reads the new text and compares: the gains are those that were asked for, and nothing else has another meaning.
  func verify(_ changed: SourceText, _ gains: [String: ImpedanceGains]) throws(DescriptionError) {
    let refusal = DescriptionError(
      source.location, "gains cannot be written into this text without changing more", fix: Self.usualForm)
    guard var new = try? YAMLDocument(changed, log: DiagnosticLog()).root else { throw refusal }
    var old = root
    for (name, wanted) in gains {
      let own = Self.joint(name, in: new).flatMap { Self.value("gains", in: .mapping($0)) } ?? [:]
      for (key, value) in zip(Self.keys, [wanted.stiffness, wanted.damping]) {
        guard case .number(value)? = Self.value(key, in: own)?.scalar.map({ YAMLNumber($0.string) }) else {
          throw refusal
        }
      }
      new = Self.without(name, in: new)
      old = Self.without(name, in: old)
    }
    if new != old { throw refusal }
  }
}

// MARK: Edits

extension GainPatch {
  private static let usualForm = "write it as gains: {stiffness: 100, damping: 3}, and try again"

  /// A number in its shortest form that reads back exactly.
  private static func text(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private mutating func replace(_ node: Node, with value: Double, key: String) throws(DescriptionError) {
    guard let range = plainRange(of: node) else {
      throw DescriptionError(place(node), "\(key) is not written as a plain number", fix: Self.usualForm)
    }
    if case .number(value)? = node.scalar.map({ YAMLNumber($0.string) }) { return }
    edits.append((range, Array(Self.text(value).utf8)))
  }

  /// Adds a pair to a mapping: behind its last value that is a plain word or number, or else before its first key.
  private mutating func insert(_ text: String, into mapping: Node.Mapping) throws(DescriptionError) {
    // The style that Yams gives a mapping is that of the event that ends it, and says nothing.
    let opening = mapping.mark.flatMap(places.offset)
    let isFlow = opening.map { source.bytes[$0...].first == UInt8(ascii: "{") } ?? false
    for (key, value) in mapping.reversed() {
      guard let range = plainRange(of: value), isFlow || restIsBlank(from: range.upperBound),
        let start = key.mark.flatMap(places.offset)
      else { continue }
      if isFlow {
        edits.append((range.upperBound..<range.upperBound, Array(", \(text)".utf8)))
      } else {
        guard let indentation = indentation(upTo: start) else { continue }
        let end = places.lineEnd(from: range.upperBound)
        edits.append((end..<end, places.lineBreak + indentation + Array(text.utf8)))
      }
      return
    }
    guard let first = mapping.first?.key.mark, let start = places.offset(of: first) else {
      guard isFlow, let opening else {
        throw DescriptionError(source.location, "gains cannot be placed", fix: Self.usualForm)
      }
      edits.append((opening + 1..<opening + 1, Array(text.utf8)))
      return
    }
    if isFlow {
      edits.append((start..<start, Array("\(text), ".utf8)))
    } else if let indentation = indentation(upTo: start) {
      edits.append((start..<start, Array(text.utf8) + places.lineBreak + indentation))
    } else {
      throw DescriptionError(
        SourceLocation(file: source.path, line: first.line, column: first.column),
        "gains cannot be placed before this key", fix: Self.usualForm)
    }
  }

  /// Bytes of a plain scalar on one line that is written as it reads.
  private func plainRange(of node: Node) -> Range<Int>? {
    guard case .scalar(let scalar) = node, scalar.style == .plain, !scalar.string.isEmpty,
      let start = scalar.mark.flatMap(places.offset)
    else { return nil }
    let bytes = Array(scalar.string.utf8)
    guard source.bytes[start...].starts(with: bytes) else { return nil }
    return start..<start + bytes.count
  }

  /// The blanks in front of a key that begins its line; nil where it does not.
  private func indentation(upTo start: Int) -> [UInt8]? {
    var from = start
    while from > 0, source.bytes[from - 1] == UInt8(ascii: " ") { from -= 1 }
    return places.isLineStart(from) ? Array(source.bytes[from..<start]) : nil
  }

  /// Whether nothing but blanks and a comment follows in the line.
  private func restIsBlank(from offset: Int) -> Bool {
    let rest = source.bytes[offset..<places.lineEnd(from: offset)]
    guard let first = rest.first(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }) else {
      return true
    }
    return first == UInt8(ascii: "#") && rest.first != first
  }

  private func place(_ node: Node) -> SourceLocation {
    guard let mark = node.mark else { return source.location }
    return SourceLocation(file: source.path, line: mark.line, column: mark.column)
  }

  private static func joint(_ name: String, in root: Node) -> Node.Mapping? {
    value("joints", in: root).flatMap { value(name, in: $0) }?.mapping
  }

  /// The value at a key, quoted or not.
  private static func value(_ key: String, in node: Node) -> Node? {
    node.mapping?.first { $0.key.scalar?.string == key }?.value
  }

  /// A document without the stiffness and damping of one joint, to compare what is left.
  private static func without(_ name: String, in root: Node) -> Node {
    replacing("joints", in: root) { joints in
      replacing(name, in: joints) { joint in
        var pairs = (joint.mapping.map { Array($0) } ?? []).filter { $0.key.scalar?.string != "gains" }
        let gains = (value("gains", in: joint)?.mapping.map { Array($0) } ?? [])
          .filter { !keys.contains($0.key.scalar?.string ?? "") }
        pairs.append(("gains", .mapping(Node.Mapping(gains))))
        return .mapping(Node.Mapping(pairs))
      }
    }
  }

  private static func replacing(_ key: String, in node: Node, by change: (Node) -> Node) -> Node {
    guard let mapping = node.mapping else { return node }
    return .mapping(
      Node.Mapping(mapping.map { ($0.key, $0.key.scalar?.string == key ? change($0.value) : $0.value) }))
  }
}
