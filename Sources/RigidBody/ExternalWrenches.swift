import LaneMath

/// Generalised forces of wrenches on links, velocityCount numbers into `tau`: the sum of J^T w.
///
/// `wrenches` holds six numbers a link, in the order of links: moment about the link's origin [N.m] and force [N] that
/// act on the link, along its own axes. What is fixed to the world feels nothing.
@_noLocks public func externalForces(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, wrenches: UnsafePointer<Double>,
  into tau: UnsafeMutablePointer<Double>
) {
  forwardKinematics(m, w, q: q)
  for i in 0..<m.bodyCount {
    w.bodies[i].moment = .zero
    w.bodies[i].force = .zero
  }
  for link in 0..<m.linkCount {
    let body = Int(m.links[link].body)
    if body < 0 { continue }
    let rotation = w.bodies[body].rotation * m.links[link].bodyFromLink.rotation
    let arm = w.bodies[body].rotation * m.links[link].bodyFromLink.translation
    let force = rotation * Vector3(at: wrenches + 6 * link + 3)
    w.bodies[body].moment += rotation * Vector3(at: wrenches + 6 * link) + arm.cross(force)
    w.bodies[body].force += force
  }
  for i in 0..<m.velocityCount { tau[i] = 0 }
  var i = m.bodyCount - 1
  while i > 0 {
    let body = w.bodies + i
    let parent = w.bodies + Int(m.bodies[i].parent)
    let along = body.pointee.rotation.columnZ.dot(
      m.bodies[i].isPrismatic ? body.pointee.force : body.pointee.moment)
    tau[Int(m.bodies[i].velocityIndex)] += m.bodies[i].multiplier * along
    parent.pointee.moment +=
      body.pointee.moment + (body.pointee.position - parent.pointee.position).cross(body.pointee.force)
    parent.pointee.force += body.pointee.force
    i -= 1
  }
  if !m.isFloating { return }
  w.bodies[0].rotation.transposedTimes(w.bodies[0].moment).store(at: tau)
  w.bodies[0].rotation.transposedTimes(w.bodies[0].force).store(at: tau + 3)
}

/// Takes wrenches on links, six numbers a link as in `externalForces`, from what the bodies need: `needs` holds a moment
/// and a force of each wave, about the bodies' origins along their axes. Of the base the first lane counts.
@inline(never) @_noLocks func subtractWrenches(
  _ m: ModelKernel, _ wrenches: UnsafePointer<Double>, from needs: UnsafeMutableRawPointer
) {
  let memory = needs.assumingMemoryBound(to: Double.self)
  let width = m.tree.width
  for link in 0..<m.linkCount {
    let body = Int(m.links[link].body)
    if body < 0 { continue }
    let place = m.links[link].bodyFromLink
    let force = place.rotation * Vector3(at: wrenches + 6 * link + 3)
    let moment = place.rotation * Vector3(at: wrenches + 6 * link) + place.translation.cross(force)
    let slot = Int(m.slots[body])
    let lane = slot & (width - 1)
    let need = memory + ((slot - lane) * 6 + lane)
    need[0] -= moment.x
    need[width] -= moment.y
    need[2 * width] -= moment.z
    need[3 * width] -= force.x
    need[4 * width] -= force.y
    need[5 * width] -= force.z
  }
}

/// Accelerations under the generalised forces `tau` and one wrench (moment, force) a link, along the link's axes about
/// its origin.
public func forwardDynamics(
  _ model: Model, _ data: ModelData, q: [Double], v: [Double], tau: [Double], wrenches: [[Double]]
) -> [Double] {
  precondition(q.count == model.positionCount)
  precondition(v.count == model.velocityCount && tau.count == model.velocityCount)
  precondition(wrenches.count == model.linkNames.count && wrenches.allSatisfy { $0.count == 6 })
  var a = [Double](repeating: 0, count: model.velocityCount)
  let flat = wrenches.flatMap { $0 }
  forwardDynamics(model.kernel, data.workspace, q: q, v: v, tau: tau, wrenches: flat, into: &a)
  return a
}
