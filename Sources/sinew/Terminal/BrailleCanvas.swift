/// Dots on cells: lines between places, dotted or not, of several inks.
///
/// Places are parts of the canvas, 0...1 from the left and from the bottom; what is beyond is cut off.
struct BrailleCanvas {
  let glyphs: TerminalGlyphs
  let columns: Int
  let rows: Int
  private var dots: [UInt8]
  private var inks: [TerminalGrid.Ink]

  /// An empty canvas of so many cells.
  init(columns: Int, rows: Int, glyphs: TerminalGlyphs) {
    self.columns = max(columns, 1)
    self.rows = max(rows, 1)
    self.glyphs = glyphs
    dots = Array(repeating: 0, count: self.columns * self.rows)
    inks = Array(repeating: .plain, count: self.columns * self.rows)
  }

  private var width: Int { columns * glyphs.dotColumns }
  private var height: Int { rows * glyphs.dotRows }

  /// A curve through places; `gap` dots in so many are left out along it. Places that are not finite break it.
  mutating func draw(_ places: [(x: Double, y: Double)], ink: TerminalGrid.Ink, isDotted: Bool = false) {
    var last: (x: Int, y: Int)?
    // Counted along the whole curve, so that a dotted one stays dotted where its places are close together.
    var count = 0
    for place in places {
      guard let dot = dot(place) else {
        last = nil
        continue
      }
      line(from: last ?? dot, to: dot, isFirst: last == nil) { canvas, x, y in
        if !isDotted || count % 3 == 0 { canvas.set(x, y, ink) }
        count += 1
      }
      last = dot
    }
  }

  /// Puts the cells that have dots onto a screen.
  func put(on grid: inout TerminalGrid, row: Int, column: Int) {
    for cell in dots.indices {
      guard let character = glyphs.character(dots[cell]) else { continue }
      grid.put(character, row: row + cell / columns, column: column + cell % columns, ink: inks[cell])
    }
  }

  /// The dot of a place; far beyond an edge it is as far as is needed for lines to leave at the right slope.
  private func dot(_ place: (x: Double, y: Double)) -> (x: Int, y: Int)? {
    guard place.x.isFinite, place.y.isFinite else { return nil }
    let x = min(max(place.x, -1), 2) * Double(width - 1)
    let y = (1 - min(max(place.y, -1), 2)) * Double(height - 1)
    return (Int((x + 0.5).rounded(.down)), Int((y + 0.5).rounded(.down)))
  }

  private mutating func set(_ x: Int, _ y: Int, _ ink: TerminalGrid.Ink) {
    guard (0..<width).contains(x), (0..<height).contains(y) else { return }
    let cell = y / glyphs.dotRows * columns + x / glyphs.dotColumns
    dots[cell] |= 1 << UInt8(y % glyphs.dotRows * glyphs.dotColumns + x % glyphs.dotColumns)
    inks[cell] = ink
  }

  /// Every dot of a straight line (Bresenham), without its first one where that was drawn as the end of the line before.
  private mutating func line(
    from start: (x: Int, y: Int), to end: (x: Int, y: Int), isFirst: Bool,
    _ body: (inout BrailleCanvas, Int, Int) -> Void
  ) {
    let (dx, dy) = (abs(end.x - start.x), -abs(end.y - start.y))
    let (stepX, stepY) = (end.x >= start.x ? 1 : -1, end.y >= start.y ? 1 : -1)
    var (x, y) = start
    var error = dx + dy
    if isFirst { body(&self, x, y) }
    while x != end.x || y != end.y {
      let twice = 2 * error
      if twice >= dy {
        error += dy
        x += stepX
      }
      if twice <= dx {
        error += dx
        y += stepY
      }
      body(&self, x, y)
    }
  }
}
