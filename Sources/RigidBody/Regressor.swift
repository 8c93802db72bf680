import LaneMath

/// Inverse dynamics as a linear map of inertial parameters: tau = Y(q, v, a) p less what armatures add, Y velocityCount x
/// 10 linkCount, row-major, into `matrix`.
///
/// p holds ten numbers a link, in the order of links, in the link's own frame: mass, first moment x y z, and rotational
/// inertia about the link's origin xx xy yy xz yz zz (Atkeson, An and Hollerbach 1986). With U = [turn] + [spin][spin] of
/// the link and a the acceleration of its origin less gravity: force = m a + U h, moment = h x a + I turn + spin x I spin.
@_noLocks public func regressor(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  a: UnsafePointer<Double>, into matrix: UnsafeMutablePointer<Double>
) {
  let columns = 10 * m.linkCount
  for i in 0..<(m.velocityCount * columns) { matrix[i] = 0 }
  forwardKinematics(m, w, q: q)
  loadRates(m, a, into: w.waves.accelerations)
  if m.freeJointCount > 0 { addDrift(m, v, -1, to: w.waves.accelerations) }
  setMotions(m, w, v: v, a: a)
  for link in 0..<m.linkCount where m.links[link].body >= 0 {
    let motion = LinkMotion(m, w, link: link)
    for parameter in 0..<10 {
      let wrench = motion.wrench(parameter)
      project(
        m, w, link: link, motion, wrench.moment, wrench.force, into: matrix + 10 * link + parameter, columns)
    }
  }
}

/// Angular velocities and accelerations of all bodies, along world axes.
@_noLocks private func setMotions(
  _ m: ModelKernel, _ w: Workspace, v: UnsafePointer<Double>, a: UnsafePointer<Double>
) {
  let base = w.bodies
  base.pointee.angularVelocity = .zero
  base.pointee.angularAcceleration = .zero
  base.pointee.linearAcceleration = -m.gravity
  if m.isFloating {
    let rotation = base.pointee.rotation
    base.pointee.angularVelocity = rotation * Vector3(at: v)
    base.pointee.angularAcceleration = rotation * Vector3(at: a)
    base.pointee.linearAcceleration +=
      rotation * (Vector3(at: a + 3) + Vector3(at: v).cross(Vector3(at: v + 3)))
  }
  for i in 1..<m.bodyCount {
    let parent = w.bodies + Int(m.bodies[i].parent)
    let k = Int(m.bodies[i].velocityIndex)
    let spin = parent.pointee.angularVelocity
    let turn = parent.pointee.angularAcceleration
    let axis = w.bodies[i].rotation.columnZ
    let rate = m.bodies[i].multiplier * v[k]
    let acceleration = w.waves.accelerations[Int(m.slots[i])]
    let r = w.bodies[i].position - parent.pointee.position
    var linear = parent.pointee.linearAcceleration + turn.cross(r) + spin.cross(spin.cross(r))
    if m.bodies[i].isPrismatic {
      linear += spin.cross(axis) * (2 * rate) + axis * acceleration
      w.bodies[i].angularVelocity = spin
      w.bodies[i].angularAcceleration = turn
    } else {
      w.bodies[i].angularVelocity = spin + axis * rate
      w.bodies[i].angularAcceleration = turn + spin.cross(axis) * rate + axis * acceleration
    }
    w.bodies[i].linearAcceleration = linear
  }
}

/// Motion of a link along its own axes, and where it is.
private struct LinkMotion {
  let rotation: Matrix3
  /// Origin from the base's, along world axes.
  let origin: Vector3
  let spin: Vector3
  let turn: Vector3
  let linear: Vector3

  @_noLocks init(_ m: ModelKernel, _ w: Workspace, link: Int) {
    let body = w.bodies + Int(m.links[link].body)
    let arm = body.pointee.rotation * m.links[link].bodyFromLink.translation
    rotation = body.pointee.rotation * m.links[link].bodyFromLink.rotation
    origin = body.pointee.position + arm
    let (w, a) = (body.pointee.angularVelocity, body.pointee.angularAcceleration)
    spin = rotation.transposedTimes(w)
    turn = rotation.transposedTimes(a)
    linear = rotation.transposedTimes(body.pointee.linearAcceleration + a.cross(arm) + w.cross(w.cross(arm)))
  }

  /// Moment and force about the link's origin per unit of one parameter, along the link's axes.
  @_noLocks func wrench(_ parameter: Int) -> (moment: Vector3, force: Vector3) {
    if parameter == 0 { return (.zero, linear) }
    if parameter < 4 {
      let h = Vector3(x: parameter == 1 ? 1 : 0, y: parameter == 2 ? 1 : 0, z: parameter == 3 ? 1 : 0)
      return (h.cross(linear), turn.cross(h) + spin.cross(spin.cross(h)))
    }
    var inertia = SymmetricMatrix3.zero
    switch parameter {
    case 4: inertia.xx = 1
    case 5: inertia.xy = 1
    case 6: inertia.yy = 1
    case 7: inertia.xz = 1
    case 8: inertia.yz = 1
    default: inertia.zz = 1
    }
    return (inertia * turn + spin.cross(inertia * spin), .zero)
  }
}

/// What a wrench of one link asks of every joint that bears it.
@_noLocks private func project(
  _ m: ModelKernel, _ w: Workspace, link: Int, _ motion: LinkMotion, _ moment: Vector3, _ force: Vector3,
  into column: UnsafeMutablePointer<Double>, _ stride: Int
) {
  let n = motion.rotation * moment
  let f = motion.rotation * force
  var body = Int(m.links[link].body)
  while body > 0 {
    let axis = w.bodies[body].rotation.columnZ * m.bodies[body].multiplier
    let arm = motion.origin - w.bodies[body].position
    let along = m.bodies[body].isPrismatic ? axis.dot(f) : axis.dot(n + arm.cross(f))
    column[Int(m.bodies[body].velocityIndex) * stride] += along
    body = Int(m.bodies[body].parent)
  }
  if !m.isFloating { return }
  let rotation = w.bodies[0].rotation
  let atBase = rotation.transposedTimes(n + motion.origin.cross(f))
  let along = rotation.transposedTimes(f)
  column[0] = atBase.x
  column[stride] = atBase.y
  column[2 * stride] = atBase.z
  column[3 * stride] = along.x
  column[4 * stride] = along.y
  column[5 * stride] = along.z
}

/// The regressor at `q`, `v` and `a`: velocityCount rows of ten numbers a link.
public func regressor(
  _ model: Model, _ data: ModelData, q: [Double], v: [Double], a: [Double]
) -> [[Double]] {
  precondition(q.count == model.positionCount)
  precondition(v.count == model.velocityCount && a.count == model.velocityCount)
  let columns = 10 * model.linkNames.count
  var flat = [Double](repeating: 0, count: model.velocityCount * columns)
  regressor(model.kernel, data.workspace, q: q, v: v, a: a, into: &flat)
  return rows(flat, model.velocityCount, columns)
}
