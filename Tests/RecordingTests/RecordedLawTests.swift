import ControlCycle
import JointControl
import TestSupport
import Testing
import VirtualWall

@testable import Recording

@Suite("Recordings with a law of the user's")
struct RecordedLawTests {
  /// A wall that the arm's shoulder is in while it waves.
  private var wall: VirtualWall {
    var shoulder = JointSet()
    shoulder.insert(0)
    return VirtualWall(joints: shoulder, width: 2.5, stiffness: 60, damping: 1)
  }

  @Test("The recording names the law, a replay without it refuses, and with it every byte is the same")
  func replays() throws {
    let run = try RecordedRun(applying: wall)
    defer { run.remove() }
    let file = try RecordingFile(path: run.path)
    #expect(run.fault == nil && file.lawName == "VirtualWall.VirtualWall")
    #expect {
      _ = try Replay(file, robot: run.robot)
    } throws: { "\(($0 as? RecordingError)?.message ?? "")".contains("VirtualWall.VirtualWall") }
    #expect(throws: RecordingError.self) { try WhatIf(file, recorded: run.robot, other: run.robot) }
    #expect(throws: RecordingError.self) { try ReplayExtract.write(file, robot: run.robot) { _ in } }
    let replay = try Replay(file, robot: run.robot, law: wall)
    #expect(replay.first == nil && replay.cycles == run.outcome.cycles)
  }

  @Test("A law that was changed since parts from the recording at the joint it acts on")
  func changed() throws {
    let run = try RecordedRun(applying: wall)
    defer { run.remove() }
    var stiffer = wall
    stiffer.stiffness *= 1.5
    let first = try #require(
      try Replay(try RecordingFile(path: run.path), robot: run.robot, law: stiffer).first)
    #expect(first.stage == "encode" && first.joint == run.robot.joints[0].name)
    #expect(first.field == "command torque word")
    let none = try #require(
      try Replay(try RecordingFile(path: run.path), robot: run.robot, law: NoLaw()).first)
    #expect(none.cycle <= first.cycle)
  }
}
