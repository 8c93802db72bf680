import RigidBody

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func real(_ low: Double, _ high: Double) -> Double { Double.random(in: low...high, using: &self) }

  mutating func reals(_ count: Int, _ bound: Double = 1) -> [Double] {
    (0..<count).map { _ in real(-bound, bound) }
  }

  mutating func vector(_ bound: Double = 1) -> Vector3 {
    Vector3(x: real(-bound, bound), y: real(-bound, bound), z: real(-bound, bound))
  }

  mutating func rotation() -> Matrix3 {
    Quaternion(w: real(0.1, 1), x: real(-1, 1), y: real(-1, 1), z: real(-1, 1)).normalized.rotation
  }
}

/// What a random tree is made of: one argument of a test.
struct RandomTree: Sendable {
  var seed: UInt64
  var joints: Int
  var base: Base
  /// Joints that follow others.
  var mimics: Int
  /// Joints that are planar and floating, by turns.
  var free: Int

  init(_ seed: UInt64, _ joints: Int, _ base: Base, mimics: Int = 0, free: Int = 0) {
    self.seed = seed
    self.joints = joints
    self.base = base
    self.mimics = mimics
    self.free = free
  }
}

/// A model with everything a test wants to draw at random for it.
struct RandomModel {
  let model: Model
  let data: ModelData
  let links: [LinkDescription]
  let joints: [JointDescription]
  var generator: SeededGenerator

  /// A random tree; a third of the joints prismatic, skewed and coordinate axes, fixed joints between,
  /// armatures on some, `mimics` joints following others, `free` ones planar and floating.
  init(
    seed: UInt64, joints count: Int, base: Base, mimics: Int = 0, free: Int = 0, laneWidth: LaneWidth? = nil
  ) throws(ModelError) {
    var g = SeededGenerator(seed: seed)
    var links = [LinkDescription(name: "link0", inertia: Self.inertia(&g))]
    var joints: [JointDescription] = []
    let axes = [
      Vector3(x: 1, y: 0, z: 0), Vector3(x: 0, y: -1, z: 0), Vector3(x: 0, y: 0, z: 2),
      Vector3(x: -1, y: 0, z: 0), Vector3(x: 0, y: 1, z: 0), Vector3(x: 0, y: 0, z: -1),
    ]
    for i in 1...count {
      let parent = Int.random(in: max(0, i - 4)..<i, using: &g)
      let kinds: [JointKind] = [.revolute, .continuous, .prismatic]
      let kind = kinds[Int.random(in: 0..<3, using: &g)]
      let skewed = Bool.random(using: &g)
      let origin = RigidTransform(rotation: g.rotation(), translation: g.vector(0.4))
      joints.append(
        JointDescription(
          name: "joint\(i)", kind: kind, parent: "link\(parent)", child: "link\(i)", origin: origin,
          axis: skewed ? g.vector() : axes[Int.random(in: 0..<6, using: &g)],
          armature: Bool.random(using: &g) ? g.real(0, 0.2) : 0))
      links.append(LinkDescription(name: "link\(i)", inertia: Self.inertia(&g)))
      links.append(LinkDescription(name: "tool\(i)", inertia: i % 3 == 0 ? Self.inertia(&g) : nil))
      joints.append(
        JointDescription(
          name: "fixed\(i)", kind: .fixed, parent: "link\(i)", child: "tool\(i)",
          origin: RigidTransform(rotation: g.rotation(), translation: g.vector(0.2))))
    }
    let moving = joints.indices.filter { joints[$0].kind != .fixed }
    for i in 0..<mimics {
      joints[moving[2 * i]].mimic = Mimic(
        joint: joints[moving[2 * i + 1]].name, multiplier: g.real(-1.5, 1.5), offset: g.real(-0.3, 0.3))
    }
    for i in 0..<free {
      let joint = moving[2 * mimics + 2 * i]
      joints[joint].kind = i % 2 == 0 ? .floating : .planar
      joints[joint].armature = 0
    }
    model = try Model(name: "random\(seed)", links: links, joints: joints, base: base, laneWidth: laneWidth)
    data = ModelData(model)
    self.links = links
    self.joints = joints
    generator = g
  }

  init(_ tree: RandomTree, laneWidth: LaneWidth? = nil) throws(ModelError) {
    try self.init(
      seed: tree.seed, joints: tree.joints, base: tree.base, mimics: tree.mimics, free: tree.free,
      laneWidth: laneWidth)
  }

  private static func inertia(_ g: inout SeededGenerator) -> SpatialInertia {
    // Moments of a cuboid: any such triple satisfies the triangle inequality.
    let mass = g.real(0.2, 3)
    let (a, b, c) = (g.real(0.01, 0.1), g.real(0.01, 0.1), g.real(0.01, 0.1))
    let diagonal = SymmetricMatrix3(
      xx: mass * (b + c), xy: 0, xz: 0, yy: mass * (a + c), yz: 0, zz: mass * (a + b))
    return SpatialInertia(
      mass: mass, centreOfMass: g.vector(0.2), rotational: diagonal.rotated(by: g.rotation()))
  }

  mutating func position() -> [Double] {
    var state = RandomState(model, generator: generator)
    defer { generator = state.generator }
    return state.position()
  }

  mutating func velocity(_ bound: Double = 2) -> [Double] { generator.reals(model.velocityCount, bound) }
}

/// Draws states of any model.
struct RandomState {
  let model: Model
  var generator: SeededGenerator

  init(_ model: Model, seed: UInt64) { self.init(model, generator: SeededGenerator(seed: seed)) }

  init(_ model: Model, generator: SeededGenerator) {
    self.model = model
    self.generator = generator
  }

  mutating func position() -> [Double] {
    var q = generator.reals(model.positionCount, 2)
    var poses = model.base == .floating ? [0] : []
    for name in model.jointNames {
      if let range = model.coordinates(of: name)?.positions, range.count == 7 {
        poses.append(range.lowerBound)
      }
    }
    for pose in poses {
      let r = generator.rotation()
      let quaternion = Quaternion(rotation: r)
      q.replaceSubrange(
        (pose + 3)..<(pose + 7), with: [quaternion.w, quaternion.x, quaternion.y, quaternion.z])
    }
    return q
  }

  mutating func velocity(_ bound: Double = 2) -> [Double] { generator.reals(model.velocityCount, bound) }
}

/// Largest difference of two lists relative to the larger norm of them.
func relativeError(_ a: [Double], _ b: [Double]) -> Double {
  precondition(a.count == b.count)
  let difference = zip(a, b).map { abs($0 - $1) }.max() ?? 0
  let norm = max(a.map(abs).max() ?? 0, b.map(abs).max() ?? 0)
  return norm == 0 ? difference : difference / norm
}
