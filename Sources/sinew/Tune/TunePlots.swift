import Foundation

/// Curves and frequency responses as drawings.
enum TunePlots {
  /// Lines over one axis.
  static func drawing(_ curve: TuneCurve) -> String {
    plot(curve.title, x: curve.x, y: curve.y, curve.series).svg()
  }

  /// What was measured before and with new gains, in one drawing.
  ///
  /// - Parameters:
  ///   - before: with the gains of before.
  ///   - after: with the new ones.
  ///   - place: what is said of the latter.
  ///   - end: where on its axis the drawing ends; nil for all of it.
  /// - Returns: the drawing.
  static func comparison(
    _ before: TuneCurve, _ after: TuneCurve, _ place: String, upTo end: Double? = nil
  ) -> String {
    let lines = [(before, "before", 1), (after, place, 0)].compactMap { curve, title, colour in
      curve.series.first.map { line in
        LinePlot.Series(title: title, points: line.points(upTo: end), colour: colour)
      }
    }
    var plot = plot(after.title, x: after.x, y: after.y, [])
    plot.series = lines
    return plot.svg()
  }

  private static func plot(
    _ title: String, x: TuneCurve.Axis, y: TuneCurve.Axis, _ series: [TuneCurve.Series]
  ) -> LinePlot {
    LinePlot(
      title: title, x: LinePlot.Axis(title: x.title, unit: x.unit),
      y: LinePlot.Axis(title: y.title, unit: y.unit),
      series: series.map { line in
        LinePlot.Series(
          title: line.title, points: Array(zip(line.x, line.y)), isReference: line.isReference,
          // Over time there are as few points as the line has bends; elsewhere each was measured.
          hasDots: !line.isReference && line.x.count <= 40 && x.unit != "s")
      })
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
    // The loops have the coherence of the plant that they are made of.
    let measured = responses.filter { $0.isMeasured && $0.margins == nil }
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
