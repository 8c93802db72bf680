import CRealMath

/// Links and joints as a checked tree: what the model compiler works on.
struct ModelTree {
  let links: [LinkDescription]
  let joints: [JointDescription]
  /// Index of the root link.
  let root: Int
  /// Per link, the joint that moves it; nil for the root.
  let parentJoint: [Int?]
  /// Per link, the joints that leave it, in the order of the description.
  let childJoints: [[Int]]
  let linkIndex: [String: Int]
  let jointIndex: [String: Int]

  /// Joins links and joints by name; adds every mistake found to `problems` and is nil if there was any.
  init?(links: [LinkDescription], joints: [JointDescription], problems: inout [ModelError]) {
    let before = problems.count
    if links.isEmpty { problems.append(ModelError(.model, .noLinks)) }
    var linkIndex: [String: Int] = [:]
    for (i, link) in links.enumerated() where linkIndex.updateValue(i, forKey: link.name) != nil {
      problems.append(ModelError(.link(link.name), .duplicateName))
    }
    var jointIndex: [String: Int] = [:]
    for (i, joint) in joints.enumerated() where jointIndex.updateValue(i, forKey: joint.name) != nil {
      problems.append(ModelError(.joint(joint.name), .duplicateName))
    }

    var parentJoint = [Int?](repeating: nil, count: links.count)
    var childJoints = [[Int]](repeating: [], count: links.count)
    for (i, joint) in joints.enumerated() {
      for name in [joint.parent, joint.child] where linkIndex[name] == nil {
        problems.append(ModelError(.joint(joint.name), .unknownLink(name)))
      }
      guard let parent = linkIndex[joint.parent], let child = linkIndex[joint.child] else { continue }
      if let other = parentJoint[child] {
        problems.append(ModelError(.link(joint.child), .severalParents(joints[other].name, joint.name)))
        continue
      }
      parentJoint[child] = i
      childJoints[parent].append(i)
    }
    guard problems.count == before else { return nil }

    let roots = links.indices.filter { parentJoint[$0] == nil }
    if roots.count > 1 {
      problems.append(ModelError(.model, .severalRoots(roots.map { links[$0].name })))
      return nil
    }
    // With one parent a link at most, what cannot be reached from the root hangs on a loop.
    var reached = [Bool](repeating: false, count: links.count)
    var pending = roots
    while let link = pending.popLast() {
      reached[link] = true
      for joint in childJoints[link] {
        if let child = linkIndex[joints[joint].child] { pending.append(child) }
      }
    }
    if let lost = links.indices.first(where: { !reached[$0] }) {
      problems.append(ModelError(.link(links[lost].name), .cycle))
      return nil
    }
    guard let root = roots.first else { return nil }

    self.links = links
    self.joints = joints
    self.root = root
    self.parentJoint = parentJoint
    self.childJoints = childJoints
    self.linkIndex = linkIndex
    self.jointIndex = jointIndex
  }

  /// Index of the child link of a joint.
  func child(of joint: Int) -> Int { linkIndex[joints[joint].child] ?? root }

  /// The joint at the end of a chain of mimic joints, and the rule that leads there; the joint itself if it
  /// follows none. Nil when the chain is broken or endless.
  func source(of joint: Int) -> (joint: Int, multiplier: Double, offset: Double)? {
    var current = joint
    var multiplier = 1.0
    var offset = 0.0
    for _ in joints {
      guard let mimic = joints[current].mimic else { return (current, multiplier, offset) }
      offset += multiplier * mimic.offset
      multiplier *= mimic.multiplier
      guard let next = jointIndex[mimic.joint] else { return nil }
      current = next
    }
    return nil
  }
}

// MARK: - Checks of numbers

extension ModelTree {
  /// Mistakes that need no more than one link or joint to see, and the mimic rules.
  func checkParts(
    base: Base, gravity: Vector3, requiresPhysicalInertia: Bool, problems: inout [ModelError]
  ) {
    if !gravity.isFinite { problems.append(ModelError(.model, .notFinite("gravity"))) }
    for link in links {
      if let inertia = link.inertia, let reason = Self.check(inertia, isPhysical: requiresPhysicalInertia) {
        problems.append(ModelError(.link(link.name), reason))
      }
    }
    for (i, joint) in joints.enumerated() {
      if let reason = Self.check(joint) { problems.append(ModelError(.joint(joint.name), reason)) }
      if let reason = checkMimic(i) { problems.append(ModelError(.joint(joint.name), reason)) }
    }
  }

  /// Whether a floating joint only says that the base floats: it leaves a massless root that has no other
  /// joint.
  func isBaseJoint(_ joint: Int) -> Bool {
    joints[joint].kind == .floating && childJoints[root] == [joint] && links[root].inertia?.mass ?? 0 == 0
  }

  private static func check(_ inertia: SpatialInertia, isPhysical: Bool) -> ModelError.Reason? {
    if !inertia.mass.isFinite { return .notFinite("the mass") }
    if !inertia.centreOfMass.isFinite { return .notFinite("the centre of mass") }
    if !inertia.rotational.isFinite { return .notFinite("the inertia") }
    if inertia.mass < 0 { return .negativeMass(inertia.mass) }
    guard isPhysical else { return nil }
    // A rod has one zero moment, a point mass three; decimal text makes zeros slightly negative.
    let moments = inertia.rotational.eigenvalues
    let slack = 1e-6 * moments.z.magnitude + 1e-12
    if moments.x < -slack { return .notPositiveDefinite(moments.x) }
    if moments.x + moments.y < moments.z - slack {
      return .triangleInequality(moments.x, moments.y, moments.z)
    }
    return nil
  }

  private static func check(_ joint: JointDescription) -> ModelError.Reason? {
    if !joint.origin.translation.isFinite || !joint.origin.rotation.isFinite {
      return .notFinite("the origin")
    }
    let rotation = joint.origin.rotation
    let gram = rotation.transposed * rotation
    let error =
      (gram.columnX - Vector3(x: 1, y: 0, z: 0)).squaredLength
      + (gram.columnY - Vector3(x: 0, y: 1, z: 0)).squaredLength
      + (gram.columnZ - Vector3(x: 0, y: 0, z: 1)).squaredLength
    if error > 1e-18 || rotation.determinant < 0 { return .notARotation }
    let needsAxis = joint.kind.hasOneCoordinate || joint.kind == .planar
    if needsAxis, let reason = check(axis: joint.axis) { return reason }
    if joint.kind == .fixed { return nil }
    if !joint.armature.isFinite { return .notFinite("the armature") }
    if joint.armature < 0 { return .negativeArmature(joint.armature) }
    if joint.armature != 0 && !joint.kind.hasOneCoordinate { return .armatureNeedsOneCoordinate }
    return nil
  }

  private static func check(axis: Vector3) -> ModelError.Reason? {
    if !axis.isFinite { return .notFinite("the axis") }
    if !axis.squaredLength.isFinite { return .notFinite("the length of the axis") }
    if axis.squaredLength <= 1e-18 { return .zeroAxis }
    return nil
  }

  private func checkMimic(_ index: Int) -> ModelError.Reason? {
    guard let mimic = joints[index].mimic else { return nil }
    if !mimic.multiplier.isFinite { return .notFinite("the mimic multiplier") }
    if !mimic.offset.isFinite { return .notFinite("the mimic offset") }
    guard let target = jointIndex[mimic.joint] else { return .unknownMimicSource(mimic.joint) }
    for joint in [joints[index], joints[target]] where !joint.kind.hasOneCoordinate {
      return .mimicNeedsOneCoordinate(joint.name)
    }
    // Ends at a joint that follows none, unless it runs in a circle or into a mistake named elsewhere.
    var current = target
    for _ in joints {
      guard let next = joints[current].mimic, let following = jointIndex[next.joint] else { return nil }
      current = following
    }
    return .mimicCycle
  }
}
