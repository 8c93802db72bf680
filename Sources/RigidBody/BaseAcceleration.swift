/// Spatial acceleration of the base in its own axes, less gravity.
struct BaseAcceleration {
  var angular: Vector3
  var linear: Vector3

  @_noLocks init(angular: Vector3, linear: Vector3) {
    self.angular = angular
    self.linear = linear
  }
}

/// The base's acceleration: [A B; B^T C] (angular; linear) = (moment; force) less what is there, by the Schur complement
/// of C. `sums` holds A (xx xy yy xz yz zz), B (row-major), C (as A), moment and force.
@_noLocks func accelerateBase(
  _ sums: UnsafePointer<Double>, moment: Vector3, force: Vector3
) -> BaseAcceleration {
  let n = moment - Vector3(at: sums + 21)
  let f = force - Vector3(at: sums + 24)
  let b = Matrix3(
    xx: sums[6], xy: sums[7], xz: sums[8], yx: sums[9], yy: sums[10], yz: sums[11], zx: sums[12],
    zy: sums[13], zz: sums[14])
  let inverse = SymmetricMatrix3(
    xx: sums[15], xy: sums[16], xz: sums[18], yy: sums[17], yz: sums[19], zz: sums[20]
  ).inverse
  // B C^-1, row by row.
  let x = inverse * Vector3(x: b.xx, y: b.xy, z: b.xz)
  let y = inverse * Vector3(x: b.yx, y: b.yy, z: b.yz)
  let z = inverse * Vector3(x: b.zx, y: b.zy, z: b.zz)
  let rowX = Vector3(x: b.xx, y: b.xy, z: b.xz)
  let rowY = Vector3(x: b.yx, y: b.yy, z: b.yz)
  let rowZ = Vector3(x: b.zx, y: b.zy, z: b.zz)
  let schur = SymmetricMatrix3(
    xx: sums[0] - x.dot(rowX), xy: sums[1] - x.dot(rowY), xz: sums[3] - x.dot(rowZ),
    yy: sums[2] - y.dot(rowY), yz: sums[4] - y.dot(rowZ), zz: sums[5] - z.dot(rowZ))
  let angular = schur.inverse * (n - Vector3(x: x.dot(f), y: y.dot(f), z: z.dot(f)))
  return BaseAcceleration(angular: angular, linear: inverse * (f - b.transposedTimes(angular)))
}
