import Foundation

/// Gain and phase over frequency below each other, with where the margins are read.
struct BodePlot {
  /// One point of a frequency response.
  struct Point {
    /// [Hz]
    var frequency: Double
    /// As a factor.
    var gain: Double
    /// [deg], without jumps.
    var phase: Double
    /// Part of the output's power that the input explains, 0...1.
    var coherence = 1.0
  }

  /// Margins of an open loop.
  struct Margins {
    /// [deg], and where [Hz].
    var phase: (value: Double, frequency: Double)?
    /// [dB], and where [Hz].
    var gain: (value: Double, frequency: Double)?
    /// Highest magnitude of the sensitivity.
    var sensitivityPeak: Double?
  }

  var title: String
  var points: [Point]
  var margins = Margins()
  /// Coherence below which points are dotted.
  var leastCoherence = 0.95
  /// Lowest gain that is shown, below the highest [dB].
  static let range = 100.0

  /// Margins in words.
  var marginText: String {
    func number(_ value: Double) -> String { Markup.number(value, digits: 3) }
    var parts: [String] = []
    parts.append(
      margins.phase.map { "PM \(number($0.value)) deg at \(number($0.frequency)) Hz" }
        ?? "no gain crossover")
    parts.append(
      margins.gain.map { "GM \(number($0.value)) dB at \(number($0.frequency)) Hz" }
        ?? "no phase crossover")
    if let peak = margins.sensitivityPeak { parts.append("Ms \(number(peak))") }
    return parts.joined(separator: ", ")
  }

  /// Draws it into a rectangle, the last row the margins in words.
  func draw(on grid: inout TerminalGrid, in frame: TerminalFrame, glyphs: TerminalGlyphs) {
    let rows = frame.rows - 1
    let upper = (rows + 1) / 2
    var (gain, phase) = (plot(\.decibels, "\(title), dB"), plot(\.phase, "phase, deg"))
    gain.guides = [.horizontal(0)]
    phase.guides = [.horizontal(-180)]
    if let margin = margins.phase {
      gain.guides.append(.vertical(margin.frequency))
      phase.guides.append(.vertical(margin.frequency))
    }
    if let margin = margins.gain { phase.guides.append(.vertical(margin.frequency)) }
    gain.showsX = false
    let margin = max(gain.labelWidth, phase.labelWidth)
    (gain.margin, phase.margin) = (margin, margin)
    gain.draw(
      on: &grid, in: TerminalFrame(row: frame.row, column: frame.column, columns: frame.columns, rows: upper),
      glyphs: glyphs)
    phase.draw(
      on: &grid,
      in: TerminalFrame(
        row: frame.row + upper, column: frame.column, columns: frame.columns, rows: rows - upper),
      glyphs: glyphs)
    let isPartlyDotted = points.contains { $0.coherence < leastCoherence }
    let note = isPartlyDotted ? "; dotted: coherence < \(Markup.number(leastCoherence))" : ""
    grid.put(
      String((marginText + note).prefix(frame.columns)), row: frame.row + rows, column: frame.column)
  }

  /// One of both: what is trusted drawn through, the rest dotted.
  private func plot(_ value: KeyPath<Point, Double>, _ title: String) -> BraillePlot {
    let shown = points.filter { $0.frequency > 0 && $0[keyPath: value].isFinite }
    let highest = shown.map(\.decibels).max() ?? 0
    func part(isTrusted: Bool) -> [(x: Double, y: Double)] {
      shown.map { point in
        let isDrawn = (point.coherence >= leastCoherence) == isTrusted
        return (point.frequency, isDrawn ? point[keyPath: value] : .nan)
      }
    }
    var plot = BraillePlot(
      title: title, unit: "Hz",
      curves: [
        BraillePlot.Curve(title: "", points: part(isTrusted: true), ink: .first),
        BraillePlot.Curve(title: "", points: part(isTrusted: false), ink: .second, isDotted: true),
      ], isLogarithmic: true)
    let values = shown.map { $0[keyPath: value] }
    if value == \Point.decibels {
      plot.y = PlotScale(holding: values.map { max($0, highest - Self.range) } + [0])
    } else {
      plot.y = PlotScale(holding: values + [-180])
      let (low, high) = (Int((plot.y.low / 90).rounded(.up)), Int((plot.y.high / 90).rounded(.down)))
      plot.marks = low <= high ? (low...high).map { 90 * Double($0) } : nil
    }
    return plot
  }
}

extension BodePlot.Point {
  /// The gain [dB].
  var decibels: Double { 20 * logarithm(gain) }

  private func logarithm(_ value: Double) -> Double { value > 0 ? log10(value) : -.infinity }
}
