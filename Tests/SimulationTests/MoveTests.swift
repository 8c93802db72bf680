import AllocationGuard
import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// Where joints are commanded to be at the end, and what is allocated while verbs are planned and played.
private struct WatchedMoves: SetpointSource, ~Copyable {
  var player: MotionPlayer
  var last: [Double] = []
  private(set) var allocations: Int64 = 0

  init(player: consuming MotionPlayer) { self.player = player }

  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    allocation_guard_enter()
    let directive = player.next(cycle, control: control, into: &setpoints)
    allocations += allocation_guard_leave()
    switch player.phase {
    case .arming, .approaching, .playing: break
    default: if last.isEmpty { last = (0..<control.jointCount).map { control.motions[$0].position } }
    }
    return directive
  }
}

@Suite("Motion verbs on simulated drives")
struct MoveTests {
  @Test("movej on the way of another, a stop and home: met to 1e-8, not limited, nothing allocated")
  func moves() throws {
    let robot = SampleRobots.arm(losses: .planetary)
    let program = MoveProgram(
      name: "moves",
      steps: [
        MoveProgram.Step(.joints([1.0, nil], .time), speed: 0.5),
        MoveProgram.Step(.joints([0.2, 0.4], .phase), speed: 0.5, at: 0.2),
        MoveProgram.Step(.stop(.two), at: 0.3), MoveProgram.Step(.wait(0.1)),
        MoveProgram.Step(.joints([0.7, -0.6], .none), speed: 0.9),
      ])
    var target = SimulatedRobot(robot, seed: 1, pace: .fast)
    try BringUp.run(robot, on: &target)
    var source = WatchedMoves(player: MotionPlayer(program, robot: robot, runTime: nil))
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: target)
    try loop.run(from: &source, recording: &statistics)
    let records = source.player.moveRecords
    #expect(records.map(\.outcome) == [.replaced, .replaced, .done, .done, .done])
    #expect(source.allocations == 0)
    try #require(source.last.count == 2)
    #expect(abs(source.last[0] - 0.7) <= 1e-8 && abs(source.last[1] + 0.6) <= 1e-8)
    for joint in 0..<2 {
      #expect(statistics.joints[joint].limited == 0 && statistics.joints[joint].saturated == 0)
    }
  }
}
