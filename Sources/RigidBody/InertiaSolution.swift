import CRealMath
import LaneMath

// X = M^-1 A for matrices with the pattern of a tree: column j has entries for the coordinates between j and the base and
// for those that move with j. With T = -L^-1 (`invertFactor`), whose rows have the entries of L,
//
//     Y_k = (A_k - sum over i beyond k of T_ik A_i) / D_k       X_i = Y_i - sum over k on i's path of T_ik Y_k
//
// Both are sums of rows, without an order to keep: as many columns as there are registers are summed at once. A limb's
// columns meet no row of another limb in the first, and only the rows between both and the base in the second.

/// -M^-1 A and -M^-1 B for the derivatives A by positions and B by velocities in `given`, and M^-1, after `invertFactor`.
@_noLocks func solveDerivatives(
  _ m: ModelKernel, _ w: Workspace, _ given: DerivativePointers, byPosition: UnsafeMutablePointer<Double>,
  byVelocity: UnsafeMutablePointer<Double>, byForce: UnsafeMutablePointer<Double>
) {
  if real_width() == 4 {
    solve(m.pattern, w, Lane4(0), given, byPosition, byVelocity, byForce)
  } else {
    solve(m.pattern, w, Lane2(0), given, byPosition, byVelocity, byForce)
  }
  mirrorLower(byForce, order: m.pattern.order)
}

/// M^-1 into `matrix`, after `invertFactor`.
@_noLocks func solveIdentity(_ m: ModelKernel, _ w: Workspace, into matrix: UnsafeMutablePointer<Double>) {
  if real_width() == 4 {
    solve(m.pattern, w, Lane4(0), matrix)
  } else {
    solve(m.pattern, w, Lane2(0), matrix)
  }
  mirrorLower(matrix, order: m.pattern.order)
}

/// The lower triangle becomes the upper one.
@_noLocks func mirrorLower(_ matrix: UnsafeMutablePointer<Double>, order: Int) {
  for i in 0..<order { for j in 0..<i { matrix[j &* order &+ i] = matrix[i &* order &+ j] } }
}

private func solve<L: Lane>(
  _ p: InertiaPattern, _ w: Workspace, _: L, _ given: DerivativePointers,
  _ byPosition: UnsafeMutablePointer<Double>, _ byVelocity: UnsafeMutablePointer<Double>,
  _ byForce: UnsafeMutablePointer<Double>
) {
  for k in 0..<p.panelCount {
    let panel = Panel<L>(p, w, index: k, matrices: 2)
    panel.load(given.byPosition, given.byVelocity)
    panel.descend()
    panel.ascend(from: 0, byPosition, byVelocity)
    let identity = Panel<L>(p, w, index: k, matrices: 1)
    identity.setIdentity()
    identity.ascend(from: identity.column, byForce, byForce)
  }
}

private func solve<L: Lane>(
  _ p: InertiaPattern, _ w: Workspace, _: L, _ matrix: UnsafeMutablePointer<Double>
) {
  for k in 0..<p.panelCount {
    let panel = Panel<L>(p, w, index: k, matrices: 1)
    panel.setIdentity()
    panel.ascend(from: panel.column, matrix, matrix)
  }
}

/// The columns of a panel, of one matrix or of two side by side: a row of the workspace for each coordinate.
private struct Panel<L: Lane> {
  let p: InertiaPattern
  let w: Workspace
  let sides: UnsafeMutablePointer<L>
  let rows: UnsafePointer<Int32>
  let rowCount: Int
  let reaches: UnsafePointer<Int32>
  let column: Int
  /// Lanes of a matrix, of a row, and whole ones of a matrix that lie within its columns.
  let lanes: Int
  let stride: Int
  let whole: Int

  @inline(__always) init(_ p: InertiaPattern, _ w: Workspace, index: Int, matrices: Int) {
    self.p = p
    self.w = w
    sides = UnsafeMutableRawPointer(w.sides).assumingMemoryBound(to: L.self)
    let panel = p.panels + index
    rows = p.rows + Int(panel.pointee.firstRow)
    rowCount = Int(panel.pointee.rowCount)
    reaches = p.reaches + index &* p.order
    column = Int(panel.pointee.column)
    lanes = Int(panel.pointee.width) / L.width
    stride = lanes &* matrices
    whole = min(lanes, (p.order &- column) / L.width)
  }

  /// Two right-hand sides. Reads up to three numbers behind a matrix's end, which are never used.
  @inline(__always) func load(_ first: UnsafePointer<Double>, _ second: UnsafePointer<Double>) {
    for t in 0..<rowCount {
      let i = Int(rows[t])
      let place = i &* p.order &+ column
      let row = sides + i &* stride
      for c in 0..<lanes {
        row[c] = L(from: first + (place &+ c &* L.width))
        row[c &+ lanes] = L(from: second + (place &+ c &* L.width))
      }
    }
  }

  /// Y of the identity: column j holds T_jk / D_k in row k of its path, less its sign, and 1 / D_j.
  @inline(__always) func setIdentity() {
    for t in 0..<rowCount {
      let row = sides + Int(rows[t]) &* stride
      for c in 0..<lanes { row[c] = L(0) }
    }
    let cells = UnsafeMutableRawPointer(sides).assumingMemoryBound(to: Double.self)
    let step = stride &* L.width
    for j in column..<min(column &+ lanes &* L.width, p.order) {
      let cell = cells + (j &- column)
      let path = p.path(j)
      let shares = w.factor + Int(p.rowStarts[j])
      for a in 0..<p.depth(j) {
        let k = Int(path[a])
        cell[k &* step] = 0 - shares[a] * w.pivots[k]
      }
      cell[j &* step] = w.pivots[j]
    }
  }

  /// The right-hand sides become -Y, from the base to the limbs.
  @inline(__always) func descend() {
    var c = 0
    // Widths one by one, not a switch: its jump table would be an indirect jump.
    while stride &- c >= 9 || stride &- c == 6 {
      descend(Tile6<L>(), c)
      c &+= 6
    }
    while stride &- c >= 7 || stride &- c == 4 {
      descend(Tile4<L>(), c)
      c &+= 4
    }
    if stride &- c >= 3 {
      descend(Tile3<L>(), c)
      c &+= 3
    }
    if stride &- c == 2 { descend(Tile2<L>(), c) }
    if stride &- c == 1 { descend(Tile1<L>(), c) }
  }

  @inline(__always) private func descend<T: LaneTile>(_: T, _ c: Int) where T.L == L {
    for t in 0..<rowCount {
      let k = Int(rows[t])
      let depth = p.depth(k)
      let end = p.ends[k]
      let own = sides + (k &* stride &+ c)
      var sum = T(own)
      var u = t &+ 1
      while u < rowCount {
        let row = rows[u]
        if row >= end { break }
        let i = Int(row)
        sum.subtract(L(w.factor[Int(p.rowStarts[i]) &+ depth]), sides + (i &* stride &+ c))
        u &+= 1
      }
      sum.store(L(0 - w.pivots[k]), own)
    }
  }

  /// X for the rows from `start` on: of the first matrix's columns, then of the second's.
  @inline(__always)
  func ascend(
    from start: Int, _ first: UnsafeMutablePointer<Double>, _ second: UnsafeMutablePointer<Double>
  ) {
    let target = LaneTarget(
      first: first + column, second: second + column, lanes: lanes, whole: whole, columns: p.order &- column)
    var c = 0
    // Widths one by one, not a switch: its jump table would be an indirect jump.
    while stride &- c >= 9 || stride &- c == 6 {
      ascend(Tile6<L>(), start, c, target)
      c &+= 6
    }
    while stride &- c >= 7 || stride &- c == 4 {
      ascend(Tile4<L>(), start, c, target)
      c &+= 4
    }
    if stride &- c >= 3 {
      ascend(Tile3<L>(), start, c, target)
      c &+= 3
    }
    if stride &- c == 2 { ascend(Tile2<L>(), start, c, target) }
    if stride &- c == 1 { ascend(Tile1<L>(), start, c, target) }
  }

  @inline(__always)
  private func ascend<T: LaneTile>(_: T, _ start: Int, _ c: Int, _ target: LaneTarget)
  where T.L == L {
    var t = 0
    let base = sides + c
    for i in start..<p.order {
      while t < rowCount && Int(rows[t]) < i { t &+= 1 }
      let isOwn = t < rowCount && Int(rows[t]) == i
      let path = p.path(i)
      let shares = w.factor + Int(p.rowStarts[i])
      let reach = Int(reaches[i])
      var sum = isOwn ? T(base + i &* stride) : T()
      var a = 0
      // Every path begins with the base's six coordinates: no loop whose end must be guessed.
      if p.base == 6 && i >= 6 {
        sum.subtract(L(shares[0]), base)
        sum.subtract(L(shares[1]), base + stride)
        sum.subtract(L(shares[2]), base + 2 &* stride)
        sum.subtract(L(shares[3]), base + 3 &* stride)
        sum.subtract(L(shares[4]), base + 4 &* stride)
        sum.subtract(L(shares[5]), base + 5 &* stride)
        a = 6
      }
      while a < reach {
        sum.subtract(L(shares[a]), base + Int(path[a]) &* stride)
        a &+= 1
      }
      sum.write(target, row: i &* p.order, c)
    }
  }
}
