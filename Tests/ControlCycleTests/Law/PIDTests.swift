import Foundation
import Testing

@testable import ControlCycle

@Suite("Laws: PID")
struct PIDTests {
  /// The closed loop of law and rotor as one matrix over (q, v, I, D, y before, r), and its powers.
  @Test(
    "A step response is that of the exact sampled model", arguments: [PID.Discretisation.backward, .bilinear])
  func exactModel(discretisation: PID.Discretisation) {
    let (T, J) = (0.001, 0.1)
    let gains = PID.Gains(
      proportional: 60, integral: 200, derivative: 3, filterTime: 0.005, referenceWeight: 0.7,
      discretisation: discretisation)
    let isBilinear = discretisation == .bilinear
    let scale = isBilinear ? 1 / (2 * gains.filterTime + T) : 1 / (gains.filterTime + T)
    let a = isBilinear ? (2 * gains.filterTime - T) * scale : gains.filterTime * scale
    let g = (isBilinear ? 2 : 1) * gains.derivative * scale
    let kp = gains.proportional
    let d = [-g, 0, 0, a, g, 0]
    let u = zip([-kp, 0, 1, 0, 0, kp * gains.referenceWeight], d).map { $0 + $1 }
    let matrix = SquareMatrix(rows: [
      zip([1, T, 0, 0, 0, 0], u).map { $0 + T * T / 2 / J * $1 },
      zip([0, 1, 0, 0, 0, 0], u).map { $0 + T / J * $1 },
      [-gains.integral * T, 0, 1, 0, 0, gains.integral * T], d, [1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1],
    ])
    var law = PID(gains)
    var rotor = Rotor(inertia: J)
    var worst = 0.0
    for sample in 1...2000 {
      rotor.advance(
        law.update(reference: 1, measured: rotor.position, limit: 1e6, period: T), period: T)
      if sample % 50 == 0 {
        worst = max(worst, abs(rotor.position - matrix.power(sample).rows[0][5]))
      }
    }
    #expect(worst <= 1e-12, "\(worst)")
    #expect(abs(rotor.position - 1) < 1e-3)
  }

  /// Seconds until 0.5 is reached after 5 s of a reference that the limit keeps out of reach.
  private func recovery(_ gains: PID.Gains, limit: Double, before: Double) -> Double {
    let period = 0.001
    var law = PID(gains)
    var plant = FirstOrder(share: exp(-period))
    for _ in 0..<5000 {
      plant.advance(law.update(reference: before, measured: plant.output, limit: limit, period: period))
    }
    var response = StepResponse(from: plant.output, to: 0.5)
    for sample in 0..<20_000 {
      response.take(plant.output, at: Double(sample) * period)
      plant.advance(law.update(reference: 0.5, measured: plant.output, limit: limit, period: period))
    }
    return response.settling
  }

  @Test("Five seconds in saturation leave no windup", arguments: [PID.AntiWindup.backCalculation, .clamping])
  func noWindup(antiWindup: PID.AntiWindup) {
    var gains = PID.Gains(proportional: 5, integral: 15, antiWindup: antiWindup, trackingTime: 0.05)
    let free = recovery(gains, limit: 1e6, before: 1)
    let saturated = recovery(gains, limit: 1, before: 2)
    #expect(free > 0.3 && saturated <= 1.1 * free, "\(saturated) s after saturation, \(free) s without")
    // The control: an integral that nothing takes back.
    gains.antiWindup = .backCalculation
    gains.trackingTime = 1e9
    #expect(recovery(gains, limit: 1, before: 2) > 2 * free)
  }

  /// Overshoot in per cent, bandwidth over natural frequency, phase margin in degrees; textbook second-order loop.
  static let secondOrder: [(damping: Double, overshoot: Double, bandwidth: Double, margin: Double)] = [
    (0.3, 37.23, 1.4537, 33.27), (0.5, 16.30, 1.2720, 51.83), (0.7071, 4.32, 1.0, 65.53),
    (0.8, 1.52, 0.8709, 69.86),
    (1.0, 0, 0.6436, 76.35),
  ]

  /// Stiffness w^2 and damping on the measurement around an inertia of 1.
  private func loop(_ damping: Double) -> (PID, period: Double) {
    let law = PID(PID.Gains(proportional: 100, derivative: 20 * damping))
    return (law, 0.0002)
  }

  /// Steady gain and phase lag of the position to a sine of the reference [rad/s; 1, rad].
  private func response(_ damping: Double, at frequency: Double) -> (
    gain: Double, cosine: Double, sine: Double
  ) {
    var (law, period) = loop(damping)
    var rotor = Rotor()
    let samples = Int(2 * Double.pi / frequency / period)
    var meter = ToneMeter(step: 2 * Double.pi / Double(samples))
    let settled = Int(3.5 / period)
    for sample in 0..<(settled + samples) {
      let reference = sin(2 * Double.pi * Double(sample) / Double(samples))
      if sample >= settled { meter.take(rotor.position, sample: sample) }
      rotor.advance(
        law.update(reference: reference, measured: rotor.position, limit: 1e6, period: period), period: period
      )
    }
    let scale = 2 / Double(samples)
    return (meter.amplitude, meter.cosine * scale, meter.sine * scale)
  }

  @Test("A second-order loop has its overshoot, bandwidth and phase margin", arguments: 0..<5)
  func secondOrderLoop(row: Int) {
    let expected = Self.secondOrder[row]
    var (law, period) = loop(expected.damping)
    var rotor = Rotor()
    var step = StepResponse(from: 0, to: 1)
    for sample in 0..<10_000 {
      step.take(rotor.position, at: Double(sample) * period)
      rotor.advance(
        law.update(reference: 1, measured: rotor.position, limit: 1e6, period: period), period: period)
    }
    #expect(abs(100 * step.overshoot - expected.overshoot) < 0.3, "\(100 * step.overshoot) %")
    // -3 dB by bisection; the gain falls there.
    var (low, high) = (4.0, 20.0)
    while high - low > 0.02 {
      let middle = (low + high) / 2
      if response(expected.damping, at: middle).gain > 0.5.squareRoot() {
        low = middle
      } else {
        high = middle
      }
    }
    #expect(abs(low / 10 - expected.bandwidth) < 0.008, "\(low / 10)")
    // The open loop from the closed one, L = T / (1 - T): where |L| is 1, the margin is what is left to half a turn.
    (low, high) = (2, 12)
    var margin = 0.0
    while high - low > 0.02 {
      let middle = (low + high) / 2
      let t = response(expected.damping, at: middle)
      // T is sine + j cosine; 1 - T likewise.
      let ratio = t.gain / ((1 - t.sine) * (1 - t.sine) + t.cosine * t.cosine).squareRoot()
      if ratio > 1 { low = middle } else { high = middle }
      let phase = atan2(t.cosine, t.sine) - atan2(-t.cosine, 1 - t.sine)
      margin = 180 + phase * 180 / Double.pi
    }
    #expect(abs(margin - expected.margin) < 0.4, "\(margin) degrees")
  }

  @Test("The integral takes up a change of the proportional gain, and a stale one fades")
  func bumpless() {
    var law = PID(PID.Gains(proportional: 10, integral: 5, referenceWeight: 0.5))
    var last = 0.0
    for _ in 0..<300 { last = law.update(reference: 1, measured: 0.7, limit: 100, period: 0.001) }
    law.gains.proportional = 80
    law.gains.referenceWeight = 0.1
    let integrated = 5 * 0.3 * 0.001
    let next = law.update(reference: 1, measured: 0.7, limit: 100, period: 0.001)
    #expect(abs(next - last - integrated) < 1e-12)
    // Without an integral gain the output goes over to what the proportional part asks for, within the fade.
    law.gains = PID.Gains(proportional: 20)
    #expect(law.update(reference: 1, measured: 0.7, limit: 100, period: 0.001) == next)
    var before = next
    for _ in 0..<51 {
      let now = law.update(reference: 1, measured: 0.7, limit: 100, period: 0.001)
      #expect(abs(now - before) <= abs(next - 6) * 0.001 / LawOutput.fadeTime * (1 + 1e-9))
      before = now
    }
    #expect(abs(before - 6) < 1e-12)
  }

  @Test("A law that takes over begins with the output of the other")
  func takeOver() {
    var law = PID(PID.Gains(proportional: 10))
    law.takeOver(from: -7)
    #expect(law.update(reference: 1, measured: 0, limit: 20, period: 0.001) == -7)
    var output = 0.0
    for _ in 0..<60 { output = law.update(reference: 1, measured: 0, limit: 20, period: 0.001) }
    #expect(abs(output - 10) < 1e-12)
  }

  @Test("What is no number fades the output and is not remembered")
  func notANumber() {
    var law = PID(PID.Gains(proportional: 10, integral: 3, derivative: 1, filterTime: 0.01))
    for sample in 0..<50 {
      _ = law.update(reference: 1, measured: 0.001 * Double(sample), limit: 20, period: 0.001)
    }
    let state = law.state
    var last = state.output.value
    for _ in 0..<60 {
      let output = law.update(reference: .nan, measured: 0, limit: 20, period: 0.001)
      #expect(abs(output) <= abs(last) && last - output <= 20 * 0.001 / LawOutput.fadeTime + 1e-12)
      last = output
    }
    #expect(last == 0 && law.state.output.rejected == 60)
    #expect(law.state.integral == state.integral && law.state.derivative == state.derivative)
    // And back without a step.
    #expect(law.update(reference: 1, measured: 0.05, limit: 20, period: 0.001) == 0)
  }
}
