/// One actuator as physics: the objects that feed-forward, limits and simulator share.
public struct ActuatorModel: Sendable, Equatable {
  /// The part's name, such as RS03.
  public var name: String
  /// Motor and current loop.
  public var motor: MotorModel
  /// Heat; nil for an actuator whose temperature is not modelled.
  public var thermal: ThermalModel?
  /// The reducer.
  public var reducer: ReducerModel
  /// Friction at the joint; what the load adds is the reducer's.
  public var friction: FrictionModel
  /// The encoder on the rotor.
  public var motorEncoder: EncoderModel
  /// The encoder behind the reducer, where there is one.
  public var outputEncoder: EncoderModel?
  /// Torque at the joint beyond which the drive does not go [N.m].
  public var peakTorque: Double

  /// An actuator without a thermal model and with an encoder on the rotor alone.
  public init(
    name: String, motor: MotorModel, reducer: ReducerModel, friction: FrictionModel,
    motorEncoder: EncoderModel,
    peakTorque: Double
  ) {
    self.name = name
    self.motor = motor
    self.reducer = reducer
    self.friction = friction
    self.motorEncoder = motorEncoder
    self.peakTorque = peakTorque
  }

  /// Inertia of rotor and reducer as the joint feels it [kg.m^2].
  public var armature: Double { reducer.ratio * reducer.ratio * motor.rotorInertia + reducer.inertia }

  /// Motor and reducer as controller and limits see them, from these same numbers.
  public var actuator: Actuator {
    let ratio = reducer.ratio
    // What does not turn with the rotor is counted there, so that the armature is the same.
    let inertia = armature / (ratio * ratio)
    return Actuator(
      motor: Motor(
        rotorInertia: inertia, peakTorque: peakTorque, kneeVelocity: motor.kneeSpeed() / ratio,
        noLoadVelocity: motor.idealNoLoadSpeed / ratio, encoderCounts: motorEncoder.counts),
      reducer: Reducer(
        ratio: ratio, coulombFriction: friction.coulomb, viscousFriction: friction.viscous,
        efficiency: reducer.drivingEfficiency),
      physics: self)
  }

  /// Highest torque at the joint at a speed of the joint, when the motor drives [rad/s, N.m].
  public func torque(limitedAt speed: Double, supply: Double? = nil, temperature: Double = 25) -> Double {
    let rotorSpeed = speed * reducer.ratio
    let current = motor.current(
      limitedAt: rotorSpeed, supply: supply ?? motor.supplyVoltage, temperature: temperature)
    let drag = friction.steady(velocity: speed) + motor.ironDrag * rotorSpeed * reducer.ratio
    return outputTorque(current: current) - drag
  }

  /// Torque at the joint that a current makes, before friction that does not depend on load [A, N.m].
  public func outputTorque(current: Double) -> Double {
    reducer.drivingEfficiency * reducer.ratio * motor.torque(current: current)
  }

  /// Current that makes a torque at the joint, the inverse of `outputTorque` [N.m, A].
  public func current(outputTorque torque: Double) -> Double {
    motor.current(torque: torque / (reducer.drivingEfficiency * reducer.ratio))
  }
}
