import AllocationGuard
import ControlCycle
import Foundation
import JointControl
import Simulation
import TestSupport

@testable import Recording

/// A run of a sample robot, recorded.
struct RecordedRun {
  let robot: Robot
  let folder: URL
  var outcome = RecordingOutcome()
  var fault: ControlFault?
  /// Allocations of the loop's thread inside `record`.
  var allocations: Int64 = 0
  var path: String { folder.appendingPathComponent("run.mcap").path }

  /// Records `runTime` seconds after arming; `lost` is when the arm's lower bus dies [ns].
  init(
    _ robot: Robot = SampleRobots.arm(), runTime: Double = 1.5, lost: Int64? = nil, choosing: [TimedLaw] = []
  ) throws {
    try self.init(robot, runTime: runTime, lost: lost, choosing: choosing, applying: NoLaw())
  }

  /// Records a run with a law of the user's, named in the recording unless it is none.
  init<UserLaw: Law>(
    _ robot: Robot = SampleRobots.arm(), runTime: Double = 1.5, lost: Int64? = nil,
    choosing: [TimedLaw] = [], applying law: UserLaw
  ) throws {
    self.robot = robot
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("recording-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var content = RecordingContent(
      attachments: [
        RecordingAttachment(name: "robot.yaml", mediaType: "application/yaml", data: Array("x".utf8))
      ],
      metadata: [("seed", "1")])
    if UserLaw.self != NoLaw.self { content = content.naming(law: UserLaw.self) }
    let recorder = try Recorder(
      robot: robot, content: content, path: path,
      faultPath: folder.appendingPathComponent("fault-%.mcap").path, waitsWhenFull: true)
    var target = SimulatedRobot(
      robot, seed: 1, faults: lost.map { [BusFault(bus: 1, kind: .loseAll(from: $0))] } ?? [])
    try BringUp.run(robot, on: &target)
    let wave = Motion(
      name: "wave",
      points: [(0, [0.4, -0.3]), (0.6, [0.9, 0.2]), (1.2, [0.1, -0.6])].map {
        Motion.Point(time: $0.0, positions: $0.1)
      })
    var source = ChoosingSource(
      player: MotionPlayer(wave, robot: robot, runTime: runTime), laws: LawSchedule(choosing))
    var guarded = GuardedEncoder(encoder: recorder.makeEncoder())
    var loop = ControlLoop(robot, on: target)
    var law = law
    do throws(ControlFault) {
      try loop.run(from: &source, applying: &law, recording: &guarded)
    } catch { fault = error }
    allocations = guarded.allocations
    outcome = recorder.close()
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  /// A copy of the recording with its bytes changed.
  func variant(_ name: String, _ change: (inout [UInt8]) -> Void) throws -> String {
    var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    change(&bytes)
    let other = folder.appendingPathComponent(name).path
    try Data(bytes).write(to: URL(fileURLWithPath: other))
    return other
  }
}

/// A motion with changes of law, in seconds since the robot was armed.
private struct ChoosingSource: SetpointSource, ~Copyable {
  var player: MotionPlayer
  var laws: LawSchedule
  private var armedAt: Int64?

  init(player: consuming MotionPlayer, laws: LawSchedule) {
    self.player = player
    self.laws = laws
  }

  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    if armedAt == nil && control.safety.state == .armed { armedAt = cycle.time }
    if let armedAt { laws.ask(at: Double(cycle.time - armedAt) * 1e-9, into: &setpoints) }
    return player.next(cycle, control: control, into: &setpoints)
  }
}

/// Counts what the encoder allocates.
private struct GuardedEncoder: CycleRecorder, ~Copyable {
  var encoder: CycleEncoder
  var allocations: Int64 = 0

  init(encoder: consuming CycleEncoder) { self.encoder = encoder }

  mutating func record(
    _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
    transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
  ) {
    allocation_guard_enter()
    encoder.record(
      record, received: received, setpoints: setpoints, transmitted: transmitted, control: control)
    allocations += allocation_guard_leave()
  }
}
