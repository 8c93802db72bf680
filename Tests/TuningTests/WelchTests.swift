import Numerics
import TestSupport
import Testing
import Tuning

/// Two inertias on a spring with a damper: torque on the first, its velocity seen. Exact for a torque that is held.
private struct TwoMasses {
  let motor = 0.01
  let link = 0.04
  let stiffness = 400.0
  let damping = 0.02
  let friction = 0.05

  /// rad/s: where the link takes the motion of the motor away, and where both swing.
  var antiresonance: Double { (stiffness / link).squareRoot() }
  var resonance: Double { (stiffness * (1 / motor + 1 / link)).squareRoot() }

  /// Velocity over torque at a frequency.
  func response(_ frequency: Double) -> Complex<Double> {
    let s = Complex(0, frequency)
    let coupling = Complex(stiffness) / s + Complex(damping)
    let linkSide = Complex(link) * s
    let both = coupling * linkSide / (coupling + linkSide)
    return Complex(1) / (Complex(motor) * s + Complex(friction) + both)
  }
}

@Suite("Measured frequency responses") struct WelchTests {
  private static func noise(_ count: Int, seed: UInt64) -> [Double] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Double.random(in: -1...1, using: &random) }
  }

  @Test("A filter's response is that of its coefficients, with coherence, through noise")
  func filter() throws {
    let input = Self.noise(1 << 16, seed: 3)
    let disturbance = Self.noise(1 << 16, seed: 4)
    var output: [Double] = []
    var state = 0.0
    for index in input.indices {
      state = 0.9 * state + 0.1 * input[index]
      output.append(state + 0.002 * disturbance[index])
    }
    let period = 1e-3
    let response = try #require(
      FrequencyResponse.measured(input: input, output: output, period: period, segment: 1024))
    let trusted = response.trusted()
    #expect(trusted.points.count > 400)
    for point in trusted.points {
      let z = Complex(length: 1, phase: -point.frequency * period)
      let exact = Complex(0.1) / (Complex(1) - Complex(0.9) * z)
      #expect((point.value / exact - Complex(1)).length < 0.05, "\(point.frequency)")
    }
  }

  @Test("Half a period late is seen in the phase, and noise alone has no coherence")
  func coherence() throws {
    let input = Self.noise(1 << 15, seed: 5)
    let late = [0] + input.dropLast()
    let response = try #require(
      FrequencyResponse.measured(input: input, output: Array(late), period: 1e-3, segment: 512))
    for point in response.points where point.frequency < 2000 {
      #expect((point.value.phase + point.frequency * 1e-3).magnitude < 0.02)
      #expect(point.coherence > 0.99)
    }
    let other = try #require(
      FrequencyResponse.measured(
        input: input, output: Self.noise(1 << 15, seed: 6), period: 1e-3, segment: 512))
    #expect(other.points.map(\.coherence).reduce(0, +) / Double(other.points.count) < 0.05)
    #expect(other.trusted().points.isEmpty)
  }

  @Test("Resonance and antiresonance of two masses within 0.5 %")
  func twoMasses() throws {
    let plant = TwoMasses()
    let (period, fine) = (5e-4, 50)
    let count = 1 << 17
    let input = Self.noise(count, seed: 7)
    var (motor, link, twist) = (0.0, 0.0, 0.0)
    var output: [Double] = []
    for index in 0..<count {
      output.append(motor)
      for _ in 0..<fine {
        let step = period / Double(fine)
        let spring = plant.stiffness * twist + plant.damping * (motor - link)
        motor += step * (input[index] - spring - plant.friction * motor) / plant.motor
        link += step * spring / plant.link
        twist += step * (motor - link)
      }
    }
    let response = try #require(
      FrequencyResponse.measured(
        input: input, output: output, period: period, segment: 1 << 14, range: 20...600))
    let dip = try #require(response.antiresonance(in: 50...150))
    let peak = try #require(response.resonance(in: 150...400))
    #expect((dip / plant.antiresonance - 1).magnitude < 0.005, "\(dip) \(plant.antiresonance)")
    #expect((peak / plant.resonance - 1).magnitude < 0.005, "\(peak) \(plant.resonance)")
  }

  @Test("What cannot be measured is not")
  func refused() {
    let signal = Self.noise(1000, seed: 8)
    #expect(FrequencyResponse.measured(input: signal, output: [], period: 1e-3, segment: 256) == nil)
    #expect(FrequencyResponse.measured(input: signal, output: signal, period: 1e-3, segment: 300) == nil)
    #expect(FrequencyResponse.measured(input: signal, output: signal, period: 1e-3, segment: 1024) == nil)
  }
}
