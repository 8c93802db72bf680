import CRealMath

/// Positions after moving from `q` for `duration` [s] at constant velocity `v`, into `next`, which may be the
/// memory of `q`.
///
/// Joints: q + v t. Base: the exponential of its spatial velocity times t (Murray, Li and Sastry 1994, 2.3),
/// so that a constant screw motion is exact for any duration. The quaternion comes out with length one.
@_noLocks public func integrate(
  _ m: ModelKernel, q: UnsafePointer<Double>, v: UnsafePointer<Double>, duration: Double,
  into next: UnsafeMutablePointer<Double>
) {
  let joints = m.isFloating ? m.velocityCount - 6 : m.velocityCount
  let position = m.positionCount - joints
  let velocity = m.velocityCount - joints
  for i in 0..<joints { next[position + i] = q[position + i] + v[velocity + i] * duration }
  if !m.isFloating { return }

  let turn = Vector3(at: v) * duration
  let slide = Vector3(at: v + 3) * duration
  let squared = turn.squaredLength
  let angle = real_sqrt(squared)
  let half = SineCosine(of: 0.5 * angle)
  // sin(x/2)/x, (1 - cos x)/x^2 and (x - sin x)/x^3, by series where they would lose digits.
  var s: Double
  var b: Double
  var c: Double
  if angle < 1e-2 {
    s = 0.5 - squared * (1.0 / 48 - squared / 3840)
    b = 0.5 - squared * (1.0 / 24 - squared / 720)
    c = 1.0 / 6 - squared * (1.0 / 120 - squared / 5040)
  } else {
    s = half.sine / angle
    b = 2 * half.sine * half.sine / squared
    c = (angle - 2 * half.sine * half.cosine) / (squared * angle)
  }
  let across = turn.cross(slide)
  let travel = slide + across * b + turn.cross(across) * c
  let old = Quaternion(at: q + 3).normalized
  (Vector3(at: q) + old.rotation * travel).store(at: next)
  let step = Quaternion(w: half.cosine, x: turn.x * s, y: turn.y * s, z: turn.z * s)
  let new = (old * step).normalized
  next[3] = new.w
  next[4] = new.x
  next[5] = new.y
  next[6] = new.z
}

/// Positions after moving from `q` for `duration` [s] at constant velocity `v`.
public func integrate(_ model: Model, q: [Double], v: [Double], duration: Double) -> [Double] {
  precondition(q.count == model.positionCount && v.count == model.velocityCount)
  var next = q
  integrate(model.kernel, q: q, v: v, duration: duration, into: &next)
  return next
}
