/// The map between the side a drive reports and the joint; the only place that knows ratio, sign and offset.
///
/// A drive with a built-in reducer reports its output shaft, so `ratio` counts what stands between that shaft
/// and the joint. With ratio r, sign s (+1 or -1) and offset o:
///
///     drive position = s r (joint position - o)      joint position = s drive position / r + o
///     drive velocity = s r  joint velocity           joint torque   = s r drive torque
///     drive stiffness = joint stiffness / r^2        drive damping  = joint damping / r^2
public struct Transmission: BitwiseCopyable, Sendable, Equatable {
  /// Turns of the drive's shaft per turn of the joint, positive.
  public var ratio: Double
  /// +1 when shaft and joint turn the same way, -1 otherwise.
  public var sign: Double
  /// Joint position at which the drive reads zero [rad].
  public var offset: Double

  /// A transmission.
  @_noLocks public init(ratio: Double, sign: Double, offset: Double) {
    self.ratio = ratio
    self.sign = sign
    self.offset = offset
  }

  /// The joint's side of a measured motor state; the age is left to the estimator.
  @_noLocks public func jointState(of motor: MotorState) -> JointState {
    var joint = JointState()
    joint.position = sign * motor.position
    joint.velocity = sign * motor.velocity
    joint.torque = sign * motor.torque * ratio
    // Most drives report the joint itself, and a division by one costs as much as any.
    if ratio != 1 {
      joint.position /= ratio
      joint.velocity /= ratio
    }
    joint.position += offset
    return joint
  }

  /// The drive's side of a joint command.
  @_noLocks public func motorCommand(of joint: JointCommand) -> MotorCommand {
    var motor = MotorCommand(
      position: sign * ratio * (joint.position - offset), velocity: sign * ratio * joint.velocity,
      stiffness: joint.stiffness, damping: joint.damping, torque: sign * joint.torque)
    if ratio != 1 {
      motor.stiffness /= ratio * ratio
      motor.damping /= ratio * ratio
      motor.torque /= ratio
    }
    return motor
  }
}
