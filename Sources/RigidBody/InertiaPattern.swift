import CRealMath

// M = L^T D L in the order of the tree (Featherstone 2008, 6.5): row i of L has entries for the coordinates between i and
// the base only, and no other entry ever appears. Coordinates are numbered so that a subtree is a range. Joints that
// share a coordinate couple limbs: their models are treated as one chain, whose L is full.
//
// Row i is kept packed: its entries in the order of the path from the base, one behind the other. The path of an ancestor
// is the beginning of the path of i, so sums of rows run over neighbours in memory.
//
// Right-hand sides are solved in panels: neighbouring columns in which the same rows are not zero, mostly those of one
// limb.

/// Which entries of L there are; written once by the model compiler.
struct InertiaPattern: BitwiseCopyable {
  /// Length of v, and how many of it are the base's.
  let order: Int
  let base: Int
  /// Path of i, the coordinates between the base and i, ascending: entries starts[i]..<starts[i + 1] of `ancestors`.
  let starts: UnsafePointer<Int32>
  let ancestors: UnsafePointer<Int32>
  /// The coordinates that move with i are i..<ends[i].
  let ends: UnsafePointer<Int32>
  /// First double of the packed row i; whole multiples of 4.
  let rowStarts: UnsafePointer<Int32>
  /// Doubles of all packed rows.
  let packedCount: Int
  let panels: UnsafePointer<InertiaPanel>
  let panelCount: Int
  /// Rows of the panels, ascending.
  let rows: UnsafePointer<Int32>
  /// For panel p and row i, at p * order + i: how many entries of i's path are rows of the panel. They are its first ones.
  let reaches: UnsafePointer<Int32>
  /// Columns of the widest panel.
  let widest: Int

  /// Length of the path of i.
  @inline(__always) @_noLocks func depth(_ i: Int) -> Int { Int(starts[i + 1] &- starts[i]) }
  /// Path of i.
  @inline(__always) @_noLocks func path(_ i: Int) -> UnsafePointer<Int32> { ancestors + Int(starts[i]) }
}

/// Neighbouring columns with the same rows; as many as fill whole lanes, so the last one may reach beyond the matrix.
struct InertiaPanel: BitwiseCopyable {
  /// First column, and their number.
  let column: Int32
  let width: Int32
  /// First of its rows in `InertiaPattern.rows`, and their number.
  let firstRow: Int32
  let rowCount: Int32
}

extension InertiaPattern {
  /// The pattern of a tree of bodies with `base` coordinates of a floating base; a full chain when joints share
  /// coordinates.
  init(_ bodies: [BodyConstants], base: Int, hasMimic: Bool) {
    var parents = (0..<base).map { $0 - 1 }
    for body in bodies.dropFirst() { parents.append(base + Int(body.parent) - 1) }
    if hasMimic {
      let order = base + Set(bodies.dropFirst().map { $0.velocityIndex }).count
      parents = (0..<order).map { $0 - 1 }
    }
    self.init(parents: parents, base: base)
  }

  private init(parents: [Int], base: Int) {
    var starts: [Int32] = [0]
    var rowStarts: [Int32] = [0]
    var paths: [[Int]] = []
    var ends = parents.indices.map { $0 + 1 }
    for i in parents.indices {
      paths.append(parents[i] < 0 ? [] : paths[parents[i]] + [parents[i]])
      starts.append(starts[i] + Int32(paths[i].count))
      rowStarts.append(rowStarts[i] + Int32((paths[i].count + 3) & ~3))
    }
    for i in parents.indices.reversed() where parents[i] >= 0 {
      ends[parents[i]] = max(ends[parents[i]], ends[i])
    }
    let found = InertiaPattern.panels(paths: paths, ends: ends)
    order = parents.count
    self.base = base
    self.starts = copy(starts)
    ancestors = copy(paths.flatMap { $0.map { Int32($0) } })
    self.ends = copy(ends.map { Int32($0) })
    self.rowStarts = copy(rowStarts)
    packedCount = Int(rowStarts[parents.count])
    panels = copy(found.panels)
    panelCount = found.panels.count
    rows = copy(found.rows)
    widest = found.panels.map { Int($0.width) }.max() ?? 0
    reaches = copy(
      found.sets.flatMap { set in
        paths.map { path in Int32(path.prefix { set.contains($0) }.count) }
      })
  }

  private static func panels(
    paths: [[Int]], ends: [Int]
  ) -> (panels: [InertiaPanel], rows: [Int32], sets: [Set<Int>]) {
    var panels: [InertiaPanel] = []
    var rows: [Int32] = []
    var sets: [Set<Int>] = []
    let lanes = Int(real_width())
    for column in stride(from: 0, to: paths.count, by: lanes) {
      var set: Set<Int> = []
      for j in column..<min(column + lanes, paths.count) { set.formUnion(paths[j] + Array(j..<ends[j])) }
      if let last = panels.last, sets.last == set {
        panels[panels.count - 1] = InertiaPanel(
          column: last.column, width: last.width + Int32(lanes), firstRow: last.firstRow,
          rowCount: last.rowCount)
        continue
      }
      panels.append(
        InertiaPanel(
          column: Int32(column), width: Int32(lanes), firstRow: Int32(rows.count), rowCount: Int32(set.count))
      )
      rows += set.sorted().map { Int32($0) }
      sets.append(set)
    }
    return (panels, rows, sets)
  }

  /// Frees what `init` allocated.
  func deallocate() {
    starts.deallocate()
    ancestors.deallocate()
    ends.deallocate()
    rowStarts.deallocate()
    panels.deallocate()
    rows.deallocate()
    reaches.deallocate()
  }
}
