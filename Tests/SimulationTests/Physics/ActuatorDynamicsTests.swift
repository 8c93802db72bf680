import Foundation
import JointControl
import Testing

@testable import Simulation

@Suite struct ActuatorDynamicsTests {
  /// TREE Orange 100:1 with 0.5 kg.m^2: anti-resonance 14.868 Hz, resonance 21.343 Hz.
  @Test func twoInertiasSwingWhereTheySay() {
    let reducer = SampleActuators.spring(16000, ratio: 100).inSeries(with: 6000)
    #expect(abs(reducer.stiffness.first - 4363.6) < 0.05)
    var motor = SampleActuators.motor
    motor.rotorInertia = 0.3594e-4
    var free = reducer
    free.inertia = 0.112
    var held = reducer
    held.inertia = 1e12
    for (part, expected) in [(held, 14.868), (free, 21.343)] {
      var rig = ActuatorRig(SampleActuators.model(part, motor: motor), load: 0.5, step: 20e-6)
      rig.twist(rotor: 0.01)
      var crossings: [Double] = []
      var previous = 0.0
      for count in 0..<100_000 {
        rig.advance(demand: 0, supply: 48)
        let torsion = rig.actuator.rotor - rig.position
        if count > 0 && previous < 0 && torsion >= 0 {
          crossings.append((Double(count) - torsion / (torsion - previous)) * 20e-6)
        }
        previous = torsion
      }
      let periods = Double(crossings.count - 1)
      let frequency = periods / ((crossings.last ?? 0) - (crossings.first ?? 0))
      #expect(abs(frequency - expected) < 1e-3, "\(frequency)")
    }
  }

  /// The linear two-mass plant against its solution: the error falls with the square of the step.
  @Test func midpointIsOfSecondOrder() {
    let (rotor, load, stiffness) = (0.4, 0.5, 4000.0)
    var motor = SampleActuators.motor
    motor.rotorInertia = rotor
    let model = SampleActuators.model(SampleActuators.spring(stiffness), motor: motor)
    let frequency = (stiffness * (1 / rotor + 1 / load)).squareRoot()
    var errors: [Double] = []
    for count in [500, 1000, 2000, 4000] {
      let step = 0.5 / Double(count)
      var rig = ActuatorRig(model, load: load, step: step)
      rig.twist(rotor: 0.01)
      for _ in 0..<count { rig.advance(demand: 0, supply: 48) }
      let torsion = 0.01 * cos(frequency * 0.5)
      let centre = 0.01 * rotor / (rotor + load)
      let expected = centre - torsion * rotor / (rotor + load)
      errors.append(abs(rig.position - expected))
    }
    for index in 1..<errors.count {
      let order = log2(errors[index - 1] / errors[index])
      #expect(order >= 1.9 && order < 2.1, "\(order)")
    }
  }

  /// No stiffness is too high for any step; a rigid reducer is the limit.
  @Test func stiffReducersStayStable() {
    for stiffness in [1e3, 1e5, 1e7, 1e9] {
      let model = SampleActuators.model(SampleActuators.spring(stiffness, ratio: 9, damping: 1))
      var rig = ActuatorRig(model, load: 1e-3, step: 250e-6)
      for _ in 0..<40_000 { rig.advance(demand: 1, supply: 48) }
      #expect(rig.velocity.isFinite && abs(rig.position - rig.actuator.rotor) < 0.01)
      var rigid = ActuatorRig(SampleActuators.model(ReducerModel(ratio: 9)), load: 1e-3, step: 250e-6)
      for _ in 0..<40_000 { rigid.advance(demand: 1, supply: 48) }
      #expect(abs(rig.velocity / rigid.velocity - 1) < 0.02)
    }
  }

  /// Electrical energy = copper + friction + iron + stored + mechanical, over 10 s of a joint that works.
  @Test(arguments: [false, true]) func energyIsAccounted(_ isNonlinear: Bool) {
    var reducer = SampleActuators.spring(8000, ratio: 9, damping: 3)
    if isNonlinear {
      reducer.stiffness = (6000, 9000, 12000)
      reducer.firstTorque = 5
      reducer.secondTorque = 15
    }
    var motor = SampleActuators.motor
    motor.saturate(peakTorque: 0.84 * 43 * motor.torqueConstant, knee: 0.8)
    motor.ironDrag = 1e-5
    var model = SampleActuators.model(
      reducer, motor: motor,
      friction: FrictionModel(coulomb: 0.5, breakaway: 0.8, stribeckVelocity: 0.05, viscous: 0.05))
    model.thermal = ThermalModel(
      windingCapacity: 60, windingToHousing: 0.6, housingCapacity: 900, housingToAmbient: 1.2, derate: 135,
      trip: 145)
    var rig = ActuatorRig(model, load: 0.5)
    let start = rig.storedEnergy
    for count in 0..<200_000 {
      let time = Double(count) * 50e-6
      let target = sin(2 * Double.pi * 0.7 * time) + 0.3 * sin(2 * Double.pi * 2.3 * time)
      let demand = 60 * (target - rig.position) - 4 * rig.velocity
      rig.advance(demand: demand, external: -3 * sin(9 * rig.position) - 2, supply: 48)
    }
    let parts = rig.actuator.energies
    let damping = dampingLoss(rig)
    let supplied = parts.supplied + rig.externalWork
    let used = parts.copper + parts.friction + damping + rig.storedEnergy - start
    #expect(parts.copper > 10 && parts.friction > 5 && parts.supplied > 20)
    // Against what went through the winding, both ways.
    #expect(abs(supplied - used) < 1e-6 * (abs(parts.supplied) + parts.copper), "\(supplied - used)")
  }

  /// What the torsion took and does not hold became heat.
  private func dampingLoss(_ rig: ActuatorRig) -> Double {
    let torsion = rig.actuator.rotor - rig.position
    return rig.actuator.energies.torsion - rig.actuator.reducer.storedEnergy(at: torsion)
  }

  /// The loss in the torsion is what its damping says, so that the balance above leaves nothing over for it to hide.
  @Test func torsionLosesWhatItsDampingSays() {
    for damping in [0.0, 5.0] {
      let model = SampleActuators.model(SampleActuators.spring(4000, damping: damping))
      var rig = ActuatorRig(model, load: 0.5, step: 50e-6)
      rig.twist(rotor: 0.01)
      let start = rig.storedEnergy
      var expected = 0.0
      for _ in 0..<20_000 {
        let before = rig.actuator.rotorVelocity - rig.velocity
        rig.advance(demand: 0, supply: 48)
        let after = rig.actuator.rotorVelocity - rig.velocity
        expected += damping * 0.25 * (before + after) * (before + after) * 50e-6
      }
      let inside = rig.storedEnergy + rig.actuator.energies.copper - rig.actuator.energies.supplied
      #expect(abs(start - inside - expected) < 1e-9 + 1e-6 * start)
    }
  }

  @Test func sharedObjectsAgree() {
    let model = SampleActuators.model(
      PlanetaryGear(stages: [.init(ratio: 9)], meshStiffness: 2e4, backlash: 0, stageEfficiency: 0.97).model,
      friction: FrictionModel(coulomb: 0.4, viscous: 0.03))
    let actuator = model.actuator
    #expect(actuator.armature == model.armature && actuator.physics == model)
    #expect(actuator.reducer.coulombFriction == 0.4 && actuator.reducer.viscousFriction == 0.03)
    #expect(abs(actuator.motor.noLoadVelocity * 9 / model.motor.idealNoLoadSpeed - 1) < 1e-12)
    for torque in stride(from: 1.0, through: 60, by: 3) {
      #expect(abs(model.outputTorque(current: model.current(outputTorque: torque)) - torque) < 1e-9)
    }
  }
}
