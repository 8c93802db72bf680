import Foundation
import Numerics
import Testing
import Tuning

@Suite struct RelayTests {
  /// 1 / (s + 1)^3 with an input that is held, exact at any instant: with x1' = u - x1, x2' = x1 - x2, x3' = x2 - x3 the distances
  /// to u are (a), (a t + b), (a t^2 / 2 + b t + c) times e^-t.
  private struct ThreeLags {
    var (first, second, third) = (0.0, 0.0, 0.0)

    mutating func advance(_ input: Double, over time: Double) {
      let (a, b, c) = (first - input, second - input, third - input)
      let share = exp(-time)
      first = input + share * a
      second = input + share * (b + a * time)
      third = input + share * (c + b * time + a * time * time / 2)
    }
  }

  private func run(
    _ settings: RelayExperiment.Settings, period: Double = 1e-4, noise: (Int) -> Double = { _ in 0 },
    load: Double = 0
  ) -> (RelayExperiment, farthest: Double) {
    var relay = RelayExperiment(settings)
    var plant = ThreeLags()
    var farthest = 0.0
    for sample in 0..<1_000_000 {
      guard case .running = relay.phase else { break }
      let output = relay.update(plant.third + noise(sample), period: period)
      farthest = max(farthest, abs(output - settings.bias))
      plant.advance(output + load, over: period)
    }
    return (relay, farthest)
  }

  /// Exact relay oscillation of 1 / (s + 1)^3, by switching at the crossing itself: a, Tu.
  @Test(arguments: [(0.0, 3.6798, 0.163066, 7.808), (0.05, 4.3242, 0.232174, 5.6158)])
  func isThatOfTheExactRelay(hysteresis: Double, period: Double, amplitude: Double, gain: Double) throws {
    var settings = RelayExperiment.Settings(amplitude: 1)
    settings.hysteresis = hysteresis
    settings.tolerance = 1e-4
    let (relay, farthest) = run(settings)
    guard case .done(let found) = relay.phase else {
      Issue.record("\(relay.phase)")
      return
    }
    #expect(abs(found.period / period - 1) < 2e-4, "\(found.period) s")
    #expect(abs(found.amplitude / amplitude - 1) < 5e-4, "\(found.amplitude)")
    #expect(abs(found.gain / gain - 1) < 5e-4, "\(found.gain)")
    #expect(abs(found.asymmetry) < 1e-3 && farthest <= 1)
    // The describing function's point of the plant, beside the plant's own there.
    let point = try #require(found.response.points.first)
    let lag = Complex(1, point.frequency)
    let exact = Complex(1) / (lag * lag * lag)
    #expect((point.value - exact).length / exact.length < 0.04)
  }

  @Test func noiseBelowTheHysteresisIsBorne() {
    var settings = RelayExperiment.Settings(amplitude: 2)
    settings.hysteresis = 0.05
    settings.tolerance = 0.05
    var state: UInt64 = 9
    let (relay, _) = run(settings, period: 1e-3) { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return 0.02 * (Double(state >> 11) / Double(1 << 52) - 1)
    }
    let (clean, _) = run(settings, period: 1e-3)
    guard case .done(let found) = relay.phase, case .done(let exact) = clean.phase else {
      Issue.record("\(relay.phase) \(clean.phase)")
      return
    }
    #expect(
      abs(found.gain / exact.gain - 1) < 0.08 && abs(found.period / exact.period - 1) < 0.04, "\(found)")
  }

  @Test func aLoadThatTheBiasDoesNotHoldIsSeen() {
    var settings = RelayExperiment.Settings(amplitude: 1)
    settings.duration = 200
    let (even, _) = run(settings, period: 1e-3)
    let (uneven, _) = run(settings, period: 1e-3, load: 0.3)
    settings.bias = -0.3
    let (held, _) = run(settings, period: 1e-3, load: 0.3)
    guard case .done(let a) = even.phase, case .done(let b) = uneven.phase, case .done(let c) = held.phase
    else {
      Issue.record("\(even.phase) \(uneven.phase) \(held.phase)")
      return
    }
    #expect(abs(a.asymmetry) < 0.01 && abs(c.asymmetry) < 0.01 && b.asymmetry < -0.1)
    #expect(abs(a.gain - c.gain) < 0.01 * a.gain)
  }

  @Test func endsByItselfAndPutsOutNothingThen() {
    var settings = RelayExperiment.Settings(amplitude: 1)
    settings.travel = 0.1
    let (left, _) = run(settings, period: 1e-3)
    #expect(left.phase == .failed(.travel) && left.output == 0)
    settings.travel = .infinity
    settings.duration = 2
    #expect(run(settings, period: 1e-3).0.phase == .failed(.noOscillation))
    for number in [Double.nan, .infinity, -.infinity] {
      var relay = RelayExperiment(settings)
      #expect(relay.update(0, period: 0.001) == 1)
      #expect(relay.update(number, period: 0.001) == 0 && relay.phase == .failed(.notUsable))
      #expect(relay.update(0, period: 0.001) == 0)
      settings.hysteresis = number
      var refused = RelayExperiment(settings)
      #expect(refused.update(0, period: 0.001) == 0 && refused.phase == .failed(.notUsable))
      settings.hysteresis = 0
    }
  }

  @Test func rulesAreTheirTables() throws {
    let point = CriticalPoint(gain: 8, period: 4)
    let classic = try #require(UltimateRule.zieglerNichols.gains(.pid, at: point))
    #expect(classic == PIDGains(proportional: 4.8, integralTime: 2, derivativeTime: 0.5))
    #expect(classic.integral == 2.4 && classic.derivative == 2.4)
    #expect(
      UltimateRule.zieglerNichols.gains(.pi, at: point)
        == PIDGains(proportional: 3.6, integralTime: 4 / 1.2))
    #expect(UltimateRule.zieglerNichols.gains(.p, at: point) == PIDGains(proportional: 4))
    #expect(
      UltimateRule.tyreusLuyben.gains(.pi, at: point) == PIDGains(proportional: 2.5, integralTime: 2.2 * 4))
    #expect(
      UltimateRule.tyreusLuyben.gains(.pid, at: point)
        == PIDGains(proportional: 8 / 2.2, integralTime: 2.2 * 4, derivativeTime: 4 / 6.3))
    #expect(UltimateRule.tyreusLuyben.gains(.p, at: point) == nil)
    // kappa = 1 / 8 and 0.
    let amigo = try #require(UltimateRule.amigo(staticGain: 1).gains(.pid, at: point))
    #expect(abs(amigo.proportional - (0.3 - 0.1 / 4096) * 8) < 1e-14)
    #expect(abs(amigo.integralTime - 1.92) < 1e-14)
    #expect(abs(amigo.derivativeTime - 0.6 * 0.875 / 0.88125) < 1e-14)
    #expect(
      UltimateRule.amigo(staticGain: .infinity).gains(.pi, at: point)
        == PIDGains(proportional: 0.16 * 8, integralTime: 4))
    #expect(UltimateRule.amigo(staticGain: 0.1).gains(.pi, at: point) == nil)
    #expect(UltimateRule.zieglerNichols.gains(.pid, at: CriticalPoint(gain: -1, period: 1)) == nil)
  }

  @Test func rulesByTheStepAreTheirTables() throws {
    let plant = DelayedPlant.lag(gain: 2, lag: 3, delay: 1)
    let pi = try #require(plant.amigo(.pi))
    #expect(abs(pi.proportional - (0.075 + (0.35 - 3.0 / 16) * 1.5)) < 1e-14)
    #expect(abs(pi.integralTime - (0.35 + 117.0 / 52)) < 1e-14)
    let pid = try #require(plant.amigo(.pid))
    #expect(abs(pid.proportional - 0.775) < 1e-14 && abs(pid.integralTime - 2.8 / 1.3) < 1e-14)
    #expect(abs(pid.derivativeTime - 1.5 / 3.3) < 1e-14)
    let ramp = DelayedPlant.integrator(gain: 2, delay: 0.5)
    #expect(ramp.amigo(.pi) == PIDGains(proportional: 0.35, integralTime: 6.7))
    #expect(ramp.amigo(.pid) == PIDGains(proportional: 0.45, integralTime: 4, derivativeTime: 0.25))
    #expect(plant.simc(timeConstant: 1) == PIDGains(proportional: 0.75, integralTime: 3))
    #expect(
      plant.simc(timeConstant: -1) == nil
        && DelayedPlant.integrator(gain: 0, delay: 1).simc(timeConstant: 1) == nil)
    #expect(ramp.simc(timeConstant: 0.5) == PIDGains(proportional: 0.5, integralTime: 4))
    // Two lags: (3 / 4) in series with 3 s and 2 s; a slow lag is cut to four times the sum.
    let two = try #require(DelayedPlant.lag(gain: 2, lag: 3, secondLag: 2, delay: 1).simc(timeConstant: 1))
    #expect(abs(two.proportional - 1.25) < 1e-14 && abs(two.integralTime - 5) < 1e-14)
    #expect(abs(two.derivativeTime - 1.2) < 1e-14)
    #expect(DelayedPlant.lag(gain: 1, lag: 100, delay: 1).simc(timeConstant: 1)?.integralTime == 8)
    // Two integrators: half the delay's double, PD in front of an integral; K (1 + Td / Ti) doubles.
    let double = try #require(DelayedPlant.doubleIntegrator(gain: 1, delay: 0.5).simc(timeConstant: 0.5))
    #expect(double == PIDGains(proportional: 0.5, integralTime: 8, derivativeTime: 2))
    #expect(DelayedPlant.doubleIntegrator(gain: 1, delay: 1).amigo(.pid) == nil)
  }
}
