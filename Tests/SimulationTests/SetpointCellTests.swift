import AllocationGuard
import ControlCycle
import Foundation
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// Publishes into the cell as another thread would, one set every `every` cycles until `last`, then takes it out again.
private struct Publisher: SetpointSource, ~Copyable {
  let cell: LatestValue<SetpointSet>
  let every: Int64
  let last: Int64
  let law: LawChoice?
  /// Cycles in which a law was asked for.
  var asked = 0
  var source: SetpointCellSource
  var allocations: Int64 = 0
  var followed = 0

  init(every: Int64, last: Int64, law: LawChoice? = nil) {
    self.law = law
    cell = LatestValue(SetpointSet(.disarm))
    source = SetpointCellSource(cell)
    self.every = every
    self.last = last
  }

  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    allocation_guard_enter()
    // The first cycles make the metadata of generic types, where no test before them did.
    defer {
      let count = allocation_guard_leave()
      if cycle.number >= 20 { allocations += count }
    }
    if cycle.number % every == 0 && cycle.number <= last {
      var set = SetpointSet(.arm)
      set.joints[0].position = 0.4
      set.joints[1].position = -0.3
      if let law { set.choose(law, for: 1) }
      cell.publish(set)
    }
    if control.safety.fault.isLatched && control.safety.isAtRest {
      cell.publish(SetpointSet(.disarm, isFinished: true))
    }
    let directive = source.next(cycle, control: control, into: &setpoints)
    if !setpoints.chosen.isEmpty { asked += 1 }
    if control.safety.state == .armed && setpoints.joints[1].position == -0.3 { followed += 1 }
    return directive
  }
}

@Suite("Setpoints and state through a cell")
struct SetpointCellTests {
  private func run(every: Int64) throws -> (
    fault: ControlFault?, followed: Int, allocations: Int64, state: RobotState
  ) {
    let robot = SampleRobots.arm(losses: .planetary)
    var target = SimulatedRobot(robot, seed: 1)
    try BringUp.run(robot, on: &target)
    var source = Publisher(every: every, last: 2000)
    let states = LatestValue(RobotState())
    var publisher = StatePublisher(states)
    var loop = ControlLoop(robot, on: target)
    var fault: ControlFault?
    do throws(ControlFault) { try loop.run(from: &source, recording: &publisher) } catch { fault = error }
    return (fault, source.followed, source.allocations, states.latest)
  }

  @Test("The loop follows what is published; when nothing comes any more the command watchdog stops it")
  func follows() throws {
    let result = try run(every: 10)
    #expect(result.followed > 1000)
    #expect(result.allocations == 0)
    // The robot's command timeout is 50 ms: frozen after it, stopped after three.
    let fault = try #require(result.fault)
    #expect(fault.fault.kind == .commandTimeout)
    #expect((2140...2160).contains(fault.fault.cycle))
    #expect(result.state.cycle > fault.fault.cycle)
    #expect(abs(result.state.joints[0].position - 0.4) < 0.2 && result.state.joints[0].age == 1)
  }

  @Test("A law that another thread's sets say is asked for until it is followed, and no longer")
  func law() throws {
    let robot = SampleRobots.arm(losses: .planetary)
    var target = SimulatedRobot(robot, seed: 1)
    try BringUp.run(robot, on: &target)
    var source = Publisher(every: 10, last: 1000, law: LawChoice(.damping, damping: 0.5))
    var loop = ControlLoop(robot, on: target)
    var publisher = StatePublisher(LatestValue(RobotState()))
    do throws(ControlFault) { try loop.run(from: &source, recording: &publisher) } catch {}
    #expect(source.asked == 1 && source.allocations == 0)
    #expect(loop.control.laws[1].choice.isSame(as: LawChoice(.damping, damping: 0.5)))
    #expect(loop.control.laws[0].choice.isSame(as: LawChoice(.impedance)))
  }

  @Test("A set that is older than the command timeout is too old: the robot never gets to follow it")
  func tooSlow() throws {
    #expect(try run(every: 1999).fault?.fault.kind == .commandTimeout)
  }

  @Test("Another thread's setpoints arrive whole, and its reader sees whole states")
  func threads() {
    let setpoints = LatestValue(SetpointSet(.disarm))
    let count = 20_000
    let writer = Thread {
      for number in 1...count {
        var set = SetpointSet(.arm, isFinished: number == count)
        for joint in 0..<64 { set.joints[joint].torque = Double(number) }
        setpoints.publish(set)
      }
    }
    writer.start()
    var broken = 0
    var last = 0.0
    while true {
      guard let set = setpoints.takeNew() else { continue }
      let torque = set.joints[0].torque
      for joint in 0..<64 where set.joints[joint].torque != torque { broken += 1 }
      if torque < last { broken += 1 }
      last = torque
      if set.isFinished { break }
    }
    #expect(broken == 0 && last == Double(count))
  }
}
