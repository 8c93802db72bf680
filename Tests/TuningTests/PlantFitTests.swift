import Numerics
import TestSupport
import Testing
import Tuning

@Suite("Plants put together") struct PlantFitTests {
  @Test("Swings say the inertia through friction that holds the joint half of the time")
  func swings() throws {
    var joint = TriedJoint()
    joint.coulomb = 0.8
    joint.stiffness = 8
    joint.damping = 0.6
    let record = joint.record(seconds: 8) { time in
      let (rate, part) = time < 4 ? (17.0, 0) : (24.0, 1)
      return (0, 0, 2.6 * Double.sin(rate * time), part)
    }
    let found = try #require(
      SwingInertia([record], friction: .init(coulomb: 0.8, viscous: 0.12), lag: joint.velocityLag))
    #expect(found.tones.count == 2)
    #expect(
      found.inertia.isIdentified && (found.inertia.value / joint.inertia - 1).magnitude < 0.02, "\(found)")
    // Too little torque: friction takes most of it, and it is said.
    joint.coulomb = 2
    let held = joint.record(seconds: 8) { time in
      (0, 0, 3 * Double.sin((time < 4 ? 17 : 24) * time), time < 4 ? 0 : 1)
    }
    if let none = SwingInertia([held], friction: .init(coulomb: 2, viscous: 0.12), lag: joint.velocityLag) {
      #expect(!none.inertia.isIdentified, "\(none)")
    }
    #expect(SwingInertia([], friction: .init(coulomb: 0, viscous: 0), lag: 0) == nil)
  }

  @Test("A plant from sweep, tones and random torque has gains that the true joint bears")
  func whole() throws {
    var random = SeededGenerator(seed: 4)
    for index in 0..<2 {
      var joint = TriedJoint()
      joint.inertia = 0.05 * Double.random(in: 0.4...2, using: &random)
      joint.coulomb = Double.random(in: 0.1...0.4, using: &random)
      joint.delay = Double.random(in: 1...2.6, using: &random) * 1e-3
      joint.stiffness = 250 * joint.inertia
      joint.damping = 20 * joint.inertia
      let (seconds, asked) = TriedJoint.sweep([0.05, 0.1, 0.2, 0.4, 0.8], way: 0.1)
      let sweep = joint.record(seconds: seconds, asked)
      let size = ExcitationSize(
        inertia: joint.inertia, coulombFriction: joint.coulomb, stiffness: joint.stiffness,
        damping: joint.damping,
        way: 0.06, motorTorque: 5, excitationTorque: 8)
      let tones = joint.record(seconds: 8) { time in
        let rate = time < 4 ? 14.0 : 20
        return (0, 0, size.amplitude(in: 2...3.5) * Double.sin(rate * time), time < 4 ? 0 : 1)
      }
      let broad = joint.record(seconds: 8, TriedJoint.binary(size.amplitude(in: 2...20), chip: 0.01, seed: 5))
      var known = PlantFit.Known(closure: .host, period: 1e-3)
      known.positionQuantum = joint.quantum
      let fit = try #require(PlantFit(tones: [tones], broad: [broad], sweep: sweep, known: known))
      #expect(
        !fit.inertia.isIdentified || (fit.inertia.value / joint.inertia - 1).magnitude < 0.02,
        "\(index) \(fit)")
      #expect(
        !fit.coulomb.isIdentified || (fit.coulomb.value / joint.coulomb - 1).magnitude < 0.05,
        "\(index) \(fit)")
      #expect(!fit.delay.isIdentified || (fit.delay.value - joint.delay).magnitude < 1e-4, "\(index) \(fit)")
      let design = try GainDesign(plant: fit.plant)
      var truth = JointPlant(inertia: joint.inertia, closure: .host, period: 1e-3, delay: joint.delay)
      truth.viscousFriction = joint.viscous
      truth.velocityLag = joint.velocityLag
      let (margins, _) = try GainDesign.review(
        stiffness: design.stiffness, damping: design.damping, plant: truth)
      #expect(try #require(margins.phase).value > 45 * .pi / 180, "\(index) \(margins)")
      #expect(try #require(margins.gain).value > 2, "\(index) \(margins)")
    }
  }

  @Test("Torque for a swing is what impedance and friction take, and never beyond its limits")
  func sizes() {
    var size = ExcitationSize(
      inertia: 0.1, coulombFriction: 0, stiffness: 100, damping: 0, way: 0.05, motorTorque: 1e9,
      excitationTorque: 1e9)
    // At rest the spring alone: 100 N.m/rad times 0.05 rad.
    #expect((size.amplitude(in: 0.001...0.00101) - 5).magnitude < 1e-3)
    size.excitationTorque = 2
    #expect(size.amplitude(in: 0.001...0.00101) == 2)
    size.excitationTorque = 1e9
    size.damping = 4
    let plain = size.amplitude(in: 2...4)
    size.coulombFriction = 1
    #expect(size.amplitude(in: 2...4) > plain)
    size.motorTorque = 1.3
    #expect(size.amplitude(in: 2...4) < size.damping)
  }
}
