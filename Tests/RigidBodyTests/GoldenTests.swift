import Foundation
import RigidBody
import Testing

/// Pinocchio's numbers for trees of our own, written by Tests/Interop/golden_dynamics.py.
@Suite("Golden numbers of Pinocchio") struct GoldenTests {
  @Test("Every quantity within 1e-12", arguments: ["arm", "biped", "gripper", "rover"])
  func everyQuantity(name: String) throws {
    let golden = try GoldenDynamics.load(name)
    let model = try golden.model()
    let data = ModelData(model)
    #expect(golden.provenance.package == "pin")
    #expect(model.jointNames == golden.coordinates)
    let last = model.linkNames.count - 1
    #expect(golden.states.count >= 3)
    for state in golden.states {
      let poses = forwardKinematics(model, data, q: state.q)
      for (pose, expected) in zip(poses, state.link_poses) {
        #expect(relativeError(GoldenDynamics.list(pose, like: expected), expected) < 1e-12)
      }
      let com = centreOfMass(model, data, q: state.q)
      #expect(relativeError([com.x, com.y, com.z], state.com) < 1e-12)
      #expect(relativeError(gravity(model, data, q: state.q), state.gravity) < 1e-12)
      #expect(relativeError(bias(model, data, q: state.q, v: state.v), state.bias) < 1e-12)
      let tau = inverseDynamics(model, data, q: state.q, v: state.v, a: state.a)
      #expect(relativeError(tau, state.inverse_dynamics) < 1e-12)
      let a = forwardDynamics(model, data, q: state.q, v: state.v, tau: state.tau)
      #expect(relativeError(a, state.forward_dynamics) < 1e-11)
      let pushed = inverseDynamics(
        model, data, q: state.q, v: state.v, a: state.a, wrenches: state.wrenches)
      #expect(relativeError(pushed, state.inverse_dynamics_with_wrenches) < 1e-12)
      let b = forwardDynamics(
        model, data, q: state.q, v: state.v, tau: state.tau, wrenches: state.wrenches)
      #expect(relativeError(b, state.forward_dynamics_with_wrenches) < 1e-11)
      let matrix = massMatrix(model, data, q: state.q)
      #expect(relativeError(matrix.flatMap { $0 }, state.mass_matrix.flatMap { $0 }) < 1e-12)
      let rows = jacobian(model, data, q: state.q, link: last)
      #expect(relativeError(rows.flatMap { $0 }, state.jacobian.flatMap { $0 }) < 1e-12)
    }
  }
}

/// One file of Golden/; keys as in the file.
private struct GoldenDynamics: Decodable {
  struct Provenance: Decodable {
    var package: String
    var version: String
  }
  struct Link: Decodable {
    var name: String
    var mass: Double?
    var com: [Double]?
    var inertia: [Double]?
  }
  struct MimicRule: Decodable {
    var joint: String
    var multiplier: Double
    var offset: Double
  }
  struct Joint: Decodable {
    var name: String
    var kind: String
    var parent: String
    var child: String
    var xyz: [Double]
    var rotation: [Double]
    var axis: [Double]
    var armature: Double
    var mimic: MimicRule?
  }
  struct Tree: Decodable {
    var name: String
    var base: String
    var links: [Link]
    var joints: [Joint]
  }
  struct State: Decodable {
    var q, v, a, tau, com, gravity, bias, inverse_dynamics, forward_dynamics: [Double]
    var inverse_dynamics_with_wrenches, forward_dynamics_with_wrenches: [Double]
    var link_poses, mass_matrix, jacobian, wrenches: [[Double]]
  }
  var provenance: Provenance
  var robot: Tree
  var coordinates: [String]
  var states: [State]

  static func load(_ name: String) throws -> GoldenDynamics {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")
    let data = try Data(contentsOf: folder.appendingPathComponent("\(name).json"))
    return try JSONDecoder().decode(GoldenDynamics.self, from: data)
  }

  func model() throws -> Model {
    let links = robot.links.map { link in
      guard let mass = link.mass, let com = link.com, let i = link.inertia else {
        return LinkDescription(name: link.name)
      }
      let rotational = SymmetricMatrix3(xx: i[0], xy: i[1], xz: i[2], yy: i[3], yz: i[4], zz: i[5])
      return LinkDescription(
        name: link.name,
        inertia: SpatialInertia(mass: mass, centreOfMass: Self.vector(com), rotational: rotational))
    }
    let joints = try robot.joints.map { joint in
      let r = joint.rotation
      let rotation = Matrix3(
        xx: r[0], xy: r[1], xz: r[2], yx: r[3], yy: r[4], yz: r[5], zx: r[6], zy: r[7], zz: r[8])
      return JointDescription(
        name: joint.name, kind: try #require(JointKind(rawValue: joint.kind)), parent: joint.parent,
        child: joint.child, origin: RigidTransform(rotation: rotation, translation: Self.vector(joint.xyz)),
        axis: Self.vector(joint.axis), armature: joint.armature,
        mimic: joint.mimic.map { Mimic(joint: $0.joint, multiplier: $0.multiplier, offset: $0.offset) })
    }
    return try Model(
      name: robot.name, links: links, joints: joints, base: try #require(Base(rawValue: robot.base)))
  }

  /// Position and quaternion as in the file, the quaternion on the same side.
  static func list(_ pose: RigidTransform, like expected: [Double]) -> [Double] {
    let q = Quaternion(rotation: pose.rotation)
    let t = pose.translation
    let side = zip([q.w, q.x, q.y, q.z], expected[3...]).map(*).reduce(0, +) < 0 ? -1.0 : 1.0
    return [t.x, t.y, t.z, side * q.w, side * q.x, side * q.y, side * q.z]
  }

  private static func vector(_ v: [Double]) -> Vector3 { Vector3(x: v[0], y: v[1], z: v[2]) }
}
