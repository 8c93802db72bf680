/// Joint-space inertia M(q), velocityCount x velocityCount, row-major and symmetric, into `matrix`
/// [kg.m2, kg.m or kg]; armatures stand on the diagonal.
///
/// Composite-rigid-body algorithm, Featherstone 2008, table 6.2: the force that moves everything beyond joint
/// i at unit acceleration, felt at every joint between it and the base. Joints that share a coordinate add
/// up.
@_noLocks public func massMatrix(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, into matrix: UnsafeMutablePointer<Double>
) {
  forwardKinematics(m, w, q: q)
  sumSubtreeMoments(m, w)
  sumSubtreeInertias(m, w)
  let order = m.velocityCount
  for i in 0..<(order * order) { matrix[i] = 0 }
  for i in 1..<m.bodyCount {
    let multiplier = m.bodies[i].multiplier
    let axis = w.bodies[i].rotation.columnZ * multiplier
    let k = Int(m.bodies[i].velocityIndex)
    var force: Vector3
    var moment: Vector3
    if m.bodies[i].isPrismatic {
      force = axis * m.bodies[i].subtreeMass
      moment = w.bodies[i].subtreeMoment.cross(axis)
      matrix[k * order + k] += axis.dot(force)
    } else {
      force = axis.cross(w.bodies[i].subtreeMoment)
      moment = w.bodies[i].subtreeInertia * axis
      matrix[k * order + k] += axis.dot(moment)
    }
    matrix[k * order + k] += multiplier * multiplier * m.bodies[i].armature

    var j = i
    while true {
      moment += w.bodies[j].offset.cross(force)
      j = Int(m.bodies[j].parent)
      if j <= 0 { break }
      let other = w.bodies[j].rotation.columnZ.dot(m.bodies[j].isPrismatic ? force : moment)
      let value = other * m.bodies[j].multiplier
      let l = Int(m.bodies[j].velocityIndex)
      matrix[k * order + l] += value
      matrix[l * order + k] += value
    }
    if m.isFloating {
      addBaseColumn(moment: moment, force: force, rotation: w.bodies[0].rotation, k, matrix, order)
    }
  }
  if m.isFloating { storeBaseBlock(m, w, matrix) }
}

/// Rotational inertia of each body and its descendants about its origin, after `sumSubtreeMoments`.
@_noLocks private func sumSubtreeInertias(_ m: ModelKernel, _ w: Workspace) {
  for i in 0..<m.bodyCount {
    w.bodies[i].subtreeInertia = m.bodies[i].inertia.rotated(by: w.bodies[i].rotation)
  }
  var i = m.bodyCount - 1
  while i > 0 {
    let parent = w.bodies + Int(m.bodies[i].parent)
    let r = w.bodies[i].offset
    // Moving the reference by r: I + (terms of r and h) + m (terms of r and r).
    parent.pointee.subtreeInertia += w.bodies[i].subtreeInertia
    parent.pointee.subtreeInertia += .parallelAxis(
      r, w.bodies[i].subtreeMoment + r * (0.5 * m.bodies[i].subtreeMass))
    i -= 1
  }
}

@_noLocks private func addBaseColumn(
  moment: Vector3, force: Vector3, rotation: Matrix3, _ k: Int, _ matrix: UnsafeMutablePointer<Double>,
  _ order: Int
) {
  let n = rotation.transposedTimes(moment)
  let f = rotation.transposedTimes(force)
  matrix[k] += n.x
  matrix[order + k] += n.y
  matrix[2 * order + k] += n.z
  matrix[3 * order + k] += f.x
  matrix[4 * order + k] += f.y
  matrix[5 * order + k] += f.z
  let row = matrix + k * order
  for i in 0..<6 { row[i] = matrix[i * order + k] }
}

/// The spatial inertia of the whole robot about the base's origin, along the base's axes.
@_noLocks private func storeBaseBlock(
  _ m: ModelKernel, _ w: Workspace, _ matrix: UnsafeMutablePointer<Double>
) {
  let order = m.velocityCount
  let rotation = w.bodies[0].rotation
  let inertia = w.bodies[0].subtreeInertia.rotated(by: rotation.transposed)
  let h = rotation.transposedTimes(w.bodies[0].subtreeMoment)
  store(Vector3(x: inertia.xx, y: inertia.xy, z: inertia.xz), Vector3(x: 0, y: -h.z, z: h.y), at: matrix)
  store(
    Vector3(x: inertia.xy, y: inertia.yy, z: inertia.yz), Vector3(x: h.z, y: 0, z: -h.x), at: matrix + order)
  store(
    Vector3(x: inertia.xz, y: inertia.yz, z: inertia.zz), Vector3(x: -h.y, y: h.x, z: 0),
    at: matrix + 2 * order)
  store(Vector3(x: 0, y: h.z, z: -h.y), Vector3(x: m.mass, y: 0, z: 0), at: matrix + 3 * order)
  store(Vector3(x: -h.z, y: 0, z: h.x), Vector3(x: 0, y: m.mass, z: 0), at: matrix + 4 * order)
  store(Vector3(x: h.y, y: -h.x, z: 0), Vector3(x: 0, y: 0, z: m.mass), at: matrix + 5 * order)
}

@_noLocks private func store(
  _ angular: Vector3, _ linear: Vector3, at row: UnsafeMutablePointer<Double>
) {
  angular.store(at: row)
  linear.store(at: row + 3)
}

/// Joint-space inertia at the positions `q`, one array a row.
public func massMatrix(_ model: Model, _ data: ModelData, q: [Double]) -> [[Double]] {
  precondition(q.count == model.positionCount)
  let order = model.velocityCount
  var flat = [Double](repeating: 0, count: order * order)
  massMatrix(model.kernel, data.workspace, q: q, into: &flat)
  return (0..<order).map { Array(flat[($0 * order)..<(($0 + 1) * order)]) }
}
