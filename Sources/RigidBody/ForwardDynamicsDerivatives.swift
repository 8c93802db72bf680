/// Derivatives of `forwardDynamics` at `q`, `v` and `tau`, three matrices of velocityCount x velocityCount, row-major: by
/// positions (along velocities, as in `inverseDynamicsDerivatives`), by velocities and by forces, which is M(q)^-1.
///
/// With a the acceleration there: d a / d q = -M^-1 (d tau / d q at constant a), and so for v (Carpentier and Mansard
/// 2018). M is factored in the order of the tree, and both matrices are solved at once.
@_noLocks public func forwardDynamicsDerivatives(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  tau: UnsafePointer<Double>, byPosition: UnsafeMutablePointer<Double>,
  byVelocity: UnsafeMutablePointer<Double>, byForce: UnsafeMutablePointer<Double>
) {
  let n = m.velocityCount
  forwardDynamics(m, w, q: q, v: v, tau: tau, into: w.vector)
  differentiate(m, w, q: q, v: v, a: w.vector)
  factorInertia(m, w)
  reduceByMimics(m, w.byPosition, into: byPosition)
  reduceByMimics(m, w.byVelocity, into: byVelocity)
  let columns = m.pattern.columns
  for i in 0..<n {
    let row = w.sides + i * m.pattern.stride
    // 0 - x, not -x: no zero is negative, whatever lanes work on it.
    for j in 0..<n { row[j] = 0 - byPosition[i * n + j] }
    for j in 0..<n { row[columns + j] = 0 - byVelocity[i * n + j] }
    for j in n..<columns {
      row[j] = 0
      row[columns + j] = 0
    }
  }
  setIdentity(m, w, copy: 2)
  solveInertias(m, w, count: 3)
  for i in 0..<n {
    let row = w.sides + i * m.pattern.stride
    for j in 0..<n { byPosition[i * n + j] = row[j] }
    for j in 0..<n { byVelocity[i * n + j] = row[columns + j] }
  }
  readSymmetric(m, w, copy: 2, into: byForce)
}

/// Derivatives of forward dynamics at `q`, `v` and `tau`.
public func forwardDynamicsDerivatives(
  _ model: Model, _ data: ModelData, q: [Double], v: [Double], tau: [Double]
) -> DynamicsDerivatives {
  precondition(q.count == model.positionCount)
  precondition(v.count == model.velocityCount && tau.count == model.velocityCount)
  let order = model.velocityCount
  var position = [Double](repeating: 0, count: order * order)
  var velocity = position
  var force = position
  forwardDynamicsDerivatives(
    model.kernel, data.workspace, q: q, v: v, tau: tau, byPosition: &position, byVelocity: &velocity,
    byForce: &force)
  return DynamicsDerivatives(
    byPosition: rows(position, order), byVelocity: rows(velocity, order), byInput: rows(force, order))
}
