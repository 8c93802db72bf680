import RigidBody

// Without Foundation, so that Tests/Interop/check_aarch64.sh can compile it for another processor.

let bitTrees: [RandomTree] = [
  RandomTree(41, 34, .floating), RandomTree(42, 20, .fixed), RandomTree(43, 12, .floating, mimics: 3),
  RandomTree(44, 1, .floating), RandomTree(45, 7, .fixed), RandomTree(46, 12, .floating, free: 4),
  RandomTree(47, 16, .fixed, mimics: 2, free: 3),
]

/// FNV-1a over the bits of numbers (Fowler, Noll, Vo).
struct BitHash {
  var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ numbers: [Double]) {
    for number in numbers {
      for shift in stride(from: 0, to: 64, by: 8) {
        value = (value ^ (number.bitPattern >> shift & 0xFF)) &* 0x100_0000_01B3
      }
    }
  }
}

/// Every quantity of one random state.
func quantities(_ random: inout RandomModel) -> [Double] {
  let (model, data) = (random.model, random.data)
  let (q, v, a) = (random.position(), random.velocity(), random.velocity(10))
  var numbers = forwardKinematics(model, data, q: q).flatMap { pose in
    let (r, t) = (pose.rotation, pose.translation)
    return [r.xx, r.xy, r.xz, r.yx, r.yy, r.yz, r.zx, r.zy, r.zz, t.x, t.y, t.z]
  }
  let com = centreOfMass(model, data, q: q)
  numbers += [com.x, com.y, com.z] + gravity(model, data, q: q) + bias(model, data, q: q, v: v)
  numbers += inverseDynamics(model, data, q: q, v: v, a: a)
  numbers += forwardDynamics(model, data, q: q, v: v, tau: a)
  numbers += integrate(model, q: q, v: v, duration: 0.5)
  numbers += massMatrix(model, data, q: q).flatMap { $0 }
  numbers += jacobian(model, data, q: q, link: model.linkNames.count - 1).flatMap { $0 }
  let inverse = inverseDynamicsDerivatives(model, data, q: q, v: v, a: a)
  let forward = forwardDynamicsDerivatives(model, data, q: q, v: v, tau: a)
  for matrix in [
    inverse.byPosition, inverse.byVelocity, forward.byPosition, forward.byVelocity, forward.byInput,
    coriolisMatrix(model, data, q: q, v: v), centroidalMomentumMap(model, data, q: q),
    jacobianRate(model, data, q: q, v: v, link: model.linkNames.count - 1),
  ] { numbers += matrix.flatMap { $0 } }
  return numbers + [kineticEnergy(model, data, q: q, v: v), potentialEnergy(model, data, q: q)]
}

/// A line a tree: the hash of every quantity of 200 states.
func bitLines() throws(ModelError) -> [String] {
  var lines = ["# FNV-1a of every quantity of 200 states a tree; written by LaneWidthTests.swift"]
  for tree in bitTrees {
    var random = try RandomModel(tree)
    var hash = BitHash()
    for _ in 0..<200 { hash.add(quantities(&random)) }
    lines.append("\(tree.joints) joints, \(tree.base.rawValue) base: \(String(hash.value, radix: 16))")
  }
  return lines
}
