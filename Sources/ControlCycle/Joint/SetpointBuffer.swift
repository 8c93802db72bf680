/// Setpoints of all joints for one cycle, and how fresh they are.
public struct SetpointBuffer: ~Copyable {
  /// Setpoint of each joint.
  public var joints: InlineArray<64, JointSetpoint>
  /// Counts up with every fresh set; the command watchdog looks at nothing else.
  public var sequence: Int64

  /// Setpoints at zero that were never refreshed.
  public init() {
    joints = InlineArray(repeating: JointSetpoint())
    sequence = 0
  }
}
