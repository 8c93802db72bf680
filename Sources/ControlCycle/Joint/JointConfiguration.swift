/// Bounds of a joint, joint side. All are inclusive.
public struct JointLimits: BitwiseCopyable, Sendable, Equatable {
  /// Lowest position [rad].
  public var minPosition: Double
  /// Highest position [rad].
  public var maxPosition: Double
  /// Highest speed [rad/s].
  public var velocity: Double
  /// Highest acceleration and deceleration [rad/s^2].
  public var acceleration: Double
  /// Highest torque [N.m].
  public var torque: Double

  /// Limits of one joint.
  @_noLocks public init(
    minPosition: Double, maxPosition: Double, velocity: Double, acceleration: Double, torque: Double
  ) {
    self.minPosition = minPosition
    self.maxPosition = maxPosition
    self.velocity = velocity
    self.acceleration = acceleration
    self.torque = torque
  }
}

/// Gains of the joint impedance law, joint side.
public struct ImpedanceGains: BitwiseCopyable, Sendable, Equatable {
  /// Stiffness [N.m/rad].
  public var stiffness: Double
  /// Damping [N.m.s/rad].
  public var damping: Double

  /// Gains of one joint.
  @_noLocks public init(stiffness: Double, damping: Double) {
    self.stiffness = stiffness
    self.damping = damping
  }
}

/// What happens to a joint whose samples stop coming.
///
/// Up to `maxAge` the state is extrapolated with its last velocity. Beyond it the policy acts; at
/// `StalenessPolicy.lossAge` every policy ends in a stop of the robot.
public struct StalenessPolicy: BitwiseCopyable, Sendable, Equatable {
  /// What the joint does between `maxAge` and `lossAge`.
  public enum Reaction: BitwiseCopyable, Sendable {
    /// Go on from the extrapolated state.
    case extrapolate
    /// Freeze the joint's command.
    case hold
    /// Give up stiffness, keep damping.
    case damp
    /// Stop the whole robot.
    case stop

    var isExtrapolate: Bool {
      @_noLocks get { if case .extrapolate = self { true } else { false } }
    }
    var isHold: Bool {
      @_noLocks get { if case .hold = self { true } else { false } }
    }
    var isDamp: Bool {
      @_noLocks get { if case .damp = self { true } else { false } }
    }
    var isStop: Bool {
      @_noLocks get { if case .stop = self { true } else { false } }
    }
  }
  /// What the joint does between `maxAge` and `lossAge`.
  public var reaction: Reaction
  /// Oldest sample that counts as usable [cycles].
  public var maxAge: Int32

  /// A sample this old counts as lost whatever the policy [cycles]; libfranka's bound for lost packets.
  public static var lossAge: Int32 { @_noLocks get { 20 } }

  /// A policy.
  @_noLocks public init(reaction: Reaction, maxAge: Int32) {
    self.reaction = reaction
    self.maxAge = maxAge
  }
}

/// All that the cycle needs to know of one joint.
public struct JointConfiguration: BitwiseCopyable, Sendable {
  /// The drive and its place on a bus.
  public var drive: DriveConfiguration
  /// The map between the drive's shaft and the joint.
  public var transmission: Transmission
  /// Bounds, joint side.
  public var limits: JointLimits
  /// Gains when armed, joint side.
  public var gains: ImpedanceGains
  /// What happens when samples stop coming.
  public var staleness: StalenessPolicy
  /// Coulomb friction to compensate, joint side [N.m].
  public var coulombFriction: Double
  /// Viscous friction to compensate, joint side [N.m.s/rad].
  public var viscousFriction: Double
  /// The law that the joint begins with.
  public var law: JointLaw
  /// Index of the joint in the model's velocity vector.
  public var velocityIndex: Int

  /// A joint.
  @_noLocks public init(
    drive: DriveConfiguration, transmission: Transmission, limits: JointLimits, gains: ImpedanceGains,
    staleness: StalenessPolicy, coulombFriction: Double, viscousFriction: Double, velocityIndex: Int,
    law: JointLaw = .impedance
  ) {
    self.drive = drive
    self.transmission = transmission
    self.limits = limits
    self.gains = gains
    self.staleness = staleness
    self.coulombFriction = coulombFriction
    self.viscousFriction = viscousFriction
    self.velocityIndex = velocityIndex
    self.law = law
  }
}
