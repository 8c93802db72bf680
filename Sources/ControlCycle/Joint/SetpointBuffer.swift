public import LaneMath

/// Setpoints of all joints for one cycle, how fresh they are, and the laws that are asked for with them.
public struct SetpointBuffer: ~Copyable {
  /// Setpoint of each joint.
  public var joints: FixedArray<JointSetpoint>
  /// Counts up with every fresh set; the command watchdog looks at nothing else. Below zero these are setpoints that were
  /// made between two sets, or after the last: followed, but not fresh.
  public var sequence: Int64
  /// Joints of which another law, or the same with other gains, is asked for in this cycle.
  public private(set) var chosen: JointSet
  /// What is asked of those joints; entries of the others mean nothing.
  private var choices: FixedArray<LawChoice>

  /// Takes over the joints' setpoints; see `init()`.
  init(joints: consuming FixedArray<JointSetpoint>, choices: consuming FixedArray<LawChoice>) {
    self.joints = joints
    self.choices = choices
    sequence = 0
    chosen = JointSet()
  }

  /// Asks for the law of a joint, in this cycle; it is followed until another is asked for. The cycle takes it at its
  /// boundary, without a step in the torque, or says in `ControlCycle.refusedLaws` that it did not.
  ///
  /// - Parameters:
  ///   - choice: the law and its gains.
  ///   - joint: index of the joint; one that no robot has is ignored.
  @_noLocks public mutating func ask(_ choice: LawChoice, for joint: Int) {
    guard joint >= 0 && joint < Capacity.joints else { return }
    choices[joint] = choice
    chosen.insert(joint)
  }

  /// What is asked of a joint's law in this cycle; nil when nothing is.
  @_noLocks public borrowing func choice(for joint: Int) -> LawChoice? {
    guard joint >= 0 && joint < Capacity.joints && chosen.contains(joint) else { return nil }
    return choices[joint]
  }

  /// Asks for no law any more, as each cycle begins.
  @_noLocks public mutating func forgetChoices() { chosen = JointSet() }
}
