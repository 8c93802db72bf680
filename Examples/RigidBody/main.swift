// A pendulum of two rods: how long it takes to fall, and that it loses no energy on the way. Uses RigidBody alone.
import RigidBody

let rod = SpatialInertia(
  mass: 1, centreOfMass: Vector3(x: 0.25, y: 0, z: 0),
  rotational: SymmetricMatrix3(xx: 0.001, xy: 0, xz: 0, yy: 0.02, yz: 0, zz: 0.02))
let y = Vector3(x: 0, y: 1, z: 0)
let elbow = RigidTransform(rotation: .identity, translation: Vector3(x: 0.5, y: 0, z: 0))
let model = try Model(
  name: "pendulum",
  links: [
    LinkDescription(name: "world"), .init(name: "upper", inertia: rod), .init(name: "lower", inertia: rod),
  ],
  joints: [
    JointDescription(name: "shoulder", kind: .continuous, parent: "world", child: "upper", axis: y),
    JointDescription(
      name: "elbow", kind: .continuous, parent: "upper", child: "lower", origin: elbow, axis: y),
  ], base: .fixed)
let data = ModelData(model)
var (q, v, time, step) = ([0.0, 0.0], [0.0, 0.0], 0.0, 1e-5)
while q[0] < .pi / 2 {
  let a = forwardDynamics(model, data, q: q, v: v, tau: [0, 0])
  v = zip(v, a).map { $0 + $1 * step }
  q = integrate(model, q: q, v: v, duration: step)
  time += step
}
let energy = kineticEnergy(model, data, q: q, v: v) + potentialEnergy(model, data, q: q)
print("hangs after \(Int(time * 1000)) ms; energy gained: \(Int(energy * 1000)) mJ")
