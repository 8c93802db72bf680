import JointControl

/// End stops of a joint: a damped spring beyond its limits, as stiff as the step allows at the rotor inertia,
/// so that a runaway shows as a joint pressed into its stop instead of as a number without bound.
struct JointStop: BitwiseCopyable {
  /// Stiffness in units of inertia / step^2; stable below 4 together with every other spring at the joint.
  private static let stiffnessNumber = 0.1
  /// Damping in units of inertia / step.
  private static let dampingNumber = 0.3
  private static let leastInertia = 1e-4

  private let low: Double
  private let high: Double
  private let stiffness: Double
  private let damping: Double

  /// The stops of a joint, stepped by `step` [s]; infinite limits have none.
  init(low: Double, high: Double, armature: Double, step: Double) {
    let inertia = max(armature, JointStop.leastInertia)
    self.low = low
    self.high = high
    stiffness = JointStop.stiffnessNumber * inertia / (step * step)
    damping = JointStop.dampingNumber * inertia / step
  }

  /// Torque of the stops [N.m]; a stop pushes, it never pulls.
  func torque(position: Double, velocity: Double) -> Double {
    if position > high {
      let torque = -stiffness * (position - high) - damping * velocity
      return torque < 0 ? torque : 0
    }
    if position < low {
      let torque = stiffness * (low - position) - damping * velocity
      return torque > 0 ? torque : 0
    }
    return 0
  }
}
