import TestSupport
import Testing

@testable import ControlCycle

@Suite("Motion limiter")
struct MotionLimiterTests {
  private func randomLimits(_ random: inout SeededGenerator) -> JointLimits {
    let low = Double.random(in: -3...0, using: &random)
    return JointLimits(
      minPosition: low, maxPosition: low + Double.random(in: 0.2...5, using: &random),
      velocity: Double.random(in: 0.2...20, using: &random),
      acceleration: Double.random(in: 1...400, using: &random), torque: 10)
  }

  @Test("No sequence of setpoints leaves a limit", arguments: 0..<40)
  func neverLeavesLimits(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let limits = randomLimits(&random)
    let period = [0.00025, 0.001, 0.005][seed % 3]
    var motion = CommandedMotion(
      restingAt: Double.random(in: limits.minPosition...limits.maxPosition, using: &random))
    var setpoint = JointSetpoint(position: motion.position)
    for cycle in 0..<4000 {
      if cycle % 37 == 0 {
        setpoint.position = Double.random(in: -10...10, using: &random)
        setpoint.velocity = Double.random(in: -50...50, using: &random)
      }
      let before = motion
      if cycle % 1000 > 900 {
        _ = MotionLimiter.brake(&motion, limits: limits, period: period)
      } else {
        _ = MotionLimiter.advance(&motion, towards: setpoint, limits: limits, period: period)
      }
      let step = (motion.position - before.position) / period
      #expect(motion.position >= limits.minPosition && motion.position <= limits.maxPosition)
      #expect(abs(step) <= limits.velocity * (1 + 1e-9))
      #expect(abs(step - before.meanVelocity) <= limits.acceleration * period * (1 + 1e-6) + 1e-9 / period)
    }
  }

  @Test("A step is approached without overshoot and reached", arguments: [0.001, 0.004])
  func stepDoesNotOvershoot(period: Double) {
    let limits = JointLimits(
      minPosition: -2, maxPosition: 2, velocity: 3, acceleration: 20, torque: 10)
    var motion = CommandedMotion(restingAt: -1)
    var highest = -1.0
    for _ in 0..<Int(3 / period) {
      _ = MotionLimiter.advance(
        &motion, towards: JointSetpoint(position: 0.5), limits: limits, period: period)
      highest = max(highest, motion.position)
    }
    #expect(highest <= 0.5 + 1e-9)
    #expect(abs(motion.position - 0.5) < 1e-9)
  }

  @Test(
    "A distance below what a double can add stays a standstill",
    arguments: [1e-17, 1e-19, 1e-21, 1e-25, 1e-300])
  func tinyDistanceIsStandstill(distance: Double) {
    let limits = JointLimits(
      minPosition: -2, maxPosition: 2, velocity: 3, acceleration: 80, torque: 10)
    var motion = CommandedMotion(restingAt: -0.2)
    for sign in [1.0, -1, 1] {
      let setpoint = JointSetpoint(position: -0.2, velocity: sign * distance / 0.001)
      let isLimited = MotionLimiter.advance(&motion, towards: setpoint, limits: limits, period: 0.001)
      #expect(!isLimited && magnitude(motion.meanVelocity) < 1e-9 && motion.position == -0.2)
    }
  }

  @Test("A motion inside the limits passes unchanged")
  func smoothMotionPasses() {
    let limits = JointLimits(
      minPosition: -2, maxPosition: 2, velocity: 3, acceleration: 20, torque: 10)
    var motion = CommandedMotion(restingAt: 0)
    for cycle in 1..<3000 {
      // Starts at rest: position, velocity and acceleration of 1 - cos.
      let t = Double(cycle) * 0.001
      let setpoint = JointSetpoint(
        position: 0.6 * (1 - cosine(3 * t)), velocity: 1.8 * sine(3 * t), acceleration: 5.4 * cosine(3 * t))
      let isLimited = MotionLimiter.advance(&motion, towards: setpoint, limits: limits, period: 0.001)
      #expect(!isLimited)
      #expect(abs(motion.position - setpoint.position) < 1e-12)
      #expect(motion.velocity == setpoint.velocity && motion.acceleration == setpoint.acceleration)
    }
  }

  @Test("Braking from full speed ends within v^2/2a and half a step")
  func brakingDistance() {
    let limits = JointLimits(
      minPosition: -100, maxPosition: 100, velocity: 5, acceleration: 50, torque: 10)
    var motion = CommandedMotion(restingAt: 0)
    for _ in 0..<500 {
      _ = MotionLimiter.advance(
        &motion, towards: JointSetpoint(position: 90, velocity: 5), limits: limits, period: 0.001)
    }
    #expect(abs(motion.meanVelocity - 5) < 1e-9)
    let start = motion.position
    var cycles = 0
    while !MotionLimiter.brake(&motion, limits: limits, period: 0.001) { cycles += 1 }
    #expect(cycles <= 100)
    #expect(motion.position - start <= 25.0 / 100 + 1e-9)
    #expect(motion.position - start >= 25.0 / 100 - 0.005)
  }

  // Taylor series: the tests of the core need no mathematics library.
  private func sine(_ x: Double) -> Double { series(x, first: x, from: 1) }
  private func cosine(_ x: Double) -> Double { series(x, first: 1, from: 0) }
  private func series(_ x: Double, first: Double, from start: Int) -> Double {
    var term = first
    var sum = first
    for k in stride(from: start, through: 60, by: 2) {
      term *= -x * x / Double((k + 1) * (k + 2))
      sum += term
    }
    return sum
  }
}
