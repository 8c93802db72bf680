import Numerics
import Testing
import Tuning

/// A joint with a weight, seen through an encoder of 14 bits, its torque late; steps of 20 us.
private struct PlayedJoint {
  var inertia = 0.03
  var viscous = 0.12
  var coulomb = 0.4
  var weight = 1.1
  /// Cycles by which a torque acts late.
  var delay = 2.0
  /// Torque of the excitation at an instant [N.m].
  var excitation: (Double) -> Double = { time in
    1.6 * Double.sin(2 * .pi * 0.7 * time) + 1.2 * Double.sin(2 * .pi * 2.3 * time + 1)
      + 0.8 * Double.sin(2 * .pi * 6.1 * time + 2)
  }

  /// Positions as measured and torques as written, 1000 a second.
  func played(seconds: Double) -> (positions: [Double], torques: [Double]) {
    let (fine, period) = (2e-5, 1e-3)
    var (position, velocity) = (0.2, 0.0)
    var positions: [Double] = []
    var torques: [Double] = []
    let quantum = 2 * Double.pi / 16384
    for cycle in 0..<Int(seconds / period) {
      let time = Double(cycle) * period
      positions.append((position / quantum).rounded() * quantum)
      torques.append(excitation(time))
      for part in 0..<Int((period / fine).rounded()) {
        let instant = time + Double(part) * fine - delay * period
        // Held from one cycle to the next, as a drive holds it.
        let torque = instant < 0 ? 0 : excitation((instant / period + 1e-9).rounded(.down) * period)
        let friction = coulomb * Double.tanh(velocity / 1e-3) + viscous * velocity
        let acceleration = (torque - friction - weight * Double.sin(position)) / inertia
        velocity += fine * acceleration
        position += fine * velocity
      }
    }
    return (positions, torques)
  }
}

@Suite("What moves a joint") struct JointIdentificationTests {
  @Test(
    "Inertia within 2 %, friction within 5 and 10 %, delay within a tenth of a cycle",
    arguments: [1.0, 1.5, 2, 3])
  func recovered(delay: Double) throws {
    var played = PlayedJoint()
    played.delay = delay
    let (positions, torques) = played.played(seconds: 12)
    let (joint, found) = try #require(
      JointIdentification.withDelay(positions: positions, torques: torques, period: 1e-3, most: 6e-3))
    #expect((joint.inertia.value / played.inertia - 1).magnitude < 0.02, "\(joint.inertia)")
    #expect((joint.coulombFriction.value / played.coulomb - 1).magnitude < 0.05, "\(joint.coulombFriction)")
    #expect((joint.viscousFriction.value / played.viscous - 1).magnitude < 0.1, "\(joint.viscousFriction)")
    #expect((joint.gravitySine.value / played.weight - 1).magnitude < 0.05, "\(joint.gravitySine)")
    // A torque that is held acts half a cycle late on average.
    #expect((found / 1e-3 - delay - 0.5).magnitude < 0.1, "\(found)")
    #expect(
      joint.inertia.isIdentified && joint.coulombFriction.isIdentified && joint.gravitySine.isIdentified)
  }

  @Test("At one speed viscous and Coulomb friction are not told apart, and it is said")
  func mixedUp() throws {
    // To and fro at 1 rad/s, with short turns that are left out: only the sum is known.
    let period = 1e-3
    var positions: [Double] = []
    var torques: [Double] = []
    var position = 0.0
    for cycle in 0..<8000 {
      let phase = (Double(cycle) * period).truncatingRemainder(dividingBy: 2)
      let velocity = max(-1, min(1, 40 * Double.sin(.pi * phase)))
      position += velocity * period
      positions.append(position)
      torques.append(0.4 * (velocity > 0 ? 1 : -1) + 0.1 * velocity)
    }
    var settings = JointIdentification.Settings()
    settings.hasGravity = false
    settings.leastSpeed = 0.9
    let joint = try #require(
      JointIdentification(positions: positions, torques: torques, period: period, settings: settings))
    #expect(!joint.viscousFriction.isIdentified && !joint.coulombFriction.isIdentified)
    #expect((joint.viscousFriction.value + joint.coulombFriction.value - 0.5).magnitude < 0.02)
  }

  @Test("A joint that stands says nothing")
  func standing() {
    let still = [Double](repeating: 0.3, count: 5000)
    #expect(JointIdentification(positions: still, torques: still, period: 1e-3) == nil)
    #expect(JointIdentification(positions: [], torques: [], period: 1e-3) == nil)
    #expect(JointIdentification(positions: still, torques: still.map { _ in .nan }, period: 1e-3) == nil)
  }
}
