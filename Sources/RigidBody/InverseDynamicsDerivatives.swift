import LaneMath

/// Derivatives of `inverseDynamics` at `q`, `v` and `a`: three matrices of velocityCount x velocityCount, row-major: row
/// i, column j is d tau_i / d q_j, d tau_i / d v_j and d tau_i / d a_j, which is M(q). The base's six columns of
/// `byPosition` are along its own velocities v: turning about, then moving along its own axes.
///
/// Closed form over pairs of joints (Singh, Russo and Wensing 2022), along the base's axes about its origin. With s the
/// screw of joint j, psi' = v_p x s and psi'' = a_p x s + v_p x psi' from the motion of its parent, I and f the inertia
/// and force of everything beyond it, and joint i between j and the base:
///
///     d tau_i / d v_j = s_i . (2B s_j + 2 I psi'_j)             d tau_j / d v_i = 2B^T s_j . s_i + I s_j . 2 psi'_i
///     d tau_i / d q_j = s_i . (2B psi'_j + I psi''_j + s_j x* f)  d tau_j / d q_i = 2B^T s_j . psi'_i + I s_j . psi''_i
///
/// B takes only the angular part w of a motion: 2B (w, u) = 2 (tr(T) w - T w, w x P), with the momentum P = int r' dm
/// and T = int r' r^T dm, which add up over bodies like the moments of mass.
///
/// The result stands in the workspace until the next call.
@_noLocks public func inverseDynamicsDerivatives(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  a: UnsafePointer<Double>
) -> DerivativePointers {
  differentiate(m, w, q: q, v: v, a: a)
  if m.freeJointCount > 0 { addFreeRates(m, w, v) }
  if !m.hasMimic {
    return DerivativePointers(byPosition: w.byPosition, byVelocity: w.byVelocity, byAcceleration: w.inertia)
  }
  let size = m.velocityCount * m.velocityCount
  reduceByMimics(m, w.inertia, into: w.reduced)
  reduceByMimics(m, w.byPosition, into: w.reduced + size)
  reduceByMimics(m, w.byVelocity, into: w.reduced + 2 * size)
  return DerivativePointers(
    byPosition: w.reduced + size, byVelocity: w.reduced + 2 * size, byAcceleration: w.reduced)
}

/// Matrices of velocityCount x velocityCount, row-major, in a workspace.
public struct DerivativePointers: BitwiseCopyable {
  /// By positions, along velocities.
  public let byPosition: UnsafePointer<Double>
  /// By velocities.
  public let byVelocity: UnsafePointer<Double>
  /// By accelerations: the mass matrix.
  public let byAcceleration: UnsafePointer<Double>

  @_noLocks init(
    byPosition: UnsafePointer<Double>, byVelocity: UnsafePointer<Double>,
    byAcceleration: UnsafePointer<Double>
  ) {
    self.byPosition = byPosition
    self.byVelocity = byVelocity
    self.byAcceleration = byAcceleration
  }
}

/// Derivatives of `inverseDynamics` into three matrices of velocityCount^2 numbers.
@_noLocks public func inverseDynamicsDerivatives(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  a: UnsafePointer<Double>, byPosition: UnsafeMutablePointer<Double>,
  byVelocity: UnsafeMutablePointer<Double>, byAcceleration: UnsafeMutablePointer<Double>
) {
  let found = inverseDynamicsDerivatives(m, w, q: q, v: v, a: a)
  copySquare(m, found.byPosition, into: byPosition)
  copySquare(m, found.byVelocity, into: byVelocity)
  copySquare(m, found.byAcceleration, into: byAcceleration)
}

/// The derivatives numbered by body, into the workspace.
@_noLocks func differentiate(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>,
  a: UnsafePointer<Double>
) {
  loadPositions(m, w, q)
  loadRates(m, v, into: w.waves.rates)
  loadRates(m, a, into: w.waves.accelerations)
  if m.freeJointCount > 0 { addDrift(m, v, -1, to: w.waves.accelerations) }
  let up = baseRotation(m, q).transposedTimes(-m.gravity)
  var base = SpatialMotion(spin: .zero, slide: .zero, turn: .zero, linear: up)
  if m.isFloating {
    base = SpatialMotion(
      spin: Vector3(at: v), slide: Vector3(at: v + 3), turn: Vector3(at: a), linear: up + Vector3(at: a + 3))
  }
  poseWaves(m, w, base: .identity)
  switch m.tree.width {
  case 1: differentiate(Waves<Lane1>(m.tree, w.waves), base, m, w)
  case 2: differentiate(Waves<Lane2>(m.tree, w.waves), base, m, w)
  default: differentiate(Waves<Lane4>(m.tree, w.waves), base, m, w)
  }
  if m.freeJointCount > 0 { setFreeBlocks(m, w) }
  if !m.isFloating { return }
  sumAtBase(m.tree, w.waves.shares27, record: 27, into: w.sums)
  storeBaseDerivatives(m, w, spin: base.spin, slide: base.slide, up: up, share: 1)
}

/// Spatial velocity and acceleration of the base in its own axes; the acceleration less gravity.
private struct SpatialMotion {
  var spin: Vector3
  var slide: Vector3
  var turn: Vector3
  var linear: Vector3
}

/// Velocity and acceleration of a wave.
private struct WaveMotions<L: Lane>: BitwiseCopyable {
  var velocity: WaveSpatial<L>
  var acceleration: WaveSpatial<L>
}

/// A joint's screw s, psi' and psi''.
private struct ScrewTrio<L: Lane>: BitwiseCopyable {
  var screw: WaveSpatial<L>
  var first: WaveSpatial<L>
  var second: WaveSpatial<L>
}

/// What everything beyond a joint answers: I s, 2B s + 2 I psi', 2B psi' + I psi'' + s x* f, and 2B^T s (angular).
private struct Reactions<L: Lane>: BitwiseCopyable {
  var inertial: WaveSpatial<L>
  var byVelocity: WaveSpatial<L>
  var byPosition: WaveSpatial<L>
  var transposed: LaneVector<L>
}

/// Moments of mass H and L, momentum P, its moments T, and the inertial wrench.
private struct CompositeWave<L: Lane>: BitwiseCopyable {
  var first: LaneVector<L>
  var second: LaneSymmetric<L>
  var momentum: LaneVector<L>
  var momentMatrix: LaneMatrix<L>
  var moment: LaneVector<L>
  var force: LaneVector<L>
}

private func differentiate<L: Lane>(
  _ t: Waves<L>, _ base: SpatialMotion, _ m: ModelKernel, _ w: Workspace
) {
  setMotions(t, base)
  if m.freeJointCount > 0 { setFreeScrews(m, w) }
  react(t)
  project(t, w)
}

/// Product of two motions, a x b.
@inline(__always) private func cross<L: Lane>(_ a: WaveSpatial<L>, _ b: WaveSpatial<L>) -> WaveSpatial<L> {
  WaveSpatial(a.angular.cross(b.angular), a.angular.cross(b.linear, plus: a.linear.cross(b.angular)))
}

@inline(__always) private func scaled<L: Lane>(
  _ a: WaveSpatial<L>, _ s: L, plus b: WaveSpatial<L>
) -> WaveSpatial<L> {
  WaveSpatial(a.angular.scaled(s, plus: b.angular), a.linear.scaled(s, plus: b.linear))
}

/// From the base to the limbs: motions and screws.
private func setMotions<L: Lane>(_ t: Waves<L>, _ base: SpatialMotion) {
  let motions = t.memory.motions.assumingMemoryBound(to: WaveMotions<L>.self)
  let trios = t.memory.trios.assumingMemoryBound(to: ScrewTrio<L>.self)
  let memory = doubles(t.memory.motions)
  var velocity = WaveSpatial<L>(
    LaneVector(all: base.spin.x, base.spin.y, base.spin.z),
    LaneVector(all: base.slide.x, base.slide.y, base.slide.z))
  var acceleration = WaveSpatial<L>(
    LaneVector(all: base.turn.x, base.turn.y, base.turn.z),
    LaneVector(all: base.linear.x, base.linear.y, base.linear.z))
  motions[0] = WaveMotions(velocity: velocity, acceleration: acceleration)
  for i in 1..<t.count {
    if !t.shapes[i].descends {
      let places = t.parentPlaces(i, record: 12)
      velocity = WaveSpatial(LaneVector(gather: memory, places, 0), LaneVector(gather: memory, places, 3))
      acceleration = WaveSpatial(LaneVector(gather: memory, places, 6), LaneVector(gather: memory, places, 9))
    }
    let pose = t.poses + i
    let axis = pose.pointee.rotation.columnZ
    let screw =
      t.shapes[i].isPrismatic
      ? WaveSpatial(.zero, axis) : WaveSpatial(axis, pose.pointee.translation.cross(axis))
    let first = cross(velocity, screw)
    let turned = cross(velocity, first)
    trios[i] = ScrewTrio(screw: screw, first: first, second: cross(acceleration, screw) + turned)
    let rate = t.rates[i]
    velocity = scaled(screw, rate, plus: velocity)
    acceleration = scaled(first, rate, plus: scaled(screw, t.accelerations[i], plus: acceleration))
    motions[i] = WaveMotions(velocity: velocity, acceleration: acceleration)
  }
}

/// From the limbs to the base: composite bodies, and what they answer to their joint's screws.
private func react<L: Lane>(_ t: Waves<L>) {
  let motions = t.memory.motions.assumingMemoryBound(to: WaveMotions<L>.self)
  let trios = t.memory.trios.assumingMemoryBound(to: ScrewTrio<L>.self)
  let reactions = t.memory.reactions.assumingMemoryBound(to: Reactions<L>.self)
  let shares = t.memory.shares27.assumingMemoryBound(to: CompositeWave<L>.self)
  let memory = doubles(t.memory.shares27)
  var body = CompositeWave(t.constants, t.poses[0], motions[0])
  shares[0] = body
  var i = t.count - 1
  while i > 0 {
    let shape = t.shapes[i]
    let own =
      shape.isPrismatic
      ? CompositeWave(t.constants + i, t.poses[i], motions[i])
      : CompositeWave(turning: t.constants + i, t.poses[i], motions[i])
    if shape.carries { body.add(own) } else { body = own }
    var k: Int32 = 0
    while k < shape.rounds {
      body.add(CompositeWave(gather: memory, t.childPlaces(shape, k, record: 27)))
      k += 1
    }
    reactions[i] = body.reactions(to: trios[i], mass: t.constants[i].subtreeMass, t.tree.bearsMass)
    if shape.isGathered { shares[i] = body }
    i -= 1
  }
}

/// The elements of every joint and the joints between it and the base.
private func project<L: Lane>(_ t: Waves<L>, _ w: Workspace) {
  let trios = t.memory.trios.assumingMemoryBound(to: ScrewTrio<L>.self)
  let reactions = t.memory.reactions.assumingMemoryBound(to: Reactions<L>.self)
  let memory = doubles(t.memory.trios)
  var previous: Int32 = -1
  var answer = reactions[0]
  for k in 0..<t.tree.columnCount {
    let pair = t.tree.columns[k]
    let isDiagonal = pair.wave != previous
    if isDiagonal { answer = reactions[Int(pair.wave)] }
    previous = pair.wave
    let trio: ScrewTrio<L>
    if pair.direct >= 0 {
      trio = trios[Int(pair.direct)]
    } else {
      let places = L.places(t.tree.ancestors + k &* L.width, record: 18)
      trio = ScrewTrio(
        screw: WaveSpatial(LaneVector(gather: memory, places, 0), LaneVector(gather: memory, places, 3)),
        first: WaveSpatial(LaneVector(gather: memory, places, 6), LaneVector(gather: memory, places, 9)),
        second: WaveSpatial(LaneVector(gather: memory, places, 12), LaneVector(gather: memory, places, 15)))
    }
    let rows = t.tree.rows + k &* L.width
    let mirrors = t.tree.mirrors + k &* L.width
    var inertia = trio.screw.dot(answer.inertial)
    if isDiagonal { inertia = inertia + t.constants[Int(pair.wave)].armature }
    inertia.scatter(w.inertia, mirrors)
    inertia.scatter(w.inertia, rows)
    // On the diagonal the two forms are one element, which the second line writes.
    let rate = trio.first.dot(answer.inertial)
    answer.transposed.dot(trio.screw.angular, plus: rate + rate).scatter(w.byVelocity, mirrors)
    trio.screw.dot(answer.byVelocity).scatter(w.byVelocity, rows)
    answer.transposed.dot(trio.first.angular, plus: trio.second.dot(answer.inertial))
      .scatter(w.byPosition, mirrors)
    trio.screw.dot(answer.byPosition).scatter(w.byPosition, rows)
  }
}

extension CompositeWave {
  /// A single body in motion.
  @inline(__always) fileprivate init(
    _ c: UnsafePointer<WaveConstants<L>>, _ pose: WavePlacement<L>, _ motion: WaveMotions<L>
  ) {
    let h = pose.rotation.times(c.pointee.firstMoment)
    let r = pose.translation
    let first = r.scaled(c.pointee.mass, plus: h)
    let l = c.pointee.secondMoment.rotated(by: pose.rotation)
    let second = LaneSymmetric(
      xx: L.madd(r.x, first.x, L.madd(h.x, r.x, l.xx)), xy: L.madd(r.x, first.y, L.madd(h.x, r.y, l.xy)),
      yy: L.madd(r.y, first.y, L.madd(h.y, r.y, l.yy)), xz: L.madd(r.x, first.z, L.madd(h.x, r.z, l.xz)),
      yz: L.madd(r.y, first.z, L.madd(h.y, r.z, l.yz)), zz: L.madd(r.z, first.z, L.madd(h.z, r.z, l.zz)))
    let spin = motion.velocity.angular
    let slide = motion.velocity.linear
    // T = [spin] L + slide H^T, column by column.
    let t = LaneMatrix(
      columns: spin.cross(LaneVector(second.xx, second.xy, second.xz), plus: slide.scaled(first.x)),
      spin.cross(LaneVector(second.xy, second.yy, second.yz), plus: slide.scaled(first.y)),
      spin.cross(LaneVector(second.xz, second.yz, second.zz), plus: slide.scaled(first.z)))
    let momentum = spin.cross(first, plus: slide.scaled(c.pointee.mass))
    let turn = motion.acceleration.angular
    let linear = motion.acceleration.linear
    // A point at r is accelerated by linear + turn x r + spin x r'.
    let gyroscopic = spin.scaled(t.trace) - t.times(spin)
    let inertial = turn.scaled(second.trace, plus: gyroscopic) - second.times(turn)
    self.init(
      first: first, second: second, momentum: momentum, momentMatrix: t,
      moment: first.cross(linear, plus: inertial),
      force: turn.cross(first, plus: spin.cross(momentum, plus: linear.scaled(c.pointee.mass))))
  }

  /// A body behind a turning joint, without mass and moments on its axis; see `WaveConstants`.
  @inline(__always) fileprivate init(
    turning c: UnsafePointer<WaveConstants<L>>, _ pose: WavePlacement<L>, _ motion: WaveMotions<L>
  ) {
    let moments = WaveMoments(turning: c, pose)
    let (first, second) = (moments.first, moments.second)
    let spin = motion.velocity.angular
    let slide = motion.velocity.linear
    let t = LaneMatrix(
      columns: spin.cross(LaneVector(second.xx, second.xy, second.xz), plus: slide.scaled(first.x)),
      spin.cross(LaneVector(second.xy, second.yy, second.yz), plus: slide.scaled(first.y)),
      spin.cross(LaneVector(second.xz, second.yz, second.zz), plus: slide.scaled(first.z)))
    let momentum = spin.cross(first)
    let turn = motion.acceleration.angular
    let gyroscopic = spin.scaled(t.trace) - t.times(spin)
    let inertial = turn.scaled(second.trace, plus: gyroscopic) - second.times(turn)
    self.init(
      first: first, second: second, momentum: momentum, momentMatrix: t,
      moment: first.cross(motion.acceleration.linear, plus: inertial),
      force: turn.cross(first, plus: spin.cross(momentum)))
  }

  @inline(__always) fileprivate init(gather memory: UnsafePointer<Double>, _ places: L.Places) {
    self.init(
      first: LaneVector(gather: memory, places, 0), second: LaneSymmetric(gather: memory, places, 3),
      momentum: LaneVector(gather: memory, places, 9), momentMatrix: LaneMatrix(gather: memory, places, 12),
      moment: LaneVector(gather: memory, places, 21), force: LaneVector(gather: memory, places, 24))
  }

  @inline(__always) fileprivate mutating func add(_ other: CompositeWave) {
    first = first + other.first
    second = second + other.second
    momentum = momentum + other.momentum
    momentMatrix = momentMatrix + other.momentMatrix
    moment = moment + other.moment
    force = force + other.force
  }

  /// I m; without mass where none is counted.
  @inline(__always)
  private func inertia(_ m: WaveSpatial<L>, _ mass: L, _ bearsMass: Bool) -> WaveSpatial<L> {
    let turned = m.angular.scaled(second.trace) - second.times(m.angular)
    var force = m.angular.cross(first)
    if bearsMass { force = m.linear.scaled(mass, plus: force) }
    return WaveSpatial(first.cross(m.linear, plus: turned), force)
  }

  /// 2B m; only the angular part counts.
  @inline(__always) private func doubleB(_ m: LaneVector<L>) -> WaveSpatial<L> {
    let twice = m + m
    return WaveSpatial(
      twice.scaled(momentMatrix.trace) - momentMatrix.times(twice), twice.cross(momentum))
  }

  @inline(__always) fileprivate func reactions(
    to trio: ScrewTrio<L>, mass: L, _ bearsMass: Bool
  ) -> Reactions<L> {
    let s = trio.screw
    let first = inertia(trio.first, mass, bearsMass)
    let twist = WaveSpatial(
      s.angular.cross(moment, plus: s.linear.cross(force)), s.angular.cross(force))
    let back =
      s.angular.scaled(momentMatrix.trace, plus: momentum.cross(s.linear))
      - momentMatrix.transposedTimes(s.angular)
    return Reactions(
      inertial: inertia(s, mass, bearsMass), byVelocity: doubleB(s.angular) + (first + first),
      byPosition: doubleB(trio.first.angular) + (inertia(trio.second, mass, bearsMass) + twist),
      transposed: back + back)
  }
}

/// Derivatives of a generalised vector, one array a row each.
public struct DynamicsDerivatives: Sendable {
  /// By positions, along velocities.
  public var byPosition: [[Double]]
  /// By velocities.
  public var byVelocity: [[Double]]
  /// Of inverse dynamics by accelerations, the mass matrix; of forward dynamics by forces, its inverse.
  public var byInput: [[Double]]
}

/// Derivatives of inverse dynamics at `q`, `v` and `a`.
public func inverseDynamicsDerivatives(
  _ model: Model, _ data: ModelData, q: [Double], v: [Double], a: [Double]
) -> DynamicsDerivatives {
  precondition(q.count == model.positionCount)
  precondition(v.count == model.velocityCount && a.count == model.velocityCount)
  let order = model.velocityCount
  var position = [Double](repeating: 0, count: order * order)
  var velocity = position
  var acceleration = position
  inverseDynamicsDerivatives(
    model.kernel, data.workspace, q: q, v: v, a: a, byPosition: &position, byVelocity: &velocity,
    byAcceleration: &acceleration)
  return DynamicsDerivatives(
    byPosition: rows(position, order), byVelocity: rows(velocity, order), byInput: rows(acceleration, order))
}
