/// Poses and velocities of all bodies at `q` and `v`, into the workspace; read with `linkPose` and `linkVelocity`.
///
/// A body's velocity is its parent's, carried to its own origin, and the joint's along its axis; Featherstone 2008,
/// section 4.4.
@_noLocks public func velocityKinematics(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>
) {
  forwardKinematics(m, w, q: q)
  w.bodies[0].angularVelocity = m.isFloating ? w.bodies[0].rotation * Vector3(at: v) : .zero
  w.bodies[0].linearVelocity = m.isFloating ? w.bodies[0].rotation * Vector3(at: v + 3) : .zero
  var i = 1
  while i < m.bodyCount {
    let body = w.bodies + i
    let constants = m.bodies + i
    let parent = w.bodies + Int(constants.pointee.parent)
    let rate = constants.pointee.multiplier * v[Int(constants.pointee.velocityIndex)]
    let along = body.pointee.rotation.columnZ * rate
    let spin = parent.pointee.angularVelocity
    body.pointee.angularVelocity = spin
    body.pointee.linearVelocity =
      parent.pointee.linearVelocity + spin.cross(body.pointee.position - parent.pointee.position)
    if constants.pointee.isPrismatic {
      body.pointee.linearVelocity += along
    } else {
      body.pointee.angularVelocity += along
    }
    i += 1
  }
}

/// Velocity of the link with index `link`, 0..<linkCount, after `velocityKinematics`: angular [rad/s], and that of its
/// origin [m/s], along world axes.
@_noLocks public func linkVelocity(
  _ m: ModelKernel, _ w: Workspace, link: Int
) -> (angular: Vector3, linear: Vector3) {
  precondition(link >= 0 && link < m.linkCount, "no such link")
  let body = Int(m.links[link].body)
  if body < 0 { return (.zero, .zero) }
  let state = w.bodies + body
  let arm = state.pointee.rotation * m.links[link].bodyFromLink.translation
  let spin = state.pointee.angularVelocity
  return (spin, state.pointee.linearVelocity + spin.cross(arm))
}
