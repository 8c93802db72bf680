import JointControl
import RigidBody
import TestSupport

@testable import Simulation

/// A box of 2 kg on four points with one small pendulum in it, whose motor drives a joint that carries nearly nothing.
enum FloatingBodies {
  static let mass = 2.0
  static let half = Vector3(x: 0.15, y: 0.1, z: 0.05)

  static func box(losses: SampleRobots.Losses = .none) throws -> Robot {
    let sample = SampleRobots.pendulum(losses: losses)
    let body = SpatialInertia(
      mass: mass, centreOfMass: Vector3(x: 0.01, y: 0, z: 0),
      rotational: SymmetricMatrix3(xx: 0.02, xy: 0, xz: 0, yy: 0.03, yz: 0, zz: 0.04))
    let tail = SpatialInertia(
      mass: 0.1, centreOfMass: Vector3(x: 0, y: 0, z: 0.05), rotational: SymmetricMatrix3(diagonal: 1e-4))
    let model = try Model(
      name: "box",
      links: [LinkDescription(name: "box", inertia: body), LinkDescription(name: "tail", inertia: tail)],
      joints: [
        JointDescription(
          name: sample.joints[0].name, kind: .revolute, parent: "box", child: "tail",
          axis: Vector3(x: 0, y: 1, z: 0), armature: SampleRobots.armature)
      ], base: .fixed)
    var robot = Robot(
      name: "box", period: sample.period, buses: sample.buses, joints: sample.joints, model: model,
      feedforward: .none, commandTimeout: sample.commandTimeout)
    let corners = [(1.0, 1.0), (1, -1), (-1, 1), (-1, -1)].flatMap { x, y in
      [-half.z, half.z].map { Vector3(x: x * half.x, y: y * half.y, z: $0) }
    }
    robot.contacts = [ContactPatch(link: "box", points: corners)]
    return robot
  }
}

extension Plant {
  /// Steps without any torque asked for.
  mutating func fall(steps: Int) {
    let demands = [Double](repeating: 0, count: robot.joints.count)
    demands.withUnsafeBufferPointer {
      guard let base = $0.baseAddress else { return }
      for _ in 0..<steps { advance(demands: base) }
    }
  }
}
