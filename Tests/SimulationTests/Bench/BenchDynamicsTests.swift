import Foundation
import JointControl
import Testing

@testable import Simulation

/// Frequency response and heat beside closed solutions, and what the bench sees of a part that was changed.
@Suite struct BenchDynamicsTests {
  private func bench(_ name: String) throws -> JointBench {
    JointBench(try ShippedActuators.profile(name), resolution: .coarse)
  }

  private func measured(_ measure: (inout BenchRecord.Test) -> Void) -> BenchRecord.Test {
    var test = BenchRecord.Test(key: "", title: "", method: "")
    measure(&test)
    return test
  }

  /// Two inertias with a torsion between, a motor that follows as a first order, friction at the rotor.
  @Test(arguments: ["rs03.yaml", "mj5208.yaml", "ak80-9.yaml", "tree-orange.yaml"])
  func responseIsThatOfTwoInertias(_ name: String) throws {
    let bench = try bench(name)
    let model = bench.model
    let load = 0.7 * model.armature
    for reading in bench.response(load: load, frequencies: [3, 20, 90]) {
      let omega = 2 * Double.pi * reading.frequency
      let corner = 2 * Double.pi * model.motor.currentBandwidth
      let gain = model.reducer.drivingEfficiency / (1 + (omega / corner) * (omega / corner)).squareRoot()
      let (inertia, viscous) = (model.armature, model.friction.viscous)
      // Rotor: (i w J + b) vr + Z (vr - vl) = T; load: i w L vl = Z (vr - vl); Z = D + K / (i w).
      let stiffness = model.reducer.isRigid ? 1e12 : model.reducer.stiffness.third
      let z = (real: model.reducer.damping, imaginary: -stiffness / omega)
      let shaft = (real: z.real, imaginary: z.imaginary + omega * load)
      let square = shaft.real * shaft.real + shaft.imaginary * shaft.imaginary
      // vl = vr Z / shaft, and what the rotor feels of the load is i w L Z / shaft.
      let part = (
        real: (z.real * shaft.real + z.imaginary * shaft.imaginary) / square,
        imaginary: (z.imaginary * shaft.real - z.real * shaft.imaginary) / square
      )
      let rest = (
        real: viscous - omega * load * part.imaginary, imaginary: omega * inertia + omega * load * part.real
      )
      let rotor = gain / (rest.real * rest.real + rest.imaginary * rest.imaginary).squareRoot()
      let joint = rotor * (part.real * part.real + part.imaginary * part.imaginary).squareRoot()
      #expect((reading.joint / joint - 1).magnitude < 0.01, "joint at \(reading.frequency) Hz")
      #expect((reading.rotor / rotor - 1).magnitude < 0.01, "rotor at \(reading.frequency) Hz")
    }
  }

  @Test func angleIsThatOfAtan2() {
    for number in -1000...1000 {
      let expected = Double(number) * Double.pi / 1000.5
      #expect((angle(ofSine: 3 * sin(expected), cosine: 3 * cos(expected)) - expected).magnitude < 1e-14 * 4)
    }
    #expect(angle(ofSine: 0, cosine: -2) == Double.pi && angle(ofSine: 0, cosine: 0) == 0)
  }

  /// Loss grows along a line with the winding's temperature, so both nodes follow a linear system with two exponentials.
  private func temperature(_ thermal: ThermalModel, _ motor: MotorModel, current: Double, at time: Double)
    -> Double
  {
    let cold = motor.powerFactor * motor.resistance(at: thermal.ambient) * current * current
    let slope = motor.powerFactor * motor.resistance * MotorModel.copperCoefficient * current * current
    let (a, b) = (
      (slope - 1 / thermal.windingToHousing) / thermal.windingCapacity,
      1 / (thermal.windingToHousing * thermal.windingCapacity)
    )
    let (c, d) = (
      1 / (thermal.windingToHousing * thermal.housingCapacity),
      -(1 / thermal.windingToHousing + 1 / thermal.housingToAmbient) / thermal.housingCapacity
    )
    let (half, determinant) = (0.5 * (a + d), a * d - b * c)
    let root = (half * half - determinant).squareRoot()
    let drive = cold / thermal.windingCapacity
    let rest = -drive * d / determinant
    // T(0) = 0 and T'(0) = drive.
    let (fast, slow) = (half - root, half + root)
    let second = (drive + fast * rest) / (slow - fast)
    let first = -rest - second
    return thermal.ambient + rest + first * exp(fast * time) + second * exp(slow * time)
  }

  @Test(arguments: ["rs03.yaml", "rs04.yaml", "tree-orange.yaml"]) func timesOfOverloadAreThoseOfTwoNodes(
    _ name: String
  ) throws {
    let bench = try bench(name)
    let thermal = try #require(bench.model.thermal)
    let motor = bench.model.motor
    let found = measured(bench.measureEndurance)
    let curve = try #require(found.curves.first { $0.key == "time_over_torque" })
    for (series, end) in zip(curve.series, [thermal.derate, thermal.trip]) {
      #expect(series.points.count == 3)
      for point in series.points {
        let current = bench.model.current(outputTorque: point.x)
        let reached = temperature(thermal, motor, current: current, at: point.y)
        #expect(
          (reached - end).magnitude < 0.01 * (end - thermal.ambient), "\(series.title) at \(point.x) N.m")
      }
    }
    for (key, end) in [
      ("continuous_below_derating_a", thermal.derate), ("continuous_below_trip_a", thermal.trip),
    ] {
      let power = (end - thermal.ambient) / (thermal.windingToHousing + thermal.housingToAmbient)
      let expected = (power / (motor.powerFactor * motor.resistance(at: end))).squareRoot()
      let value = try #require(found[key]?.value)
      #expect((value / expected - 1).magnitude < 1e-6)
    }
    let heat = measured(bench.measureHeat)
    for (key, expected) in [
      ("winding_to_housing_k_per_w", thermal.windingToHousing),
      ("housing_to_ambient_k_per_w", thermal.housingToAmbient),
      ("winding_capacity_j_per_k", thermal.windingCapacity),
      ("housing_capacity_j_per_k", thermal.housingCapacity),
    ] {
      let value = try #require(heat[key]?.value)
      #expect((value / expected - 1).magnitude < 0.005, "\(key): \(value)")
    }
  }

  /// A figure follows the part, not its profile's name: each change of a parameter is seen where it belongs.
  @Test func changedPartsAreSeen() throws {
    var random = RandomStream(seed: 11)
    let soft = try ShippedActuators.profile("csg-32-100.yaml")
    let geared = try ShippedActuators.profile("rs03.yaml")
    for _ in 0..<3 {
      let part = 0.8 + 0.4 * random.uniform()
      var reducer = soft
      reducer.reducer.stiffness.first *= part
      reducer.reducer.lines.0.amplitude *= part
      let bench = JointBench(reducer, resolution: .coarse)
      let stiffness = measured(bench.measureTorsion)["stiffness_1_nm_per_rad"]?.value ?? 0
      #expect((stiffness / (67000 * part) - 1).magnitude < 0.005)
      let line = measured(bench.measureTransmissionError)["strongest_line_arcsec"]?.value ?? 0
      #expect((line / (50 * part) - 1).magnitude < 0.01)

      var motored = geared
      motored.actuator?.motor.resistance *= part
      motored.actuator?.friction.coulomb *= part
      motored.actuator?.friction.breakaway *= part
      let other = JointBench(motored, resolution: .coarse)
      let resistance = measured(other.measureWinding)["resistance_ohm"]?.value ?? 0
      let original = JointBench(geared, resolution: .coarse)
      #expect((resistance / (part * original.model.motor.resistance(at: 25)) - 1).magnitude < 0.005)
      #expect((other.backdriven().running / (0.5 * part) - 1).magnitude < 0.005)
    }
  }

  @Test func aGearWithoutNumbersEndsWithoutTraps() {
    // Planetary gear alone: rigid, and no torque in its catalogue.
    let gear = PlanetaryGear(
      stages: [PlanetaryGear.Stage(ratio: 5, carrierInertia: 1e-4)], meshStiffness: .infinity, backlash: 0,
      stageEfficiency: 0.9)
    let profile = ActuatorProfile(
      name: "bare", vendor: "nobody", reducer: gear.model, inputInertia: 0, actuator: nil, sources: [],
      estimates: [],
      printed: [])
    let record = JointBench(profile, resolution: .coarse).run()
    #expect(record["torsion"]?.missing != nil && record["winding"]?.missing != nil)
    let share = record["friction"]?["load_friction_share"]?.value ?? 0
    #expect((share - 0.1).magnitude < 1e-3)
    #expect(record.groups.map(\.clause) == ["5.4", "5.5", "5.6", "5.7"])
  }
}
