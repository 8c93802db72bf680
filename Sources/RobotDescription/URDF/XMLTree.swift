import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// One element of an XML text with the place of its start tag.
struct XMLTreeElement {
  var name: String
  var attributes: [String: String]
  var location: SourceLocation
  var children: [XMLTreeElement] = []

  /// The first child of that name.
  func child(_ name: String) -> XMLTreeElement? { children.first { $0.name == name } }

  /// Parses a text; external entities are never resolved, declarations are refused before.
  static func parse(_ source: SourceText) throws(DescriptionError) -> XMLTreeElement {
    let scan = try XMLTagScan(source)
    let builder = XMLTreeBuilder(scan: scan)
    let parser = XMLParser(data: Data(source.bytes))
    parser.shouldResolveExternalEntities = false
    parser.delegate = builder
    let succeeded = parser.parse()
    if succeeded, builder.isComplete, let root = builder.root { return root }
    throw builder.error(in: source, parser: parser)
  }
}

private final class XMLTreeBuilder: NSObject, XMLParserDelegate {
  private let scan: XMLTagScan
  private var open: [XMLTreeElement] = []
  private var started = 0
  private var failure: (line: Int, column: Int, innermost: XMLTreeElement?)?
  private(set) var root: XMLTreeElement?

  init(scan: XMLTagScan) { self.scan = scan }

  var isComplete: Bool { open.isEmpty && failure == nil }

  func parser(
    _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?,
    qualifiedName qName: String?, attributes attributeDict: [String: String] = [:]
  ) {
    let location = started < scan.starts.count ? scan.starts[started] : scan.end
    started += 1
    open.append(XMLTreeElement(name: elementName, attributes: attributeDict, location: location))
  }

  func parser(
    _ parser: XMLParser, didEndElement elementName: String, namespaceURI: String?,
    qualifiedName qName: String?
  ) {
    guard let element = open.popLast() else { return }
    if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
  }

  func parser(_ parser: XMLParser, parseErrorOccurred parseError: any Error) {
    if failure == nil { failure = (parser.lineNumber, parser.columnNumber, open.last) }
  }

  func error(in source: SourceText, parser: XMLParser) -> DescriptionError {
    let line = failure?.line ?? parser.lineNumber
    let column = failure?.column ?? parser.columnNumber
    let isAtEnd =
      line <= 0 || line > scan.end.line || (line == scan.end.line && column >= scan.end.column - 1)
    let location =
      isAtEnd ? scan.end : SourceLocation(file: source.path, line: line, column: max(1, column))
    guard let innermost = failure.map(\.innermost) ?? open.last else {
      return DescriptionError(
        location, "the text is not well-formed XML",
        fix: "a URDF is one <robot name=\"...\"> element; check what stands here")
    }
    if isAtEnd {
      return DescriptionError(
        location, "the text ends inside <\(innermost.name)>, opened in line \(innermost.location.line)",
        fix: "the file was cut off or </\(innermost.name)> is missing; restore the rest")
    }
    return DescriptionError(
      location,
      "the text is not well-formed XML inside <\(innermost.name)>, opened in line \(innermost.location.line)",
      fix: "check quotes, angle brackets and that </\(innermost.name)> closes it")
  }
}
