import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Recording

/// What the host keeps of drives that do not say their mode is in the recording.
@Suite("Recording and replaying MIT drives")
struct MITReplayTests {
  @Test(
    "A run replays to the same bytes; other gains show by word",
    arguments: ["AK80-9", "mini-cheetah", "AK60-6_V3"])
  func same(_ name: String) throws {
    let model = try #require(DriveModel.named(name, family: .mit))
    let run = try RecordedRun(SampleRobots.arm(of: model), runTime: 0.5)
    defer { run.remove() }
    #expect(run.fault == nil && run.allocations == 0)
    let file = try RecordingFile(path: run.path)
    let replay = try Replay(file, robot: run.robot)
    #expect(replay.cycles > 700 && replay.first == nil, "\(String(describing: replay.first))")

    var joints = run.robot.joints
    joints[1].configuration.gains.damping *= 1.5
    let other = Robot(
      name: run.robot.name, period: run.robot.period, buses: run.robot.buses, joints: joints,
      model: run.robot.model, feedforward: run.robot.feedforward, commandTimeout: run.robot.commandTimeout)
    let first = try #require(try Replay(file, robot: other).first)
    #expect(first.joint == joints[1].name && first.field == "command damping word")
  }
}
