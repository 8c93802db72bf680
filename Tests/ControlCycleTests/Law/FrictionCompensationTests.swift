import Foundation
import TestSupport
import Testing

@testable import ControlCycle

@Suite("Laws: friction compensation")
struct FrictionCompensationTests {
  private func randomGains(_ random: inout SeededGenerator) -> FrictionCompensation.Gains {
    let coulomb = Double.random(in: 0...3, using: &random)
    return FrictionCompensation.Gains(
      coulomb: coulomb, breakaway: max(0, coulomb + Double.random(in: -1...1, using: &random)),
      stribeckVelocity: Double.random(in: 0.01...1, using: &random),
      viscous: Double.random(in: 0...2, using: &random),
      drivingLoss: Double.random(in: 0...0.4, using: &random),
      backDrivingLoss: Double.random(in: 0...0.6, using: &random),
      share: Double.random(in: 0...1.5, using: &random))
  }

  /// What friction and the reducer take of a motor's torque, as the simulated actuator does it [N.m].
  private func taken(_ gains: FrictionCompensation.Gains, velocity: Double, motor: Double) -> Double {
    let direction = velocity < 0 ? -1.0 : 1.0
    let scaled = velocity / gains.stribeckVelocity
    let level = gains.coulomb + max(0, gains.breakaway - gains.coulomb) * exp(-scaled * scaled)
    let share = motor * velocity >= 0 ? gains.drivingLoss : gains.backDrivingLoss
    return direction * (level + share * abs(motor)) + gains.viscous * velocity
  }

  @Test("Away from zero the joint gets the torque it was to get")
  func isExact() {
    var random = SeededGenerator(seed: 2)
    for _ in 0..<2000 {
      var gains = randomGains(&random)
      gains.share = 1
      gains.width = 1e-6
      let velocity = (Bool.random(using: &random) ? 1 : -1) * Double.random(in: 0.05...6, using: &random)
      let wanted = Double.random(in: -30...30, using: &random)
      var law = FrictionCompensation(gains)
      let motor = wanted + law.update(velocity: velocity, torque: wanted, limit: 1e4, period: 0.001)
      let got = motor - taken(gains, velocity: velocity, motor: motor)
      #expect(abs(got - wanted) < 1e-7, "\(wanted) wanted, \(got) at the joint")
    }
  }

  @Test("Never more than friction takes, along the velocity, without a step through zero")
  func neverOverCompensates() {
    var random = SeededGenerator(seed: 3)
    for _ in 0..<300 {
      let gains = randomGains(&random)
      let wanted = Double.random(in: -30...30, using: &random)
      var last = 0.0
      var law = FrictionCompensation(gains)
      for step in -200...200 {
        let velocity = 0.002 * Double(step)
        let given = law.update(velocity: velocity, torque: wanted, limit: 1e4, period: 0.001)
        let motor = wanted + given
        // Of a sliding joint; where the joint barely moves, what bristles can take is as much.
        let most = abs(taken(gains, velocity: velocity == 0 ? 1e-12 : velocity, motor: motor))
        #expect(given * velocity >= 0 && abs(given) <= most + 1e-9, "\(given) of \(most) at \(velocity)")
        // Slope of the sign, times all that there is to compensate.
        if step > -200 { #expect(abs(given - last) <= 0.002 * (40 / gains.width + 400)) }
        last = given
      }
    }
  }

  /// A joint with friction, pushed once: it comes to rest whatever is compensated.
  @Test("A joint that is compensated in full is slowed, not driven", arguments: [0.5, 1.0])
  func isPassive(share: Double) {
    let gains = FrictionCompensation.Gains(coulomb: 0.8, breakaway: 1.2, viscous: 0.3, share: share)
    var law = FrictionCompensation(gains)
    var rotor = Rotor(velocity: 1.5, inertia: 0.2)
    for _ in 0..<8000 {
      let friction = taken(gains, velocity: rotor.velocity, motor: 0)
      let given = law.update(velocity: rotor.velocity, torque: 0, limit: 100, period: 0.001)
      let speed = abs(rotor.velocity)
      rotor.advance(given - friction, period: 0.001)
      #expect(abs(rotor.velocity) <= speed + 0.0125)
    }
    #expect(abs(rotor.velocity) < (share < 1 ? 0.01 : 1.5))
  }
}
