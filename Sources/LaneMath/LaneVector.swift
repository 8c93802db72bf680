/// A 3-vector a lane.
@frozen public struct LaneVector<L: Lane>: BitwiseCopyable {
  /// Components.
  public var x: L, y: L, z: L

  /// A vector of its components.
  @_transparent public init(_ x: L, _ y: L, _ z: L) {
    self.x = x
    self.y = y
    self.z = z
  }

  /// The same vector in every lane.
  @_transparent public init(all x: Double, _ y: Double, _ z: Double) {
    self.init(L(x), L(y), L(z))
  }

  /// Components `component`... of gathered records.
  @inlinable @inline(__always)
  public init(gather memory: UnsafePointer<Double>, _ places: L.Places, _ component: Int) {
    self.init(
      L.gather(memory, places, component), L.gather(memory, places, component &+ 1),
      L.gather(memory, places, component &+ 2))
  }

  /// The zero vector.
  @inlinable public static var zero: LaneVector { @inline(__always) get { LaneVector(all: 0, 0, 0) } }

  /// Sum.
  @inlinable @inline(__always) public static func + (a: LaneVector, b: LaneVector) -> LaneVector {
    LaneVector(a.x + b.x, a.y + b.y, a.z + b.z)
  }

  /// Difference.
  @inlinable @inline(__always) public static func - (a: LaneVector, b: LaneVector) -> LaneVector {
    LaneVector(a.x - b.x, a.y - b.y, a.z - b.z)
  }

  /// The opposite vector.
  @inlinable @inline(__always) public static prefix func - (a: LaneVector) -> LaneVector {
    LaneVector(-a.x, -a.y, -a.z)
  }

  /// s self.
  @inlinable @inline(__always) public func scaled(_ s: L) -> LaneVector {
    LaneVector(x * s, y * s, z * s)
  }

  /// s self + b.
  @inlinable @inline(__always) public func scaled(_ s: L, plus b: LaneVector) -> LaneVector {
    LaneVector(L.madd(x, s, b.x), L.madd(y, s, b.y), L.madd(z, s, b.z))
  }

  /// self x b.
  @inlinable @inline(__always) public func cross(_ b: LaneVector) -> LaneVector {
    LaneVector(L.nmadd(z, b.y, y * b.z), L.nmadd(x, b.z, z * b.x), L.nmadd(y, b.x, x * b.y))
  }

  /// self x b + c.
  @inlinable @inline(__always) public func cross(_ b: LaneVector, plus c: LaneVector) -> LaneVector {
    LaneVector(
      L.nmadd(z, b.y, L.madd(y, b.z, c.x)), L.nmadd(x, b.z, L.madd(z, b.x, c.y)),
      L.nmadd(y, b.x, L.madd(x, b.y, c.z)))
  }

  /// Scalar product.
  @inlinable @inline(__always) public func dot(_ b: LaneVector) -> L {
    L.madd(x, b.x, L.madd(y, b.y, z * b.z))
  }

  /// Scalar product + c.
  @inlinable @inline(__always) public func dot(_ b: LaneVector, plus c: L) -> L {
    L.madd(x, b.x, L.madd(y, b.y, L.madd(z, b.z, c)))
  }
}

/// A symmetric 3 x 3 matrix a lane.
@frozen public struct LaneSymmetric<L: Lane>: BitwiseCopyable {
  /// Elements on and below the diagonal.
  public var xx: L, xy: L, yy: L, xz: L, yz: L, zz: L

  /// A matrix of its elements.
  @_transparent public init(xx: L, xy: L, yy: L, xz: L, yz: L, zz: L) {
    self.xx = xx
    self.xy = xy
    self.yy = yy
    self.xz = xz
    self.yz = yz
    self.zz = zz
  }

  /// Components `component`... of gathered records.
  @inlinable @inline(__always)
  public init(gather memory: UnsafePointer<Double>, _ places: L.Places, _ component: Int) {
    self.init(
      xx: L.gather(memory, places, component), xy: L.gather(memory, places, component &+ 1),
      yy: L.gather(memory, places, component &+ 2), xz: L.gather(memory, places, component &+ 3),
      yz: L.gather(memory, places, component &+ 4), zz: L.gather(memory, places, component &+ 5))
  }

  /// The zero matrix.
  @inlinable public static var zero: LaneSymmetric {
    @inline(__always) get { LaneSymmetric(xx: L(0), xy: L(0), yy: L(0), xz: L(0), yz: L(0), zz: L(0)) }
  }

  /// Sum of the diagonal.
  @inlinable public var trace: L { @inline(__always) get { xx + yy + zz } }

  /// Sum.
  @inlinable @inline(__always) public static func + (a: LaneSymmetric, b: LaneSymmetric) -> LaneSymmetric {
    LaneSymmetric(
      xx: a.xx + b.xx, xy: a.xy + b.xy, yy: a.yy + b.yy, xz: a.xz + b.xz, yz: a.yz + b.yz, zz: a.zz + b.zz)
  }

  /// Product with a column vector.
  @inlinable @inline(__always) public func times(_ v: LaneVector<L>) -> LaneVector<L> {
    LaneVector(
      L.madd(xx, v.x, L.madd(xy, v.y, xz * v.z)), L.madd(xy, v.x, L.madd(yy, v.y, yz * v.z)),
      L.madd(xz, v.x, L.madd(yz, v.y, zz * v.z)))
  }

  /// S v + c.
  @inlinable @inline(__always) public func times(_ v: LaneVector<L>, plus c: LaneVector<L>) -> LaneVector<L> {
    LaneVector(
      L.madd(xx, v.x, L.madd(xy, v.y, L.madd(xz, v.z, c.x))),
      L.madd(xy, v.x, L.madd(yy, v.y, L.madd(yz, v.z, c.y))),
      L.madd(xz, v.x, L.madd(yz, v.y, L.madd(zz, v.z, c.z))))
  }

  /// R S R^T.
  @inlinable @inline(__always) public func rotated(by r: LaneMatrix<L>) -> LaneSymmetric {
    let a = times(LaneVector(r.xx, r.xy, r.xz))
    let b = times(LaneVector(r.yx, r.yy, r.yz))
    let c = times(LaneVector(r.zx, r.zy, r.zz))
    return LaneSymmetric(
      xx: L.madd(r.xx, a.x, L.madd(r.xy, a.y, r.xz * a.z)),
      xy: L.madd(r.xx, b.x, L.madd(r.xy, b.y, r.xz * b.z)),
      yy: L.madd(r.yx, b.x, L.madd(r.yy, b.y, r.yz * b.z)),
      xz: L.madd(r.xx, c.x, L.madd(r.xy, c.y, r.xz * c.z)),
      yz: L.madd(r.yx, c.x, L.madd(r.yy, c.y, r.yz * c.z)),
      zz: L.madd(r.zx, c.x, L.madd(r.zy, c.y, r.zz * c.z)))
  }

  /// self - u v^T, which must be symmetric.
  @inlinable @inline(__always)
  public func less(_ u: LaneVector<L>, _ v: LaneVector<L>) -> LaneSymmetric {
    LaneSymmetric(
      xx: L.nmadd(u.x, v.x, xx), xy: L.nmadd(u.x, v.y, xy), yy: L.nmadd(u.y, v.y, yy),
      xz: L.nmadd(u.x, v.z, xz), yz: L.nmadd(u.y, v.z, yz), zz: L.nmadd(u.z, v.z, zz))
  }
}
