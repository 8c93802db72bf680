import Numerics
import TestSupport
import Testing
import Tuning

@Suite("Inertia while a joint slides, friction with the inertia known") struct SlidingTests {
  /// A joint on a gear that errs 200 times a turn, and two tones that swing it.
  private static func strainWave(
    _ random: inout SeededGenerator
  ) -> (joint: TriedJoint, record: JointRecord) {
    var joint = TriedJoint()
    joint.inertia = 0.03 * Double.random(in: 1...8, using: &random)
    joint.coulomb = Double.random(in: 0.1...1.5, using: &random)
    joint.delay = 1e-3
    joint.quantum = 4e-5
    joint.stiffness = 100
    joint.damping = 3.5
    joint.gearError = (1e-4, 200, 0.02 / joint.inertia)
    let natural = (joint.stiffness / joint.inertia).squareRoot()
    let size = ExcitationSize(
      inertia: joint.inertia, coulombFriction: joint.coulomb, stiffness: joint.stiffness,
      damping: joint.damping,
      way: 0.04, motorTorque: 5, excitationTorque: 6)
    let amplitude = size.amplitude(in: 0.8 * natural / (2 * .pi)...1.3 * natural / (2 * .pi))
    let record = joint.record(seconds: 6) { time in
      let (factor, part) = time < 3 ? (0.8, 0) : (1.3, 1)
      return (0, 0, amplitude * Double.sin(factor * natural * time), part)
    }
    return (joint, record)
  }

  @Test("The inertia behind a gear whose angle errs is known to a part of a hundred, and the error with it")
  func gearError() throws {
    var random = SeededGenerator(seed: 31)
    var farthest = 0.0
    for index in 0..<6 {
      let (joint, record) = Self.strainWave(&random)
      var gear = SlidingInertia.Gear()
      gear.errors = joint.gearError.turns
      gear.rotor = joint.gearError.rotorShare * joint.inertia
      func found(_ gear: SlidingInertia.Gear) throws -> SlidingInertia {
        try #require(
          SlidingInertia(
            [record], torques: [record.torques],
            friction: .init(coulomb: joint.coulomb, viscous: joint.viscous), lag: joint.velocityLag,
            gear: gear))
      }
      let known = try found(gear)
      #expect(
        known.inertia.isIdentified && (known.inertia.value / joint.inertia - 1).magnitude < 0.01,
        "\(index) \(known) of \(joint)")
      #expect((try #require(known.gearError) / 1e-4 - 1).magnitude < 0.2, "\(index) \(known)")
      // The same gear, taken for one without error.
      gear.errors = nil
      farthest = max(farthest, (try found(gear).inertia.value / joint.inertia - 1).magnitude)
    }
    #expect(farthest > 0.01, "without the gear's error an inertia has to be off: \(farthest)")
  }

  @Test("A joint that is held, or has no tone, has no inertia that could be read off")
  func nothing() {
    var joint = TriedJoint()
    joint.coulomb = 50
    let record = joint.record(seconds: 2) { (0, 0, Double.sin(20 * $0), 0) }
    let friction = JointIdentification.Settings.Friction(coulomb: 50, viscous: 0)
    let gear = SlidingInertia.Gear()
    #expect(
      SlidingInertia([record], torques: [record.torques], friction: friction, lag: 0, gear: gear) == nil)
    #expect(SlidingInertia([], torques: [], friction: friction, lag: 0, gear: gear) == nil)
    // A lag below zero, as noise may make it, is taken as it is.
    joint.coulomb = 0.1
    let swung = joint.record(seconds: 3) { (0, 0, 2 * Double.sin(20 * $0), 0) }
    for lag in [-3e-3, 3e-3] {
      #expect(SwingInertia([swung], friction: .init(coulomb: 0.1, viscous: 0.12), lag: lag) != nil)
    }
    #expect(SteadyFriction(record, inertia: Estimate(joint.inertia, standardError: 0)) == nil)
  }

  @Test("Strokes in which a joint still swings say its friction within 5 %, once the inertia is known")
  func swinging() throws {
    var random = SeededGenerator(seed: 32)
    for index in 0..<6 {
      var joint = TriedJoint()
      joint.inertia = Double.random(in: 0.1...0.3, using: &random)
      joint.coulomb = Double.random(in: 0.2...1.2, using: &random)
      joint.viscous = 0.2 * joint.coulomb
      joint.delay = 1e-3
      joint.quantum = 4e-5
      joint.stiffness = 100
      joint.damping = 3.5
      let (seconds, asked) = TriedJoint.sweep([0.05, 0.1, 0.2, 0.35], way: 0.08)
      let record = joint.record(seconds: seconds, asked)
      let found = try #require(SteadyFriction(record, inertia: Estimate(joint.inertia, standardError: 0)))
      #expect(
        !found.coulomb.isIdentified || (found.coulomb.value / joint.coulomb - 1).magnitude < 0.05,
        "\(index) \(found) of \(joint)")
      #expect(
        found.coulomb.isIdentified,
        "flagging everything would be right as well: \(index) \(found) of \(joint)")
      // What the inertia takes is no small part: with another one the answer is another one, or is not given.
      let wrong = try #require(SteadyFriction(record, inertia: Estimate(3 * joint.inertia, standardError: 0)))
      #expect(
        !wrong.coulomb.isIdentified || wrong.coulomb.standardError > 2 * found.coulomb.standardError,
        "\(index) \(wrong)")
    }
  }
}
