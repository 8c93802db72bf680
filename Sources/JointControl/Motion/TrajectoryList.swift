import ControlCycle

/// The motions of a program, ready to be sampled in the cycle.
struct TrajectoryList: ~Copyable {
  private let items: UnsafeMutablePointer<Trajectory>
  private let count: Int

  init(_ motions: [Motion], jointCount: Int) {
    count = motions.count
    items = .allocate(capacity: max(1, motions.count))
    for (index, motion) in motions.enumerated() {
      (items + index).initialize(to: Trajectory(motion, jointCount: jointCount))
    }
  }

  deinit {
    items.deinitialize(count: count)
    items.deallocate()
  }

  /// Time a motion takes [s].
  @_noLocks func duration(of index: Int) -> Double { items[index].duration }

  /// Setpoint of a joint at `time` [s] since the start of a motion.
  @_noLocks func setpoint(of index: Int, joint: Int, at time: Double) -> JointSetpoint {
    items[index].setpoint(joint: joint, at: time)
  }
}
