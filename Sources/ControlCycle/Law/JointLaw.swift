/// The built-in law that a joint follows; chosen a joint, switched at a cycle's boundary without a step (`LawBlend`).
public enum JointLaw: BitwiseCopyable, Sendable {
  /// Stiffness and damping around the commanded motion, model torque ahead: `JointImpedance`.
  case impedance
  /// Asked torque and model torque, no stiffness and no damping: for a controller that closes the loop itself.
  case torque
  /// Led by hand: model torque of the pose, most of the friction compensated, a tenth of the damping, and a wall before each
  /// position limit (`LimitWall`).
  case handGuiding
  /// Damping around rest and nothing else: the joint sinks slowly.
  case damping

  /// Part of the friction that hand guiding compensates; all of it would let a joint run away that has a little less.
  static var guidedFriction: Double { @_noLocks get { 0.7 } }
  /// Part of the configured damping that hand guiding keeps.
  static var guidedDamping: Double { @_noLocks get { 0.1 } }

  /// Whether the commanded motion goes with the joint, instead of with the setpoints.
  public var follows: Bool {
    @_noLocks get {
      switch self {
      case .impedance: false
      case .torque, .handGuiding, .damping: true
      }
    }
  }

  /// The number that recordings carry; never another law's.
  public var code: UInt8 {
    @_noLocks get {
      switch self {
      case .impedance: 0
      case .torque: 1
      case .handGuiding: 2
      case .damping: 3
      }
    }
  }

  /// The law of a code; nil when there is none.
  public init?(code: UInt64) {
    switch code {
    case 0: self = .impedance
    case 1: self = .torque
    case 2: self = .handGuiding
    case 3: self = .damping
    default: return nil
    }
  }
}

/// Which law a joint is to follow, and with how much of its configured gains.
///
/// Gains only go down, and damping no further than stiffness: what is stable with the configured gains then stays so, as
/// the stable stiffness of a sampled loop is a concave function of damping (`GainBound`).
public struct LawChoice: BitwiseCopyable, Sendable {
  /// The law.
  public var law: JointLaw
  /// Part of the configured stiffness, 0...1.
  public var stiffness: Double
  /// Part of the configured damping, from `stiffness` to 1.
  public var damping: Double

  /// A choice; all of the configured gains when nothing is said, and as much of the stiffness as of the damping.
  @_noLocks public init(_ law: JointLaw, stiffness: Double? = nil, damping: Double = 1) {
    self.law = law
    self.stiffness = stiffness ?? damping
    self.damping = damping
  }

  /// Whether a cycle takes it.
  public var isUsable: Bool {
    @_noLocks get { stiffness >= 0 && stiffness <= damping && damping <= 1 }
  }

  /// Whether another choice is the same law with the same gains.
  @_noLocks public func isSame(as other: LawChoice) -> Bool {
    law.code == other.law.code && stiffness == other.stiffness && damping == other.damping
  }

  /// What the law is made of.
  var shares: LawShares {
    @_noLocks get {
      switch law {
      case .impedance: LawShares(stiffness: stiffness, damping: damping, model: 1, asked: 1, lead: 0)
      case .torque: LawShares(stiffness: 0, damping: 0, model: 1, asked: 1, lead: 0)
      case .handGuiding:
        LawShares(
          stiffness: 0, damping: JointLaw.guidedDamping * damping, model: 1, asked: 0,
          lead: JointLaw.guidedFriction, wall: 1)
      case .damping: LawShares(stiffness: 0, damping: damping, model: 0, asked: 0, lead: 0)
      }
    }
  }
}
