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
  /// The coordinates of i's limb, what hangs on one joint of the base, are limbStarts[i]..<limbEnds[i].
  let limbStarts: UnsafePointer<Int32>
  let limbEnds: UnsafePointer<Int32>
  /// Columns of one right-hand side in whole lanes; the workspace has room for three of them side by side.
  let columns: Int
  /// Width of a row of right-hand sides.
  var stride: Int { @_noLocks get { 3 * columns } }
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

/// X = M^-1 X in place for `count` matrices side by side in `w.sides`, after `factorInertia`.
///
/// Their rows must be those of a tree: row i zero but for the coordinates between i and the base, and those that move
/// with i. Then a limb's rows need no column of another limb until the base is solved: with L' a limb's part of L and
/// W = -L'^-1 (its columns for the base), the limb's rows are L'^-1 D^-1 L'^-T X + W (the base's rows).
@_noLocks func solveInertias(_ m: ModelKernel, _ w: Workspace, count: Int) {
  if real_width() == 4 {
    solve(m, w, UnsafeMutableRawPointer(w.sides).assumingMemoryBound(to: Lane4.self), count)
  } else {
    solve(m, w, UnsafeMutableRawPointer(w.sides).assumingMemoryBound(to: Lane2.self), count)
  }
}

private func solve<L: Lane>(
  _ m: ModelKernel, _ w: Workspace, _ sides: UnsafeMutablePointer<L>, _ count: Int
) {
  let n = m.pattern.order
  let stride = m.pattern.stride / L.width
  let columns = m.pattern.columns / L.width
  let base = m.baseCount
  let head = (base + L.width - 1) / L.width
  // L^T: what moves with i takes its share from row i.
  var i = n - 1
  while i >= base {
    let first = max(head, Int(m.pattern.limbStarts[i]) / L.width)
    let last = (Int(m.pattern.ends[i]) + L.width - 1) / L.width
    for a in Int(m.pattern.starts[i])..<Int(m.pattern.starts[i + 1]) {
      let j = Int(m.pattern.ancestors[a])
      let share = L(w.factor[i &* n &+ j])
      for copy in 0..<count {
        let row = sides + (i &* stride &+ copy &* columns)
        let other = sides + (j &* stride &+ copy &* columns)
        subtract(share, row, from: other, 0, head)
        subtract(share, row, from: other, first, last)
      }
    }
    i -= 1
  }
  solveBase(w, sides, base: base, order: n, stride: stride, width: columns &* count)
  for i in base..<n {
    let first = max(head, Int(m.pattern.limbStarts[i]) / L.width)
    let last = (Int(m.pattern.limbEnds[i]) + L.width - 1) / L.width
    let inverse = L(w.factor[i &* n &+ i])
    for copy in 0..<count {
      let row = sides + (i &* stride &+ copy &* columns)
      for c in 0..<head { row[c] = row[c] * inverse }
      for c in first..<max(first, last) { row[c] = row[c] * inverse }
      for a in (Int(m.pattern.starts[i]) + base)..<Int(m.pattern.starts[i + 1]) {
        let j = Int(m.pattern.ancestors[a])
        let share = L(w.factor[i &* n &+ j])
        let other = sides + (j &* stride &+ copy &* columns)
        subtract(share, other, from: row, 0, head)
        subtract(share, other, from: row, first, last)
      }
    }
  }
  if base == 6 { addBase(m, w, sides, stride: stride, width: columns &* count) }
}

@inline(__always) private func subtract<L: Lane>(
  _ share: L, _ row: UnsafeMutablePointer<L>, from other: UnsafeMutablePointer<L>, _ first: Int, _ last: Int
) {
  var c = first
  while c < last {
    other[c] = L.nmadd(share, row[c], other[c])
    c &+= 1
  }
}

/// The base's rows: L^T, D and L of its six coordinates.
@inline(__always) private func solveBase<L: Lane>(
  _ w: Workspace, _ sides: UnsafeMutablePointer<L>, base: Int, order n: Int, stride: Int, width: Int
) {
  var i = base - 1
  while i > 0 {
    for j in 0..<i { subtract(L(w.factor[i * n + j]), sides + i * stride, from: sides + j * stride, 0, width) }
    i -= 1
  }
  for i in 0..<base {
    let row = sides + i * stride
    let inverse = L(w.factor[i * n + i])
    for c in 0..<width { row[c] = row[c] * inverse }
    for j in 0..<i { subtract(L(w.factor[i * n + j]), sides + j * stride, from: row, 0, width) }
  }
}

/// Adds W times the base's six rows to every other row. W goes into the factor's columns for the base, negated.
@inline(__always) private func addBase<L: Lane>(
  _ m: ModelKernel, _ w: Workspace, _ sides: UnsafeMutablePointer<L>, stride: Int, width: Int
) {
  let n = m.pattern.order
  for i in 6..<n {
    let shares = w.factor + i &* n
    for a in (Int(m.pattern.starts[i]) + 6)..<Int(m.pattern.starts[i + 1]) {
      let j = Int(m.pattern.ancestors[a])
      let share = shares[j]
      for b in 0..<6 { shares[b] -= share * w.factor[j &* n &+ b] }
    }
    let row = sides + i &* stride
    let (s0, s1, s2) = (L(shares[0]), L(shares[1]), L(shares[2]))
    let (s3, s4, s5) = (L(shares[3]), L(shares[4]), L(shares[5]))
    var b0 = sides
    var c = 0
    while c < width {
      var sum = L.nmadd(s0, b0[0], row[c])
      sum = L.nmadd(s1, b0[stride], sum)
      sum = L.nmadd(s2, b0[2 &* stride], sum)
      sum = L.nmadd(s3, b0[3 &* stride], sum)
      sum = L.nmadd(s4, b0[4 &* stride], sum)
      row[c] = L.nmadd(s5, b0[5 &* stride], sum)
      b0 += 1
      c &+= 1
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

/// M^-1 after `factorInertia`, which it spoils.
@_noLocks func invertInertia(_ m: ModelKernel, _ w: Workspace, into matrix: UnsafeMutablePointer<Double>) {
  setIdentity(m, w, copy: 0)
  solveInertias(m, w, count: 1)
  readSymmetric(m, w, copy: 0, into: matrix)
}

/// The identity as right-hand side `copy`.
@_noLocks func setIdentity(_ m: ModelKernel, _ w: Workspace, copy: Int) {
  for i in 0..<m.velocityCount {
    let row = w.sides + (i * m.pattern.stride + copy * m.pattern.columns)
    for j in 0..<m.pattern.columns { row[j] = 0 }
    row[i] = 1
  }
}

/// A symmetric solution: its upper triangle, twice.
@_noLocks func readSymmetric(
  _ m: ModelKernel, _ w: Workspace, copy: Int, into matrix: UnsafeMutablePointer<Double>
) {
  let n = m.velocityCount
  for i in 0..<n {
    let row = w.sides + (i * m.pattern.stride + copy * m.pattern.columns)
    for j in i..<n {
      matrix[i * n + j] = row[j]
      matrix[j * n + i] = row[j]
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
