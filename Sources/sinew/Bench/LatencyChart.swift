import Foundation
import JointControl

/// A histogram of latencies as an SVG: both axes logarithmic, one outline a stage.
struct LatencyChart {
  private struct Curve {
    var name: String
    var colour: String
    /// Bar n holds latencies up to 2^(n / barsPerOctave) ns.
    var bars: [(number: Int, count: Int64)]
  }
  private static let width = 900.0
  private static let height = 420.0
  private static let left = 70.0
  private static let right = 170.0
  private static let top = 40.0
  private static let bottom = 50.0
  /// Colours that are told apart with any kind of colour vision (Okabe and Ito, 2008).
  private static let colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"]
  /// Bars an octave: wide enough to be seen.
  private static let barsPerOctave = 8.0

  private let title: String
  private let curves: [Curve]
  private let decades: ClosedRange<Int>
  private let mostCounted: Double

  /// The chart of a result.
  init(_ result: LatencyResult) {
    var curves: [Curve] = []
    func take(_ name: String, _ histogram: borrowing LatencyHistogram) {
      curves.append(
        Curve(
          name: name.replacingOccurrences(of: "_", with: " "), colour: Self.colours[curves.count],
          bars: Self.gather(histogram.buckets)))
    }
    result.forEachStage { name, histogram in take(name == "wake" ? "wake-up" : name, histogram) }
    if result.cyclictest.count > 0 { take("cyclictest", result.cyclictest) }
    self.curves = curves
    let all = curves.flatMap(\.bars)
    let low = Self.upperBound(of: (all.map(\.number).min() ?? 0) - 1)
    let high = Self.upperBound(of: all.map(\.number).max() ?? 40)
    decades = Int(log10(max(1, low)).rounded(.down))...Int(log10(max(10, high)).rounded(.up))
    mostCounted = Double(max(10, all.map(\.count).max() ?? 10))
    title =
      "\(result.robot ?? "empty cycle") at \(RunReport.fixed(1e9 / Double(result.period), 0)) Hz, "
      + "\(result.seconds) s, " + (result.spinTail > 0 ? "spin-tail \(result.spinTail) us" : "asleep")
      + (result.hasLoad ? ", under load" : "") + "; \(result.board.cpu), \(result.board.preemption)"
  }

  /// Counts in bars of a constant relative width.
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

  private static func upperBound(of bar: Int) -> Double { pow(2, Double(bar) / barsPerOctave) }

  private func x(_ nanoseconds: Double) -> Double {
    let part = (log10(max(1, nanoseconds)) - Double(decades.lowerBound)) / Double(decades.count - 1)
    return Self.left + part * (Self.width - Self.left - Self.right)
  }

  private func y(_ count: Double) -> Double {
    // Half a count is the floor, so that a single one stands above it.
    let part = log10(max(0.5, count) / 0.5) / log10(mostCounted / 0.5)
    return Self.height - Self.bottom - part * (Self.height - Self.top - Self.bottom)
  }

  /// The document.
  var svg: String {
    let (w, h) = (Self.width, Self.height)
    var out = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(w)) \(Int(h))" \
      font-family="sans-serif" font-size="12">
      <rect width="100%" height="100%" fill="white"/>
      <text x="\(Int(Self.left))" y="22" font-size="14">\(Self.escaped(title))</text>

      """
    for decade in decades {
      let at = Self.text(x(pow(10, Double(decade))))
      out += "<line x1=\"\(at)\" y1=\"\(Int(Self.top))\" x2=\"\(at)\" y2=\"\(Int(h - Self.bottom))\" "
      out += "stroke=\"#dddddd\"/>\n<text x=\"\(at)\" y=\"\(Int(h - Self.bottom) + 18)\" "
      out += "text-anchor=\"middle\">\(Self.duration(decade))</text>\n"
    }
    for decade in 0...Int(log10(mostCounted).rounded(.down)) {
      let at = Self.text(y(pow(10, Double(decade))))
      out += "<line x1=\"\(Int(Self.left))\" y1=\"\(at)\" x2=\"\(Int(w - Self.right))\" y2=\"\(at)\" "
      out += "stroke=\"#dddddd\"/>\n<text x=\"\(Int(Self.left) - 6)\" y=\"\(at)\" "
      out += "text-anchor=\"end\" dominant-baseline=\"middle\">\(Int(pow(10, Double(decade))))</text>\n"
    }
    for (index, curve) in curves.enumerated() {
      out += "<path fill=\"none\" stroke=\"\(curve.colour)\" stroke-width=\"1.5\" d=\"\(path(curve))\"/>\n"
      out += "<text x=\"\(Int(w - Self.right) + 14)\" y=\"\(Int(Self.top) + 14 + 18 * index)\" "
      out += "fill=\"\(curve.colour)\">\(Self.escaped(curve.name))</text>\n"
    }
    out += "<text x=\"\(Int(Self.left))\" y=\"\(Int(h) - 8)\">latency; how many cycles, by latency</text>\n"
    return out + "</svg>\n"
  }

  /// The outline of the bars: down to the floor only where there is a gap.
  private func path(_ curve: Curve) -> String {
    let floor = Self.text(y(0))
    var out = ""
    var last: Int?
    for bar in curve.bars {
      let from = Self.text(x(Self.upperBound(of: bar.number - 1)))
      if last == nil {
        out += "M\(from) \(floor)"
      } else if last != bar.number - 1 {
        out += "V\(floor)H\(from)"
      }
      out += "V\(Self.text(y(Double(bar.count))))H\(Self.text(x(Self.upperBound(of: bar.number))))"
      last = bar.number
    }
    return out.isEmpty ? "M0 0" : out + "V\(floor)"
  }

  private static func text(_ value: Double) -> String { RunReport.fixed(value, 1) }

  private static func duration(_ decade: Int) -> String {
    let units = ["ns", "us", "ms", "s"]
    let unit = min(max(decade / 3, 0), 3)
    return "\(Int(pow(10, Double(decade - 3 * unit)))) \(units[unit])"
  }

  private static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;")
  }
}
