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
  if m.hasMimic {
    solveWithMassMatrix(m, w, q: q, v: v, tau: tau, into: a)
    return
  }
  loadPositions(m, w, q)
  loadRates(m, v, into: w.waves.rates)
  loadRates(m, tau, into: w.waves.forces)
  let up = baseRotation(m, q).transposedTimes(-m.gravity)
  let spin = m.isFloating ? Vector3(at: v) : .zero
  let slide = m.isFloating ? Vector3(at: v + 3) : .zero
  switch m.tree.width {
  case 1: articulate(Waves<Lane1>(m.tree, w.waves), spin, slide)
  case 2: articulate(Waves<Lane2>(m.tree, w.waves), spin, slide)
  default: articulate(Waves<Lane4>(m.tree, w.waves), spin, slide)
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
  storeForces(m, w.waves.accelerations, into: a)
}

/// Inertia of a body and all that hangs on it with free joints (Featherstone 2008, 7.1), a symmetric 6 x 6 matrix in
/// blocks, and the wrench at zero acceleration; in the body's axes about its origin.
private struct ArticulatedWave<L: Lane>: BitwiseCopyable {
  /// Moment per angular acceleration [kg.m2].
  var rotational: LaneSymmetric<L>
  /// Moment per linear acceleration [kg.m]; its transpose is force per angular acceleration.
  var coupling: LaneMatrix<L>
  /// Force per linear acceleration [kg].
  var linear: LaneSymmetric<L>
  /// Moment [N.m] and force [N] at zero acceleration.
  var moment: LaneVector<L>
  var force: LaneVector<L>
}

/// What a joint keeps for the way back.
private struct WaveArticulation<L: Lane>: BitwiseCopyable {
  /// Bias acceleration v x S rate: x and y of its angular and of its linear part.
  var angularX: L
  var angularY: L
  var linearX: L
  var linearY: L
  /// Moment and force per joint acceleration, I^A S.
  var moment: LaneVector<L>
  var force: LaneVector<L>
  /// (tau - S^T p^A) / D, and 1 / D with D = S^T I^A S + armature.
  var free: L
  var inverse: L
}

private func articulate<L: Lane>(_ t: Waves<L>, _ spin: Vector3, _ slide: Vector3) {
  setVelocities(t, spin, slide)
  closeArticulations(t)
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
    } else {
      body.freeTurning(joints + i, tau: t.forces[i], armature: c.pointee.armature)
    }
    body.move(by: t.placements + i)
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

extension ArticulatedWave {
  /// A rigid body and the wrench that it needs at zero acceleration.
  @inline(__always) fileprivate init(rigid c: UnsafePointer<WaveConstants<L>>, _ wrench: WaveSpatial<L>) {
    let h = c.pointee.firstMoment
    let m = c.pointee.mass
    let o = L(0)
    self.init(
      rotational: c.pointee.inertia, coupling: LaneMatrix(o, -h.z, h.y, h.z, o, -h.x, -h.y, h.x, o),
      linear: LaneSymmetric(xx: m, xy: o, yy: m, xz: o, yz: o, zz: m), moment: wrench.angular,
      force: wrench.linear)
  }

  /// A body behind a turning joint, without mass and moments on its axis. Zeros that `addTurning` leaves out are negative,
  /// so that adding a child's numbers to them changes no bit, zeros' signs included.
  @inline(__always) fileprivate init(turning c: UnsafePointer<WaveConstants<L>>, _ wrench: WaveSpatial<L>) {
    let (x, y) = (c.pointee.firstMoment.x, c.pointee.firstMoment.y)
    let o = L(-0.0)
    self.init(
      rotational: c.pointee.inertia, coupling: LaneMatrix(o, o, y, o, o, -x, -y, x, o),
      linear: LaneSymmetric(xx: o, xy: o, yy: o, xz: o, yz: o, zz: o), moment: wrench.angular,
      force: wrench.linear)
  }

  /// Adds such a body.
  @inline(__always) fileprivate mutating func addTurning(
    _ c: UnsafePointer<WaveConstants<L>>, _ wrench: WaveSpatial<L>
  ) {
    let (x, y) = (c.pointee.firstMoment.x, c.pointee.firstMoment.y)
    rotational = rotational + c.pointee.inertia
    coupling.xz = coupling.xz + y
    coupling.yz = coupling.yz - x
    coupling.zx = coupling.zx - y
    coupling.zy = coupling.zy + x
    moment = moment + wrench.angular
    force = force + wrench.linear
  }

  @inline(__always) fileprivate init(gather memory: UnsafePointer<Double>, _ places: L.Places) {
    self.init(
      rotational: LaneSymmetric(gather: memory, places, 0), coupling: LaneMatrix(gather: memory, places, 6),
      linear: LaneSymmetric(gather: memory, places, 15), moment: LaneVector(gather: memory, places, 21),
      force: LaneVector(gather: memory, places, 24))
  }

  @inline(__always) fileprivate mutating func add(_ other: ArticulatedWave) {
    rotational = rotational + other.rotational
    coupling = coupling + other.coupling
    linear = linear + other.linear
    moment = moment + other.moment
    force = force + other.force
  }

  /// Frees a joint about z: I^a = I^A - U U^T / D and p^a = p^A + I^a c + U u / D.
  @inline(__always) fileprivate mutating func freeTurning(
    _ joint: UnsafeMutablePointer<WaveArticulation<L>>, tau: L, armature: L
  ) {
    let u = LaneVector(rotational.xz, rotational.yz, rotational.zz)
    let y = LaneVector(coupling.zx, coupling.zy, coupling.zz)
    let inverse = L(1) / (rotational.zz + armature)
    let free = (tau - moment.z) * inverse
    joint.pointee.moment = u
    joint.pointee.force = y
    joint.pointee.free = free
    joint.pointee.inverse = inverse
    lessen(u, y, inverse, free)
    let (a, b) = (joint.pointee.angularX, joint.pointee.angularY)
    let (c, d) = (joint.pointee.linearX, joint.pointee.linearY)
    moment = LaneVector(
      L.madd(rotational.xx, a, L.madd(rotational.xy, b, moment.x)),
      L.madd(rotational.xy, a, L.madd(rotational.yy, b, moment.y)),
      L.madd(rotational.xz, a, L.madd(rotational.yz, b, moment.z)))
    force = LaneVector(
      L.madd(coupling.xx, a, L.madd(coupling.yx, b, force.x)),
      L.madd(coupling.xy, a, L.madd(coupling.yy, b, force.y)),
      L.madd(coupling.xz, a, L.madd(coupling.yz, b, force.z)))
    addLinearBias(c, d)
  }

  /// Frees a joint along z.
  @inline(__always) fileprivate mutating func freeSliding(
    _ joint: UnsafeMutablePointer<WaveArticulation<L>>, tau: L, armature: L
  ) {
    let u = LaneVector(coupling.xz, coupling.yz, coupling.zz)
    let y = LaneVector(linear.xz, linear.yz, linear.zz)
    let inverse = L(1) / (linear.zz + armature)
    let free = (tau - force.z) * inverse
    joint.pointee.moment = u
    joint.pointee.force = y
    joint.pointee.free = free
    joint.pointee.inverse = inverse
    lessen(u, y, inverse, free)
    addLinearBias(joint.pointee.linearX, joint.pointee.linearY)
  }

  /// Takes out the joint's column (u, y), and adds the wrench of what the joint does on its own.
  @inline(__always) private mutating func lessen(
    _ u: LaneVector<L>, _ y: LaneVector<L>, _ inverse: L, _ free: L
  ) {
    let us = u.scaled(inverse)
    let ys = y.scaled(inverse)
    rotational = rotational.less(us, u)
    coupling = coupling.less(us, y)
    linear = linear.less(ys, y)
    moment = u.scaled(free, plus: moment)
    force = y.scaled(free, plus: force)
  }

  /// Adds I^a (0, c) for the linear bias acceleration c = (x, y, 0).
  @inline(__always) private mutating func addLinearBias(_ x: L, _ y: L) {
    moment = LaneVector(
      L.madd(coupling.xx, x, L.madd(coupling.xy, y, moment.x)),
      L.madd(coupling.yx, x, L.madd(coupling.yy, y, moment.y)),
      L.madd(coupling.zx, x, L.madd(coupling.zy, y, moment.z)))
    force = LaneVector(
      L.madd(linear.xx, x, L.madd(linear.xy, y, force.x)),
      L.madd(linear.xy, x, L.madd(linear.yy, y, force.y)),
      L.madd(linear.xz, x, L.madd(linear.yz, y, force.z)))
  }

  /// To the parent's axes and origin: turned, then with [p] the cross-product matrix coupling' = coupling + [p] linear
  /// and rotational' = rotational - coupling [p] + [p] coupling'^T.
  @inline(__always) fileprivate mutating func move(by placement: UnsafePointer<WavePlacement<L>>) {
    let r = placement.pointee.rotation
    let p = placement.pointee.translation
    let a = rotational.rotated(by: r)
    let c = linear.rotated(by: r)
    let b = r.times(coupling.timesTransposed(r))
    force = r.times(force)
    moment = p.cross(force, plus: r.times(moment))
    let s = LaneMatrix(
      L.nmadd(p.z, c.xy, L.madd(p.y, c.xz, b.xx)), L.nmadd(p.z, c.yy, L.madd(p.y, c.yz, b.xy)),
      L.nmadd(p.z, c.yz, L.madd(p.y, c.zz, b.xz)), L.nmadd(p.x, c.xz, L.madd(p.z, c.xx, b.yx)),
      L.nmadd(p.x, c.yz, L.madd(p.z, c.xy, b.yy)), L.nmadd(p.x, c.zz, L.madd(p.z, c.xz, b.yz)),
      L.nmadd(p.y, c.xx, L.madd(p.x, c.xy, b.zx)), L.nmadd(p.y, c.xy, L.madd(p.x, c.yy, b.zy)),
      L.nmadd(p.y, c.xz, L.madd(p.x, c.yz, b.zz)))
    // Row i of coupling [p] is (b_i x p); column i of [p] coupling'^T is p x (row i of s).
    rotational = LaneSymmetric(
      xx: L.nmadd(b.xy, p.z, L.madd(b.xz, p.y, L.nmadd(p.z, s.xy, L.madd(p.y, s.xz, a.xx)))),
      xy: L.nmadd(b.xz, p.x, L.madd(b.xx, p.z, L.nmadd(p.z, s.yy, L.madd(p.y, s.yz, a.xy)))),
      yy: L.nmadd(b.yz, p.x, L.madd(b.yx, p.z, L.nmadd(p.x, s.yz, L.madd(p.z, s.yx, a.yy)))),
      xz: L.nmadd(b.xx, p.y, L.madd(b.xy, p.x, L.nmadd(p.z, s.zy, L.madd(p.y, s.zz, a.xz)))),
      yz: L.nmadd(b.yx, p.y, L.madd(b.yy, p.x, L.nmadd(p.x, s.zz, L.madd(p.z, s.zx, a.yz)))),
      zz: L.nmadd(b.zx, p.y, L.madd(b.zy, p.x, L.nmadd(p.y, s.zx, L.madd(p.x, s.zy, a.zz)))))
    coupling = s
    linear = c
  }
}

/// M a = tau - b, for models whose joints share coordinates.
@_noLocks private func solveWithMassMatrix(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  tau: UnsafePointer<Double>, into a: UnsafeMutablePointer<Double>
) {
  bias(m, w, q: q, v: v, into: w.vector)
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
