import JointControl
import RigidBody
import TestSupport
import Testing

@testable import ControlCycle
@testable import Simulation

/// Each invariant notices a core that breaks it, and no other invariant does: cores are made to break them by hand.
@Suite("What holds in every run")
struct InvariantTests {
  typealias Invariant = InvariantMonitor.Invariant

  private let robot = SampleRobots.arm()

  /// The names of the invariants that are violated by some cycles, of a core that `change` spoils before each.
  private func violations(
    cycles: Int = 8, request: (Int) -> Request = { _ in .arm }, frames: Int = 2,
    _ change: (inout ControlCycle, Int) -> Void
  ) -> [Invariant] {
    let data = ModelData(robot.model)
    var control = ControlCycle(robot: robot, data: data)
    for joint in robot.joints.indices {
      control.samples[joint].state.age = 1
      control.states[joint].age = 1
      control.activations[joint] = 1
    }
    control.safety.state = .armed
    control.safety.isSwitchingOn = false
    var monitor = InvariantMonitor(jointCount: robot.joints.count)
    var transmitted = FrameBuffer(capacity: 8)
    for _ in 0..<frames { transmitted.append(CANFrame()) }
    for number in 0..<cycles {
      change(&control, number)
      let cycle = Cycle(number: Int64(number), time: Int64(number) * robot.period, period: 1e-3)
      let record = CycleRecord(
        cycle: cycle, request: request(number), stages: StageTimes(), busy: 0, skipped: 0, missed: 0)
      monitor.take(record, time: Double(number) * 1e-3, transmitted: transmitted, control: control)
    }
    return monitor.verdicts(robot: robot).filter { !$0.passed }.compactMap { Invariant(rawValue: $0.name) }
  }

  @Test("A core at rest violates none")
  func none() { #expect(violations { _, _ in } == []) }

  @Test("Commands")
  func commands() {
    let limits = robot.joints[0].configuration.limits
    #expect(violations { control, _ in control.commands[1].torque = .nan }.contains(.commandsAreFinite))
    #expect(
      violations { control, _ in control.commands[0].torque = limits.torque * 1.001 } == [.torqueWithinLimits]
    )
    #expect(
      violations { control, _ in control.commands[0].position = limits.maxPosition + 1e-6 }
        == [.positionWithinLimits])
    #expect(
      violations { control, _ in control.commands[0].velocity = -limits.velocity * 1.001 }
        == [.velocityWithinLimits])
    // A motion that is fast by 0.001 of its acceleration limit, and one that keeps it.
    for (factor, expected) in [(1.001, [Invariant.accelerationWithinLimits]), (0.999, [])] {
      let broken = violations { control, number in
        let seconds = Double(number) * 1e-3
        control.motions[0].position = factor * limits.acceleration * seconds * (seconds + 1e-3) / 2
      }
      #expect(broken == expected, "\(factor)")
    }
  }

  @Test("States")
  func states() {
    #expect(
      violations { control, _ in
        control.safety.state = .disarmed
        control.commands[1].stiffness = 1
      } == [.unarmedIsLimp])
    // What the limiter takes back of too much damping is no feed-forward; a torque of anybody else is.
    for isLimiters in [true, false] {
      let broken = violations { control, _ in
        control.safety.state = .disarmed
        control.commands[1].torque = 0.5
        control.torqueLimited = JointSet()
        if isLimiters { control.torqueLimited.insert(1) }
      }
      #expect(broken == (isLimiters ? [] : [.unarmedIsLimp]))
    }
    let latch = { (control: inout ControlCycle) in control.safety.fault.latch(.overspeed, joint: 0, cycle: 1)
    }
    #expect(violations { control, _ in latch(&control) } == [.faultStops, .nothingRearms])
    let forgets = violations { control, number in
      control.safety.state = .fault
      if number < 4 { latch(&control) } else { control.safety.fault = Fault() }
    }
    #expect(forgets == [.faultStaysLatched])
    let rearms = violations { control, number in
      control.safety.state = number < 4 ? .fault : .arming
      if number < 4 { latch(&control) } else { control.safety.fault = Fault() }
    }
    #expect(rearms == [.faultStaysLatched, .nothingRearms])
    // A recovery may.
    let recovers = violations(request: { $0 == 4 ? .recover : .arm }) { control, number in
      control.safety.state = number < 4 ? .fault : (number == 4 ? .disarmed : .arming)
      if number < 4 { latch(&control) } else { control.safety.fault = Fault() }
    }
    #expect(recovers == [])
    #expect(violations(request: { _ in .disarm }) { _, _ in } == [.disarmIsObeyed])
  }

  @Test("Samples and frames")
  func samples() {
    let old = robot.joints[0].configuration.staleness.maxAge + 1
    #expect(violations { control, _ in control.states[0].age = old } == [.oldSamplesAreStale])
    #expect(
      violations { control, _ in
        control.states[0].age = old
        control.stale.insert(0)
      } == [])
    #expect(
      violations { control, _ in
        control.states[0].age = StalenessPolicy.lossAge
        control.stale.insert(0)
      } == [.oldSamplesAreStale])
    #expect(violations(frames: 1) { _, _ in } == [.everyJointIsCommanded])
  }
}
