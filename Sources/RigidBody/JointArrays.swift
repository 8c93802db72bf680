import CRealMath
import LaneMath

/// Joint positions in slot order with their sines and cosines.
@_noLocks func loadPositions(_ m: ModelKernel, _ w: Workspace, _ q: UnsafePointer<Double>) {
  loadAngles(m, w, q)
  sineCosinePass(m, w)
}

/// Joint positions in slot order; angles beyond 1e5 rad lose whole turns first. The axes of free joints stand at zero,
/// and their first bodies where `q` says.
@_noLocks func loadAngles(_ m: ModelKernel, _ w: Workspace, _ q: UnsafePointer<Double>) {
  if m.isIndexed {
    loadIndexedPositions(m, w, q)
  } else {
    let positions = w.waves.positions
    let joints = q + (m.isFloating ? 7 : 0)
    for i in 1..<m.bodyCount {
      var position = joints[i - 1]
      if !(position <= 1e5 && position >= -1e5) && !m.bodies[i].isPrismatic {
        position = SineCosine.reduced(position)
      }
      positions[Int(m.slots[i])] = position
    }
  }
}

/// The same where joints share coordinates or have several. Apart, to keep the usual case short.
@inline(never) @_noLocks private func loadIndexedPositions(
  _ m: ModelKernel, _ w: Workspace, _ q: UnsafePointer<Double>
) {
  for i in 1..<m.bodyCount {
    let index = Int(m.bodies[i].positionIndex)
    var position = index < 0 ? 0 : m.bodies[i].multiplier * q[index] + m.bodies[i].offset
    if !(position <= 1e5 && position >= -1e5) && !m.bodies[i].isPrismatic {
      position = SineCosine.reduced(position)
    }
    w.waves.positions[Int(m.slots[i])] = position
  }
  placeFreeJoints(m, w, q)
}

/// Joint rates or accelerations of `v` in slot order.
@_noLocks func loadRates(
  _ m: ModelKernel, _ v: UnsafePointer<Double>, into slots: UnsafeMutablePointer<Double>
) {
  let joints = v + m.baseCount
  if m.hasMimic {
    for i in 1..<m.bodyCount {
      slots[Int(m.slots[i])] = m.bodies[i].multiplier * v[Int(m.bodies[i].velocityIndex)]
    }
  } else {
    for i in 1..<m.bodyCount { slots[Int(m.slots[i])] = joints[i - 1] }
  }
}

/// Zero rates or accelerations.
@_noLocks func clearRates(_ m: ModelKernel, _ slots: UnsafeMutablePointer<Double>) {
  for i in 0..<(m.tree.count * m.tree.width) { slots[i] = 0 }
}

/// Forces of joints in slot order into generalised forces; those that share a coordinate add up.
@_noLocks func storeForces(
  _ m: ModelKernel, _ slots: UnsafePointer<Double>, into tau: UnsafeMutablePointer<Double>
) {
  let joints = tau + m.baseCount
  if m.hasMimic {
    for i in m.baseCount..<m.velocityCount { tau[i] = 0 }
    for i in 1..<m.bodyCount {
      tau[Int(m.bodies[i].velocityIndex)] += m.bodies[i].multiplier * slots[Int(m.slots[i])]
    }
  } else {
    for i in 1..<m.bodyCount { joints[i - 1] = slots[Int(m.slots[i])] }
  }
}

/// The base's rotation `worldFromBase`; its quaternion may have any length but zero.
@_noLocks func baseRotation(_ m: ModelKernel, _ q: UnsafePointer<Double>) -> Matrix3 {
  m.isFloating ? Quaternion(at: q + 3).normalized.rotation : .identity
}

/// The base's own record and its children's shares, summed in the order of the tree, into `sums`.
@_noLocks func sumAtBase(
  _ tree: WaveTree, _ shares: UnsafeMutableRawPointer, record: Int, into sums: UnsafeMutablePointer<Double>
) {
  let memory = doubles(shares)
  for c in 0..<record { sums[c] = memory[c * tree.width] }
  for k in 0..<tree.baseChildCount {
    let slot = Int(tree.baseChildren[k])
    let lane = slot & (tree.width - 1)
    let child = memory + ((slot - lane) * record + lane)
    for c in 0..<record { sums[c] += child[c * tree.width] }
  }
}
