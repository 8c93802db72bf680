import Foundation
import JointControl
import Testing

@testable import Simulation

@Suite struct BristleTests {
  /// The canonical set: s0 1e5, s1 sqrt(1e5), s2 0.4, Fc 1, Fs 1.5, vs 1e-3.
  private var canonical: FrictionModel {
    FrictionModel(
      coulomb: 1, breakaway: 1.5, stribeckVelocity: 1e-3, viscous: 0.4, bristleStiffness: 1e5,
      bristleDamping: 1e5.squareRoot())
  }

  @Test(arguments: [
    (1e-4, 1.495065), (5e-4, 1.389600), (1e-3, 1.184340), (2e-3, 1.009958), (1e-2, 1.004000),
  ])
  func slidingFrictionIsTheTables(_ velocity: Double, _ expected: Double) {
    #expect(abs(canonical.steady(velocity: velocity) - expected) < 0.5e-6)
    for step in [50e-6, 1e-3] {
      for sign in [1.0, -1.0] {
        // An inertia that bounds nothing at this step.
        var friction = BristleFriction(canonical, inertia: 1e12, step: step)
        var torque = 0.0
        for _ in 0..<Int(5 / step) {
          torque = friction.advance(velocity: sign * velocity, loadFriction: 0, temperature: 25)
        }
        #expect(abs(sign * torque - expected) < 0.5e-6)
        #expect(abs(sign * torque - canonical.steady(velocity: velocity)) < 1e-9)
      }
    }
  }

  /// Explicit Euler diverges once the step is beyond 2 g / (s0 |v|); the exponential stays where the bristle can be.
  @Test func bristlesNeverDiverge() {
    var random = RandomStream(seed: 12)
    for step in [50e-6, 250e-6, 1e-3] {
      var friction = BristleFriction(canonical, inertia: 1e12, step: step)
      var euler = 0.0
      for _ in 0..<2000 {
        let velocity = 100 * random.uniform() - 50
        let torque = friction.advance(velocity: velocity, loadFriction: 0, temperature: 25)
        #expect(torque.isFinite && abs(friction.deflection) <= 1.5 / 1e5 + 1e-12)
        euler += step * (velocity - 1e5 * abs(velocity) * euler / canonical.level(velocity: velocity))
      }
      // The control: the same course by Euler's rule.
      #expect(!(abs(euler) < 1))
    }
  }

  @Test func presliding() {
    // Below break-away the joint moves by the bristles' spring and comes back.
    var friction = BristleFriction(canonical, inertia: 1e12, step: 1e-4)
    var torque = 0.0
    for _ in 0..<100 { torque = friction.advance(velocity: 5e-6, loadFriction: 0, temperature: 25) }
    #expect(friction.deflection > 0 && torque > 0)
    let before = friction.deflection
    for _ in 0..<100 { _ = friction.advance(velocity: -5e-6, loadFriction: 0, temperature: 25) }
    #expect(abs(friction.deflection) < 0.02 * before)
  }

  @Test func loadAndColdAddFriction() {
    let model = FrictionModel(coulomb: 1, viscous: 0.2, loadShare: 0.05, temperatureRate: 0.03)
    #expect(abs(model.steady(velocity: 2, load: -40) - (1 + 2 + 0.4)) < 1e-12)
    #expect(abs(model.viscous(at: 25) - 0.2) < 1e-15)
    #expect(abs(model.viscous(at: -5) / (0.2 * exp(0.9)) - 1) < 1e-12)
    #expect(model.steady(velocity: 0) == 0)
  }
}
