import Foundation
import JointControl
import Testing

@testable import Simulation

@Suite struct HeatTests {
  private let motor = SampleActuators.motor

  @Test func twoNodesSettleWhereResistancesSay() {
    let model = ThermalModel(
      windingCapacity: 60, windingToHousing: 0.6, housingCapacity: 900, housingToAmbient: 1.2, derate: 135,
      trip: 145)
    var heat = WindingHeat(model, polePairs: 21, step: 1)
    for _ in 0..<200_000 { heat.advance(power: 50, angle: 0) }
    #expect(abs(heat.temperature - (25 + 50 * 1.8)) < 1e-9)
    #expect(abs(heat.housingTemperature - (25 + 50 * 1.2)) < 1e-9)
    // Steps of any length give the same course.
    var fine = WindingHeat(model, polePairs: 21, step: 1e-3)
    var coarse = WindingHeat(model, polePairs: 21, step: 10)
    for _ in 0..<20 { coarse.advance(power: 80, angle: 0) }
    for _ in 0..<200_000 { fine.advance(power: 80, angle: 0) }
    #expect(abs(fine.winding - coarse.winding) < 1e-8 && abs(fine.housing - coarse.housing) < 1e-8)
  }

  @Test func oneNodeTripsAfterTheFormulasTime() {
    // The housing is a wall: one node, tau = R C = 30 s; trips at the temperature of 10 A.
    let power = { (current: Double) in motor.powerFactor * motor.resistance * current * current }
    var model = ThermalModel(
      windingCapacity: 50, windingToHousing: 0.6, housingCapacity: 1e12, housingToAmbient: 1e-6, derate: 1000,
      trip: 1000)
    model.trip = 25 + power(10) * 0.6
    for (current, initial) in [(20.0, 0.0), (15, 0), (15, 8), (11, 3)] {
      var heat = WindingHeat(model, polePairs: 21, step: 5e-3)
      for _ in 0..<80_000 { heat.advance(power: power(initial), angle: 0) }
      var steps = 0
      while heat.temperature < model.trip && steps < 1_000_000 {
        heat.advance(power: power(current), angle: 0)
        steps += 1
      }
      let expected = ThermalModel.tripTime(
        current: current, initial: initial, continuous: 10, timeConstant: 30)
      #expect(abs(Double(steps) * 5e-3 - expected) < 1e-2)
    }
    #expect(ThermalModel.tripTime(current: 9, initial: 0, continuous: 10, timeConstant: 30) == .infinity)
  }

  @Test func copperRunsAwayWhereTheConditionSays() {
    let model = ThermalModel(
      windingCapacity: 5, windingToHousing: 0.6, housingCapacity: 20, housingToAmbient: 1.2, derate: 1e9,
      trip: 1e9)
    // I^2 R0 a R_th = 1.
    let limit =
      (1 / (motor.powerFactor * motor.resistance * MotorModel.copperCoefficient * 1.8)).squareRoot()
    for (share, runsAway) in [(0.95, false), (1.05, true)] {
      let current = share * limit
      #expect(model.runsAway(current: current, motor: motor) == runsAway)
      var heat = WindingHeat(model, polePairs: 21, step: 0.1)
      var rises: [Double] = []
      for _ in 0..<30_000 {
        let before = heat.winding
        heat.advance(
          power: motor.powerFactor * motor.resistance(at: heat.temperature) * current * current, angle: 0)
        rises.append(heat.winding - before)
      }
      // Stable: rises die out. Running away: they grow.
      #expect((rises[29_999] > rises[15_000]) == runsAway)
    }
  }

  @Test func standingRotorHeatsOnePhase() {
    var model = ThermalModel(
      windingCapacity: 60, windingToHousing: 0.6, housingCapacity: 900, housingToAmbient: 1.2, derate: 135,
      trip: 145)
    model.coil = ThermalModel.Branch(capacity: 1.5, resistance: 0.5)
    model.tooth = ThermalModel.Branch(capacity: 12, resistance: 3.6)
    var standing = WindingHeat(model, polePairs: 21, step: 250e-6)
    var turning = WindingHeat(model, polePairs: 21, step: 250e-6)
    for index in 0..<4000 {
      standing.advance(power: 300, angle: 0)
      turning.advance(power: 300, angle: 60 * Double(index) * 250e-6)
    }
    #expect(standing.hottest - standing.temperature > 20)
    #expect(turning.hottest - turning.temperature < 1)
    #expect(abs(standing.temperature - turning.temperature) < 1e-9)
    // The hot phase changes with the angle: a third of an electrical half-turn further another one is.
    var shifted = WindingHeat(model, polePairs: 21, step: 250e-6)
    for _ in 0..<4000 { shifted.advance(power: 300, angle: Double.pi / 3 / 21) }
    #expect(shifted.excess.1 > 20 && shifted.excess.0 < 0)
  }

  @Test func currentLimitFallsWithoutAStep() {
    let model = ThermalModel(
      windingCapacity: 60, windingToHousing: 0.6, housingCapacity: 900, housingToAmbient: 1.2, derate: 120,
      trip: 145)
    #expect(model.currentShare(at: 100, continuous: 0.3) == 1)
    #expect(model.currentShare(at: 145, continuous: 0.3) == 0.3)
    #expect(model.currentShare(at: 400, continuous: 0.3) == 0.3)
    for temperature in stride(from: 90.0, through: 170, by: 0.1) {
      let here = model.currentShare(at: temperature, continuous: 0.3)
      #expect(abs(here - model.currentShare(at: temperature + 0.1, continuous: 0.3)) < 0.01)
    }
  }

  /// The limit falls, so that the winding never passes the trip: it rests at what it can bear for ever.
  @Test func overloadIsDeratedAndNeverTrips() {
    var model = SampleActuators.model(SampleActuators.spring(2e4, ratio: 9))
    model.thermal = ThermalModel(
      windingCapacity: 6, windingToHousing: 0.6, housingCapacity: 20, housingToAmbient: 1.2, derate: 120,
      trip: 145)
    var rig = ActuatorRig(model, load: 0.5, step: 2e-3)
    var hottest = 0.0
    for _ in 0..<60_000 {
      rig.advance(demand: 70, velocity: 3, supply: 48)
      hottest = max(hottest, rig.actuator.heat.hottest)
    }
    #expect(hottest > 120 && hottest < 145)
    // Without the derating it would be far beyond.
    model.thermal?.derate = 1e6
    model.thermal?.trip = 2e6
    var free = ActuatorRig(model, load: 0.5, step: 2e-3)
    for _ in 0..<60_000 { free.advance(demand: 70, velocity: 3, supply: 48) }
    #expect(free.actuator.heat.hottest > 200)
  }
}
