// Inverse dynamics of many states on all cores: tasks share the model, and each has a `ModelData` of its own.
import RigidBody

struct State {
  var q, v, a: [Double]
}

/// The forces of every state, in order.
func forces(_ model: Model, _ states: [State], tasks: Int) async -> [[Double]] {
  await withTaskGroup(of: (task: Int, forces: [[Double]]).self) { group in
    for task in 0..<tasks {
      let part = states[(states.count * task / tasks)..<(states.count * (task + 1) / tasks)]
      group.addTask {
        let data = ModelData(model)
        return (task, part.map { inverseDynamics(model, data, q: $0.q, v: $0.v, a: $0.a) })
      }
    }
    var parts = [[[Double]]](repeating: [], count: tasks)
    for await part in group { parts[part.task] = part.forces }
    return parts.flatMap { $0 }
  }
}

let rod = SpatialInertia(
  mass: 1, centreOfMass: Vector3(x: 0.25, y: 0, z: 0),
  rotational: SymmetricMatrix3(xx: 0.001, xy: 0, xz: 0, yy: 0.02, yz: 0, zz: 0.02))
let tip = RigidTransform(rotation: .identity, translation: Vector3(x: 0.5, y: 0, z: 0))
let model = try Model(
  name: "chain", links: (0...6).map { LinkDescription(name: "link\($0)", inertia: $0 > 0 ? rod : nil) },
  joints: (1...6).map {
    JointDescription(
      name: "joint\($0)", kind: .continuous, parent: "link\($0 - 1)", child: "link\($0)",
      origin: $0 > 1 ? tip : .identity, axis: Vector3(x: 0, y: 1, z: 0))
  }, base: .fixed)
/// Six numbers between -bound and bound.
func numbers(_ seed: Int, _ bound: Double) -> [Double] {
  (0..<6).map { (k: Int) -> Double in bound * (Double((seed + 37 * k) % 101) / 50 - 1) }
}
let states = (0..<10_000).map { State(q: numbers($0, 2), v: numbers($0 + 11, 5), a: numbers($0 + 29, 10)) }
let one = await forces(model, states, tasks: 1)
let four = await forces(model, states, tasks: 4)
print("\(one.count) states; the same numbers from 1 and from 4 tasks: \(one == four)")
