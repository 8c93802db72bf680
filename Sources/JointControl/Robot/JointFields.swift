import ControlCycle

/// What one field of a drive's frames makes of a joint's number, at the joint.
public struct JointField: Sendable, Equatable {
  /// Which number.
  public enum Quantity: String, Sendable, CaseIterable {
    case position, velocity, stiffness, damping, torque
  }
  /// Which number.
  public var quantity: Quantity
  /// Whether the host commands it, or the drive answers it.
  public var isCommand: Bool
  /// Whether it travels at all.
  public var isCarried: Bool
  /// Distance between numbers that can be told apart, at its coarsest within the limit.
  public var step: Double
  /// Most that travels without being cut down; infinite where it does not travel.
  public var fullScale: Double
  /// Most that the description lets it be: the joint's limit, or its gain.
  public var limit: Double
  /// What arrives of a gain; nil for others, and where the host closes the loop.
  public var carriedGain: Double?

  /// Whether the limit lies beyond the full scale.
  public var saturates: Bool { limit > fullScale * (1 + 1e-9) }
}

extension RobotJoint {
  /// Every field of the drive's command and answer, at the joint; the command's come first.
  public var fields: [JointField] {
    let (drive, joint) = (DriveFields(configuration.drive), configuration)
    let ratio = joint.transmission.ratio
    let square = ratio * ratio
    let reach = max(
      abs(joint.limits.minPosition - joint.transmission.offset),
      abs(joint.limits.maxPosition - joint.transmission.offset))
    func field(
      _ quantity: JointField.Quantity, _ field: DriveField, _ limit: Double, isCommand: Bool = true,
      toJoint: Double
    ) -> JointField {
      var carried: Double?
      if field.isCarried && (quantity == .stiffness || quantity == .damping) {
        carried = field.carried(limit / toJoint) * toJoint
      }
      return JointField(
        quantity: quantity, isCommand: isCommand, isCarried: field.isCarried,
        step: field.step(at: limit / toJoint) * toJoint,
        fullScale: field.isCarried ? field.fullScale * toJoint : .infinity, limit: limit, carriedGain: carried
      )
    }
    return [
      field(.position, drive.position, reach, toJoint: 1 / ratio),
      field(.velocity, drive.velocity, joint.limits.velocity, toJoint: 1 / ratio),
      field(.stiffness, drive.stiffness, joint.gains.stiffness, toJoint: square),
      field(.damping, drive.damping, joint.gains.damping, toJoint: square),
      field(.torque, drive.torque, joint.limits.torque, toJoint: ratio),
      field(.position, drive.measuredPosition, reach, isCommand: false, toJoint: 1 / ratio),
      field(.velocity, drive.measuredVelocity, joint.limits.velocity, isCommand: false, toJoint: 1 / ratio),
      field(.torque, drive.measuredTorque, joint.limits.torque, isCommand: false, toJoint: ratio),
    ]
  }

  /// Torque that the gains make of one step of measured position and of measured velocity [N.m].
  public var torqueOfSteps: Double {
    fields.filter { !$0.isCommand }.reduce(0) { sum, field in
      switch field.quantity {
      case .position: sum + field.step * configuration.gains.stiffness
      case .velocity: sum + field.step * configuration.gains.damping
      case .stiffness, .damping, .torque: sum
      }
    }
  }
}
