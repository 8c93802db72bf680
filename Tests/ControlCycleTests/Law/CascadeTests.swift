import Foundation
import RigidBody
import TestSupport
import Testing

@testable import ControlCycle

@Suite("Laws: cascade, notch")
struct CascadeTests {
  @Test("Without an integral a cascade is joint impedance")
  func isImpedance() {
    var random = SeededGenerator(seed: 1)
    var cascade = Cascade(Cascade.Gains(position: 12, velocity: 4, velocityLimit: 1e6))
    for _ in 0..<1000 {
      let q = Double.random(in: -3...3, using: &random)
      let v = Double.random(in: -5...5, using: &random)
      let reference = Cascade.Reference(
        position: Double.random(in: -3...3, using: &random),
        velocity: Double.random(in: -5...5, using: &random),
        torque: Double.random(in: -9...9, using: &random))
      let torque = cascade.update(reference, position: q, velocity: v, limit: 1e6, period: 0.001)
      let expected = 48 * (reference.position - q) + 4 * (reference.velocity - v) + reference.torque
      #expect(abs(torque - expected) <= 1e-12 * 500)
    }
  }

  @Test("A far target is approached at the velocity limit, reached, and held against a load")
  func velocityLimit() {
    var cascade = Cascade(Cascade.Gains(position: 10, velocity: 3, integral: 30, velocityLimit: 2))
    var rotor = Rotor(inertia: 0.05)
    var fastest = 0.0
    for sample in 0..<6000 {
      let torque = cascade.update(
        .init(position: 4), position: rotor.position, velocity: rotor.velocity, limit: 20, period: 0.001)
      rotor.advance(torque + (sample > 3500 ? -5 : 0), period: 0.001)
      fastest = max(fastest, rotor.velocity)
      if sample == 3400 { #expect(abs(rotor.position - 4) < 1e-3, "\(rotor.position)") }
    }
    #expect(fastest > 1.9 && fastest < 2.25, "\(fastest)")
    #expect(abs(rotor.position - 4) < 1e-3, "\(rotor.position)")
  }

  @Test("Loops open and close without a step", arguments: 0..<20)
  func modes(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let limit = 30.0
    var cascade = Cascade(Cascade.Gains(position: 10, velocity: 3, integral: 20, velocityLimit: 2))
    var reference = Cascade.Reference(position: 0.3, velocity: 0.2, torque: 4)
    var last = 0.0
    for sample in 0..<4000 {
      let isChanging = sample > 0 && sample % 100 == 0
      if isChanging {
        cascade.gains.loop =
          [Cascade.Loop.position, .velocity, .torque].randomElement(using: &random) ?? .torque
        cascade.gains.position = Double.random(in: 0...40, using: &random)
        cascade.gains.velocity = Double.random(in: 0...8, using: &random)
        cascade.gains.velocityLimit = Double.random(in: 0.1...5, using: &random)
      }
      if sample % 100 == 50 { reference.position = Double.random(in: -1...1, using: &random) }
      let torque = cascade.update(reference, position: 0.1, velocity: 0.1, limit: limit, period: 0.001)
      // What fades of a torque and of a velocity, and what the integral adds.
      let bound =
        (2 * limit + 2 * 5 * 8 * 2) * 0.001 / LawOutput.fadeTime + (20 * 6 + limit / 0.05) * 0.001
      if sample % 100 != 50 && sample > 0 {
        #expect(abs(torque - last) <= bound, "\(torque - last) at \(sample)")
      }
      last = torque
    }
  }

  /// Steady gain of a filter at a frequency.
  private func gain(_ gains: Notch.Gains, at frequency: Double, period: Double) -> Double {
    var notch = Notch(gains)
    var meter = ToneMeter(step: 2 * Double.pi * frequency * period)
    let samples = Int((Double(Int(frequency * 4)) / frequency / period).rounded())
    for sample in 0..<(8000 + samples) {
      let tone = sin(2 * Double.pi * frequency * period * Double(sample))
      let output = notch.update(tone, limit: 10, period: period)
      if sample >= 8000 { meter.take(output, sample: sample) }
    }
    return meter.amplitude
  }

  @Test("A notch leaves its depth at its frequency and the formula elsewhere", arguments: [0.0, 0.1, 0.5])
  func notch(depth: Double) {
    let gains = Notch.Gains(frequency: 40, damping: 0.4, depth: depth)
    for frequency in [2.0, 20.0, 40.0, 90.0, 250.0] {
      // Tustin's rule with the frequency kept turns f into tan(pi f T).
      let x = tan(Double.pi * frequency * 0.001) / tan(Double.pi * 40 * 0.001)
      let (real, width) = (1 - x * x, 2 * 0.4 * x)
      let expected =
        ((real * real + depth * depth * width * width) / (real * real + width * width)).squareRoot()
      let measured = gain(gains, at: frequency, period: 0.001)
      #expect(abs(measured - expected) < 2e-3, "\(frequency) Hz: \(measured), formula \(expected)")
    }
  }

  @Test("A notch moves under a standing input without moving the output")
  func notchMoves() {
    var notch = Notch(Notch.Gains(frequency: 40))
    for _ in 0..<2000 { _ = notch.update(7, limit: 20, period: 0.001) }
    for frequency in [25.0, 0, 470, 60, 12] {
      notch.gains.frequency = frequency
      for _ in 0..<20 { #expect(abs(notch.update(7, limit: 20, period: 0.001) - 7) < 1e-9) }
    }
  }
}
