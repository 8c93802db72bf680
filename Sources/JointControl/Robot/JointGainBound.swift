public import ControlCycle

extension RobotJoint {
  /// Whether the host closes the joint's loop, once a cycle; otherwise the drive does, at a rate of its own.
  public var isClosedOnHost: Bool {
    switch configuration.drive.mode {
    case .torque: true
    case .impedance, .position, .velocity, .positionForce: false
    }
  }

  /// What the loop's gains must keep when the host closes it: on the bare rotor, the narrowest, and a cycle late, as frames
  /// read in a cycle answer the commands of the one before.
  public var gainBound: GainBound {
    GainBound(inertia: max(actuator.armature, 1e-9), period: Double(period) * 1e-9, delay: 1)
  }

  /// Highest stiffness whose steps of measured position friction still holds [N.m/rad].
  public var quantisedStiffness: Double {
    let step = fields.first { !$0.isCommand && $0.quantity == .position && $0.isCarried }?.step ?? 0
    return gainBound.quantisedStiffness(step: step, coulombFriction: configuration.coulombFriction)
  }
}
