/// Places of all start tags of an XML text in document order, found before any parser sees the text.
///
/// Refuses what a robot description never needs and an attacker does: document type and entity declarations
/// (entity bombs, external entities), nesting beyond `depthLimit`, and macros of xacro. Malformed text ends the scan quietly; the
/// parser reports it.
struct XMLTagScan {
  /// Most elements that may be open at once.
  static let depthLimit = 64

  private(set) var starts: [SourceLocation] = []
  /// End of the text.
  private(set) var end: SourceLocation
  private let bytes: [UInt8]
  private var index = 0
  private var depth = 0

  init(_ source: SourceText) throws(DescriptionError) {
    bytes = source.bytes
    end = SourceLocation(file: source.path, line: 1, column: 1)
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "<") { try scanMarkup() } else { advance() }
    }
  }

  private mutating func scanMarkup() throws(DescriptionError) {
    if follows("<!--") {
      skip(past: "-->")
    } else if follows("<![CDATA[") {
      skip(past: "]]>")
    } else if follows("<?") {
      skip(past: "?>")
    } else if follows("<!") {
      throw DescriptionError(
        end, "the URDF declares a document type or an entity, which is refused",
        fix: "remove the <!DOCTYPE ...> or <!ENTITY ...> declaration; URDF needs none")
    } else if follows("</") {
      depth = max(0, depth - 1)
      skipTag()
    } else {
      if follows("<xacro:") { throw xacroError() }
      starts.append(end)
      depth += 1
      if depth > Self.depthLimit {
        throw DescriptionError(
          end, "elements are nested more than \(Self.depthLimit) deep",
          fix: "check that every element is closed; URDF nests at most about ten deep")
      }
      if skipTag() { depth -= 1 }
    }
  }

  /// The refusal of a file whose macros were not expanded, with the command that expands them.
  private func xacroError() -> DescriptionError {
    let name = String(
      decoding: bytes[(index + 1)...].prefix { !" \t\r\n/>".utf8.contains($0) }, as: UTF8.self)
    let file = end.file
    let stem = file.hasSuffix(".xacro") ? String(file.dropLast(6)) : file + ".expanded"
    let target = stem.hasSuffix(".urdf") ? stem : stem + ".urdf"
    return DescriptionError(
      end, "<\(name)> is a xacro macro, which is not URDF", fix: "expand it first: xacro \(file) > \(target)")
  }

  /// Skips to behind the tag's `>`; whether the tag closes itself.
  @discardableResult private mutating func skipTag() -> Bool {
    var quote: UInt8?
    var closesItself = false
    while index < bytes.count {
      let byte = bytes[index]
      advance()
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: ">") {
        return closesItself
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      }
      closesItself = byte == UInt8(ascii: "/")
    }
    return closesItself
  }

  private func follows(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard index + count <= bytes.count else { return false }
    for i in 0..<count where bytes[index + i] != text.utf8Start[i] { return false }
    return true
  }

  private mutating func skip(past text: StaticString) {
    while index < bytes.count && !follows(text) { advance() }
    for _ in 0..<min(text.utf8CodeUnitCount, bytes.count - index) { advance() }
  }

  private mutating func advance() {
    let byte = bytes[index]
    index += 1
    if byte == UInt8(ascii: "\n") {
      end.line += 1
      end.column = 1
    } else if byte & 0xC0 != 0x80 {
      end.column += 1
    }
  }
}
