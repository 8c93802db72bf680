import ControlCycle
import Foundation
import JointControl
import Simulation
import TestSupport
import Testing

@testable import Recording

@Suite("A disk that is full, fails or stands still")
struct DiskFaultTests {
  /// A recorded run with a faulty disk: what became of the recording, what is in it, and every frame on the buses.
  private func run(_ disk: [DiskFault]) throws -> (outcome: RecordingOutcome, cycles: Int, frames: [UInt64]) {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("disk-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("run.mcap").path
    let robot = SampleRobots.arm()
    let recorder = try Recorder(
      robot: robot, content: RecordingContent(attachments: [], metadata: []), path: path, faultPath: nil,
      waitsWhenFull: true, disk: disk)
    let target = SimulatedRobot(robot, seed: 1)
    var frames: [UInt64] = []
    target.tap = { frame in
      var word = UInt64(frame.id) << 32 ^ UInt64(bitPattern: frame.time)
      for byte in 0..<8 { word = word &* 31 &+ UInt64(frame.payload[byte]) }
      frames.append(word)
    }
    var host = target
    try BringUp.run(robot, on: &host)
    var source = MotionPlayer(nil, robot: robot, runTime: 2)
    var encoder = recorder.makeEncoder()
    var loop = ControlLoop(robot, on: host)
    try loop.run(from: &source, recording: &encoder)
    let outcome = recorder.close()
    return (outcome, outcome.cycles ?? 0, frames)
  }

  @Test("Cycles are lost, told and counted; the robot's frames are the same to the bit")
  func lost() throws {
    let sound = try run([])
    #expect(sound.outcome.error == nil && sound.outcome.lostCycles == 0 && sound.cycles > 2000)
    let second: Int64 = 1_000_000_000
    for (kind, message) in [
      (DiskFault.Kind.full, "No space left on device"), (.fails, "Input/output error"),
      (.slow, "the disk was too slow"),
    ] {
      let broken = try run([DiskFault(kind: kind, from: second, until: 2 * second)])
      #expect(broken.outcome.lostCycles > 0 && broken.cycles > 0, "\(kind)")
      #expect(broken.cycles + broken.outcome.lostCycles == sound.cycles, "\(kind)")
      let text = broken.outcome.error.map { "\($0.message) \($0.fix)" } ?? ""
      #expect(text.lowercased().contains(message.lowercased()), "\(kind): \(text)")
      #expect(broken.frames == sound.frames, "\(kind)")
    }
  }

  @Test("A slow disk that is over loses its blocks alone")
  func slow() throws {
    let broken = try run([DiskFault(kind: .slow, from: 1_000_000_000, until: 1_400_000_000)])
    #expect(broken.outcome.lostCycles > 0 && broken.outcome.lostCycles <= 1000 && broken.cycles > 1000)
  }
}
