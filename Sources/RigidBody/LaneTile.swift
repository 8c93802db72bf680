import LaneMath

// Neighbouring lanes of a row, summed in registers.

/// Where the lanes of rows of two matrices go.
struct LaneTarget {
  let first: UnsafeMutablePointer<Double>
  let second: UnsafeMutablePointer<Double>
  /// Lanes of a matrix, how many of them lie within it, and how many columns there are from the first on.
  let lanes: Int
  let whole: Int
  let columns: Int

  /// Lane c of the row that begins at `row`, counted over both matrices; only columns that there are.
  @inline(__always) func write<L: Lane>(_ value: L, row: Int, _ c: Int) {
    let isFirst = c < lanes
    let lane = isFirst ? c : c &- lanes
    let target = (isFirst ? first : second) + (row &+ lane &* L.width)
    if lane < whole {
      value.write(to: target)
    } else {
      value.write(to: target, count: columns &- lane &* L.width)
    }
  }
}

/// Neighbouring lanes.
protocol LaneTile {
  associatedtype L: Lane
  /// Zeros.
  init()
  /// The lanes at a place.
  init(_ row: UnsafePointer<L>)
  /// Takes away `share` times the lanes at a place.
  mutating func subtract(_ share: L, _ row: UnsafePointer<L>)
  /// Puts `scale` times the lanes to a place.
  func store(_ scale: L, _ row: UnsafeMutablePointer<L>)
  /// Writes the lanes as lane c and those behind it, of the row that begins at `row`.
  func write(_ target: LaneTarget, row: Int, _ c: Int)
  static var count: Int { get }
}

/// One lane.
struct Tile1<L: Lane>: LaneTile {
  private var value: L

  @inline(__always) init() { value = L(0) }
  @inline(__always) init(_ row: UnsafePointer<L>) { value = row[0] }
  @inline(__always) mutating func subtract(_ share: L, _ row: UnsafePointer<L>) {
    value = L.nmadd(share, row[0], value)
  }
  @inline(__always) func store(_ scale: L, _ row: UnsafeMutablePointer<L>) { row[0] = value * scale }
  @inline(__always) func write(_ target: LaneTarget, row: Int, _ c: Int) { target.write(value, row: row, c) }
  @inline(__always) static var count: Int { 1 }
}

/// A tile and the one behind it.
struct JoinedTile<A: LaneTile, B: LaneTile>: LaneTile where A.L == B.L {
  typealias L = A.L
  private var a: A
  private var b: B

  @inline(__always) init() {
    a = A()
    b = B()
  }
  @inline(__always) init(_ row: UnsafePointer<L>) {
    a = A(row)
    b = B(row + A.count)
  }
  @inline(__always) mutating func subtract(_ share: L, _ row: UnsafePointer<L>) {
    a.subtract(share, row)
    b.subtract(share, row + A.count)
  }
  @inline(__always) func store(_ scale: L, _ row: UnsafeMutablePointer<L>) {
    a.store(scale, row)
    b.store(scale, row + A.count)
  }
  @inline(__always) func write(_ target: LaneTarget, row: Int, _ c: Int) {
    a.write(target, row: row, c)
    b.write(target, row: row, c &+ A.count)
  }
  @inline(__always) static var count: Int { A.count &+ B.count }
}

typealias Tile2<L: Lane> = JoinedTile<Tile1<L>, Tile1<L>>
typealias Tile3<L: Lane> = JoinedTile<Tile2<L>, Tile1<L>>
typealias Tile4<L: Lane> = JoinedTile<Tile2<L>, Tile2<L>>
typealias Tile6<L: Lane> = JoinedTile<Tile4<L>, Tile2<L>>
