import AllocationGuard
import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// A player of moves, what it allocates in the cycle, and how the robot was asked to stop.
private struct WatchedPlayer: SetpointSource, ~Copyable {
  var player: MotionPlayer
  private(set) var allocations: Int64 = 0
  /// Instants of the first cycle that asked for a stop and of the first that switched the drives off [ns].
  private(set) var stopAt: Int64?
  private(set) var offAt: Int64?

  init(player: consuming MotionPlayer) { self.player = player }

  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    allocation_guard_enter()
    let directive = player.next(cycle, control: control, into: &setpoints)
    allocations += allocation_guard_leave()
    switch directive.request {
    case .stop: stopAt = stopAt ?? cycle.time
    case .disarm: offAt = offAt ?? cycle.time
    default: break
    }
    return directive
  }
}

@Suite("Collisions on simulated drives")
struct CollisionTests {
  /// What a run came to.
  private struct Run {
    var collision: Collision?
    var records: [MovePlayer.Record]
    var allocations: Int64
    var stopAt: Int64?
    var offAt: Int64?
  }
  private static let push: Int64 = 1_500_000_000

  /// A slow motion of both joints, in which the elbow is pushed with a torque [N.m]; 0 pushes not.
  private func run(level: Double, stop: CollisionReaction.Stop, torque: Double, steps: Int = 1) throws -> Run
  {
    var robot = SampleRobots.arm(losses: .planetary)
    robot.collision = level > 0 ? CollisionReaction(level: level, stop: stop) : nil
    let step = MoveProgram.Step(.joints([1.0, 0.9], .time), speed: 0.1)
    let program = MoveProgram(name: "moves", steps: Array(repeating: step, count: steps))
    let faults =
      torque > 0 ? [try Injection("elbow pushed at 1.5 for 0.4 intensity \(torque)", robot: robot)] : []
    var target = SimulatedRobot(robot, seed: 1, injections: faults, pace: .fast)
    try BringUp.run(robot, on: &target)
    var source = WatchedPlayer(player: MotionPlayer(program, robot: robot, runTime: nil))
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: target)
    try loop.run(from: &source, recording: &statistics)
    return Run(
      collision: source.player.collision, records: source.player.moveRecords, allocations: source.allocations,
      stopAt: source.stopAt, offAt: source.offAt)
  }

  @Test(
    "A push is noticed within 60 ms at the joint that is pushed, and ends in the stop that the robot says")
  func noticed() throws {
    for stop in CollisionReaction.Stop.allCases {
      let run = try run(level: 0.25, stop: stop, torque: 6)
      let found = try #require(run.collision)
      #expect(found.joint == 1 && found.torque.magnitude > found.threshold)
      #expect(found.time > Self.push && found.time < Self.push + 60_000_000, "\(found)")
      #expect(run.records[0].outcome == .running && run.allocations == 0)
      let off = try #require(run.offAt)
      switch stop {
      case .zero: #expect(off <= found.time + 1_000_000 && run.stopAt == nil)
      case .one: #expect(run.stopAt == found.time && off > found.time + 400_000_000)
      case .two:
        // All come to rest on their own way first.
        let stopped = try #require(run.stopAt)
        #expect(stopped > found.time + 5_000_000 && stopped < found.time + 500_000_000)
      }
    }
  }

  @Test("Nobody who does not look notices the push, and nobody who looks notices one where there is none")
  func controls() throws {
    let blind = try run(level: 0, stop: .one, torque: 6)
    #expect(blind.collision == nil && blind.records[0].outcome == .done)
    let unharmed = try run(level: 0.25, stop: .one, torque: 0)
    #expect(unharmed.collision == nil && unharmed.records[0].outcome == .done)
    let patient = try run(level: 1, stop: .one, torque: 6)
    #expect(patient.collision == nil, "a level beyond the push")
  }
}
