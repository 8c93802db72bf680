import CServoBus
import Foundation
import JointControl

/// Measures a loop's latencies in slices, in turns with cyclictest, so that both meet the same disturbances.
struct LatencyBench {
  /// nil for the empty cycle.
  let robot: Robot?
  let period: Int64
  let seconds: Int
  let hasLoad: Bool
  let realtime: RealtimeOptions
  let cyclictest: Cyclictest?

  /// Longest slice [s].
  static let longestSlice = 10

  /// The slices [s]: at least two where there is time for them.
  static func slices(of seconds: Int) -> [Int] {
    let count = max((seconds + longestSlice - 1) / longestSlice, min(seconds, 2))
    return (0..<count).map { (seconds * ($0 + 1)) / count - (seconds * $0) / count }
  }

  func run(progress: (String) -> Void) throws -> LatencyResult {
    var settings = realtime.settings(period: period)
    // One processor for both, or the comparison is one of processors; a deadline thread has none of its own.
    if settings.cpu == nil && realtime.scheduling == .fifo {
      settings.cpu = max(0, servo_realtime_last_cpu())
    }
    let load = hasLoad ? HostLoad() : nil
    load?.start()
    defer { load?.stop() }

    let result = LatencyResult(
      robot: robot?.name, period: period, seconds: seconds, slices: Self.slices(of: seconds).count,
      hasLoad: hasLoad, spinTail: realtime.spinTail, settings: settings, board: Board.current())
    let stolen = StolenTime.now()
    for (index, slice) in Self.slices(of: seconds).enumerated() {
      progress("slice \(index + 1) of \(result.slices): sinew")
      result.realtime.merge(try run(slice: slice, settings: settings, times: result.times))
      guard let cyclictest, result.cyclictestProblem == nil else { continue }
      progress("slice \(index + 1) of \(result.slices): cyclictest")
      do {
        result.cyclictestCycles += try cyclictest.run(
          seconds: slice, period: period, settings: settings, into: &result.cyclictest)
      } catch let failure as Failure {
        // Without privileges, or of another version: the loop's own figures still stand.
        result.cyclictestProblem = failure.problems.map(\.message).joined(separator: "; ")
      }
    }
    result.stolen = StolenTime.now().part(since: stolen)
    return result
  }

  private func run(slice: Int, settings: RealtimeSettings, times: StageTimes) throws -> RealtimeReport {
    do {
      guard let robot else {
        var job = EmptyCycleJob(
          period: period, duration: Int64(slice) * 1_000_000_000, spinTail: realtime.spinTail_ns, times: times
        )
        return try RealtimeThread.run(&job, policy: realtime.policy, settings: settings)
      }
      var job = RobotCycleJob(
        robot: robot, duration: Double(slice), spinTail: realtime.spinTail_ns, times: times)
      let report = try RealtimeThread.run(&job, policy: realtime.policy, settings: settings)
      if let failure = job.failure { throw failure }
      return report
    } catch let error as RealtimeError {
      throw Failure(error)
    }
  }
}

/// What a bench measured.
final class LatencyResult {
  let robot: String?
  let period: Int64
  let seconds: Int
  let slices: Int
  let hasLoad: Bool
  /// [us]
  let spinTail: Int64
  let settings: RealtimeSettings
  let board: Board
  let times = StageTimes()
  var cyclictest = LatencyHistogram(precision: StageTimes.precision)
  var cyclictestCycles: Int64 = 0
  var cyclictestProblem: String?
  var realtime = RealtimeReport(policy: .off)
  /// Part of the processors' time that the hypervisor gave to others.
  var stolen = 0.0

  init(
    robot: String?, period: Int64, seconds: Int, slices: Int, hasLoad: Bool, spinTail: Int64,
    settings: RealtimeSettings, board: Board
  ) {
    self.robot = robot
    self.period = period
    self.seconds = seconds
    self.slices = slices
    self.hasLoad = hasLoad
    self.spinTail = spinTail
    self.settings = settings
    self.board = board
  }
}

extension RealtimeReport {
  /// Adds what another slice met; what was granted is the same in all of them.
  fileprivate mutating func merge(_ slice: RealtimeReport) {
    let (minor, major, switches) = (minorFaults, majorFaults, involuntarySwitches)
    self = slice
    minorFaults += minor
    majorFaults += major
    involuntarySwitches += switches
  }
}
