/// The box of a plot: two axes with ticks, grid and titles, and places within.
struct PlotFrame {
  /// Width and height of the drawing.
  let width: Double
  let height: Double
  /// The axes.
  let x: PlotScale
  let y: PlotScale
  /// The box.
  let left: Double
  let right: Double
  let top: Double
  let bottom: Double

  /// A box in a drawing; `margin` is left to the right of it.
  init(width: Double, height: Double, x: PlotScale, y: PlotScale, margin: Double = 18) {
    self.width = width
    self.height = height
    self.x = x
    self.y = y
    let longest = y.ticks.map(\.label.count).max() ?? 1
    left = 34 + 6.6 * Double(max(longest, 2))
    right = width - margin
    top = 32
    bottom = height - 44
  }

  /// Place of a number along the axis to the right.
  func across(_ value: Double) -> Double { left + (right - left) * x.part(value) }

  /// Place of a number along the axis upwards.
  func up(_ value: Double) -> Double { bottom - (bottom - top) * y.part(value) }

  /// Grid, ticks and titles.
  ///
  /// - Parameters:
  ///   - title: stands above the box.
  ///   - xTitle: stands below it, with its unit.
  ///   - yTitle: stands beside it, with its unit.
  /// - Returns: elements of an SVG.
  func drawing(title: String, xTitle: String, yTitle: String) -> String {
    var out = "<text class=\"title\" x=\"\(Markup.place(left))\" y=\"18\">\(Markup.escaped(title))</text>\n"
    var grid = ""
    out += "<g text-anchor=\"middle\">\n"
    for tick in x.ticks {
      let at = Markup.place(across(tick.value))
      grid += "M\(at) \(Markup.place(top))V\(Markup.place(bottom))"
      out += label(at, Markup.place(bottom + 16), tick.label)
    }
    out += "</g>\n<g text-anchor=\"end\">\n"
    for tick in y.ticks {
      let at = up(tick.value)
      grid += "M\(Markup.place(left)) \(Markup.place(at))H\(Markup.place(right))"
      out += label(Markup.place(left - 6), Markup.place(at + 4), tick.label)
    }
    out += "</g>\n<path class=\"grid\" d=\"\(grid.isEmpty ? "M0 0" : grid)\"/>\n"
    out +=
      "<rect class=\"box\" x=\"\(Markup.place(left))\" y=\"\(Markup.place(top))\" width=\"\(Markup.place(right - left))\" "
      + "height=\"\(Markup.place(bottom - top))\"/>\n"
    out += label(Markup.place(0.5 * (left + right)), Markup.place(bottom + 36), xTitle, anchor: "middle")
    let middle = Markup.place(0.5 * (top + bottom))
    return out
      + "<text x=\"14\" y=\"\(middle)\" text-anchor=\"middle\" transform=\"rotate(-90 14 \(middle))\">"
      + "\(Markup.escaped(yTitle))</text>\n"
  }

  /// A line between two places, of a class.
  func line(_ x1: String, _ y1: String, _ x2: String, _ y2: String, _ name: String) -> String {
    "<line class=\"\(name)\" x1=\"\(x1)\" y1=\"\(y1)\" x2=\"\(x2)\" y2=\"\(y2)\"/>\n"
  }

  /// A word at a place; without an anchor it has that of its group.
  func label(_ x: String, _ y: String, _ words: String, anchor: String? = nil) -> String {
    let attribute = anchor.map { " text-anchor=\"\($0)\"" } ?? ""
    return "<text x=\"\(x)\" y=\"\(y)\"\(attribute)>\(Markup.escaped(words))</text>\n"
  }
}
