/// A 3 x 3 matrix a lane, row-major.
@frozen public struct LaneMatrix<L: Lane>: BitwiseCopyable {
  /// Rows.
  public var xx: L, xy: L, xz: L, yx: L, yy: L, yz: L, zx: L, zy: L, zz: L

  /// A matrix of its elements, row by row.
  @_transparent public init(
    _ xx: L, _ xy: L, _ xz: L, _ yx: L, _ yy: L, _ yz: L, _ zx: L, _ zy: L, _ zz: L
  ) {
    self.xx = xx
    self.xy = xy
    self.xz = xz
    self.yx = yx
    self.yy = yy
    self.yz = yz
    self.zx = zx
    self.zy = zy
    self.zz = zz
  }

  /// A matrix of its columns.
  @inlinable @inline(__always)
  public init(columns a: LaneVector<L>, _ b: LaneVector<L>, _ c: LaneVector<L>) {
    self.init(a.x, b.x, c.x, a.y, b.y, c.y, a.z, b.z, c.z)
  }

  /// Components `component`... of gathered records.
  @inlinable @inline(__always)
  public init(gather memory: UnsafePointer<Double>, _ places: L.Places, _ component: Int) {
    self.init(
      L.gather(memory, places, component), L.gather(memory, places, component &+ 1),
      L.gather(memory, places, component &+ 2), L.gather(memory, places, component &+ 3),
      L.gather(memory, places, component &+ 4), L.gather(memory, places, component &+ 5),
      L.gather(memory, places, component &+ 6), L.gather(memory, places, component &+ 7),
      L.gather(memory, places, component &+ 8))
  }

  /// The zero matrix.
  @inlinable public static var zero: LaneMatrix {
    @inline(__always) get { LaneMatrix(L(0), L(0), L(0), L(0), L(0), L(0), L(0), L(0), L(0)) }
  }

  /// First column.
  @inlinable public var columnX: LaneVector<L> { @inline(__always) get { LaneVector(xx, yx, zx) } }
  /// Second column.
  @inlinable public var columnY: LaneVector<L> { @inline(__always) get { LaneVector(xy, yy, zy) } }
  /// The third column: for a body's rotation, its joint axis.
  @inlinable public var columnZ: LaneVector<L> { @inline(__always) get { LaneVector(xz, yz, zz) } }

  /// Sum of the diagonal.
  @inlinable public var trace: L { @inline(__always) get { xx + yy + zz } }

  /// Sum.
  @inlinable @inline(__always) public static func + (a: LaneMatrix, b: LaneMatrix) -> LaneMatrix {
    LaneMatrix(
      a.xx + b.xx, a.xy + b.xy, a.xz + b.xz, a.yx + b.yx, a.yy + b.yy, a.yz + b.yz, a.zx + b.zx, a.zy + b.zy,
      a.zz + b.zz)
  }

  /// Product with a column vector.
  @inlinable @inline(__always) public func times(_ v: LaneVector<L>) -> LaneVector<L> {
    LaneVector(
      L.madd(xx, v.x, L.madd(xy, v.y, xz * v.z)), L.madd(yx, v.x, L.madd(yy, v.y, yz * v.z)),
      L.madd(zx, v.x, L.madd(zy, v.y, zz * v.z)))
  }

  /// M v + c.
  @inlinable @inline(__always) public func times(_ v: LaneVector<L>, plus c: LaneVector<L>) -> LaneVector<L> {
    LaneVector(
      L.madd(xx, v.x, L.madd(xy, v.y, L.madd(xz, v.z, c.x))),
      L.madd(yx, v.x, L.madd(yy, v.y, L.madd(yz, v.z, c.y))),
      L.madd(zx, v.x, L.madd(zy, v.y, L.madd(zz, v.z, c.z))))
  }

  /// M^T v.
  @inlinable @inline(__always) public func transposedTimes(_ v: LaneVector<L>) -> LaneVector<L> {
    LaneVector(
      L.madd(xx, v.x, L.madd(yx, v.y, zx * v.z)), L.madd(xy, v.x, L.madd(yy, v.y, zy * v.z)),
      L.madd(xz, v.x, L.madd(yz, v.y, zz * v.z)))
  }

  /// M B.
  @inlinable @inline(__always) public func times(_ b: LaneMatrix) -> LaneMatrix {
    LaneMatrix(
      columns: times(LaneVector(b.xx, b.yx, b.zx)), times(LaneVector(b.xy, b.yy, b.zy)),
      times(LaneVector(b.xz, b.yz, b.zz)))
  }

  /// M B^T.
  @inlinable @inline(__always) public func timesTransposed(_ b: LaneMatrix) -> LaneMatrix {
    LaneMatrix(
      columns: times(LaneVector(b.xx, b.xy, b.xz)), times(LaneVector(b.yx, b.yy, b.yz)),
      times(LaneVector(b.zx, b.zy, b.zz)))
  }

  /// M turned about its z axis: M Rz, from the sine and cosine of the angle.
  @inlinable @inline(__always) public func turned(sine s: L, cosine c: L) -> LaneMatrix {
    LaneMatrix(
      L.madd(c, xx, s * xy), L.nmadd(s, xx, c * xy), xz, L.madd(c, yx, s * yy), L.nmadd(s, yx, c * yy), yz,
      L.madd(c, zx, s * zy), L.nmadd(s, zx, c * zy), zz)
  }

  /// self - u v^T.
  @inlinable @inline(__always) public func less(_ u: LaneVector<L>, _ v: LaneVector<L>) -> LaneMatrix {
    LaneMatrix(
      L.nmadd(u.x, v.x, xx), L.nmadd(u.x, v.y, xy), L.nmadd(u.x, v.z, xz), L.nmadd(u.y, v.x, yx),
      L.nmadd(u.y, v.y, yy), L.nmadd(u.y, v.z, yz), L.nmadd(u.z, v.x, zx), L.nmadd(u.z, v.y, zy),
      L.nmadd(u.z, v.z, zz))
  }

  /// [turn] + [spin][spin], [] the cross-product matrix: acceleration per metre in a body that spins and turns.
  @inlinable @inline(__always)
  public init(spin w: LaneVector<L>, turn a: LaneVector<L>) {
    let xx = w.x * w.x
    let yy = w.y * w.y
    let zz = w.z * w.z
    let xy = w.x * w.y
    let xz = w.x * w.z
    let yz = w.y * w.z
    self.init(
      -(yy + zz), xy - a.z, xz + a.y, xy + a.z, -(xx + zz), yz - a.x, xz - a.y, yz + a.x, -(xx + yy))
  }
}
