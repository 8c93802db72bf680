import CRealMath
import LaneMath

/// Generalised forces that hold the robot still against gravity, velocityCount numbers into `tau` [N.m or N].
///
/// Equal to inverse dynamics at rest; computed from first moments of mass alone: the weight of everything
/// beyond a joint acts at that part's centre of mass. The base's six are moment and force in the base's axes.
@_noLocks public func gravity(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, into tau: UnsafeMutablePointer<Double>
) {
  loadAngles(m, w, q)
  let up = baseRotation(m, q).transposedTimes(-m.gravity)
  sumMoments(m, w, up: up)
  if m.isFloating {
    Vector3(at: w.sums).cross(up).store(at: tau)
    (up * m.mass).store(at: tau + 3)
  }
  storeForces(m, w.waves.forces, into: tau)
}

/// Centre of mass of everything in the world [m]; the base's position when the model has no mass.
///
/// First moments of mass summed from the limbs to the base.
@_noLocks public func centreOfMass(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>
) -> Vector3 {
  let base = m.isFloating ? Vector3(at: q) : .zero
  if m.mass == 0 { return base }
  loadAngles(m, w, q)
  let rotation = baseRotation(m, q)
  sumMoments(m, w, up: rotation.transposedTimes(-m.gravity))
  return base + rotation * Vector3(at: w.sums) * (1 / m.mass)
}

/// First moment of mass of everything about the base's origin into `w.sums`, and the joint forces against `up`
/// (the acceleration that stands for gravity, in the base's axes) into the forces of the waves.
@_noLocks private func sumMoments(_ m: ModelKernel, _ w: Workspace, up: Vector3) {
  if m.tree.width != Int(real_width()) { sineCosinePass(m, w) }
  switch m.tree.width {
  case 1: sweep(Waves<Lane1>(m.tree, w.waves), up)
  case 2: sweep(Waves<Lane2>(m.tree, w.waves), up)
  default: sweep(Waves<Lane4>(m.tree, w.waves), up)
  }
  sumAtBase(m.tree, w.waves.shares3, record: 3, into: w.sums)
}

private func sweep<L: Lane>(_ t: Waves<L>, _ base: Vector3) {
  let ups = t.memory.motions.assumingMemoryBound(to: LaneVector<L>.self)
  let upMemory = doubles(t.memory.motions)
  var up = LaneVector<L>(all: base.x, base.y, base.z)
  ups[0] = up
  for i in 1..<t.count {
    let c = t.constants + i
    if !t.shapes[i].descends { up = LaneVector(gather: upMemory, t.parentPlaces(i, record: 3), 0) }
    if t.shapes[i].isPrismatic {
      let offset = c.pointee.rotation.columnZ.scaled(t.positions[i], plus: c.pointee.translation)
      t.placements[i] = WavePlacement(c.pointee.rotation, offset)
    } else {
      // Where the lanes are the processor's, sines and cosines are worked out in the shadow of the recursion, which
      // waits for its own last step; the kernels with more arithmetic have no such shadow, and fewer registers.
      let turn =
        L.width == Int(real_width()) ? sineCosine(t.positions[i]) : (sine: t.sines[i], cosine: t.cosines[i])
      t.placements[i].rotation = c.pointee.rotation.turned(sine: turn.sine, cosine: turn.cosine)
    }
    up = t.placements[i].rotation.transposedTimes(up)
    ups[i] = up
  }

  let shares = t.memory.shares3.assumingMemoryBound(to: LaneVector<L>.self)
  let memory = doubles(t.memory.shares3)
  var carried = LaneVector<L>.zero
  var i = t.count - 1
  while i > 0 {
    let shape = t.shapes[i]
    let c = t.constants + i
    var moment = c.pointee.firstMoment
    if shape.carries { moment = moment + carried }
    var k: Int32 = 0
    while k < shape.rounds {
      moment = moment + LaneVector(gather: memory, t.childPlaces(shape, k, record: 3), 0)
      k += 1
    }
    let up = ups[i]
    t.forces[i] =
      shape.isPrismatic ? up.z * c.pointee.subtreeMass : L.nmadd(moment.y, up.x, moment.x * up.y)
    carried = t.placements[i].rotation.times(moment)
    if t.tree.bearsMass { carried = t.offset(i).scaled(c.pointee.subtreeMass, plus: carried) }
    if shape.isGathered { shares[i] = carried }
    i -= 1
  }
  shares[0] = t.constants.pointee.firstMoment
}

/// Generalised forces that hold the robot still against gravity at the positions `q` [N.m or N].
public func gravity(_ model: Model, _ data: ModelData, q: [Double]) -> [Double] {
  precondition(q.count == model.positionCount)
  var tau = [Double](repeating: 0, count: model.velocityCount)
  gravity(model.kernel, data.workspace, q: q, into: &tau)
  return tau
}

/// Centre of mass in the world [m] at the positions `q`.
public func centreOfMass(_ model: Model, _ data: ModelData, q: [Double]) -> Vector3 {
  precondition(q.count == model.positionCount)
  return centreOfMass(model.kernel, data.workspace, q: q)
}
