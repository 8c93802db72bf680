// Neighbouring lanes of a row, summed in registers.

/// Where the lanes of rows of two matrices go.
@frozen public struct LaneTarget: BitwiseCopyable {
  /// First element of the first matrix.
  public let first: UnsafeMutablePointer<Double>
  /// First element of the second matrix.
  public let second: UnsafeMutablePointer<Double>
  /// Lanes of a matrix.
  public let lanes: Int
  /// How many of them lie within it.
  public let whole: Int
  /// How many columns there are from the first on.
  public let columns: Int

  /// A target of its parts.
  @_transparent public init(
    first: UnsafeMutablePointer<Double>, second: UnsafeMutablePointer<Double>, lanes: Int, whole: Int,
    columns: Int
  ) {
    self.first = first
    self.second = second
    self.lanes = lanes
    self.whole = whole
    self.columns = columns
  }

  /// Lane c of the row that begins at `row`, counted over both matrices; only columns that there are.
  @inlinable @inline(__always) public func write<L: Lane>(_ value: L, row: Int, _ c: Int) {
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
public protocol LaneTile: BitwiseCopyable {
  /// Its lanes.
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
  /// How many there are.
  static var count: Int { get }
}

/// One lane.
@frozen public struct Tile1<L: Lane>: LaneTile {
  /// The lane.
  public var value: L

  /// Zeros.
  @inlinable @inline(__always) public init() { value = L(0) }
  /// The lanes at a place.
  @inlinable @inline(__always) public init(_ row: UnsafePointer<L>) { value = row[0] }
  /// Takes away `share` times the lanes at a place.
  @inlinable @inline(__always) public mutating func subtract(_ share: L, _ row: UnsafePointer<L>) {
    value = L.nmadd(share, row[0], value)
  }
  /// Puts `scale` times the lanes to a place.
  @inlinable @inline(__always) public func store(_ scale: L, _ row: UnsafeMutablePointer<L>) {
    row[0] = value * scale
  }
  /// Writes the lanes.
  @inlinable @inline(__always) public func write(_ target: LaneTarget, row: Int, _ c: Int) {
    target.write(value, row: row, c)
  }
  /// How many there are.
  @inlinable public static var count: Int { @inline(__always) get { 1 } }
}

/// A tile and the one behind it.
@frozen public struct JoinedTile<A: LaneTile, B: LaneTile>: LaneTile where A.L == B.L {
  /// Its lanes.
  public typealias L = A.L
  /// The first lanes.
  public var a: A
  /// Those behind them.
  public var b: B

  /// Zeros.
  @inlinable @inline(__always) public init() {
    a = A()
    b = B()
  }
  /// The lanes at a place.
  @inlinable @inline(__always) public init(_ row: UnsafePointer<L>) {
    a = A(row)
    b = B(row + A.count)
  }
  /// Takes away `share` times the lanes at a place.
  @inlinable @inline(__always) public mutating func subtract(_ share: L, _ row: UnsafePointer<L>) {
    a.subtract(share, row)
    b.subtract(share, row + A.count)
  }
  /// Puts `scale` times the lanes to a place.
  @inlinable @inline(__always) public func store(_ scale: L, _ row: UnsafeMutablePointer<L>) {
    a.store(scale, row)
    b.store(scale, row + A.count)
  }
  /// Writes the lanes.
  @inlinable @inline(__always) public func write(_ target: LaneTarget, row: Int, _ c: Int) {
    a.write(target, row: row, c)
    b.write(target, row: row, c &+ A.count)
  }
  /// How many there are.
  @inlinable public static var count: Int { @inline(__always) get { A.count &+ B.count } }
}

/// Neighbouring lanes.
public typealias Tile2<L: Lane> = JoinedTile<Tile1<L>, Tile1<L>>
/// Neighbouring lanes.
public typealias Tile3<L: Lane> = JoinedTile<Tile2<L>, Tile1<L>>
/// Neighbouring lanes.
public typealias Tile4<L: Lane> = JoinedTile<Tile2<L>, Tile2<L>>
/// Neighbouring lanes.
public typealias Tile6<L: Lane> = JoinedTile<Tile4<L>, Tile2<L>>
