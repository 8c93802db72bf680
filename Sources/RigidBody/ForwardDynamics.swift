/// Accelerations under the generalised forces `tau` at `q` and `v`: a = M(q)^-1 (tau - b(q, v)),
/// velocityCount numbers into `a`, which may be the memory of `tau`.
///
/// Articulated-body algorithm, Featherstone 2008, table 7.1, with a floating base as in table 9.4 and
/// accelerations of points as in `inverseDynamics`; armatures add to the joint's own inertia. Joints that
/// share a coordinate couple limbs, which the recursion cannot express: such models use the mass matrix and
/// its factorisation.
@_noLocks public func forwardDynamics(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  tau: UnsafePointer<Double>, into a: UnsafeMutablePointer<Double>
) {
  if m.hasMimic {
    solveWithMassMatrix(m, w, q: q, v: v, tau: tau, into: a)
    return
  }
  forwardKinematics(m, w, q: q)
  w.bodies[0].angularVelocity = m.isFloating ? w.bodies[0].rotation * Vector3(at: v) : .zero
  openArticulation(m, w, 0)
  for i in 1..<m.bodyCount {
    setVelocity(m, w, i, rate: v[Int(m.bodies[i].velocityIndex)])
    openArticulation(m, w, i)
  }
  var i = m.bodyCount - 1
  while i > 0 {
    closeArticulation(m, w, i, torque: tau[Int(m.bodies[i].velocityIndex)])
    i -= 1
  }
  accelerateBase(m, w, v: v, tau: tau, into: a)
  for i in 1..<m.bodyCount { a[Int(m.bodies[i].velocityIndex)] = accelerate(m, w, i) }
}

/// Angular velocity, and the acceleration at zero joint acceleration relative to the parent's.
@_noLocks private func setVelocity(_ m: ModelKernel, _ w: Workspace, _ i: Int, rate: Double) {
  let body = w.bodies + i
  let joint = w.articulated + i
  let spin = w.bodies[Int(m.bodies[i].parent)].angularVelocity
  let relative = body.pointee.rotation.columnZ * rate
  let centripetal = spin.cross(spin.cross(body.pointee.offset))
  if m.bodies[i].isPrismatic {
    body.pointee.angularVelocity = spin
    joint.pointee.biasAngular = .zero
    joint.pointee.biasLinear = centripetal + spin.cross(relative) * 2
  } else {
    body.pointee.angularVelocity = spin + relative
    joint.pointee.biasAngular = spin.cross(relative)
    joint.pointee.biasLinear = centripetal
  }
}

/// The body alone: its rigid inertia and the forces at zero acceleration.
@_noLocks private func openArticulation(_ m: ModelKernel, _ w: Workspace, _ i: Int) {
  let joint = w.articulated + i
  let rotation = w.bodies[i].rotation
  let spin = w.bodies[i].angularVelocity
  let inertia = m.bodies[i].inertia.rotated(by: rotation)
  let h = rotation * m.bodies[i].firstMoment
  joint.pointee.inertia = ArticulatedInertia(mass: m.bodies[i].mass, firstMoment: h, rotational: inertia)
  joint.pointee.biasMoment = spin.cross(inertia * spin)
  joint.pointee.biasForce = spin.cross(spin.cross(h))
}

/// Frees the joint and hands what is left to the parent: I^a = I^A - U U^T / D, and
/// p^a = p^A + I^A c + U (u - U^T c) / D, which is the table's p^A + I^a c + U u / D.
@_noLocks private func closeArticulation(_ m: ModelKernel, _ w: Workspace, _ i: Int, torque: Double) {
  let joint = w.articulated + i
  let axis = w.bodies[i].rotation.columnZ
  let articulated = joint.pointee.inertia
  let moment: Vector3
  let force: Vector3
  let inertia: Double
  let free: Double
  if m.bodies[i].isPrismatic {
    moment = articulated.coupling * axis
    force = articulated.linear * axis
    inertia = axis.dot(force)
    free = torque - axis.dot(joint.pointee.biasForce)
  } else {
    moment = articulated.rotational * axis
    force = articulated.coupling.transposedTimes(axis)
    inertia = axis.dot(moment)
    free = torque - axis.dot(joint.pointee.biasMoment)
  }
  let inverse = 1 / (inertia + m.bodies[i].armature)
  joint.pointee.columnMoment = moment
  joint.pointee.columnForce = force
  joint.pointee.inverseInertia = inverse
  joint.pointee.freeTorque = free

  let c = joint.pointee.biasAngular
  let d = joint.pointee.biasLinear
  let share = (free - moment.dot(c) - force.dot(d)) * inverse
  let biasForce =
    joint.pointee.biasForce + articulated.coupling.transposedTimes(c) + articulated.linear * d + force * share
  let biasMoment =
    joint.pointee.biasMoment + articulated.rotational * c + articulated.coupling * d + moment * share
  let parent = w.articulated + Int(m.bodies[i].parent)
  let r = w.bodies[i].offset
  parent.pointee.inertia.add(articulated.freed(moment: moment, force: force, inverse: inverse), at: r)
  parent.pointee.biasMoment += biasMoment + r.cross(biasForce)
  parent.pointee.biasForce += biasForce
}

/// The base: solves its 6 x 6 articulated inertia, or stands still.
@_noLocks private func accelerateBase(
  _ m: ModelKernel, _ w: Workspace, v: UnsafePointer<Double>, tau: UnsafePointer<Double>,
  into a: UnsafeMutablePointer<Double>
) {
  if !m.isFloating {
    w.bodies[0].angularAcceleration = .zero
    w.bodies[0].linearAcceleration = -m.gravity
    return
  }
  let base = w.articulated
  let rotation = w.bodies[0].rotation
  (rotation * Vector3(at: tau) - base.pointee.biasMoment).store(at: w.vector)
  (rotation * Vector3(at: tau + 3) - base.pointee.biasForce).store(at: w.vector + 3)
  let i = base.pointee.inertia.rotational
  let c = base.pointee.inertia.coupling
  let l = base.pointee.inertia.linear
  Vector3(x: i.xx, y: i.xy, z: i.xz).store(at: w.matrix)
  Vector3(x: i.xy, y: i.yy, z: i.yz).store(at: w.matrix + 6)
  Vector3(x: i.xz, y: i.yz, z: i.zz).store(at: w.matrix + 12)
  c.columnX.store(at: w.matrix + 18)
  c.columnY.store(at: w.matrix + 24)
  c.columnZ.store(at: w.matrix + 30)
  Vector3(x: l.xx, y: l.xy, z: l.xz).store(at: w.matrix + 21)
  Vector3(x: l.xy, y: l.yy, z: l.yz).store(at: w.matrix + 27)
  Vector3(x: l.xz, y: l.yz, z: l.zz).store(at: w.matrix + 33)
  solvePositiveDefinite(w.matrix, order: 6, w.vector)

  let angular = Vector3(at: w.vector)
  let linear = Vector3(at: w.vector + 3)
  w.bodies[0].angularAcceleration = angular
  w.bodies[0].linearAcceleration = linear
  // Back to the spatial acceleration in the base's axes.
  let convective = Vector3(at: v).cross(Vector3(at: v + 3))
  rotation.transposedTimes(angular).store(at: a)
  (rotation.transposedTimes(linear + m.gravity) - convective).store(at: a + 3)
}

/// Accelerations of body `i` from its parent's; returns that of the joint.
@_noLocks private func accelerate(_ m: ModelKernel, _ w: Workspace, _ i: Int) -> Double {
  let body = w.bodies + i
  let joint = w.articulated + i
  let parent = w.bodies + Int(m.bodies[i].parent)
  let turn = parent.pointee.angularAcceleration
  var angular = turn + joint.pointee.biasAngular
  var linear = parent.pointee.linearAcceleration + turn.cross(body.pointee.offset) + joint.pointee.biasLinear
  let held = joint.pointee.columnMoment.dot(angular) + joint.pointee.columnForce.dot(linear)
  let acceleration = (joint.pointee.freeTorque - held) * joint.pointee.inverseInertia
  let along = body.pointee.rotation.columnZ * acceleration
  if m.bodies[i].isPrismatic { linear += along } else { angular += along }
  body.pointee.angularAcceleration = angular
  body.pointee.linearAcceleration = linear
  return acceleration
}

/// M a = tau - b, for models whose joints share coordinates.
@_noLocks private func solveWithMassMatrix(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  tau: UnsafePointer<Double>, into a: UnsafeMutablePointer<Double>
) {
  bias(m, w, q: q, v: v, into: w.vector)
  for i in 0..<m.velocityCount { w.vector[i] = tau[i] - w.vector[i] }
  massMatrix(m, w, q: q, into: w.matrix)
  solvePositiveDefinite(w.matrix, order: m.velocityCount, w.vector)
  for i in 0..<m.velocityCount { a[i] = w.vector[i] }
}

/// Accelerations under the generalised forces `tau` at `q` and `v`.
public func forwardDynamics(
  _ model: Model, _ data: ModelData, q: [Double], v: [Double], tau: [Double]
) -> [Double] {
  precondition(q.count == model.positionCount)
  precondition(v.count == model.velocityCount && tau.count == model.velocityCount)
  var a = [Double](repeating: 0, count: model.velocityCount)
  forwardDynamics(model.kernel, data.workspace, q: q, v: v, tau: tau, into: &a)
  return a
}
