import CRealMath

/// Turns a checked tree into the records of the kernels.
struct ModelCompiler {
  /// The result: constants of bodies and links, and the names of the coordinates.
  struct Compiled {
    var bodies: [BodyConstants]
    var links: [LinkConstants]
    var freeJoints: [FreeJoint]
    var jointNames: [String]
    /// Per entry of `jointNames`.
    var coordinates: [JointCoordinates]
    /// Per body, the name of the joint that moves it, with its axis if it has several; empty for the base.
    var bodyNames: [String]
    var positionCount: Int
    var velocityCount: Int
    var hasMimic: Bool
  }

  private let tree: ModelTree
  private var bodies: [BodyConstants] = []
  private var links: [LinkConstants]
  /// Per body, the joint that moves it; nil for the base.
  private var bodyJoint: [Int?] = []
  private var freeJoints: [FreeJoint] = []

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
    let (names, coordinates) = compiler.numberCoordinates(base: base)
    compiler.sumSubtreeMasses()
    if requiresPhysicalInertia { compiler.checkMasses(base: base, problems: &problems) }
    guard problems.isEmpty else { return nil }
    let head = base == .floating
    return Compiled(
      bodies: compiler.bodies, links: compiler.links, freeJoints: compiler.freeJoints, jointNames: names,
      coordinates: coordinates, bodyNames: compiler.bodies.indices.map(compiler.bodyName),
      positionCount: coordinates.last?.positions.upperBound ?? (head ? 7 : 0),
      velocityCount: coordinates.last?.velocities.upperBound ?? (head ? 6 : 0),
      hasMimic: tree.joints.contains { $0.mimic != nil })
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
      case .floating where tree.isBaseJoint(index):
        // The child is the base. A floating base's q is its pose in the world; the root is the world itself.
        if base == .floating {
          links[parent].body = -1
        } else {
          links[link] = LinkConstants(bodyFromLink: bodyFromJoint, body: 0)
        }
      case .revolute, .continuous, .prismatic:
        open(joint: index, on: links[parent].body, bodyFromJoint: bodyFromJoint, for: link)
      case .planar, .floating:
        openAxes(joint: index, on: links[parent].body, bodyFromJoint: bodyFromJoint, for: link)
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
    body.carrier = Int32(bodies.count)
    bodies.append(body)
    bodyJoint.append(index)
  }

  /// One body an axis, in the order of v; see FreeJoint.swift.
  private mutating func openAxes(
    joint index: Int, on parent: Int32, bodyFromJoint: RigidTransform, for link: Int
  ) {
    let joint = tree.joints[index]
    let isPlanar = joint.kind == .planar
    let jointFromPlane = isPlanar ? Self.frameAlong(joint.axis) : .identity
    let first = Int32(bodies.count)
    freeJoints.append(
      FreeJoint(
        rotation: bodyFromJoint.rotation * jointFromPlane, translation: bodyFromJoint.translation,
        firstBody: first, endBody: 0, positionIndex: 0, velocityIndex: 0, isPlanar: isPlanar))
    let ex = Self.frameAlong(Vector3(x: 1, y: 0, z: 0))
    let ey = Self.frameAlong(Vector3(x: 0, y: 1, z: 0))
    let frames = isPlanar ? [.identity, ex, ey] : [ex, ey, .identity, ex, ey, .identity]
    for (axis, frame) in frames.enumerated() {
      var body = BodyConstants()
      // The first body's placement is set by `placeFreeJoints`.
      body.rotation = axis == 0 ? frame : frames[axis - 1].transposed * frame
      body.parent = axis == 0 ? parent : Int32(bodies.count) - 1
      body.isPrismatic = axis >= (isPlanar ? 1 : 3)
      body.carrier = first + Int32(frames.count) - 1
      bodies.append(body)
      bodyJoint.append(index)
    }
    links[link] = LinkConstants(
      bodyFromLink: RigidTransform(
        rotation: (jointFromPlane * frames[frames.count - 1]).transposed, translation: .zero),
      body: Int32(bodies.count) - 1)
  }

  /// The joint that moves a body, and which of its axes.
  private func bodyName(_ body: Int) -> String {
    guard let joint = bodyJoint[body] else { return "" }
    let name = tree.joints[joint].name
    guard let free = freeJoints.first(where: { bodyJoint[Int($0.firstBody)] == joint }) else { return name }
    let axes = free.isPlanar ? ["wz", "x", "y"] : ["wx", "wy", "wz", "x", "y", "z"]
    return name + "." + axes[body - Int(free.firstBody)]
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

  private mutating func numberCoordinates(
    base: Base
  ) -> (names: [String], coordinates: [JointCoordinates]) {
    var position = base == .floating ? 7 : 0
    var velocity = base == .floating ? 6 : 0
    var names: [String] = []
    var ranges: [JointCoordinates] = []
    var coordinate: [Int: JointCoordinates] = [:]
    for joint in bodyJoint {
      guard let joint, coordinate[joint] == nil, tree.joints[joint].mimic == nil else { continue }
      let (positions, velocities) = Self.counts(tree.joints[joint].kind)
      let range = JointCoordinates(
        positions: position..<(position + positions), velocities: velocity..<(velocity + velocities))
      coordinate[joint] = range
      names.append(tree.joints[joint].name)
      ranges.append(range)
      position += positions
      velocity += velocities
    }
    for (body, joint) in bodyJoint.enumerated() {
      guard let joint, let source = tree.source(of: joint), let range = coordinate[source.joint] else {
        continue
      }
      bodies[body].positionIndex = Int32(range.positions.lowerBound)
      bodies[body].velocityIndex = Int32(range.velocities.lowerBound)
      bodies[body].multiplier = source.multiplier
      bodies[body].offset = source.offset
    }
    for k in freeJoints.indices { number(freeJoint: k) }
    return (names, ranges)
  }

  private static func counts(_ kind: JointKind) -> (positions: Int, velocities: Int) {
    switch kind {
    case .fixed: (0, 0)
    case .revolute, .continuous, .prismatic: (1, 1)
    case .planar: (3, 3)
    case .floating: (7, 6)
    }
  }

  /// Its first body has been given the beginning of the coordinates.
  private mutating func number(freeJoint index: Int) {
    var joint = freeJoints[index]
    let first = Int(joint.firstBody)
    joint.positionIndex = bodies[first].positionIndex
    joint.velocityIndex = bodies[first].velocityIndex
    for axis in 0..<joint.axisCount {
      bodies[first + axis].positionIndex = -1
      bodies[first + axis].velocityIndex = joint.velocityIndex + Int32(axis)
    }
    // Depth-first: what hangs on a body follows it.
    var end = first + 1
    while end < bodies.count && bodies[end].parent >= joint.firstBody { end += 1 }
    joint.endBody = Int32(end)
    freeJoints[index] = joint
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
    for joint in freeJoints {
      let last = joint.firstBody + Int32(joint.axisCount) - 1
      if movesMass(joint, isLast: !inner.contains(last)) { continue }
      let index = bodyJoint[Int(joint.firstBody)] ?? 0
      problems.append(ModelError(.joint(tree.joints[index].name), .movesNoMass))
    }
    for (body, joint) in bodyJoint.enumerated() {
      guard let joint, bodies[body].armature == 0, tree.joints[joint].kind.hasOneCoordinate else { continue }
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

  /// Whether a free joint carries mass and, if nothing hangs on its last body, also turns some about its centre.
  private func movesMass(_ joint: FreeJoint, isLast: Bool) -> Bool {
    let body = bodies[Int(joint.firstBody) + joint.axisCount - 1]
    if !isLast || body.subtreeMass == 0 { return body.subtreeMass > 0 }
    let centre = body.firstMoment * (1 / body.mass)
    var inertia = body.inertia
    inertia += .parallelAxis(centre, body.firstMoment * -0.5)
    // A point mass leaves the rounding errors of the two terms. The last axis of a planar joint is y: the normal is x.
    let floor = 1e-12 * (body.inertia.xx + body.inertia.yy + body.inertia.zz)
    return joint.isPlanar ? inertia.xx > floor : inertia.eigenvalues.x > floor
  }
}
