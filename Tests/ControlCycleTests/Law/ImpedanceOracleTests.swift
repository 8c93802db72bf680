import Testing

@testable import ControlCycle

/// The stiffness and damping that somebody feels who pushes a joint which the whole cycle drives.
@Suite("Laws: joint impedance")
struct ImpedanceOracleTests {
  @Test("A pushed joint has its stiffness within 0.5 % and its damping within 2 %")
  func pushed() throws {
    var harness = try CycleHarness(content: .none)
    harness.arm()
    for _ in 0..<400 { harness.step() }
    // With 80 N.m/rad and 2 N.m.s/rad this inertia is damped with 0.3.
    var joint = Rotor(inertia: 1 / (0.3 * 0.3 * 80))
    var step = StepResponse(from: 0, to: 0.05)
    for cycle in 0..<3000 {
      harness.reports[1]?.position = joint.position
      harness.reports[1]?.velocity = joint.velocity
      harness.step()
      let command = harness.control.commands[1]
      for _ in 0..<50 {
        let torque =
          command.stiffness * (command.position - joint.position)
          + command.damping * (command.velocity - joint.velocity) + command.torque
        joint.advance(torque + 4, period: 2e-5)
      }
      step.take(joint.position, at: 0.001 * Double(cycle))
    }
    #expect(abs(joint.position / 0.05 - 1) < 0.005, "\(4 / joint.position) N.m/rad")
    // Overshoot of a damping of 0.306 and of 0.294.
    #expect(step.overshoot > 0.3643 && step.overshoot < 0.3804, "\(step.overshoot)")
  }
}
