import Foundation
import JointControl
import Testing

@testable import Simulation

@Suite struct AngleSensorTests {
  private func sensor(_ model: EncoderModel, angle: Double = 0, step: Double = 250e-6, seed: UInt64 = 1)
    -> AngleSensor
  {
    AngleSensor(model, angle: angle, step: step, random: RandomStream(seed: seed))
  }

  @Test func readsWholeCountsBelow() {
    var encoder = sensor(EncoderModel(counts: 16384, offset: 0.1))
    let count = 2 * Double.pi / 16384
    for angle in stride(from: -9.0, through: 9, by: 0.0371) {
      let error = angle + 0.1 - encoder.sample(angle)
      #expect(error > -1e-9 && error < count + 1e-9)
    }
    var exact = sensor(EncoderModel(counts: 0))
    #expect(exact.sample(1.2345) == 1.2345)
    #expect(encoder.sample(.nan).isNaN)
  }

  @Test func readingIsAsOldAsItsLatency() {
    for latency in [0.0, 100e-6, 250e-6, 1.1e-3, 3e-3] {
      var encoder = sensor(EncoderModel(counts: 0, latency: latency))
      var reading = 0.0
      for count in 0...200 { reading = encoder.sample(4 * Double(count) * 250e-6) }
      #expect(abs(reading - 4 * (200 * 250e-6 - latency)) < 1e-12)
    }
  }

  @Test func noiseHasItsDeviationAndItsSeed() {
    var one = sensor(EncoderModel(counts: 0, noise: 1e-3))
    var same = sensor(EncoderModel(counts: 0, noise: 1e-3))
    var other = sensor(EncoderModel(counts: 0, noise: 1e-3), seed: 2)
    var (sum, squares) = (0.0, 0.0)
    var differing = 0
    for _ in 0..<100_000 {
      let reading = one.sample(0)
      #expect(reading == same.sample(0))
      if reading != other.sample(0) { differing += 1 }
      sum += reading
      squares += reading * reading
    }
    #expect(abs(sum / 100_000) < 2e-5 && abs((squares / 100_000).squareRoot() / 1e-3 - 1) < 0.01)
    #expect(differing > 99_000)
  }

  @Test func wrapsAndForgetsTurns() {
    let turn = 2 * Double.pi
    var single = sensor(EncoderModel(counts: 0, turns: 1))
    for angle in stride(from: -20.0, through: 20, by: 0.173) {
      let reading = single.sample(angle)
      #expect(reading >= -Double.pi - 1e-12 && reading < Double.pi + 1e-12)
      let turns = (angle - reading) / turn
      #expect(abs(turns - turns.rounded()) < 1e-9)
    }
    var counter = sensor(EncoderModel(counts: 0))
    _ = counter.sample(2.3 * turn)
    #expect(abs(counter.sample(2.4 * turn) - 2.4 * turn) < 1e-12)
    counter.loseTurns()
    #expect(abs(counter.sample(2.4 * turn) - 0.4 * turn) < 1e-9)
    #expect(abs(counter.sample(3.4 * turn) - 1.4 * turn) < 1e-9)
  }

  @Test func magnetOffCentreErrsOnceATurn() {
    var encoder = sensor(EncoderModel(counts: 0, eccentricity: 2e-3))
    let samples = (0..<4000).map {
      let angle = 2 * Double.pi * Double($0) / 4000
      return encoder.sample(angle) - angle
    }
    #expect(abs(lineAmplitude(samples, periods: 1) - 2e-3) < 1e-9)
    #expect(lineAmplitude(samples, periods: 2) < 1e-9)
  }
}
