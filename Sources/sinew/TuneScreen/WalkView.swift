import ControlCycle
import JointControl

/// The picture between two rounds of a walk: the rounds so far, the last step, what it says, the keys.
struct WalkView {
  let title: String
  let walk: GainWalk
  /// What happened last; the walk's advice without.
  var message: String?
  let glyphs: TerminalGlyphs

  static let keys = "+/- stiffness  >/< damping  b back off  u undo  s again  t trial  q quit"

  /// Draws it.
  func draw(on grid: inout TerminalGrid) {
    grid.put(title, row: 0, column: 0, ink: .strong)
    let shown = max(min(walk.rounds.count, (grid.rows - 8) / 3), 1)
    let first = walk.rounds.count - shown
    var table = TextTable(GainWalk.header)
    for index in max(first, 0)..<walk.rounds.count { table.append(walk.row(index)) }
    let lines = table.text.split(separator: "\n").map(String.init)
    for (index, line) in lines.enumerated() {
      grid.put(
        line, row: 1 + index, column: 0,
        ink: index == 0 ? .faint : index == lines.count - 1 ? .strong : .plain)
    }
    let row = 2 + lines.count
    let words = TerminalGrid.wrapped(message ?? walk.advice, to: grid.columns)
    let below = words.count + 2
    if let step = walk.rounds.last?.finding, let curve = step.curves.first {
      BraillePlot(curve, upTo: step.figure("settling_time_s")?.value.map { 6 * $0 }).draw(
        on: &grid,
        in: TerminalFrame(row: row, column: 0, columns: grid.columns, rows: max(grid.rows - row - below, 0)),
        glyphs: glyphs)
    }
    for (index, line) in words.enumerated() {
      grid.put(line, row: grid.rows - 1 - words.count + index, column: 0, ink: .warning)
    }
    grid.put(Self.keys, row: grid.rows - 1, column: 0, ink: .chosen)
  }
}

extension BraillePlot {
  /// A curve of a result, or its beginning up to a place on its axis.
  init(_ curve: TuneCurve, upTo end: Double? = nil) {
    let inks: [TerminalGrid.Ink] = [.first, .third, .good, .plain]
    var solid = 0
    self.init(
      title: curve.y.unit.isEmpty ? curve.title : "\(curve.title), \(curve.y.unit)", unit: curve.x.unit,
      curves: curve.series.map { series in
        let ink = series.isReference ? TerminalGrid.Ink.second : inks[solid % inks.count]
        if !series.isReference { solid += 1 }
        return Curve(
          title: series.title,
          points: series.points(upTo: end).map { ($0.x, $0.y) },
          ink: ink,
          isDotted: series.isReference)
      })
  }
}
