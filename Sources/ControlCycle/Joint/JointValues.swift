/// What a motion source asks of a joint, joint side.
public struct JointSetpoint: BitwiseCopyable, Sendable, Equatable {
  /// Joint position [rad].
  public var position: Double
  /// Joint velocity [rad/s].
  public var velocity: Double
  /// Joint acceleration [rad/s^2].
  public var acceleration: Double
  /// Torque added to what the law computes [N.m].
  public var torque: Double

  /// A setpoint; what is not given is zero.
  @_noLocks public init(
    position: Double = 0, velocity: Double = 0, acceleration: Double = 0, torque: Double = 0
  ) {
    self.position = position
    self.velocity = velocity
    self.acceleration = acceleration
    self.torque = torque
  }

  /// Whether every number is finite.
  var isFinite: Bool {
    @_noLocks get { position.isFinite && velocity.isFinite && acceleration.isFinite && torque.isFinite }
  }
}

/// What the estimator makes of a joint's samples, joint side.
public struct JointState: BitwiseCopyable, Sendable, Equatable {
  /// Joint position [rad].
  public var position: Double
  /// Joint velocity [rad/s].
  public var velocity: Double
  /// Torque the drive reports [N.m].
  public var torque: Double
  /// Age of the sample behind the estimate [cycles]; 1 is as fresh as the bus allows.
  public var age: Int32

  /// A joint at rest that was never measured.
  @_noLocks public init() {
    position = 0
    velocity = 0
    torque = 0
    age = Int32.max
  }
}

/// What is sent to a joint after every law and limit, joint side.
public struct JointCommand: BitwiseCopyable, Sendable, Equatable {
  /// Joint position [rad].
  public var position: Double
  /// Joint velocity [rad/s].
  public var velocity: Double
  /// Stiffness [N.m/rad].
  public var stiffness: Double
  /// Damping [N.m.s/rad].
  public var damping: Double
  /// Feed-forward torque [N.m].
  public var torque: Double

  /// A command that asks for nothing.
  @_noLocks public init() {
    position = 0
    velocity = 0
    stiffness = 0
    damping = 0
    torque = 0
  }

  /// Whether every number is finite.
  var isFinite: Bool {
    @_noLocks get {
      position.isFinite && velocity.isFinite && stiffness.isFinite && damping.isFinite && torque.isFinite
    }
  }
}
