public import CRealMath

/// A pose: `aFromB` maps the coordinates of a point in frame b to those in frame a.
public struct RigidTransform: BitwiseCopyable, Sendable, Equatable {
  /// Rotation `aFromB`; its columns are the axes of b in a.
  public var rotation: Matrix3
  /// Origin of b in a [m].
  public var translation: Vector3

  /// A pose of its rotation and translation [m].
  @inlinable @_noLocks public init(rotation: Matrix3, translation: Vector3) {
    self.rotation = rotation
    self.translation = translation
  }

  /// The pose of a frame in itself.
  @inlinable public static var identity: RigidTransform {
    @_noLocks get { RigidTransform(rotation: .identity, translation: .zero) }
  }

  /// Coordinates in a of a point given in b [m].
  @inlinable @_noLocks public static func * (aFromB: RigidTransform, point: Vector3) -> Vector3 {
    aFromB.rotation * point + aFromB.translation
  }

  /// Chains two poses: `aFromB * bFromC` is `aFromC`.
  @inlinable @_noLocks public static func * (
    aFromB: RigidTransform, bFromC: RigidTransform
  ) -> RigidTransform {
    RigidTransform(
      rotation: aFromB.rotation * bFromC.rotation, translation: aFromB * bFromC.translation)
  }

  /// `bFromA`.
  @inlinable public var inverse: RigidTransform {
    @_noLocks get {
      RigidTransform(
        rotation: rotation.transposed, translation: -rotation.transposedTimes(translation))
    }
  }
}

/// A rotation as a quaternion, scalar part first.
public struct Quaternion: BitwiseCopyable, Sendable, Equatable {
  /// Scalar part.
  public var w: Double
  /// Vector part.
  public var x: Double, y: Double, z: Double

  /// A quaternion of its parts; not normalised.
  @inlinable @_noLocks public init(w: Double, x: Double, y: Double, z: Double) {
    self.w = w
    self.x = x
    self.y = y
    self.z = z
  }

  /// Reads w, x, y, z at `source`.
  @inlinable @_noLocks public init(at source: UnsafePointer<Double>) {
    self.init(w: source[0], x: source[1], y: source[2], z: source[3])
  }

  /// The quaternion of length one along this one; NaN when all parts are zero.
  @inlinable public var normalized: Quaternion {
    @_noLocks get {
      let s = 1 / real_sqrt(w * w + x * x + y * y + z * z)
      return Quaternion(w: w * s, x: x * s, y: y * s, z: z * s)
    }
  }

  /// Hamilton product: `aFromB * bFromC` is `aFromC`.
  @inlinable @_noLocks public static func * (a: Quaternion, b: Quaternion) -> Quaternion {
    Quaternion(
      w: a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z,
      x: a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
      y: a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x,
      z: a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w)
  }

  /// The rotation matrix of this quaternion, which must have length one.
  @inlinable public var rotation: Matrix3 {
    @_noLocks get {
      Matrix3(
        xx: 1 - 2 * (y * y + z * z), xy: 2 * (x * y - w * z), xz: 2 * (x * z + w * y),
        yx: 2 * (x * y + w * z), yy: 1 - 2 * (x * x + z * z), yz: 2 * (y * z - w * x),
        zx: 2 * (x * z - w * y), zy: 2 * (y * z + w * x), zz: 1 - 2 * (x * x + y * y))
    }
  }

  /// The quaternion of a rotation matrix, w >= 0; the largest part is found first so that none loses digits
  /// (Shepperd 1978).
  @inlinable @_noLocks public init(rotation r: Matrix3) {
    let trace = r.xx + r.yy + r.zz
    var result: Quaternion
    if trace >= r.xx && trace >= r.yy && trace >= r.zz {
      let s = real_sqrt(1 + trace) * 2
      result = Quaternion(
        w: s / 4, x: (r.zy - r.yz) / s, y: (r.xz - r.zx) / s, z: (r.yx - r.xy) / s)
    } else if r.xx >= r.yy && r.xx >= r.zz {
      let s = real_sqrt(1 + r.xx - r.yy - r.zz) * 2
      result = Quaternion(
        w: (r.zy - r.yz) / s, x: s / 4, y: (r.xy + r.yx) / s, z: (r.xz + r.zx) / s)
    } else if r.yy >= r.zz {
      let s = real_sqrt(1 + r.yy - r.xx - r.zz) * 2
      result = Quaternion(
        w: (r.xz - r.zx) / s, x: (r.xy + r.yx) / s, y: s / 4, z: (r.yz + r.zy) / s)
    } else {
      let s = real_sqrt(1 + r.zz - r.xx - r.yy) * 2
      result = Quaternion(
        w: (r.yx - r.xy) / s, x: (r.xz + r.zx) / s, y: (r.yz + r.zy) / s, z: s / 4)
    }
    if result.w < 0 {
      result = Quaternion(w: -result.w, x: -result.x, y: -result.y, z: -result.z)
    }
    self = result
  }
}
