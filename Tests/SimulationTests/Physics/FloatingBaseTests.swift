import JointControl
import RigidBody
import TestSupport
import Testing

@testable import Simulation

@Suite struct FloatingBaseTests {
  private static let spin = Vector3(x: 3, y: -2, z: 5)

  /// Thrown and spinning, the centre of mass flies a parabola and angular momentum stays: read off the energy and the pose.
  private func thrown(step: Int64, seconds: Double) throws -> (place: Vector3, energy: Double, lost: Double) {
    var plant = try Plant(FloatingBodies.box(), step: step, in: Surroundings(base: .floating))
    plant.setBase(.identity, angular: Self.spin, linear: Vector3(x: 1, y: 2, z: 4))
    plant.setState(of: 0, position: 0.3, velocity: -2)
    let start = plant.energy
    plant.fall(steps: Int((seconds / (Double(step) * 1e-9)).rounded()))
    return (plant.basePose.translation, plant.energy, plant.energy - start)
  }

  /// The plant's order is one: half the step, half the error, in the pose of a tumbling body and in a chain's joints.
  @Test func orderIsOne() throws {
    let exact = try thrown(step: 7812, seconds: 0.3).place
    let errors = try ([1_000_000, 500_000, 250_000, 125_000] as [Int64]).map { step -> Double in
      let error = try thrown(step: step, seconds: 0.3).place - exact
      return error.squaredLength.squareRoot()
    }
    for (coarse, fine) in zip(errors, errors.dropFirst()) {
      #expect(coarse / fine > 1.9 && coarse / fine < 2.3, "\(errors)")
    }
    let angles = ([1_000_000, 500_000, 250_000, 125_000, 7812] as [Int64]).map { step -> Double in
      var plant = Plant(SampleRobots.arm(home: [1.2, -0.5]), step: step)
      plant.fall(steps: Int((0.3 / (Double(step) * 1e-9)).rounded()))
      return plant.position(of: 0)
    }
    let chain = angles.dropLast().map { abs($0 - angles[4]) }
    for (coarse, fine) in zip(chain, chain.dropFirst()) {
      #expect(coarse / fine > 1.9 && coarse / fine < 2.3, "\(chain)")
    }
  }

  @Test func centreOfMassFliesAParabola() throws {
    var plant = try Plant(FloatingBodies.box(), in: Surroundings(base: .floating))
    plant.setBase(.identity, angular: Self.spin, linear: Vector3(x: 1, y: 2, z: 4))
    let start = plant.centreOfMass
    let speed = plant.centreOfMassVelocity
    plant.fall(steps: 4000)
    let flown = plant.centreOfMass
    // Semi-implicit: half a step of gravity beside the parabola, and what the tumbling's own error moves.
    let z = start.z + speed.z - 4.905 - 0.5 * 9.81 * 250e-6
    #expect(abs(flown.x - start.x - speed.x) < 2e-3 && abs(flown.y - start.y - speed.y) < 2e-3, "\(flown)")
    #expect(abs(flown.z - z) < 2e-3, "\(flown.z - z)")
    #expect(abs(plant.centreOfMassVelocity.x - speed.x) < 2e-3)
  }

  @Test func unconstrainedBodyFallsFreely() throws {
    var plant = try Plant(FloatingBodies.box(), in: Surroundings(base: .floating))
    plant.fall(steps: 2000)
    // z = -g h^2 n (n + 1) / 2, exactly what the rule gives.
    let expected = -9.81 * 250e-6 * 250e-6 * 2000 * 2001 / 2
    #expect(abs(plant.basePose.translation.z - expected) < 1e-9)
    #expect(plant.position(of: 0) == 0 && plant.uprightness == 1)
  }

  @Test func standingNeedsContacts() throws {
    #expect(try Surroundings.standing.objection(for: FloatingBodies.box()) == nil)
    let without = SampleRobots.pendulum()
    #expect(Surroundings.standing.objection(for: without)?.contains("contacts") == true)
    #expect(Surroundings().objection(for: without) == nil)
  }

  /// A base that is held is not asked whether it could move: the bits of the plant without surroundings.
  @Test func heldBaseIsAsBefore() throws {
    var plain = try Plant(TwinPendulums.robot(home: 0.4))
    var held = try Plant(TwinPendulums.robot(home: 0.4), in: Surroundings(base: .held, ground: nil))
    #expect(PlantTrace(&plain, steps: 400) == PlantTrace(&held, steps: 400))
    #expect(held.basePose == .identity)
  }

  /// The joint's torque turns the box the other way: what a base feels of its motors.
  @Test func motorTurnsTheBaseBack() throws {
    var plant = try Plant(FloatingBodies.box(), in: Surroundings(base: .floating))
    for _ in 0..<400 {
      plant.sampleEncoders()
      withUnsafePointer(to: 1.0) { plant.advance(demands: $0) }
    }
    #expect(plant.position(of: 0) > 0.3)
    // About y, towards +x is positive; the box turns to the negative side.
    #expect(plant.basePose.rotation.xz < -0.004)
  }
}
