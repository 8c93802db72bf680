/// Inertia of a body and all that hangs on it with free joints (Featherstone 2008, 7.1), a symmetric 6 x 6 matrix in
/// blocks, and the wrench at zero acceleration; in the body's axes about its origin.
@frozen public struct ArticulatedWave<L: Lane>: BitwiseCopyable {
  /// Moment per angular acceleration [kg.m2].
  public var rotational: LaneSymmetric<L>
  /// Moment per linear acceleration [kg.m]; its transpose is force per angular acceleration.
  public var coupling: LaneMatrix<L>
  /// Force per linear acceleration [kg].
  public var linear: LaneSymmetric<L>
  /// Moment [N.m] and force [N] at zero acceleration.
  public var moment: LaneVector<L>
  /// Force [N] at zero acceleration.
  public var force: LaneVector<L>

  /// An inertia of its parts.
  @_transparent public init(
    rotational: LaneSymmetric<L>, coupling: LaneMatrix<L>, linear: LaneSymmetric<L>, moment: LaneVector<L>,
    force: LaneVector<L>
  ) {
    self.rotational = rotational
    self.coupling = coupling
    self.linear = linear
    self.moment = moment
    self.force = force
  }
}

/// What a joint keeps for the way back.
@frozen public struct WaveArticulation<L: Lane>: BitwiseCopyable {
  /// Bias acceleration v x S rate: x and y of its angular and of its linear part.
  public var angularX: L, angularY: L, linearX: L, linearY: L
  /// Moment and force per joint acceleration, I^A S.
  public var moment: LaneVector<L>, force: LaneVector<L>
  /// (tau - S^T p^A) / D, and 1 / D with D = S^T I^A S + armature.
  public var free: L, inverse: L
}

extension ArticulatedWave {
  /// A rigid body and the wrench that it needs at zero acceleration.
  @inlinable @inline(__always) public init(rigid c: UnsafePointer<WaveConstants<L>>, _ wrench: WaveSpatial<L>)
  {
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
  @inlinable @inline(__always) public init(
    turning c: UnsafePointer<WaveConstants<L>>, _ wrench: WaveSpatial<L>
  ) {
    let (x, y) = (c.pointee.firstMoment.x, c.pointee.firstMoment.y)
    let o = L(-0.0)
    self.init(
      rotational: c.pointee.inertia, coupling: LaneMatrix(o, o, y, o, o, -x, -y, x, o),
      linear: LaneSymmetric(xx: o, xy: o, yy: o, xz: o, yz: o, zz: o), moment: wrench.angular,
      force: wrench.linear)
  }

  /// Adds such a body.
  @inlinable @inline(__always) public mutating func addTurning(
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

  /// A gathered inertia.
  @inlinable @inline(__always) public init(gather memory: UnsafePointer<Double>, _ places: L.Places) {
    self.init(
      rotational: LaneSymmetric(gather: memory, places, 0), coupling: LaneMatrix(gather: memory, places, 6),
      linear: LaneSymmetric(gather: memory, places, 15), moment: LaneVector(gather: memory, places, 21),
      force: LaneVector(gather: memory, places, 24))
  }

  /// Adds another.
  @inlinable @inline(__always) public mutating func add(_ other: ArticulatedWave) {
    rotational = rotational + other.rotational
    coupling = coupling + other.coupling
    linear = linear + other.linear
    moment = moment + other.moment
    force = force + other.force
  }

  /// Frees a joint about z: I^a = I^A - U U^T / D and p^a = p^A + I^a c + U u / D.
  @inlinable @inline(__always) public mutating func freeTurning(
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

  /// The same without an armature, where nothing is left of the joint's own column: what is left has no z row, and the
  /// moment about z is tau. `armature` is that of idle lanes, which must not divide by zero.
  @inlinable @inline(__always) public mutating func freeBareTurning(
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
    let (sx, sy) = (u.x * inverse, u.y * inverse)
    rotational.xx = L.nmadd(sx, u.x, rotational.xx)
    rotational.xy = L.nmadd(sx, u.y, rotational.xy)
    rotational.yy = L.nmadd(sy, u.y, rotational.yy)
    coupling.xx = L.nmadd(sx, y.x, coupling.xx)
    coupling.xy = L.nmadd(sx, y.y, coupling.xy)
    coupling.xz = L.nmadd(sx, y.z, coupling.xz)
    coupling.yx = L.nmadd(sy, y.x, coupling.yx)
    coupling.yy = L.nmadd(sy, y.y, coupling.yy)
    coupling.yz = L.nmadd(sy, y.z, coupling.yz)
    linear = linear.less(y.scaled(inverse), y)
    let (a, b) = (joint.pointee.angularX, joint.pointee.angularY)
    let (c, d) = (joint.pointee.linearX, joint.pointee.linearY)
    let x = L.madd(rotational.xx, a, L.madd(rotational.xy, b, L.madd(u.x, free, moment.x)))
    let z = L.madd(rotational.xy, a, L.madd(rotational.yy, b, L.madd(u.y, free, moment.y)))
    moment = LaneVector(
      L.madd(coupling.xx, c, L.madd(coupling.xy, d, x)), L.madd(coupling.yx, c, L.madd(coupling.yy, d, z)),
      tau)
    let f = y.scaled(free, plus: force)
    let g = LaneVector(
      L.madd(coupling.xx, a, L.madd(coupling.yx, b, f.x)),
      L.madd(coupling.xy, a, L.madd(coupling.yy, b, f.y)),
      L.madd(coupling.xz, a, L.madd(coupling.yz, b, f.z)))
    force = LaneVector(
      L.madd(linear.xx, c, L.madd(linear.xy, d, g.x)), L.madd(linear.xy, c, L.madd(linear.yy, d, g.y)),
      L.madd(linear.xz, c, L.madd(linear.yz, d, g.z)))
  }

  /// Frees a joint along z.
  @inlinable @inline(__always) public mutating func freeSliding(
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
  @inlinable @inline(__always) mutating func lessen(
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
  @inlinable @inline(__always) mutating func addLinearBias(_ x: L, _ y: L) {
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
  @inlinable @inline(__always) public mutating func move(by placement: UnsafePointer<WavePlacement<L>>) {
    let r = placement.pointee.rotation
    shift(
      by: placement, rotational.rotated(by: r), r.times(coupling.timesTransposed(r)), linear.rotated(by: r))
  }

  /// The same after `freeBareTurning`: what has no z row needs two of the three axes.
  @inlinable @inline(__always)
  public mutating func moveWithoutAxis(by placement: UnsafePointer<WavePlacement<L>>) {
    let r = placement.pointee.rotation
    let (x, y) = (r.columnX, r.columnY)
    let u = x.scaled(rotational.xx, plus: y.scaled(rotational.xy))
    let v = x.scaled(rotational.xy, plus: y.scaled(rotational.yy))
    let a = LaneSymmetric(
      xx: L.madd(u.x, x.x, v.x * y.x), xy: L.madd(u.x, x.y, v.x * y.y), yy: L.madd(u.y, x.y, v.y * y.y),
      xz: L.madd(u.x, x.z, v.x * y.z), yz: L.madd(u.y, x.z, v.y * y.z), zz: L.madd(u.z, x.z, v.z * y.z))
    let b1 = r.times(LaneVector(coupling.xx, coupling.xy, coupling.xz))
    let b2 = r.times(LaneVector(coupling.yx, coupling.yy, coupling.yz))
    let b = LaneMatrix(
      columns: x.scaled(b1.x, plus: y.scaled(b2.x)), x.scaled(b1.y, plus: y.scaled(b2.y)),
      x.scaled(b1.z, plus: y.scaled(b2.z)))
    shift(by: placement, a, b, linear.rotated(by: r))
  }

  /// From the turned blocks to those about the parent's origin.
  @inlinable @inline(__always) mutating func shift(
    by placement: UnsafePointer<WavePlacement<L>>, _ a: LaneSymmetric<L>, _ b: LaneMatrix<L>,
    _ c: LaneSymmetric<L>
  ) {
    let r = placement.pointee.rotation
    let p = placement.pointee.translation
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
