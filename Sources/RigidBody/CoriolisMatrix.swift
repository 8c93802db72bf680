/// Coriolis matrix C(q, v), velocityCount x velocityCount, row-major, into `matrix`: C v is what velocity adds to
/// `bias`, and dM/dt - 2C is skew-symmetric.
///
/// Echeandia and Wensing 2021: C_ij = s_i . (B s_j + I psi'_j) and C_ji = B^T s_j . s_i + I s_j . psi'_i for joint i
/// between j and the base; half the derivative by velocity where both are joints of one axis. Terms as in
/// `inverseDynamicsDerivatives`.
@_noLocks public func coriolisMatrix(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  into matrix: UnsafeMutablePointer<Double>
) {
  // The matrix does not depend on the acceleration; any will do.
  differentiate(m, w, q: q, v: v, a: v)
  let order = m.bodyOrder
  for i in 0..<(order * order) { w.byVelocity[i] *= 0.5 }
  if m.isFloating {
    storeBaseDerivatives(m, w, spin: Vector3(at: v), slide: Vector3(at: v + 3), up: .zero, share: 0.5)
  }
  if m.freeJointCount > 0 { addFreeRates(m, w, v) }
  reduceByMimics(m, w.byVelocity, into: matrix)
}

/// Coriolis matrix at `q` and `v`, one array a row.
public func coriolisMatrix(_ model: Model, _ data: ModelData, q: [Double], v: [Double]) -> [[Double]] {
  precondition(q.count == model.positionCount && v.count == model.velocityCount)
  let order = model.velocityCount
  var flat = [Double](repeating: 0, count: order * order)
  coriolisMatrix(model.kernel, data.workspace, q: q, v: v, into: &flat)
  return rows(flat, order)
}

/// A square row-major matrix, one array a row.
func rows(_ flat: [Double], _ order: Int) -> [[Double]] { rows(flat, order, order) }

/// A row-major matrix, one array a row.
func rows(_ flat: [Double], _ count: Int, _ columns: Int) -> [[Double]] {
  (0..<count).map { Array(flat[($0 * columns)..<(($0 + 1) * columns)]) }
}
