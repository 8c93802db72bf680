import Numerics
import TestSupport
import Testing
import Tuning

@Suite("What experiments say") struct AnalysisTests {
  private static func joint(_ random: inout SeededGenerator) -> TriedJoint {
    var joint = TriedJoint()
    joint.inertia = 0.03 * Double.random(in: 0.3...3, using: &random)
    joint.coulomb = 0.15 * Double.random(in: 0.2...5, using: &random)
    joint.viscous = 0.1 * Double.random(in: 0.2...5, using: &random)
    joint.delay = 1e-3 * Double.random(in: 0.6...2.6, using: &random)
    joint.stiffness = joint.inertia * 300
    joint.damping = joint.inertia * 25
    return joint
  }

  @Test("Random joints: inertia within 2 %, delay within a tenth of a cycle, lag of the velocity, or flagged")
  func motion() throws {
    var random = SeededGenerator(seed: 21)
    var flagged = 0
    for index in 0..<8 {
      let joint = Self.joint(&random)
      let torque = 2 * joint.coulomb + 80 * joint.inertia
      let record = joint.record(
        seconds: 5, TriedJoint.multisine(torque, [0.7, 2.1, 4.3, 7.9, 13.7, 19.1]))
      let fit = try #require(MotionFit(record, step: joint.quantum, hasWeight: false))
      for (name, estimate, truth, bound) in [
        ("J", fit.inertia, joint.inertia, 0.02 * joint.inertia), ("delay", fit.delay, joint.delay, 1e-4),
        ("lag", fit.velocityLag, joint.velocityLag, 2e-4),
      ] {
        if !estimate.isIdentified { flagged += 1 }
        #expect(
          !estimate.isIdentified || (estimate.value - truth).magnitude < bound,
          "\(index) \(name) \(estimate) for \(truth) of \(joint)")
      }
    }
    #expect(flagged <= 4, "flagging everything would be right as well: \(flagged)")
  }

  @Test(
    "A delay is found by random torque, and cross-correlation agrees", arguments: [0.7e-3, 1.6e-3, 2.9e-3])
  func delay(delay: Double) throws {
    var joint = TriedJoint()
    joint.delay = delay
    let record = joint.record(seconds: 4, TriedJoint.binary(2, chip: 0.013, seed: 3))
    let found = try #require(DelayEstimate(record, step: joint.quantum))
    #expect(found.delay.isIdentified && (found.delay.value - delay).magnitude < 1e-4, "\(found)")
    #expect((try #require(found.correlated) - delay).magnitude < 1e-3 && found.correlation > 0.7, "\(found)")
  }

  @Test("A joint that friction holds has no delay and no inertia that could be read off")
  func held() {
    var joint = TriedJoint()
    joint.coulomb = 50
    let record = joint.record(seconds: 2, TriedJoint.binary(1, chip: 0.013, seed: 3))
    #expect(DelayEstimate(record, step: joint.quantum) == nil && MotionFit(record) == nil)
  }

  @Test("Random sweeps: Coulomb within 5 %, viscous within 10 %, or flagged; a weight does not come into it")
  func friction() throws {
    var random = SeededGenerator(seed: 33)
    var flagged = 0
    for index in 0..<8 {
      var joint = Self.joint(&random)
      joint.weight = index % 2 == 0 ? 0 : 1.5
      joint.stiffness *= 3
      joint.damping *= 2
      let (seconds, asked) = TriedJoint.sweep([0.1, 0.2, 0.4, 0.8, 1.6], way: 0.5)
      let map = try #require(FrictionMap(joint.record(seconds: seconds, asked)))
      for (estimate, truth, share) in [(map.coulomb, joint.coulomb, 0.05), (map.viscous, joint.viscous, 0.1)]
      {
        if !estimate.isIdentified { flagged += 1 }
        #expect(
          !estimate.isIdentified
            || (estimate.value - truth).magnitude < share * truth + 0.02 * joint.coulomb * (share - 0.05)
              / 0.05,
          "\(index) \(estimate) for \(truth) of \(joint)")
      }
      #expect(map.points.count >= 9)
    }
    #expect(flagged <= 4, "\(flagged)")
  }

  @Test("Friction that drops with speed is seen, and its Coulomb part stays right")
  func stribeck() throws {
    var joint = TriedJoint()
    joint.stribeck = 0.3
    // An encoder on the rotor of a reducer, and enough damping that the joint does not stick and slip.
    joint.quantum /= 16
    joint.stiffness = 60
    joint.damping = 5
    let (seconds, asked) = TriedJoint.sweep([0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28], way: 0.12)
    let map = try #require(FrictionMap(joint.record(seconds: seconds, asked)))
    #expect((map.coulomb.value / joint.coulomb - 1).magnitude < 0.05, "\(map.coulomb)")
    #expect(map.stribeck.isIdentified && (map.stribeck.value / 0.3 - 1).magnitude < 0.15, "\(map.stribeck)")
    #expect((map.stribeckVelocity.value / 0.08 - 1).magnitude < 0.2, "\(map.stribeckVelocity)")
    // Without the drop none is seen.
    joint.stribeck = 0
    let plain = try #require(FrictionMap(joint.record(seconds: seconds, asked)))
    #expect(!plain.stribeck.isIdentified && (plain.coulomb.value / joint.coulomb - 1).magnitude < 0.05)
  }

  @Test(
    "Sweeps at one speed leave Coulomb and viscous friction one number, and it is said; one way alone says nothing"
  )
  func oneSpeed() throws {
    var joint = TriedJoint()
    joint.stiffness = 30
    let (seconds, asked) = TriedJoint.sweep([0.5, 0.5], way: 0.5)
    let record = joint.record(seconds: seconds, asked)
    // Columns that are the same are no fit at all, or one that is flagged.
    if let map = FrictionMap(record) {
      #expect(!map.coulomb.isIdentified && !map.viscous.isIdentified && map.coulomb.reason != nil)
    }
    #expect(FrictionMap(record.rows(0..<900)) == nil)
  }

  @Test("Break-away is the torque at which the joint leaves its place, with the weight taken out")
  func breakaway() throws {
    var joint = TriedJoint()
    joint.stribeck = 0.25
    joint.weight = 0.8
    joint.start = 0.3
    joint.stiffness = 0
    joint.damping = 0
    // Rests at 0.3 rad, where the weight pulls with 0.236 N.m: less than friction holds.
    var torques: [Double] = []
    for sign in [1.0, -1, 1, -1] {
      let record = joint.record(seconds: 3) { time in (0.3, 0, sign * 0.45 * time, 0) }
      let one = try #require(BreakawayResult(record, step: joint.quantum))
      #expect(!one.friction.isIdentified)
      torques += one.torques
    }
    let pull = 0.8 * Double.sin(0.3)
    #expect((0.5 * (torques[0] - torques[1]) / 0.65 - 1).magnitude < 0.05, "\(torques)")
    #expect((0.5 * (torques[0] + torques[1]) - pull).magnitude < 0.03)
  }

  @Test(
    "Poses from both sides say the weight, friction or not; a torque constant that is off shows against it")
  func gravity() throws {
    var joint = TriedJoint()
    joint.weight = 2.5
    joint.stiffness = 60
    joint.damping = 3
    joint.reported = 0.8
    let poses = [-1.2, -0.8, -0.4, 0, 0.4, 0.8, 1.2]
    let visits = poses + poses.reversed()
    joint.start = -1.4
    let record = joint.record(seconds: Double(visits.count)) { time in
      // Each pose is come to from the side of the one before.
      let number = min(Int(time), visits.count - 1)
      let before = number == 0 ? -1.4 : number == poses.count ? 1.4 : visits[number - 1]
      let part = min(1, (time - Double(number)) / 0.4)
      return (before + (visits[number] - before) * part, 0, 0, part < 1 ? -1 : number)
    }
    let fit = try #require(GravityFit(record))
    #expect(fit.poses.count == 7)
    // The drive reports 0.8 of what it gives: the data show it against the known weight alone.
    #expect((fit.sine.value / (0.8 * 2.5) - 1).magnitude < 0.02 && fit.sine.isIdentified, "\(fit.sine)")
    #expect((fit.stiffness(at: 0) - 2).magnitude < 0.05)
    let constant = try #require(TorqueConstantResult(record) { 2.5 * Double.sin($0) })
    #expect(constant.scale.isIdentified && (constant.scale.value / 1.25 - 1).magnitude < 0.02, "\(constant)")
    // A weight that does not change over the poses says nothing of it.
    let flat = try #require(TorqueConstantResult(record) { _ in 1 })
    #expect(!flat.scale.isIdentified)
    // Poses too close to each other do not tell sine from cosine.
    let near = joint.record(seconds: 6) { time in
      let number = Int(time)
      let places = [-0.02, 0, 0.02, 0.02, 0, -0.02]
      let before = number == 0 ? -0.1 : number == 3 ? 0.1 : places[number - 1]
      let part = min(1, (time - Double(number)) / 0.4)
      return (0.5 + before + (places[number] - before) * part, 0, 0, part < 1 ? -1 : number)
    }
    if let close = GravityFit(near) { #expect(!close.sine.isIdentified || !close.cosine.isIdentified) }
  }

  @Test("A measured loop has the margins of the true one, through friction-free noise of the encoder")
  func loop() throws {
    var joint = TriedJoint()
    joint.coulomb = 0
    joint.viscous = 0.2
    joint.delay = 2.3e-3
    let frequencies = (0..<24).map { 1.5 * Double.pow(1.2, Double($0)) }
    let record = joint.record(seconds: 60, TriedJoint.multisine(3, frequencies))
    let loop = try #require(MeasuredLoop(record))
    var plant = JointPlant(inertia: joint.inertia, closure: .host, period: 1e-3, delay: joint.delay)
    plant.viscousFriction = joint.viscous
    plant.velocityLag = joint.velocityLag
    let truth = try GainDesign.review(stiffness: 60, damping: 2, plant: plant).margins
    let measured = loop.margins(stiffness: 60, damping: 2)
    let (phase, true_) = (try #require(measured.phase), try #require(truth.phase))
    #expect((phase.value - true_.value).magnitude * 180 / .pi < 1, "\(phase) \(true_)")
    let (gain, wanted) = (try #require(measured.gain), try #require(truth.gain))
    #expect((20 * Double.log10(gain.value / wanted.value)).magnitude < 0.2, "\(gain) \(wanted)")
  }
}
