import ControlCycle
import Foundation
import JointControl
import Simulation
import TestSupport
import Testing

@testable import Recording

/// Buses enter the cycle as data: a run that lost one, had it back and went on is replayed to the byte.
@Suite("Replaying what buses did")
struct RecoveryReplayTests {
  /// A run with faults of the arm's lower bus, recorded, with a second leg after the first.
  private struct BusRun {
    let robot: Robot
    let folder: URL
    var path: String { folder.appendingPathComponent("run.mcap").path }
    var outcome = RecordingOutcome()
    var kinds: [FaultKind] = []

    init(_ faults: [BusFault.Kind], reaction: BusLossReaction, goesOn: Bool) throws {
      let arm = SampleRobots.arm(losses: .planetary)
      robot = Robot(
        name: arm.name, period: arm.period, buses: arm.buses, joints: arm.joints, model: arm.model,
        feedforward: arm.feedforward, commandTimeout: arm.commandTimeout, onBusLoss: reaction)
      folder = FileManager.default.temporaryDirectory.appendingPathComponent("buses-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let recorder = try Recorder(
        robot: robot, content: RecordingContent(attachments: [], metadata: [("seed", "1")]),
        path: folder.appendingPathComponent("run.mcap").path,
        faultPath: folder.appendingPathComponent("fault-%.mcap").path, waitsWhenFull: true)
      var target = SimulatedRobot(robot, seed: 1, faults: faults.map { BusFault(bus: 1, kind: $0) })
      let known = try BringUp.run(robot, on: &target)
      var encoder = recorder.makeEncoder()
      var loop = ControlLoop(robot, on: target)
      var source = MotionPlayer(nil, robot: robot, runTime: 2)
      do throws(ControlFault) { try loop.run(from: &source, recording: &encoder) } catch {
        kinds.append(error.fault.kind)
      }
      if goesOn {
        _ = try Recovery.run([1], of: robot, known: known, on: &loop.target)
        var again = MotionPlayer(nil, robot: robot, runTime: 1, recovers: true)
        do throws(ControlFault) { try loop.run(from: &again, recording: &encoder) } catch {
          kinds.append(error.fault.kind)
        }
      }
      outcome = recorder.close()
    }
  }

  @Test("A bus that is lost and had back: every byte, from the beginning and from the fault's file")
  func recovered() throws {
    let run = try BusRun(
      [.busOff(from: 1_000_010_000, until: 2_000_000_000)], reaction: .body, goesOn: true)
    defer { try? FileManager.default.removeItem(at: run.folder) }
    #expect(run.kinds == [.busLost])
    let file = try RecordingFile(path: run.path)
    #expect(RecordingCheck(file).problems.isEmpty)
    let replay = try Replay(file, robot: run.robot)
    #expect(replay.first == nil && replay.cycles == run.outcome.cycles, "\(String(describing: replay.first))")
    let fault = try #require(run.outcome.faultFile)
    let short = try Replay(RecordingFile(path: fault), robot: run.robot)
    #expect(short.first == nil && short.cycles > 1000)
    let texts = try Explanation(file, robot: run.robot).events.map(\.text)
    for text in ["bus lower: bus-off", "given up, bus lost", "bus lower: error-active"] {
      #expect(texts.contains { $0.contains(text) }, "\(text) in \(texts)")
    }
  }

  @Test(
    "Every kind of trouble, by either policy",
    arguments: [
      BusFault.Kind.errorState(.passive, from: 1_000_000_000, until: 1_050_000_000),
      .errorState(.passive, from: 1_000_000_000), .queueFull(from: 1_000_000_000),
      .babbling(from: 1_000_000_000), .unplugged(from: 1_000_000_000),
      .errorState(.warning, from: 1_000_000_000),
    ], [BusLossReaction.body, .limb])
  func trouble(kind: BusFault.Kind, reaction: BusLossReaction) throws {
    let run = try BusRun([kind], reaction: reaction, goesOn: false)
    defer { try? FileManager.default.removeItem(at: run.folder) }
    let replay = try Replay(RecordingFile(path: run.path), robot: run.robot)
    #expect(replay.first == nil && replay.cycles == run.outcome.cycles, "\(String(describing: replay.first))")
  }

  @Test(
    "The policy is part of the core: by the other one the replay parts from the recording in the cycle of the loss"
  )
  func otherPolicy() throws {
    let run = try BusRun([.unplugged(from: 1_000_000_000)], reaction: .body, goesOn: false)
    defer { try? FileManager.default.removeItem(at: run.folder) }
    let robot = run.robot
    let other = Robot(
      name: robot.name, period: robot.period, buses: robot.buses, joints: robot.joints, model: robot.model,
      feedforward: robot.feedforward, commandTimeout: robot.commandTimeout, onBusLoss: .limb)
    let replay = try Replay(RecordingFile(path: run.path), robot: other)
    #expect(replay.first?.stage == "inspect" && replay.first?.field == "safety state")
  }

  @Test("A cycle's message holds what each bus said, and one with nonsense in that place is refused")
  func message() throws {
    let run = try BusRun([.errorState(.passive, from: 1_000_000_000)], reaction: .body, goesOn: false)
    defer { try? FileManager.default.removeItem(at: run.folder) }
    var (passive, checked) = (0, 0)
    try RecordingFile(path: run.path).forEachMessage { message in
      guard message.topic == BlockEncoder.Topic.cycle else { return }
      var recorded = RecordedCycle()
      let isRead = recorded.read(message.data, jointCount: 2)
      #expect(isRead)
      guard recorded.received.condition(ofBus: 1).state == .passive else { return }
      passive += 1
      guard checked < 20 else { return }
      checked += 1
      // Before the end stands the one entry, bus, state, refused, overflowed, and behind it, in six bytes, that no law was asked for.
      for (offset, value) in [(12, UInt8(16)), (11, 6), (16, 17)] {
        var bytes = Array(message.data)
        bytes[bytes.count - offset] = value
        let isTaken = bytes.withUnsafeBytes { recorded.read($0, jointCount: 2) }
        #expect(!isTaken, "byte \(offset) before the end")
      }
      let cut = Array(message.data.dropLast())
      let isTaken = cut.withUnsafeBytes { recorded.read($0, jointCount: 2) }
      #expect(!isTaken)
    }
    #expect(passive > 100)
  }
}
