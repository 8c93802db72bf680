import LaneMath

extension TrajectoryGenerator {
  /// Plans the motion along a straight line and returns its duration; -1 when starts and targets lie on none.
  ///
  /// Every quantity of every joint is a multiple of the one of the joint that has farthest to go. Limits of all joints
  /// bound that joint, so the line is kept even where each joint alone could be faster.
  @_noLocks mutating func planLine(taking least: Double) -> Double {
    var leader = -1
    var farthest = 0.0
    for joint in 0..<jointCount {
      let size = extent(joint)
      if size > farthest {
        farthest = size
        leader = joint
      }
    }
    guard leader >= 0 else { return -1 }
    var bounds = limits[leader]
    let reference = row(leader)
    for joint in 0..<jointCount {
      guard let share = multiple(row(joint), of: reference) else { return -1 }
      if share != 0 { bounds = bounds.narrowed(by: limits[joint], scaled: 1 / share) }
      if limits[joint].jerk.isFinite != limits[leader].jerk.isFinite { return -1 }
    }
    let plan = JointPlan(from: starts[leader], to: targets[leader], within: bounds, isVelocityOnly: false)
    let time = plan.earliest(after: least)
    decidingJoint = leader
    note(
      segments.write(plan, of: leader, from: starts[leader], arrivingAt: time), of: leader,
      isVelocityOnly: false)
    for joint in 0..<jointCount where joint != leader {
      guard let share = multiple(row(joint), of: reference) else { return -1 }
      segments.copy(leader, to: joint, from: starts[joint].position, times: share, target: targets[joint])
    }
    return time
  }

  /// Distance, velocities and accelerations of a joint.
  private struct Row: BitwiseCopyable {
    let distance, v0, a0, vf, af: Double
    @_noLocks init(_ start: KinematicState, _ target: KinematicState) {
      distance = target.position - start.position
      v0 = start.velocity
      a0 = start.acceleration
      vf = target.velocity
      af = target.acceleration
    }
  }

  @_noLocks private func row(_ joint: Int) -> Row { Row(starts[joint], targets[joint]) }

  @_noLocks private func extent(_ joint: Int) -> Double {
    let row = row(joint)
    return magnitude(row.distance) + magnitude(row.v0) + magnitude(row.a0) + magnitude(row.vf)
      + magnitude(row.af)
  }

  /// What `reference` has to be multiplied by to be `row`, nil when it is no multiple.
  @_noLocks private func multiple(_ row: Row, of reference: Row) -> Double? {
    var largest = reference.distance
    var value = row.distance
    if magnitude(reference.v0) > magnitude(largest) { (largest, value) = (reference.v0, row.v0) }
    if magnitude(reference.a0) > magnitude(largest) { (largest, value) = (reference.a0, row.a0) }
    if magnitude(reference.vf) > magnitude(largest) { (largest, value) = (reference.vf, row.vf) }
    if magnitude(reference.af) > magnitude(largest) { (largest, value) = (reference.af, row.af) }
    guard largest != 0 else { return nil }
    let share = value / largest
    let slack = 1e-12 * magnitude(largest)
    let isMultiple =
      magnitude(row.distance - share * reference.distance) <= slack
      && magnitude(row.v0 - share * reference.v0) <= slack
      && magnitude(row.a0 - share * reference.a0) <= slack
      && magnitude(row.vf - share * reference.vf) <= slack
      && magnitude(row.af - share * reference.af) <= slack
    return isMultiple ? share : nil
  }
}

extension KinematicLimits {
  /// These limits, narrowed by those of another joint times a factor; positions stay.
  @_noLocks func narrowed(by other: KinematicLimits, scaled factor: Double) -> KinematicLimits {
    let isTurned = factor < 0
    var narrow = self
    narrow.maxVelocity = smaller(maxVelocity, factor * (isTurned ? other.minVelocity : other.maxVelocity))
    narrow.minVelocity = larger(minVelocity, factor * (isTurned ? other.maxVelocity : other.minVelocity))
    narrow.maxAcceleration = smaller(
      maxAcceleration, factor * (isTurned ? other.minAcceleration : other.maxAcceleration))
    narrow.minAcceleration = larger(
      minAcceleration, factor * (isTurned ? other.maxAcceleration : other.minAcceleration))
    narrow.jerk = smaller(jerk, magnitude(factor) * other.jerk)
    return narrow
  }
}

extension MotionSegments {
  /// When the motion of a joint in force ends.
  @_noLocks func end(_ joint: Int) -> Double {
    let slot = current &* jointCount &+ joint
    return pieces[slot &* Self.capacity &+ counts[slot] &- 1].start
  }

  /// Plans for a joint the planned motion of another one times a factor.
  @_noLocks mutating func copy(
    _ leader: Int, to joint: Int, from position: Double, times factor: Double, target: KinematicState
  ) {
    let spare = (1 &- current) &* jointCount
    let (from, to) = (spare &+ leader, spare &+ joint)
    let count = counts[from]
    let origin = pieces[from &* Self.capacity].state.position
    var index = 0
    while index < count {
      var piece = pieces[from &* Self.capacity &+ index]
      piece.jerk *= factor
      piece.state.position = position + (piece.state.position - origin) * factor
      piece.state.velocity *= factor
      piece.state.acceleration *= factor
      if index &+ 1 == count { piece.state = target }
      pieces[to &* Self.capacity &+ index] = piece
      index &+= 1
    }
    counts[to] = count
  }
}
