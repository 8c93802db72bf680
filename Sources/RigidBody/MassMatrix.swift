import LaneMath

/// Joint-space inertia M(q), velocityCount x velocityCount, row-major and symmetric [kg.m2, kg.m or kg]; armatures stand
/// on the diagonal. The result stands in the workspace until the next call.
///
/// Composite-rigid-body algorithm, Featherstone 2008, table 6.2: the force that moves everything beyond joint
/// i at unit acceleration, felt at every joint between it and the base. All bodies along the base's axes about its
/// origin, so that no force needs a transform. Joints that share a coordinate add up.
@_noLocks public func massMatrix(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>
) -> UnsafePointer<Double> {
  compositeInertia(m, w, q: q)
  if !m.hasMimic { mirrorTree(m.pattern, w.inertia) }
  if !m.hasMimic { return UnsafePointer(w.inertia) }
  reduceByMimics(m, w.inertia, into: w.reduced)
  mirrorUpper(w.reduced, order: m.velocityCount)
  return UnsafePointer(w.reduced)
}

/// The lower triangle of M(q), row-major, with its diagonal: half the writing. What stands above the diagonal is not
/// defined. The result stands in the workspace until the next call.
@_noLocks public func massMatrixLower(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>
) -> UnsafePointer<Double> {
  if m.hasMimic { return massMatrix(m, w, q: q) }
  compositeInertia(m, w, q: q)
  return UnsafePointer(w.inertia)
}

/// Joint-space inertia M(q) into `matrix`: velocityCount^2 numbers.
@_noLocks public func massMatrix(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, into matrix: UnsafeMutablePointer<Double>
) {
  copySquare(m, massMatrix(m, w, q: q), into: matrix)
}

/// Copies a matrix over v.
@_noLocks func copySquare(
  _ m: ModelKernel, _ source: UnsafePointer<Double>, into matrix: UnsafeMutablePointer<Double>
) {
  UnsafeMutableRawPointer(matrix).copyMemory(
    from: source, byteCount: m.velocityCount * m.velocityCount * MemoryLayout<Double>.stride)
}

/// Sums of a symmetric matrix's parts differ in their last bits: the lower triangle becomes the upper one.
@_noLocks private func mirrorUpper(_ matrix: UnsafeMutablePointer<Double>, order: Int) {
  for i in 0..<order { for j in 0..<i { matrix[i * order + j] = matrix[j * order + i] } }
}

/// Copies the elements of a tree below the diagonal of a matrix over v to above it.
@_noLocks private func mirrorTree(_ p: InertiaPattern, _ matrix: UnsafeMutablePointer<Double>) {
  for i in 0..<p.order {
    let row = matrix + i &* p.order
    let column = matrix + i
    let path = p.path(i)
    for a in 0..<p.depth(i) { column[Int(path[a]) &* p.order] = row[Int(path[a])] }
  }
}

/// The lower triangle of M(q) numbered by body into `w.inertia`, and the upper one of models with joints that share a
/// coordinate. What a tree leaves zero stays zero from the workspace's beginning.
@_noLocks func compositeInertia(_ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>) {
  loadPositions(m, w, q)
  poseWaves(m, w, base: .identity)
  composeWaves(m, w)
  switch m.tree.width {
  case 1: project(Waves<Lane1>(m.tree, w.waves), w.inertia)
  case 2: project(Waves<Lane2>(m.tree, w.waves), w.inertia)
  default: project(Waves<Lane4>(m.tree, w.waves), w.inertia)
  }
  if m.isFloating {
    storeBaseRows(m, w)
    storeBaseBlock(m, w)
  }
  if m.hasMimic { mirrorLower(w.inertia, order: m.bodyOrder) }
}

/// Adds up rows and columns of joints that share a coordinate; without such joints a copy.
@_noLocks func reduceByMimics(
  _ m: ModelKernel, _ full: UnsafePointer<Double>, into matrix: UnsafeMutablePointer<Double>
) {
  let order = m.velocityCount
  let bodies = m.bodyOrder
  if !m.hasMimic {
    copySquare(m, full, into: matrix)
    return
  }
  for i in 0..<(order * order) { matrix[i] = 0 }
  for i in 0..<bodies {
    let row = coordinate(m, i)
    for j in 0..<bodies {
      let column = coordinate(m, j)
      matrix[row.index * order + column.index] += row.scale * column.scale * full[i * bodies + j]
    }
  }
}

/// Index in v of entry `i` of what is numbered by body, and by how much it moves with that coordinate.
@_noLocks private func coordinate(_ m: ModelKernel, _ i: Int) -> (index: Int, scale: Double) {
  if i < m.baseCount { return (i, 1) }
  let body = m.bodies + (i - m.baseCount + 1)
  return (Int(body.pointee.velocityIndex), body.pointee.multiplier)
}

/// Screws of all joints, and the composite bodies' columns: after `poseWaves` along the base's axes.
@_noLocks func composeWaves(_ m: ModelKernel, _ w: Workspace) {
  switch m.tree.width {
  case 1: compose(Waves<Lane1>(m.tree, w.waves))
  case 2: compose(Waves<Lane2>(m.tree, w.waves))
  default: compose(Waves<Lane4>(m.tree, w.waves))
  }
  sumAtBase(m.tree, w.waves.shares9, record: 9, into: w.sums)
}

/// Composite moments of mass H and L about the base's origin, from the limbs to the base; then for each joint its
/// screw s = (axis, p x axis) or (0, axis), and I_C s = (tr(L) omega - L omega + H x u, m u + omega x H).
private func compose<L: Lane>(_ t: Waves<L>) {
  let shares = t.memory.shares9.assumingMemoryBound(to: WaveMoments<L>.self)
  let memory = doubles(t.memory.shares9)
  var carried = WaveMoments<L>(.zero, .zero)
  var i = t.count - 1
  while i > 0 {
    let shape = t.shapes[i]
    let c = t.constants + i
    let pose = t.poses + i
    var moments =
      shape.isPrismatic ? momentsAtBase(c, pose.pointee) : WaveMoments(turning: c, pose.pointee)
    if shape.carries { moments = moments + carried }
    var k: Int32 = 0
    while k < shape.rounds {
      moments = moments + WaveMoments(gather: memory, t.childPlaces(shape, k, record: 9))
      k += 1
    }
    carried = moments
    if shape.isGathered { shares[i] = moments }

    let axis = pose.pointee.rotation.columnZ
    let mass = c.pointee.subtreeMass
    if shape.isPrismatic {
      t.screws[i] = WaveSpatial(.zero, axis)
      t.columns[i] = WaveSpatial(moments.first.cross(axis), axis.scaled(mass))
    } else {
      let u = pose.pointee.translation.cross(axis)
      t.screws[i] = WaveSpatial(axis, u)
      let turned = axis.scaled(moments.second.trace) - moments.second.times(axis)
      var force = axis.cross(moments.first)
      if t.tree.bearsMass { force = u.scaled(mass, plus: force) }
      t.columns[i] = WaveSpatial(moments.first.cross(u, plus: turned), force)
    }
    i -= 1
  }
  shares[0] = WaveMoments(t.constants.pointee.firstMoment, t.constants.pointee.secondMoment)
}

/// First and second moments of mass of a body about the base's origin, along the base's axes: with h turned and r the
/// body's origin, H = h + m r, L = R L R^T + r h^T + h r^T + m r r^T.
@inline(__always) func momentsAtBase<L: Lane>(
  _ c: UnsafePointer<WaveConstants<L>>, _ pose: WavePlacement<L>
) -> WaveMoments<L> {
  let h = pose.rotation.times(c.pointee.firstMoment)
  let r = pose.translation
  let first = r.scaled(c.pointee.mass, plus: h)
  let l = c.pointee.secondMoment.rotated(by: pose.rotation)
  return WaveMoments(
    first,
    LaneSymmetric(
      xx: L.madd(r.x, first.x, L.madd(h.x, r.x, l.xx)), xy: L.madd(r.x, first.y, L.madd(h.x, r.y, l.xy)),
      yy: L.madd(r.y, first.y, L.madd(h.y, r.y, l.yy)), xz: L.madd(r.x, first.z, L.madd(h.x, r.z, l.xz)),
      yz: L.madd(r.y, first.z, L.madd(h.y, r.z, l.yz)), zz: L.madd(r.z, first.z, L.madd(h.z, r.z, l.zz))))
}

/// M[i, j] = s_i . I_C s_j for every joint j and every joint i between it and the base.
private func project<L: Lane>(_ t: Waves<L>, _ matrix: UnsafeMutablePointer<Double>) {
  let screws = doubles(t.memory.screws)
  var previous: Int32 = -1
  var column = t.columns.pointee
  for k in 0..<t.tree.columnCount {
    let pair = t.tree.columns[k]
    let wave = Int(pair.wave)
    let isDiagonal = pair.wave != previous
    if isDiagonal { column = t.columns[wave] }
    previous = pair.wave
    let slots = t.tree.ancestors + k &* L.width
    let screw =
      pair.direct >= 0 ? t.screws[Int(pair.direct)] : WaveSpatial(gather: screws, L.places(slots, record: 6))
    var value = screw.dot(column)
    if isDiagonal { value = value + t.constants[wave].armature }
    value.scatter(matrix, t.tree.mirrors + k &* L.width)
  }
}

/// A joint's row has the forces themselves in the base's columns.
@_noLocks private func storeBaseRows(_ m: ModelKernel, _ w: Workspace) {
  let columns = doubles(w.waves.columns)
  let width = m.tree.width
  let order = m.bodyOrder
  for i in 1..<m.bodyCount {
    let slot = Int(m.slots[i])
    let lane = slot & (width - 1)
    let force = columns + ((slot - lane) * 6 + lane)
    let column = i + 5
    let row = w.inertia + column * order
    for c in 0..<6 { row[c] = force[c * width] }
  }
}

/// The spatial inertia of the whole robot about the base's origin, along the base's axes; moments in `w.sums`.
@_noLocks func storeBaseBlock(_ m: ModelKernel, _ w: Workspace) {
  let order = m.bodyOrder
  let matrix = w.inertia
  let h = Vector3(at: w.sums)
  let (xx, xy, yy) = (w.sums[3], w.sums[4], w.sums[5])
  let (xz, yz, zz) = (w.sums[6], w.sums[7], w.sums[8])
  store(Vector3(x: yy + zz, y: -xy, z: -xz), Vector3(x: 0, y: -h.z, z: h.y), at: matrix)
  store(Vector3(x: -xy, y: xx + zz, z: -yz), Vector3(x: h.z, y: 0, z: -h.x), at: matrix + order)
  store(Vector3(x: -xz, y: -yz, z: xx + yy), Vector3(x: -h.y, y: h.x, z: 0), at: matrix + 2 * order)
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
