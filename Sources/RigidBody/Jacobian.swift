import LaneMath

/// Where the spatial velocity of a frame is taken, and along whose axes.
public enum VelocityFrame: Sendable, CaseIterable {
  /// Along world axes, linear part at the world's origin.
  case world
  /// Along the frame's own axes, at its own origin.
  case local
  /// Along world axes, at the frame's own origin.
  case localWorldAligned
}

/// Jacobian of a link's frame: 6 x velocityCount, row-major, into `jacobian`.
///
/// J v is the angular velocity [rad/s] (rows 0...2) and the velocity of the frame's origin [m/s] (rows
/// 3...5), along world axes. Column of a joint with axis z at p, for a frame at f: (z, z x (f - p)) or,
/// sliding, (0, z). Featherstone 2008, section 4.4 (there with the point at the world's origin). `link` is
/// 0..<linkCount.
@_noLocks public func jacobian(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, link: Int,
  into jacobian: UnsafeMutablePointer<Double>
) {
  RigidBody.jacobian(m, w, q: q, link: link, in: .localWorldAligned, into: jacobian)
}

/// Jacobian of a link's frame, 6 x velocityCount, row-major, angular rows first: J v is the link's spatial velocity as
/// `frame` says. Zero for a link that is fixed to the world.
@_noLocks public func jacobian(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, link: Int, in frame: VelocityFrame,
  into jacobian: UnsafeMutablePointer<Double>
) {
  for i in 0..<(6 * m.velocityCount) { jacobian[i] = 0 }
  forwardKinematics(m, w, q: q)
  guard let observer = Observer(m, w, link: link, frame: frame) else { return }
  visitScrews(m, w, link: link) { screw, _, column in
    addColumn(observer.velocity(screw), to: jacobian + column, stride: m.velocityCount)
  }
}

/// d/dt of the Jacobian of a link's frame at `q` and `v`, in the same shape: d(J v)/dt = J dv/dt + (this) v.
@_noLocks public func jacobianRate(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>, link: Int,
  in frame: VelocityFrame, into rate: UnsafeMutablePointer<Double>
) {
  for i in 0..<(6 * m.velocityCount) { rate[i] = 0 }
  forwardKinematics(m, w, q: q)
  setSpatialVelocities(m, w, v: v)
  guard let observer = Observer(m, w, link: link, frame: frame) else { return }
  visitScrews(m, w, link: link) { screw, body, column in
    // A screw moves with its body: d/dt s = v x s.
    let carrier = w.bodies + Int(m.bodies[body].carrier)
    let motion = Screw(angular: carrier.pointee.spatialAngular, linear: carrier.pointee.spatialLinear)
    addColumn(
      observer.rate(screw, motion.cross(screw)), to: rate + column, stride: m.velocityCount)
  }
}

/// Screws of all joints in the world, 6 x velocityCount, row-major, angular rows first, linear part at the world's
/// origin: column j is what coordinate j adds per unit of velocity to the velocity of everything beyond it.
@_noLocks public func jointScrews(
  _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, into screws: UnsafeMutablePointer<Double>
) {
  loadPositions(m, w, q)
  let rotation = baseRotation(m, q)
  poseWaves(m, w, base: rotation)
  let origin = m.isFloating ? Vector3(at: q) : .zero
  let columns = m.velocityCount
  if m.hasMimic { for i in 0..<(6 * columns) { screws[i] = 0 } }
  let width = m.tree.width
  let poses = posePointer(w)
  for i in 1..<m.bodyCount {
    let slot = Int(m.slots[i])
    let lane = slot & (width - 1)
    let p = poses + ((slot - lane) * 12 + lane)
    let axis = Vector3(x: p[2 * width], y: p[5 * width], z: p[8 * width]) * m.bodies[i].multiplier
    let place = Vector3(x: p[9 * width], y: p[10 * width], z: p[11 * width]) + origin
    let column = screws + Int(m.bodies[i].velocityIndex)
    let screw =
      m.bodies[i].isPrismatic
      ? Screw(angular: .zero, linear: axis) : Screw(angular: axis, linear: place.cross(axis))
    if m.hasMimic {
      addColumn(screw, to: column, stride: columns)
    } else {
      setColumn(screw, column, columns)
    }
  }
  if !m.isFloating { return }
  for k in 0..<3 {
    let axis = k == 0 ? rotation.columnX : (k == 1 ? rotation.columnY : rotation.columnZ)
    setColumn(Screw(angular: axis, linear: origin.cross(axis)), screws + k, columns)
    setColumn(Screw(angular: .zero, linear: axis), screws + k + 3, columns)
  }
}

/// A motion along world axes, linear part at the base's origin.
struct Screw {
  var angular: Vector3
  var linear: Vector3

  @_noLocks init(angular: Vector3, linear: Vector3) {
    self.angular = angular
    self.linear = linear
  }

  /// Product of two motions.
  @_noLocks func cross(_ other: Screw) -> Screw {
    Screw(
      angular: angular.cross(other.angular), linear: angular.cross(other.linear) + linear.cross(other.angular)
    )
  }
}

/// Expresses screws as a velocity frame wants them.
private struct Observer {
  let frame: VelocityFrame
  /// The link's axes, its origin from the base's, its spatial velocity, and the base's place in the world.
  let rotation: Matrix3
  let origin: Vector3
  let motion: Screw
  let base: Vector3

  @_noLocks init?(_ m: ModelKernel, _ w: Workspace, link: Int, frame: VelocityFrame) {
    precondition(link >= 0 && link < m.linkCount, "no such link")
    let body = Int(m.links[link].body)
    if body < 0 { return nil }
    self.frame = frame
    rotation = w.bodies[body].rotation * m.links[link].bodyFromLink.rotation
    origin = w.bodies[body].rotation * m.links[link].bodyFromLink.translation + w.bodies[body].position
    motion = Screw(angular: w.bodies[body].spatialAngular, linear: w.bodies[body].spatialLinear)
    base = w.basePosition.pointee
  }

  @_noLocks func velocity(_ s: Screw) -> Screw {
    switch frame {
    case .world: return Screw(angular: s.angular, linear: s.linear + base.cross(s.angular))
    case .localWorldAligned: return Screw(angular: s.angular, linear: s.linear + s.angular.cross(origin))
    case .local:
      return Screw(
        angular: rotation.transposedTimes(s.angular),
        linear: rotation.transposedTimes(s.linear + s.angular.cross(origin)))
    }
  }

  /// d/dt of `velocity(s)` where `change` is d/dt of s.
  @_noLocks func rate(_ s: Screw, _ change: Screw) -> Screw {
    switch frame {
    case .world: return velocity(change)
    case .localWorldAligned:
      let speed = motion.linear + motion.angular.cross(origin)
      return Screw(
        angular: change.angular,
        linear: change.linear + change.angular.cross(origin) + s.angular.cross(speed))
    case .local:
      let turned = motion.cross(s)
      return velocity(
        Screw(angular: change.angular - turned.angular, linear: change.linear - turned.linear))
    }
  }
}

/// Calls with the screw, body and column of every coordinate that moves a link, after `forwardKinematics`.
@_noLocks private func visitScrews(
  _ m: ModelKernel, _ w: Workspace, link: Int, _ visit: (Screw, Int, Int) -> Void
) {
  var body = Int(m.links[link].body)
  while body > 0 {
    visit(jointScrew(m, w, body), body, Int(m.bodies[body].velocityIndex))
    body = Int(m.bodies[body].parent)
  }
  if !m.isFloating || body < 0 { return }
  let rotation = w.bodies[0].rotation
  for k in 0..<3 {
    let axis = k == 0 ? rotation.columnX : (k == 1 ? rotation.columnY : rotation.columnZ)
    visit(Screw(angular: axis, linear: .zero), 0, k)
    visit(Screw(angular: .zero, linear: axis), 0, k + 3)
  }
}

/// What a body's coordinate adds per unit to its velocity.
@_noLocks private func jointScrew(_ m: ModelKernel, _ w: Workspace, _ i: Int) -> Screw {
  let axis = w.bodies[i].rotation.columnZ * m.bodies[i].multiplier
  if m.bodies[i].isPrismatic { return Screw(angular: .zero, linear: axis) }
  return Screw(angular: axis, linear: w.bodies[i].position.cross(axis))
}

/// Spatial velocities of all bodies, after `forwardKinematics`.
@_noLocks private func setSpatialVelocities(_ m: ModelKernel, _ w: Workspace, v: UnsafePointer<Double>) {
  w.bodies[0].spatialAngular = m.isFloating ? w.bodies[0].rotation * Vector3(at: v) : .zero
  w.bodies[0].spatialLinear = m.isFloating ? w.bodies[0].rotation * Vector3(at: v + 3) : .zero
  for i in 1..<m.bodyCount {
    let parent = w.bodies + Int(m.bodies[i].parent)
    let rate = v[Int(m.bodies[i].velocityIndex)]
    let screw = jointScrew(m, w, i)
    w.bodies[i].spatialAngular = parent.pointee.spatialAngular + screw.angular * rate
    w.bodies[i].spatialLinear = parent.pointee.spatialLinear + screw.linear * rate
  }
}

/// Adds, as several joints may share a coordinate.
@_noLocks private func addColumn(_ s: Screw, to column: UnsafeMutablePointer<Double>, stride: Int) {
  column[0] += s.angular.x
  column[stride] += s.angular.y
  column[2 * stride] += s.angular.z
  column[3 * stride] += s.linear.x
  column[4 * stride] += s.linear.y
  column[5 * stride] += s.linear.z
}

@_noLocks private func setColumn(_ s: Screw, _ column: UnsafeMutablePointer<Double>, _ stride: Int) {
  column[0] = s.angular.x
  column[stride] = s.angular.y
  column[2 * stride] = s.angular.z
  column[3 * stride] = s.linear.x
  column[4 * stride] = s.linear.y
  column[5 * stride] = s.linear.z
}

/// Jacobian of a link's frame at the positions `q`: 6 rows of velocityCount, angular first, by default along world axes
/// at the frame's origin.
public func jacobian(
  _ model: Model, _ data: ModelData, q: [Double], link: Int, in frame: VelocityFrame = .localWorldAligned
) -> [[Double]] {
  precondition(q.count == model.positionCount)
  var flat = [Double](repeating: 0, count: 6 * model.velocityCount)
  jacobian(model.kernel, data.workspace, q: q, link: link, in: frame, into: &flat)
  return rows(flat, 6, model.velocityCount)
}

/// d/dt of the Jacobian of a link's frame at `q` and `v`: 6 rows of velocityCount.
public func jacobianRate(
  _ model: Model, _ data: ModelData, q: [Double], v: [Double], link: Int,
  in frame: VelocityFrame = .localWorldAligned
) -> [[Double]] {
  precondition(q.count == model.positionCount && v.count == model.velocityCount)
  var flat = [Double](repeating: 0, count: 6 * model.velocityCount)
  jacobianRate(model.kernel, data.workspace, q: q, v: v, link: link, in: frame, into: &flat)
  return rows(flat, 6, model.velocityCount)
}
