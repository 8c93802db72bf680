import LaneMath

/// The base's rows and columns of the derivatives of inverse dynamics and of M, from the sums at the base and the
/// reactions of all joints. Along the base's own axes its screws are the unit motions e; its parent stands still, so
/// psi' = 0 and psi'' = (0, up) x e, and the rates of its screws are v x e.
///
/// `share` is the part of B that counts: 1 for the derivatives (2B), 0.5 for the Coriolis matrix (B).
@_noLocks func storeBaseDerivatives(
  _ m: ModelKernel, _ w: Workspace, spin: Vector3, slide: Vector3, up: Vector3, share: Double
) {
  let order = m.bodyOrder
  storeBaseBlock(m, w)
  let reactions = doubles(w.waves.reactions)
  let width = m.tree.width
  for i in 1..<m.bodyCount {
    let slot = Int(m.slots[i])
    let lane = slot & (width - 1)
    let r = reactions + ((slot - lane) * 21 + lane)
    let column = i + 5
    for c in 0..<6 {
      w.inertia[c * order + column] = r[c * width]
      w.inertia[column * order + c] = r[c * width]
      w.byVelocity[c * order + column] = r[(6 + c) * width] * share
      w.byPosition[c * order + column] = r[(12 + c) * width]
    }
    let moment = Vector3(x: r[0], y: r[width], z: r[2 * width])
    let force = Vector3(x: r[3 * width], y: r[4 * width], z: r[5 * width])
    let back = Vector3(x: r[18 * width], y: r[19 * width], z: r[20 * width]) * share
    let row = w.byVelocity + column * order
    (back - spin.cross(moment) - slide.cross(force)).store(at: row)
    force.cross(spin).store(at: row + 3)
    force.cross(up).store(at: w.byPosition + column * order)
    Vector3.zero.store(at: w.byPosition + column * order + 3)
  }
  storeBaseSquares(m, w, spin: spin, slide: slide, up: up, share: share)
}

/// The base's 6 x 6 blocks: 2B e + I (v x e) by velocity, I ((0, up) x e) by position.
@_noLocks private func storeBaseSquares(
  _ m: ModelKernel, _ w: Workspace, spin: Vector3, slide: Vector3, up: Vector3, share: Double
) {
  let s = w.sums
  let order = m.bodyOrder
  let body = BaseComposite(
    mass: m.mass, first: Vector3(at: s),
    second: SymmetricMatrix3(xx: s[3], xy: s[4], xz: s[6], yy: s[5], yz: s[7], zz: s[8]),
    momentum: Vector3(at: s + 9),
    momentMatrix: Matrix3(
      xx: s[12], xy: s[13], xz: s[14], yx: s[15], yy: s[16], yz: s[17], zx: s[18], zy: s[19], zz: s[20]))
  for k in 0..<3 {
    let axis = Vector3(x: k == 0 ? 1 : 0, y: k == 1 ? 1 : 0, z: k == 2 ? 1 : 0)
    let turning = body.inertia(spin.cross(axis), slide.cross(axis))
    let coriolis = body.doubleB(axis * share)
    storeColumn(turning.moment + coriolis.moment, turning.force + coriolis.force, w.byVelocity + k, order)
    let moving = body.inertia(.zero, spin.cross(axis))
    storeColumn(moving.moment, moving.force, w.byVelocity + k + 3, order)
    let falling = body.inertia(.zero, up.cross(axis))
    storeColumn(falling.moment, falling.force, w.byPosition + k, order)
    storeColumn(.zero, .zero, w.byPosition + k + 3, order)
  }
}

/// The whole robot about the base's origin.
private struct BaseComposite {
  let mass: Double
  let first: Vector3
  let second: SymmetricMatrix3
  let momentum: Vector3
  let momentMatrix: Matrix3

  /// I (angular, linear).
  @_noLocks func inertia(_ angular: Vector3, _ linear: Vector3) -> (moment: Vector3, force: Vector3) {
    let trace = second.xx + second.yy + second.zz
    let moment = angular * trace - second * angular + first.cross(linear)
    return (moment, linear * mass + angular.cross(first))
  }

  /// 2B (angular, anything).
  @_noLocks func doubleB(_ angular: Vector3) -> (moment: Vector3, force: Vector3) {
    let trace = momentMatrix.xx + momentMatrix.yy + momentMatrix.zz
    let moment = (angular * trace - momentMatrix * angular) * 2
    return (moment, angular.cross(momentum) * 2)
  }
}

@_noLocks private func storeColumn(
  _ moment: Vector3, _ force: Vector3, _ column: UnsafeMutablePointer<Double>, _ stride: Int
) {
  column[0] = moment.x
  column[stride] = moment.y
  column[2 * stride] = moment.z
  column[3 * stride] = force.x
  column[4 * stride] = force.y
  column[5 * stride] = force.z
}
