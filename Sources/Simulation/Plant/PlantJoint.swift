import JointControl
import LaneMath
import RigidBody

/// What stands between one drive and the model.
struct PlantJoint: BitwiseCopyable {
  /// Index in the model's velocity vector, and in its positions.
  let index: Int
  let place: Int
  /// Signed turns of the drive's shaft per turn of the joint.
  let shaftPerJoint: Double
  let offset: Double
  /// Whether something about the joint is not sound; `impairment` is looked at only then.
  private(set) var isImpaired = false
  var motor: MotorTorque
  var friction: JointFriction
  private(set) var stop: JointStop
  var encoder: ShaftEncoder
  var impairment: JointImpairment
  private let countsPerTurn: Double
  private let step: Double
  private let armature: Double
  /// Distance between a position limit and the joint's mechanical stop [rad].
  static let stopMargin = 0.1

  /// The parts of a joint, `base` velocities of a floating base before it; `random` is its stream of noise.
  init(_ joint: RobotJoint, base: Int, step: Double, random: RandomStream) {
    let configuration = joint.configuration
    index = configuration.velocityIndex + base
    place = configuration.velocityIndex + (base > 0 ? base + 1 : 0)
    shaftPerJoint = configuration.transmission.sign * configuration.transmission.ratio
    offset = configuration.transmission.offset
    motor = MotorTorque(joint.actuator.motor, step: step)
    friction = JointFriction(joint.actuator, step: step)
    stop = Self.stop(
      joint, armature: PlantActuator.addedInertia(of: joint, step: step) ?? joint.actuator.armature,
      step: step)
    // The encoder sits on the rotor, the drive reports the output of its built-in reducer.
    countsPerTurn = Double(joint.actuator.motor.encoderCounts) * joint.driveModel.builtInRatio
    self.step = step
    armature = joint.actuator.armature
    encoder = ShaftEncoder(
      countsPerTurn: countsPerTurn, position: shaftPerJoint * (joint.home - offset), step: step)
    impairment = JointImpairment(random: random)
  }

  // A joint's metal ends beyond the limits the controller keeps, so that a runaway joint is seen as one.
  private static func stop(_ joint: RobotJoint, armature: Double, step: Double) -> JointStop {
    JointStop(
      low: joint.configuration.limits.minPosition - Self.stopMargin,
      high: joint.configuration.limits.maxPosition + Self.stopMargin, armature: armature, step: step)
  }

  func shaftPosition(_ position: Double) -> Double { shaftPerJoint * (position - offset) }

  mutating func place(at position: Double, velocity: Double) {
    encoder = ShaftEncoder(
      countsPerTurn: countsPerTurn, position: shaftPosition(position), velocity: shaftPerJoint * velocity,
      step: step)
    impairment.rotor = position
    impairment.rotorVelocity = velocity
    impairment.lag = 0
  }

  /// Torque on a joint without a profile over one step [N.m].
  @inline(__always)
  mutating func torque(demand: Double, position: Double, velocity: Double) -> Double {
    if isImpaired { return impairedTorque(demand: demand, position: position, velocity: velocity) }
    let motorTorque = motor.advance(towards: demand * shaftPerJoint, velocity: velocity)
    return motorTorque + friction.advance(velocity: velocity, motorTorque: motorTorque)
      + stop.torque(position: position, velocity: velocity)
  }

  /// Reading of a drive without a profile, its encoder not yet rounded [rad at its shaft].
  func shaftReading(position: Double, velocity: Double, since: Double) -> Double {
    if isImpaired { return impairment.reading(position: position, velocity: velocity, since: since, self) }
    return shaftPosition(position - since * velocity)
  }
}

extension PlantJoint {
  /// Takes another condition.
  ///
  /// - Parameters:
  ///   - condition: how far the joint's parts are from sound.
  ///   - joint: the joint.
  ///   - armature: inertia that the body carries for the joint's actuator from now on [kg.m^2].
  ///   - position: where it is [rad].
  ///   - velocity: how fast it moves [rad/s].
  ///   - reading: what its encoder reads [rad at the drive's shaft].
  mutating func take(
    _ condition: JointCondition, of joint: RobotJoint, armature: Double, position: Double, velocity: Double,
    reading: Double
  ) {
    isImpaired = condition != JointCondition()
    if impairment.condition.frictionFactor != condition.frictionFactor {
      friction.scale(joint.actuator, by: condition.frictionFactor)
    }
    stop = Self.stop(joint, armature: armature, step: step)
    impairment.take(condition, position: position, velocity: velocity, reading: reading)
    // A rotor that holds on again at another angle than it let go at is read so, faults or not.
    if impairment.lag != 0 { isImpaired = true }
  }

  /// What a joint without a profile gets while something about it is not sound [N.m].
  private mutating func impairedTorque(demand: Double, position: Double, velocity: Double) -> Double {
    let condition = impairment.condition
    let rotorVelocity = condition.isSheared ? impairment.rotorVelocity : velocity
    let believed = motor.advance(towards: demand * shaftPerJoint, velocity: rotorVelocity)
    let given = believed * condition.torqueScale * impairment.commutation
    impairment.torque = given
    let lost = friction.advance(velocity: rotorVelocity, motorTorque: given)
    let outside = condition.externalTorque + stop.torque(position: position, velocity: velocity)
    guard condition.isSheared else { return given + lost + outside }
    impairment.rotorVelocity += step * (given + lost) / max(armature, 1e-6)
    impairment.rotor += step * impairment.rotorVelocity
    return outside
  }
}

/// What is kept of a joint that is not sound.
struct JointImpairment: BitwiseCopyable {
  private(set) var condition = JointCondition()
  /// Torque of the motor over the last step, before losses [N.m].
  var torque = 0.0
  /// Rotor of a joint without a profile whose teeth are gone, divided by the ratio [rad, rad/s].
  var rotor = 0.0
  var rotorVelocity = 0.0
  /// Angle that such a rotor is ahead of its joint since it holds on again [rad].
  var lag = 0.0
  /// Cosine of the angle that commutation is off.
  private(set) var commutation = 1.0
  /// What noise adds in this step [rad].
  private var noise = 0.0
  /// What the encoder reads for as long as it is stuck [rad at the drive's shaft].
  private var stuckAt = 0.0
  private var random: RandomStream

  init(random: RandomStream) { self.random = random }

  mutating func take(_ condition: JointCondition, position: Double, velocity: Double, reading: Double) {
    if condition.isSheared && !self.condition.isSheared {
      rotor = position + lag
      rotorVelocity = velocity
    }
    if !condition.isSheared && self.condition.isSheared { lag = rotor - position }
    commutation = SineCosine(of: condition.commutationOffset).cosine
    if condition.encoderIsStuck && !self.condition.encoderIsStuck { stuckAt = reading }
    if condition.encoderNoise == 0 { noise = 0 }
    self.condition = condition
  }

  /// Draws the noise of one step.
  mutating func draw() {
    if condition.encoderNoise > 0 { noise = condition.encoderNoise * random.normal() }
  }

  /// What a joint without a profile reads, `since` seconds before its state [rad at the drive's shaft].
  func reading(position: Double, velocity: Double, since: Double, _ joint: PlantJoint) -> Double {
    if condition.encoderIsStuck { return stuckAt }
    let angle =
      condition.isSheared ? rotor - since * rotorVelocity : position + lag - since * velocity
    return joint.shaftPosition(angle + condition.encoderOffset + noise)
  }

  /// What a joint with a profile reads for an angle that its encoder sees at the rotor [rad; at the drive's shaft].
  func reading(rotor: Double, _ joint: PlantJoint) -> Double {
    if condition.encoderIsStuck { return stuckAt }
    return joint.shaftPosition(rotor + condition.encoderOffset + noise)
  }
}

extension RandomStream {
  /// A standard normal number: twelve uniform ones less six, which needs no logarithm and ends at six deviations.
  mutating func normal() -> Double {
    var sum = -6.0
    for _ in 0..<12 { sum += uniform() }
    return sum
  }
}
