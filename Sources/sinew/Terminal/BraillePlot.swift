/// Curves over axes with numbers, on a screen of characters.
struct BraillePlot {
  /// One curve.
  struct Curve {
    var title: String
    var points: [(x: Double, y: Double)]
    var ink: TerminalGrid.Ink
    /// A wish, a model, or what is not to be trusted.
    var isDotted = false
  }

  /// A dotted line across the plot.
  enum Guide {
    case horizontal(Double)
    case vertical(Double)
  }

  var title: String
  var x: PlotScale
  var y: PlotScale
  /// Unit behind the numbers of the horizontal axis.
  var unit: String
  var curves: [Curve]
  var guides: [Guide] = []
  /// Whether the numbers of the horizontal axis are written.
  var showsX = true
  /// Numbers of the vertical axis; nil for those of its scale.
  var marks: [Double]?
  /// Cells left of the plot, for plots below each other to line up; what the numbers need without.
  var margin: Int?

  /// A plot whose axes hold its curves.
  init(
    title: String, unit: String, curves: [Curve], isLogarithmic: Bool = false, holding values: [Double] = []
  ) {
    self.title = title
    self.unit = unit
    self.curves = curves
    x = PlotScale(
      holding: curves.flatMap { $0.points.map(\.x) }, isLogarithmic: isLogarithmic, isTight: true)
    y = PlotScale(holding: curves.flatMap { $0.points.map(\.y) } + values)
  }

  /// Cells that the numbers of the vertical axis take.
  var labelWidth: Int { (labels.map(\.label.count).max() ?? 0) + 1 }

  private var labels: [(value: Double, label: String)] {
    marks?.map { ($0, Markup.number($0)) } ?? y.ticks
  }

  /// Draws it into a rectangle: title and curves' names, plot, axis, numbers.
  func draw(on grid: inout TerminalGrid, in frame: TerminalFrame, glyphs: TerminalGlyphs) {
    let left = max(margin ?? labelWidth, 1)
    let below = showsX ? 2 : 1
    let (columns, rows) = (frame.columns - left - 1, frame.rows - 1 - below)
    head(on: &grid, frame)
    guard columns >= 4, rows >= 2 else { return }
    let (top, start) = (frame.row + 1, frame.column + left + 1)
    axes(on: &grid, TerminalFrame(row: top, column: start, columns: columns, rows: rows), glyphs)

    // Each curve has dots of its own, so that a later one takes a cell over and never changes its inks by half.
    for guide in guides {
      var canvas = BrailleCanvas(columns: columns, rows: rows, glyphs: glyphs)
      canvas.draw(places(guide), ink: .faint, isDotted: true)
      canvas.put(on: &grid, row: top, column: start)
    }
    var canvas = BrailleCanvas(columns: columns, rows: rows, glyphs: glyphs)
    for curve in curves.reversed() {
      let places = curve.points.map { (x: x.part($0.x), y: y.part($0.y)) }
      canvas.draw(places, ink: curve.ink, isDotted: curve.isDotted)
    }
    canvas.put(on: &grid, row: top, column: start)
  }

  private func places(_ guide: Guide) -> [(x: Double, y: Double)] {
    switch guide {
    case .horizontal(let value): [(0, y.part(value)), (1, y.part(value))]
    case .vertical(let value): [(x.part(value), 0), (x.part(value), 1)]
    }
  }

  private func head(on grid: inout TerminalGrid, _ frame: TerminalFrame) {
    grid.put(
      String(title.prefix(frame.columns)), row: frame.row, column: frame.column, ink: .strong)
    var end = frame.column + frame.columns
    for curve in curves.reversed() where !curve.title.isEmpty {
      let name = curve.isDotted ? ". . \(curve.title)" : "--- \(curve.title)"
      guard end - name.count > frame.column + title.count + 1 else { return }
      grid.put(name, row: frame.row, endingAt: end, ink: curve.ink)
      end -= name.count + 2
    }
  }

  /// Axes, and the numbers that have room.
  private func axes(on grid: inout TerminalGrid, _ plot: TerminalFrame, _ glyphs: TerminalGlyphs) {
    for row in plot.row..<plot.row + plot.rows {
      grid.put(glyphs.vertical, row: row, column: plot.column - 1, ink: .faint)
    }
    let bottom = plot.row + plot.rows
    grid.put(glyphs.corner, row: bottom, column: plot.column - 1, ink: .faint)
    for column in plot.column..<plot.column + plot.columns {
      grid.put(glyphs.horizontal, row: bottom, column: column, ink: .faint)
    }
    for (row, label) in spread(labels, over: plot.rows) {
      grid.put(glyphs.leftTick, row: bottom - 1 - row, column: plot.column - 1, ink: .faint)
      grid.put(label, row: bottom - 1 - row, endingAt: plot.column - 1)
    }
    guard showsX else { return }
    // The unit has the right end.
    let end = plot.column + plot.columns
    grid.put(unit, row: bottom + 1, endingAt: end)
    var free = plot.column - 1
    let last = end - (unit.isEmpty ? 0 : unit.count + 1)
    for tick in x.ticks {
      let column = plot.column + Int((x.part(tick.value) * Double(plot.columns - 1) + 0.5).rounded(.down))
      let start = max(column - tick.label.count / 2, plot.column - 1)
      guard (plot.column..<end).contains(column), start >= free, start + tick.label.count <= last else {
        continue
      }
      grid.put(glyphs.bottomTick, row: bottom, column: column, ink: .faint)
      grid.put(tick.label, row: bottom + 1, column: start)
      free = start + tick.label.count + 1
    }
  }

  /// As many numbers of the vertical axis as have room at even distances, zero among them, with their rows from below.
  private func spread(
    _ ticks: [(value: Double, label: String)], over rows: Int
  ) -> [(row: Int, label: String)] {
    let places = ticks.map {
      (row: Int((y.part($0.value) * Double(rows - 1) + 0.5).rounded(.down)), tick: $0)
    }
    .filter { (0..<rows).contains($0.row) }
    let origin = places.firstIndex { $0.tick.value == 0 } ?? 0
    for stride in 1..<max(places.count, 2) {
      let chosen = places.indices.filter { ($0 - origin) % stride == 0 }.map { places[$0] }
      if zip(chosen, chosen.dropFirst()).allSatisfy({ abs($1.row - $0.row) >= 2 }) {
        return chosen.map { ($0.row, $0.tick.label) }
      }
    }
    return places.indices.contains(origin) ? [(places[origin].row, places[origin].tick.label)] : []
  }
}
