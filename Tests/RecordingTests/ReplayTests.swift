import ControlCycle
import Foundation
import JointControl
import TestSupport
import Testing

@testable import Recording

@Suite("Recording and replaying a run")
struct ReplayTests {
  @Test("A recording is whole and replays to the same bytes; recording allocates nothing")
  func same() throws {
    let run = try RecordedRun()
    defer { run.remove() }
    let cycles = try #require(run.outcome.cycles)
    #expect(cycles > 1500 && run.outcome.lostCycles == 0 && run.outcome.error == nil && run.fault == nil)
    #expect(run.outcome.faultFile == nil)
    #expect(run.allocations == 0)
    let file = try RecordingFile(path: run.path)
    let check = RecordingCheck(file)
    #expect(check.problems.isEmpty && file.isClosed, "\(check.problems)")
    #expect(check.messages.first { $0.topic == "/cycle" }?.count == cycles)
    #expect(check.messages.first { $0.topic == "/joint_states" }?.count == cycles)
    let replay = try Replay(file, robot: run.robot)
    #expect(
      replay.cycles == cycles && replay.skipped == 0 && replay.first == nil,
      "\(String(describing: replay.first))")
  }

  @Test("Two recordings of a seed are one file")
  func deterministic() throws {
    let first = try RecordedRun()
    let second = try RecordedRun()
    defer {
      first.remove()
      second.remove()
    }
    #expect(FileManager.default.contentsEqual(atPath: first.path, andPath: second.path))
  }

  @Test("Other gains show in the first cycle that uses them, by joint and field")
  func otherGains() throws {
    let run = try RecordedRun()
    defer { run.remove() }
    var joints = run.robot.joints
    joints[1].configuration.gains.stiffness *= 1.25
    let other = Robot(
      name: run.robot.name, period: run.robot.period, buses: run.robot.buses, joints: joints,
      model: run.robot.model,
      feedforward: run.robot.feedforward, commandTimeout: run.robot.commandTimeout)
    let file = try RecordingFile(path: run.path)
    let replay = try Replay(file, robot: other)
    let first = try #require(replay.first)
    #expect(first.joint == joints[1].name && first.stage == "encode")
    #expect(first.field == "command stiffness word" && first.recorded != first.replayed)
    let whatIf = try WhatIf(file, recorded: run.robot, other: other)
    #expect(whatIf.joints[0].cycles == 0 && whatIf.joints[1].cycles == replay.differingCycles)
    #expect(whatIf.joints[1].first == first.cycle)
    let difference =
      joints[1].configuration.gains.stiffness - run.robot.joints[1].configuration.gains.stiffness
    #expect(abs(whatIf.joints[1].stiffness - difference) < 1e-9)
    #expect(whatIf.joints[1].position == 0)
  }

  @Test("A file cut at any place can be recovered up to its last whole chunk, and that replays")
  func cut() throws {
    let run = try RecordedRun()
    defer { run.remove() }
    let whole = try RecordingFile(path: run.path)
    let size = whole.bytes.count
    let ends = whole.chunks.map { chunk in
      chunk.offset + 9 + 40 + chunk.compression.utf8.count + chunk.records.count
    }
    var random = SeededGenerator(seed: 3)
    for _ in 0..<30 {
      let length = 9 + Int(random.next() % UInt64(size - 9))
      let path = try run.variant("cut.mcap") { $0.removeLast(size - length) }
      let file = try RecordingFile(path: path)
      #expect(!file.isClosed && !RecordingCheck(file).problems.isEmpty)
      let output = run.folder.appendingPathComponent("recovered.mcap").path
      let recovery = try RecordingRecovery(file, to: output)
      #expect(recovery.chunks == ends.count { $0 <= length } && recovery.lostChunks == 0)
      let recovered = try RecordingFile(path: output)
      #expect(RecordingCheck(recovered).problems.isEmpty && recovered.isClosed)
      let replay = try Replay(recovered, robot: run.robot)
      #expect(replay.first == nil && replay.skipped == 0)
    }
  }

  @Test("One damaged byte is found wherever it stands, and never fatal")
  func damaged() throws {
    let run = try RecordedRun(runTime: 0.3)
    defer { run.remove() }
    let size = try RecordingFile(path: run.path).bytes.count
    var random = SeededGenerator(seed: 11)
    for _ in 0..<200 {
      let place = 8 + Int(random.next() % UInt64(size - 8))
      let bit = UInt8(1) << UInt8(random.next() % 8)
      let path = try run.variant("damaged.mcap") { $0[place] ^= bit }
      let file = try RecordingFile(path: path)
      #expect(!RecordingCheck(file).problems.isEmpty, "byte \(place), bit \(bit)")
      _ = try? Replay(file, robot: run.robot)
      _ = try? Explanation(file, robot: run.robot)
    }
  }

  @Test("A gap is left out: the replay goes on at the next carried state")
  func gap() throws {
    let run = try RecordedRun()
    defer { run.remove() }
    let whole = try RecordingFile(path: run.path)
    let second = whole.chunks[1]
    let path = try run.variant("gap.mcap") {
      $0[second.offset + 9 + 40 + second.compression.utf8.count + 100] ^= 1
    }
    let output = run.folder.appendingPathComponent("gap-recovered.mcap").path
    let recovery = try RecordingRecovery(try RecordingFile(path: path), to: output)
    #expect(recovery.lostChunks == 1 && recovery.chunks == whole.chunks.count - 1)
    let replay = try Replay(try RecordingFile(path: output), robot: run.robot)
    let cycles = try #require(run.outcome.cycles)
    // The first cycle of the third block only gives the state to go on from.
    #expect(replay.first == nil && replay.skipped == 1 && replay.cycles == cycles - 500 - 1)
  }

  @Test("A lost bus: a file of its own, and the chain of causes in order")
  func explained() throws {
    let run = try RecordedRun(runTime: 3, lost: 1_000_000_000)
    defer { run.remove() }
    let fault = try #require(run.fault)
    let path = try #require(run.outcome.faultFile)
    #expect(path.hasSuffix("fault-\(fault.fault.cycle).mcap"))
    let file = try RecordingFile(path: path)
    #expect(
      RecordingCheck(file).problems.isEmpty && file.value("reason") == "fault in cycle \(fault.fault.cycle)")
    #expect(file.value("fault") == "sample_lost" && file.value("message") == fault.description)
    #expect(try Replay(file, robot: run.robot).first == nil)
    let explanation = try Explanation(file, robot: run.robot)
    #expect(explanation.fault?.description == fault.description)
    let words = ["no more answers", "older than allowed", "fault sample_lost", "armed -> stopping"]
    let places = words.map { word in explanation.events.firstIndex { $0.text.contains(word) } }
    let found = places.compactMap { $0 }
    #expect(found.count == words.count && found == found.sorted(), "\(explanation.events.map(\.text))")
    let silence = explanation.events[found[0]]
    #expect(silence.cycle < fault.fault.cycle && silence.cycle >= fault.fault.cycle - 20)
    #expect(silence.text.contains("elbow") && !silence.text.contains("shoulder"))
  }

  @Test("What is no recording is refused with the reason")
  func refused() throws {
    let run = try RecordedRun(runTime: 0.3)
    defer { run.remove() }
    let text = try run.variant("text.mcap") { $0 = Array("not a recording".utf8) }
    for path in [text, run.folder.path, run.folder.path + "/missing.mcap"] {
      #expect(throws: RecordingError.self) { try RecordingFile(path: path) }
    }
    #expect(throws: RecordingError.self) {
      try Replay(try RecordingFile(path: run.path), robot: SampleRobots.pendulum())
    }
  }
}
