import CServoBus
import ControlCycle
import JointControl
import Simulation

/// Histograms of what happens in a cycle; they outlive the loops of several slices.
final class StageTimes {
  /// The stages in the order they happen, as tables and JSON name them.
  static let names = ["wake", "receive", "step", "send", "cycle", "frame_to_frame"]
  /// 1/128 of the value: finer than the ratios that are told from them.
  static let precision = 7

  /// From the cycle's instant to the loop's waking.
  var wake = LatencyHistogram(precision: precision)
  /// Taking frames from the buses.
  var receive = LatencyHistogram(precision: precision)
  /// Setpoint source and control cycle.
  var step = LatencyHistogram(precision: precision)
  /// Handing frames to the buses.
  var send = LatencyHistogram(precision: precision)
  /// From before receive to after send.
  var cycle = LatencyHistogram(precision: precision)
  /// From the newest frame's arrival to the command that answers it: age of the information and the cycle.
  var frameToFrame = LatencyHistogram(precision: precision)
  /// Whole periods the loop woke too late.
  var missed: Int64 = 0
}

/// A simulated robot with a stamp before and after each thing the loop asks of it.
struct StampedTarget: Target {
  let robot: SimulatedRobot
  let times: StageTimes
  private let period: Int64
  /// The host's clock minus the robot's [ns].
  private var offset: Int64 = 0
  private var received: Int64 = 0
  private var receivedFrom: Int64 = 0
  private var newestFrame: Int64?

  init(_ robot: SimulatedRobot, period: Int64, times: StageTimes) {
    self.robot = robot
    self.period = period
    self.times = times
  }

  var now: Int64 { robot.now }
  var waitsForLoop: Bool { true }

  mutating func wait(until time: Int64) -> Int64 {
    let woken = robot.wait(until: time)
    offset = servo_clock_now() - woken
    times.wake.add(woken - time)
    times.missed += max(0, woken - time) / period
    return woken
  }

  mutating func receive(into frames: inout FrameBuffer) {
    receivedFrom = servo_clock_now()
    let first = frames.count
    robot.receive(into: &frames)
    received = servo_clock_now()
    times.receive.add(received - receivedFrom)
    newestFrame = nil
    for index in first..<frames.count { newestFrame = max(newestFrame ?? .min, frames[index].time) }
  }

  mutating func send(_ frames: borrowing FrameBuffer) {
    let begin = servo_clock_now()
    robot.send(frames)
    let end = servo_clock_now()
    times.step.add(begin - received)
    times.send.add(end - begin)
    times.cycle.add(end - receivedFrom)
    if let newestFrame { times.frameToFrame.add(end - offset - newestFrame) }
  }
}
