import LaneMath

/// Generalised forces for the accelerations `a` at `q` and `v`: tau = M(q) a + b(q, v), velocityCount numbers
/// into `tau` [N.m or N]; the base's six are moment and force in the base's axes.
///
/// `a` holds the base's spatial acceleration in its own axes (angular, linear; d/dt of its coordinates), then
/// joint accelerations. Recursive Newton-Euler algorithm with accelerations of points instead of spatial ones
/// (Luh, Walker and Paul 1980; Featherstone 2008, table 5.1), each body in its own axes: gravity enters as an
/// acceleration of the base upwards.
@_noLocks public func inverseDynamics(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  a: UnsafePointer<Double>, into tau: UnsafeMutablePointer<Double>
) {
  accelerated(m, w, q: q, v: v, a: a, wrenches: nil, into: tau)
}

/// Generalised forces for the accelerations `a` while wrenches act on links: six numbers a link in `wrenches`, as in
/// `externalForces`.
@_noLocks public func inverseDynamics(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  a: UnsafePointer<Double>, wrenches: UnsafePointer<Double>, into tau: UnsafeMutablePointer<Double>
) {
  accelerated(m, w, q: q, v: v, a: a, wrenches: wrenches, into: tau)
}

@_noLocks private func accelerated(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  a: UnsafePointer<Double>, wrenches: UnsafePointer<Double>?, into tau: UnsafeMutablePointer<Double>
) {
  loadRates(m, a, into: w.waves.accelerations)
  let zero = Vector3.zero
  newtonEuler(
    m, w, q: q, v: v, baseTurn: m.isFloating ? Vector3(at: a) : zero,
    baseLinear: m.isFloating ? Vector3(at: a + 3) : zero, wrenches: wrenches, into: tau)
}

/// Generalised forces at zero acceleration, b(q, v): Coriolis, centrifugal and gravity terms, velocityCount
/// numbers into `tau` [N.m or N].
@_noLocks public func bias(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  into tau: UnsafeMutablePointer<Double>
) {
  clearRates(m, w.waves.accelerations)
  newtonEuler(m, w, q: q, v: v, baseTurn: .zero, baseLinear: .zero, wrenches: nil, into: tau)
}

/// `bias` while wrenches act on links.
@_noLocks func bias(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  wrenches: UnsafePointer<Double>, into tau: UnsafeMutablePointer<Double>
) {
  clearRates(m, w.waves.accelerations)
  newtonEuler(m, w, q: q, v: v, baseTurn: .zero, baseLinear: .zero, wrenches: wrenches, into: tau)
}

@_noLocks private func newtonEuler(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>, baseTurn: Vector3,
  baseLinear: Vector3, wrenches: UnsafePointer<Double>?, into tau: UnsafeMutablePointer<Double>
) {
  loadPositions(m, w, q)
  loadRates(m, v, into: w.waves.rates)
  if m.freeJointCount > 0 { addDrift(m, v, -1, to: w.waves.accelerations) }
  let up = baseRotation(m, q).transposedTimes(-m.gravity)
  // The spatial acceleration of v becomes that of the base's origin: a + omega x v, less gravity.
  let spin = m.isFloating ? Vector3(at: v) : .zero
  let linear = m.isFloating ? up + baseLinear + spin.cross(Vector3(at: v + 3)) : up
  let motion = PointMotion(spin: spin, turn: baseTurn, linear: linear)
  switch m.tree.width {
  case 1: sweep(Waves<Lane1>(m.tree, w.waves), m, motion, wrenches)
  case 2: sweep(Waves<Lane2>(m.tree, w.waves), m, motion, wrenches)
  default: sweep(Waves<Lane4>(m.tree, w.waves), m, motion, wrenches)
  }
  if m.isFloating { sumAtBase(m.tree, w.waves.shares6, record: 6, into: tau) }
  storeForces(m, w.waves.forces, into: tau)
}

/// Motion of the base in its own axes: angular velocity, angular acceleration, acceleration of the origin less
/// gravity.
private struct PointMotion {
  var spin: Vector3
  var turn: Vector3
  var linear: Vector3
}

/// The same for a wave.
private struct WaveMotion<L: Lane>: BitwiseCopyable {
  var spin: LaneVector<L>
  var turn: LaneVector<L>
  var linear: LaneVector<L>
}

/// Force and moment that each body needs for its own motion (Newton, Euler), about its origin. With
/// U = [turn] + [spin][spin], a point at r is accelerated by U r + a: force = U h + m a, and moment = integral of
/// r x U r dm + h x a, a sum over the second moments of mass.
@inline(__always) private func inertialWrench<L: Lane>(
  _ c: UnsafePointer<WaveConstants<L>>, _ u: LaneMatrix<L>, _ a: LaneVector<L>
) -> WaveSpatial<L> {
  let h = c.pointee.firstMoment
  let s = c.pointee.secondMoment
  let force = u.times(h, plus: a.scaled(c.pointee.mass))
  let moment = LaneVector(
    L.madd(u.zx, s.xy, L.madd(u.zy, s.yy, u.zz * s.yz)) - L.madd(u.yx, s.xz, L.madd(u.yy, s.yz, u.yz * s.zz)),
    L.madd(u.xx, s.xz, L.madd(u.xy, s.yz, u.xz * s.zz)) - L.madd(u.zx, s.xx, L.madd(u.zy, s.xy, u.zz * s.xz)),
    L.madd(u.yx, s.xx, L.madd(u.yy, s.xy, u.yz * s.xz)) - L.madd(u.xx, s.xy, L.madd(u.xy, s.yy, u.xz * s.yz)))
  return WaveSpatial(h.cross(a, plus: moment), force)
}

/// The same for a body behind a turning joint, without mass and moments on its axis; see `WaveConstants`.
@inline(__always) private func turningWrench<L: Lane>(
  _ c: UnsafePointer<WaveConstants<L>>, _ u: LaneMatrix<L>, _ a: LaneVector<L>
) -> WaveSpatial<L> {
  let (x, y) = (c.pointee.firstMoment.x, c.pointee.firstMoment.y)
  let s = c.pointee.secondMoment
  let force = LaneVector(
    L.madd(u.xx, x, u.xy * y), L.madd(u.yx, x, u.yy * y), L.madd(u.zx, x, u.zy * y))
  let moment = LaneVector(
    L.madd(u.zx, s.xy, L.madd(u.zy, s.yy, u.zz * s.yz)) - L.madd(u.yx, s.xz, u.yy * s.yz),
    L.madd(u.xx, s.xz, u.xy * s.yz) - L.madd(u.zx, s.xx, L.madd(u.zy, s.xy, u.zz * s.xz)),
    L.madd(u.yx, s.xx, L.madd(u.yy, s.xy, u.yz * s.xz)) - L.madd(u.xx, s.xy, L.madd(u.xy, s.yy, u.xz * s.yz)))
  return WaveSpatial(
    LaneVector(
      L.madd(y, a.z, moment.x), L.nmadd(x, a.z, moment.y), L.madd(x, a.y, L.nmadd(y, a.x, moment.z))), force)
}

private func sweep<L: Lane>(
  _ t: Waves<L>, _ m: ModelKernel, _ base: PointMotion, _ wrenches: UnsafePointer<Double>?
) {
  accelerate(t, base)
  if let wrenches {
    // The base's own wrench is the first share.
    t.wrenches[0] = t.memory.shares6.assumingMemoryBound(to: WaveSpatial<L>.self)[0]
    subtractWrenches(m, wrenches, from: t.memory.wrenches)
    t.memory.shares6.assumingMemoryBound(to: WaveSpatial<L>.self)[0] = t.wrenches[0]
  }
  handDown(t)
}

/// From the base to the limbs: motions, and the wrenches they need.
private func accelerate<L: Lane>(_ t: Waves<L>, _ base: PointMotion) {
  let motions = t.memory.motions.assumingMemoryBound(to: WaveMotion<L>.self)
  let memory = doubles(t.memory.motions)
  var spin = LaneVector<L>(all: base.spin.x, base.spin.y, base.spin.z)
  var turn = LaneVector<L>(all: base.turn.x, base.turn.y, base.turn.z)
  var linear = LaneVector<L>(all: base.linear.x, base.linear.y, base.linear.z)
  motions[0] = WaveMotion(spin: spin, turn: turn, linear: linear)
  var u = LaneMatrix(spin: spin, turn: turn)
  t.memory.shares6.assumingMemoryBound(to: WaveSpatial<L>.self)[0] = inertialWrench(t.constants, u, linear)
  for i in 1..<t.count {
    let shape = t.shapes[i]
    let c = t.constants + i
    if !shape.descends {
      let places = t.parentPlaces(i, record: 9)
      spin = LaneVector(gather: memory, places, 0)
      turn = LaneVector(gather: memory, places, 3)
      linear = LaneVector(gather: memory, places, 6)
      u = LaneMatrix(spin: spin, turn: turn)
    }
    let rate = t.rates[i]
    let acceleration = t.accelerations[i]
    if shape.isPrismatic {
      let r = c.pointee.rotation
      let offset = r.columnZ.scaled(t.positions[i], plus: c.pointee.translation)
      t.placements[i] = WavePlacement(r, offset)
      linear = r.transposedTimes(u.times(offset, plus: linear))
      spin = r.transposedTimes(spin)
      turn = r.transposedTimes(turn)
      let twice = rate + rate
      linear = LaneVector(
        L.madd(spin.y, twice, linear.x), L.nmadd(spin.x, twice, linear.y), linear.z + acceleration)
    } else {
      let r = t.turnedRotation(i)
      t.placements[i].rotation = r
      linear = r.transposedTimes(u.times(c.pointee.translation, plus: linear))
      spin = r.transposedTimes(spin)
      turn = r.transposedTimes(turn)
      turn = LaneVector(L.madd(spin.y, rate, turn.x), L.nmadd(spin.x, rate, turn.y), turn.z + acceleration)
      spin.z = spin.z + rate
    }
    u = LaneMatrix(spin: spin, turn: turn)
    motions[i] = WaveMotion(spin: spin, turn: turn, linear: linear)
    t.wrenches[i] = shape.isPrismatic ? inertialWrench(c, u, linear) : turningWrench(c, u, linear)
  }
}

/// From the limbs to the base: each joint bears its body and all that hangs on it.
private func handDown<L: Lane>(_ t: Waves<L>) {
  let shares = t.memory.shares6.assumingMemoryBound(to: WaveSpatial<L>.self)
  let memory = doubles(t.memory.shares6)
  var carried = WaveSpatial<L>(.zero, .zero)
  var i = t.count - 1
  while i > 0 {
    let shape = t.shapes[i]
    var wrench = t.wrenches[i]
    if shape.carries { wrench = wrench + carried }
    var k: Int32 = 0
    while k < shape.rounds {
      wrench = wrench + WaveSpatial(gather: memory, t.childPlaces(shape, k, record: 6))
      k += 1
    }
    let along = shape.isPrismatic ? wrench.linear.z : wrench.angular.z
    t.forces[i] = L.madd(t.constants[i].armature, t.accelerations[i], along)
    let rotation = t.placements[i].rotation
    let force = rotation.times(wrench.linear)
    carried = WaveSpatial(t.offset(i).cross(force, plus: rotation.times(wrench.angular)), force)
    if shape.isGathered { shares[i] = carried }
    i -= 1
  }
}

/// Generalised forces for the accelerations `a` at `q` and `v` [N.m or N].
public func inverseDynamics(
  _ model: Model, _ data: ModelData, q: [Double], v: [Double], a: [Double]
) -> [Double] {
  precondition(q.count == model.positionCount)
  precondition(v.count == model.velocityCount && a.count == model.velocityCount)
  var tau = [Double](repeating: 0, count: model.velocityCount)
  inverseDynamics(model.kernel, data.workspace, q: q, v: v, a: a, into: &tau)
  return tau
}

/// Generalised forces for the accelerations `a` under one wrench (moment, force) a link, along the link's axes about its
/// origin.
public func inverseDynamics(
  _ model: Model, _ data: ModelData, q: [Double], v: [Double], a: [Double], wrenches: [[Double]]
) -> [Double] {
  precondition(q.count == model.positionCount)
  precondition(v.count == model.velocityCount && a.count == model.velocityCount)
  precondition(wrenches.count == model.linkNames.count && wrenches.allSatisfy { $0.count == 6 })
  var tau = [Double](repeating: 0, count: model.velocityCount)
  let flat = wrenches.flatMap { $0 }
  inverseDynamics(model.kernel, data.workspace, q: q, v: v, a: a, wrenches: flat, into: &tau)
  return tau
}

/// Generalised forces at zero acceleration [N.m or N].
public func bias(_ model: Model, _ data: ModelData, q: [Double], v: [Double]) -> [Double] {
  precondition(q.count == model.positionCount && v.count == model.velocityCount)
  var tau = [Double](repeating: 0, count: model.velocityCount)
  bias(model.kernel, data.workspace, q: q, v: v, into: &tau)
  return tau
}
