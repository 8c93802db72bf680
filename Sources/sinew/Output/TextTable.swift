/// A table for people: the first column to the left, numbers to the right.
struct TextTable {
  private var rows: [[String]]

  /// A table with a header row.
  init(_ header: [String]) { rows = [header] }

  /// Adds a row with as many cells as the header.
  mutating func append(_ row: [String]) { rows.append(row) }

  /// The table, lines ending in newlines.
  var text: String {
    let columns = rows[0].count
    let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
    var out = ""
    for row in rows {
      let cells = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + padding : padding + cell
      }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      out += line + "\n"
    }
    return out
  }
}
