import ControlCycle
import Foundation
import JointControl
import TestSupport
import Testing

@testable import Recording

/// Samples in parts and questions behind the commands, through a recording and back.
@Suite("Replaying a run with MyActuator drives")
struct MyActuatorReplayTests {
  @Test("A recording replays to the same bytes; other gains show as another current of their own joint")
  func replays() throws {
    let run = try RecordedRun(SampleRobots.myActuatorArm())
    defer { run.remove() }
    let cycles = try #require(run.outcome.cycles)
    #expect(cycles > 700 && run.outcome.lostCycles == 0 && run.fault == nil && run.allocations == 0)
    let replay = try Replay(try RecordingFile(path: run.path), robot: run.robot)
    #expect(
      replay.cycles == cycles && replay.skipped == 0 && replay.first == nil,
      "\(String(describing: replay.first))")
    var joints = run.robot.joints
    joints[1].configuration.gains.stiffness *= 1.25
    let other = Robot(
      name: run.robot.name, period: run.robot.period, buses: run.robot.buses, joints: joints,
      model: run.robot.model, feedforward: run.robot.feedforward, commandTimeout: run.robot.commandTimeout)
    let first = try #require(try Replay(try RecordingFile(path: run.path), robot: other).first)
    #expect(first.joint == "elbow" && first.stage == "encode" && first.field == "command current word")
    #expect(first.recorded != first.replayed)
  }
}
