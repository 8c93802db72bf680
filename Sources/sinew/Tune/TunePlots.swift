import Foundation

/// Curves and frequency responses as drawings.
enum TunePlots {
  /// Points of a line that a drawing holds; more are no wider than the line.
  static let mostPoints = 1200

  /// Lines over one axis.
  static func drawing(_ curve: TuneCurve) -> String {
    plot(curve.title, x: curve.x, y: curve.y, curve.series).svg()
  }

  /// The same curve before and after, as far as each was measured.
  static func comparison(_ before: TuneCurve, _ after: TuneCurve) -> String {
    func named(_ word: String, _ series: [TuneCurve.Series]) -> [TuneCurve.Series] {
      series.map { line in
        var line = line
        line.title = "\(word): \(line.title)"
        return line
      }
    }
    return plot(
      "\(after.title), before and after", x: after.x, y: after.y,
      named("before", before.series) + named("after", after.series)
    ).svg()
  }

  private static func plot(
    _ title: String, x: TuneCurve.Axis, y: TuneCurve.Axis, _ series: [TuneCurve.Series]
  ) -> LinePlot {
    LinePlot(
      title: title, x: LinePlot.Axis(title: x.title, unit: x.unit),
      y: LinePlot.Axis(title: y.title, unit: y.unit),
      series: series.map { line in
        LinePlot.Series(
          title: line.title, points: thinned(Array(zip(line.x, line.y))), isReference: line.isReference,
          hasDots: !line.isReference && line.x.count <= 40)
      })
  }

  /// A line of fewer points that looks the same: of each stretch its lowest and its highest, in the order in which they come.
  static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    guard points.count > mostPoints else { return points }
    let parts = mostPoints / 2
    var out: [(x: Double, y: Double)] = []
    for part in 0..<parts {
      let stretch = points[part * points.count / parts..<(part + 1) * points.count / parts]
      guard let low = stretch.indices.min(by: { stretch[$0].y < stretch[$1].y }),
        let high = stretch.indices.max(by: { stretch[$0].y < stretch[$1].y })
      else { continue }
      out += Set([low, high]).sorted().map { points[$0] }
    }
    return out
  }

  // MARK: Bode

  /// Gain and phase of responses of one title over frequency: margins are marked, and what cannot be trusted is shaded.
  static func bode(_ responses: [TuneResponse]) -> [String] {
    guard let first = responses.first else { return [] }
    let spans = responses.filter(\.isMeasured).flatMap(doubtful)
    let frequency = LinePlot.Axis(title: "frequency", unit: "Hz", isLogarithmic: true)
    func series(_ value: (TuneResponse.Point) -> Double) -> [LinePlot.Series] {
      responses.map { response in
        LinePlot.Series(
          title: response.isMeasured ? "measured" : "computed",
          points: response.points.map { ($0.frequency, value($0)) }, isReference: !response.isMeasured)
      }
    }
    let judged =
      (responses.first { $0.isMeasured && $0.margins != nil } ?? responses.first { $0.margins != nil })
    let margins = judged?.margins
    var gainMarks: [LinePlot.Mark] = []
    var phaseMarks: [LinePlot.Mark] = []
    if let phase = margins?.phase, let at = margins?.crossover {
      phaseMarks.append(LinePlot.Mark(at: at, title: "phase margin \(Markup.number(phase, digits: 3))°"))
      gainMarks.append(LinePlot.Mark(at: at, title: "crossover \(Markup.number(at, digits: 3)) Hz"))
    }
    if let gain = margins?.gain, let at = margins?.phaseCrossover {
      gainMarks.append(LinePlot.Mark(at: at, title: "gain margin \(Markup.number(gain, digits: 3)) dB"))
    }
    let unit = first.unit.isEmpty ? "dB" : "dB of 1 \(first.unit)"
    var plots = [
      LinePlot(
        title: "\(first.title): gain", x: frequency, y: LinePlot.Axis(title: "gain", unit: unit),
        series: series { 20 * log10($0.gain) }, marks: gainMarks, spans: spans),
      LinePlot(
        title: "\(first.title): phase", x: frequency, y: LinePlot.Axis(title: "phase", unit: "deg"),
        series: series(\.phase), marks: phaseMarks, spans: spans),
    ]
    let measured = responses.filter(\.isMeasured)
    if !measured.isEmpty {
      var plot = LinePlot(
        title: "\(first.title): coherence", x: frequency, y: LinePlot.Axis(title: "coherence"),
        series: measured.map {
          LinePlot.Series(title: "coherence", points: $0.points.map { ($0.frequency, $0.coherence) })
        }, spans: spans)
      plot.height = 220
      plots.append(plot)
    }
    return plots.map { $0.svg() }
  }

  /// Stretches of frequency in which the coherence is too low.
  static func doubtful(_ response: TuneResponse) -> [LinePlot.Span] {
    var spans: [LinePlot.Span] = []
    var start: Double?
    var before: Double?
    for point in response.points {
      let isLow = !(point.coherence >= TuneResponse.leastCoherence)
      if isLow && start == nil {
        start = before.map { ($0 * point.frequency).squareRoot() } ?? point.frequency
      }
      if !isLow, let from = start, let before {
        spans.append(
          LinePlot.Span(from: from, to: (before * point.frequency).squareRoot(), title: "low coherence"))
        start = nil
      }
      before = point.frequency
    }
    if let start, let before {
      spans.append(LinePlot.Span(from: start, to: max(before, start * 1.02), title: "low coherence"))
    }
    return spans
  }
}
