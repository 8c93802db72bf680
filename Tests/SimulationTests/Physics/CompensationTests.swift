import ControlCycle
import JointControl
import Testing

@testable import Simulation

@Suite("Laws on the simulated reducer")
struct CompensationTests {
  /// A strain-wave gear with an error of an arc minute at twice and four times the wave generator.
  private var actuator: ActuatorModel {
    var gear = SampleActuators.strainWave
    gear.accuracy = 2.9e-4
    return SampleActuators.model(gear.model)
  }

  /// Amplitudes at the joint of the lines at 2 and 4 a turn of the rotor, over the last four turns of a slow motion [rad].
  private func ripple(_ table: inout RippleTable, turns: Int) -> (second: Double, fourth: Double) {
    let model = actuator
    let speed = 4 * Double.pi / model.reducer.ratio
    var rig = ActuatorRig(model, load: 0.5, velocity: speed)
    let (stiffness, damping) = (166_000.0, 1250.0)
    var deviations: [Double] = []
    for sample in 0..<(turns * 500) {
      let position = speed * 0.001 * Double(sample)
      let deviation = rig.position - position
      if sample >= (turns - 4) * 500 { deviations.append(deviation) }
      let rotor = rig.actuator.rotor
      let added = table.update(
        angle: model.reducer.ratio * rotor, deviation: deviation, limit: 0.01, period: 0.001)
      let velocity = speed * (1 + model.reducer.ratio * table.state.slope)
      let torque =
        stiffness * (position + added - rotor) + damping * (velocity - rig.actuator.rotorVelocity)
      for _ in 0..<20 { rig.advance(demand: torque, supply: 48) }
    }
    return (lineAmplitude(deviations, periods: 8), lineAmplitude(deviations, periods: 16))
  }

  @Test("A table from the profile cuts a strain-wave gear's ripple by 20 dB and more")
  func rippleFromProfile() {
    var none = RippleTable(actuator.reducer, gains: RippleTable.Gains(share: 0))
    var table = RippleTable(actuator.reducer)
    let (before, after) = (ripple(&none, turns: 6), ripple(&table, turns: 6))
    #expect(before.second > 2e-4 && before.fourth > 3e-5, "\(before)")
    #expect(after.second < 0.1 * before.second, "\(before.second) to \(after.second)")
    #expect(after.fourth < 0.1 * before.fourth, "\(before.fourth) to \(after.fourth)")
  }

  @Test("An empty table learns it")
  func rippleLearnt() {
    var table = RippleTable(count: 64, gains: RippleTable.Gains(share: 0, learning: 0.1)) { _ in 0 }
    let before = ripple(&table, turns: 10)
    table.gains = RippleTable.Gains()
    let after = ripple(&table, turns: 6)
    #expect(after.second < 0.1 * before.second, "\(before.second) to \(after.second)")
    #expect(after.fourth < 0.1 * before.fourth, "\(before.fourth) to \(after.fourth)")
  }

  @Test(
    "With friction compensated the joint gets the torque that was asked, whoever drives",
    arguments: [(30.0, 1.0), (-30, 1), (30, -1), (4, 1), (-4, 1), (0, 1.5)])
  func friction(torque: Double, velocity: Double) {
    // No ripple: its torque would be larger than what is looked for.
    var model = SampleActuators.model(SampleActuators.strainWave.model)
    model.friction = FrictionModel(
      coulomb: 5, breakaway: 7, stribeckVelocity: 0.3, viscous: 3)
    model.reducer.drivingEfficiency = 0.8
    model.reducer.backDrivingEfficiency = 0.7
    // Rotor and reducer else ring at 20 Hz, undamped, for as long as is looked at.
    model.reducer.damping = 800
    var law = FrictionCompensation(FrictionCompensation.Gains(model, width: 0.005))
    var rig = ActuatorRig(model, load: .infinity, velocity: velocity)
    var (sum, plain) = (0.0, 0.0)
    var bare = rig
    for sample in 0..<400 {
      let added = law.update(velocity: velocity, torque: torque, limit: 200, period: 0.001)
      for _ in 0..<20 {
        rig.advance(demand: torque + added, velocity: velocity, supply: 48)
        bare.advance(demand: torque, velocity: velocity, supply: 48)
        if sample >= 150 {
          sum += rig.actuator.outputTorque / 5000
          plain += bare.actuator.outputTorque / 5000
        }
      }
    }
    #expect(abs(sum - torque) < 0.15, "\(sum) N.m at the joint")
    #expect(abs(plain - torque) > 5, "\(plain) N.m without")
  }
}
