import CRealMath
import LaneMath

// M = L^T D L in the order of the tree (Featherstone 2008, 6.5): row i of L has entries for the coordinates between i and
// the base only, and no other entry ever appears. Coordinates are numbered so that a subtree is a range. Joints that
// share a coordinate couple limbs: their models are treated as one chain, whose L is full.

/// Which entries of L there are; written once by the model compiler.
struct InertiaPattern: BitwiseCopyable {
  /// Length of v.
  let order: Int
  /// Coordinates between i and the base, ascending: entries starts[i]..<starts[i + 1] of `ancestors`.
  let starts: UnsafePointer<Int32>
  let ancestors: UnsafePointer<Int32>
  /// The coordinates that move with i are i..<ends[i].
  let ends: UnsafePointer<Int32>
  /// Width of right-hand sides in the workspace: room for two matrices, in whole lanes.
  let stride: Int
}

/// Factors M(q): L below the diagonal of `w.factor`, 1 / D on it. A singular M gives infinities or NaN, never a trap.
@_noLocks func factorInertia(_ m: ModelKernel, _ w: Workspace) {
  let n = m.pattern.order
  let l = w.factor
  reduceByMimics(m, w.inertia, into: l)
  var k = n - 1
  while k >= 0 {
    let row = l + k * n
    let inverse = 1 / row[k]
    row[k] = inverse
    let first = Int(m.pattern.starts[k])
    let last = Int(m.pattern.starts[k + 1])
    for a in first..<last {
      let i = Int(m.pattern.ancestors[a])
      let share = row[i] * inverse
      let other = l + i * n
      for b in first...a {
        let j = Int(m.pattern.ancestors[b])
        other[j] -= share * row[j]
      }
    }
    for a in first..<last { row[Int(m.pattern.ancestors[a])] *= inverse }
    k -= 1
  }
}

/// x = M^-1 x in place, after `factorInertia`.
@_noLocks func solveInertia(_ m: ModelKernel, _ w: Workspace, _ x: UnsafeMutablePointer<Double>) {
  let n = m.pattern.order
  var i = n - 1
  while i >= 0 {
    for a in Int(m.pattern.starts[i])..<Int(m.pattern.starts[i + 1]) {
      let j = Int(m.pattern.ancestors[a])
      x[j] -= w.factor[i * n + j] * x[i]
    }
    i -= 1
  }
  for i in 0..<n { x[i] *= w.factor[i * n + i] }
  for i in 0..<n {
    var sum = x[i]
    for a in Int(m.pattern.starts[i])..<Int(m.pattern.starts[i + 1]) {
      let j = Int(m.pattern.ancestors[a])
      sum -= w.factor[i * n + j] * x[j]
    }
    x[i] = sum
  }
}

/// Right-hand sides that `solveInertias` solves at once.
enum RightHandSides {
  /// Rows of which columns 0..<ends[i] may differ from zero in row i, twice: derivatives of a tree.
  case derivatives
  /// The identity. Only the upper triangle of the result is written.
  case identity
}

/// X = M^-1 X in place for the rows of `w.sides`, after `factorInertia`.
@_noLocks func solveInertias(_ m: ModelKernel, _ w: Workspace, _ kind: RightHandSides) {
  let isIdentity: Bool
  switch kind {
  case .identity: isIdentity = true
  case .derivatives: isIdentity = false
  }
  if real_width() == 4 {
    solve(m, w, UnsafeMutableRawPointer(w.sides).assumingMemoryBound(to: Lane4.self), isIdentity)
  } else {
    solve(m, w, UnsafeMutableRawPointer(w.sides).assumingMemoryBound(to: Lane2.self), isIdentity)
  }
}

private func solve<L: Lane>(
  _ m: ModelKernel, _ w: Workspace, _ sides: UnsafeMutablePointer<L>, _ isIdentity: Bool
) {
  let n = m.pattern.order
  let stride = m.pattern.stride / L.width
  let half = stride / 2
  // L^T: what moves with i takes its share from row i; only columns of i's subtree (and, for derivatives, those before
  // it) differ from zero.
  var i = n - 1
  while i >= 0 {
    let first = isIdentity ? i / L.width : 0
    let last = (Int(m.pattern.ends[i]) + L.width - 1) / L.width
    let row = sides + i * stride
    for a in Int(m.pattern.starts[i])..<Int(m.pattern.starts[i + 1]) {
      let j = Int(m.pattern.ancestors[a])
      let share = L(w.factor[i * n + j])
      let other = sides + j * stride
      for c in first..<last { other[c] = L.nmadd(share, row[c], other[c]) }
      if !isIdentity { for c in half..<(half + last) { other[c] = L.nmadd(share, row[c], other[c]) } }
    }
    i -= 1
  }
  // D and L, from the base on.
  for i in 0..<n {
    let row = sides + i * stride
    let inverse = L(w.factor[i * n + i])
    let first = isIdentity ? i / L.width : 0
    let last = isIdentity ? half : stride
    let start = Int(m.pattern.starts[i])
    let end = Int(m.pattern.starts[i + 1])
    var c = first
    while c + 4 <= last {
      var (s0, s1, s2, s3) = (
        row[c] * inverse, row[c + 1] * inverse, row[c + 2] * inverse, row[c + 3] * inverse
      )
      for a in start..<end {
        let j = Int(m.pattern.ancestors[a])
        let share = L(w.factor[i &* n &+ j])
        let other = sides + (j &* stride &+ c)
        s0 = L.nmadd(share, other[0], s0)
        s1 = L.nmadd(share, other[1], s1)
        s2 = L.nmadd(share, other[2], s2)
        s3 = L.nmadd(share, other[3], s3)
      }
      row[c] = s0
      row[c + 1] = s1
      row[c + 2] = s2
      row[c + 3] = s3
      c += 4
    }
    while c < last {
      var sum = row[c] * inverse
      for a in start..<end {
        let j = Int(m.pattern.ancestors[a])
        sum = L.nmadd(L(w.factor[i &* n &+ j]), sides[j &* stride &+ c], sum)
      }
      row[c] = sum
      c += 1
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
  invertInertia(m, w, into: matrix)
}

/// M^-1 after `factorInertia`.
@_noLocks func invertInertia(_ m: ModelKernel, _ w: Workspace, into matrix: UnsafeMutablePointer<Double>) {
  let n = m.velocityCount
  let stride = m.pattern.stride
  for i in 0..<n {
    let row = w.sides + i * stride
    for j in 0..<(stride / 2) { row[j] = 0 }
    row[i] = 1
  }
  solveInertias(m, w, .identity)
  for i in 0..<n {
    for j in i..<n {
      let value = w.sides[i * stride + j]
      matrix[i * n + j] = value
      matrix[j * n + i] = value
    }
  }
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
