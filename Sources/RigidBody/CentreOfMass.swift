/// Centre of mass of everything in the world [m]; the base's position when the model has no mass.
///
/// First moments of mass summed from the limbs to the base.
@_noLocks public func centreOfMass(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>
) -> Vector3 {
  forwardKinematics(m, w, q: q)
  sumSubtreeMoments(m, w)
  if m.mass == 0 { return w.bodies[0].position }
  return w.bodies[0].position + w.bodies[0].subtreeMoment * (1 / m.mass)
}

/// First moment of mass of each body and its descendants about its origin, after `forwardKinematics`.
@_noLocks func sumSubtreeMoments(_ m: ModelKernel, _ w: Workspace) {
  for i in 0..<m.bodyCount {
    w.bodies[i].subtreeMoment = w.bodies[i].rotation * m.bodies[i].firstMoment
  }
  var i = m.bodyCount - 1
  while i > 0 {
    let parent = Int(m.bodies[i].parent)
    w.bodies[parent].subtreeMoment += w.bodies[i].subtreeMoment + w.bodies[i].offset * m.bodies[i].subtreeMass
    i -= 1
  }
}

/// Centre of mass in the world [m] at the positions `q`.
public func centreOfMass(_ model: Model, _ data: ModelData, q: [Double]) -> Vector3 {
  precondition(q.count == model.positionCount)
  return centreOfMass(model.kernel, data.workspace, q: q)
}
