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
  precondition(link >= 0 && link < m.linkCount, "no such link")
  let columns = m.velocityCount
  for i in 0..<(6 * columns) { jacobian[i] = 0 }
  forwardKinematics(m, w, q: q)
  var body = Int(m.links[link].body)
  if body < 0 { return }
  let frame = w.bodies[body].rotation * m.links[link].bodyFromLink.translation + w.bodies[body].position
  while body > 0 {
    let axis = w.bodies[body].rotation.columnZ * m.bodies[body].multiplier
    let column = jacobian + Int(m.bodies[body].velocityIndex)
    if m.bodies[body].isPrismatic {
      addColumn(angular: .zero, linear: axis, to: column, stride: columns)
    } else {
      let arm = frame - w.bodies[body].position
      addColumn(angular: axis, linear: axis.cross(arm), to: column, stride: columns)
    }
    body = Int(m.bodies[body].parent)
  }
  if !m.isFloating { return }
  let rotation = w.bodies[0].rotation
  let arm = frame
  for axis in 0..<3 {
    let direction = axis == 0 ? rotation.columnX : (axis == 1 ? rotation.columnY : rotation.columnZ)
    addColumn(angular: direction, linear: direction.cross(arm), to: jacobian + axis, stride: columns)
    addColumn(angular: .zero, linear: direction, to: jacobian + 3 + axis, stride: columns)
  }
}

/// Adds, as several joints may share a coordinate.
@_noLocks private func addColumn(
  angular: Vector3, linear: Vector3, to column: UnsafeMutablePointer<Double>, stride: Int
) {
  column[0] += angular.x
  column[stride] += angular.y
  column[2 * stride] += angular.z
  column[3 * stride] += linear.x
  column[4 * stride] += linear.y
  column[5 * stride] += linear.z
}

/// Jacobian of a link's frame at the positions `q`: 6 rows of velocityCount, angular first, world axes.
public func jacobian(_ model: Model, _ data: ModelData, q: [Double], link: Int) -> [[Double]] {
  precondition(q.count == model.positionCount)
  let columns = model.velocityCount
  var flat = [Double](repeating: 0, count: 6 * columns)
  jacobian(model.kernel, data.workspace, q: q, link: link, into: &flat)
  return (0..<6).map { Array(flat[($0 * columns)..<(($0 + 1) * columns)]) }
}
