import LaneMath

/// Accelerations under the generalised forces `tau` at `q` and `v`: a = M(q)^-1 (tau - b(q, v)),
/// velocityCount numbers into `a`, which may be the memory of `tau`.
///
/// Articulated-body algorithm, Featherstone 2008, table 7.1, with a floating base as in table 9.4; armatures add to the
/// joint's own inertia. Joints that share a coordinate couple limbs, which the recursion cannot express: such models use
/// the mass matrix and its factorisation.
@_noLocks public func forwardDynamics(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  tau: UnsafePointer<Double>, into a: UnsafeMutablePointer<Double>
) {
  articulatedBody(m, w, q: q, v: v, tau: tau, wrenches: nil, into: a)
}

/// Accelerations under generalised forces and wrenches on links, which enter the recursion as p^A - f: six numbers a link
/// in `wrenches`, as in `externalForces`.
@_noLocks public func forwardDynamics(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  tau: UnsafePointer<Double>, wrenches: UnsafePointer<Double>, into a: UnsafeMutablePointer<Double>
) {
  articulatedBody(m, w, q: q, v: v, tau: tau, wrenches: wrenches, into: a)
}

@_noLocks private func articulatedBody(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  tau: UnsafePointer<Double>, wrenches: UnsafePointer<Double>?, into a: UnsafeMutablePointer<Double>
) {
  if m.hasMimic {
    solveWithMassMatrix(m, w, q: q, v: v, tau: tau, wrenches: wrenches, into: a)
    return
  }
  loadPositions(m, w, q)
  loadRates(m, v, into: w.waves.rates)
  loadRates(m, tau, into: w.waves.forces)
  let up = baseRotation(m, q).transposedTimes(-m.gravity)
  let spin = m.isFloating ? Vector3(at: v) : .zero
  let slide = m.isFloating ? Vector3(at: v + 3) : .zero
  switch m.tree.width {
  case 1: setVelocities(Waves<Lane1>(m.tree, w.waves), spin, slide)
  case 2: setVelocities(Waves<Lane2>(m.tree, w.waves), spin, slide)
  default: setVelocities(Waves<Lane4>(m.tree, w.waves), spin, slide)
  }
  if let wrenches { subtractWrenches(m, wrenches, from: w.waves.wrenches) }
  switch m.tree.width {
  case 1: closeArticulations(Waves<Lane1>(m.tree, w.waves))
  case 2: closeArticulations(Waves<Lane2>(m.tree, w.waves))
  default: closeArticulations(Waves<Lane4>(m.tree, w.waves))
  }
  var base = BaseAcceleration(angular: .zero, linear: up)
  if m.isFloating {
    sumAtBase(m.tree, w.waves.shares27, record: 27, into: w.sums)
    base = accelerateBase(w.sums, moment: Vector3(at: tau), force: Vector3(at: tau + 3))
    base.angular.store(at: a)
    (base.linear - up).store(at: a + 3)
  }
  switch m.tree.width {
  case 1: accelerate(Waves<Lane1>(m.tree, w.waves), base)
  case 2: accelerate(Waves<Lane2>(m.tree, w.waves), base)
  default: accelerate(Waves<Lane4>(m.tree, w.waves), base)
  }
  if m.freeJointCount > 0 { addDrift(m, v, 1, to: w.waves.accelerations) }
  storeForces(m, w.waves.accelerations, into: a)
}

/// The wrench p = v x* I v that a body needs to keep its velocity.
@inline(__always) private func velocityWrench<L: Lane>(
  _ c: UnsafePointer<WaveConstants<L>>, _ spin: LaneVector<L>, _ slide: LaneVector<L>
) -> WaveSpatial<L> {
  let h = c.pointee.firstMoment
  let momentum = spin.cross(h, plus: slide.scaled(c.pointee.mass))
  let angular = h.cross(slide, plus: c.pointee.inertia.times(spin))
  return WaveSpatial(spin.cross(angular, plus: slide.cross(momentum)), spin.cross(momentum))
}

/// The same for a body behind a turning joint, without mass and moments on its axis; see `WaveConstants`.
@inline(__always) private func turningWrench<L: Lane>(
  _ c: UnsafePointer<WaveConstants<L>>, _ spin: LaneVector<L>, _ slide: LaneVector<L>
) -> WaveSpatial<L> {
  let (x, y) = (c.pointee.firstMoment.x, c.pointee.firstMoment.y)
  let momentum = LaneVector(-(spin.z * y), spin.z * x, L.nmadd(spin.y, x, spin.x * y))
  let turned = c.pointee.inertia.times(spin)
  let angular = LaneVector(
    L.madd(y, slide.z, turned.x), L.nmadd(x, slide.z, turned.y),
    L.nmadd(y, slide.x, L.madd(x, slide.y, turned.z)))
  return WaveSpatial(spin.cross(angular, plus: slide.cross(momentum)), spin.cross(momentum))
}

/// From the base to the limbs: velocities, and what they need without acceleration.
private func setVelocities<L: Lane>(_ t: Waves<L>, _ baseSpin: Vector3, _ baseSlide: Vector3) {
  let joints = t.memory.articulations.assumingMemoryBound(to: WaveArticulation<L>.self)
  let motions = t.memory.motions.assumingMemoryBound(to: WaveSpatial<L>.self)
  let memory = doubles(t.memory.motions)
  var spin = LaneVector<L>(all: baseSpin.x, baseSpin.y, baseSpin.z)
  var slide = LaneVector<L>(all: baseSlide.x, baseSlide.y, baseSlide.z)
  motions[0] = WaveSpatial(spin, slide)
  t.wrenches[0] = velocityWrench(t.constants, spin, slide)
  for i in 1..<t.count {
    let shape = t.shapes[i]
    let c = t.constants + i
    if !shape.descends {
      let motion = WaveSpatial<L>(gather: memory, t.parentPlaces(i, record: 6))
      spin = motion.angular
      slide = motion.linear
    }
    let rate = t.rates[i]
    if shape.isPrismatic {
      let r = c.pointee.rotation
      let offset = r.columnZ.scaled(t.positions[i], plus: c.pointee.translation)
      t.placements[i] = WavePlacement(r, offset)
      slide = r.transposedTimes(spin.cross(offset, plus: slide))
      spin = r.transposedTimes(spin)
      joints[i].linearX = spin.y * rate
      joints[i].linearY = -(spin.x * rate)
      slide.z = slide.z + rate
    } else {
      let r = t.turnedRotation(i)
      t.placements[i] = WavePlacement(r, c.pointee.translation)
      slide = r.transposedTimes(spin.cross(c.pointee.translation, plus: slide))
      spin = r.transposedTimes(spin)
      joints[i].angularX = spin.y * rate
      joints[i].angularY = -(spin.x * rate)
      joints[i].linearX = slide.y * rate
      joints[i].linearY = -(slide.x * rate)
      spin.z = spin.z + rate
    }
    motions[i] = WaveSpatial(spin, slide)
    t.wrenches[i] = shape.isPrismatic ? velocityWrench(c, spin, slide) : turningWrench(c, spin, slide)
  }
}

/// From the limbs to the base: frees each joint and hands what is left to the parent.
private func closeArticulations<L: Lane>(_ t: Waves<L>) {
  let joints = t.memory.articulations.assumingMemoryBound(to: WaveArticulation<L>.self)
  let shares = t.memory.shares27.assumingMemoryBound(to: ArticulatedWave<L>.self)
  let memory = doubles(t.memory.shares27)
  var body = ArticulatedWave<L>(
    rotational: .zero, coupling: .zero, linear: .zero, moment: .zero, force: .zero)
  var i = t.count - 1
  while i > 0 {
    let shape = t.shapes[i]
    let c = t.constants + i
    if shape.isPrismatic {
      let own = ArticulatedWave(rigid: c, t.wrenches[i])
      if shape.carries { body.add(own) } else { body = own }
    } else if shape.carries {
      body.addTurning(c, t.wrenches[i])
    } else {
      body = ArticulatedWave(turning: c, t.wrenches[i])
    }
    var k: Int32 = 0
    while k < shape.rounds {
      body.add(ArticulatedWave(gather: memory, t.childPlaces(shape, k, record: 27)))
      k += 1
    }
    if shape.isPrismatic {
      body.freeSliding(joints + i, tau: t.forces[i], armature: c.pointee.armature)
      body.move(by: t.placements + i)
    } else if t.tree.hasArmature {
      body.freeTurning(joints + i, tau: t.forces[i], armature: c.pointee.armature)
      body.move(by: t.placements + i)
    } else {
      body.freeBareTurning(joints + i, tau: t.forces[i], armature: c.pointee.armature)
      body.moveWithoutAxis(by: t.placements + i)
    }
    if shape.isGathered { shares[i] = body }
    i -= 1
  }
  shares[0] = ArticulatedWave(rigid: t.constants, t.wrenches[0])
}

/// From the base to the limbs: joint accelerations.
private func accelerate<L: Lane>(_ t: Waves<L>, _ base: BaseAcceleration) {
  let joints = t.memory.articulations.assumingMemoryBound(to: WaveArticulation<L>.self)
  let motions = t.memory.motions.assumingMemoryBound(to: WaveSpatial<L>.self)
  let memory = doubles(t.memory.motions)
  var angular = LaneVector<L>(all: base.angular.x, base.angular.y, base.angular.z)
  var linear = LaneVector<L>(all: base.linear.x, base.linear.y, base.linear.z)
  motions[0] = WaveSpatial(angular, linear)
  for i in 1..<t.count {
    let shape = t.shapes[i]
    if !shape.descends {
      let motion = WaveSpatial<L>(gather: memory, t.parentPlaces(i, record: 6))
      angular = motion.angular
      linear = motion.linear
    }
    let r = t.placements[i].rotation
    let joint = joints + i
    linear = r.transposedTimes(angular.cross(t.placements[i].translation, plus: linear))
    angular = r.transposedTimes(angular)
    if !shape.isPrismatic {
      angular.x = angular.x + joint.pointee.angularX
      angular.y = angular.y + joint.pointee.angularY
    }
    linear.x = linear.x + joint.pointee.linearX
    linear.y = linear.y + joint.pointee.linearY
    let held = joint.pointee.moment.dot(angular, plus: joint.pointee.force.dot(linear))
    let acceleration = L.nmadd(joint.pointee.inverse, held, joint.pointee.free)
    t.accelerations[i] = acceleration
    if shape.isPrismatic {
      linear.z = linear.z + acceleration
    } else {
      angular.z = angular.z + acceleration
    }
    motions[i] = WaveSpatial(angular, linear)
  }
}

/// M a = tau - b, for models whose joints share coordinates.
@_noLocks private func solveWithMassMatrix(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  tau: UnsafePointer<Double>, wrenches: UnsafePointer<Double>?, into a: UnsafeMutablePointer<Double>
) {
  if let wrenches {
    bias(m, w, q: q, v: v, wrenches: wrenches, into: w.vector)
  } else {
    bias(m, w, q: q, v: v, into: w.vector)
  }
  for i in 0..<m.velocityCount { w.vector[i] = tau[i] - w.vector[i] }
  compositeInertia(m, w, q: q)
  factorInertia(m, w)
  solveInertia(m, w, w.vector)
  for i in 0..<m.velocityCount { a[i] = w.vector[i] }
}

/// Accelerations under the generalised forces `tau` at `q` and `v`.
public func forwardDynamics(
  _ model: Model, _ data: ModelData, q: [Double], v: [Double], tau: [Double]
) -> [Double] {
  precondition(q.count == model.positionCount)
  precondition(v.count == model.velocityCount && tau.count == model.velocityCount)
  var a = [Double](repeating: 0, count: model.velocityCount)
  forwardDynamics(model.kernel, data.workspace, q: q, v: v, tau: tau, into: &a)
  return a
}
