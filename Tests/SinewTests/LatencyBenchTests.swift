import Foundation
import JointControl
import Testing

@testable import sinew

@Suite("Latency bench")
struct LatencyBenchTests {
  private static let board = Board(
    cpu: "Board <&>", cpuCount: 4, architecture: "aarch64", kernel: "6.1", preemption: "PREEMPT_RT",
    clockSource: "arch_sys_counter", isVirtual: false)

  /// Wake-ups of 1...1000 us, cyclictest's twice as long.
  private func result() -> LatencyResult {
    let result = LatencyResult(
      robot: nil, period: 1_000_000, seconds: 20, slices: 2, hasLoad: false, spinTail: 0,
      settings: RealtimeSettings(cpu: 3), board: Self.board)
    for value in Int64(1)...1000 {
      result.times.wake.add(value * 1000)
      result.cyclictest.add(value * 2000)
    }
    return result
  }

  @Test("Slices add up, are at most 10 s, and are two where there is time for them", arguments: 1...100)
  func slices(seconds: Int) {
    let slices = LatencyBench.slices(of: seconds)
    #expect(slices.reduce(0, +) == seconds && slices.allSatisfy { (1...10).contains($0) })
    #expect(slices.count >= min(seconds, 2))
  }

  @Test("Ratios are the loop's percentiles over cyclictest's")
  func ratios() throws {
    for ratio in try #require(result().ratios) { #expect(abs(ratio - 0.5) < 0.01) }
    let alone = result()
    alone.cyclictest = LatencyHistogram()
    #expect(alone.ratios == nil && alone.table.contains("apt-get install rt-tests"))
  }

  @Test("The JSON has the figures of every stage that was measured, with units in its keys")
  func json() throws {
    let text = result().json.text
    #expect(text.hasPrefix("{\"schema\": \"sinew.bench.latency/1\", "))
    let parsed = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let latency = try #require(parsed["latency"] as? [String: [String: Int]])
    #expect(Set(latency.keys) == ["wake", "cyclictest"])
    #expect(latency["wake"]?["cycles"] == 1000 && latency["wake"]?["max_ns"] == 1_000_000)
    let median = try #require(latency["wake"]?["p50_ns"])
    #expect((500_000...504_000).contains(median))
    let histograms = try #require(parsed["histograms_ns"] as? [String: [[Int]]])
    #expect(histograms["wake"]?.map { $0[1] }.reduce(0, +) == 1000)
    #expect((parsed["board"] as? [String: Any])?["preemption"] as? String == "PREEMPT_RT")
  }

  @Test("cyclictest's histogram is taken with what was too long for it")
  func cyclictest() throws {
    let output = """
      {"num_threads": 1, "thread": {"0": {"histogram": {"16025": 3, "48421": 1}, "cycles": 6, "min": 16025,
      "max": 1215030, "avg": 36457.04, "cpu": 1}}}
      """
    var histogram = LatencyHistogram(precision: 7)
    #expect(try Cyclictest.add(Data(output.utf8), to: &histogram) == 6)
    #expect(histogram.count == 6 && histogram.max == 1_215_030)
    #expect((16025...16160).contains(histogram.percentile(0.5)))
    #expect(throws: Failure.self) {
      var other = LatencyHistogram()
      _ = try Cyclictest.add(Data("{}".utf8), to: &other)
    }
    #expect(
      Cyclictest.find(in: "/nowhere:/nothing") == nil
        || FileManager.default.fileExists(atPath: "/usr/bin/cyclictest"))
  }

  @Test("The chart escapes names and draws every stage once")
  func chart() {
    let svg = LatencyChart(result()).svg
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
    #expect(svg.contains("Board &lt;&amp;&gt;"))
    for number in ["nan", "inf", "-inf"] {
      for before in ["\"", "M", "V", "H", " "] { #expect(!svg.contains(before + number)) }
    }
    #expect(svg.components(separatedBy: "<path class=\"line").count == 3)
  }
}
