import Numerics
import TestSupport
import Testing
import Tuning

@Suite("A joint in samples") struct SampledJointTests {
  @Test("An inertia is the double integrator under a hold, late by whole periods", arguments: [0, 1, 3])
  func doubleIntegrator(delay: Int) throws {
    let (inertia, period) = (0.03, 1e-3)
    let joint = try #require(
      SampledJoint(
        JointPlant(inertia: inertia, closure: .host, period: period, delay: Double(delay) * period)))
    for frequency in FrequencyResponse.logarithmic(from: 1, to: 3000, count: 50) {
      let z = Complex(length: 1, phase: frequency * period)
      let late = Complex(length: 1, phase: -frequency * period * Double(delay))
      let one = Complex<Double>(1)
      let exact = Complex(period * period / (2 * inertia)) * (z + one) / ((z - one) * (z - one)) * late
      let velocity = Complex(period / inertia) / (z - one) * late
      let (position, speed) = try #require(joint.responses(at: frequency))
      #expect((position / exact - one).length < 1e-6 && (speed / velocity - one).length < 1e-6)
    }
  }

  @Test("A fraction of a period is the same as finer samples of it")
  func fraction() throws {
    // A torque held over 1 ms is one held over ten tenths of it.
    var plant = JointPlant(inertia: 0.03, closure: .host, period: 1e-3, delay: 1.7e-3)
    plant.viscousFriction = 0.2
    plant.velocityLag = 0.8e-3
    plant.torsion = JointPlant.Torsion(antiresonance: 300, resonance: 500, dampingRatio: 0.05)
    let joint = try #require(SampledJoint(plant))
    var fine = plant
    fine.period = 1e-4
    let other = try #require(SampledJoint(fine))
    // From the fine response to the coarse one: the hold of ten steps, and what folds down from above.
    for frequency in [5.0, 60, 280, 480, 1500] {
      var folded = Complex<Double>.zero
      for alias in -5..<5 {
        let at = frequency + 2 * .pi * 1000 * Double(alias)
        guard let value = other.responses(at: at.magnitude) else { continue }
        let response = at < 0 ? value.position.conjugate : value.position
        let hold = (0..<10).reduce(Complex<Double>.zero) {
          $0 + Complex(length: 1, phase: -at * 1e-4 * Double($1))
        }
        folded += response * hold / Complex(10)
      }
      let (position, _) = try #require(joint.responses(at: frequency))
      #expect((folded / position - Complex(1)).length < 1e-6, "\(frequency)")
    }
  }

  @Test("Stable below the known bounds of a delayed double integrator, and not above")
  func bounds() throws {
    // Delay in periods, B T / J, highest K T^2 / J: eigenvalues, to four digits.
    let table: [(Int, Double, Double)] = [
      (0, 0.1, 0.2), (0, 0.5, 1), (1, 0.1, 0.06356), (1, 0.3, 0.16905), (1, 0.5, 0.23607), (2, 0.1, 0.03658),
      (2, 0.3, 0.08366), (2, 0.5, 0.07180),
    ]
    for (delay, beta, kappa) in table {
      let (inertia, period) = (0.02, 2e-3)
      let joint = try #require(
        SampledJoint(
          JointPlant(inertia: inertia, closure: .host, period: period, delay: Double(delay) * period)))
      let (stiffness, damping) = (kappa * inertia / (period * period), beta * inertia / period)
      #expect(joint.poleRadius(stiffness: 0.999 * stiffness, damping: damping) < 1, "\(delay) \(beta)")
      #expect(joint.poleRadius(stiffness: 1.001 * stiffness, damping: damping) > 1, "\(delay) \(beta)")
    }
  }

  @Test("J = 0.05, b = 0.1 with K = 80 and D = 2 steps and keeps margins as python-control says")
  func golden() throws {
    var plant = JointPlant(inertia: 0.05, closure: .drive, period: 1e-5, delay: 0)
    plant.viscousFriction = 0.1
    let joint = try #require(SampledJoint(plant))
    let values = joint.step(stiffness: 80, damping: 2, count: 60000)
    let metrics = try #require(
      StepMetrics(times: values.indices.map { Double($0) * 1e-5 }, values: values, from: 0, to: 1))
    #expect((try #require(metrics.riseTime) - 0.04218).magnitude < 2e-5)
    #expect((try #require(metrics.settlingTime) - 0.19159).magnitude < 2e-5)
    #expect((metrics.overshoot - 14.40086).magnitude < 5e-3)
    #expect((metrics.peak - 1.1440086).magnitude < 5e-5 && (metrics.peakTime - 0.09228).magnitude < 2e-5)
    // A hold of 50 us and the rest: 1.5 ms in all.
    plant.period = 5e-5
    plant.delay = 1.475e-3
    let (margins, _) = try GainDesign.review(stiffness: 80, damping: 2, plant: plant)
    let phase = try #require(margins.phase)
    #expect((phase.value * 180 / .pi - 49.7).magnitude < 0.1 && (phase.frequency - 50.9).magnitude < 0.1)
    #expect((try #require(margins.gain).value - 25.7).magnitude < 0.2)
  }

  @Test("A plant that makes no sense is said so")
  func objections() {
    #expect(JointPlant(inertia: 0, closure: .host, period: 1e-3, delay: 0).objection != nil)
    #expect(JointPlant(inertia: 1, closure: .host, period: 0, delay: 0).objection != nil)
    #expect(JointPlant(inertia: 1, closure: .host, period: 1e-3, delay: 1).objection != nil)
    #expect(JointPlant(inertia: 1, closure: .host, period: 1e-3, delay: .nan).objection != nil)
    var plant = JointPlant(inertia: 1, closure: .host, period: 1e-3, delay: 0)
    #expect(plant.objection == nil)
    plant.viscousFriction = -1
    #expect(plant.objection != nil)
    plant.viscousFriction = 0
    plant.torsion = JointPlant.Torsion(antiresonance: 5, resonance: 4)
    #expect(plant.objection != nil && SampledJoint(plant) == nil)
  }
}
