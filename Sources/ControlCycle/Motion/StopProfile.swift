import LaneMath

/// How a controlled stop is made; the categories of IEC 60204-1.
///
/// Category 0 takes the power away at once: there is no motion to plan, and the drives' brakes and friction stop the robot.
public enum StopCategory: BitwiseCopyable, Sendable {
  /// Category 1: every joint stops as fast as its limits allow, then power goes.
  case one
  /// Category 2: all joints come to rest at the same time, close to the way they were on, and power stays.
  case two
}

extension TrajectoryGenerator {
  /// Plans a stop from the states in `starts`, limited in acceleration and jerk; targets are overwritten.
  ///
  /// A stop is never refused for a position limit: where a common stop of category 2 would pass one, each joint stops as
  /// fast as it can.
  ///
  /// - Returns: `planned`, or `notFinite`, `unusableLimits` or `imprecise`; then `decidingJoint` says which joint.
  @_noLocks public mutating func planStop(_ category: StopCategory) -> TrajectoryVerdict {
    for joint in 0..<jointCount { targets[joint] = KinematicState(position: starts[joint].position) }
    var isCommon = false
    switch category {
    case .one: break
    case .two: isCommon = true
    }
    if isCommon {
      let verdict = planVelocity(.time)
      switch verdict {
      case .exceedsPositionLimit: break
      default: return verdict
      }
    }
    return planFreeStop()
  }
}
