import Foundation
import JointControl

/// A histogram of latencies as an SVG: both axes logarithmic, one outline a stage.
struct LatencyChart {
  /// Bars an octave: wide enough to be seen.
  private static let barsPerOctave = 8.0
  /// Half a count is the floor, so that a single one stands above it.
  private static let floor = 0.5

  private let plot: LinePlot

  /// The chart of a result.
  init(_ result: LatencyResult) {
    var series: [LinePlot.Series] = []
    func take(_ name: String, _ histogram: borrowing LatencyHistogram) {
      series.append(
        LinePlot.Series(
          title: name.replacing("_", with: " "), points: Self.outline(Self.gather(histogram.buckets))))
    }
    result.forEachStage { name, histogram in take(name == "wake" ? "wake-up" : name, histogram) }
    if result.cyclictest.count > 0 { take("cyclictest", result.cyclictest) }
    let title =
      "\(result.robot ?? "empty cycle") at \(RunReport.fixed(1e9 / Double(result.period), 0)) Hz, "
      + "\(result.seconds) s, " + (result.spinTail > 0 ? "spin-tail \(result.spinTail) us" : "asleep")
      + (result.hasLoad ? ", under load" : "") + "; \(result.board.cpu), \(result.board.preemption)"
    plot = LinePlot(
      title: title, x: LinePlot.Axis(title: "latency", isLogarithmic: true, label: Self.duration),
      y: LinePlot.Axis(title: "cycles of that latency", isLogarithmic: true), series: series, width: 900,
      height: 420)
  }

  /// The document.
  var svg: String { plot.svg(isFile: true) }

  /// Counts in bars of a constant relative width; bar n holds latencies up to 2^(n / barsPerOctave) ns.
  private static func gather(
    _ buckets: [(upperBound: Int64, count: Int64)]
  ) -> [(number: Int, count: Int64)] {
    var bars: [Int: Int64] = [:]
    for bucket in buckets {
      let number = Int((log2(Double(max(1, bucket.upperBound))) * barsPerOctave).rounded(.up))
      bars[number, default: 0] += bucket.count
    }
    return bars.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The outline of the bars [ns, count]: down to the floor only where there is a gap.
  private static func outline(_ bars: [(number: Int, count: Int64)]) -> [(x: Double, y: Double)] {
    func bound(_ bar: Int) -> Double { pow(2, Double(bar) / barsPerOctave) }
    var points: [(x: Double, y: Double)] = []
    var last: Int?
    for bar in bars {
      let from = bound(bar.number - 1)
      if last != bar.number - 1 {
        if let end = points.last { points.append((end.x, floor)) }
        points.append((from, floor))
      }
      points += [(from, Double(bar.count)), (bound(bar.number), Double(bar.count))]
      last = bar.number
    }
    if let end = points.last { points.append((end.x, floor)) }
    return points
  }

  /// A latency [ns] as a tick says it.
  private static func duration(_ nanoseconds: Double) -> String {
    let units = ["ns", "us", "ms", "s"]
    let unit = min(max(Int((log10(nanoseconds) + 1e-9) / 3), 0), 3)
    return Markup.number(nanoseconds / pow(1000, Double(unit))) + " " + units[unit]
  }
}
