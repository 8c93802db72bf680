import RigidBody
import Testing

private let trees: [RandomTree] = [
  RandomTree(61, 7, .fixed), RandomTree(62, 12, .floating), RandomTree(63, 10, .fixed, mimics: 2),
  RandomTree(64, 10, .floating, mimics: 3), RandomTree(65, 34, .floating),
  RandomTree(66, 9, .fixed, free: 3), RandomTree(67, 14, .floating, mimics: 2, free: 4),
  RandomTree(68, 12, .floating, free: 6), RandomTree(69, 1, .fixed, free: 1),
]

private func times(_ matrix: [[Double]], _ v: [Double]) -> [Double] {
  matrix.map { row in zip(row, v).map(*).reduce(0, +) }
}

private func transposedTimes(_ matrix: [[Double]], _ v: [Double], columns: Int) -> [Double] {
  (0..<columns).map { j in zip(matrix, v).map { $0[j] * $1 }.reduce(0, +) }
}

@Suite("Properties of derived quantities") struct AlgorithmPropertyTests {
  @Test("M times its inverse is the identity, and solving is multiplying", arguments: trees)
  func inverse(tree: RandomTree) throws {
    var random = try RandomModel(tree)
    let (model, data) = (random.model, random.data)
    for _ in 0..<5 {
      let (q, b) = (random.position(), random.velocity())
      let inverse = inverseMassMatrix(model, data, q: q)
      let matrix = massMatrix(model, data, q: q)
      let solved = inverseMassProduct(model, data, q: q, b)
      #expect(relativeError(times(inverse, b), solved) < 1e-11)
      // A residual rounds with the terms that cancel in it.
      let residual = zip(times(matrix, solved), b).map { abs($0 - $1) }
      let terms = times(matrix.map { $0.map(abs) }, solved.map(abs))
      #expect(zip(residual, terms).allSatisfy { $0 < 1e-13 * $1 })
    }
  }

  @Test("J v in every frame, and its rate by differences", arguments: trees, VelocityFrame.allCases)
  func jacobians(tree: RandomTree, frame: VelocityFrame) throws {
    var random = try RandomModel(tree)
    let (model, data) = (random.model, random.data)
    let (q, v) = (random.position(), random.velocity())
    let step = 1e-6
    for link in [0, model.linkNames.count / 2, model.linkNames.count - 1] {
      let rate = jacobianRate(model, data, q: q, v: v, link: link, in: frame)
      let after = integrate(model, q: q, v: v, duration: step)
      let before = integrate(model, q: q, v: v, duration: -step)
      let change = zip(
        jacobian(model, data, q: after, link: link, in: frame).flatMap { $0 },
        jacobian(model, data, q: before, link: link, in: frame).flatMap { $0 }
      ).map { ($0 - $1) / (2 * step) }
      // A link near the base has a constant Jacobian; one more entry of 1 keeps the scale.
      #expect(relativeError(rate.flatMap { $0 } + [1], change + [1]) < 1e-7)
      // From the frame's own axes to the world's.
      let pose = forwardKinematics(model, data, q: q)[link]
      let local = times(jacobian(model, data, q: q, link: link, in: .local), v)
      let spin = pose.rotation * Vector3(x: local[0], y: local[1], z: local[2])
      let speed = pose.rotation * Vector3(x: local[3], y: local[4], z: local[5])
      let there = frame == .world ? speed - spin.cross(pose.translation) : speed
      if frame != .local {
        let found = times(jacobian(model, data, q: q, link: link, in: frame), v)
        #expect(relativeError(found, [spin.x, spin.y, spin.z, there.x, there.y, there.z]) < 1e-12)
      }
    }
  }

  @Test("The velocity of the centre of mass, and momentum that only gravity changes", arguments: trees)
  func momentum(tree: RandomTree) throws {
    var random = try RandomModel(tree)
    let (model, data) = (random.model, random.data)
    let (q, v) = (random.position(), random.velocity())
    let step = 1e-5
    func move(_ time: Double) -> [Double] { integrate(model, q: q, v: v, duration: time) }
    let change =
      (centreOfMass(model, data, q: move(step)) - centreOfMass(model, data, q: move(-step))) * (0.5 / step)
    let velocity = times(centreOfMassJacobian(model, data, q: q), v)
    #expect(relativeError(velocity, [change.x, change.y, change.z]) < 1e-8)
    let momentum = times(centroidalMomentumMap(model, data, q: q), v)
    #expect(relativeError(Array(momentum[3...]), velocity.map { $0 * model.mass }) < 1e-12)

    guard tree.base == .floating else { return }
    let free = [Double](repeating: 0, count: model.velocityCount)
    let a = forwardDynamics(model, data, q: q, v: v, tau: free)
    func momentumOf(_ time: Double) -> [Double] {
      let mean = zip(v, a).map { $0 + 0.5 * time * $1 }
      let moved = integrate(model, q: q, v: mean, duration: time)
      return times(centroidalMomentumMap(model, data, q: moved), zip(v, a).map { $0 + time * $1 })
    }
    let rate = zip(momentumOf(step), momentumOf(-step)).map { ($0 - $1) / (2 * step) }
    #expect(relativeError(rate, [0, 0, 0, 0, 0, -9.81 * model.mass]) < 1e-6)
  }

  @Test("The regressor times the parameters, and armatures, is inverse dynamics", arguments: trees)
  func regressor(tree: RandomTree) throws {
    var random = try RandomModel(tree)
    let (model, data) = (random.model, random.data)
    let (q, v, a) = (random.position(), random.velocity(), random.velocity(5))
    let parameters = random.links.flatMap { link in
      guard let inertia = link.inertia else { return [Double](repeating: 0, count: 10) }
      let (h, i) = (inertia.firstMoment, inertia.rotationalAboutOrigin)
      return [inertia.mass, h.x, h.y, h.z, i.xx, i.xy, i.yy, i.xz, i.yz, i.zz]
    }
    var tau = times(RigidBody.regressor(model, data, q: q, v: v, a: a), parameters)
    for joint in random.joints where joint.kind.hasOneCoordinate {
      let multiplier = joint.mimic?.multiplier ?? 1
      let source = joint.mimic?.joint ?? joint.name
      guard let k = model.coordinates(of: source)?.velocities.lowerBound else { continue }
      tau[k] += joint.armature * multiplier * multiplier * a[k]
    }
    #expect(relativeError(tau, inverseDynamics(model, data, q: q, v: v, a: a)) < 1e-12)
  }

  @Test("Wrenches on links are felt through the Jacobians", arguments: trees)
  func wrenches(tree: RandomTree) throws {
    var random = try RandomModel(tree)
    let (model, data) = (random.model, random.data)
    let (q, v, tau) = (random.position(), random.velocity(), random.velocity(5))
    let wrenches = model.linkNames.map { _ in random.generator.reals(6, 3) }
    let a = forwardDynamics(model, data, q: q, v: v, tau: tau, wrenches: wrenches)
    let back = RigidBody.inverseDynamics(model, data, q: q, v: v, a: a, wrenches: wrenches)
    #expect(relativeError(back, tau) < 1e-9)
    var expected = tau
    for (link, wrench) in wrenches.enumerated() {
      let felt = transposedTimes(
        jacobian(model, data, q: q, link: link, in: .local), wrench, columns: model.velocityCount)
      expected = zip(expected, felt).map(+)
    }
    #expect(relativeError(inverseDynamics(model, data, q: q, v: v, a: a), expected) < 1e-9)
  }
}
