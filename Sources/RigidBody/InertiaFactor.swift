import CRealMath
import LaneMath

/// Factors M(q): rows of L into `w.factor`, 1 / D into `w.pivots`; see InertiaPattern.swift. From the lower triangle of
/// `w.inertia`. A singular M gives infinities or NaN, never a trap.
@_noLocks func factorInertia(_ m: ModelKernel, _ w: Workspace) {
  packInertia(m, w)
  if real_width() == 4 {
    factor(m.pattern, w, UnsafeMutableRawPointer(w.factor).assumingMemoryBound(to: Lane4.self))
  } else {
    factor(m.pattern, w, UnsafeMutableRawPointer(w.factor).assumingMemoryBound(to: Lane2.self))
  }
}

/// The lower triangle in packed rows.
@_noLocks private func packInertia(_ m: ModelKernel, _ w: Workspace) {
  let p = m.pattern
  var source = UnsafePointer(w.inertia)
  if m.hasMimic {
    reduceByMimics(m, w.inertia, into: w.reduced)
    source = UnsafePointer(w.reduced)
  }
  for i in 0..<p.order {
    let row = w.factor + Int(p.rowStarts[i])
    let path = p.path(i)
    for a in 0..<p.depth(i) { row[a] = source[Int(path[a])] }
    w.pivots[i] = source[i]
    source += p.order
  }
}

/// Rows from the limbs to the base: each takes itself out of its ancestors' rows. A row is summed in whole lanes; what
/// they leave behind its end is cleared before it is read.
private func factor<L: Lane>(_ p: InertiaPattern, _ w: Workspace, _ lanes: UnsafeMutablePointer<L>) {
  var k = p.order - 1
  while k >= 0 {
    let row = w.factor + Int(p.rowStarts[k])
    let depth = p.depth(k)
    for a in depth..<((depth + 3) & ~3) { row[a] = 0 }
    let inverse = 1 / w.pivots[k]
    w.pivots[k] = inverse
    let own = lanes + Int(p.rowStarts[k]) / L.width
    let path = p.path(k)
    for a in 0..<depth {
      let j = Int(path[a])
      let share = row[a] * inverse
      w.pivots[j] -= share * row[a]
      subtract(L(share), own, from: lanes + Int(p.rowStarts[j]) / L.width, (a + L.width - 1) / L.width)
    }
    let scale = L(inverse)
    for c in 0..<((depth + L.width - 1) / L.width) { own[c] = own[c] * scale }
    k -= 1
  }
}

@inline(__always) private func subtract<L: Lane>(
  _ share: L, _ row: UnsafeMutablePointer<L>, from other: UnsafeMutablePointer<L>, _ count: Int
) {
  var c = 0
  while c < count {
    other[c] = L.nmadd(share, row[c], other[c])
    c &+= 1
  }
}

/// x = M^-1 x in place, after `factorInertia`.
@_noLocks func solveInertia(_ m: ModelKernel, _ w: Workspace, _ x: UnsafeMutablePointer<Double>) {
  let p = m.pattern
  var i = p.order - 1
  while i >= 0 {
    let row = w.factor + Int(p.rowStarts[i])
    let path = p.path(i)
    for a in 0..<p.depth(i) { x[Int(path[a])] -= row[a] * x[i] }
    i -= 1
  }
  for i in 0..<p.order {
    let row = w.factor + Int(p.rowStarts[i])
    let path = p.path(i)
    var sum = x[i] * w.pivots[i]
    for a in 0..<p.depth(i) { sum -= row[a] * x[Int(path[a])] }
    x[i] = sum
  }
}

/// Turns the rows of L into those of -L^-1, which has the same entries, after `factorInertia`: with T that, T_i = L_i less
/// the sum over the path of L_ik T_k.
@_noLocks func invertFactor(_ m: ModelKernel, _ w: Workspace) {
  if real_width() == 4 {
    invert(m.pattern, w, UnsafeMutableRawPointer(w.factor).assumingMemoryBound(to: Lane4.self))
  } else {
    invert(m.pattern, w, UnsafeMutableRawPointer(w.factor).assumingMemoryBound(to: Lane2.self))
  }
}

private func invert<L: Lane>(_ p: InertiaPattern, _ w: Workspace, _ lanes: UnsafeMutablePointer<L>) {
  for i in 0..<p.order {
    let row = w.factor + Int(p.rowStarts[i])
    let own = lanes + Int(p.rowStarts[i]) / L.width
    let path = p.path(i)
    for a in 0..<p.depth(i) {
      let above = lanes + Int(p.rowStarts[Int(path[a])]) / L.width
      subtract(L(row[a]), above, from: own, (a + L.width - 1) / L.width)
    }
  }
}

/// M(q)^-1 b into `x`, which may be the memory of `b`: velocityCount numbers.
@_noLocks public func inverseMassProduct(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, _ b: UnsafePointer<Double>,
  into x: UnsafeMutablePointer<Double>
) {
  compositeInertia(m, w, q: q)
  factorInertia(m, w)
  for i in 0..<m.velocityCount { x[i] = b[i] }
  solveInertia(m, w, x)
}

/// M(q)^-1, velocityCount x velocityCount, row-major and symmetric, into `matrix`.
@_noLocks public func inverseMassMatrix(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, into matrix: UnsafeMutablePointer<Double>
) {
  compositeInertia(m, w, q: q)
  factorInertia(m, w)
  invertFactor(m, w)
  solveIdentity(m, w, into: matrix)
}

/// M(q)^-1 b.
public func inverseMassProduct(_ model: Model, _ data: ModelData, q: [Double], _ b: [Double]) -> [Double] {
  precondition(q.count == model.positionCount && b.count == model.velocityCount)
  var x = b
  inverseMassProduct(model.kernel, data.workspace, q: q, b, into: &x)
  return x
}

/// M(q)^-1, one array a row.
public func inverseMassMatrix(_ model: Model, _ data: ModelData, q: [Double]) -> [[Double]] {
  precondition(q.count == model.positionCount)
  let order = model.velocityCount
  var flat = [Double](repeating: 0, count: order * order)
  inverseMassMatrix(model.kernel, data.workspace, q: q, into: &flat)
  return rows(flat, order)
}
