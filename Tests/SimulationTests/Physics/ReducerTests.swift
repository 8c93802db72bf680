import Foundation
import JointControl
import Testing

@testable import Simulation

@Suite struct ReducerTests {
  @Test func torsionIsTheCatalogues() {
    let reducer = SampleActuators.strainWave.model
    let torsion = reducer.torsion(torque: 60)
    // 60 N.m turn an HFUC-32-100 by 7.15e-4 rad, 2.5 arc minutes, by the catalogue's own example.
    #expect(abs(torsion - 7.14654e-4) < 0.5e-9)
    #expect(abs(torsion * 180 * 60 / Double.pi - 2.4568) < 0.5e-4)
    for torque in stride(from: -300.0, through: 300, by: 0.7) {
      let angle = reducer.torsion(torque: torque)
      #expect(abs(reducer.torque(torsion: angle) - torque) < 1e-9)
      let slope =
        (reducer.energy(torsion: angle + 1e-8) - reducer.energy(torsion: angle - 1e-8)) / 2e-8
      #expect(abs(slope - torque) < 1e-2)
    }
    let soft = reducer.inSeries(with: 2e4)
    #expect(abs(soft.torsion(torque: 60) - (torsion + 60 / 2e4)) < 1e-12)
  }

  /// The loop of Maxwell slips: area 4 sum(limit (amplitude - slip)), closed, the same at any speed, no creep.
  @Test func hysteresisLoopClosesAndLosesItsArea() {
    var gear = SampleActuators.strainWave
    gear.hysteresisLoss = 2.0 / 60 * Double.pi / 180
    let model = gear.model
    let width = model.hysteresisTorsion
    let amplitude = 2 * width
    for steps in [400, 4000] {
      var reducer = ReducerTorsion(model)
      var (angle, area) = (0.0, 0.0)
      var held: [Double] = []
      for count in 0..<(3 * steps) {
        if count == steps { area = 0 }
        let next = amplitude * sin(2 * Double.pi * Double(count + 1) / Double(steps))
        let middle = 0.5 * (angle + next)
        let torque = reducer.torque(at: middle, moving: 0.5 * (next - angle))
        area += (torque - model.torque(torsion: middle)) * (next - angle)
        reducer.move(by: next - angle, torque: 0)
        angle = next
        if count % steps == steps - 1 { held.append(reducer.held.3) }
      }
      let parts = zip([0.1, 0.25, 0.3, 0.35], [0.1, 0.3, 0.6, 1.0])
      let expected = parts.reduce(0) {
        $0 + 4 * $1.0 * model.hysteresisTorque * (amplitude - $1.1 * width)
      }
      #expect(abs(area / 2 / expected - 1) < 0.01)
      #expect(abs(held[1] - held[2]) < 1e-9)
    }
    #expect(model.hysteresisTorque > 0)
    // The width of the loop at no torque is what the catalogue calls hysteresis loss, within what the slips share.
    var reducer = ReducerTorsion(model)
    func walk(to target: Double, from start: Double) {
      for count in 0..<2000 {
        _ = count
        reducer.move(by: (target - start) / 2000, torque: 0)
      }
    }
    walk(to: amplitude, from: 0)
    walk(to: 0, from: amplitude)
    #expect(reducer.torque(at: 0, moving: 0) < 0)
  }

  /// Turned at 3000 rpm, a strain-wave gear's error has its line at twice that, 100 Hz; a cycloid's is at its lobes.
  @Test func errorHasItsLines() {
    var strain = SampleActuators.strainWave
    strain.accuracy = 1.0 / 60 * Double.pi / 180
    let cycloid = CycloidalGear(lobes: 29, stiffness: 5e4, lostMotion: 0, ripple: 1e-4, efficiency: 0.85)
    for (model, lines) in [(strain.model, [100.0, 200.0]), (cycloid.model, [1450, 50])] {
      let reducer = ReducerTorsion(model)
      let rate = 20_000.0
      let speed = 3000.0 / 60 * 2 * Double.pi / model.ratio
      let samples = (0..<20_000).map { reducer.error(at: speed * Double($0) / rate).angle }
      #expect(abs(lineAmplitude(samples, periods: lines[0]) / model.lines.0.amplitude - 1) < 0.01)
      #expect(abs(lineAmplitude(samples, periods: lines[1]) / model.lines.1.amplitude - 1) < 0.01)
      #expect(lineAmplitude(samples, periods: 77) < 1e-9)
      // The slope is that of the angle.
      for rotor in stride(from: 0.0, through: 0.1, by: 0.00173) {
        let slope = (reducer.error(at: rotor + 1e-8).angle - reducer.error(at: rotor - 1e-8).angle) / 2e-8
        #expect(abs(reducer.error(at: rotor).slope - slope) < 1e-5)
      }
    }
  }

  /// The line is there in the motion of a load, not only in the formula.
  @Test func errorReachesTheLoad() {
    var gear = SampleActuators.strainWave
    gear.accuracy = 1.2 / 60 * Double.pi / 180
    // A heavy rotor keeps its speed, a load far below resonance follows the error.
    gear.waveGeneratorInertia = 1e3
    var rig = ActuatorRig(SampleActuators.model(gear.model), load: 0.1, velocity: 0.05, step: 50e-6)
    // 0.05 rad/s x 100 / 2 pi x 2 = 1.5915 Hz: 8 periods in 100531 steps.
    var samples: [Double] = []
    for _ in 0..<100_531 {
      rig.advance(demand: 0, supply: 48)
      samples.append(rig.position - rig.actuator.rotor)
    }
    let measured = lineAmplitude(samples, periods: 8)
    #expect(abs(measured / gear.model.lines.0.amplitude - 1) < 0.01)
  }

  @Test func teethJumpAtTheirTorque() {
    var gear = SampleActuators.strainWave
    gear.ratchetTorque = 800
    let model = gear.model
    var reducer = ReducerTorsion(model)
    var (angle, highest) = (0.0, 0.0)
    for _ in 0..<100_000 {
      let torque = reducer.torque(at: angle + 1e-6, moving: 1e-6)
      angle += 1e-6
      reducer.move(by: 1e-6, torque: torque)
      highest = max(highest, torque)
    }
    // Two teeth a unit of ratio; what goes beyond the torque's own torsion slips.
    let slipped = 0.1 - model.torsion(torque: 800)
    #expect(abs(reducer.slipped - slipped) < 1e-5 && reducer.jumps == Int(slipped / (Double.pi / 100)))
    #expect(reducer.jumps == 2 && highest > 799 && highest < 801)
    // Without the limit nothing jumps.
    gear.ratchetTorque = .infinity
    var strong = ReducerTorsion(gear.model)
    strong.move(by: 0.1, torque: strong.torque(at: 0.1, moving: 0.1))
    #expect(strong.jumps == 0 && strong.slipped == 0)
  }

  @Test func armaturesAreThePublishedOnes() {
    // Unitree G1's motors: rotor, carrier and output inertia in 1e-4 kg.m^2 through their planetary stages.
    let parts: [(Double, [PlanetaryGear.Stage], Double)] = [
      (
        0.139e-4,
        [
          .init(ratio: 1 + 46.0 / 18, carrierInertia: 0.017e-4),
          .init(ratio: 1 + 56.0 / 16, carrierInertia: 0.169e-4),
        ], 0.003609725
      ),
      (
        0.489e-4,
        [.init(ratio: 4.5, carrierInertia: 0.098e-4), .init(ratio: 1 + 48.0 / 22, carrierInertia: 0.533e-4)],
        0.010177520
      ),
      (
        0.489e-4, [.init(ratio: 4.5, carrierInertia: 0.109e-4), .init(ratio: 5, carrierInertia: 0.738e-4)],
        0.025101925
      ),
      (0.068e-4, [.init(ratio: 5), .init(ratio: 5)], 0.004250000),
    ]
    let gains = [(14.2506, 0.90722), (40.1792, 2.55789), (99.0984, 6.30880), (16.7783, 1.06814)]
    for ((rotor, stages, armature), gain) in zip(parts, gains) {
      let gear = PlanetaryGear(stages: stages, meshStiffness: .infinity, backlash: 0, stageEfficiency: 1)
      var motor = SampleActuators.motor
      motor.rotorInertia = rotor
      let model = SampleActuators.model(gear.model, motor: motor)
      #expect(abs(model.armature - armature) < 0.5e-9, "\(model.armature)")
      #expect(abs(model.actuator.armature - armature) < 0.5e-9)
      // Published gains: 10 Hz, damping ratio 2.
      let frequency = 20 * Double.pi
      #expect(abs(model.armature * frequency * frequency - gain.0) < 0.5e-4)
      #expect(abs(4 * model.armature * frequency - gain.1) < 0.5e-5)
    }
  }

  @Test func planetaryStagesLoseInBothDirections() {
    let gear = PlanetaryGear(
      stages: [.init(ratio: 4), .init(ratio: 5)], meshStiffness: 2e4, backlash: 0, stageEfficiency: 0.97)
    var model = gear.model
    model.damping = 20
    #expect(abs(model.drivingEfficiency - 0.97 * 0.97) < 1e-12 && model.ratio == 20)
    #expect(abs(model.backDrivingEfficiency - pow(2 - 1 / 0.97, 2)) < 1e-12)
    // A slow turn at constant speed: torque out is efficiency x torque in, or the other way round.
    for (direction, factor) in [(1.0, 0.97 * 0.97), (-1, 1 / pow(2 - 1 / 0.97, 2))] {
      var rig = ActuatorRig(SampleActuators.model(model), load: 1, velocity: direction * 0.5)
      for _ in 0..<40_000 { rig.advance(demand: 20, velocity: direction * 0.5, supply: 48) }
      #expect(abs(rig.actuator.outputTorque / rig.actuator.motorTorque / factor - 1) < 1e-3)
    }
  }

  /// Backlash under a stiff position law chatters; without it the same loop comes to rest.
  @Test func backlashMakesALimitCycle() {
    var swings: [Double] = []
    for backlash in [0.0, 0.5 * Double.pi / 180] {
      let gear = PlanetaryGear(
        stages: [.init(ratio: 9)], meshStiffness: 2e4, backlash: backlash, stageEfficiency: 1)
      var reducer = gear.model
      reducer.damping = 2
      var rig = ActuatorRig(
        SampleActuators.model(reducer), load: 0.02, position: 0.05, velocity: 0, step: 50e-6)
      var late: [Double] = []
      for count in 0..<60_000 {
        // The law closes on the load, behind the backlash.
        rig.advance(demand: -400 * rig.position - 1.5 * rig.velocity, supply: 48)
        if count > 40_000 { late.append(rig.position) }
      }
      swings.append((late.max() ?? 0) - (late.min() ?? 0))
    }
    #expect(swings[0] < 1e-6)
    #expect(swings[1] > 1e-3)
  }
}
