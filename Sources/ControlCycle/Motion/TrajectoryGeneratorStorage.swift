// Set-up: may allocate; the cycle is compiled without this file.
import LaneMath

extension TrajectoryGenerator {
  /// A generator for 1...64 joints, all at rest at zero, whose limits must be set before it is used.
  public init(jointCount: Int) {
    precondition((1...64).contains(jointCount), "a trajectory generator has 1 to 64 joints")
    let rest = KinematicState()
    let limits = KinematicLimits(velocity: 1, acceleration: 1, jerk: 1)
    let plan = JointPlan(from: rest, to: rest, within: limits, isVelocityOnly: false)
    var piece = MotionSegment()
    piece.state = rest
    self.init(
      limits: FixedArray(count: jointCount, repeating: limits),
      starts: FixedArray(count: jointCount, repeating: rest),
      targets: FixedArray(count: jointCount, repeating: rest),
      plans: FixedArray(count: jointCount, repeating: plan),
      segments: MotionSegments(
        pieces: FixedArray(count: 2 * jointCount * MotionSegments.capacity, repeating: piece),
        counts: FixedArray(count: 2 * jointCount, repeating: 1), jointCount: jointCount),
      jointCount: jointCount)
  }
}
