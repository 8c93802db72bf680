/// Generalised forces that hold the robot still against gravity, velocityCount numbers into `tau` [N.m or N].
///
/// Equal to inverse dynamics at rest; computed from first moments of mass alone: the weight of everything
/// beyond a joint acts at that part's centre of mass. The base's six are moment and force in the base's axes.
@_noLocks public func gravity(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, into tau: UnsafeMutablePointer<Double>
) {
  forwardKinematics(m, w, q: q)
  sumSubtreeMoments(m, w)
  for i in 0..<m.velocityCount { tau[i] = 0 }
  for i in 1..<m.bodyCount {
    let axis = w.bodies[i].rotation.columnZ
    let torque =
      m.bodies[i].isPrismatic
      ? -axis.dot(m.gravity) * m.bodies[i].subtreeMass
      : -axis.dot(w.bodies[i].subtreeMoment.cross(m.gravity))
    tau[Int(m.bodies[i].velocityIndex)] += m.bodies[i].multiplier * torque
  }
  if !m.isFloating { return }
  let moment = w.bodies[0].subtreeMoment.cross(m.gravity)
  (-w.bodies[0].rotation.transposedTimes(moment)).store(at: tau)
  (-w.bodies[0].rotation.transposedTimes(m.gravity * m.mass)).store(at: tau + 3)
}

/// Generalised forces that hold the robot still against gravity at the positions `q` [N.m or N].
public func gravity(_ model: Model, _ data: ModelData, q: [Double]) -> [Double] {
  precondition(q.count == model.positionCount)
  var tau = [Double](repeating: 0, count: model.velocityCount)
  gravity(model.kernel, data.workspace, q: q, into: &tau)
  return tau
}
