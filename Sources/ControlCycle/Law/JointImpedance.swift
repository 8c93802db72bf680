/// Joint impedance: stiffness and damping around the commanded motion, model torque ahead of it.
///
///     torque = K (q* - q) + D (v* - v) + model torque + Coulomb sgn(v*) + viscous v* + asked torque
///
/// The drive evaluates the first two terms at its own rate from its own encoder; the cycle sends the rest. It
/// shapes stiffness and damping and leaves the inertia as it is.
public enum JointImpedance {
  /// Speed over which Coulomb compensation changes sign [rad/s]; smaller values chatter at rest.
  static var frictionWidth: Double { @_noLocks get { 0.05 } }

  /// The command for one joint.
  ///
  /// `motion` is what the limits made of the setpoint, `torque` what the setpoint adds [N.m], `modelTorque` gravity
  /// or inverse dynamics of the joint [N.m], `activation` (0...1) how far gains and feed-forward have grown while
  /// arming.
  @_noLocks public static func update(
    motion: CommandedMotion, torque: Double, modelTorque: Double, joint: JointConfiguration,
    activation: Double
  ) -> JointCommand {
    var command = JointCommand()
    command.position = motion.position
    command.velocity = motion.velocity
    command.stiffness = joint.gains.stiffness * activation
    command.damping = joint.gains.damping
    let friction =
      joint.coulombFriction * smoothSign(motion.velocity, width: frictionWidth)
      + joint.viscousFriction * motion.velocity
    command.torque = (modelTorque + friction + torque) * activation
    return command
  }

  /// Damping only, around rest: what a joint gets when it must neither move nor go limp.
  @_noLocks public static func damping(at state: JointState, joint: JointConfiguration) -> JointCommand {
    var command = JointCommand()
    command.position = state.position
    command.damping = joint.gains.damping
    return command
  }
}
