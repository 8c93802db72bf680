import Foundation

/// Values over two axes as an SVG: a coloured cell each, its value in a tool tip, beside a bar that says what colours mean.
struct HeatMap {
  var title: String
  var x: LinePlot.Axis
  var y: LinePlot.Axis
  /// What the values are.
  var value: String
  /// Middles of columns and rows, in even steps.
  var columns: [Double]
  var rows: [Double]
  /// Row by row; nil where there is nothing.
  var values: [Double?]
  var width = 640.0
  var height = 340.0

  /// Some colours from low to high, told apart in grey as well (viridis).
  private static let anchors: [(Double, Double, Double)] = [
    (68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37),
  ]

  /// The picture, for a `ReportPage`.
  var svg: String {
    let (wide, high) = (Self.half(columns), Self.half(rows))
    func ends(_ middles: [Double], _ half: Double) -> [Double] {
      [(middles.first ?? 0) - half, (middles.last ?? 1) + half]
    }
    let frame = PlotFrame(
      width: width, height: height, x: PlotScale(holding: ends(columns, wide), isTight: true),
      y: PlotScale(holding: ends(rows, high), isTight: true), margin: 96)
    let known = values.compactMap(\.self)
    // Where all is the same, what rounding leaves has no colours.
    let middle = 0.5 * ((known.min() ?? 0) + (known.max() ?? 1))
    let scale = PlotScale(holding: known + [0.99 * middle, 1.01 * middle])
    var out =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 \(Int(width)) \(Int(height))\" "
      + "width=\"\(Int(width))\" height=\"\(Int(height))\" role=\"img\">\n<title>\(Markup.escaped(title))</title>\n"
    out += frame.drawing(title: title, xTitle: x.text, yTitle: y.text)
    for (row, y) in rows.enumerated() {
      for (column, x) in columns.enumerated() {
        guard let value = values[row * columns.count + column] else { continue }
        let (from, to) = (frame.across(x - wide), frame.across(x + wide))
        let (top, bottom) = (frame.up(y + high), frame.up(y - high))
        out +=
          "<rect x=\"\(Markup.place(from))\" y=\"\(Markup.place(top))\" width=\"\(Markup.place(to - from + 0.3))\" "
          + "height=\"\(Markup.place(bottom - top + 0.3))\" fill=\"\(Self.colour(scale.part(value)))\"><title>"
          + "\(Markup.number(value, digits: 4)) at \(Markup.number(x, digits: 4)) \(Markup.escaped(self.x.unit)), "
          + "\(Markup.number(y, digits: 4)) \(Markup.escaped(self.y.unit))</title></rect>\n"
      }
    }
    return out + bar(frame, scale) + "</svg>\n"
  }

  /// The bar beside the box.
  private func bar(_ frame: PlotFrame, _ scale: PlotScale) -> String {
    let left = frame.right + 20
    let steps = 40
    let tall = (frame.bottom - frame.top) / Double(steps)
    var out = ""
    for step in 0..<steps {
      let part = (Double(step) + 0.5) / Double(steps)
      out +=
        "<rect x=\"\(Markup.place(left))\" y=\"\(Markup.place(frame.bottom - tall * Double(step + 1)))\" width=\"16\" "
        + "height=\"\(Markup.place(tall + 0.3))\" fill=\"\(Self.colour(part))\"/>\n"
    }
    for tick in scale.ticks {
      let at = frame.bottom - (frame.bottom - frame.top) * scale.part(tick.value)
      out += frame.label(Markup.place(left + 21), Markup.place(at + 4), tick.label, anchor: "start")
    }
    return out + frame.label(Markup.place(left), Markup.place(frame.top - 8), value, anchor: "start")
  }

  private static func half(_ middles: [Double]) -> Double {
    middles.count > 1 ? 0.5 * (middles[1] - middles[0]) : 0.5
  }

  private static func colour(_ part: Double) -> String {
    let place = min(max(part, 0), 1) * Double(anchors.count - 1)
    let index = min(Int(place), anchors.count - 2)
    let rest = place - Double(index)
    let (a, b) = (anchors[index], anchors[index + 1])
    func mixed(_ from: Double, _ to: Double) -> Int { Int((from + rest * (to - from)).rounded()) }
    return String(format: "#%02x%02x%02x", mixed(a.0, b.0), mixed(a.1, b.1), mixed(a.2, b.2))
  }
}
