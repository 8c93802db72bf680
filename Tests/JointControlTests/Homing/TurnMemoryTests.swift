import ControlCycle
import Foundation
import TestSupport
import Testing

@testable import JointControl

@Suite("Saved turns")
struct TurnMemoryTests {
  private let memory = TurnMemory(
    robot: "rig",
    entries: [
      .init(joint: "shoulder", correction: 0.1 + 0.2, pose: -1e-17),
      .init(joint: "elbow", correction: 0, pose: 2.5),
    ])

  @Test("A file is read as it was written, to the bit; one that is not there is none")
  func roundTrip() throws {
    let place = FileManager.default.temporaryDirectory.appendingPathComponent("turns-\(UUID())")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    let path = place.appendingPathComponent("homing.state").path
    #expect(try TurnMemory.load(path) == nil)
    try memory.save(path)
    #expect(try TurnMemory.load(path) == memory)
    // A write that cannot be done leaves the old file.
    try FileManager.default.createDirectory(atPath: path + ".new", withIntermediateDirectories: false)
    #expect(throws: TurnMemoryError.self) { try TurnMemory(robot: "x", entries: []).save(path) }
    #expect(try TurnMemory.load(path) == memory)
  }

  @Test("The checksum is the one of zlib")
  func checksum() { #expect(TurnMemory.checksum(Array("123456789".utf8)) == "cbf43926") }

  @Test("Every cut and every changed bit is refused, with the file's name")
  func damage() throws {
    let bytes = Array(memory.text.utf8)
    #expect(try TurnMemory(bytes, path: "a") == memory)
    for length in bytes.indices {
      #expect(throws: TurnMemoryError.self) { try TurnMemory(Array(bytes[..<length]), path: "a") }
    }
    for index in bytes.indices {
      for bit in 0..<8 {
        var broken = bytes
        broken[index] ^= 1 << bit
        do {
          _ = try TurnMemory(broken, path: "a")
          Issue.record("byte \(index), bit \(bit) is taken")
        } catch { #expect("\(error)".hasPrefix("a")) }
      }
    }
  }

  @Test("Sound text that says nonsense is refused with its line")
  func nonsense() throws {
    for (line, place) in [
      ("joint a 0 nan", "x:3:"), ("joint a 0", "x:3:"), ("joint a 0 0\njoint a 0 0", "x:4:"),
    ] {
      let body = "sinew-homing 1\nrobot rig\n\(line)\n"
      let text = body + "crc32 \(TurnMemory.checksum(Array(body.utf8)))\n"
      do {
        _ = try TurnMemory(Array(text.utf8), path: "x")
        Issue.record("\(line) is taken")
      } catch { #expect("\(error)".hasPrefix(place), "\(error)") }
    }
  }

  @Test(
    "10,000 random losses: lost turns are told from moves of less than a quarter of a turn, and those are kept"
  )
  func choices() {
    var random = SeededGenerator(seed: 7)
    let limits = JointLimits(minPosition: -2, maxPosition: 2, velocity: 1, acceleration: 1, torque: 1)
    for _ in 0..<10_000 {
      let pitch = Double.random(in: 0.05...1, using: &random)
      let pose = Double.random(in: -1.9...1.9, using: &random)
      let move = Double.random(in: -0.5...0.5, using: &random) * pitch
      let turns = Int.random(in: -5...5, using: &random)
      let correction = Double.random(in: -3...3, using: &random)
      let choice = TurnChoice(
        reading: pose + move - correction - Double(turns) * pitch,
        saved: .init(joint: "a", correction: correction, pose: pose), pitch: pitch, limits: limits)
      let isFar = move.magnitude > TurnChoice.trust * pitch
      // At the edge rounding decides.
      if (move.magnitude - TurnChoice.trust * pitch).magnitude < 1e-9 { continue }
      #expect(choice.isPlausible == !isFar || choice.verdict == .outside)
      guard choice.isPlausible else { continue }
      #expect((choice.position - pose - move).magnitude < 1e-9)
      #expect(choice.verdict == (turns == 0 ? .same : .recovered(turns: turns)))
    }
  }

  @Test("A reading that is no number is no place")
  func notFinite() {
    let limits = JointLimits(minPosition: -2, maxPosition: 2, velocity: 1, acceleration: 1, torque: 1)
    for reading in [Double.nan, .infinity, 1e300] {
      let choice = TurnChoice(
        reading: reading, saved: .init(joint: "a", correction: 0, pose: 0), pitch: 0.1, limits: limits)
      #expect(!choice.isPlausible)
    }
  }
}
