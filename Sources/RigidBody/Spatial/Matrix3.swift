/// A 3 x 3 matrix, row-major; `xy` is row x, column y.
public struct Matrix3: BitwiseCopyable, Sendable, Equatable {
  /// Row x.
  public var xx: Double, xy: Double, xz: Double
  /// Row y.
  public var yx: Double, yy: Double, yz: Double
  /// Row z.
  public var zx: Double, zy: Double, zz: Double

  /// A matrix of its elements, row by row.
  @inlinable @_noLocks public init(
    xx: Double, xy: Double, xz: Double, yx: Double, yy: Double, yz: Double, zx: Double, zy: Double,
    zz: Double
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
  @inlinable @_noLocks public init(columns x: Vector3, _ y: Vector3, _ z: Vector3) {
    self.init(
      xx: x.x, xy: y.x, xz: z.x, yx: x.y, yy: y.y, yz: z.y, zx: x.z, zy: y.z, zz: z.z)
  }

  /// The identity.
  @inlinable public static var identity: Matrix3 {
    @_noLocks get { Matrix3(xx: 1, xy: 0, xz: 0, yx: 0, yy: 1, yz: 0, zx: 0, zy: 0, zz: 1) }
  }

  /// First column: for a rotation `aFromB`, the x axis of b in a.
  @inlinable public var columnX: Vector3 { @_noLocks get { Vector3(x: xx, y: yx, z: zx) } }
  /// Second column.
  @inlinable public var columnY: Vector3 { @_noLocks get { Vector3(x: xy, y: yy, z: zy) } }
  /// Third column.
  @inlinable public var columnZ: Vector3 { @_noLocks get { Vector3(x: xz, y: yz, z: zz) } }

  /// The transpose; for a rotation, its inverse.
  @inlinable public var transposed: Matrix3 {
    @_noLocks get {
      Matrix3(xx: xx, xy: yx, xz: zx, yx: xy, yy: yy, yz: zy, zx: xz, zy: yz, zz: zz)
    }
  }

  /// Determinant; 1 for a rotation.
  @inlinable public var determinant: Double {
    @_noLocks get { columnX.dot(columnY.cross(columnZ)) }
  }

  /// Whether all elements are finite.
  @inlinable public var isFinite: Bool {
    @_noLocks get { columnX.isFinite && columnY.isFinite && columnZ.isFinite }
  }

  /// Product with a column vector.
  @inlinable @_noLocks public static func * (a: Matrix3, v: Vector3) -> Vector3 {
    Vector3(
      x: a.xx * v.x + a.xy * v.y + a.xz * v.z,
      y: a.yx * v.x + a.yy * v.y + a.yz * v.z,
      z: a.zx * v.x + a.zy * v.y + a.zz * v.z)
  }

  /// Product of the transpose with a column vector, without forming the transpose.
  @inlinable @_noLocks public func transposedTimes(_ v: Vector3) -> Vector3 {
    Vector3(
      x: xx * v.x + yx * v.y + zx * v.z,
      y: xy * v.x + yy * v.y + zy * v.z,
      z: xz * v.x + yz * v.y + zz * v.z)
  }

  /// Matrix product.
  @inlinable @_noLocks public static func * (a: Matrix3, b: Matrix3) -> Matrix3 {
    Matrix3(columns: a * b.columnX, a * b.columnY, a * b.columnZ)
  }
}
