import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// A simulated robot whose loop wakes late now and then, as on a host that is busy with something else.
private final class LateTarget: Target {
  let robot: SimulatedRobot
  /// Lateness [ns] by the number of the wake-up since the target was made.
  let lateness: [Int: Int64]
  private var waits = 0
  /// Instants at which the loop sent commands.
  private(set) var sent: [Int64] = []
  var waitsForLoop: Bool { false }
  var now: Int64 { robot.now }

  init(_ robot: SimulatedRobot, lateness: [Int: Int64]) {
    self.robot = robot
    self.lateness = lateness
  }
  func wait(until time: Int64) -> Int64 {
    waits += 1
    // Time has passed already where the loop was late before.
    return robot.wait(until: max(time, robot.now) + (lateness[waits] ?? 0))
  }
  func receive(into frames: inout FrameBuffer) { robot.receive(into: &frames) }
  func send(_ frames: borrowing FrameBuffer) {
    sent.append(robot.now)
    robot.send(frames)
  }
}

@Suite("The loop on a host that is late")
struct OverrunTests {
  private static let period: Int64 = 1_000_000

  /// Runs with lateness after arming; commands sent before the first lateness are left out of `sent`.
  private func run(_ lateness: [Int: Int64]) throws -> (
    fault: ControlFault?, missed: Int64, cycles: Int64, sent: [Int64], peak: Double
  ) {
    let robot = SampleRobots.arm(losses: .planetary)
    let simulated = SimulatedRobot(robot, seed: 1)
    var bringUp = simulated
    try BringUp.run(robot, on: &bringUp)
    let target = LateTarget(simulated, lateness: lateness)
    var source = MotionPlayer(nil, robot: robot, runTime: 1)
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: target)
    var fault: ControlFault?
    do throws(ControlFault) { try loop.run(from: &source, recording: &statistics) } catch { fault = error }
    return (
      fault, statistics.missed, statistics.cycles, target.sent,
      max(statistics.joints[0].peak, statistics.joints[1].peak)
    )
  }

  @Test("A stall of three periods is held through, counted, and followed by no burst")
  func shortStall() throws {
    let result = try run([600: 3 * Self.period + 200_000])
    #expect(result.fault == nil)
    #expect(result.missed == 3)
    for (before, after) in zip(result.sent, result.sent.dropFirst()) {
      #expect(after - before >= Self.period / 2, "two commands at \(before) and \(after) ns")
    }
    #expect(result.peak < 0.05)
  }

  @Test("A stall of eight periods is a controlled stop that says why")
  func longStall() throws {
    let result = try run([600: 8 * Self.period])
    let fault = try #require(result.fault)
    #expect(fault.fault.kind == .deadlineMissed && fault.kindName == "deadline_missed")
    #expect("\(fault)".contains("missed its deadlines"))
    #expect(result.missed == 8)
  }

  @Test("A suspended loop stops the robot on waking and sends one set of commands a period")
  func suspended() throws {
    let result = try run([600: 1_500 * Self.period])
    #expect(result.fault?.fault.kind == .deadlineMissed)
    #expect(result.missed == 1_500)
    for (before, after) in zip(result.sent, result.sent.dropFirst()) {
      #expect(after - before >= Self.period / 2)
    }
  }
}
