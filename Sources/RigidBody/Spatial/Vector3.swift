/// A vector of three numbers; unit and axes are stated where it is used.
public struct Vector3: BitwiseCopyable, Sendable, Equatable {
  /// Component along the x axis.
  public var x: Double
  /// Component along the y axis.
  public var y: Double
  /// Component along the z axis.
  public var z: Double

  /// A vector of its components.
  @inlinable @_noLocks public init(x: Double, y: Double, z: Double) {
    self.x = x
    self.y = y
    self.z = z
  }

  /// Reads three consecutive numbers at `source`.
  @inlinable @_noLocks public init(at source: UnsafePointer<Double>) {
    x = source[0]
    y = source[1]
    z = source[2]
  }

  /// Writes the three numbers consecutively at `destination`.
  @inlinable @_noLocks public func store(at destination: UnsafeMutablePointer<Double>) {
    destination[0] = x
    destination[1] = y
    destination[2] = z
  }

  /// The zero vector.
  @inlinable public static var zero: Vector3 { @_noLocks get { Vector3(x: 0, y: 0, z: 0) } }

  /// Squared length.
  @inlinable public var squaredLength: Double { @_noLocks get { x * x + y * y + z * z } }

  /// Whether all components are finite.
  @inlinable public var isFinite: Bool { @_noLocks get { x.isFinite && y.isFinite && z.isFinite } }

  /// Scalar product.
  @inlinable @_noLocks public func dot(_ other: Vector3) -> Double {
    x * other.x + y * other.y + z * other.z
  }

  /// Vector product `self` x `other`.
  @inlinable @_noLocks public func cross(_ other: Vector3) -> Vector3 {
    Vector3(
      x: y * other.z - z * other.y, y: z * other.x - x * other.z, z: x * other.y - y * other.x)
  }

  /// Sum.
  @inlinable @_noLocks public static func + (a: Vector3, b: Vector3) -> Vector3 {
    Vector3(x: a.x + b.x, y: a.y + b.y, z: a.z + b.z)
  }

  /// Difference.
  @inlinable @_noLocks public static func - (a: Vector3, b: Vector3) -> Vector3 {
    Vector3(x: a.x - b.x, y: a.y - b.y, z: a.z - b.z)
  }

  /// The opposite vector.
  @inlinable @_noLocks public static prefix func - (a: Vector3) -> Vector3 {
    Vector3(x: -a.x, y: -a.y, z: -a.z)
  }

  /// Product with a scalar.
  @inlinable @_noLocks public static func * (a: Vector3, s: Double) -> Vector3 {
    Vector3(x: a.x * s, y: a.y * s, z: a.z * s)
  }

  /// Adds `b` in place.
  @inlinable @_noLocks public static func += (a: inout Vector3, b: Vector3) {
    a.x += b.x
    a.y += b.y
    a.z += b.z
  }
}
