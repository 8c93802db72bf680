import RigidBody
import Testing

@Suite("Planar and floating joints") struct FreeJointTests {
  /// The same robot twice: its base floats, or a floating joint carries it on a world that has another child.
  private func twins(_ seed: UInt64, mimics: Int) throws -> (base: RandomModel, joint: Model) {
    let base = try RandomModel(seed: seed, joints: 8, base: .floating, mimics: mimics, free: 1)
    let world = [LinkDescription(name: "world"), LinkDescription(name: "marker")]
    let joints = [
      JointDescription(name: "mark", kind: .fixed, parent: "world", child: "marker"),
      JointDescription(name: "free", kind: .floating, parent: "world", child: "link0"),
    ]
    return (
      base, try Model(name: "twin", links: base.links + world, joints: joints + base.joints, base: .fixed)
    )
  }

  @Test("A floating joint on the world is a floating base", arguments: [UInt64(101), 102, 103], [0, 2])
  func likeTheBase(seed: UInt64, mimics: Int) throws {
    var (random, twin) = try twins(seed, mimics: mimics)
    let (model, data, other) = (random.model, random.data, ModelData(twin))
    #expect(twin.velocityCount == model.velocityCount && twin.positionCount == model.positionCount)
    let place = twin.coordinates(of: "free")
    #expect(place?.positions == 0..<7 && place?.velocities == 0..<6)
    for _ in 0..<10 {
      let (q, v, a) = (random.position(), random.velocity(), random.velocity(10))
      func same(_ what: String, _ tolerance: Double = 1e-12, _ f: (Model, ModelData) -> [Double]) {
        #expect(relativeError(f(model, data), f(twin, other)) < tolerance, "\(what)")
      }
      same("kinematics") { m, d in
        forwardKinematics(m, d, q: q).prefix(9).flatMap {
          [$0.translation.x, $0.translation.y, $0.rotation.xy]
        }
      }
      same("gravity") { gravity($0, $1, q: q) }
      same("bias") { bias($0, $1, q: q, v: v) }
      same("inverse dynamics") { inverseDynamics($0, $1, q: q, v: v, a: a) }
      same("forward dynamics", 1e-10) { forwardDynamics($0, $1, q: q, v: v, tau: a) }
      same("mass matrix") { massMatrix($0, $1, q: q).flatMap { $0 } }
      same("Coriolis matrix") { coriolisMatrix($0, $1, q: q, v: v).flatMap { $0 } }
      same("Jacobian") { jacobian($0, $1, q: q, link: 5, in: .local).flatMap { $0 } }
      same("its rate") { jacobianRate($0, $1, q: q, v: v, link: 5, in: .local).flatMap { $0 } }
      same("momentum") { centroidalMomentumMap($0, $1, q: q).flatMap { $0 } }
      same("motion") { m, _ in integrate(m, q: q, v: v, duration: 0.7) }
      same("by position") { inverseDynamicsDerivatives($0, $1, q: q, v: v, a: a).byPosition.flatMap { $0 } }
      same("by velocity") { inverseDynamicsDerivatives($0, $1, q: q, v: v, a: a).byVelocity.flatMap { $0 } }
      same("forward by position", 1e-10) {
        forwardDynamicsDerivatives($0, $1, q: q, v: v, tau: a).byPosition.flatMap { $0 }
      }
    }
  }

  /// Two sliding joints and a turning one have velocities along resting axes, a planar joint along moving ones.
  @Test("A planar joint is two rails and a hinge", arguments: [UInt64(111), 112, 113])
  func likeRails(seed: UInt64) throws {
    var g = SeededGenerator(seed: seed)
    let random = try RandomModel(seed: seed, joints: 4, base: .fixed)
    let origin = RigidTransform(rotation: g.rotation(), translation: g.vector())
    func tree(_ joints: [JointDescription]) throws -> Model {
      let extra = ["stand", "x", "y"].map { LinkDescription(name: $0) }
      let names = Set(joints.flatMap { [$0.parent, $0.child] })
      return try Model(
        name: "cart", links: extra.filter { names.contains($0.name) } + random.links,
        joints: joints + random.joints, base: .fixed)
    }
    func rail(_ name: String, _ kind: JointKind, _ parent: String, _ child: String, _ axis: Vector3)
      -> JointDescription
    {
      JointDescription(
        name: name, kind: kind, parent: parent, child: child, origin: parent == "stand" ? origin : .identity,
        axis: axis)
    }
    let z = Vector3(x: 0, y: 0, z: 1)
    let planar = try tree([rail("plane", .planar, "stand", "link0", z)])
    let rails = try tree([
      rail("rail", .prismatic, "stand", "x", Vector3(x: 1, y: 0, z: 0)),
      rail("cross", .prismatic, "x", "y", Vector3(x: 0, y: 1, z: 0)),
      rail("hinge", .continuous, "y", "link0", z),
    ])
    let (one, two) = (ModelData(planar), ModelData(rails))
    for _ in 0..<10 {
      let q = g.reals(planar.positionCount, 3)
      let v = g.reals(planar.velocityCount, 2)
      let turn = SineCosine(of: q[2])
      var w = v
      w[0] = turn.cosine * v[1] - turn.sine * v[2]
      w[1] = turn.sine * v[1] + turn.cosine * v[2]
      w[2] = v[0]
      let energy = kineticEnergy(planar, one, q: q, v: v)
      #expect(relativeError([energy], [kineticEnergy(rails, two, q: q, v: w)]) < 1e-13)
      let still = [Double](repeating: 0, count: v.count)
      let a = forwardDynamics(planar, one, q: q, v: v, tau: still)
      let b = forwardDynamics(rails, two, q: q, v: w, tau: still)
      // d/dt of v along moving axes is less by their turning.
      let (x, y) = (a[1] - v[0] * v[2], a[2] + v[0] * v[1])
      let expected = [turn.cosine * x - turn.sine * y, turn.sine * x + turn.cosine * y, a[0]] + a[3...]
      #expect(relativeError(expected, b) < 1e-10)
    }
  }

  @Test("A plane across any axis is the plane of a turned joint", arguments: [UInt64(121), 122, 123, 124])
  func anyNormal(seed: UInt64) throws {
    var g = SeededGenerator(seed: seed)
    let random = try RandomModel(seed: seed, joints: 3, base: .floating)
    let place = RigidTransform(rotation: g.rotation(), translation: g.vector())
    let axis = g.vector()
    let link = LinkDescription(
      name: "puck",
      inertia: SpatialInertia(
        mass: 2, centreOfMass: g.vector(0.1),
        rotational: SymmetricMatrix3(xx: 0.3, xy: 0.02, xz: 0.01, yy: 0.4, yz: 0.03, zz: 0.5)))
    func tree(_ joints: [JointDescription], _ links: [LinkDescription]) throws -> Model {
      try Model(
        name: "puck", links: random.links + [link] + links, joints: random.joints + joints, base: .floating)
    }
    let skewed = try tree(
      [
        JointDescription(
          name: "plane", kind: .planar, parent: "link1", child: "puck", origin: place, axis: axis)
      ], [])
    // The plane's axes, seen by where the puck goes.
    let probe = ModelData(skewed)
    func goes(_ x: Double, _ y: Double) -> Vector3 {
      var q = skewed.zeroPosition
      guard let range = skewed.coordinates(of: "plane")?.positions else { return .zero }
      q.replaceSubrange(range, with: [x, y, 0])
      let poses = forwardKinematics(skewed, probe, q: q)
      guard let puck = skewed.linkIndex(of: "puck"), let parent = skewed.linkIndex(of: "link1") else {
        return .zero
      }
      let inParent = poses[parent].rotation.transposedTimes(
        poses[puck].translation - poses[parent].translation)
      return place.rotation.transposedTimes(inParent - place.translation)
    }
    let (x, y) = (goes(1, 0), goes(0, 1))
    let turn = Matrix3(columns: x, y, x.cross(y))
    #expect(abs(x.cross(y).dot(axis) - axis.squaredLength.squareRoot()) < 1e-12)
    let turned = RigidTransform(rotation: place.rotation * turn, translation: place.translation)
    let straight = try tree(
      [
        JointDescription(
          name: "plane", kind: .planar, parent: "link1", child: "disc", origin: turned,
          axis: Vector3(x: 0, y: 0, z: 3)),
        JointDescription(
          name: "weld", kind: .fixed, parent: "disc", child: "puck",
          origin: RigidTransform(rotation: turn.transposed, translation: .zero)),
      ], [LinkDescription(name: "disc")])
    let other = ModelData(straight)
    var state = RandomState(skewed, seed: seed)
    let (q, v, a) = (state.position(), state.velocity(2), state.velocity(5))
    let tau = inverseDynamics(skewed, probe, q: q, v: v, a: a)
    #expect(relativeError(tau, inverseDynamics(straight, other, q: q, v: v, a: a)) < 1e-12)
    let pose = { (m: Model, d: ModelData) in forwardKinematics(m, d, q: q)[random.links.count] }
    let (p, r) = (pose(skewed, probe), pose(straight, other))
    #expect(relativeError([p.translation.x, p.rotation.xy], [r.translation.x, r.rotation.xy]) < 1e-12)
  }

  @Test("No posture of a floating joint is singular: a full turn about any axis")
  func fullTurn() throws {
    var (random, twin) = try twins(131, mimics: 0)
    let data = ModelData(twin)
    let axis = random.generator.vector()
    for step in 0..<64 {
      let half = SineCosine(of: Double(step) / 64 * 3.15)
      let u = axis * (half.sine / axis.squaredLength.squareRoot())
      var q = twin.zeroPosition
      q.replaceSubrange(3..<7, with: [half.cosine, u.x, u.y, u.z])
      let a = random.velocity(5)
      let v = random.velocity()
      let tau = inverseDynamics(twin, data, q: q, v: v, a: a)
      #expect(relativeError(forwardDynamics(twin, data, q: q, v: v, tau: tau), a) < 1e-9)
    }
  }

  @Test(
    "A point mass cannot be turned, so it may slide but not float", arguments: [JointKind.floating, .planar])
  func pointMass(kind: JointKind) {
    let mass = LinkDescription(
      name: "b",
      inertia: SpatialInertia(
        mass: 1, centreOfMass: Vector3(x: 0.3, y: 0.1, z: 0.2), rotational: SymmetricMatrix3(diagonal: 0)))
    let joint = JointDescription(name: "j", kind: kind, parent: "a", child: "b")
    let solid = SpatialInertia(
      mass: 1, centreOfMass: .zero, rotational: SymmetricMatrix3(diagonal: 0.01))
    for inertia in [mass.inertia, nil] {
      let problems = Model.problems(
        links: [LinkDescription(name: "a", inertia: solid), LinkDescription(name: "b", inertia: inertia)],
        joints: [joint], base: .fixed)
      #expect(problems == [ModelError(.joint("j"), .movesNoMass)])
    }
    #expect(
      Model.problems(
        links: [LinkDescription(name: "a", inertia: solid), LinkDescription(name: "b", inertia: solid)],
        joints: [joint], base: .fixed
      ).isEmpty)
  }
}
