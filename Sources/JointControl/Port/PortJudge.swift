internal import CCommandPort
import ControlCycle

/// Whether a set of setpoints may be followed. Whole or not at all: a robot is no place for half a set.
struct PortJudge: ~Copyable {
  private let limits: UnsafeMutablePointer<JointLimits>
  private let gains: UnsafeMutablePointer<ImpedanceGains>
  private let jointCount: Int
  private let takesGains: Bool
  /// Most cycles between the state a set was made from and the set.
  private let oldest: Int64

  init(_ robot: Robot, takesGains: Bool) {
    jointCount = robot.joints.count
    self.takesGains = takesGains
    oldest = robot.commandTimeout / robot.period
    limits = .allocate(capacity: Capacity.joints)
    gains = .allocate(capacity: Capacity.joints)
    for (index, joint) in robot.joints.enumerated() {
      (limits + index).initialize(to: joint.configuration.limits)
      (gains + index).initialize(to: joint.configuration.gains)
    }
  }

  deinit {
    limits.deallocate()
    gains.deallocate()
  }

  /// Why the set is refused in cycle `number`; nil when it is not.
  func refusal(
    of set: UnsafeMutablePointer<command_port_set>, cycle number: Int64
  ) -> PortFigures.Refusal? {
    let flags = Int(set.pointee.flags)
    if flags & ~Int(COMMAND_PORT_FLAGS) != 0 || Int(set.pointee.joint_count) != jointCount {
      return .malformed
    }
    let answered = set.pointee.answers_cycle
    // Compared without subtraction: it is any number.
    if answered < -1 || answered >= number { return .old }
    if answered >= 0 && number - answered > oldest { return .old }
    if flags & Int(COMMAND_PORT_HAS_GAINS) != 0 && !takesGains { return .gains }
    for joint in 0..<jointCount {
      if let refusal = refusal(of: command_port_setpoint_at(set, Int32(joint)).pointee, joint: joint, flags) {
        return refusal
      }
    }
    return nil
  }

  private func refusal(of asked: command_port_setpoint, joint: Int, _ flags: Int) -> PortFigures.Refusal? {
    let limit = limits[joint]
    let hasVelocity = flags & Int(COMMAND_PORT_HAS_VELOCITY) != 0
    let hasTorque = flags & Int(COMMAND_PORT_HAS_TORQUE) != 0
    let hasGains = flags & Int(COMMAND_PORT_HAS_GAINS) != 0
    // What a set does not have is not looked at, whatever is there.
    if !asked.position_rad.isFinite || (hasVelocity && !asked.velocity_rad_s.isFinite)
      || (hasTorque && !asked.torque_nm.isFinite)
      || (hasGains && !(asked.stiffness_nm_rad.isFinite && asked.damping_nm_s_rad.isFinite))
    {
      return .notFinite
    }
    // Text and single precision round: a millionth of a radian outside is on the limit.
    if asked.position_rad < limit.minPosition - 1e-6 || asked.position_rad > limit.maxPosition + 1e-6 {
      return .positionLimit
    }
    if hasVelocity && asked.velocity_rad_s.magnitude > limit.velocity * (1 + 1e-6) { return .velocityLimit }
    if hasTorque && asked.torque_nm.magnitude > limit.torque * (1 + 1e-6) { return .torqueLimit }
    if hasGains {
      let most = gains[joint]
      if !(0...(most.stiffness * (1 + 1e-6))).contains(asked.stiffness_nm_rad)
        || !(0...(most.damping * (1 + 1e-6))).contains(asked.damping_nm_s_rad)
      {
        return .gains
      }
    }
    return nil
  }
}
