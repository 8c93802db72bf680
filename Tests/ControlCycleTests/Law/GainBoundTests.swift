import TestSupport
import Testing

@testable import ControlCycle

@Suite("Laws: gain bound")
struct GainBoundTests {
  /// Whether the loop settles when it is played: rotor, held torque, samples of d periods before.
  private func settles(_ bound: GainBound, stiffness: Double, damping: Double, periods: Int) -> Bool {
    var rotor = Rotor(position: 1, inertia: bound.inertia)
    var waiting = [Double](repeating: 0, count: bound.delay)
    var size = 0.0
    for sample in 0..<periods {
      waiting.append(-stiffness * rotor.position - damping * rotor.velocity)
      rotor.advance(waiting.removeFirst(), period: bound.period)
      let now = abs(rotor.position) + bound.period * abs(rotor.velocity)
      if now > 1e6 { return false }
      if sample >= periods / 2 { size = max(size, now) }
    }
    return size < 1
  }

  /// Published in this form: for d = 0, 1, 2 the limits of K T / B at small B and of B T / J at small K, and of K T^2 / J at
  /// B T / J = 0.1, 0.3, 0.5, from eigenvalues.
  @Test(
    "Stability ends within 0.5 % of where eigenvalues say",
    arguments: [
      (0, 2.0, 2.0, [0.2, 0.6, 1.0]), (1, 0.667, 1.0, [0.06356, 0.16905, 0.23607]),
      (2, 0.4, 0.618, [0.03658, 0.08366, 0.0718]),
    ])
  func table(delay: Int, slope: Double, damping: Double, stiffness: [Double]) throws {
    let (J, T) = (0.037, 0.002)
    let bound = GainBound(inertia: J, period: T, delay: delay)
    let small = 1e-4 * J / T
    #expect(abs(bound.stiffnessLimit(damping: small) * T / small / slope - 1) < 0.005)
    let range = try #require(bound.dampingRange(stiffness: 1e-7 * J / (T * T)))
    #expect(abs(range.upperBound * T / J / damping - 1) < 0.005)
    for (beta, expected) in zip([0.1, 0.3, 0.5], stiffness) {
      let limit = bound.stiffnessLimit(damping: beta * J / T) * T * T / J
      #expect(abs(limit / expected - 1) < 0.005, "\(limit), table \(expected)")
    }
  }

  @Test("The loop settles half a per cent inside the bound and not half a per cent beyond", arguments: 0...3)
  func boundary(delay: Int) throws {
    var random = SeededGenerator(seed: UInt64(delay))
    for _ in 0..<12 {
      let bound = GainBound(
        inertia: random.number(0.001...0.5), period: random.number(0.0005...0.005), delay: delay)
      let scale = bound.inertia / bound.period
      let top = try #require(bound.dampingRange(stiffness: 0)).upperBound
      let damping = random.number(0.1...0.8) * top
      let limit = bound.stiffnessLimit(damping: damping)
      #expect(limit > 0)
      #expect(settles(bound, stiffness: 0.995 * limit, damping: damping, periods: 60_000))
      #expect(!settles(bound, stiffness: 1.005 * limit, damping: damping, periods: 60_000))
      let range = try #require(bound.dampingRange(stiffness: 0.5 * limit))
      #expect(range.contains(damping) && range.upperBound < 2 * scale * (1 + 1e-9))
      #expect(!settles(bound, stiffness: 0.5 * limit, damping: 1.005 * range.upperBound, periods: 60_000))
      #expect(settles(bound, stiffness: 0.5 * limit, damping: 1.005 * range.lowerBound, periods: 60_000))
    }
  }

  /// A hip of Unitree's G1: 0.0251 kg.m^2 of bare rotor, published gains 99.1 and 6.309.
  @Test("The published gains of a G1 hip are stable at 1 kHz from the host and not at 200 Hz")
  func publishedGains() throws {
    let fast = GainBound(inertia: 0.0251, period: 0.001, delay: 1)
    let slow = GainBound(inertia: 0.0251, period: 0.005, delay: 1)
    #expect(fast.isStable(stiffness: 99.0984, damping: 6.3088))
    #expect(!slow.isStable(stiffness: 99.0984, damping: 6.3088))
    #expect(slow.stiffnessLimit(damping: 6.3088) == 0)
    let range = try #require(slow.dampingRange(stiffness: 99.0984))
    #expect(range.upperBound < 5.02 && !range.contains(6.3088))
  }

  @Test("Passivity and quantisation: the printed example, and no number that is none")
  func others() {
    let bound = GainBound(inertia: 1, period: 0.001, delay: 0)
    // b 0.1, T 1 ms: K up to 200.
    #expect(abs(bound.passiveStiffness(damping: 0, viscousFriction: 0.1) - 200) < 1e-9)
    #expect(bound.passiveStiffness(damping: 0.2, viscousFriction: 0.1) == 0)
    #expect(abs(bound.quantisedStiffness(step: 0.001, coulombFriction: 0.5) - 1000) < 1e-9)
    for nonsense in [Double.nan, .infinity, -1] {
      #expect(
        !bound.isStable(stiffness: nonsense, damping: 1) && !bound.isStable(stiffness: 1, damping: nonsense))
    }
  }
}
