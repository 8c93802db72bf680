/// Which loop a drive closes on what it is sent, as its own register or object for the mode says.
public enum ControlMode: BitwiseCopyable, Sendable {
  /// The impedance law, whole, on position, velocity, two gains and torque.
  case impedance
  /// Torque alone; the law is evaluated on the host, at the estimated state, one cycle older than a drive would have it.
  case torque
  /// Position with the drive's own gains, cyclic synchronous position.
  case position
  /// Velocity with the drive's own gain, cyclic synchronous velocity.
  case velocity
  /// Position as in `position`, within a bound on current that travels with each command.
  case positionForce

  /// Whether the command of zeros gives no torque.
  public var hasZeroTorque: Bool {
    @_noLocks get {
      switch self {
      case .impedance, .torque: true
      case .position, .velocity, .positionForce: false
      }
    }
  }

  /// Whether a drive gives the torque of any law, and not only of one around a position or velocity of its own loop.
  public var takesTorque: Bool { @_noLocks get { hasZeroTorque } }

  /// Whether the drive goes to a position and stays there.
  public var holdsPosition: Bool {
    @_noLocks get {
      switch self {
      case .position, .positionForce: true
      case .impedance, .torque, .velocity: false
      }
    }
  }
}

/// How a command of the neutral contract reaches a drive that closes a loop with gains of its own.
///
/// The contract's law is `K (q* - q) + D (v* - v) + t`, and what a robot asks for by changing K and D, such as growing
/// stiffness at arming, fading in a release, scaling in the torque limiter, has no place in those frames. So the target is
/// moved instead, by how much of the described gains the command still has: a drive whose loop has the described gains
/// then gives the torque that was asked for, and a drive of other gains the same part of its own.
extension JointCommand {
  /// What the law gives at the estimate, as torque.
  @_noLocks func asTorque(at state: JointState) -> JointCommand {
    var command = self
    command.torque += stiffness * (position - state.position)
    command.torque += damping * (velocity - state.velocity)
    command.stiffness = 0
    command.damping = 0
    return command
  }

  /// The velocity at which a drive of the described damping gives the law's torque; without stiffness that is the
  /// commanded velocity, and the drive damps.
  ///
  /// `isBlind` says that nobody knows where the joint is: then the position counts for nothing, lest the joint runs.
  @_noLocks func asVelocity(
    at state: JointState, gains: ImpedanceGains, limit: Double, isBlind: Bool
  ) -> JointCommand {
    var command = self
    command.stiffness = 0
    command.damping = 0
    guard !isBlind && gains.damping > 0 else { return command }
    let correction = stiffness * (position - state.position)
    let missing = (damping - gains.damping) * (velocity - state.velocity)
    command.velocity = clamp(velocity + (correction + missing) / gains.damping, -limit, limit)
    return command
  }

  /// The position at which a drive of the described stiffness gives the part of it that the command has left; with all of
  /// it the commanded position, to the bit.
  ///
  /// Where the commanded position itself yields (`isYielding`), or nobody but the drive knows where the joint is
  /// (`isBlind`), it is sent as it is.
  @_noLocks func asPosition(
    at state: JointState, gains: ImpedanceGains, isYielding: Bool, isBlind: Bool
  ) -> JointCommand {
    var command = self
    command.stiffness = 0
    command.damping = 0
    guard !isBlind && !isYielding else { return command }
    let share = gains.stiffness > 0 ? clamp(stiffness / gains.stiffness, 0, 1) : 0
    if share < 1 { command.position = state.position + share * (position - state.position) }
    return command
  }
}
