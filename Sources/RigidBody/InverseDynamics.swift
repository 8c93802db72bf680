/// Generalised forces for the accelerations `a` at `q` and `v`: tau = M(q) a + b(q, v), velocityCount numbers
/// into `tau` [N.m or N]; the base's six are moment and force in the base's axes.
///
/// `a` holds the base's spatial acceleration in its own axes (angular, linear; d/dt of its coordinates), then
/// joint accelerations. Recursive Newton-Euler algorithm with accelerations of points instead of spatial ones
/// (Luh, Walker and Paul 1980; Featherstone 2008, table 5.1): gravity enters as an acceleration of the base
/// upwards.
@_noLocks public func inverseDynamics(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  a: UnsafePointer<Double>, into tau: UnsafeMutablePointer<Double>
) {
  newtonEuler(m, w, q: q, v: v, a: a, into: tau)
}

/// Generalised forces at zero acceleration, b(q, v): Coriolis, centrifugal and gravity terms, velocityCount
/// numbers into `tau` [N.m or N].
@_noLocks public func bias(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  into tau: UnsafeMutablePointer<Double>
) {
  newtonEuler(m, w, q: q, v: v, a: nil, into: tau)
}

@_noLocks private func newtonEuler(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  a: UnsafePointer<Double>?, into tau: UnsafeMutablePointer<Double>
) {
  forwardKinematics(m, w, q: q)
  moveBase(m, w, v: v, a: a)
  exertInertia(m, w, 0)
  for i in 1..<m.bodyCount {
    let k = Int(m.bodies[i].velocityIndex)
    let rate = m.bodies[i].multiplier * v[k]
    var acceleration = 0.0
    if let a { acceleration = m.bodies[i].multiplier * a[k] }
    moveBody(m, w, i, rate: rate, acceleration: acceleration)
    exertInertia(m, w, i)
  }

  for i in 0..<m.velocityCount { tau[i] = 0 }
  var i = m.bodyCount - 1
  while i > 0 {
    let body = w.bodies + i
    let parent = w.bodies + Int(m.bodies[i].parent)
    let k = Int(m.bodies[i].velocityIndex)
    let axis = body.pointee.rotation.columnZ
    let multiplier = m.bodies[i].multiplier
    var torque = axis.dot(m.bodies[i].isPrismatic ? body.pointee.force : body.pointee.moment)
    if let a { torque += m.bodies[i].armature * multiplier * a[k] }
    tau[k] += multiplier * torque
    parent.pointee.moment += body.pointee.moment + body.pointee.offset.cross(body.pointee.force)
    parent.pointee.force += body.pointee.force
    i -= 1
  }
  if !m.isFloating { return }
  w.bodies[0].rotation.transposedTimes(w.bodies[0].moment).store(at: tau)
  w.bodies[0].rotation.transposedTimes(w.bodies[0].force).store(at: tau + 3)
}

/// Angular velocity and accelerations of the base; the spatial acceleration of v becomes that of the base's
/// origin, a + omega x v, less gravity.
@_noLocks private func moveBase(
  _ m: ModelKernel, _ w: Workspace, v: UnsafePointer<Double>, a: UnsafePointer<Double>?
) {
  let base = w.bodies
  base.pointee.angularVelocity = .zero
  base.pointee.angularAcceleration = .zero
  base.pointee.linearAcceleration = -m.gravity
  if !m.isFloating { return }
  let rotation = base.pointee.rotation
  let angular = Vector3(at: v)
  var linear = angular.cross(Vector3(at: v + 3))
  if let a {
    linear += Vector3(at: a + 3)
    base.pointee.angularAcceleration = rotation * Vector3(at: a)
  }
  base.pointee.angularVelocity = rotation * angular
  base.pointee.linearAcceleration += rotation * linear
}

/// Angular velocity and accelerations of body `i` from its parent's and its joint's.
@_noLocks private func moveBody(
  _ m: ModelKernel, _ w: Workspace, _ i: Int, rate: Double, acceleration: Double
) {
  let body = w.bodies + i
  let parent = w.bodies + Int(m.bodies[i].parent)
  let spin = parent.pointee.angularVelocity
  let turn = parent.pointee.angularAcceleration
  let r = body.pointee.offset
  let axis = body.pointee.rotation.columnZ
  var linear = parent.pointee.linearAcceleration + turn.cross(r) + spin.cross(spin.cross(r))
  if m.bodies[i].isPrismatic {
    linear += spin.cross(axis * (2 * rate)) + axis * acceleration
    body.pointee.angularVelocity = spin
    body.pointee.angularAcceleration = turn
  } else {
    let relative = axis * rate
    body.pointee.angularVelocity = spin + relative
    body.pointee.angularAcceleration = turn + spin.cross(relative) + axis * acceleration
  }
  body.pointee.linearAcceleration = linear
}

/// Force and moment that body `i` needs for its own motion (Newton, Euler), about its origin.
@_noLocks private func exertInertia(_ m: ModelKernel, _ w: Workspace, _ i: Int) {
  let body = w.bodies + i
  let constants = m.bodies + i
  let rotation = body.pointee.rotation
  let spin = body.pointee.angularVelocity
  let turn = body.pointee.angularAcceleration
  let linear = body.pointee.linearAcceleration
  let h = rotation * constants.pointee.firstMoment
  // The rotational inertia is constant in the body's axes only.
  let spinInBody = rotation.transposedTimes(spin)
  let euler =
    constants.pointee.inertia * rotation.transposedTimes(turn)
    + spinInBody.cross(constants.pointee.inertia * spinInBody)
  body.pointee.force = linear * constants.pointee.mass + turn.cross(h) + spin.cross(spin.cross(h))
  body.pointee.moment = rotation * euler + h.cross(linear)
}

/// Generalised forces for the accelerations `a` at `q` and `v` [N.m or N].
public func inverseDynamics(
  _ model: Model, _ data: ModelData, q: [Double], v: [Double], a: [Double]
) -> [Double] {
  precondition(q.count == model.positionCount)
  precondition(v.count == model.velocityCount && a.count == model.velocityCount)
  var tau = [Double](repeating: 0, count: model.velocityCount)
  inverseDynamics(model.kernel, data.workspace, q: q, v: v, a: a, into: &tau)
  return tau
}

/// Generalised forces at zero acceleration [N.m or N].
public func bias(_ model: Model, _ data: ModelData, q: [Double], v: [Double]) -> [Double] {
  precondition(q.count == model.positionCount && v.count == model.velocityCount)
  var tau = [Double](repeating: 0, count: model.velocityCount)
  bias(model.kernel, data.workspace, q: q, v: v, into: &tau)
  return tau
}
