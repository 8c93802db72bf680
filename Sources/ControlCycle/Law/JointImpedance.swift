/// Joint impedance: stiffness and damping around the commanded motion, model torque ahead of it.
///
///     torque = K (q* - q) + D (v* - v) + model torque + Coulomb sgn(v*) + viscous v* + asked torque
///
/// The drive evaluates the first two terms at its own rate from its own encoder; the cycle sends the rest. It
/// shapes stiffness and damping and leaves the inertia as it is.
public enum JointImpedance {
  /// Speed over which Coulomb compensation changes sign [rad/s]; smaller values chatter at rest.
  static var frictionWidth: Double { @_noLocks get { 0.05 } }

  /// The effort of one joint.
  ///
  /// `motion` is what the limits made of the setpoint, `torque` what the setpoint adds [N.m], `modelTorque` gravity
  /// or inverse dynamics of the joint [N.m].
  @_noLocks public static func effort(
    motion: CommandedMotion, torque: Double, modelTorque: Double, joint: JointConfiguration
  ) -> JointEffort {
    effort(motion: motion, torque: torque, modelTorque: modelTorque, frictionShare: 1, joint: joint)
  }

  /// As above, with a part of the friction.
  @_noLocks static func effort(
    motion: CommandedMotion, torque: Double, modelTorque: Double, frictionShare: Double,
    joint: JointConfiguration
  ) -> JointEffort {
    JointEffort(
      stiffness: joint.gains.stiffness, damping: joint.gains.damping,
      torque: modelTorque + frictionShare * friction(along: motion, joint: joint) + torque)
  }

  /// Friction that the joint takes along a motion [N.m].
  @_noLocks static func friction(along motion: CommandedMotion, joint: JointConfiguration) -> Double {
    joint.coulombFriction * smoothSign(motion.velocity, width: frictionWidth)
      + joint.viscousFriction * motion.velocity
  }

  /// Damping only, around rest: what a joint gets when it must neither move nor go limp.
  @_noLocks public static func damping(at state: JointState, joint: JointConfiguration) -> JointCommand {
    var command = JointCommand()
    command.position = state.position
    command.damping = joint.gains.damping
    return command
  }
}
