import Foundation
import JointControl

/// The reference of the field for wake-up latency: cyclictest of rt-tests, run beside the loop in turns.
struct Cyclictest {
  let path: String

  /// The one on the PATH, if there is one.
  static func find(in path: String? = ProcessInfo.processInfo.environment["PATH"]) -> Cyclictest? {
    let folders = (path ?? "").split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/bin"]
    return folders.map { $0 + "/cyclictest" }.first { FileManager.default.isExecutableFile(atPath: $0) }
      .map(Cyclictest.init)
  }

  /// Runs one slice [s] and adds its latencies; returns how many it took.
  ///
  /// The same processor, priority, locked memory and idle latency as the loop; a histogram in nanoseconds.
  func run(
    seconds: Int, period: Int64, settings: RealtimeSettings, into histogram: inout LatencyHistogram
  ) throws -> Int64 {
    let file = FileManager.default.temporaryDirectory.path + "/sinew-cyclictest-\(getpid()).json"
    defer { try? FileManager.default.removeItem(atPath: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments(seconds: seconds, period: period, settings: settings, file: file)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    let errors = Pipe()
    process.standardError = errors
    do { try process.run() } catch { throw failure("did not start: \(error.localizedDescription)") }
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0, let data = FileManager.default.contents(atPath: file) else {
      throw failure(
        "ended with \(process.terminationStatus): \(text.split(separator: "\n").first ?? "no words")")
    }
    return try Self.add(data, to: &histogram)
  }

  private func arguments(
    seconds: Int, period: Int64, settings: RealtimeSettings, file: String
  ) -> [String] {
    var list = [
      "--threads=1", "--interval=\(period / 1000)", "--mlockall", "--duration=\(seconds)", "--quiet",
      "--nsecs", "--histogram=1000000", "--json=\(file)",
    ]
    if let cpu = settings.cpu { list.append("--affinity=\(cpu)") }
    if case .fifo(let priority) = settings.scheduling { list.append("--priority=\(priority)") }
    if let latency = settings.cpuLatency { list.append("--latency=\(latency)") }
    return list
  }

  /// Adds the histogram in cyclictest's JSON. What is longer than its 1 ms is only counted there: those are entered
  /// at the longest latency it saw, which leaves every percentile below them as it is.
  static func add(_ data: Data, to histogram: inout LatencyHistogram) throws -> Int64 {
    struct Output: Decodable {
      struct Thread: Decodable {
        var histogram: [String: Int64]
        var cycles: Int64
        var max: Int64
      }
      var thread: [String: Thread]
    }
    guard let output = try? JSONDecoder().decode(Output.self, from: data), let thread = output.thread["0"]
    else {
      throw Cyclictest(path: "cyclictest").failure(
        "wrote no JSON this version understands; rt-tests 2.0 or later")
    }
    var counted: Int64 = 0
    for (latency, count) in thread.histogram {
      guard let nanoseconds = Int64(latency), nanoseconds >= 0, count >= 0 else { continue }
      histogram.add(nanoseconds, times: count)
      counted += count
    }
    if thread.cycles > counted { histogram.add(thread.max, times: thread.cycles - counted) }
    return max(counted, thread.cycles)
  }

  private func failure(_ message: String) -> Failure {
    Failure(
      kind: "cyclictest", location: path, message: message, fix: "leave it out with --no-cyclictest",
      code: Failure.hostFault)
  }
}
