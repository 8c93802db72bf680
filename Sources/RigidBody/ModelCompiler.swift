import CRealMath

/// Turns a checked tree into the records of the kernels.
struct ModelCompiler {
  /// The result: constants of bodies and links, and the names of the coordinates.
  struct Compiled {
    var bodies: [BodyConstants]
    var links: [LinkConstants]
    var jointNames: [String]
    /// Per body, the name of the joint that moves it; empty for the base.
    var bodyNames: [String]
    var hasMimic: Bool
  }

  private let tree: ModelTree
  private var bodies: [BodyConstants] = []
  private var links: [LinkConstants]
  /// Per body, the joint that moves it; nil for the base.
  private var bodyJoint: [Int?] = []

  /// The records of a description, or nil with at least one entry in `problems`.
  static func compile(
    links: [LinkDescription], joints: [JointDescription], base: Base, gravity: Vector3,
    requiresPhysicalInertia: Bool, problems: inout [ModelError]
  ) -> Compiled? {
    guard let tree = ModelTree(links: links, joints: joints, problems: &problems) else { return nil }
    tree.checkParts(
      base: base, gravity: gravity, requiresPhysicalInertia: requiresPhysicalInertia, problems: &problems)
    guard problems.isEmpty else { return nil }
    var compiler = ModelCompiler(tree: tree)
    compiler.placeLinks(base: base)
    let (names, hasMimic) = compiler.numberCoordinates(base: base)
    compiler.sumSubtreeMasses()
    if requiresPhysicalInertia { compiler.checkMasses(base: base, problems: &problems) }
    guard problems.isEmpty else { return nil }
    return Compiled(
      bodies: compiler.bodies, links: compiler.links, jointNames: names,
      bodyNames: compiler.bodyJoint.map { joint in joint.map { tree.joints[$0].name } ?? "" },
      hasMimic: hasMimic)
  }

  private init(tree: ModelTree) {
    self.tree = tree
    links = [LinkConstants](
      repeating: LinkConstants(bodyFromLink: .identity, body: 0), count: tree.links.count)
  }

  /// Visits the links depth-first: a fixed joint adds to the body at hand, any other opens a new one.
  private mutating func placeLinks(base: Base) {
    bodies.append(BodyConstants())
    bodyJoint.append(nil)
    var pending = [tree.root]
    while let link = pending.popLast() {
      place(link, base: base)
      for joint in tree.childJoints[link].reversed() { pending.append(tree.child(of: joint)) }
    }
  }

  private mutating func place(_ link: Int, base: Base) {
    if let index = tree.parentJoint[link], let parent = tree.linkIndex[tree.joints[index].parent] {
      let joint = tree.joints[index]
      let bodyFromJoint = links[parent].bodyFromLink * joint.origin
      switch joint.kind {
      case .fixed:
        links[link] = LinkConstants(bodyFromLink: bodyFromJoint, body: links[parent].body)
      case .floating:
        // The child is the base. A floating base's q is its pose in the world; the root is the world itself.
        if base == .floating {
          links[parent].body = -1
        } else {
          links[link] = LinkConstants(bodyFromLink: bodyFromJoint, body: 0)
        }
      case .revolute, .continuous, .prismatic:
        open(joint: index, on: links[parent].body, bodyFromJoint: bodyFromJoint, for: link)
      }
    }
    guard let inertia = tree.links[link].inertia else { return }
    let body = Int(links[link].body)
    guard body >= 0 else { return }
    let moved = inertia.moved(by: links[link].bodyFromLink)
    bodies[body].mass += moved.mass
    bodies[body].firstMoment += moved.firstMoment
    bodies[body].inertia += moved.rotationalAboutOrigin
  }

  private mutating func open(joint index: Int, on parent: Int32, bodyFromJoint: RigidTransform, for link: Int)
  {
    let joint = tree.joints[index]
    let jointFromBody = Self.frameAlong(joint.axis)
    var body = BodyConstants()
    body.rotation = bodyFromJoint.rotation * jointFromBody
    body.translation = bodyFromJoint.translation
    body.armature = joint.armature
    body.parent = parent
    body.isPrismatic = joint.kind == .prismatic
    links[link] = LinkConstants(
      bodyFromLink: RigidTransform(rotation: jointFromBody.transposed, translation: .zero),
      body: Int32(bodies.count))
    bodies.append(body)
    bodyJoint.append(index)
  }

  /// A rotation whose third column is the direction of `axis`; an exact permutation for a coordinate axis.
  private static func frameAlong(_ axis: Vector3) -> Matrix3 {
    let z = axis * (1 / real_sqrt(axis.squaredLength))
    let ex = Vector3(x: 1, y: 0, z: 0)
    let ey = Vector3(x: 0, y: 1, z: 0)
    let ez = Vector3(x: 0, y: 0, z: 1)
    if z == ez { return .identity }
    if z == -ez { return Matrix3(columns: ex, -ey, -ez) }
    if z == ex { return Matrix3(columns: ey, ez, ex) }
    if z == -ex { return Matrix3(columns: ez, ey, -ex) }
    if z == ey { return Matrix3(columns: ez, ex, ey) }
    if z == -ey { return Matrix3(columns: ex, ez, -ey) }
    // The coordinate axis farthest from z gives the best conditioned first column.
    let a = z.x * z.x
    let b = z.y * z.y
    let c = z.z * z.z
    let far = a <= b && a <= c ? ex : (b <= c ? ey : ez)
    let across = z.cross(far)
    let y = across * (1 / real_sqrt(across.squaredLength))
    return Matrix3(columns: y.cross(z), y, z)
  }

  private mutating func numberCoordinates(base: Base) -> (names: [String], hasMimic: Bool) {
    let positions: Int32 = base == .floating ? 7 : 0
    let velocities: Int32 = base == .floating ? 6 : 0
    var names: [String] = []
    var coordinate: [Int: Int32] = [:]
    for joint in bodyJoint {
      guard let joint, tree.joints[joint].mimic == nil else { continue }
      coordinate[joint] = Int32(names.count)
      names.append(tree.joints[joint].name)
    }
    for (body, joint) in bodyJoint.enumerated() {
      guard let joint, let source = tree.source(of: joint), let index = coordinate[source.joint] else {
        continue
      }
      bodies[body].positionIndex = positions + index
      bodies[body].velocityIndex = velocities + index
      bodies[body].multiplier = source.multiplier
      bodies[body].offset = source.offset
    }
    return (names, names.count + 1 < bodies.count)
  }

  private mutating func sumSubtreeMasses() {
    for body in bodies.indices.reversed() {
      bodies[body].subtreeMass += bodies[body].mass
      let parent = Int(bodies[body].parent)
      if parent >= 0 { bodies[parent].subtreeMass += bodies[body].subtreeMass }
    }
  }

  /// A joint must feel some inertia, or its acceleration has no value. Exact for the last body of a limb; for
  /// the others mass beyond the joint is enough, as it depends on the posture.
  private func checkMasses(base: Base, problems: inout [ModelError]) {
    if base == .floating && bodies[0].subtreeMass == 0 {
      problems.append(ModelError(.link(tree.links[tree.root].name), .masslessBase))
    }
    let inner = Set(bodies.map { $0.parent })
    for (body, joint) in bodyJoint.enumerated() {
      guard let joint, bodies[body].armature == 0 else { continue }
      // A mimic joint has no acceleration of its own.
      if tree.joints[joint].mimic != nil { continue }
      let isLast = !inner.contains(Int32(body))
      let turnsNothing = isLast && !bodies[body].isPrismatic && bodies[body].inertia.zz <= 0
      let slidesNothing = bodies[body].subtreeMass == 0 && (isLast ? bodies[body].isPrismatic : true)
      if turnsNothing || slidesNothing {
        problems.append(ModelError(.joint(tree.joints[joint].name), .movesNoMass))
      }
    }
  }
}
