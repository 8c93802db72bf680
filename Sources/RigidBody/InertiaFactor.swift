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
  /// Width of a row of three right-hand sides.
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

/// Right-hand sides of `solveInertias`: `count` matrices, interleaved by blocks of as many columns as the processor has
/// lanes, so that a range of columns is one range of memory for all of them.
struct RightHandSides {
  private let rows: UnsafeMutablePointer<Double>
  private let order: Int
  private let stride: Int
  private let count: Int

  @_noLocks init(_ m: ModelKernel, _ w: Workspace, count: Int) {
    rows = w.sides
    order = m.velocityCount
    stride = m.pattern.columns * count
    self.count = count
  }

  /// Element j of a row of matrix `copy` stands at this place.
  @inline(__always) @_noLocks private func place(_ j: Int, _ copy: Int) -> Int {
    let lanes = Int(real_width())
    let lane = j & (lanes - 1)
    return (j - lane) &* count &+ copy &* lanes &+ lane
  }

  /// Minus a matrix. 0 - x, not -x: no zero is negative, whatever lanes work on it.
  @_noLocks func setNegated(_ matrix: UnsafePointer<Double>, _ copy: Int) {
    let width = stride / count
    for i in 0..<order {
      let row = rows + i &* stride
      let source = matrix + i &* order
      for j in 0..<order { row[place(j, copy)] = 0 - source[j] }
      for j in order..<width { row[place(j, copy)] = 0 }
    }
  }

  /// The identity.
  @_noLocks func setIdentity(_ copy: Int) {
    let width = stride / count
    for i in 0..<order {
      let row = rows + i &* stride
      for j in 0..<width { row[place(j, copy)] = 0 }
      row[place(i, copy)] = 1
    }
  }

  /// The solution.
  @_noLocks func read(_ copy: Int, into matrix: UnsafeMutablePointer<Double>) {
    for i in 0..<order {
      let row = rows + i &* stride
      let target = matrix + i &* order
      for j in 0..<order { target[j] = row[place(j, copy)] }
    }
  }

  /// A symmetric solution: its upper triangle, twice.
  @_noLocks func readSymmetric(_ copy: Int, into matrix: UnsafeMutablePointer<Double>) {
    for i in 0..<order {
      let row = rows + i &* stride
      for j in i..<order {
        let value = row[place(j, copy)]
        matrix[i &* order &+ j] = value
        matrix[j &* order &+ i] = value
      }
    }
  }
}

/// X = M^-1 X in place for `count` matrices in `w.sides`, after `factorInertia`; spoils the factors.
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
  let p = m.pattern
  let n = p.order
  let stride = p.columns / L.width * count
  let base = m.baseCount
  let head = (base + L.width - 1) / L.width * count
  // L^T: what moves with i takes its share from row i.
  var i = n - 1
  while i >= base {
    let first = max(head, Int(p.limbStarts[i]) / L.width * count)
    let last = (Int(p.ends[i]) + L.width - 1) / L.width * count
    let row = sides + i &* stride
    if base == 6 {
      subtractFromBase(w.factor + i &* n, row, sides, stride, 0, head)
      subtractFromBase(w.factor + i &* n, row, sides, stride, first, last)
    }
    for a in (Int(p.starts[i]) + base)..<Int(p.starts[i + 1]) {
      let j = Int(p.ancestors[a])
      let share = L(w.factor[i &* n &+ j])
      subtract(share, row, from: sides + j &* stride, 0, head)
      subtract(share, row, from: sides + j &* stride, first, last)
    }
    i -= 1
  }
  solveBase(w, sides, base: base, order: n, stride: stride, width: stride)
  for i in base..<n {
    let first = max(head, Int(p.limbStarts[i]) / L.width * count)
    let last = (Int(p.limbEnds[i]) + L.width - 1) / L.width * count
    let inverse = L(w.factor[i &* n &+ i])
    let row = sides + i &* stride
    for c in 0..<head { row[c] = row[c] * inverse }
    for c in first..<max(first, last) { row[c] = row[c] * inverse }
    for a in (Int(p.starts[i]) + base)..<Int(p.starts[i + 1]) {
      let j = Int(p.ancestors[a])
      let share = L(w.factor[i &* n &+ j])
      subtract(share, sides + j &* stride, from: row, 0, head)
      subtract(share, sides + j &* stride, from: row, first, last)
    }
  }
  if base == 6 { addBase(m, w, sides, stride: stride, width: stride) }
}

/// Row i's shares in the base's six rows.
@inline(__always) private func subtractFromBase<L: Lane>(
  _ shares: UnsafePointer<Double>, _ row: UnsafeMutablePointer<L>, _ base: UnsafeMutablePointer<L>,
  _ stride: Int, _ first: Int, _ last: Int
) {
  let (s0, s1, s2) = (L(shares[0]), L(shares[1]), L(shares[2]))
  let (s3, s4, s5) = (L(shares[3]), L(shares[4]), L(shares[5]))
  var c = first
  while c < last {
    let x = row[c]
    let b = base + c
    b[0] = L.nmadd(s0, x, b[0])
    b[stride] = L.nmadd(s1, x, b[stride])
    b[2 &* stride] = L.nmadd(s2, x, b[2 &* stride])
    b[3 &* stride] = L.nmadd(s3, x, b[3 &* stride])
    b[4 &* stride] = L.nmadd(s4, x, b[4 &* stride])
    b[5 &* stride] = L.nmadd(s5, x, b[5 &* stride])
    c &+= 1
  }
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
    for j in 0..<i {
      subtract(L(w.factor[i * n + j]), sides + i * stride, from: sides + j * stride, 0, width)
    }
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
    var b0 = UnsafePointer(sides)
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
  let sides = RightHandSides(m, w, count: 1)
  sides.setIdentity(0)
  solveInertias(m, w, count: 1)
  sides.readSymmetric(0, into: matrix)
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
