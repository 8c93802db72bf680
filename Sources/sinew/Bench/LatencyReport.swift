import Foundation
import JointControl

extension LatencyResult {
  /// The quantiles that are told, as tables and JSON name them.
  static let quantiles: [(name: String, key: String, value: Double)] = [
    ("p50", "p50", 0.5), ("p90", "p90", 0.9), ("p99", "p99", 0.99), ("p99.9", "p99_9", 0.999),
    ("max", "max", 1),
  ]

  /// Calls `body` with every histogram that holds anything.
  func forEachStage(_ body: (String, borrowing LatencyHistogram) -> Void) {
    if times.wake.count > 0 { body("wake", times.wake) }
    if times.receive.count > 0 { body("receive", times.receive) }
    if times.step.count > 0 { body("step", times.step) }
    if times.send.count > 0 { body("send", times.send) }
    if times.cycle.count > 0 { body("cycle", times.cycle) }
    if times.frameToFrame.count > 0 { body("frame_to_frame", times.frameToFrame) }
  }

  /// Wake-up latency of the loop in parts of cyclictest's, by quantile; nil without cyclictest.
  var ratios: [Double]? {
    guard cyclictest.count > 0 else { return nil }
    return Self.quantiles.map {
      Double(times.wake.percentile($0.value)) / Double(max(1, cyclictest.percentile($0.value)))
    }
  }

  private var rate: Double { 1e9 / Double(period) }

  /// The figures for people.
  var table: String {
    let fixed = RunReport.fixed
    var out =
      "\(robot ?? "empty cycle") at \(fixed(rate, 0)) Hz, \(seconds) s in \(slices) slices, "
      + (spinTail > 0 ? "spin-tail \(spinTail) us" : "asleep") + (hasLoad ? ", under load" : "") + "\n"
      + "\(board.cpu), \(board.cpuCount) processors, Linux \(board.kernel), \(board.preemption)\n"
      + "real time: \(realtime.summary)\n\n"
    var rows = TextTable(["time us"] + Self.quantiles.map(\.name) + ["cycles", "missed"])
    func row(_ name: String, _ histogram: borrowing LatencyHistogram, missed: String = "") {
      var cells: [String] = [name.replacingOccurrences(of: "_", with: " ")]
      for quantile in Self.quantiles {
        cells.append(fixed(Double(histogram.percentile(quantile.value)) / 1000, 2))
      }
      rows.append(cells + ["\(histogram.count)", missed])
    }
    forEachStage { name, histogram in
      row(name == "wake" ? "wake-up" : name, histogram, missed: name == "wake" ? "\(times.missed)" : "")
      guard name == "wake", let ratios else { return }
      row("cyclictest", cyclictest)
      rows.append(["wake-up / cyclictest"] + ratios.map { fixed($0, 3) } + ["", ""])
    }
    out += rows.text + "\n"
    if let cyclictestProblem {
      out += "cyclictest: \(cyclictestProblem)\n"
    } else if cyclictest.count == 0 {
      out += "no cyclictest to compare with; type: sudo apt-get install rt-tests\n"
    }
    return out + "stolen by the hypervisor: \(fixed(100 * stolen, 2)) % of processor time\n"
  }

  /// The figures for machines.
  var json: JSONValue {
    var stages: [(String, JSONValue)] = []
    var histograms: [(String, JSONValue)] = []
    func take(_ name: String, _ histogram: borrowing LatencyHistogram) {
      var members: [(String, JSONValue)] = [("cycles", .integer(histogram.count))]
      for quantile in Self.quantiles {
        members.append(("\(quantile.key)_ns", .integer(histogram.percentile(quantile.value))))
      }
      stages.append((name, .object(members)))
      let pairs = histogram.buckets.map { JSONValue.array([.integer($0.upperBound), .integer($0.count)]) }
      histograms.append((name, .array(pairs)))
    }
    forEachStage(take)
    if cyclictest.count > 0 { take("cyclictest", cyclictest) }
    let ratio: JSONValue =
      ratios.map { values in
        .object(zip(Self.quantiles, values).map { ($0.key, .number($1)) })
      } ?? .null
    return .object([
      ("schema", "sinew.bench.latency/1"), ("board", board.json),
      ("subject", robot.map(JSONValue.string) ?? "empty"), ("rate_hz", .number(rate)),
      ("duration_s", .integer(Int64(seconds))), ("slices", .integer(Int64(slices))),
      ("load", .boolean(hasLoad)), ("spin_tail_us", .integer(spinTail)),
      ("cpu", settings.cpu.map { .integer(Int64($0)) } ?? .null), ("realtime", realtime.json),
      ("stolen_part", .number(stolen)), ("missed_cycles", .integer(times.missed)),
      ("latency", .object(stages)), ("ratio_to_cyclictest", ratio),
      ("histograms_ns", .object(histograms)),
    ])
  }
}
