import CRealMath

/// Positions after moving from `q` for `duration` [s] at constant velocity `v`, into `next`, which may be the
/// memory of `q`.
///
/// Joints of one axis: q + v t. Base, planar and floating joints: the exponential of their spatial velocity times t
/// (Murray, Li and Sastry 1994, 2.3), so that a constant screw motion is exact for any duration. Quaternions come out
/// with length one.
@_noLocks public func integrate(
  _ m: ModelKernel, q: UnsafePointer<Double>, v: UnsafePointer<Double>, duration: Double,
  into next: UnsafeMutablePointer<Double>
) {
  var position = m.isFloating ? 7 : 0
  var velocity = m.baseCount
  if m.isFloating { moveFreely(q, Vector3(at: v), Vector3(at: v + 3), duration, into: next) }
  for k in 0..<m.freeJointCount {
    let joint = m.freeJoints[k]
    let count = Int(joint.velocityIndex) - velocity
    for i in 0..<count { next[position + i] = q[position + i] + v[velocity + i] * duration }
    position = Int(joint.positionIndex)
    velocity = Int(joint.velocityIndex)
    let motion = joint.velocity(v)
    if joint.isPlanar {
      moveInPlane(q + position, motion, duration, into: next + position)
    } else {
      moveFreely(q + position, motion.angular, motion.linear, duration, into: next + position)
    }
    position += joint.positionCount
    velocity += joint.axisCount
  }
  for i in 0..<(m.velocityCount - velocity) {
    next[position + i] = q[position + i] + v[velocity + i] * duration
  }
}

/// Position and quaternion after a constant screw motion.
@_noLocks private func moveFreely(
  _ q: UnsafePointer<Double>, _ spin: Vector3, _ speed: Vector3, _ duration: Double,
  into next: UnsafeMutablePointer<Double>
) {
  let turn = spin * duration
  let travel = displacement(turn, speed * duration)
  let old = Quaternion(at: q + 3).normalized
  (Vector3(at: q) + old.rotation * travel.linear).store(at: next)
  let new = (old * travel.turn).normalized
  next[3] = new.w
  next[4] = new.x
  next[5] = new.y
  next[6] = new.z
}

/// x, y and angle after a constant screw motion about the plane's normal.
@_noLocks private func moveInPlane(
  _ q: UnsafePointer<Double>, _ motion: Screw, _ duration: Double, into next: UnsafeMutablePointer<Double>
) {
  let turn = motion.angular * duration
  let travel = displacement(turn, motion.linear * duration).linear
  let old = SineCosine(of: q[2])
  let (x, y, angle) = (q[0], q[1], q[2])
  next[0] = x + (old.cosine * travel.x - old.sine * travel.y)
  next[1] = y + (old.sine * travel.x + old.cosine * travel.y)
  next[2] = angle + turn.z
}

/// The exponential of a motion: displacement along the axes before it, and its rotation.
@_noLocks private func displacement(_ turn: Vector3, _ slide: Vector3) -> (linear: Vector3, turn: Quaternion)
{
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
  return (
    slide + across * b + turn.cross(across) * c,
    Quaternion(w: half.cosine, x: turn.x * s, y: turn.y * s, z: turn.z * s)
  )
}

/// Positions after moving from `q` for `duration` [s] at constant velocity `v`.
public func integrate(_ model: Model, q: [Double], v: [Double], duration: Double) -> [Double] {
  precondition(q.count == model.positionCount && v.count == model.velocityCount)
  var next = q
  integrate(model.kernel, q: q, v: v, duration: duration, into: &next)
  return next
}
