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

  @Test("Laws that are changed in the middle of a block are in the recording: it replays to the same bytes")
  func laws() throws {
    let run = try RecordedRun(choosing: [
      TimedLaw(time: 0.203, joint: 1, choice: LawChoice(.handGuiding, stiffness: 0.3, damping: 0.7)),
      TimedLaw(time: 0.611, joint: 1, choice: LawChoice(.impedance)),
      TimedLaw(time: 0.611, joint: 0, choice: LawChoice(.impedance, stiffness: 0.5)),
      TimedLaw(time: 0.900, joint: 0, choice: LawChoice(.damping)),
    ])
    defer { run.remove() }
    let cycles = try #require(run.outcome.cycles)
    #expect(run.allocations == 0)
    let file = try RecordingFile(path: run.path)
    #expect(RecordingCheck(file).problems.isEmpty)
    var found: [(joint: Int, law: UInt8, stiffness: Double, damping: Double)] = []
    try file.forEachMessage { message in
      guard message.topic == "/cycle" else { return }
      var recorded = RecordedCycle()
      let isRead = recorded.read(message.data, jointCount: run.robot.joints.count)
      #expect(isRead)
      for joint in run.robot.joints.indices {
        guard let choice = recorded.setpoints.choice(for: joint) else { continue }
        found.append((joint, choice.law.code, choice.stiffness, choice.damping))
      }
    }
    #expect(found.map { $0.joint } == [1, 0, 1, 0] && found.map { $0.law } == [2, 0, 0, 3])
    #expect(found.map { $0.stiffness } == [0.3, 0.5, 1, 1] && found.map { $0.damping } == [0.7, 1, 1, 1])
    let replay = try Replay(file, robot: run.robot)
    #expect(
      replay.cycles == cycles && replay.first == nil && replay.foreignStates == 0,
      "\(String(describing: replay.first))")
    // It is no recording of the motion alone, and one that lost its laws would not replay.
    let plain = try RecordedRun()
    defer { plain.remove() }
    #expect(try Replay(RecordingFile(path: plain.path), robot: plain.robot).outputs != replay.outputs)
  }

  @Test("A law in a recording that is none, or of a joint that is not there, is refused")
  func foreignLaws() throws {
    let run = try RecordedRun(choosing: [TimedLaw(time: 0.2, joint: 1, choice: LawChoice(.damping))])
    defer { run.remove() }
    let count = run.robot.joints.count
    var message: [UInt8] = []
    try RecordingFile(path: run.path).forEachMessage {
      var recorded = RecordedCycle()
      guard $0.topic == "/cycle", recorded.read($0.data, jointCount: count) else { return }
      if !recorded.setpoints.chosen.isEmpty { message = Array($0.data) }
    }
    try #require(message.count > 28)
    // It stands at the end: joint, law, padding for the two numbers that follow.
    let law = message.count - (message[message.count - 23] == 3 ? 24 : 20)
    #expect(message[law - 4] == 1 && message[law] == 1 && message[law + 1] == 3)
    func isRead(_ bytes: [UInt8]) -> Bool {
      var recorded = RecordedCycle()
      return bytes.withUnsafeBytes { recorded.read($0, jointCount: count) }
    }
    #expect(isRead(message))
    for (place, value) in [(law, UInt8(2)), (law + 1, 4), (law - 4, 2), (law - 4, 0)] {
      var other = message
      other[place] = value
      #expect(!isRead(other), "\(place - law)")
    }
    #expect(!isRead(Array(message.dropLast())) && !isRead(message + [0]))
    // Recordings of builds that changed no law end before the list.
    #expect(isRead(Array(message.prefix(law - 4))))
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
