/// Motor and reducer of a joint as physics: one object for feed-forward, limits and the simulator.
public struct Actuator: Sendable, Equatable {
  /// The motor, rotor side.
  public var motor: Motor
  /// The reducer between rotor and joint.
  public var reducer: Reducer
  /// What both were derived from, where the description names a profile: the simulator integrates it.
  public var physics: ActuatorModel?

  /// An actuator; `physics` where it is known in full.
  public init(motor: Motor, reducer: Reducer, physics: ActuatorModel? = nil) {
    self.motor = motor
    self.reducer = reducer
    self.physics = physics
  }

  /// Rotor inertia as the joint feels it, ratio^2 x rotor inertia [kg.m^2].
  public var armature: Double { reducer.ratio * reducer.ratio * motor.rotorInertia }
}

/// A servo motor, rotor side.
public struct Motor: Sendable, Equatable {
  /// Inertia of rotor and wave generator or sun gear [kg.m^2].
  public var rotorInertia: Double
  /// Torque at the reducer's output that the motor can give for a short time [N.m].
  public var peakTorque: Double
  /// Speed at the reducer's output up to which the peak torque is there [rad/s].
  public var kneeVelocity: Double
  /// Speed at the reducer's output at which the supply leaves no torque [rad/s].
  public var noLoadVelocity: Double
  /// Resolution of the rotor's encoder [counts per turn].
  public var encoderCounts: Int

  /// A motor.
  public init(
    rotorInertia: Double, peakTorque: Double, kneeVelocity: Double, noLoadVelocity: Double,
    encoderCounts: Int
  ) {
    self.rotorInertia = rotorInertia
    self.peakTorque = peakTorque
    self.kneeVelocity = kneeVelocity
    self.noLoadVelocity = noLoadVelocity
    self.encoderCounts = encoderCounts
  }
}

/// A reducer: the gearbox between rotor and joint.
public struct Reducer: Sendable, Equatable {
  /// Motor turns per joint turn.
  public var ratio: Double
  /// Coulomb friction at the joint [N.m].
  public var coulombFriction: Double
  /// Viscous friction at the joint [N.m.s/rad].
  public var viscousFriction: Double
  /// Part of the power that passes, in (0, 1].
  public var efficiency: Double

  /// A reducer.
  public init(ratio: Double, coulombFriction: Double, viscousFriction: Double, efficiency: Double) {
    self.ratio = ratio
    self.coulombFriction = coulombFriction
    self.viscousFriction = viscousFriction
    self.efficiency = efficiency
  }
}

/// Which torque the law adds ahead of any error.
public enum Feedforward: String, Sendable, CaseIterable {
  /// None.
  case none
  /// Gravity at the estimated pose.
  case gravity
  /// Inverse dynamics of the commanded motion: gravity, velocity products, inertia.
  case inverseDynamics = "inverse_dynamics"
}
