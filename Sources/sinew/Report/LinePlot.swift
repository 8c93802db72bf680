import Foundation

/// Lines over two axes as an SVG, with marked instants, shaded spans and a legend.
struct LinePlot {
  /// One axis.
  struct Axis {
    var title: String
    var unit = ""
    var isLogarithmic = false
    /// Text of a tick; its number without.
    var label: (@Sendable (Double) -> String)?

    /// Title and unit.
    var text: String { unit.isEmpty ? title : "\(title) [\(unit)]" }
  }

  /// One line.
  struct Series {
    var title: String
    /// Points in order; one that is no number leaves a gap.
    var points: [(x: Double, y: Double)]
    /// A bound or a wish rather than something that happened: thin and dashed.
    var isReference = false
    /// Whether each point has a dot, where single points count.
    var hasDots = false
    /// Which of the colours it has; the one of its place without.
    var colour: Int?
  }

  /// An instant.
  struct Mark {
    var at: Double
    var title: String
  }

  /// A span of the axis to the right, such as a state.
  struct Span {
    var from: Double
    var to: Double
    var title: String
  }

  var title: String
  var x: Axis
  var y: Axis
  var series: [Series]
  var marks: [Mark] = []
  var spans: [Span] = []
  var width = 640.0
  var height = 340.0

  /// Lines of a legend below the box take so much each.
  private static let row = 17.0

  /// The picture; a file of its own brings its colours along.
  ///
  /// - Parameter isFile: whether it stands alone rather than in a `ReportPage`.
  /// - Returns: one element `svg`.
  func svg(isFile: Bool = false) -> String {
    let points = series.flatMap(\.points).filter { $0.x.isFinite && $0.y.isFinite }
    let frame = PlotFrame(
      width: width, height: height,
      x: PlotScale(
        holding: points.map(\.x) + marks.map(\.at), isLogarithmic: x.isLogarithmic, isTight: true,
        label: x.label),
      y: PlotScale(holding: points.map(\.y), isLogarithmic: y.isLogarithmic, label: y.label))
    let rows = legendRows(frame)
    let full = height + (rows.isEmpty ? 0 : 8) + Self.row * Double(rows.count)
    var out =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 \(Int(width)) \(Int(full))\" "
      + "width=\"\(Int(width))\" height=\"\(Int(full))\" role=\"img\">\n<title>\(Markup.escaped(title))</title>\n"
    if isFile { out += ReportStyle.ofFile }
    out += spans(frame)
    out += frame.drawing(title: title, xTitle: x.text, yTitle: y.text)
    for (index, line) in series.enumerated() {
      let name = "line c\(colour(index))" + (line.isReference ? " reference" : "")
      out += "<path class=\"\(name)\" d=\"\(path(line, frame))\"/>\n"
      if line.hasDots { out += dots(line, frame, "f\(colour(index))") }
    }
    out += marks(frame)
    for (row, entries) in rows.enumerated() {
      for entry in entries { out += legend(entry, y: height + 8 + Self.row * Double(row)) }
    }
    return out + "</svg>\n"
  }

  private func colour(_ index: Int) -> Int { (series[index].colour ?? index) % ReportStyle.colours }

  /// Points from which a line is drawn to whole pixels: it fills its columns, and nobody sees a part of one.
  private static let dense = 300

  /// The line in steps from point to point, in tenths of a pixel.
  private func path(_ line: Series, _ frame: PlotFrame) -> String {
    let unit = line.points.count > Self.dense ? 10.0 : 1
    var out = ""
    var last: (x: Int, y: Int)?
    var isDrawing = false
    for point in line.points {
      let place = (x: 10 * frame.across(point.x), y: 10 * frame.up(point.y))
      // What is far outside of any page has no place in whole numbers.
      guard point.x.isFinite, point.y.isFinite, place.x.magnitude < 1e9, place.y.magnitude < 1e9,
        !x.isLogarithmic || point.x > 0, !y.isLogarithmic || point.y > 0
      else {
        last = nil
        continue
      }
      let at = (
        x: Int((place.x / unit).rounded() * unit), y: Int((place.y / unit).rounded() * unit)
      )
      if let last {
        // Steps after the first need no letter, and a sign divides as well as a blank.
        if !isDrawing { out += "l" }
        out += Markup.tenths(at.x - last.x, after: isDrawing) + Markup.tenths(at.y - last.y, after: true)
        isDrawing = true
      } else {
        out += "M" + Markup.tenths(at.x, after: false) + Markup.tenths(at.y, after: true)
        isDrawing = false
      }
      last = at
    }
    return out.isEmpty ? "M0 0" : out
  }

  private func dots(_ line: Series, _ frame: PlotFrame, _ name: String) -> String {
    line.points.filter { $0.x.isFinite && $0.y.isFinite }.map {
      "<circle class=\"\(name)\" cx=\"\(Markup.place(frame.across($0.x)))\" cy=\"\(Markup.place(frame.up($0.y)))\" r=\"2.6\"/>\n"
    }.joined()
  }

  private func spans(_ frame: PlotFrame) -> String {
    var out = ""
    for (index, span) in spans.enumerated() {
      let from = max(frame.left, frame.across(span.from))
      let to = min(frame.right, frame.across(span.to))
      guard to > from else { continue }
      out +=
        "<rect class=\"span f\(index % ReportStyle.colours)\" x=\"\(Markup.place(from))\" y=\"\(Markup.place(frame.top))\" "
        + "width=\"\(Markup.place(to - from))\" height=\"\(Markup.place(frame.bottom - frame.top))\">"
        + "<title>\(Markup.escaped(span.title))</title></rect>\n"
      if to - from > 7 * Double(span.title.count) {
        out += frame.label(
          Markup.place(from + 4), Markup.place(frame.bottom - 5), span.title, anchor: "start")
      }
    }
    return out
  }

  private func marks(_ frame: PlotFrame) -> String {
    var out = ""
    for (index, mark) in marks.enumerated() {
      let at = frame.across(mark.at)
      guard at >= frame.left, at <= frame.right else { continue }
      out += frame.line(
        Markup.place(at), Markup.place(frame.top), Markup.place(at), Markup.place(frame.bottom), "mark")
      // Side by side words take turns in height, and stay in the box.
      let isLate = at > 0.5 * (frame.left + frame.right)
      out += frame.label(
        Markup.place(isLate ? at - 4 : at + 4), Markup.place(frame.top + 13 + 13 * Double(index % 7)),
        mark.title,
        anchor: isLate ? "end" : "start")
    }
    return out
  }

  private typealias Entry = (index: Int, x: Double)

  /// Which entries of the legend stand in which row, and where; none for a single line.
  private func legendRows(_ frame: PlotFrame) -> [[Entry]] {
    guard series.count > 1 else { return [] }
    var rows: [[Entry]] = [[]]
    var x = frame.left
    for (index, line) in series.enumerated() {
      let length = 44 + 6.6 * Double(line.title.count)
      if x + length > width, let last = rows.last, !last.isEmpty {
        rows.append([])
        x = frame.left
      }
      rows[rows.count - 1].append((index, x))
      x += length
    }
    return rows
  }

  private func legend(_ entry: Entry, y: Double) -> String {
    let line = series[entry.index]
    let name = "line c\(colour(entry.index))" + (line.isReference ? " reference" : "")
    let (from, to) = (Markup.place(entry.x), Markup.place(entry.x + 24))
    let at = Markup.place(y)
    return "<line class=\"\(name)\" x1=\"\(from)\" y1=\"\(at)\" x2=\"\(to)\" y2=\"\(at)\"/>\n"
      + "<text x=\"\(Markup.place(entry.x + 30))\" y=\"\(Markup.place(y + 4))\">\(Markup.escaped(line.title))</text>\n"
  }
}
