/// Kinetic energy [J] at `q` and `v`: of all bodies, and of the rotors that armatures stand for.
///
/// Sum of (m v.v + 2 v.(omega x h) + omega.I omega) / 2, v the velocity of a body's origin.
@_noLocks public func kineticEnergy(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>
) -> Double {
  velocityKinematics(m, w, q: q, v: v)
  var doubled = 0.0
  for i in 0..<m.bodyCount {
    let body = w.bodies + i
    let constants = m.bodies + i
    if i > 0 {
      let rate = constants.pointee.multiplier * v[Int(constants.pointee.velocityIndex)]
      doubled += constants.pointee.armature * rate * rate
    }
    let spin = body.pointee.rotation.transposedTimes(body.pointee.angularVelocity)
    let linear = body.pointee.rotation.transposedTimes(body.pointee.linearVelocity)
    doubled += constants.pointee.mass * linear.squaredLength
    doubled += 2 * linear.dot(spin.cross(constants.pointee.firstMoment))
    doubled += spin.dot(constants.pointee.inertia * spin)
  }
  return 0.5 * doubled
}

/// Potential energy of gravity [J] at `q`, zero with the centre of mass at the world's origin.
@_noLocks public func potentialEnergy(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>
) -> Double {
  -m.mass * m.gravity.dot(centreOfMass(m, w, q: q))
}

/// Kinetic energy [J] at `q` and `v`.
public func kineticEnergy(_ model: Model, _ data: ModelData, q: [Double], v: [Double]) -> Double {
  precondition(q.count == model.positionCount && v.count == model.velocityCount)
  return kineticEnergy(model.kernel, data.workspace, q: q, v: v)
}

/// Potential energy of gravity [J] at `q`.
public func potentialEnergy(_ model: Model, _ data: ModelData, q: [Double]) -> Double {
  precondition(q.count == model.positionCount)
  return potentialEnergy(model.kernel, data.workspace, q: q)
}
