import JointControl
import RigidBody
import TestSupport
import Testing

@testable import Simulation

@Suite struct GroundTests {
  private static func turned(_ axis: Vector3, half: SineCosine) -> Matrix3 {
    Quaternion(w: half.cosine, x: axis.x * half.sine, y: axis.y * half.sine, z: axis.z * half.sine).rotation
  }

  private func box(_ friction: Double = 0.8) throws -> Plant {
    try Plant(
      FloatingBodies.box(losses: .planetary),
      in: Surroundings(base: .floating, ground: Ground(friction: friction)))
  }

  @Test func boxRestsOnItsWeight() throws {
    var plant = try box()
    plant.fall(steps: 16_000)
    let force = plant.groundForce(onLink: "box")
    #expect(abs(force.z - 2.1 * 9.81) < 1e-3 && abs(force.x) < 1e-3 && abs(force.y) < 1e-3, "\(force)")
    let before = plant.basePose.translation
    plant.fall(steps: 8000)
    let moved = plant.basePose.translation - before
    #expect(moved.squaredLength.squareRoot() < 1e-9, "\(moved)")
    // Four of the points carry: the depth is a quarter of the weight over the stiffness.
    #expect(abs(plant.baseHeight - 0.05 + 2.1 * 9.81 / 4e5) < 1e-5)
  }

  /// Pushed by 0.95 of mu N it stands, by 1.05 it slides away with what is left.
  @Test(arguments: [0.3, 0.8]) func slidesBeyondTheConeAlone(_ friction: Double) throws {
    for (share, slides) in [(0.95, false), (1.05, true)] {
      var plant = try box(friction)
      plant.fall(steps: 2000)
      let before = plant.basePose.translation
      let weight = 2.1 * 9.81
      // Sideways and low, so that it does not tip; not along an axis.
      let push = share * friction * weight
      try plant.setWrench(
        LinkWrench(
          link: "box", point: Vector3(x: 0.01, y: 0, z: -0.05),
          force: Vector3(x: 0.6 * push, y: 0.8 * push, z: 0), start: plant.time, duration: 1_000_000_000))
      plant.fall(steps: 4000)
      let moved = plant.basePose.translation - before
      let way = (moved.x * moved.x + moved.y * moved.y).squareRoot()
      let expected = 0.5 * 0.05 * friction * 9.81
      #expect(slides ? abs(way / expected - 1) < 0.1 : way < 1e-3, "\(share) \(way) \(expected)")
    }
  }

  /// Dropped on an edge it tumbles to rest, and at no step is there more energy than before.
  @Test(arguments: 0..<6) func energyNeverGrows(_ seed: Int) throws {
    var plant = try box()
    var random = RandomStream(seed: 7, stream: UInt64(seed))
    let half = SineCosine(of: 0.2 + 1.2 * random.uniform())
    plant.setBase(
      RigidTransform(
        rotation: Self.turned(Vector3(x: 0.6, y: 0.8, z: 0), half: half),
        translation: Vector3(x: 0, y: 0, z: 0.3 + 0.2 * random.uniform())),
      angular: Vector3(x: 2 * random.uniform(), y: 2, z: -3 * random.uniform()),
      linear: Vector3(x: random.uniform(), y: 0.5, z: 0))
    var energy = plant.energy
    let start = energy
    var worst = 0.0
    for _ in 0..<600 {
      plant.fall(steps: 10)
      worst = max(worst, plant.energy - energy)
      energy = plant.energy
    }
    #expect(worst < 2e-3 * (start + 2), "\(worst) of \(start)")
    #expect(energy < start - 1)
  }

  @Test func runsRepeatBitForBit() throws {
    var bits: Set<UInt64> = []
    for _ in 0..<2 {
      var plant = try box()
      plant.setBase(
        RigidTransform(rotation: .identity, translation: Vector3(x: 0, y: 0, z: 0.2)),
        angular: Vector3(x: 1, y: 2, z: 3))
      plant.fall(steps: 3000)
      bits.insert(plant.basePose.translation.x.bitPattern ^ plant.basePose.rotation.xz.bitPattern)
    }
    #expect(bits.count == 1)
  }

  /// A rope holds the weight, pulls and never pushes, lets down, and lets go.
  @Test func gantryHoldsLowersAndLetsGo() throws {
    var plant = try Plant(FloatingBodies.box(losses: .planetary), in: .hanging)
    let weight = 2.1 * 9.81
    plant.fall(steps: 4000)
    #expect(
      abs(plant.ropeTension - weight) < 0.1 && abs(plant.baseHeight - 0.1) < 2e-3, "\(plant.baseHeight)")
    #expect(plant.groundForce(onLink: "box") == .zero)
    plant.lowerGantry(by: 0.1, over: 1_000_000_000)
    plant.fall(steps: 16_000)
    #expect(plant.ropeTension == 0 && abs(plant.groundForce(onLink: "box").z - weight) < 0.05)
    plant.lowerGantry(by: -0.1, over: 1_000_000_000)
    plant.fall(steps: 8000)
    #expect(abs(plant.ropeTension - weight) < 0.1 && plant.groundForce(onLink: "box") == .zero)
    plant.letGoOfGantry()
    plant.fall(steps: 16_000)
    #expect(plant.ropeTension == 0 && abs(plant.groundForce(onLink: "box").z - weight) < 0.1)
  }
}
