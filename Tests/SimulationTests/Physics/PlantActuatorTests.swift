import ControlCycle
import Foundation
import JointControl
import TestSupport
import Testing

@testable import Simulation

@Suite struct PlantActuatorTests {
  /// The sample pendulum with an actuator of the same numbers as its plain one, and the physics behind them.
  private func pendulum(
    home: Double = 0, reducer: ReducerModel? = nil, friction: FrictionModel = FrictionModel(coulomb: 0),
    thermal: ThermalModel? = nil, encoder: EncoderModel = EncoderModel(counts: 16384)
  ) -> Robot {
    let robot = SampleRobots.pendulum(home: home)
    var joint = robot.joints[0]
    let plain = joint.actuator
    var motor = SampleActuators.motor
    motor.rotorInertia = plain.motor.rotorInertia
    var model = SampleActuators.model(
      reducer ?? ReducerModel(ratio: plain.reducer.ratio), motor: motor, friction: friction)
    model.peakTorque = plain.motor.peakTorque
    model.thermal = thermal
    model.motorEncoder = encoder
    joint.actuator.physics = model
    return Robot(
      name: robot.name, period: robot.period, buses: robot.buses, joints: [joint], model: robot.model,
      feedforward: robot.feedforward, commandTimeout: robot.commandTimeout)
  }

  private func run(_ plant: inout Plant, steps: Int, demand: Double) {
    for _ in 0..<steps {
      plant.sampleEncoders()
      withUnsafePointer(to: demand) { plant.advance(demands: $0) }
    }
  }

  /// A rigid reducer without losses moves the pendulum as the plain plant does.
  @Test func rigidActuatorFallsAsThePlainOne() {
    var plain = Plant(SampleRobots.pendulum(home: 1.2))
    var modelled = Plant(pendulum(home: 1.2))
    for _ in 0..<40 {
      run(&plain, steps: 100, demand: 0)
      run(&modelled, steps: 100, demand: 0)
      #expect(abs(plain.position(of: 0) - modelled.position(of: 0)) < 1e-9)
    }
  }

  /// A reducer of any stiffness keeps the pendulum's energy and its frequency, the stiffer the nearer to the rigid one.
  @Test(arguments: [2e3, 2e5, 2e7]) func elasticReducerStaysTrue(_ stiffness: Double) {
    let ratio = SampleRobots.pendulum().joints[0].actuator.reducer.ratio
    var plain = Plant(SampleRobots.pendulum(home: 0.3))
    var modelled = Plant(pendulum(home: 0.3, reducer: SampleActuators.spring(stiffness, ratio: ratio)))
    var worst = 0.0
    for _ in 0..<80 {
      run(&plain, steps: 100, demand: 0)
      run(&modelled, steps: 100, demand: 0)
      worst = max(worst, abs(plain.position(of: 0) - modelled.position(of: 0)))
    }
    // 2 s are about two swings; a soft reducer swings a little slower.
    #expect(worst < (stiffness < 1e4 ? 2e-2 : 2e-3), "\(worst)")
    #expect(abs(modelled.torsion(of: 0)) < 3 / stiffness + 1e-9)
  }

  /// The motor holds against gravity and the reducer is turned by what it carries.
  @Test func torsionIsThatOfTheLoad() {
    let ratio = SampleRobots.pendulum().joints[0].actuator.reducer.ratio
    var plant = Plant(
      pendulum(
        reducer: SampleActuators.spring(500, ratio: ratio, damping: 1),
        friction: FrictionModel(coulomb: 0, viscous: 0.5)))
    run(&plant, steps: 40_000, demand: 1)
    #expect(abs(plant.torsion(of: 0) - 1.0 / 500) < 1e-6)
    #expect(abs(plant.motorTorque(of: 0) - 1) < 1e-6)
  }

  @Test func workWarmsTheWinding() {
    let thermal = ThermalModel(
      windingCapacity: 5, windingToHousing: 0.6, housingCapacity: 20, housingToAmbient: 1.2, derate: 135,
      trip: 145)
    var plant = Plant(pendulum(thermal: thermal))
    #expect(plant.temperature(of: 0) == 25)
    run(&plant, steps: 40_000, demand: 10)
    #expect(plant.temperature(of: 0) > 30)
    #expect(plant.measurement(of: 0, at: plant.time).temperature == plant.temperature(of: 0))
    // Held by something outside, it warms and does not move.
    var held = Plant(pendulum(thermal: thermal))
    for _ in 0..<40_000 {
      held.sampleEncoders()
      var demand = 10.0
      held.advance(demands: &demand, isHeld: true)
    }
    #expect(held.temperature(of: 0) > 30 && held.position(of: 0) == 0)
  }

  @Test func encoderReadsTheRotor() {
    let ratio = SampleRobots.pendulum().joints[0].actuator.reducer.ratio
    let soft = SampleActuators.spring(200, ratio: ratio, damping: 1)
    var plant = Plant(pendulum(reducer: soft, friction: FrictionModel(coulomb: 0, viscous: 0.5)))
    run(&plant, steps: 40_000, demand: 1)
    let measured = plant.measurement(of: 0, at: plant.time)
    // The rotor is ahead of the joint by the torsion, read to a count.
    let count = 2 * Double.pi / (16384 * ratio)
    let rotor = plant.position(of: 0) + 1.0 / 200
    #expect(abs(measured.position - rotor) < count + 1e-6)
    #expect(abs(measured.position - plant.position(of: 0)) > 4e-3)
    // A late encoder says where it was.
    var late = Plant(pendulum(encoder: EncoderModel(counts: 0, latency: 2e-3)))
    late.setState(of: 0, position: 0, velocity: 1)
    run(&late, steps: 100, demand: 0)
    let behind = late.position(of: 0) - late.measurement(of: 0, at: late.time - 250_000).position
    #expect(behind > 1.5e-3 && behind < 3e-3)
  }

  @Test func runsRepeatBitForBit() {
    var bits: Set<UInt64> = []
    for _ in 0..<2 {
      var strain = SampleActuators.strainWave
      strain.hysteresisLoss = 3e-4
      strain.accuracy = 3e-4
      strain.ratio = SampleRobots.pendulum().joints[0].actuator.reducer.ratio
      var plant = Plant(
        pendulum(
          reducer: strain.model, friction: FrictionModel(coulomb: 0.2, breakaway: 0.3, viscous: 0.02),
          encoder: EncoderModel(counts: 16384, noise: 1e-3)))
      run(&plant, steps: 4000, demand: 3)
      bits.insert(
        plant.position(of: 0).bitPattern ^ plant.measurement(of: 0, at: plant.time).position.bitPattern)
    }
    #expect(bits.count == 1)
  }

  /// A robot without profiles moves as it did before there were any, to the bit.
  @Test func plainRobotsAreAsBefore() {
    var plant = Plant(SampleRobots.arm(losses: .planetary))
    let demands = [3.0, -1.0]
    for _ in 0..<4000 {
      plant.sampleEncoders()
      demands.withUnsafeBufferPointer { if let base = $0.baseAddress { plant.advance(demands: base) } }
    }
    let measured = plant.measurement(of: 1, at: plant.time)
    let bits = [plant.position(of: 0), plant.velocity(of: 1), measured.position, measured.velocity].map(
      \.bitPattern)
    #expect(bits == [4603086574445613414, 13751463556651476062, 13793619602613249856, 13589019100285200832])
    #expect(plant.temperature(of: 0) == 25 && plant.torsion(of: 0) == 0)
  }
}
