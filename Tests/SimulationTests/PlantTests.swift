import Foundation
import JointControl
import TestSupport
import Testing

@testable import Simulation

@Suite struct PlantTests {
  private let length = SampleRobots.linkLength
  private let mass = SampleRobots.linkMass
  /// Inertia of one link and its rotor about the joint.
  private let inertia =
    SampleRobots.linkInertia + SampleRobots.linkMass * SampleRobots.linkLength * SampleRobots.linkLength / 4
    + SampleRobots.armature

  private func run(_ plant: inout Plant, steps: Int, demands: [Double]) {
    for _ in 0..<steps {
      plant.sampleEncoders()
      demands.withUnsafeBufferPointer { if let base = $0.baseAddress { plant.advance(demands: base) } }
    }
  }

  @Test func pendulumKeepsItsEnergy() {
    var plant = Plant(SampleRobots.pendulum(home: 1.2))
    let scale = mass * 9.81 * length / 2
    func energy(_ plant: borrowing Plant) -> Double {
      let velocity = plant.velocity(of: 0)
      return 0.5 * inertia * velocity * velocity - scale * cos(plant.position(of: 0))
    }
    let start = energy(plant)
    var worst = 0.0
    for _ in 0..<240_000 {
      run(&plant, steps: 1, demands: [0])
      worst = max(worst, abs(energy(plant) - start))
    }
    // A minute: the error of the symplectic step swings with its order, step x frequency, and does not grow.
    #expect(worst < 2e-3 * scale)
    #expect(plant.time == 60_000_000_000)
  }

  @Test func pendulumSwingsAtItsFrequency() {
    var plant = Plant(SampleRobots.pendulum(home: 0.02))
    var crossings: [Double] = []
    var previous = plant.position(of: 0)
    for _ in 0..<40_000 {
      run(&plant, steps: 1, demands: [0])
      let position = plant.position(of: 0)
      if previous > 0 && position <= 0 { crossings.append(Double(plant.time) * 1e-9) }
      previous = position
    }
    let period = (crossings[crossings.count - 1] - crossings[0]) / Double(crossings.count - 1)
    let expected = 2 * Double.pi * (inertia / (mass * 9.81 * length / 2)).squareRoot()
    #expect(abs(period / expected - 1) < 1e-3)
  }

  @Test func releasedJointFallsFreely() {
    var plant = Plant(SampleRobots.pendulum(home: Double.pi / 2))
    run(&plant, steps: 40, demands: [0])
    let acceleration = -mass * 9.81 * (length / 2) / inertia
    #expect(abs(plant.velocity(of: 0) / (acceleration * 0.01) - 1) < 1e-3)
  }

  @Test func frictionHoldsTheReleasedJoint() {
    let losses = SampleRobots.Losses(coulombFriction: 2, viscousFriction: 0.1, efficiency: 0.9)
    var plant = Plant(SampleRobots.pendulum(losses: losses, home: Double.pi / 2))
    run(&plant, steps: 8000, demands: [0])
    let held = plant.position(of: 0)
    run(&plant, steps: 80_000, demands: [0])
    #expect(abs(plant.position(of: 0) - held) < 1e-9)
    #expect(abs(held - Double.pi / 2) < 2e-3)
  }

  @Test func twoLinksWithFrictionComeToRest() {
    var plant = Plant(SampleRobots.arm(losses: .planetary, home: [2.5, 2.5]))
    run(&plant, steps: 80_000, demands: [0, 0])
    for joint in 0..<2 {
      #expect(abs(plant.velocity(of: joint)) < 1e-6)
      #expect(abs(plant.position(of: joint)) < 3)
    }
  }

  @Test func runawayEndsInTheStop() {
    var plant = Plant(SampleRobots.pendulum())
    run(&plant, steps: 8000, demands: [10])
    #expect(plant.position(of: 0) > 3.1 && plant.position(of: 0) < 3.15)
    #expect(abs(plant.velocity(of: 0)) < 1e-3)
    #expect(abs(plant.motorTorque(of: 0) - 10) < 1e-6)
  }

  @Test func measurementStandsAtTheDrivesShaft() {
    var plant = Plant(SampleRobots.arm(home: [0.4, -0.3]))
    plant.setState(of: 1, position: -0.3, velocity: 2)
    run(&plant, steps: 1, demands: [0, 1])
    let count = 2 * Double.pi / (16384 * SampleRobots.rs02.builtInRatio)
    for instant in stride(from: Int64(0), through: 250_000, by: 50_000) {
      let measured = plant.measurement(of: 1, at: instant)
      let joint = plant.position(of: 1) - plant.velocity(of: 1) * Double(250_000 - instant) * 1e-9
      let shaft = -1 * (joint - 0.25)
      #expect(shaft - measured.position >= -1e-12 && shaft - measured.position < count + 1e-12)
    }
    // The demand of the drive, with the shaft turned round.
    #expect(plant.measurement(of: 1, at: plant.time).torque > 0.5)
    #expect(plant.motorTorque(of: 1) < -0.5)
  }

  @Test func runsRepeatBitForBit() {
    var bits: Set<UInt64> = []
    for _ in 0..<2 {
      var plant = Plant(SampleRobots.arm(losses: .planetary))
      run(&plant, steps: 4000, demands: [3, -1])
      bits.insert(plant.position(of: 0).bitPattern ^ plant.velocity(of: 1).bitPattern)
    }
    #expect(bits.count == 1)
  }
}
