import JointControl
import RigidBody

/// The actuator of one joint of the plant, where its profile is known: dynamics, supply and the encoder on the rotor.
struct PlantActuator: BitwiseCopyable {
  var dynamics: ActuatorDynamics
  private var sensor: AngleSensor
  private var tracker: ShaftEncoder
  private let ratio: Double
  /// Voltage of the supply, and what the drive's terminals have beside it [V].
  var supply: Double
  var supplyOffset = 0.0
  private let step: Double
  /// What the encoder read last, at the drive's shaft [rad], and when [ns].
  private(set) var reading = 0.0
  private var readingTime: Int64 = 0
  /// Energy from the supply that has been accounted for [J].
  private var settled = 0.0

  /// The actuator of a joint; nil for one without a profile. `random` is its stream of noise, `currentStep` the longest step
  /// of its motor's current [s].
  init?(_ joint: RobotJoint, step: Double, currentStep: Double, random: RandomStream) {
    guard let model = joint.actuator.physics else { return nil }
    self.step = step
    dynamics = Self.dynamics(model, joint: joint.home, step: step, currentStep: currentStep)
    ratio = model.reducer.ratio
    supply = model.motor.supplyVoltage
    sensor = AngleSensor(
      model.motorEncoder, angle: ratio * joint.home, step: step, random: random)
    let transmission = joint.configuration.transmission
    let shaft = transmission.sign * transmission.ratio * (joint.home - transmission.offset)
    tracker = ShaftEncoder(countsPerTurn: 0, position: shaft, step: step)
    reading = shaft
  }

  /// Inertia that the body carries for a joint's actuator [kg.m^2]; nil for one without a profile.
  static func addedInertia(of joint: RobotJoint, step: Double) -> Double? {
    joint.actuator.physics.map { dynamics($0, joint: 0, step: step, currentStep: step).addedInertia }
  }

  private static func dynamics(
    _ model: ActuatorModel, joint: Double, step: Double, currentStep: Double
  ) -> ActuatorDynamics {
    var substeps = 1
    while step / Double(substeps) > currentStep * (1 + 1e-9) { substeps += 1 }
    return ActuatorDynamics(model, joint: joint, step: step, substeps: substeps, rule: .semiImplicit)
  }

  /// Puts the joint somewhere, moving [rad, rad/s], its drive's shaft at `shaft` with `shaftVelocity`; the encoder has
  /// settled on that.
  mutating func place(
    at position: Double, velocity: Double, shaft: Double, shaftVelocity: Double, time: Int64
  ) {
    dynamics.place(at: position, velocity: velocity)
    sensor.settle(at: ratio * position)
    tracker = ShaftEncoder(countsPerTurn: 0, position: shaft, velocity: shaftVelocity, step: step)
    reading = shaft
    readingTime = time
  }

  /// The encoder takes its sample; `joint` says where the drive's shaft is, and what is not sound [ns].
  mutating func sample(at time: Int64, of joint: UnsafePointer<PlantJoint>) {
    let angle = sensor.sample(ratio * dynamics.rotor) / ratio
    reading =
      joint.pointee.isImpaired
      ? joint.pointee.impairment.reading(rotor: angle, joint.pointee) : joint.pointee.shaftPosition(angle)
    readingTime = time
    tracker.sample(reading)
  }

  /// What the drive measures at an instant: the last sample, carried on with the tracked velocity [ns]. The joint is read in
  /// place: it is a large value.
  func measurement(at instant: Int64, of joint: UnsafePointer<PlantJoint>) -> ShaftMeasurement {
    let shaftPerJoint = joint.pointee.shaftPerJoint
    let isStuck = joint.pointee.isImpaired && joint.pointee.impairment.condition.encoderIsStuck
    let since = isStuck ? 0 : Double(instant - readingTime) * 1e-9
    return ShaftMeasurement(
      position: reading + tracker.velocity * since, velocity: tracker.velocity,
      torque: dynamics.reportedTorque / shaftPerJoint, temperature: dynamics.heat.temperature)
  }

  /// Energy that the drive took from its supply since this was asked last [J].
  mutating func takeEnergy() -> Double {
    let taken = dynamics.energies.supplied - settled
    settled = dynamics.energies.supplied
    return taken
  }

  /// First half of a step: the torque on the joint [N.m]; held, the motor works against what holds the joint.
  mutating func prepare(joint: Double, velocity: Double, demand: Double, isHeld: Bool) -> Double {
    let terminals = supply + supplyOffset
    // A drive never turns its voltage round.
    let voltage = terminals > 0.01 ? terminals : 0.01
    guard isHeld else {
      return dynamics.prepare(joint: joint, velocity: velocity, demand: demand, supply: voltage)
    }
    dynamics.hold(at: joint, demand: demand, supply: voltage)
    return 0
  }
}
