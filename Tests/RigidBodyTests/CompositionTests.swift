import RigidBody
import Testing

/// A part that stands somewhere, the joint, and a part that hangs on it.
private struct Composition: Sendable {
  var lower: RandomTree
  var upper: RandomTree
  var joint: JointKind
}

private let compositions: [Composition] = [
  Composition(lower: RandomTree(91, 4, .fixed), upper: RandomTree(92, 5, .floating), joint: .fixed),
  Composition(lower: RandomTree(93, 8, .floating), upper: RandomTree(94, 6, .floating), joint: .revolute),
  Composition(
    lower: RandomTree(95, 6, .floating, mimics: 1, free: 1),
    upper: RandomTree(96, 7, .floating, mimics: 1, free: 2), joint: .prismatic),
  Composition(
    lower: RandomTree(97, 5, .fixed, free: 2), upper: RandomTree(98, 1, .floating), joint: .planar),
  Composition(
    lower: RandomTree(99, 6, .floating), upper: RandomTree(100, 5, .floating, free: 1), joint: .floating),
]

/// Both parts alone and joined into one model, with a state of the whole and of the parts in it.
private struct Assembly {
  let lower: RandomModel
  let upper: RandomModel
  let whole: Model
  let data: ModelData
  let joint: JointDescription
  /// Link of the whole that carries the upper part.
  let seam: Int

  init(_ c: Composition) throws {
    lower = try RandomModel(c.lower)
    upper = try RandomModel(c.upper)
    var g = lower.generator
    joint = JointDescription(
      name: "seam", kind: c.joint, parent: lower.model.linkNames[lower.model.linkNames.count - 1],
      child: "upper link0", origin: RigidTransform(rotation: g.rotation(), translation: g.vector(0.3)),
      axis: g.vector())
    let links = upper.links.map { LinkDescription(name: "upper " + $0.name, inertia: $0.inertia) }
    let joints = upper.joints.map { joint in
      var joint = joint
      joint.name = "upper " + joint.name
      joint.parent = "upper " + joint.parent
      joint.child = "upper " + joint.child
      if let source = joint.mimic?.joint { joint.mimic?.joint = "upper " + source }
      return joint
    }
    whole = try Model(
      name: "whole", links: lower.links + links, joints: lower.joints + [joint] + joints,
      base: lower.model.base)
    data = ModelData(whole)
    seam = lower.links.count
  }

  /// Numbers of a part's joints out of numbers of the whole, behind the part's base.
  func joints(_ part: Model, _ values: [Double], prefix: String, positions: Bool) -> [Double] {
    part.jointNames.flatMap { name -> [Double] in
      guard let range = whole.coordinates(of: prefix + name) else { return [] }
      return Array(values[positions ? range.positions : range.velocities])
    }
  }

  func lowerPart(_ values: [Double], positions: Bool = false) -> [Double] {
    let head = lower.model.base == .fixed ? 0 : (positions ? 7 : 6)
    return Array(values[..<head]) + joints(lower.model, values, prefix: "", positions: positions)
  }

  func upperPosition(_ q: [Double]) -> [Double] {
    let pose = forwardKinematics(whole, data, q: q)[seam]
    let (t, r) = (pose.translation, Quaternion(rotation: pose.rotation))
    return [t.x, t.y, t.z, r.w, r.x, r.y, r.z]
      + joints(upper.model, q, prefix: "upper ", positions: true)
  }

  /// Rows that make v of the upper part out of v of the whole: the seam's own velocity, then the part's joints.
  func upperMap(_ q: [Double]) -> [[Double]] {
    var rows = jacobian(whole, data, q: q, link: seam, in: .local)
    for name in upper.model.jointNames {
      for k in whole.coordinates(of: "upper " + name)?.velocities ?? 0..<0 {
        rows.append((0..<whole.velocityCount).map { $0 == k ? 1 : 0 })
      }
    }
    return rows
  }

  func upperAcceleration(_ q: [Double], _ v: [Double], _ a: [Double]) -> [Double] {
    let drift = times(jacobianRate(whole, data, q: q, v: v, link: seam, in: .local), v)
    let straight = times(upperMap(q), a)
    return straight.indices.map { straight[$0] + ($0 < 6 ? drift[$0] : 0) }
  }

  func state() -> (q: [Double], v: [Double], a: [Double]) {
    var random = RandomState(whole, seed: 7)
    return (random.position(), random.velocity(2), random.velocity(5))
  }
}

private func times(_ matrix: [[Double]], _ v: [Double]) -> [Double] {
  matrix.map { row in zip(row, v).map(*).reduce(0, +) }
}

/// S^T M S.
private func projected(_ matrix: [[Double]], _ s: [[Double]], columns: Int) -> [Double] {
  var result = [Double](repeating: 0, count: columns * columns)
  for (i, row) in matrix.enumerated() {
    for (j, value) in row.enumerated() {
      for a in 0..<columns where s[i][a] != 0 {
        for b in 0..<columns { result[a * columns + b] += s[i][a] * value * s[j][b] }
      }
    }
  }
  return result
}

@Suite("Composition of models") struct CompositionTests {
  @Test("Energies, momentum and centre of mass add up", arguments: compositions)
  fileprivate func sums(composition: Composition) throws {
    let all = try Assembly(composition)
    let (q, v, _) = all.state()
    let (low, high) = (all.lower, all.upper)
    let (q1, v1) = (all.lowerPart(q, positions: true), all.lowerPart(v))
    let (q2, v2) = (all.upperPosition(q), times(all.upperMap(q), v))
    let kinetic =
      kineticEnergy(low.model, low.data, q: q1, v: v1) + kineticEnergy(high.model, high.data, q: q2, v: v2)
    #expect(relativeError([kineticEnergy(all.whole, all.data, q: q, v: v)], [kinetic]) < 1e-12)
    let potential =
      potentialEnergy(low.model, low.data, q: q1) + potentialEnergy(high.model, high.data, q: q2)
    #expect(relativeError([potentialEnergy(all.whole, all.data, q: q) + 100], [potential + 100]) < 1e-12)

    let (m1, m2) = (low.model.mass, high.model.mass)
    let c1 = centreOfMass(low.model, low.data, q: q1)
    let c2 = centreOfMass(high.model, high.data, q: q2)
    let c = (c1 * m1 + c2 * m2) * (1 / (m1 + m2))
    let found = centreOfMass(all.whole, all.data, q: q)
    #expect(relativeError([found.x, found.y, found.z], [c.x, c.y, c.z]) < 1e-12)

    // About the common centre of mass.
    var expected = [Double](repeating: 0, count: 6)
    let parts = [
      (times(centroidalMomentumMap(low.model, low.data, q: q1), v1), c1),
      (times(centroidalMomentumMap(high.model, high.data, q: q2), v2), c2),
    ]
    for (momentum, centre) in parts {
      let p = Vector3(x: momentum[3], y: momentum[4], z: momentum[5])
      let shift = (centre - c).cross(p)
      let moved = [shift.x, shift.y, shift.z, 0, 0, 0]
      expected = expected.indices.map { expected[$0] + momentum[$0] + moved[$0] }
    }
    let momentum = times(centroidalMomentumMap(all.whole, all.data, q: q), v)
    #expect(relativeError(momentum, expected) < 1e-12)
  }

  @Test("The mass matrix and gravity are those of the parts", arguments: compositions)
  fileprivate func projections(composition: Composition) throws {
    let all = try Assembly(composition)
    let q = all.state().q
    let (low, high) = (all.lower, all.upper)
    let order = all.whole.velocityCount
    let s2 = all.upperMap(q)
    // Of the lower part, each row picks one velocity.
    let numbers = all.lowerPart((0..<order).map(Double.init))
    let s1 = numbers.map { k in (0..<order).map { Double($0) == k ? 1.0 : 0 } }
    let (q1, q2) = (all.lowerPart(q, positions: true), all.upperPosition(q))
    let m1 = projected(massMatrix(low.model, low.data, q: q1), s1, columns: order)
    let m2 = projected(massMatrix(high.model, high.data, q: q2), s2, columns: order)
    let found = massMatrix(all.whole, all.data, q: q).flatMap { $0 }
    #expect(relativeError(found, zip(m1, m2).map(+)) < 1e-12)

    let g1 = gravity(low.model, low.data, q: q1)
    let g2 = gravity(high.model, high.data, q: q2)
    let expected = (0..<order).map { j in
      zip(s1, g1).map { $0[j] * $1 }.reduce(0, +) + zip(s2, g2).map { $0[j] * $1 }.reduce(0, +)
    }
    #expect(relativeError(gravity(all.whole, all.data, q: q), expected) < 1e-12)
  }

  @Test("What the parts exchange is the wrench at the seam", arguments: compositions)
  fileprivate func interface(composition: Composition) throws {
    let all = try Assembly(composition)
    let (q, v, a) = all.state()
    let (low, high) = (all.lower, all.upper)
    let tau = inverseDynamics(all.whole, all.data, q: q, v: v, a: a)
    let upper = inverseDynamics(
      high.model, high.data, q: all.upperPosition(q), v: times(all.upperMap(q), v),
      a: all.upperAcceleration(q, v, a))
    let upperTau = all.joints(high.model, tau, prefix: "upper ", positions: false)
    #expect(relativeError(Array(upper[6...]), upperTau) < 1e-11)

    // The reaction acts on the seam's parent, at the parent's origin along its axes.
    let poses = forwardKinematics(all.whole, all.data, q: q)
    let parent = low.model.linkNames.count - 1
    let turn = poses[parent].rotation.transposed * poses[all.seam].rotation
    let arm = poses[parent].rotation.transposedTimes(poses[all.seam].translation - poses[parent].translation)
    let force = turn * Vector3(x: upper[3], y: upper[4], z: upper[5])
    let moment = turn * Vector3(x: upper[0], y: upper[1], z: upper[2]) + arm.cross(force)
    var wrenches = low.model.linkNames.map { _ in [Double](repeating: 0, count: 6) }
    wrenches[parent] = [-moment.x, -moment.y, -moment.z, -force.x, -force.y, -force.z]
    let lower = inverseDynamics(
      low.model, low.data, q: all.lowerPart(q, positions: true), v: all.lowerPart(v), a: all.lowerPart(a),
      wrenches: wrenches)
    #expect(relativeError(lower, all.lowerPart(tau)) < 1e-11)

    // What the seam's own coordinates feel of it; a floating seam all of it.
    guard let range = all.whole.coordinates(of: "seam")?.velocities else { return }
    let axis = all.joint.axis * (1 / all.joint.axis.squaredLength.squareRoot())
    let (n, f) = (
      Vector3(x: upper[0], y: upper[1], z: upper[2]), Vector3(x: upper[3], y: upper[4], z: upper[5])
    )
    switch composition.joint {
    case .floating: #expect(relativeError(Array(tau[range]), Array(upper[..<6])) < 1e-11)
    case .planar:
      #expect(relativeError([tau[range.lowerBound]], [axis.dot(n)]) < 1e-10)
      let across = f - axis * axis.dot(f)
      let felt = tau[range.lowerBound + 1] * tau[range.lowerBound + 1]
      #expect(
        relativeError(
          [felt + tau[range.lowerBound + 2] * tau[range.lowerBound + 2]], [across.squaredLength]) < 1e-10)
    default:
      let along = composition.joint == .prismatic ? axis.dot(f) : axis.dot(n)
      #expect(relativeError(Array(tau[range]), [along]) < 1e-10)
    }
  }
}
