public import ControlCycle

/// The law of a joint by the word used in files.
enum LawName: String, CaseIterable {
  case impedance
  case torque
  case handGuiding = "hand_guiding"
  case damping

  var law: JointLaw {
    switch self {
    case .impedance: .impedance
    case .torque: .torque
    case .handGuiding: .handGuiding
    case .damping: .damping
    }
  }
}

extension JointLaw {
  /// The word used in robot.yaml.
  public var word: String {
    switch self {
    case .impedance: LawName.impedance.rawValue
    case .torque: LawName.torque.rawValue
    case .handGuiding: LawName.handGuiding.rawValue
    case .damping: LawName.damping.rawValue
    }
  }
}
