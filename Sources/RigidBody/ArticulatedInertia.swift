/// Inertia of a body and all that hangs on it with free joints (Featherstone 2008, 7.1): a symmetric 6 x 6 matrix in
/// blocks, along world axes about the body's origin.
struct ArticulatedInertia: BitwiseCopyable {
  /// Moment per angular acceleration [kg.m2].
  var rotational: SymmetricMatrix3
  /// Moment per linear acceleration [kg.m]; its transpose is force per angular acceleration.
  var coupling: Matrix3
  /// Force per linear acceleration [kg].
  var linear: SymmetricMatrix3

  @_noLocks init(rotational: SymmetricMatrix3, coupling: Matrix3, linear: SymmetricMatrix3) {
    self.rotational = rotational
    self.coupling = coupling
    self.linear = linear
  }

  /// That of a rigid body: mass [kg], first moment [kg.m] and rotational inertia about the origin [kg.m2].
  @_noLocks init(mass: Double, firstMoment h: Vector3, rotational: SymmetricMatrix3) {
    self.rotational = rotational
    coupling = Matrix3(xx: 0, xy: -h.z, xz: h.y, yx: h.z, yy: 0, yz: -h.x, zx: -h.y, zy: h.x, zz: 0)
    linear = SymmetricMatrix3(diagonal: mass)
  }

  /// What is left when a joint yields: less the outer product of its column (moment, force) with itself, scaled.
  @inline(__always) @_noLocks func freed(
    moment u: Vector3, force f: Vector3, inverse: Double
  ) -> ArticulatedInertia {
    let a = u * inverse
    let b = f * inverse
    return ArticulatedInertia(
      rotational: SymmetricMatrix3(
        xx: rotational.xx - a.x * u.x, xy: rotational.xy - a.x * u.y, xz: rotational.xz - a.x * u.z,
        yy: rotational.yy - a.y * u.y, yz: rotational.yz - a.y * u.z, zz: rotational.zz - a.z * u.z),
      coupling: Matrix3(
        xx: coupling.xx - a.x * f.x, xy: coupling.xy - a.x * f.y, xz: coupling.xz - a.x * f.z,
        yx: coupling.yx - a.y * f.x, yy: coupling.yy - a.y * f.y, yz: coupling.yz - a.y * f.z,
        zx: coupling.zx - a.z * f.x, zy: coupling.zy - a.z * f.y, zz: coupling.zz - a.z * f.z),
      linear: SymmetricMatrix3(
        xx: linear.xx - b.x * f.x, xy: linear.xy - b.x * f.y, xz: linear.xz - b.x * f.z,
        yy: linear.yy - b.y * f.y, yz: linear.yz - b.y * f.z, zz: linear.zz - b.z * f.z))
  }

  /// Adds the inertia of a child whose origin lies at `r` from this body's.
  ///
  /// With [r] the cross-product matrix: coupling' = coupling + [r] linear, and
  /// rotational' = rotational - coupling [r] + [r] coupling'^T.
  @inline(__always) @_noLocks mutating func add(_ child: ArticulatedInertia, at r: Vector3) {
    let l = child.linear
    let x = r.cross(Vector3(x: l.xx, y: l.xy, z: l.xz))
    let y = r.cross(Vector3(x: l.xy, y: l.yy, z: l.yz))
    let z = r.cross(Vector3(x: l.xz, y: l.yz, z: l.zz))
    let b = child.coupling
    let rowX = Vector3(x: b.xx + x.x, y: b.xy + y.x, z: b.xz + z.x)
    let rowY = Vector3(x: b.yx + x.y, y: b.yy + y.y, z: b.yz + z.y)
    let rowZ = Vector3(x: b.zx + x.z, y: b.zy + y.z, z: b.zz + z.z)
    coupling.xx += rowX.x
    coupling.xy += rowX.y
    coupling.xz += rowX.z
    coupling.yx += rowY.x
    coupling.yy += rowY.y
    coupling.yz += rowY.z
    coupling.zx += rowZ.x
    coupling.zy += rowZ.y
    coupling.zz += rowZ.z

    let ux = r.cross(Vector3(x: b.xx, y: b.xy, z: b.xz))
    let uy = r.cross(Vector3(x: b.yx, y: b.yy, z: b.yz))
    let uz = r.cross(Vector3(x: b.zx, y: b.zy, z: b.zz))
    let vx = r.cross(rowX)
    let vy = r.cross(rowY)
    let vz = r.cross(rowZ)
    rotational.xx += child.rotational.xx + ux.x + vx.x
    rotational.xy += child.rotational.xy + ux.y + vy.x
    rotational.xz += child.rotational.xz + ux.z + vz.x
    rotational.yy += child.rotational.yy + uy.y + vy.y
    rotational.yz += child.rotational.yz + uy.z + vz.y
    rotational.zz += child.rotational.zz + uz.z + vz.z
    linear += l
  }
}
