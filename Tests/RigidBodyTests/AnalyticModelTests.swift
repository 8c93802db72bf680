import Foundation
import RigidBody
import Testing

/// Models whose equations of motion stand in every textbook.
@Suite("Analytic models") struct AnalyticModelTests {
  private let x = Vector3(x: 1, y: 0, z: 0)
  private let y = Vector3(x: 0, y: 1, z: 0)
  private let z = Vector3(x: 0, y: 0, z: 1)
  private let g = 9.81

  private func link(_ name: String, mass: Double, at c: Vector3, inertia: Double = 0) -> LinkDescription {
    LinkDescription(
      name: name,
      inertia: SpatialInertia(mass: mass, centreOfMass: c, rotational: SymmetricMatrix3(diagonal: inertia)))
  }

  @Test("Pendulum with rotor: (m l^2 + I + A) a + m g l sin q = tau")
  func pendulum() throws {
    let (mass, length, inertia, armature) = (1.7, 0.6, 0.02, 0.3)
    let model = try Model(
      name: "pendulum",
      links: [
        LinkDescription(name: "base"), link("bob", mass: mass, at: z * -length, inertia: inertia),
      ],
      joints: [
        JointDescription(
          name: "hinge", kind: .continuous, parent: "base", child: "bob", axis: y, armature: armature)
      ],
      base: .fixed)
    let data = ModelData(model)
    let total = mass * length * length + inertia + armature
    for angle in stride(from: -3.0, through: 3, by: 0.37) {
      let weight = mass * g * length * sin(angle)
      let tau = inverseDynamics(model, data, q: [angle], v: [1.3], a: [2.5])
      #expect(abs(tau[0] - (total * 2.5 + weight)) < 1e-12)
      #expect(
        abs(forwardDynamics(model, data, q: [angle], v: [1.3], tau: [4])[0] - (4 - weight) / total) < 1e-12)
      #expect(abs(massMatrix(model, data, q: [angle])[0][0] - total) < 1e-14)
      #expect(abs(gravity(model, data, q: [angle])[0] - weight) < 1e-13)
      #expect(abs(kineticEnergy(model, data, q: [angle], v: [1.3]) - 0.5 * total * 1.69) < 1e-13)
      #expect(abs(potentialEnergy(model, data, q: [angle]) + mass * g * length * cos(angle)) < 1e-12)
    }
  }

  @Test("Double pendulum of point masses")
  func doublePendulum() throws {
    let (m1, m2, l1, l2) = (1.2, 0.7, 0.5, 0.4)
    let model = try Model(
      name: "double pendulum",
      links: [
        LinkDescription(name: "base"), link("upper", mass: m1, at: x * l1),
        link("lower", mass: m2, at: x * l2),
      ],
      joints: [
        JointDescription(name: "shoulder", kind: .revolute, parent: "base", child: "upper", axis: z),
        JointDescription(
          name: "elbow", kind: .revolute, parent: "upper", child: "lower",
          origin: RigidTransform(rotation: .identity, translation: x * l1), axis: z),
      ],
      base: .fixed, gravity: y * -g)
    let data = ModelData(model)
    var random = SeededGenerator(seed: 3)
    for _ in 0..<20 {
      let (q, v, a) = (random.reals(2, 3), random.reals(2, 3), random.reals(2, 3))
      let (c2, s2) = (cos(q[1]), sin(q[1]))
      let m11 = m1 * l1 * l1 + m2 * (l1 * l1 + 2 * l1 * l2 * c2 + l2 * l2)
      let m12 = m2 * (l1 * l2 * c2 + l2 * l2)
      let m22 = m2 * l2 * l2
      let h = m2 * l1 * l2 * s2
      let g2 = m2 * g * l2 * cos(q[0] + q[1])
      let g1 = (m1 + m2) * g * l1 * cos(q[0]) + g2
      // Spong, Hutchinson, Vidyasagar: Robot Modeling and Control, the planar elbow.
      let expected = [
        m11 * a[0] + m12 * a[1] - h * (2 * v[0] * v[1] + v[1] * v[1]) + g1,
        m12 * a[0] + m22 * a[1] + h * v[0] * v[0] + g2,
      ]
      let tau = inverseDynamics(model, data, q: q, v: v, a: a)
      #expect(relativeError(tau, expected) < 1e-13)
      #expect(relativeError(massMatrix(model, data, q: q).flatMap { $0 }, [m11, m12, m12, m22]) < 1e-14)
      #expect(relativeError(forwardDynamics(model, data, q: q, v: v, tau: expected), a) < 1e-11)
    }
  }

  @Test("A free body falls with g and turns by Euler's equations")
  func freeBody() throws {
    let moments = SymmetricMatrix3(xx: 0.3, xy: 0, xz: 0, yy: 0.4, yz: 0, zz: 0.6)
    let model = try Model(
      name: "brick",
      links: [
        LinkDescription(
          name: "brick", inertia: SpatialInertia(mass: 5, centreOfMass: .zero, rotational: moments))
      ],
      joints: [], base: .floating)
    let data = ModelData(model)
    var q = model.zeroPosition
    q[0] = 100
    let v = [1, 2, 3, 0.4, 0.5, 0.6]
    let a = forwardDynamics(model, data, q: q, v: v, tau: [0, 0, 0, 0, 0, 0])
    #expect(
      relativeError(Array(a[0..<3]), [(0.4 - 0.6) * 6 / 0.3, (0.6 - 0.3) * 3 / 0.4, (0.3 - 0.4) * 2 / 0.6])
        < 1e-14)
    // The spatial acceleration of a falling point: g - omega x v.
    let expected = [-(2 * 0.6 - 3 * 0.5), -(3 * 0.4 - 1 * 0.6), -9.81 - (1 * 0.5 - 2 * 0.4)]
    #expect(relativeError(Array(a[3..<6]), expected) < 1e-14)
  }

  @Test("A rack driven by a pinion: the prismatic joint mimics the revolute one")
  func rackAndPinion() throws {
    let (inertia, mass, radius) = (0.05, 2.0, 0.1)
    let model = try Model(
      name: "rack",
      links: [
        LinkDescription(name: "base"), link("pinion", mass: 1, at: .zero, inertia: inertia),
        link("rack", mass: mass, at: .zero),
      ],
      joints: [
        JointDescription(
          name: "slide", kind: .prismatic, parent: "base", child: "rack", axis: z,
          mimic: Mimic(joint: "turn", multiplier: radius, offset: 0.5)),
        JointDescription(name: "turn", kind: .continuous, parent: "base", child: "pinion", axis: y),
      ],
      base: .fixed)
    let data = ModelData(model)
    #expect(model.jointNames == ["turn"])
    let total = inertia + mass * radius * radius
    #expect(abs(massMatrix(model, data, q: [2])[0][0] - total) < 1e-15)
    #expect(abs(gravity(model, data, q: [2])[0] - mass * g * radius) < 1e-14)
    #expect(
      abs(forwardDynamics(model, data, q: [2], v: [1], tau: [0])[0] + mass * g * radius / total) < 1e-12)
    let rack = forwardKinematics(model, data, q: [2])[2].translation
    #expect(abs(rack.z - (0.5 + 2 * radius)) < 1e-15)
  }

  @Test("Links behind fixed joints keep their frames and give their mass to the body that carries them")
  func fixedJoints() throws {
    let quarter = Matrix3(xx: 0, xy: -1, xz: 0, yx: 1, yy: 0, yz: 0, zx: 0, zy: 0, zz: 1)
    let model = try Model(
      name: "hammer",
      links: [
        LinkDescription(name: "base"), link("handle", mass: 1, at: x * 0.2),
        link("head", mass: 3, at: x * 0.1),
      ],
      joints: [
        JointDescription(name: "grip", kind: .revolute, parent: "base", child: "handle", axis: z),
        JointDescription(
          name: "weld", kind: .fixed, parent: "handle", child: "head",
          origin: RigidTransform(rotation: quarter, translation: x * 0.4)),
      ],
      base: .fixed)
    let data = ModelData(model)
    #expect(model.velocityCount == 1)
    #expect(model.mass == 4)
    let head = forwardKinematics(model, data, q: [0])[2]
    #expect(head == RigidTransform(rotation: quarter, translation: x * 0.4))
    // Point masses: 1 kg at (0.2, 0), 3 kg at (0.4, 0.1).
    #expect(abs(massMatrix(model, data, q: [0])[0][0] - (0.04 + 3 * 0.17)) < 1e-15)
    let com = centreOfMass(model, data, q: [0])
    #expect(abs(com.x - 0.35) < 1e-15 && abs(com.y - 0.075) < 1e-15)
  }

  @Test("A floating joint below a massless world says that the base floats")
  func floatingJoint() throws {
    let links = [LinkDescription(name: "world"), link("trunk", mass: 2, at: .zero, inertia: 0.1)]
    let joints = [
      JointDescription(
        name: "free", kind: .floating, parent: "world", child: "trunk",
        origin: RigidTransform(rotation: .identity, translation: z))
    ]
    let free = try Model(name: "free", links: links, joints: joints, base: .floating)
    let poses = forwardKinematics(free, ModelData(free), q: [1, 2, 3, 1, 0, 0, 0])
    #expect(poses[0] == .identity)
    #expect(poses[1].translation == Vector3(x: 1, y: 2, z: 3))
    #expect(
      jacobian(free, ModelData(free), q: free.zeroPosition, link: 0).allSatisfy { $0.allSatisfy { $0 == 0 } })
    let held = try Model(name: "held", links: links, joints: joints, base: .fixed)
    #expect(held.velocityCount == 0)
    #expect(forwardKinematics(held, ModelData(held), q: [])[1].translation == z)
  }

  @Test("Far from the world's origin nothing changes", arguments: [1e3, 1e6])
  func farAway(distance: Double) throws {
    var random = try RandomModel(seed: 31, joints: 20, base: .floating)
    let (model, data) = (random.model, random.data)
    var q = random.position()
    let (v, tau) = (random.velocity(), random.velocity())
    let near = forwardDynamics(model, data, q: q, v: v, tau: tau)
    q[0] += distance
    #expect(forwardDynamics(model, data, q: q, v: v, tau: tau) == near)
  }
}
