import ControlCycle
import Foundation
import JointControl
import RigidBody
import TestSupport
import Testing

@testable import Recording

@Suite("The core apart from its host")
struct CoreReplayTests {
  /// What the core of a recording puts out.
  private func outputs(_ run: RecordedRun) throws -> [UInt8] {
    var bytes: [UInt8] = []
    let cycles = try Replay.writeOutputs(of: try RecordingFile(path: run.path), robot: run.robot) {
      bytes.append(contentsOf: $0)
    }
    #expect(cycles == run.outcome.cycles)
    return bytes
  }

  private func compare(_ run: RecordedRun, with bytes: [UInt8]) throws -> BuildComparison {
    var rest = bytes[...]
    return try BuildComparison(try RecordingFile(path: run.path), robot: run.robot) { buffer in
      guard rest.count >= buffer.count else { return false }
      buffer.copyBytes(from: rest.prefix(buffer.count))
      rest = rest.dropFirst(buffer.count)
      return true
    }
  }

  @Test(
    "A configuration in flat bytes makes the same core",
    arguments: [SampleRobots.arm(), SampleRobots.chain(joints: 34)])
  func configuration(robot: Robot) throws {
    let bytes = CycleConfiguration(robot).bytes
    let read = try #require(bytes.withUnsafeBytes { CycleConfiguration($0) })
    #expect(read.bytes == bytes)
    #expect(read.links == robot.model.links && read.modelJoints == robot.model.joints)
    #expect(read.joints.map(\.drive) == robot.joints.map(\.configuration.drive))
    let model = try #require(try read.model())
    let (data, other) = (ModelData(model), ModelData(robot.model))
    let core = read.core(model: model, data: data)
    #expect(core.jointCount == robot.joints.count)
    // The model was compiled again: its dynamics have the same bits.
    var random = SeededGenerator(seed: 5)
    let q = (0..<model.positionCount).map { _ in Double.random(in: -1...1, using: &random) }
    let own = gravity(model, data, q: q).map(\.bitPattern)
    #expect(own == gravity(robot.model, other, q: q).map(\.bitPattern))
  }

  @Test("A damaged configuration is refused or makes a core, and never traps")
  func damagedConfiguration() {
    let bytes = CycleConfiguration(SampleRobots.arm()).bytes
    for length in bytes.indices {
      #expect(bytes[..<length].withUnsafeBytes { CycleConfiguration($0) } == nil)
    }
    #expect((bytes + [0]).withUnsafeBytes { CycleConfiguration($0) } == nil)
    var random = SeededGenerator(seed: 9)
    for _ in 0..<2000 {
      var damaged = bytes
      damaged[Int(random.next() % UInt64(bytes.count))] ^= UInt8(1) << UInt8(random.next() % 8)
      guard let read = damaged.withUnsafeBytes({ CycleConfiguration($0) }), let model = try? read.model()
      else { continue }
      let data = ModelData(model)
      #expect(read.core(model: model, data: data).jointCount == 2)
    }
  }

  @Test("A build compared with itself: every byte the same, and SHA-256 of them")
  func same() throws {
    let run = try RecordedRun()
    defer { run.remove() }
    let bytes = try outputs(run)
    let comparison = try compare(run, with: bytes)
    #expect(comparison.first == nil && comparison.differingCycles == 0 && comparison.bytes == bytes.count)
    #expect(comparison.cycles == run.outcome.cycles && comparison.joints.allSatisfy { $0.cycles == 0 })
    let replay = try Replay(try RecordingFile(path: run.path), robot: run.robot)
    #expect(replay.outputs.bytes == bytes.count && replay.outputs.sha256 == ConfigurationHash.hex(of: bytes))
  }

  @Test("Any damaged byte of another build's outputs is found in its record, and never fatal")
  func damagedOutputs() throws {
    let run = try RecordedRun(runTime: 0.1)
    defer { run.remove() }
    let bytes = try outputs(run)
    var random = SeededGenerator(seed: 17)
    var (named, refused) = (Set<String>(), 0)
    for _ in 0..<100 {
      var damaged = bytes
      let place = Int(random.next() % UInt64(bytes.count))
      damaged[place] ^= UInt8(1) << UInt8(random.next() % 8)
      do {
        let comparison = try compare(run, with: damaged)
        let first = try #require(comparison.first)
        #expect(first.recorded != first.replayed && comparison.differingCycles == 1, "\(first)")
        named.insert(first.stage)
      } catch is IncomparableOutputs { refused += 1 }
    }
    #expect(named.isSuperset(of: ["estimate", "command", "encode", "inspect"]), "\(named)")
    #expect(refused > 0)
  }

  @Test("Outputs that end early, go on, or are none are refused")
  func incomparable() throws {
    let run = try RecordedRun(runTime: 0.1)
    defer { run.remove() }
    let bytes = try outputs(run)
    var random = SeededGenerator(seed: 23)
    for _ in 0..<20 {
      let length = Int(random.next() % UInt64(bytes.count))
      #expect(throws: IncomparableOutputs.self) { try compare(run, with: Array(bytes[..<length])) }
    }
    for other in [bytes + [0], Array("usage: cat".utf8), [UInt8](repeating: 0, count: bytes.count)] {
      #expect(throws: IncomparableOutputs.self) { try compare(run, with: other) }
    }
  }

  @Test("Other gains of another build show by joint and field")
  func otherGains() throws {
    let run = try RecordedRun()
    defer { run.remove() }
    var joints = run.robot.joints
    joints[1].configuration.gains.stiffness *= 1.25
    let other = Robot(
      name: run.robot.name, period: run.robot.period, buses: run.robot.buses, joints: joints,
      model: run.robot.model, feedforward: run.robot.feedforward, commandTimeout: run.robot.commandTimeout)
    var bytes: [UInt8] = []
    let file = try RecordingFile(path: run.path)
    _ = try Replay.writeOutputs(of: file, robot: other) { bytes.append(contentsOf: $0) }
    let comparison = try compare(run, with: bytes)
    let first = try #require(comparison.first)
    #expect(first.stage == "command" && first.joint == joints[1].name && first.field == "stiffness")
    let whatIf = try WhatIf(file, recorded: run.robot, other: other)
    #expect(comparison.joints.map(\.cycles) == whatIf.joints.map(\.cycles))
    #expect(comparison.joints.map(\.stiffness) == whatIf.joints.map(\.stiffness))
  }

  @Test("An extract is the configuration and the messages as they are")
  func extract() throws {
    let run = try RecordedRun(runTime: 0.3)
    defer { run.remove() }
    var bytes: [UInt8] = []
    try ReplayExtract.write(try RecordingFile(path: run.path), robot: run.robot) {
      bytes.append(contentsOf: $0)
    }
    let cycles = try bytes.withUnsafeBytes { raw in
      var reader = ByteReader(raw)
      let (magic, version) = (reader.integer(UInt64.self), reader.integer(UInt32.self))
      #expect(magic == CycleConfiguration.magic && version == CycleConfiguration.version)
      let configuration = reader.counted(UInt32.self)
      #expect(configuration.flatMap { CycleConfiguration($0) } != nil)
      var recorded = RecordedCycle()
      var cycles: UInt32 = 0
      while reader.remaining > 0 {
        let (kind, sequence) = (reader.integer(UInt32.self), reader.integer(UInt32.self))
        let part = reader.counted(UInt32.self)
        let message = try #require(part)
        guard kind == 1 else { continue }
        cycles += 1
        let isWhole = recorded.read(message, jointCount: 2)
        #expect(sequence == cycles && isWhole)
      }
      return cycles
    }
    #expect(cycles == run.outcome.cycles.map { UInt32($0) })
  }
}
