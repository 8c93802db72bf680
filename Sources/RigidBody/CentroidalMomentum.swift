import LaneMath

/// Centroidal momentum map A(q), 6 x velocityCount, row-major: A v is the robot's angular momentum about its centre of
/// mass [kg.m2/s] (rows 0...2) and its linear momentum [kg.m/s] (rows 3...5), along world axes.
///
/// Orin, Goswami and Lee 2013; the columns are the composite bodies' forces of `massMatrix`, moved to the centre of mass.
@_noLocks public func centroidalMomentumMap(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, into map: UnsafeMutablePointer<Double>
) {
  loadPositions(m, w, q)
  poseWaves(m, w, base: .identity)
  composeWaves(m, w)
  let columns = m.velocityCount
  let rotation = baseRotation(m, q)
  let first = Vector3(at: w.sums)
  let centre = m.mass == 0 ? .zero : first * (1 / m.mass)
  for i in 0..<(6 * columns) { map[i] = 0 }
  let forces = doubles(w.waves.columns)
  let width = m.tree.width
  for i in 1..<m.bodyCount {
    let slot = Int(m.slots[i])
    let lane = slot & (width - 1)
    let f = forces + ((slot - lane) * 6 + lane)
    let force = Vector3(x: f[3 * width], y: f[4 * width], z: f[5 * width]) * m.bodies[i].multiplier
    let moment = Vector3(x: f[0], y: f[width], z: f[2 * width]) * m.bodies[i].multiplier
    addColumn(
      rotation * (moment - centre.cross(force)), rotation * force, to: map + Int(m.bodies[i].velocityIndex),
      columns)
  }
  if !m.isFloating { return }
  let s = w.sums
  let second = SymmetricMatrix3(xx: s[3], xy: s[4], xz: s[6], yy: s[5], yz: s[7], zz: s[8])
  let trace = second.xx + second.yy + second.zz
  for k in 0..<3 {
    let axis = Vector3(x: k == 0 ? 1 : 0, y: k == 1 ? 1 : 0, z: k == 2 ? 1 : 0)
    let force = axis.cross(first)
    let moment = axis * trace - second * axis
    addColumn(rotation * (moment - centre.cross(force)), rotation * force, to: map + k, columns)
    // About the centre of mass a translation has no angular momentum.
    addColumn(.zero, rotation * (axis * m.mass), to: map + k + 3, columns)
  }
}

/// Jacobian of the centre of mass, 3 x velocityCount, row-major: J v is its velocity [m/s] along world axes.
@_noLocks public func centreOfMassJacobian(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, into jacobian: UnsafeMutablePointer<Double>
) {
  loadPositions(m, w, q)
  poseWaves(m, w, base: .identity)
  composeWaves(m, w)
  let columns = m.velocityCount
  let rotation = baseRotation(m, q)
  let scale = m.mass == 0 ? 0 : 1 / m.mass
  for i in 0..<(3 * columns) { jacobian[i] = 0 }
  let forces = doubles(w.waves.columns)
  let width = m.tree.width
  for i in 1..<m.bodyCount {
    let slot = Int(m.slots[i])
    let lane = slot & (width - 1)
    let f = forces + ((slot - lane) * 6 + lane)
    let force = Vector3(x: f[3 * width], y: f[4 * width], z: f[5 * width])
    let speed = rotation * (force * (m.bodies[i].multiplier * scale))
    let column = jacobian + Int(m.bodies[i].velocityIndex)
    column[0] += speed.x
    column[columns] += speed.y
    column[2 * columns] += speed.z
  }
  if !m.isFloating { return }
  let centre = Vector3(at: w.sums) * scale
  for k in 0..<3 {
    let axis = Vector3(x: k == 0 ? 1 : 0, y: k == 1 ? 1 : 0, z: k == 2 ? 1 : 0)
    let turned = rotation * axis.cross(centre)
    let moved = rotation * axis
    jacobian[k] = turned.x
    jacobian[columns + k] = turned.y
    jacobian[2 * columns + k] = turned.z
    jacobian[k + 3] = moved.x
    jacobian[columns + k + 3] = moved.y
    jacobian[2 * columns + k + 3] = moved.z
  }
}

@_noLocks private func addColumn(
  _ moment: Vector3, _ force: Vector3, to column: UnsafeMutablePointer<Double>, _ stride: Int
) {
  column[0] += moment.x
  column[stride] += moment.y
  column[2 * stride] += moment.z
  column[3 * stride] += force.x
  column[4 * stride] += force.y
  column[5 * stride] += force.z
}

/// Centroidal momentum map at the positions `q`: 6 rows of velocityCount, angular first.
public func centroidalMomentumMap(_ model: Model, _ data: ModelData, q: [Double]) -> [[Double]] {
  precondition(q.count == model.positionCount)
  var flat = [Double](repeating: 0, count: 6 * model.velocityCount)
  centroidalMomentumMap(model.kernel, data.workspace, q: q, into: &flat)
  return rows(flat, 6, model.velocityCount)
}

/// Jacobian of the centre of mass at the positions `q`: 3 rows of velocityCount.
public func centreOfMassJacobian(_ model: Model, _ data: ModelData, q: [Double]) -> [[Double]] {
  precondition(q.count == model.positionCount)
  var flat = [Double](repeating: 0, count: 3 * model.velocityCount)
  centreOfMassJacobian(model.kernel, data.workspace, q: q, into: &flat)
  return rows(flat, 3, model.velocityCount)
}
