import AllocationGuard
import ControlCycle
import JointControl
import Simulation
import TestSupport
import Testing
import VirtualWall

/// Asks for one number as stiffness and torque of every joint, from one cycle on.
private struct ExtremeLaw: Law {
  let demand: Double
  let first: Int64

  @_noLocks mutating func update(
    _ cycle: Cycle, control: borrowing ControlCycle, efforts: inout JointEfforts
  ) {
    if cycle.number < first { return }
    for joint in 0..<control.jointCount { efforts[joint] = JointEffort(stiffness: demand, torque: demand) }
  }
}

/// Largest commands of a run, and what some armed cycles allocated.
private struct CommandRecorder: CycleRecorder, ~Copyable {
  var statistics = RunStatistics()
  private(set) var peakTorque = 0.0
  private(set) var peakPosition = 0.0
  private(set) var allocations: Int64 = -1

  mutating func record(
    _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
    transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
  ) {
    if record.cycle.number == 900 { allocations = allocation_guard_leave() }
    statistics.record(
      record, received: received, setpoints: setpoints, transmitted: transmitted, control: control)
    for joint in 0..<control.jointCount {
      let command = control.commands[joint]
      let state = control.states[joint]
      let torque =
        command.stiffness * (command.position - state.position)
        + command.damping * (command.velocity - state.velocity) + command.torque
      peakTorque = max(peakTorque, abs(torque))
      peakPosition = max(peakPosition, abs(command.position))
    }
    if record.cycle.number == 400 { allocation_guard_enter() }
  }
}

@Suite("Laws of the user's")
struct LawTests {
  private let reach = Motion(
    name: "reach",
    points: [(0, [0.4, -0.3]), (0.6, [0.9, -0.3]), (1.4, [0.9, -0.3])].map {
      Motion.Point(time: $0.0, positions: $0.1)
    })

  private func run<UserLaw: Law & ~Copyable>(
    _ law: inout UserLaw, recording recorder: inout CommandRecorder
  ) throws -> ControlFault? {
    let robot = SampleRobots.arm(losses: .planetary)
    var target = SimulatedRobot(robot, seed: 1)
    try BringUp.run(robot, on: &target)
    var source = MotionPlayer(reach, robot: robot, runTime: nil)
    var loop = ControlLoop(robot, on: target)
    do throws(ControlFault) {
      try loop.run(from: &source, applying: &law, recording: &recorder)
    } catch { return error }
    return nil
  }

  @Test("A virtual wall holds a joint back and allocates nothing")
  func wall() throws {
    var free = CommandRecorder()
    var walled = CommandRecorder()
    var none = NoLaw()
    #expect(try run(&none, recording: &free) == nil)
    var shoulder = JointSet()
    shoulder.insert(0)
    // From 0.5 rad on; as stiff as the joint, so that both meet half-way to 0.9 rad.
    var wall = VirtualWall(joints: shoulder, width: 2.5, stiffness: 60, damping: 1)
    #expect(try run(&wall, recording: &walled) == nil)
    #expect(free.statistics.joints[0].maxPosition > 0.86)
    #expect(walled.statistics.joints[0].maxPosition > 0.6 && walled.statistics.joints[0].maxPosition < 0.76)
    #expect(wall.contacts > 500)
    #expect(free.allocations == 0 && walled.allocations == 0)
  }

  @Test("No law gets past the torque limit or moves the commanded position", arguments: [1e9, -1e9, 1e300])
  func limits(demand: Double) throws {
    var law = ExtremeLaw(demand: demand, first: 0)
    var recorder = CommandRecorder()
    _ = try run(&law, recording: &recorder)
    #expect(recorder.peakTorque <= 15 * (1 + 1e-9) && recorder.peakPosition <= 3)
    #expect(recorder.statistics.cycles > 100)
  }

  @Test(
    "A law that asks for what is no number is a fault and ends in damping",
    arguments: [Double.nan, .infinity])
  func notFinite(demand: Double) throws {
    var law = ExtremeLaw(demand: demand, first: 1000)
    var recorder = CommandRecorder()
    let fault = try #require(try run(&law, recording: &recorder))
    #expect(fault.fault.kind == .commandNotFinite && fault.fault.cycle == 1000)
    #expect(recorder.peakTorque.isFinite)
  }
}
