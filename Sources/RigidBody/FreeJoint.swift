import LaneMath

// A joint of several coordinates inside the tree. It is compiled into one body an axis, all but the last without mass:
// those that turn about x, y, z (a planar joint: z alone), then those that slide along x, y, z (a planar joint: x, y).
// Where the joint stands goes into the placement of its first body, in the workspace's own copy of the constants; its
// axes themselves always stand at zero. There the rates of the axes are the velocity of the last body in its own axes,
// so every quantity that does not depend on the rate of change of the axes needs nothing else, and there is no posture
// in which the axes become dependent. What does depend on it is set right by the functions of this file:
//
//   accelerations   a = d/dt v = (acceleration of the axes) + k(v), as an axis moves with those before it
//   derivatives     psi' and psi'' of all axes from the motion of the joint's parent, and the rate v x s of each screw

/// A planar or floating joint; written once by the model compiler.
struct FreeJoint: BitwiseCopyable {
  /// `parentFromJoint` in the frame of the parent body, along the plane's axes: rotation, and translation [m].
  var rotation: Matrix3
  var translation: Vector3
  /// Its bodies: one an axis, and the first behind all that hangs on them.
  var firstBody: Int32
  var endBody: Int32
  /// Where its coordinates begin in q and v.
  var positionIndex: Int32
  var velocityIndex: Int32
  /// Whether it moves in a plane only.
  var isPlanar: Bool

  /// Numbers in v, which is also the number of bodies.
  var axisCount: Int { @_noLocks get { isPlanar ? 3 : 6 } }
  /// Numbers in q: x, y, angle; or position and quaternion.
  var positionCount: Int { @_noLocks get { isPlanar ? 3 : 7 } }

  /// Position of the joint: pose of its moving frame in its resting one.
  @_noLocks func pose(_ q: UnsafePointer<Double>) -> (rotation: Matrix3, translation: Vector3) {
    let at = q + Int(positionIndex)
    if !isPlanar { return (Quaternion(at: at + 3).normalized.rotation, Vector3(at: at)) }
    let turn = SineCosine(of: at[2])
    let rotation = Matrix3(
      xx: turn.cosine, xy: -turn.sine, xz: 0, yx: turn.sine, yy: turn.cosine, yz: 0, zx: 0, zy: 0, zz: 1)
    return (rotation, Vector3(x: at[0], y: at[1], z: 0))
  }

  /// Velocity in the moving frame's axes: angular, linear.
  @_noLocks func velocity(_ v: UnsafePointer<Double>) -> Screw {
    let at = v + Int(velocityIndex)
    if !isPlanar { return Screw(angular: Vector3(at: at), linear: Vector3(at: at + 3)) }
    return Screw(angular: Vector3(x: 0, y: 0, z: at[0]), linear: Vector3(x: at[1], y: at[2], z: 0))
  }

  /// Component `axis` of a motion of this joint.
  @_noLocks func component(_ motion: Screw, _ axis: Int) -> Double {
    switch isPlanar ? (axis == 0 ? 2 : axis + 2) : axis {
    case 0: return motion.angular.x
    case 1: return motion.angular.y
    case 2: return motion.angular.z
    case 3: return motion.linear.x
    case 4: return motion.linear.y
    default: return motion.linear.z
    }
  }

  /// The unit motion of an axis.
  @_noLocks func unit(_ axis: Int) -> Screw {
    let k = isPlanar ? (axis == 0 ? 2 : axis + 2) : axis
    return Screw(
      angular: Vector3(x: k == 0 ? 1 : 0, y: k == 1 ? 1 : 0, z: k == 2 ? 1 : 0),
      linear: Vector3(x: k == 3 ? 1 : 0, y: k == 4 ? 1 : 0, z: k == 5 ? 1 : 0))
  }

  /// k(v): what the velocity (w, u) adds to the acceleration of the axes. With the orientation Rx Ry Rz of the turning
  /// axes w' has w_y w_z, -w_x w_z, w_x w_y at zero; the sliding ones turn with them, so u' has w x u.
  @_noLocks func drift(_ v: UnsafePointer<Double>) -> Screw {
    let motion = velocity(v)
    let w = motion.angular
    return Screw(
      angular: Vector3(x: w.y * w.z, y: -(w.x * w.z), z: w.x * w.y), linear: w.cross(motion.linear))
  }
}

/// Puts the free joints where `q` says.
@inline(never) @_noLocks func placeFreeJoints(_ m: ModelKernel, _ w: Workspace, _ q: UnsafePointer<Double>) {
  let width = m.tree.width
  let record = MemoryLayout<WaveConstants<Lane1>>.stride / MemoryLayout<Double>.stride
  let memory = UnsafeMutableRawPointer(mutating: w.waves.constants).assumingMemoryBound(to: Double.self)
  for k in 0..<m.freeJointCount {
    let joint = m.freeJoints[k]
    let pose = joint.pose(q)
    let turned = joint.rotation * pose.rotation
    // The first axis of a floating joint is x, which its body calls z.
    let r =
      joint.isPlanar ? turned : Matrix3(columns: turned.columnY, turned.columnZ, turned.columnX)
    let t = joint.translation + joint.rotation * pose.translation
    let slot = Int(m.slots[Int(joint.firstBody)])
    let lane = slot & (width - 1)
    let c = memory + ((slot - lane) * record + lane)
    c[0] = r.xx
    c[width] = r.xy
    c[2 * width] = r.xz
    c[3 * width] = r.yx
    c[4 * width] = r.yy
    c[5 * width] = r.yz
    c[6 * width] = r.zx
    c[7 * width] = r.zy
    c[8 * width] = r.zz
    c[9 * width] = t.x
    c[10 * width] = t.y
    c[11 * width] = t.z
  }
}

/// Adds `sign` k(v) to accelerations in slot order: -1 makes those of v into those of the axes, 1 the reverse.
@inline(never) @_noLocks func addDrift(
  _ m: ModelKernel, _ v: UnsafePointer<Double>, _ sign: Double, to slots: UnsafeMutablePointer<Double>
) {
  for k in 0..<m.freeJointCount {
    let joint = m.freeJoints[k]
    let drift = joint.drift(v)
    for axis in 0..<joint.axisCount {
      slots[Int(m.slots[Int(joint.firstBody) + axis])] += sign * joint.component(drift, axis)
    }
  }
}

// MARK: - Derivatives

/// psi' = v_p x s and psi'' = a_p x s + v_p x psi' of all axes from the motion of the joint's parent p.
///
/// `motions` and `trios` hold 12 and 18 lanes a wave: velocity and acceleration; s, psi' and psi''.
@inline(never) @_noLocks func setFreeScrews(_ m: ModelKernel, _ w: Workspace) {
  let width = m.tree.width
  let trios = w.waves.trios.assumingMemoryBound(to: Double.self)
  for k in 0..<m.freeJointCount {
    let joint = m.freeJoints[k]
    let first = Int(joint.firstBody)
    let parent = lanes(m, doubles(w.waves.motions), Int(m.bodies[first].parent), record: 12)
    let velocity = screw(parent, 0, width)
    let acceleration = screw(parent, 6, width)
    for body in first..<(first + joint.axisCount) {
      let trio = lanes(m, trios, body, record: 18)
      let s = screw(trio, 0, width)
      let rate = velocity.cross(s)
      let turned = velocity.cross(rate)
      let fallen = acceleration.cross(s)
      store(rate, trio + 6 * width, width)
      store(
        Screw(angular: fallen.angular + turned.angular, linear: fallen.linear + turned.linear),
        trio + 12 * width, width)
    }
  }
}

/// The elements among the axes of one joint in `byPosition`: 2B^T s_i . psi'_j + I s_i . psi''_j for every pair. The axes
/// turn together, so the force beyond the joint does not turn against them.
@inline(never) @_noLocks func setFreeBlocks(_ m: ModelKernel, _ w: Workspace) {
  let width = m.tree.width
  let order = m.bodyOrder
  for k in 0..<m.freeJointCount {
    let joint = m.freeJoints[k]
    let first = Int(joint.firstBody)
    for i in 0..<joint.axisCount {
      let answer = lanes(m, doubles(w.waves.reactions), first + i, record: 21)
      let inertial = screw(answer, 0, width)
      let back = Vector3(x: answer[18 * width], y: answer[19 * width], z: answer[20 * width])
      for j in (i + 1)..<max(joint.axisCount, i + 1) {
        let trio = lanes(m, doubles(w.waves.trios), first + j, record: 18)
        let rate = Vector3(x: trio[6 * width], y: trio[7 * width], z: trio[8 * width])
        let second = screw(trio, 12, width)
        w.byPosition[(m.baseCount + first + i - 1) * order + m.baseCount + first + j - 1] =
          back.dot(rate) + second.angular.dot(inertial.angular) + second.linear.dot(inertial.linear)
      }
    }
  }
}

/// Adds I (v x s - psi') to the columns of free joints in `byVelocity`: M times the product with the joint's velocity.
/// Only rows that move with the joint; the others stay zero.
@inline(never) @_noLocks func addFreeRates(_ m: ModelKernel, _ w: Workspace, _ v: UnsafePointer<Double>) {
  let order = m.bodyOrder
  for k in 0..<m.freeJointCount {
    let joint = m.freeJoints[k]
    for row in 0..<m.baseCount { addFreeRates(joint, m, w, v, row: row * order) }
    for body in Int(joint.firstBody)..<Int(joint.endBody) {
      addFreeRates(joint, m, w, v, row: (m.baseCount + body - 1) * order)
    }
    var body = Int(m.bodies[Int(joint.firstBody)].parent)
    while body > 0 {
      addFreeRates(joint, m, w, v, row: (m.baseCount + body - 1) * order)
      body = Int(m.bodies[body].parent)
    }
  }
}

@_noLocks private func addFreeRates(
  _ joint: FreeJoint, _ m: ModelKernel, _ w: Workspace, _ v: UnsafePointer<Double>, row: Int
) {
  let start = row + m.baseCount + Int(joint.firstBody) - 1
  let motion = joint.velocity(v)
  for j in 0..<joint.axisCount {
    let rate = motion.cross(joint.unit(j))
    var sum = 0.0
    for i in 0..<joint.axisCount { sum += w.inertia[start + i] * joint.component(rate, i) }
    w.byVelocity[start + j] += sum
  }
}

/// First double of a body's record.
@_noLocks private func lanes(
  _ m: ModelKernel, _ memory: UnsafePointer<Double>, _ body: Int, record: Int
) -> UnsafePointer<Double> {
  let slot = Int(m.slots[body])
  let lane = slot & (m.tree.width - 1)
  return memory + ((slot - lane) * record + lane)
}

@_noLocks private func lanes(
  _ m: ModelKernel, _ memory: UnsafeMutablePointer<Double>, _ body: Int, record: Int
) -> UnsafeMutablePointer<Double> {
  UnsafeMutablePointer(mutating: lanes(m, UnsafePointer(memory), body, record: record))
}

@_noLocks private func screw(_ p: UnsafePointer<Double>, _ first: Int, _ width: Int) -> Screw {
  let c = p + first * width
  return Screw(
    angular: Vector3(x: c[0], y: c[width], z: c[2 * width]),
    linear: Vector3(x: c[3 * width], y: c[4 * width], z: c[5 * width]))
}

@_noLocks private func store(_ s: Screw, _ c: UnsafeMutablePointer<Double>, _ width: Int) {
  c[0] = s.angular.x
  c[width] = s.angular.y
  c[2 * width] = s.angular.z
  c[3 * width] = s.linear.x
  c[4 * width] = s.linear.y
  c[5 * width] = s.linear.z
}
