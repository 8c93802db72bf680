/// Pose of every body for the positions `q`, into the workspace; read with `linkPose`.
///
/// worldFromBody = worldFromParent parentFromJoint(q); Featherstone 2008, section 4.4. The base's quaternion may have
/// any length but zero.
@_noLocks public func forwardKinematics(_ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>) {
  w.bodies[0].offset = .zero
  if m.isFloating {
    w.bodies[0].position = Vector3(at: q)
    w.bodies[0].rotation = Quaternion(at: q + 3).normalized.rotation
  } else {
    w.bodies[0].position = .zero
    w.bodies[0].rotation = .identity
  }
  for i in 1..<m.bodyCount {
    let constants = m.bodies + i
    let parent = w.bodies + Int(constants.pointee.parent)
    let body = w.bodies + i
    let coordinate = q[Int(constants.pointee.positionIndex)]
    let position = constants.pointee.multiplier * coordinate + constants.pointee.offset

    let jointRotation = parent.pointee.rotation * constants.pointee.rotation
    var offset = parent.pointee.rotation * constants.pointee.translation
    if constants.pointee.isPrismatic {
      body.pointee.rotation = jointRotation
      offset += jointRotation.columnZ * position
    } else {
      body.pointee.rotation = jointRotation.turnedAboutZ(SineCosine(of: position))
    }
    body.pointee.offset = offset
    body.pointee.position = parent.pointee.position + offset
  }
}

/// `worldFromLink` [m] of the link with index `link`, 0..<linkCount, after `forwardKinematics`.
@_noLocks public func linkPose(_ m: ModelKernel, _ w: Workspace, link: Int) -> RigidTransform {
  precondition(link >= 0 && link < m.linkCount, "no such link")
  let body = Int(m.links[link].body)
  if body < 0 { return m.links[link].bodyFromLink }
  let worldFromBody = RigidTransform(
    rotation: w.bodies[body].rotation, translation: w.bodies[body].position)
  return worldFromBody * m.links[link].bodyFromLink
}

extension Matrix3 {
  /// This rotation followed by one about its own z axis.
  @_noLocks fileprivate func turnedAboutZ(_ angle: SineCosine) -> Matrix3 {
    let c = angle.cosine
    let s = angle.sine
    return Matrix3(
      xx: xx * c + xy * s, xy: xy * c - xx * s, xz: xz,
      yx: yx * c + yy * s, yy: yy * c - yx * s, yz: yz,
      zx: zx * c + zy * s, zy: zy * c - zx * s, zz: zz)
  }
}

/// Poses of all links in the world for the positions `q`, in the order of `linkNames`.
public func forwardKinematics(_ model: Model, _ data: ModelData, q: [Double]) -> [RigidTransform] {
  precondition(q.count == model.positionCount)
  forwardKinematics(model.kernel, data.workspace, q: q)
  return model.linkNames.indices.map { linkPose(model.kernel, data.workspace, link: $0) }
}
