import LaneMath

/// Pose of every body for the positions `q`, into the workspace; read with `linkPose`.
///
/// worldFromBody = worldFromParent parentFromJoint(q); Featherstone 2008, section 4.4. The base's quaternion
/// may have any length but zero.
@_noLocks public func forwardKinematics(_ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>) {
  loadPositions(m, w, q)
  poseWaves(m, w, base: baseRotation(m, q))
  w.basePosition.pointee = m.isFloating ? Vector3(at: q) : .zero
  let width = m.tree.width
  let poses = doubles(w.waves.poses)
  for i in 0..<m.bodyCount {
    let slot = Int(m.slots[i])
    let lane = slot & (width - 1)
    let p = poses + ((slot - lane) * 12 + lane)
    w.bodies[i].rotation = Matrix3(
      xx: p[0], xy: p[width], xz: p[2 * width], yx: p[3 * width], yy: p[4 * width], yz: p[5 * width],
      zx: p[6 * width], zy: p[7 * width], zz: p[8 * width])
    w.bodies[i].position = Vector3(x: p[9 * width], y: p[10 * width], z: p[11 * width])
  }
}

/// `worldFromLink` [m] of the link with index `link`, 0..<linkCount, after `forwardKinematics`.
@_noLocks public func linkPose(_ m: ModelKernel, _ w: Workspace, link: Int) -> RigidTransform {
  precondition(link >= 0 && link < m.linkCount, "no such link")
  let body = Int(m.links[link].body)
  if body < 0 { return m.links[link].bodyFromLink }
  let worldFromBody = RigidTransform(
    rotation: w.bodies[body].rotation, translation: w.basePosition.pointee + w.bodies[body].position)
  return worldFromBody * m.links[link].bodyFromLink
}

/// The poses of the waves as doubles.
@_noLocks func posePointer(_ w: Workspace) -> UnsafePointer<Double> { doubles(w.waves.poses) }

/// Poses of all waves from the base's origin, along the axes that `base` turns to, after `loadPositions`.
@_noLocks func poseWaves(_ m: ModelKernel, _ w: Workspace, base: Matrix3) {
  switch m.tree.width {
  case 1: pose(Waves<Lane1>(m.tree, w.waves), base)
  case 2: pose(Waves<Lane2>(m.tree, w.waves), base)
  default: pose(Waves<Lane4>(m.tree, w.waves), base)
  }
}

private func pose<L: Lane>(_ t: Waves<L>, _ base: Matrix3) {
  let poses = t.poses
  let memory = doubles(UnsafeMutableRawPointer(poses))
  var above = WavePlacement<L>(
    LaneMatrix(
      L(base.xx), L(base.xy), L(base.xz), L(base.yx), L(base.yy), L(base.yz), L(base.zx), L(base.zy),
      L(base.zz)), .zero)
  poses[0] = above
  for i in 1..<t.count {
    let shape = t.shapes[i]
    let constants = t.constants + i
    if !shape.descends { above = WavePlacement(gather: memory, t.parentPlaces(i, record: 12)) }
    var position = above.rotation.times(constants.pointee.translation, plus: above.translation)
    var rotation: LaneMatrix<L>
    if shape.isPrismatic {
      rotation = above.rotation.times(constants.pointee.rotation)
      position = rotation.columnZ.scaled(t.positions[i], plus: position)
    } else {
      rotation = above.rotation.times(t.turnedRotation(i))
    }
    above = WavePlacement(rotation, position)
    poses[i] = above
  }
}

/// Poses of all links in the world for the positions `q`, in the order of `linkNames`.
public func forwardKinematics(_ model: Model, _ data: ModelData, q: [Double]) -> [RigidTransform] {
  precondition(q.count == model.positionCount)
  forwardKinematics(model.kernel, data.workspace, q: q)
  return model.linkNames.indices.map { linkPose(model.kernel, data.workspace, link: $0) }
}
