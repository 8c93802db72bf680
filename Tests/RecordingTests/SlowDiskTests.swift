import ControlCycle
import Foundation
import JointControl
import Simulation
import TestSupport
import Testing

@testable import Recording

@Suite("A disk that is too slow")
struct SlowDiskTests {
  @Test("What a stuck disk cannot take in time is lost by the block and counted; the run goes on")
  func stuck() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("slow-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("disk").path
    // A pipe that nobody reads takes 64 kB and then stands still.
    try #require(mkfifo(path, 0o600) == 0)
    let reader = open(path, O_RDWR)
    try #require(reader >= 0)
    defer { close(reader) }

    let robot = SampleRobots.arm()
    let recorder = try Recorder(
      robot: robot, content: RecordingContent(attachments: [], metadata: []), path: path, faultPath: nil,
      waitsWhenFull: false)
    var target = SimulatedRobot(robot, seed: 1)
    try BringUp.run(robot, on: &target)
    let time = Double(BlockWriter.capacity) * Double(Recorder.blockTime) * 1e-9 + 10
    var source = MotionPlayer(nil, robot: robot, runTime: time)
    var encoder = recorder.makeEncoder()
    var loop = ControlLoop(robot, on: target)
    try loop.run(from: &source, recording: &encoder)

    // Now the disk wakes up again.
    let drain = Thread {
      var bytes = [UInt8](repeating: 0, count: 1 << 16)
      while read(reader, &bytes, bytes.count) > 0 {}
    }
    drain.start()
    let outcome = recorder.close()
    let cycles = try #require(outcome.cycles)
    #expect(outcome.lostCycles > 0 && cycles > 0)
    #expect(outcome.error?.message == "the disk was too slow")
    #expect(Double(cycles + outcome.lostCycles) * 1e-3 > time)
  }
}
