import Yams

/// A YAML text as nodes that know their line and column.
///
/// Duplicate keys are noted and reading goes on; broken syntax ends it. Anchors are refused: a few lines of
/// them stand for more values than any memory holds, and they hide where a value was written.
struct YAMLDocument {
  /// Largest file that is read [bytes].
  static let sizeLimit = 16 << 20

  let root: Node
  let source: SourceText

  init(_ source: SourceText, log: DiagnosticLog) throws(DescriptionError) {
    self.source = source
    try refuseAnchors(in: source)
    root = try Self.compose(source, log: log)
  }

  /// The place of a node.
  func location(of node: Node) -> SourceLocation {
    guard let mark = node.mark else { return source.location }
    return SourceLocation(file: source.path, line: mark.line, column: mark.column)
  }

  private static func compose(
    _ source: SourceText, log: DiagnosticLog
  ) throws(DescriptionError) -> Node {
    var lines = source.text.split(separator: "\n", omittingEmptySubsequences: false).map {
      Array($0.unicodeScalars)
    }
    // A second key of the same name is overwritten by a name of its own, so that reading can go on.
    for attempt in 0..<100 {
      let text = attempt == 0 ? source.text : joined(lines)
      do {
        guard let node = try Yams.compose(yaml: text) else {
          throw DescriptionError(source.location, "the file holds no value", fix: "write key: value lines")
        }
        return node
      } catch let error as DescriptionError {
        throw error
      } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
        let key = keys.first ?? ""
        let first = SourceLocation(file: source.path, line: context.mark.line, column: context.mark.column)
        guard let second = overwriteSecond(key, after: first, in: &lines, number: attempt) else {
          log.report(first, "the key '\(key)' is given twice", fix: "remove one of them")
          throw DescriptionError(log.diagnostics)
        }
        log.report(
          second, "the key '\(key)' is given twice, first in line \(first.line)", fix: "remove one of them")
      } catch {
        throw syntaxError(error, in: source, noted: log)
      }
    }
    throw DescriptionError(log.diagnostics)
  }

  /// The stand-in for a duplicate key: private-use characters, so that it equals no key anybody writes.
  static func isStandIn(_ key: String) -> Bool {
    key.unicodeScalars.first.map { (0xF000...0xF0FF).contains($0.value) } ?? false
  }

  private static func overwriteSecond(
    _ key: String, after first: SourceLocation, in lines: inout [[Unicode.Scalar]], number: Int
  ) -> SourceLocation? {
    let wanted = Array(key.unicodeScalars)
    guard !wanted.isEmpty, first.line >= 1, let standIn = Unicode.Scalar(0xF000 + number) else { return nil }
    for line in (first.line - 1)..<lines.count {
      let content = lines[line]
      var column = line == first.line - 1 ? first.column - 1 + wanted.count : 0
      while column + wanted.count < content.count {
        defer { column += 1 }
        guard Array(content[column..<column + wanted.count]) == wanted,
          isKey(content, from: column, to: column + wanted.count),
          line == first.line - 1 || column == first.column - 1 || isInFlow(content, at: column)
        else { continue }
        lines[line].replaceSubrange(
          column..<column + wanted.count, with: repeatElement(standIn, count: wanted.count))
        return SourceLocation(file: first.file, line: line + 1, column: column + 1)
      }
    }
    return nil
  }

  private static func isKey(_ line: [Unicode.Scalar], from start: Int, to end: Int) -> Bool {
    let before: Set<Unicode.Scalar> = [" ", "{", ",", "\t"]
    guard start == 0 || before.contains(line[start - 1]) else { return false }
    return line[end...].drop { $0 == " " }.first == ":"
  }

  private static func isInFlow(_ line: [Unicode.Scalar], at column: Int) -> Bool {
    line[..<column].last { $0 != " " }.map { $0 == "{" || $0 == "," } ?? false
  }

  private static func joined(_ lines: [[Unicode.Scalar]]) -> String {
    var text = String.UnicodeScalarView()
    for (index, line) in lines.enumerated() {
      if index > 0 { text.append("\n") }
      text.append(contentsOf: line)
    }
    return String(text)
  }
}

/// Refuses anchors (`&name`), wherever a token may start; without one there is no alias either.
private func refuseAnchors(in source: SourceText) throws(DescriptionError) {
  func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      return true
    default: return false
    }
  }
  let bytes = source.bytes
  for offset in bytes.indices where bytes[offset] == UInt8(ascii: "&") {
    guard offset + 1 < bytes.count, isNameByte(bytes[offset + 1]) else { continue }
    if offset > 0 && isNameByte(bytes[offset - 1]) { continue }
    throw DescriptionError(
      SourceText.place(of: offset, in: bytes, file: source.path), "YAML anchors (&name) are not read",
      fix: "share values through actuators and defaults; if this is text, put a space behind the &")
  }
}

private func syntaxError(_ error: any Error, in source: SourceText, noted log: DiagnosticLog)
  -> DescriptionError
{
  // libyaml puts the end of a text on a line of its own.
  let end = SourceText.place(of: source.bytes.count, in: source.bytes, file: source.path)
  func place(_ mark: Mark) -> SourceLocation {
    mark.line > end.line ? end : SourceLocation(file: source.path, line: mark.line, column: mark.column)
  }
  let location: SourceLocation
  var problem: String
  switch error {
  case YamlError.scanner(let context, let text, let mark, _),
    YamlError.parser(let context, let text, let mark, _),
    YamlError.composer(let context, let text, let mark, _):
    location = place(mark)
    let opened = context.map { "\($0.text) that starts in line \(place($0.mark).line), " } ?? ""
    problem = opened + text
  case YamlError.reader(let text, let offset, _, _):
    let prefix = String(source.text.prefix(offset ?? 0)).utf8.count
    location = SourceText.place(of: prefix, in: source.bytes, file: source.path)
    problem = text
  default:
    location = source.location
    problem = "\(error)"
  }
  problem = problem.replacing("\n", with: " ")
  return DescriptionError(
    log.diagnostics + [
      Diagnostic(
        location: location, message: "the text is not YAML: \(problem)",
        fix: "check indentation, brackets, quotes and that the file was not cut off here")
    ])
}
