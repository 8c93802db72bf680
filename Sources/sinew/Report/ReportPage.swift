/// A page of HTML that needs nothing but itself: no scripts, no fonts, no pictures from elsewhere.
struct ReportPage {
  /// A cell of a table.
  enum Cell: ExpressibleByStringLiteral {
    case text(String)
    case number(String)
    /// A verdict, as good or bad.
    case verdict(String, isGood: Bool)
    case link(String, to: String)

    init(stringLiteral value: String) { self = .text(value) }
  }

  private let title: String
  private var body = ""

  /// An empty page with a heading.
  init(title: String) {
    self.title = title
    body = "<h1>\(Markup.escaped(title))</h1>\n"
  }

  /// A heading of level 2 or 3; `id` is what links name.
  mutating func heading(_ text: String, level: Int = 2, id: String? = nil) {
    let name = id.map { " id=\"\(Markup.escaped($0))\"" } ?? ""
    body += "<h\(level)\(name)>\(Markup.escaped(text))</h\(level)>\n"
  }

  /// Text; a note is smaller.
  mutating func paragraph(_ text: String, isNote: Bool = false) {
    body += "<p\(isNote ? " class=\"note\"" : "")>\(Markup.escaped(text))</p>\n"
  }

  /// Text that says how it went.
  mutating func verdict(_ text: String, isGood: Bool) {
    body += "<p class=\"\(isGood ? "good" : "bad")\"><strong>\(Markup.escaped(text))</strong></p>\n"
  }

  /// Text that stands as it is typed, such as a command.
  mutating func verbatim(_ text: String) { body += "<pre>\(Markup.escaped(text))</pre>\n" }

  /// Links side by side.
  mutating func links(_ links: [(title: String, target: String)]) {
    let all = links.map { Self.link($0.title, $0.target) }
    body += "<p>\(all.joined(separator: " &#183; "))</p>\n"
  }

  /// A list of text.
  mutating func list(_ items: [String]) {
    body += "<ul>\n" + items.map { "<li>\(Markup.escaped($0))</li>\n" }.joined() + "</ul>\n"
  }

  /// A table; a column is to the right where its first row holds a number.
  mutating func table(_ header: [String], _ rows: [[Cell]]) {
    let isNumber = header.indices.map { column in
      rows.contains { row in if column < row.count, case .number = row[column] { true } else { false } }
    }
    body += "<table>\n<thead><tr>"
    for (title, right) in zip(header, isNumber) {
      body += "<th\(right ? " class=\"n\"" : "")>\(Markup.escaped(title))</th>"
    }
    body += "</tr></thead>\n<tbody>\n"
    for row in rows {
      body += "<tr>"
      for (column, cell) in row.enumerated() {
        switch cell {
        case .text(let text): body += "<td>\(Markup.escaped(text))</td>"
        case .number(let text):
          body +=
            "<td\(column < isNumber.count && isNumber[column] ? " class=\"n\"" : "")>\(Markup.escaped(text))</td>"
        case .verdict(let text, let isGood):
          body += "<td class=\"\(isGood ? "good" : "bad")\">\(Markup.escaped(text))</td>"
        case .link(let text, let target): body += "<td>\(Self.link(text, target))</td>"
        }
      }
      body += "</tr>\n"
    }
    body += "</tbody>\n</table>\n"
  }

  /// Drawings side by side where there is room.
  mutating func drawings(_ drawings: [String]) {
    guard !drawings.isEmpty else { return }
    body += "<div class=\"figures\">\n"
    for drawing in drawings { body += "<figure>\n\(drawing)</figure>\n" }
    body += "</div>\n"
  }

  /// The document.
  var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(Markup.escaped(title))</title>
    <style>
    \(ReportStyle.ofPage)</style>
    </head>
    <body>
    \(body)</body>
    </html>

    """
  }

  private static func link(_ title: String, _ target: String) -> String {
    "<a href=\"\(Markup.escaped(target))\">\(Markup.escaped(title))</a>"
  }
}
