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
  forwardDynamics(m, w, q: q, v: v, tau: tau, into: w.vector)
  let inverse = inverseDynamicsDerivatives(m, w, q: q, v: v, a: w.vector)
  factorInertia(m, w)
  invertFactor(m, w)
  solveDerivatives(
    m, w, inverse, byPosition: byPosition, byVelocity: byVelocity, byForce: byForce)
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
