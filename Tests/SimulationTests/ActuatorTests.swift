import Foundation
import JointControl
import Testing

@testable import Simulation

private let step = 250e-6

private func actuator(
  inertia: Double = 0.01, coulomb: Double = 0, viscous: Double = 0, efficiency: Double = 1
) -> Actuator {
  Actuator(
    motor: Motor(
      rotorInertia: inertia / 81, peakTorque: 60, kneeVelocity: 12, noLoadVelocity: 20, encoderCounts: 16384),
    reducer: Reducer(
      ratio: 9, coulombFriction: coulomb, viscousFriction: viscous, efficiency: efficiency))
}

/// One joint of a given inertia, stepped as the plant steps it.
private struct Wheel {
  var position = 0.0
  var velocity = 0.0
  var friction: JointFriction
  let inertia: Double

  init(_ actuator: Actuator, load: Double = 0, velocity: Double = 0) {
    friction = JointFriction(actuator, step: step)
    inertia = actuator.armature + load
    self.velocity = velocity
  }

  mutating func advance(motorTorque: Double = 0, external: Double = 0) {
    let torque = motorTorque + external + friction.advance(velocity: velocity, motorTorque: motorTorque)
    velocity += step * torque / inertia
    position += step * velocity
  }
}

@Suite struct ActuatorTests {
  @Test func decayIsTheExponential() {
    for exponent in stride(from: 0.0, through: 20, by: 0.37) {
      #expect(abs(exponentialDecay(exponent) / exp(-exponent) - 1) < 1e-12)
    }
  }

  @Test func torqueFollowsTheCurrentLoop() {
    var motor = MotorTorque(actuator().motor, step: step)
    for count in 1...20 {
      let torque = motor.advance(towards: 10, velocity: 0)
      let expected = 10 * (1 - exp(-2 * Double.pi * MotorTorque.currentBandwidth * step * Double(count)))
      #expect(abs(torque - expected) < 1e-12)
    }
  }

  @Test func torqueStaysUnderTheTorqueSpeedCurve() {
    var motor = MotorTorque(actuator().motor, step: step)
    var random = RandomStream(seed: 3)
    for _ in 0..<20_000 {
      let velocity = 60 * random.uniform() - 30
      let torque = motor.advance(towards: 400 * random.uniform() - 200, velocity: velocity)
      let speed = abs(velocity)
      let driving = speed <= 12 ? 60 : speed >= 20 ? 0 : 60 * (20 - speed) / 8
      #expect(abs(torque) <= (torque * velocity > 0 ? driving : 60) + 1e-12)
    }
    // A saturated motor reaches the curve, and the peak when it brakes.
    for (velocity, bound) in [(0.0, 60.0), (16, 30), (25, 0), (-25, 60)] {
      for _ in 0..<100 { _ = motor.advance(towards: 1000, velocity: velocity) }
      #expect(abs(motor.torque - bound) < 1e-9)
    }
    #expect(motor.advance(towards: .nan, velocity: 0).isFinite)
  }

  @Test(arguments: [0.003, 0.03, 0.3], [0.0, 1.0])
  func coulombFrictionStopsTheJointInTime(_ inertia: Double, _ load: Double) {
    let coulomb = 0.4
    var wheel = Wheel(actuator(inertia: inertia, coulomb: coulomb), load: load, velocity: 2)
    let stopTime = wheel.inertia * 2 / coulomb
    var previous = wheel.velocity
    var reversals = 0
    for count in 0..<Int(2 * stopTime / step) {
      wheel.advance()
      let time = Double(count + 1) * step
      if time < 0.98 * stopTime {
        #expect(abs(wheel.velocity - (2 - coulomb / wheel.inertia * time)) < 2e-2)
      }
      if wheel.velocity * previous < 0 && abs(wheel.velocity) > 1e-3 { reversals += 1 }
      previous = wheel.velocity
    }
    let ideal = 0.5 * wheel.inertia * 4 / coulomb
    #expect(abs(wheel.position - ideal) < 0.01 * ideal + 1e-3)
    #expect(reversals < 40)
    for _ in 0..<40_000 { wheel.advance() }
    #expect(abs(wheel.velocity) < 1e-6)
  }

  @Test func stuckJointDoesNotCreep() {
    var wheel = Wheel(actuator(coulomb: 0.5), load: 0.05)
    for _ in 0..<4000 { wheel.advance(external: 0.45) }
    let settled = wheel.position
    for _ in 0..<400_000 { wheel.advance(external: 0.45) }
    #expect(abs(wheel.position - settled) < 1e-9)
    #expect(abs(settled) < 1e-3)
    for _ in 0..<4000 { wheel.advance(external: 0.55) }
    #expect(wheel.velocity > 0.5)
  }

  @Test func frictionNeverDivergesAndOnlyTakesEnergy() {
    var random = RandomStream(seed: 4)
    for _ in 0..<200 {
      let inertia = 0.003 * exp(random.uniform() * log(100))
      let coulomb = 5 * random.uniform()
      let parts = actuator(inertia: inertia, coulomb: coulomb, viscous: 50 * random.uniform())
      var wheel = Wheel(parts, load: random.uniform() < 0.5 ? 0 : random.uniform(), velocity: 30)
      var highest = 0.5 * wheel.inertia * 900
      for _ in 0..<2000 {
        wheel.advance()
        let energy = 0.5 * wheel.inertia * wheel.velocity * wheel.velocity
        // A stuck bristle gives back what it stores: at most coulomb^2 / (2 stiffness).
        let stored = coulomb * coulomb / (2 * 0.05 * inertia / (step * step))
        #expect(energy <= highest + stored + 1e-12)
        highest = min(highest, energy + stored)
      }
    }
  }

  @Test func efficiencyDependsOnTheDirectionOfPower() {
    for (velocity, factor) in [(1.0, 0.8), (-1.0, 1 / 0.8)] {
      for sign in [1.0, -1.0] {
        var friction = JointFriction(actuator(efficiency: 0.8), step: step)
        var net = 0.0
        for _ in 0..<4000 {
          net = sign * 10 + friction.advance(velocity: sign * velocity, motorTorque: sign * 10)
        }
        #expect(abs(net - sign * 10 * factor) < 1e-9)
      }
    }
  }

  @Test func viscousFrictionBalancesTheMotor() {
    var wheel = Wheel(actuator(coulomb: 0.5, viscous: 0.25))
    for _ in 0..<40_000 { wheel.advance(motorTorque: 1.5) }
    #expect(abs(wheel.velocity - 4) < 1e-6)
  }

  @Test func stopsPushAndNeverPull() {
    let stop = JointStop(low: -1, high: 2, armature: 0.01, step: step)
    #expect(stop.torque(position: 0, velocity: 100) == 0)
    #expect(stop.torque(position: 2.01, velocity: 0) < -10)
    #expect(stop.torque(position: -1.01, velocity: 0) > 10)
    #expect(stop.torque(position: 2.0001, velocity: -100) == 0)
    let free = JointStop(low: -.infinity, high: .infinity, armature: 0.01, step: step)
    #expect(free.torque(position: 1e9, velocity: 0) == 0)
  }

  @Test func encoderRoundsDownToCounts() {
    let count = 2 * Double.pi / (16384 * 9)
    let encoder = ShaftEncoder(countsPerTurn: 16384 * 9, position: 0, step: step)
    var random = RandomStream(seed: 5)
    for _ in 0..<10_000 {
      let position = 25 * random.uniform() - 12.5
      let error = position - encoder.quantise(position)
      #expect(error > -1e-12 && error < count + 1e-12)
      let counts = encoder.quantise(position) / count
      #expect(abs(counts - counts.rounded()) < 1e-6)
    }
    for odd in [Double.nan, .infinity, -.infinity, 1e300] {
      #expect(!(abs(encoder.quantise(odd)) < 1e299))
    }
    #expect(ShaftEncoder(countsPerTurn: 0, position: 0.3, step: step).quantise(0.123) == 0.123)
  }

  @Test func encoderVelocityFollowsTheShaft() {
    var encoder = ShaftEncoder(countsPerTurn: 16384 * 9, position: 1, step: step)
    for count in 0..<400 { encoder.sample(1 + 3 * step * Double(count)) }
    // One count in a window of about two filter time constants.
    #expect(abs(encoder.velocity - 3) < 0.1)
    for _ in 0..<400 { encoder.sample(1.3) }
    #expect(abs(encoder.velocity) < 1e-9)
  }
}
