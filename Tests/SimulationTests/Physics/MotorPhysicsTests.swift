import Foundation
import JointControl
import LaneMath
import Testing

@testable import Simulation

@Suite struct MotorPhysicsTests {
  @Test func exponentialAndLogarithmAreThose() {
    for x in stride(from: -700.0, through: 700, by: 0.377) {
      #expect(abs(exponential(x) / exp(x) - 1) < 1e-15)
    }
    for power in stride(from: -300.0, through: 300, by: 0.713) {
      let x = pow(10, power)
      #expect(abs(naturalLogarithm(x) - log(x)) <= 1e-15 * max(1, abs(log(x))))
    }
    #expect(exponential(0) == 1 && exponential(-1e9) == 0 && exponential(1e9) == .infinity)
    #expect(exponential(.nan).isNaN && naturalLogarithm(-1).isNaN && naturalLogarithm(0) == -.infinity)
  }

  /// Pole-zero cancellation leaves w / (s + w): 10 to 90 % in ln 9 / w = 2.197 / w.
  @Test(arguments: [100.0, 1000.0]) func currentRisesAsItsBandwidthSays(_ bandwidth: Double) {
    var motor = SampleActuators.motor
    motor.currentBandwidth = bandwidth
    let step = 1e-7
    var electrics = MotorElectrics(motor, step: step)
    var (tenth, most) = (0.0, 0.0)
    var count = 0
    while most == 0 && count < 1_000_000 {
      _ = electrics.advance(towards: 2, speed: 0, supply: 48)
      count += 1
      if tenth == 0 && electrics.current >= 0.2 { tenth = Double(count) * step }
      if electrics.current >= 1.8 { most = Double(count) * step }
    }
    #expect(abs((most - tenth) * 2 * Double.pi * bandwidth / 2.197225 - 1) < 1e-3)
  }

  @Test func noStepIsTooLongForTheCurrent() {
    // 20 kHz and coarser steps land on the fine solution, at the limit of the voltage too.
    for (reference, speed) in [(5.0, 0.0), (40, 0), (40, 100), (-40, 100), (10, 150)] {
      var fine = MotorElectrics(SampleActuators.motor, step: 50e-6 / 64)
      var coarse = MotorElectrics(SampleActuators.motor, step: 50e-6)
      for _ in 0..<40 {
        var torque = 0.0
        for _ in 0..<64 { torque += fine.advance(towards: reference, speed: speed, supply: 48).torque / 64 }
        let mean = coarse.advance(towards: reference, speed: speed, supply: 48).torque
        // What differs is when the voltage's limit ends, and the cross voltage within a step.
        #expect(abs(coarse.current - fine.current) < 0.8 && abs(mean - torque) < 0.2)
      }
      #expect(abs(coarse.current - fine.current) < 1e-4)
    }
    var long = MotorElectrics(SampleActuators.motor, step: 1)
    for _ in 0..<100 { _ = long.advance(towards: 20, speed: 50, supply: 48) }
    #expect(abs(long.current - 20) < 1e-9)
  }

  @Test func electricalEnergyIsAccounted() {
    var random = RandomStream(seed: 8)
    var motor = SampleActuators.motor
    motor.saturate(peakTorque: 0.84 * 43 * motor.torqueConstant, knee: 0.8)
    var electrics = MotorElectrics(motor, step: 50e-6)
    var saturated = 0
    for _ in 0..<20_000 {
      let before = electrics.storedEnergy
      let speed = 400 * random.uniform() - 200
      let part = electrics.advance(towards: 86 * random.uniform() - 43, speed: speed, supply: 48)
      let converted = part.torque * speed * 50e-6
      let balance = part.supplied - part.copper - converted - (electrics.storedEnergy - before)
      #expect(abs(balance) < 1e-12 * (abs(part.supplied) + part.copper + 1))
      if part.isSaturated { saturated += 1 }
    }
    #expect(saturated > 1000 && saturated < 19_000)
  }

  @Test func voltageLimitsTheTorqueAtSpeed() {
    let motor = SampleActuators.motor
    for speed in stride(from: 0.0, through: 250, by: 10) {
      var electrics = MotorElectrics(motor, step: 50e-6)
      for _ in 0..<20_000 { _ = electrics.advance(towards: motor.peakCurrent, speed: speed, supply: 48) }
      let expected = motor.current(limitedAt: speed, supply: 48)
      // Above the no-load speed the winding brakes by itself.
      if speed < motor.idealNoLoadSpeed {
        #expect(abs(electrics.current - expected) < 2e-3 * motor.peakCurrent, "\(speed)")
      } else {
        #expect(electrics.current < 0)
      }
    }
    #expect(abs(motor.idealNoLoadSpeed - 48 / 3.0.squareRoot() * 1.5 / 0.2) < 1e-9)
    let knee = motor.kneeSpeed()
    #expect(motor.current(limitedAt: 0.99 * knee, supply: 48) == motor.peakCurrent)
    #expect(motor.current(limitedAt: 1.01 * knee, supply: 48) < motor.peakCurrent)
  }

  @Test func saturationPassesThroughThePeak() {
    var motor = SampleActuators.motor
    motor.saturate(peakTorque: 7.2, knee: 0.8)
    #expect(abs(motor.torque(current: 43) - 7.2) < 1e-12)
    #expect(abs(motor.torque(current: 10) - 2) < 1e-12)
    for current in stride(from: -43.0, through: 43, by: 0.7) {
      #expect(abs(motor.current(torque: motor.torque(current: current)) - current) < 1e-9)
    }
    #expect(motor.current(torque: 1e6) == motor.peakCurrent)
  }

  @Test func supplySagsAndRises() {
    // V = (V_oc + sqrt(V_oc^2 - 4 R P)) / 2.
    for power in [500.0, 2000, -1000] {
      var bus = SupplyBus(openCircuit: 48, resistance: 0.05, capacitance: 5e-3, step: 50e-6)
      for _ in 0..<200_000 { bus.advance(power: power) }
      #expect(abs(bus.voltage - (48 + (48 * 48 - 0.2 * power).squareRoot()) / 2) < 1e-9)
    }
    var bus = SupplyBus(openCircuit: 48, resistance: 0.05, chopper: 50, step: 50e-6)
    for _ in 0..<20_000 { bus.advance(power: -4000) }
    #expect(bus.voltage == 50 && bus.isChopping)
    // What the chopper burns is what neither battery nor drives took.
    let taken = 50 * (50 - 48) / 0.05
    #expect(abs(bus.burned / (4000 - taken) - 1) < 0.01)
  }
}
