/// A symmetric 3 x 3 matrix: six numbers.
public struct SymmetricMatrix3: BitwiseCopyable, Sendable, Equatable {
  /// Row x.
  public var xx: Double, xy: Double, xz: Double
  /// Row y from the diagonal on.
  public var yy: Double, yz: Double
  /// The last diagonal element.
  public var zz: Double

  /// A matrix of its elements on and above the diagonal.
  @inlinable @_noLocks public init(
    xx: Double, xy: Double, xz: Double, yy: Double, yz: Double, zz: Double
  ) {
    self.xx = xx
    self.xy = xy
    self.xz = xz
    self.yy = yy
    self.yz = yz
    self.zz = zz
  }

  /// A multiple of the identity.
  @inlinable @_noLocks public init(diagonal d: Double) {
    self.init(xx: d, xy: 0, xz: 0, yy: d, yz: 0, zz: d)
  }

  /// The zero matrix.
  @inlinable public static var zero: SymmetricMatrix3 { @_noLocks get { SymmetricMatrix3(diagonal: 0) } }

  /// Whether all elements are finite.
  @inlinable public var isFinite: Bool {
    @_noLocks get {
      xx.isFinite && xy.isFinite && xz.isFinite && yy.isFinite && yz.isFinite && zz.isFinite
    }
  }

  /// Product with a column vector.
  @inlinable @_noLocks public static func * (a: SymmetricMatrix3, v: Vector3) -> Vector3 {
    Vector3(
      x: a.xx * v.x + a.xy * v.y + a.xz * v.z,
      y: a.xy * v.x + a.yy * v.y + a.yz * v.z,
      z: a.xz * v.x + a.yz * v.y + a.zz * v.z)
  }

  /// Adds `b` in place.
  @inlinable @_noLocks public static func += (a: inout SymmetricMatrix3, b: SymmetricMatrix3) {
    a.xx += b.xx
    a.xy += b.xy
    a.xz += b.xz
    a.yy += b.yy
    a.yz += b.yz
    a.zz += b.zz
  }

  /// The inverse, by cofactors.
  @inlinable public var inverse: SymmetricMatrix3 {
    @_noLocks get {
      let a = yy * zz - yz * yz
      let b = xz * yz - xy * zz
      let c = xy * yz - xz * yy
      let scale = 1 / (xx * a + xy * b + xz * c)
      return SymmetricMatrix3(
        xx: a * scale, xy: b * scale, xz: c * scale, yy: (xx * zz - xz * xz) * scale,
        yz: (xy * xz - xx * yz) * scale, zz: (xx * yy - xy * xy) * scale)
    }
  }

  /// The same tensor along the axes of a, given along those of b: R S R^T with R = `aFromB`.
  @inlinable @_noLocks public func rotated(by aFromB: Matrix3) -> SymmetricMatrix3 {
    let r = aFromB
    let x = self * Vector3(x: r.xx, y: r.xy, z: r.xz)
    let y = self * Vector3(x: r.yx, y: r.yy, z: r.yz)
    let z = self * Vector3(x: r.zx, y: r.zy, z: r.zz)
    return SymmetricMatrix3(
      xx: r.xx * x.x + r.xy * x.y + r.xz * x.z,
      xy: r.yx * x.x + r.yy * x.y + r.yz * x.z,
      xz: r.zx * x.x + r.zy * x.y + r.zz * x.z,
      yy: r.yx * y.x + r.yy * y.y + r.yz * y.z,
      yz: r.zx * y.x + r.zy * y.y + r.zz * y.z,
      zz: r.zx * z.x + r.zy * z.y + r.zz * z.z)
  }

  /// The symmetric part of u v^T + v u^T less its trace, negated: |u.v|2 I - u v^T - v u^T.
  ///
  /// With u = c and v = m c / 2 it is the inertia of a point of mass m at c (the parallel-axis term); with u
  /// = r and v = h it is what moving the reference point by r adds for a first moment h.
  @inlinable @_noLocks public static func parallelAxis(_ u: Vector3, _ v: Vector3) -> SymmetricMatrix3 {
    let x = 2 * u.x * v.x
    let y = 2 * u.y * v.y
    let z = 2 * u.z * v.z
    return SymmetricMatrix3(
      xx: y + z, xy: -(u.x * v.y + v.x * u.y), xz: -(u.x * v.z + v.x * u.z),
      yy: x + z, yz: -(u.y * v.z + v.y * u.z), zz: x + y)
  }
}
