import TestSupport
import Testing
import Tuning

@Suite("Designed gains") struct GainDesignTests {
  private static let degree = Double.pi / 180

  /// A random plant, closed on the host or in the drive.
  private static func plant(_ random: inout SeededGenerator) -> JointPlant {
    let isHost = Bool.random(using: &random)
    let period = isHost ? 1e-3 : 2.5e-4
    var plant = JointPlant(
      inertia: 0.02 * Double.random(in: 0.3...3, using: &random), closure: isHost ? .host : .drive,
      period: period, delay: period * Double.random(in: 0.2...3, using: &random))
    plant.viscousFriction = Double.random(in: 0...0.3, using: &random)
    plant.velocityLag = Bool.random(using: &random) ? 0 : 0.8e-3
    if Bool.random(using: &random) {
      let antiresonance = Double.random(in: 60...400, using: &random)
      plant.torsion = JointPlant.Torsion(
        antiresonance: antiresonance, resonance: antiresonance * Double.random(in: 1.1...3, using: &random))
    }
    return plant
  }

  @Test(
    "Margins are what they are called: more delay or gain than they say makes the loop unstable, less does not"
  )
  func marginsHold() throws {
    var random = SeededGenerator(seed: 11)
    for index in 0..<8 {
      var plant = Self.plant(&random)
      plant.torsion = nil
      let design = try GainDesign(plant: plant)
      let (k, d) = (design.stiffness, design.damping)
      let phase = try #require(design.margins.phase)
      let gain = try #require(design.margins.gain)
      #expect(phase.value >= 48 * Self.degree && gain.value >= 2 && design.checks.allSatisfy(\.isMet))
      let joint = try #require(SampledJoint(plant))
      #expect(joint.poleRadius(stiffness: k, damping: d) < 1)
      let (below, above) = (0.99 * gain.value, 1.01 * gain.value)
      #expect(joint.poleRadius(stiffness: below * k, damping: below * d) < 1, "\(index) \(plant)")
      #expect(joint.poleRadius(stiffness: above * k, damping: above * d) > 1, "\(index) \(plant)")
      let margin = try #require(design.margins.delay)
      var late = plant
      late.delay = plant.delay + 0.98 * margin
      #expect(try #require(SampledJoint(late)).poleRadius(stiffness: k, damping: d) < 1, "\(index) \(plant)")
      late.delay = plant.delay + 1.02 * margin
      #expect(try #require(SampledJoint(late)).poleRadius(stiffness: k, damping: d) > 1, "\(index) \(plant)")
    }
  }

  @Test(
    "Every margin is kept by a joint that is lighter or heavier by the inertia's reserve; without it it is not"
  )
  func inertiaReserve() throws {
    var random = SeededGenerator(seed: 29)
    var broken = 0
    for index in 0..<4 {
      let plant = Self.plant(&random)
      var limits = DesignLimits()
      limits.inertiaReserve = Double.random(in: 0.1...0.4, using: &random)
      let reserve = limits.inertiaReserve
      /// Whether gains keep the margins on the joint with another inertia.
      func keeps(_ design: GainDesign, _ factor: Double) throws -> Bool {
        var other = plant
        other.inertia *= factor
        var plain = DesignLimits()
        (plain.inertiaReserve, plain.torsionReserve) = (0, 0)
        let checks = try GainDesign.review(
          stiffness: design.stiffness, damping: design.damping, plant: other, limits: plain
        ).checks
        return checks.allSatisfy { ![.phaseMargin, .gainMargin, .poleRadius].contains($0.kind) || $0.isMet }
      }
      let careful = try GainDesign(plant: plant, limits: limits)
      for factor in [1 - reserve, 1, 1 + reserve] {
        #expect(try keeps(careful, factor), "\(index): \(factor) of \(plant)")
      }
      limits.inertiaReserve = 0
      let careless = try GainDesign(plant: plant, limits: limits)
      broken += try keeps(careless, 1 - reserve) && keeps(careless, 1 + reserve) ? 0 : 1
    }
    #expect(broken >= 3, "\(broken)")
  }

  @Test("Every limit is kept, and a limit that is drawn tighter costs bandwidth and is named")
  func limitsHold() throws {
    var random = SeededGenerator(seed: 5)
    for _ in 0..<4 {
      var plant = Self.plant(&random)
      plant.positionQuantum = 2 * .pi / 16384
      plant.coulombFriction = 10
      // Where friction damps enough, phase is what gains lack even so softly.
      plant.viscousFriction = 0
      let free = try GainDesign(plant: plant)
      var limits = DesignLimits()
      limits.stiffnessScale = 0.5 * free.stiffness
      let bounded = try GainDesign(plant: plant, limits: limits)
      #expect(bounded.stiffness <= limits.stiffnessScale * (1 + 1e-6))
      limits = DesignLimits()
      limits.ratedTorque = 1
      limits.rippleShare = 1e9
      let loud = try GainDesign.review(
        stiffness: free.stiffness, damping: free.damping, plant: plant, limits: limits)
      limits.rippleShare = 0.3 * (try #require(loud.checks.first { $0.kind == .ripple })).value
      let quiet = try GainDesign(plant: plant, limits: limits)
      #expect(quiet.checks.contains { $0.kind == .ripple && $0.isMet })
      #expect(try #require(quiet.bandwidth) < 0.9 * #require(free.bandwidth))
      #expect(quiet.limitedBy == [.ripple], "\(quiet.limitedBy)")
    }
  }

  @Test(
    "A wanted bandwidth is met with its phase margin; too high a one is refused with the highest that can be had"
  )
  func wantedBandwidth() throws {
    let plant = JointPlant(inertia: 0.03, closure: .host, period: 1e-3, delay: 2e-3)
    let wanted = try GainDesign(plant: plant, wanted: .bandwidth(5, phaseMargin: 60 * Self.degree))
    #expect((try #require(wanted.bandwidth) - 5).magnitude < 0.01)
    #expect(try #require(wanted.margins.phase).value >= 60 * Self.degree && wanted.limitedBy.isEmpty)
    let refusal = try #require(throws: DesignRefusal.self) {
      try GainDesign(plant: plant, wanted: .bandwidth(80))
    }
    let best = try #require(refusal.best)
    #expect(best.bandwidth > 5 && best.bandwidth < 80)
    #expect(refusal.text.contains("80.0 Hz") && refusal.text.contains("the most that keeps every limit"))
    // What is offered is what the search finds, and can be had.
    let most = try GainDesign(plant: plant)
    #expect((try #require(most.bandwidth) - best.bandwidth).magnitude < 1e-9)
    _ = try GainDesign(plant: plant, wanted: .bandwidth(0.9 * best.bandwidth))
  }

  @Test("Stiffness and damping ratio are taken as given, or refused with what they break")
  func wantedDamping() throws {
    var plant = JointPlant(inertia: 0.03, closure: .drive, period: 2.5e-4, delay: 2.5e-4)
    plant.viscousFriction = 0.05
    let design = try GainDesign(plant: plant, wanted: .damping(stiffness: 40, ratio: 0.9))
    #expect(design.stiffness == 40)
    #expect((design.damping + 0.05 - 2 * 0.9 * (40 * 0.03).squareRoot()).magnitude < 1e-12)
    // Without enough damping there is too little phase left.
    let loose = try #require(throws: DesignRefusal.self) {
      try GainDesign(plant: plant, wanted: .damping(stiffness: 40, ratio: 0.1))
    }
    #expect(loose.broken.contains { $0.kind == .phaseMargin } && loose.text.contains("phase margin"))
    #expect(throws: DesignRefusal.self) {
      try GainDesign(plant: plant, wanted: .damping(stiffness: -1, ratio: 1))
    }
  }

  @Test(
    "The published gains of a hip are unstable on its rotor at 200 Hz and a cycle late, and fine at 1 kHz")
  func hip() throws {
    func review(_ period: Double) throws -> [DesignCheck] {
      let plant = JointPlant(inertia: 0.0251, closure: .host, period: period, delay: period)
      return try GainDesign.review(stiffness: 99.0984, damping: 6.3088, plant: plant).checks
    }
    #expect(try review(5e-3).contains { $0.kind == .poleRadius && !$0.isMet })
    #expect(try review(1e-3).contains { $0.kind == .poleRadius && $0.isMet })
  }

  @Test("Play is taken up by gains that the rotor alone bears")
  func backlash() throws {
    var plant = JointPlant(inertia: 0.06, closure: .host, period: 1e-3, delay: 1.5e-3)
    let tight = try GainDesign(plant: plant)
    plant.backlash = 0.005
    plant.rotorInertia = 0.004
    let play = try GainDesign(plant: plant)
    #expect(play.stiffness < tight.stiffness)
    let rotor = try #require(plant.withinBacklash.flatMap(SampledJoint.init))
    #expect(rotor.poleRadius(stiffness: play.stiffness, damping: play.damping) < 1)
    #expect(rotor.poleRadius(stiffness: tight.stiffness, damping: tight.damping) > 1)
  }

  @Test("Limits that nothing can keep, and numbers that make no sense, are refused")
  func refused() {
    var plant = JointPlant(inertia: 0.03, closure: .host, period: 1e-3, delay: 2e-3)
    var limits = DesignLimits()
    limits.ratedTorque = 1
    limits.rippleShare = 1e-9
    plant.positionQuantum = 1e-3
    let refusal = #expect(throws: DesignRefusal.self) { try GainDesign(plant: plant, limits: limits) }
    #expect(refusal?.text.contains("encoder") == true)
    limits.phaseMargin = 2
    #expect(throws: DesignRefusal.self) { try GainDesign(plant: plant, limits: limits) }
    plant.inertia = -1
    #expect(throws: DesignRefusal.self) { try GainDesign(plant: plant) }
  }
}
