/// Pose of every body for the positions `q`, into the workspace; read with `linkPose`.
///
/// worldFromBody = worldFromParent parentFromJoint(q); Featherstone 2008, section 4.4. The base's quaternion
/// may have any length but zero.
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

    // Row by row: few values are alive at a time.
    let angle = constants.pointee.isPrismatic ? SineCosine(sine: 0, cosine: 1) : SineCosine(of: position)
    let slide = constants.pointee.isPrismatic ? position : 0
    let r = parent.pointee.rotation
    let x = constants.pointee.child(Vector3(x: r.xx, y: r.xy, z: r.xz), angle)
    let y = constants.pointee.child(Vector3(x: r.yx, y: r.yy, z: r.yz), angle)
    let z = constants.pointee.child(Vector3(x: r.zx, y: r.zy, z: r.zz), angle)
    body.pointee.rotation = Matrix3(
      xx: x.x, xy: x.y, xz: x.z, yx: y.x, yy: y.y, yz: y.z, zx: z.x, zy: z.y, zz: z.z)
    let offset = r * constants.pointee.translation + Vector3(x: x.z, y: y.z, z: z.z) * slide
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

extension BodyConstants {
  /// One row of the body's rotation in the world, from that of its parent.
  @_noLocks fileprivate func child(_ r: Vector3, _ angle: SineCosine) -> Vector3 {
    let x = r.x * rotation.xx + r.y * rotation.yx + r.z * rotation.zx
    let y = r.x * rotation.xy + r.y * rotation.yy + r.z * rotation.zy
    let z = r.x * rotation.xz + r.y * rotation.yz + r.z * rotation.zz
    return Vector3(
      x: x * angle.cosine + y * angle.sine, y: y * angle.cosine - x * angle.sine, z: z)
  }
}

/// Poses of all links in the world for the positions `q`, in the order of `linkNames`.
public func forwardKinematics(_ model: Model, _ data: ModelData, q: [Double]) -> [RigidTransform] {
  precondition(q.count == model.positionCount)
  forwardKinematics(model.kernel, data.workspace, q: q)
  return model.linkNames.indices.map { linkPose(model.kernel, data.workspace, link: $0) }
}
