import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// How far apart the samples are that one cycle goes by, over all joints and buses.
@Suite struct SampleSkewTests {
  /// The statistics, and beside them every cycle's skew by a search of its own.
  private struct SkewRecorder: CycleRecorder, ~Copyable {
    var statistics = RunStatistics()
    var skews: [Int64] = []

    mutating func record(
      _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
      transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
    ) {
      statistics.record(
        record, received: received, setpoints: setpoints, transmitted: transmitted, control: control)
      guard control.safety.state == .armed else { return }
      var times: [Int64] = []
      for joint in 0..<control.jointCount where control.samples[joint].exists {
        times.append(control.samples[joint].time)
      }
      if let first = times.min(), let last = times.max() { skews.append(last - first) }
    }
  }

  private func skews(_ faults: [BusFault]) throws -> (all: [Int64], count: Int64, median: Int64, most: Int64)
  {
    let robot = SampleRobots.arm()
    var target = SimulatedRobot(robot, seed: 1, faults: faults, pace: .fast)
    try BringUp.run(robot, on: &target)
    var source = MotionPlayer(nil, robot: robot, runTime: 0.6)
    var recorder = SkewRecorder()
    var loop = ControlLoop(robot, on: target)
    do throws(ControlFault) { try loop.run(from: &source, recording: &recorder) } catch {
      #expect(!faults.isEmpty, "\(error)")
    }
    let skew = (
      recorder.statistics.skew.count, recorder.statistics.skew.percentile(0.5), recorder.statistics.skew.max
    )
    return (recorder.skews, skew.0, skew.1, skew.2)
  }

  @Test("On whole buses it is less than half a cycle; a lost answer makes it a cycle longer")
  func skew() throws {
    let period = SampleRobots.arm().period
    let whole = try skews([])
    #expect(whole.count == Int64(whole.all.count) && whole.count > 300)
    #expect(whole.most == whole.all.max() && whole.most > 0 && whole.most < period / 2)
    // A percentile is exact to one part of sixteen.
    let median = whole.all.sorted()[(whole.all.count - 1) / 2]
    #expect(whole.median >= median && whole.median <= median + median / 16 + 1)
    let lossy = try skews([BusFault(bus: 1, kind: .lose(probability: 0.02))])
    #expect(lossy.most == lossy.all.max() && lossy.most > period / 2 && lossy.most < 10 * period)
    #expect(lossy.median < period / 2)
  }
}
