import JointControl
import RigidBody
import TestSupport

@testable import Simulation

/// Two pendulums of the same make side by side on one base, so that each shows what the other would do.
enum TwinPendulums {
  static let length = SampleRobots.linkLength
  static let mass = SampleRobots.linkMass

  /// The pendulums, each a point mass at half its length with a small inertia; `physics` is the profile of both.
  static func robot(
    physics: ActuatorModel? = nil, losses: SampleRobots.Losses = .none, home: Double = 0
  ) throws -> Robot {
    let arm = SampleRobots.arm(losses: losses, home: [home, home])
    let inertia = SpatialInertia(
      mass: mass, centreOfMass: Vector3(x: 0, y: 0, z: -length / 2),
      rotational: SymmetricMatrix3(diagonal: SampleRobots.linkInertia))
    let joints = arm.joints.map { joint in
      var joint = joint
      joint.configuration.transmission = arm.joints[0].configuration.transmission
      joint.actuator = arm.joints[0].actuator
      if let physics {
        joint.actuator.physics = physics
        joint.actuator.physics?.reducer.ratio = joint.actuator.reducer.ratio
        joint.actuator.physics?.motor.rotorInertia = joint.actuator.motor.rotorInertia
      }
      return joint
    }
    let model = try Model(
      name: "twins",
      links: [
        LinkDescription(name: "base"), LinkDescription(name: "left", inertia: inertia),
        LinkDescription(name: "right", inertia: inertia),
      ],
      joints: zip(joints, ["left", "right"]).map { joint, link in
        JointDescription(
          name: joint.name, kind: .revolute, parent: "base", child: link,
          axis: Vector3(x: 0, y: 1, z: 0), armature: joint.actuator.armature)
      }, base: .fixed)
    return Robot(
      name: "twins", period: arm.period, buses: arm.buses, joints: joints, model: model, feedforward: .none,
      commandTimeout: arm.commandTimeout)
  }

  /// A profile of many parts: heat, friction, an elastic reducer.
  static var profile: ActuatorModel {
    var model = SampleActuators.model(
      SampleActuators.spring(500, damping: 1), friction: FrictionModel(coulomb: 0.1, viscous: 0.05))
    model.thermal = ThermalModel(
      windingCapacity: 5, windingToHousing: 0.6, housingCapacity: 20, housingToAmbient: 1.2, derate: 135,
      trip: 145)
    return model
  }
}

/// What a plant did: the bits of both joints' states and readings over some steps, the same demand on both.
struct PlantTrace: Equatable {
  var positions: [[Double]] = [[], []]
  var readings: [[Double]] = [[], []]
  var torques: [[Double]] = [[], []]

  /// Steps a plant.
  init(_ plant: inout Plant, steps: Int, demand: Double = 0) {
    let demands = [Double](repeating: demand, count: 2)
    for _ in 0..<steps {
      plant.sampleEncoders()
      for joint in 0..<2 {
        positions[joint].append(plant.position(of: joint))
        let measured = plant.measurement(of: joint, at: plant.time)
        readings[joint].append(measured.position)
        torques[joint].append(measured.torque)
      }
      demands.withUnsafeBufferPointer { if let base = $0.baseAddress { plant.advance(demands: base) } }
    }
  }
}
