import JointControl
import LaneMath
import Testing

@testable import Simulation

/// What the bench finds is what the profile describes, for every shipped profile.
@Suite struct JointBenchTests {
  private func bench(_ name: String) throws -> JointBench {
    JointBench(try ShippedActuators.profile(name), resolution: .coarse)
  }

  private func test(_ measure: (inout BenchRecord.Test) -> Void) -> BenchRecord.Test {
    var test = BenchRecord.Test(key: "", title: "", method: "")
    measure(&test)
    return test
  }

  private func expect(
    _ test: BenchRecord.Test, _ key: String, is expected: Double, within tolerance: Double,
    _ location: SourceLocation = #_sourceLocation
  ) {
    guard let value = test[key]?.value else {
      Issue.record("no \(key)", sourceLocation: location)
      return
    }
    #expect(
      (value - expected).magnitude <= tolerance * expected.magnitude, "\(key) is \(value), not \(expected)",
      sourceLocation: location)
  }

  @Test(arguments: ShippedActuators.names) func torsionIsThatOfTheProfile(_ name: String) throws {
    let bench = try bench(name)
    let found = test(bench.measureTorsion)
    let reducer = bench.model.reducer
    #expect((found.missing != nil) == reducer.isRigid)
    guard !reducer.isRigid else { return }
    if reducer.secondTorque > 0 {
      expect(found, "stiffness_1_nm_per_rad", is: reducer.stiffness.first, within: 0.005)
      expect(found, "stiffness_2_nm_per_rad", is: reducer.stiffness.second, within: 0.005)
      expect(found, "stiffness_3_nm_per_rad", is: reducer.stiffness.third, within: 0.005)
    } else {
      expect(found, "stiffness_1_nm_per_rad", is: reducer.stiffness.third, within: 0.005)
    }
    let arcSeconds = 180 * 3600 / Double.pi
    let width = 2 * reducer.hysteresisTorque / reducer.stiffness.first
    expect(found, "hysteresis_arcsec", is: width * arcSeconds, within: 0.005)
    expect(found, "free_angle_arcsec", is: reducer.backlash * arcSeconds, within: 0.005)
    #expect(((found["loop_loss_j"]?.value ?? 0) > 0) == (reducer.hysteresisTorque > 0))
  }

  @Test(arguments: ["csg-17-100.yaml", "csg-32-100.yaml", "shg-25-100.yaml", "ak80-9.yaml"])
  func linesOfTheTransmissionErrorAreFound(_ name: String) throws {
    let bench = try bench(name)
    let found = test(bench.measureTransmissionError)
    #expect((found.missing == nil) == bench.hasErrorLines)
    guard bench.hasErrorLines else { return }
    let arcSeconds = 180 * 3600 / Double.pi
    let lines = bench.model.reducer.lines
    let spectrum = try #require(found.curves.first { $0.key == "error_spectrum" }?.series.first?.points)
    for line in [lines.0, lines.1] {
      let height = spectrum.filter { $0.x == line.order }.map(\.y).max() ?? 0
      #expect((height / (line.amplitude * arcSeconds) - 1).magnitude < 0.01)
    }
    // Between the lines there is nothing.
    let other = spectrum.filter { $0.x != lines.0.order && $0.x != lines.1.order }.map(\.y).max() ?? 1
    #expect(other < 0.01 * lines.0.amplitude * arcSeconds)
    expect(found, "strongest_line_hz", is: lines.0.order * 50, within: 1e-9)
  }

  @Test(arguments: ShippedActuators.names) func frictionIsThatOfTheProfile(_ name: String) throws {
    let bench = try bench(name)
    let friction = test(bench.measureFriction)
    let model = bench.model
    if model.reducer.drivingEfficiency < 1 {
      expect(friction, "load_friction_share", is: 1 - model.reducer.drivingEfficiency, within: 0.005)
    }
    guard !bench.isDriven else { return }
    let speed = 0.001 * bench.topSpeed
    expect(friction, "no_load_friction_nm", is: model.friction.steady(velocity: speed), within: 0.005)
    expect(friction, "viscous_friction_nms_per_rad", is: model.friction.viscous, within: 0.005)
  }

  @Test(arguments: ShippedActuators.names) func backdrivingTorqueIsTheFrictionAtRest(_ name: String) throws {
    let bench = try bench(name)
    let found = test(bench.measureBackdriving)
    #expect((found.missing != nil) == bench.isDriven)
    guard !bench.isDriven else { return }
    let friction = bench.model.friction
    expect(found, "breakaway_nm", is: friction.breakaway, within: 0.01)
    expect(found, "running_nm", is: friction.coulomb, within: 0.005)
    expect(found, "rotor_friction_nm", is: friction.coulomb / bench.model.reducer.ratio, within: 0.005)
  }

  @Test(arguments: ShippedActuators.names) func efficiencyIsThatOfReducerAndFriction(_ name: String) throws {
    let bench = try bench(name)
    let found = test(bench.measureEfficiency)
    let model = bench.model
    for (way, isDriving) in [("mechanical_driving", true), ("mechanical_backdriving", false)] {
      let map = try #require(found.maps.first { $0.key == way })
      #expect(map.values.contains { $0 != nil })
      for (row, torque) in map.rows.enumerated() {
        for (column, speed) in map.columns.enumerated() {
          guard let value = map.values[row * map.columns.count + column] else { continue }
          let drag = model.friction.steady(velocity: speed)
          let expected =
            isDriving
            ? model.reducer.drivingEfficiency - drag / torque
            : torque / (torque / model.reducer.backDrivingEfficiency + drag)
          #expect((value - expected).magnitude < 0.005, "\(way) at \(speed) rad/s, \(torque) N.m")
        }
      }
    }
    // What comes out of the supply cannot be less than what the shaft gets.
    for map in found.maps { #expect(map.values.allSatisfy { ($0 ?? 0.5) > 0 && ($0 ?? 0.5) < 1 }) }
  }

  @Test(arguments: ShippedActuators.names) func inertiaIsTheArmature(_ name: String) throws {
    let bench = try bench(name)
    expect(test(bench.measureInertia), "inertia_kgm2", is: bench.model.armature, within: 0.01)
  }

  @Test(arguments: ShippedActuators.names) func windingIsThatOfTheProfile(_ name: String) throws {
    let bench = try bench(name)
    let found = test(bench.measureWinding)
    #expect((found.missing != nil) == bench.isDriven)
    guard !bench.isDriven else { return }
    let motor = bench.model.motor
    expect(found, "resistance_ohm", is: motor.resistance(at: 25), within: 0.005)
    expect(found, "rotor_torque_constant_nm_per_a", is: motor.torqueConstant, within: 0.001)
    expect(
      found, "speed_constant_rpm_per_v", is: motor.idealNoLoadSpeed / motor.supplyVoltage * 30 / Double.pi,
      within: 0.001)
  }

  @Test(arguments: ShippedActuators.names) func speedWithoutLoadIsWhereTheEnvelopeEnds(_ name: String) throws
  {
    let bench = try bench(name)
    guard !bench.isDriven else { return }
    var (low, high) = (0.0, bench.topSpeed)
    for _ in 0..<60 {
      let middle = 0.5 * (low + high)
      if bench.model.torque(limitedAt: middle) > 0 { low = middle } else { high = middle }
    }
    expect(test(bench.measureNoLoad), "no_load_speed_rpm", is: low * 30 / Double.pi, within: 0.005)
  }

  @Test(arguments: ShippedActuators.names) func torqueOverSpeedIsTheEnvelope(_ name: String) throws {
    let bench = try bench(name)
    guard !bench.isDriven else { return }
    let curves = try #require(test(bench.measureEnvelope).curves.first).series
    let model = bench.model
    for (series, temperature) in zip(curves, [25.0, 100]) {
      #expect(series.points.count > 2)
      for point in series.points {
        let bound = model.peakTorque - model.friction.steady(velocity: point.x)
        let expected = min(bound, model.torque(limitedAt: point.x, temperature: temperature))
        #expect(
          (point.y - expected).magnitude < 0.01 * model.peakTorque, "\(series.title) at \(point.x) rad/s")
      }
    }
    #expect((curves.count == 3) == (model.thermal != nil))
  }

  @Test(arguments: ShippedActuators.names) func currentRisesWithItsBandwidth(_ name: String) throws {
    let bench = try bench(name)
    let found = test(bench.measureCurrentStep)
    guard !bench.isDriven else { return }
    expect(found, "bandwidth_hz", is: bench.model.motor.currentBandwidth, within: 0.01)
  }

  @Test(arguments: ShippedActuators.names) func positionStepEndsWithinFrictionOverStiffness(_ name: String)
    throws
  {
    let bench = try bench(name)
    let found = test(bench.measurePositionStep)
    guard !bench.isDriven else { return }
    let error = try #require(found["rest_error_rad"]?.value)
    // The torque that is held is that of the motor, of which the reducer loses a part as well.
    let held = bench.model.friction.breakaway / bench.model.reducer.drivingEfficiency
    #expect(error >= 0 && error <= 1.01 * held / bench.gains.stiffness)
    #expect(found["overshoot_percent"]?.value == 0 && found["settling_s"]?.value != nil)
    // With a twentieth of the damping it swings.
    let loose = JointBench(
      bench.profile, resolution: .coarse,
      gains: JointBench.Gains(stiffness: bench.gains.stiffness, damping: 0.05 * bench.gains.damping))
    #expect((test(loose.measurePositionStep)["overshoot_percent"]?.value ?? 0) > 1)
  }
}
