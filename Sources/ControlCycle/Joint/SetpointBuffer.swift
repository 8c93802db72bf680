public import LaneMath

/// Setpoints of all joints for one cycle, and how fresh they are.
public struct SetpointBuffer: ~Copyable {
  /// Setpoint of each joint.
  public var joints: FixedArray<JointSetpoint>
  /// Counts up with every fresh set; the command watchdog looks at nothing else. Below zero these are setpoints that were
  /// made between two sets, or after the last: followed, but not fresh.
  public var sequence: Int64

  /// Takes over the joints' setpoints; see `init()`.
  init(joints: consuming FixedArray<JointSetpoint>) {
    self.joints = joints
    sequence = 0
  }
}
