import LaneMath
import Testing

@testable import RigidBody

@Suite struct OperationalSpaceTests {
  /// A chain of random joints from the base of a tree, and the space of its last link.
  private static func chain(_ seed: UInt64) throws -> (Model, String, [String]) {
    var random = SeededGenerator(seed: seed)
    let count = 6 + Int(seed % 3)
    var links = [LinkDescription(name: "base")]
    var joints: [JointDescription] = []
    for index in 0..<count {
      links.append(
        LinkDescription(
          name: "l\(index)",
          inertia: SpatialInertia(
            mass: random.real(0.5, 4), centreOfMass: random.vector(0.1),
            rotational: SymmetricMatrix3(diagonal: 0.02))))
      joints.append(
        JointDescription(
          name: "j\(index)", kind: random.next() % 6 == 0 ? .prismatic : .continuous,
          parent: index == 0 ? "base" : "l\(index - 1)", child: "l\(index)",
          origin: RigidTransform(rotation: random.rotation(), translation: random.vector(0.3)),
          axis: random.vector(), armature: random.real(0, 0.2)))
    }
    return (
      try Model(name: "chain", links: links, joints: joints, base: .fixed), "l\(count - 1)",
      joints.map(\.name)
    )
  }

  /// The six numbers of a moment or turn and a force or motion.
  private func six(_ a: Vector3, _ b: Vector3) -> [Double] { [a.x, a.y, a.z, b.x, b.y, b.z] }

  @Test(arguments: UInt64(1)...40) func dampingIsTheSquareRootOfStiffness(seed: UInt64) throws {
    let (model, link, names) = try Self.chain(seed)
    var random = SeededGenerator(seed: seed &+ 99)
    let data = ModelData(model)
    let (m, w) = (model.kernel, data.workspace)
    let frame = RigidTransform(rotation: random.rotation(), translation: random.vector(0.2))
    var space = try OperationalSpace(
      model, link: #require(model.linkIndex(of: link)), linkFromFrame: frame, joints: names)
    let q = random.reals(model.positionCount, 2)
    space.singularValueBound = 0
    let translation = Vector3(x: random.real(50, 3000), y: random.real(50, 3000), z: random.real(50, 3000))
    let rotation = Vector3(x: random.real(1, 90), y: random.real(1, 90), z: random.real(1, 90))
    let axes = random.rotation()
    let ratio = random.real(0.2, 1.2)
    // M^-1 J^T of a wrench: velocities under which the frame moves as A times the wrench.
    func velocities(_ moment: Vector3, _ force: Vector3) -> [Double] {
      var torques = [Double](repeating: 0, count: model.velocityCount)
      space.torques(moment: moment, force: force, into: &torques)
      var v = torques
      inverseMassProduct(m, w, q: q, torques, into: &v)
      return v
    }
    space.update(m, w, q: q, v: [Double](repeating: 0, count: q.count))
    let first = velocities(random.vector(0.3), random.vector(1))
    space.update(m, w, q: q, v: first)
    let (turning, sliding) = (space.angularVelocity, space.linearVelocity)
    space.setDamping(translation: translation, rotation: rotation, axes: axes, ModalDamping(ratio: ratio))
    let once = space.dampingWrench()
    space.update(m, w, q: q, v: velocities(once.moment, once.force))
    space.setDamping(translation: translation, rotation: rotation, axes: axes, ModalDamping(ratio: ratio))
    let twice = space.dampingWrench()
    // D A D = 4 z^2 K, whatever the way to D was.
    func stiff(_ k: Vector3, _ x: Vector3) -> Vector3 {
      let local = axes.transposedTimes(x)
      return axes * Vector3(x: k.x * local.x, y: k.y * local.y, z: k.z * local.z)
    }
    let found = six(twice.moment, twice.force)
    let wanted = six(
      stiff(rotation, turning) * (4 * ratio * ratio), stiff(translation, sliding) * (4 * ratio * ratio))
    let size = wanted.map { abs($0) }.max() ?? 1
    for i in 0..<6 { #expect(abs(found[i] - wanted[i]) < 1e-7 * size, "\(found) \(wanted)") }
  }

  @Test(arguments: UInt64(1)...40) func whatIsProjectedTheFrameDoesNotFeel(seed: UInt64) throws {
    let (model, link, names) = try Self.chain(seed)
    var random = SeededGenerator(seed: seed &+ 7)
    let data = ModelData(model)
    let (m, w) = (model.kernel, data.workspace)
    var space = try OperationalSpace(model, link: #require(model.linkIndex(of: link)), joints: names)
    space.singularValueBound = 0
    let q = random.reals(model.positionCount, 2)
    space.update(m, w, q: q, v: [Double](repeating: 0, count: q.count))
    var torque = random.reals(q.count, 10)
    space.projectTorque(&torque)
    var acceleration = torque
    inverseMassProduct(m, w, q: q, torque, into: &acceleration)
    space.update(m, w, q: q, v: acceleration)
    for number in six(space.angularVelocity, space.linearVelocity) { #expect(abs(number) < 1e-7) }
    // M N is symmetric, and never takes energy out of a motion that it damps.
    let (a, b) = (random.reals(q.count), random.reals(q.count))
    var (left, right) = (a, b)
    space.projectMomentum(&left)
    space.projectMomentum(&right)
    let (ab, ba) = (zip(left, b).reduce(0) { $0 + $1.0 * $1.1 }, zip(right, a).reduce(0) { $0 + $1.0 * $1.1 })
    #expect(abs(ab - ba) < 1e-9 && zip(left, a).reduce(0) { $0 + $1.0 * $1.1 } > -1e-9)
  }

  @Test func eigenvaluesAreThoseOfTheMatrix() {
    var random = SeededGenerator(seed: 5)
    for round in 0..<200 {
      var a = [Double](repeating: 0, count: 36)
      for i in 0..<6 {
        for k in 0...i {
          a[6 * i + k] = round % 10 == 0 ? Double(Int(random.real(-2, 2))) : random.real(-1, 1)
          a[6 * k + i] = a[6 * i + k]
        }
      }
      var (values, vectors) = (a, a)
      diagonalise(&values, vectors: &vectors, order: 6)
      for i in 0..<6 {
        for k in 0..<6 {
          var (product, orthogonal) = (0.0, 0.0)
          for j in 0..<6 {
            product += vectors[6 * i + j] * values[7 * j] * vectors[6 * k + j]
            orthogonal += vectors[6 * j + i] * vectors[6 * j + k]
          }
          #expect(abs(product - a[6 * i + k]) < 1e-13 && abs(orthogonal - (i == k ? 1 : 0)) < 1e-13)
        }
      }
    }
  }

  @Test func modalDampingIsTheWantedRatio() {
    // Exact roots of s^2 + (d s + w^2) e^(-s t) = 0 by Newton from those without delay.
    for ratio in [0.2, 0.5, 0.7, 0.9] {
      for late in [0.01, 0.03, 0.06, 0.1] {
        let rule = ModalDamping(ratio: ratio, delay: late)
        let found = DelayedOscillator(square: 1, damping: rule.damping(ofSquare: 1), delay: late).ratio
        #expect(abs(found / ratio - 1) < 0.01, "\(found) instead of \(ratio) at \(late)")
      }
    }
    #expect(abs(ModalDamping(ratio: 0.7).damping(ofSquare: 100) - 14) < 1e-12)
    #expect(ModalDamping(ratio: 0.7, least: 3).damping(ofSquare: 1) == 3)
  }

  @Test func chainsThatCannotMoveAreRefused() throws {
    let (model, link, names) = try Self.chain(3)
    let index = try #require(model.linkIndex(of: link))
    #expect(throws: ChainError.unknownJoint("j99")) {
      _ = try OperationalSpace(model, link: index, joints: names + ["j99"])
    }
    #expect(throws: ChainError.movesNothing(joint: "j3", link: "l2")) {
      _ = try OperationalSpace(model, link: model.linkIndex(of: "l2") ?? 0, joints: names)
    }
    #expect(throws: ChainError.jointCount(17)) {
      _ = try OperationalSpace(model, link: index, joints: [String](repeating: "j0", count: 17))
    }
  }
}

/// s^2 + (d s + w^2) e^(-s t) = 0: the root that is nearest to the oscillator without delay.
private struct DelayedOscillator {
  /// Damping ratio of the root.
  let ratio: Double

  init(square: Double, damping: Double, delay: Double) {
    var (x, y) = (-0.5 * damping, max(square - 0.25 * damping * damping, 0.01).squareRoot())
    for _ in 0..<50 {
      // e^(-s t), f, f'.
      let (size, turn) = (DelayedOscillator.exponential(-x * delay), SineCosine(of: -y * delay))
      let (ex, ey) = (size * turn.cosine, size * turn.sine)
      let (ax, ay) = (damping * x + square, damping * y)
      let (gx, gy) = (ax * ex - ay * ey, ax * ey + ay * ex)
      let (fx, fy) = (x * x - y * y + gx, 2 * x * y + gy)
      let (dx, dy) = (2 * x + damping * ex - delay * gx, 2 * y + damping * ey - delay * gy)
      let norm = dx * dx + dy * dy
      (x, y) = (x - (fx * dx + fy * dy) / norm, y - (fy * dx - fx * dy) / norm)
    }
    ratio = -x / (x * x + y * y).squareRoot()
  }

  private static func exponential(_ x: Double) -> Double {
    var (sum, term) = (1.0, 1.0)
    for n in 1..<30 {
      term *= x / Double(n)
      sum += term
    }
    return sum
  }
}
