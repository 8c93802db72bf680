import Foundation
import Testing

@testable import sinew

/// The kit of reports: scales, plots, maps, pages.
@Suite struct ReportTests {
  private struct Random {
    var state: UInt64 = 88_172_645_463_325_252
    mutating func next() -> Double {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Double(state >> 11) / 9_007_199_254_740_992
    }
  }

  @Test func ticksLieOnTheAxisAndRise() {
    var random = Random()
    for _ in 0..<2000 {
      let centre = (random.next() - 0.5) * pow(10, 12 * random.next() - 6)
      let span = pow(10, 12 * random.next() - 6)
      let scale = PlotScale(holding: [centre, centre + span], isTight: random.next() < 0.5)
      #expect(scale.low <= centre + 1e-9 * span && scale.high >= centre + span * (1 - 1e-9))
      #expect((2...14).contains(scale.ticks.count), "\(centre) \(span): \(scale.ticks)")
      for (a, b) in zip(scale.ticks, scale.ticks.dropFirst()) { #expect(a.value < b.value) }
      for tick in scale.ticks { #expect((-1e-6...1 + 1e-6).contains(scale.part(tick.value))) }
    }
    for _ in 0..<500 {
      let low = pow(10, 20 * random.next() - 10)
      let scale = PlotScale(holding: [low, low * pow(10, 8 * random.next())], isLogarithmic: true)
      #expect(!scale.ticks.isEmpty && scale.low <= low && scale.part(low) >= 0)
      for tick in scale.ticks { #expect((-1e-6...1 + 1e-6).contains(scale.part(tick.value))) }
    }
  }

  @Test func scalesBearWhatIsNoNumber() {
    let awkward: [[Double]] = [
      [], [0], [.nan], [.infinity, 1], [5, 5], [0, 0], [-1e300, 1e300], [.leastNormalMagnitude, 1], [-3, -3],
      [.leastNormalMagnitude],
    ]
    for values in awkward {
      for isLogarithmic in [false, true] {
        let scale = PlotScale(holding: values, isLogarithmic: isLogarithmic)
        #expect(scale.low < scale.high && scale.low.isFinite && scale.high.isFinite)
        #expect(scale.part(.nan).isNaN == false || scale.part(0).isFinite)
      }
    }
  }

  @Test func plotsLeaveGapsAndEscape() {
    let plot = LinePlot(
      title: "a<b & \"c\"", x: LinePlot.Axis(title: "t", unit: "s"), y: LinePlot.Axis(title: "y"),
      series: [
        LinePlot.Series(title: "one", points: [(0, 1), (1, .nan), (2, 3), (3, 4)]),
        LinePlot.Series(title: "bound <", points: [(0, 2), (3, 2)], isReference: true),
      ], marks: [LinePlot.Mark(at: 1.5, title: "fault & fall")],
      spans: [LinePlot.Span(from: 1, to: 9, title: "armed")])
    let svg = plot.svg()
    #expect(
      svg.contains("a&lt;b &amp; &quot;c&quot;") && svg.contains("bound &lt;")
        && svg.contains("fault &amp; fall"))
    #expect(!svg.contains("nan") && !svg.contains("inf"))
    #expect(svg.contains("class=\"mark\"") && svg.contains("class=\"span f0\"") && svg.contains("reference"))
    // One line begins twice, before and after its gap.
    let path = svg.components(separatedBy: "<path class=\"line c0\" d=\"")[1].prefix { $0 != "\"" }
    #expect(path.filter { $0 == "M" }.count == 2)
    #expect(plot.svg(isFile: true).contains("<style>") && !svg.contains("<style>"))
  }

  @Test func mapsLeaveOutWhatIsNotThere() {
    let map = HeatMap(
      title: "m", x: LinePlot.Axis(title: "x"), y: LinePlot.Axis(title: "y"), value: "v", columns: [1, 2],
      rows: [10, 20], values: [0.5, nil, 0.7, 0.9])
    #expect(map.svg.components(separatedBy: " at ").count - 1 == 3)
    let empty = HeatMap(
      title: "m", x: LinePlot.Axis(title: "x"), y: LinePlot.Axis(title: "y"), value: "v", columns: [],
      rows: [], values: [])
    #expect(!empty.svg.contains("nan"))
  }

  @Test func pagesStandAlone() {
    var page = ReportPage(title: "R & D")
    page.heading("One", id: "one")
    page.table(
      ["name", "value"], [["<x>", .number("3")], [.link("l", to: "#one"), .verdict("bad", isGood: false)]])
    page.verbatim("a && b\u{1}")
    let html = page.html
    #expect(html.hasPrefix("<!DOCTYPE html>") && html.contains("&lt;x&gt;") && html.contains("R &amp; D"))
    #expect(
      html.contains("<td class=\"n\">3</td>") && html.contains("href=\"#one\"")
        && html.contains("class=\"bad\""))
    for outside in ["http://", "https://", "<script", "<link", "@import", "url(", "\u{1}"] {
      #expect(!html.contains(outside), "\(outside)")
    }
    #expect(html.contains("prefers-color-scheme:dark") && html.contains("@media print"))
  }
}
