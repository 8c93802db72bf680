import ControlCycle
import JointControl
import Simulation
import TestSupport
import Testing

/// Stiffness and damping of every cycle.
private struct GainRecorder: CycleRecorder {
  var sent: [(state: SafetyState, gains: [ImpedanceGains])] = []

  mutating func record(
    _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
    transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
  ) {
    let gains = (0..<control.jointCount).map {
      ImpedanceGains(stiffness: control.commands[$0].stiffness, damping: control.commands[$0].damping)
    }
    sent.append((control.safety.state, gains))
  }
}

@Suite("Gains that are ramped in")
struct GainRampTests {
  private let robot = SampleRobots.arm(losses: .planetary)

  private func run(
    _ gains: [Int: ImpedanceGains], within time: Double, _ experiments: [Experiment]? = nil
  ) throws -> GainRecorder {
    var target = SimulatedRobot(robot, seed: 1)
    try BringUp.run(robot, on: &target)
    var experiment = Experiment.usual(.step, joint: 0, of: robot)
    experiment.duration = 1
    var source = ExperimentSource(robot, experiments ?? [experiment], lead: time)
    var recorder = GainRecorder()
    var law = GainRamp(robot, to: gains, within: time)
    var loop = ControlLoop(robot, on: target)
    try loop.run(from: &source, applying: &law, recording: &recorder)
    return recorder
  }

  @Test(
    "Gains go along a line from the described ones, other joints keep theirs, and braking has the described ones again"
  )
  func line() throws {
    let wanted = ImpedanceGains(stiffness: 90, damping: 2.2)
    let described = robot.joints[0].configuration.gains
    let sent = try run([0: wanted], within: 0.2).sent
    let armed = sent.filter { $0.state == .armed }
    for (cycle, gains) in armed.prefix(400).enumerated() {
      let share = min(1, Double(cycle + 1) / 200)
      let stiffness = described.stiffness + share * (wanted.stiffness - described.stiffness)
      let damping = described.damping + share * (wanted.damping - described.damping)
      #expect((gains.gains[0].stiffness - stiffness).magnitude < 1e-9, "cycle \(cycle)")
      #expect((gains.gains[0].damping - damping).magnitude < 1e-9, "cycle \(cycle)")
    }
    #expect(armed.allSatisfy { $0.gains[1].stiffness == 60 && $0.gains[1].damping == 1.5 })
    // No cycle changes them by more than a part of the ramp, also while the robot stops.
    let step = (wanted.stiffness - described.stiffness) / 200
    for (one, next) in zip(armed, armed.dropFirst()) {
      #expect((next.gains[0].stiffness - one.gains[0].stiffness).magnitude <= step + 1e-9)
    }
    let last = try #require(sent.last { $0.state != .disarmed })
    #expect(last.gains[0].stiffness == 0 && last.gains[0].damping == described.damping)
  }

  @Test("A law without stiffness keeps none")
  func withoutStiffness() throws {
    let relay = Experiment.usual(.relay, joint: 0, of: robot)
    let sent = try run([0: ImpedanceGains(stiffness: 90, damping: 2)], within: 0.1, [relay]).sent
    let limp = sent.filter { $0.state == .armed && $0.gains[0].stiffness == 0 }
    #expect(limp.count > 100 && limp.allSatisfy { $0.gains[0].damping == 2 })
  }

  @Test("Without a time they change in one cycle; with no joint nothing changes")
  func atOnce() throws {
    let sent = try run([0: ImpedanceGains(stiffness: 30, damping: 1)], within: 0).sent
    #expect(sent.first { $0.state == .armed }?.gains[0].stiffness == 30)
    // Braking has the described ones again, as soon as the time of the ramp allows.
    #expect(sent.first { $0.state == .stopping }?.gains[0].stiffness == 60)
    let none = try run([:], within: 0.1).sent
    #expect(none.filter { $0.state == .armed }.allSatisfy { $0.gains[0].stiffness == 60 })
  }
}
