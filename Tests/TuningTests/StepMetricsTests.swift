import Numerics
import Testing
import Tuning

/// The second-order loop of damping ratio z and natural frequency w_n, whose metrics are known in closed form or tabulated.
private struct SecondOrder: Sendable, CustomTestStringConvertible {
  let damping: Double
  /// Of the closed loop's step [%], bandwidth over w_n, and of the open loop [deg].
  let (overshoot, bandwidth, phaseMargin): (Double, Double, Double)
  let natural = 7.0

  var testDescription: String { "damping ratio \(damping)" }

  static let table = [
    SecondOrder(damping: 0.3, overshoot: 37.23, bandwidth: 1.4537, phaseMargin: 33.27),
    SecondOrder(damping: 0.5, overshoot: 16.30, bandwidth: 1.2720, phaseMargin: 51.83),
    SecondOrder(damping: 0.5.squareRoot(), overshoot: 4.32, bandwidth: 1.0000, phaseMargin: 65.53),
    SecondOrder(damping: 0.8, overshoot: 1.52, bandwidth: 0.8709, phaseMargin: 69.86),
    SecondOrder(damping: 1, overshoot: 0, bandwidth: 0.6436, phaseMargin: 76.35),
  ]

  init(damping: Double, overshoot: Double, bandwidth: Double, phaseMargin: Double) {
    self.damping = damping
    (self.overshoot, self.bandwidth, self.phaseMargin) = (overshoot, bandwidth, phaseMargin)
  }

  /// The step response at an instant [s].
  func step(_ time: Double) -> Double {
    let decay = Double.exp(-damping * natural * time)
    let left = (1 - damping * damping).squareRoot()
    if left == 0 { return 1 - decay * (1 + natural * time) }
    let angle = natural * left * time
    return 1 - decay * (Double.cos(angle) + damping / left * Double.sin(angle))
  }

  /// L = w_n^2 / (s (s + 2 z w_n)).
  func open(_ frequency: Double) -> Complex<Double> {
    let s = Complex(0, frequency)
    return Complex(natural * natural) / (s * (s + Complex(2 * damping * natural)))
  }
}

@Suite("What a response shows") struct StepMetricsTests {
  private static let times = (0...40_000).map { Double($0) * 1e-4 }

  @Test("The second-order table", arguments: SecondOrder.table)
  fileprivate func table(loop: SecondOrder) throws {
    let metrics = try #require(
      StepMetrics(times: Self.times, values: Self.times.map { 2 + 3 * loop.step($0) }, from: 2, to: 5))
    #expect((metrics.overshoot - loop.overshoot).magnitude < 0.006)
    let frequencies = FrequencyResponse.logarithmic(from: 0.01, to: 1000, count: 3000)
    let response = FrequencyResponse(at: frequencies, of: loop.open)
    let margins = LoopMargins(of: response)
    let phase = try #require(margins.phase)
    #expect((phase.value * 180 / .pi - loop.phaseMargin).magnitude < 0.006)
    #expect(margins.gain == nil, "its phase comes to half a turn nowhere")
    #expect((try #require(margins.delay) - phase.value / phase.frequency).magnitude < 1e-12)
    let bandwidth = try #require(response.closedLoop.bandwidth)
    #expect((bandwidth / loop.natural - loop.bandwidth).magnitude < 6e-5)
  }

  @Test("A first-order step by hand")
  func firstOrder() throws {
    let metrics = try #require(
      StepMetrics(times: Self.times, values: Self.times.map { 1 - Double.exp(-4 * $0) }, from: 0, to: 1))
    // A grid of 1e-4 s: ln 9 and ln 50 over the pole.
    #expect((try #require(metrics.riseTime) - Double.log(9) / 4).magnitude <= 1e-4)
    #expect((try #require(metrics.settlingTime) - Double.log(50) / 4).magnitude <= 1e-4)
    #expect(metrics.overshoot == 0)
    #expect((metrics.integralOfAbsoluteError - 0.25).magnitude < 1e-6)
    #expect((metrics.timeWeightedIntegralOfAbsoluteError - 0.0625).magnitude < 1e-5)
    #expect((metrics.integralOfSquaredError - 0.125).magnitude < 1e-6)
  }

  @Test("Downwards is as upwards, and from anywhere", arguments: SecondOrder.table)
  fileprivate func mirrored(loop: SecondOrder) throws {
    let up = try #require(StepMetrics(times: Self.times, values: Self.times.map(loop.step), from: 0, to: 1))
    let down = try #require(
      StepMetrics(
        times: Self.times.map { $0 + 5 }, values: Self.times.map { 8 - 4 * loop.step($0) }, from: 8, to: 4))
    #expect((down.overshoot - up.overshoot).magnitude < 1e-9)
    #expect((try #require(down.riseTime) - (try #require(up.riseTime))).magnitude < 1.5e-4)
    #expect((down.peak - (8 - 4 * up.peak)).magnitude < 1e-12)
  }

  @Test("What is no step response is none")
  func refused() {
    #expect(StepMetrics(times: [0, 1], values: [0, 1], from: 1, to: 1) == nil)
    #expect(StepMetrics(times: [0, 0], values: [0, 1], from: 0, to: 1) == nil)
    #expect(StepMetrics(times: [0, 1], values: [0, .nan], from: 0, to: 1) == nil)
    #expect(StepMetrics(times: [0], values: [0], from: 0, to: 1) == nil)
    let short = StepMetrics(times: [0, 1], values: [0, 0.5], from: 0, to: 1)
    #expect(short?.riseTime == nil && short?.settlingTime == nil && short?.finalError == 0.5)
  }

  @Test("The margins of 4 / (s + 1)^3: gain 2 at sqrt 3, as the phase says")
  func thirdOrder() throws {
    let response = FrequencyResponse(
      at: FrequencyResponse.logarithmic(from: 0.01, to: 100, count: 4000),
      of: { frequency in
        let pole = Complex(1, frequency)
        return Complex(4) / (pole * pole * pole)
      })
    let margins = LoopMargins(of: response)
    let gain = try #require(margins.gain)
    #expect((gain.value - 2).magnitude < 1e-4)
    #expect((gain.frequency - 3.0.squareRoot()).magnitude < 1e-4)
    // |L| = 1 where 1 + w^2 = 4^(2/3).
    let crossing = (Double.pow(4, 2.0 / 3) - 1).squareRoot()
    let phase = try #require(margins.phase)
    #expect((phase.frequency - crossing).magnitude < 1e-4)
    #expect((phase.value - (.pi - 3 * Double.atan(crossing))).magnitude < 1e-4)
    #expect(margins.sensitivityPeak > 1.9 && margins.sensitivityPeak < 3)
  }

  @Test("A loop that is unstable lacks phase")
  func unstable() throws {
    let response = FrequencyResponse(
      at: FrequencyResponse.logarithmic(from: 0.01, to: 100, count: 4000),
      of: { frequency in
        let pole = Complex(1, frequency)
        return Complex(16) / (pole * pole * pole)
      })
    let margins = LoopMargins(of: response)
    #expect(try #require(margins.gain).value < 0.51)
    #expect(try #require(margins.phase).value < 0)
  }
}
