import Testing

@testable import ControlCycle

@Suite("Laws: admittance and flexible joint")
struct CompliantLawTests {
  @Test("An admittance has its stiffness within 0.5 %, its damping within 2 %, and its dead band")
  func admittance() {
    // 20 rad/s, damping 0.3: overshoot 37.23 %.
    var law = JointAdmittance(
      JointAdmittance.Gains(inertia: 0.5, damping: 6, stiffness: 200, deadBand: 1, velocityLimit: 50))
    var step = StepResponse(from: 0, to: 0.1)
    for sample in 0..<4000 {
      step.take(law.update(torque: 21, limit: 1, period: 0.001), at: 0.001 * Double(sample))
    }
    #expect(abs(law.state.offset / 0.1 - 1) < 0.005)
    // The overshoot of 2 % more or less damping.
    #expect(step.overshoot > 0.362 && step.overshoot < 0.3825, "\(step.overshoot)")
    var idle = JointAdmittance(law.gains)
    for _ in 0..<100 { #expect(idle.update(torque: -0.99, limit: 1, period: 0.001) == 0) }
  }

  @Test("Nobody gets more work out of an admittance than he put in")
  func admittanceIsPassive() {
    for (damping, period) in [(0.0, 0.001), (3, 0.01), (50, 0.02)] {
      var law = JointAdmittance(
        JointAdmittance.Gains(inertia: 0.02, damping: damping, stiffness: 400, velocityLimit: 1e6))
      var (work, least) = (0.0, 0.0)
      for sample in 0..<3000 {
        let torque = sample % 7 < 3 ? 5.0 : (sample % 11 < 5 ? -4 : 0)
        let before = law.state.offset
        work += torque * (law.update(torque: torque, limit: 1e6, period: period) - before)
        least = min(least, work)
      }
      #expect(least > -1e-9, "\(least) J")
    }
  }

  @Test("An admittance keeps its limits, and stands still on nonsense")
  func admittanceLimits() {
    var law = JointAdmittance(JointAdmittance.Gains(inertia: 0.1, damping: 0.5, velocityLimit: 2))
    var last = 0.0
    for _ in 0..<2000 {
      let now = law.update(torque: 30, limit: 0.8, period: 0.001)
      #expect(now - last <= 0.002 * (1 + 1e-9) && now <= 0.8)
      last = now
    }
    #expect(last == 0.8 && law.state.isSaturated && law.state.velocity == 0)
    #expect(law.update(torque: .nan, limit: 0.8, period: 0.001) == 0.8 && law.state.rejected == 1)
    for _ in 0..<500 { last = law.update(torque: -30, limit: 0.8, period: 0.001) }
    #expect(last < 0.8 - 0.5)
  }

  /// Rotor, reducer and link, stepped finely; the link is pushed in the second half.
  private func response(_ desired: Double) -> (settling: Double, overshoot: Double, stiffness: Double) {
    let (rotorInertia, linkInertia, reducer) = (1.2, 0.8, 3000.0)
    var law = FlexibleJointImpedance(
      FlexibleJointImpedance.Gains(
        inertia: rotorInertia, desiredInertia: desired, stiffness: 400, damping: 30))
    var rotor = Rotor(inertia: rotorInertia)
    var link = Rotor(inertia: linkInertia)
    var step = StepResponse(from: 0, to: 0.1)
    for sample in 0..<4000 {
      let torque = law.update(
        .init(position: 0.1),
        measured: .init(
          position: rotor.position, velocity: rotor.velocity,
          torque: reducer * (rotor.position - link.position)),
        limit: 1000, period: 0.001)
      for _ in 0..<20 {
        let twist = reducer * (rotor.position - link.position)
        // Velocity first, so that the spring neither gains nor loses.
        rotor.velocity += 5e-5 * (torque - twist) / rotorInertia
        link.velocity += 5e-5 * (twist + (sample < 2000 ? 0 : 5)) / linkInertia
        rotor.position += 5e-5 * rotor.velocity
        link.position += 5e-5 * link.velocity
      }
      if sample < 2000 { step.take(link.position, at: 0.001 * Double(sample)) }
    }
    return (step.settling, step.overshoot, 5 / (link.position - 0.1))
  }

  @Test("A lighter rotor settles sooner than the rigid law, with the same stiffness in series")
  func flexibleJoint() {
    let (rigid, light) = (response(1.2), response(0.3))
    #expect(light.settling < 0.65 * rigid.settling, "\(light.settling) s, rigid \(rigid.settling) s")
    #expect(light.overshoot < 0.5 * rigid.overshoot)
    let series = 1 / (1 / 400.0 + 1 / 3000)
    #expect(abs(light.stiffness / series - 1) < 0.005 && abs(rigid.stiffness / series - 1) < 0.005)
  }
}
