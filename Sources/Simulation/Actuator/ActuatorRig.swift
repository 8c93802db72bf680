import JointControl

/// One actuator with an inertia on its joint: a test bench, stepped by the midpoint rule.
struct ActuatorRig: BitwiseCopyable {
  private(set) var actuator: ActuatorDynamics
  /// Angle of the load [rad].
  private(set) var position: Double
  /// Velocity of the load [rad/s].
  private(set) var velocity: Double
  /// Work that somebody outside did on the load [J].
  private(set) var externalWork = 0.0
  /// Torque of the actuator on the load over the last step [N.m].
  private(set) var shaftTorque = 0.0
  private let load: Double
  private let step: Double

  /// A bench at rest.
  ///
  /// - Parameters:
  ///   - model: the actuator.
  ///   - load: inertia on the joint [kg.m^2]; infinite to hold it.
  ///   - position: where it starts [rad].
  ///   - velocity: velocity of load and rotor [rad/s].
  ///   - step: time of one step [s]; that of the motor's current too.
  init(_ model: ActuatorModel, load: Double, position: Double = 0, velocity: Double = 0, step: Double = 50e-6)
  {
    actuator = ActuatorDynamics(model, joint: position, step: step, substeps: 1, rule: .midpoint)
    actuator.place(at: position, velocity: velocity)
    self.load = load
    self.position = position
    self.velocity = velocity
    self.step = step
  }

  /// Kinetic, elastic and magnetic energy of everything [J].
  var storedEnergy: Double {
    let carried = actuator.model.isRigid ? actuator.addedInertia : 0
    let kinetic = load < .infinity ? 0.5 * (load + carried) * velocity * velocity : 0
    return kinetic + actuator.storedEnergy(joint: position)
  }

  /// Lets the rotor stand elsewhere than the load [rad].
  mutating func twist(rotor angle: Double) { actuator.place(at: angle, velocity: velocity) }

  /// Advances by one step.
  ///
  /// - Parameters:
  ///   - demand: torque the drive asks for, at the joint and before losses [N.m].
  ///   - external: torque on the load from outside [N.m].
  ///   - supply: voltage of the supply [V].
  mutating func advance(demand: Double, external: Double = 0, supply: Double) {
    let torque = actuator.prepare(joint: position, velocity: velocity, demand: demand, supply: supply)
    let acceleration = (torque + external) / (load + actuator.addedInertia)
    actuator.finish(acceleration: acceleration)
    shaftTorque = torque - actuator.addedInertia * acceleration
    let mean = velocity + 0.5 * step * acceleration
    externalWork += external * mean * step
    velocity += step * acceleration
    position += step * mean
  }

  /// Advances by one step with the load driven at a velocity, whatever torque that takes [N.m, rad/s, V].
  mutating func advance(demand: Double, velocity driven: Double, supply: Double) {
    velocity = driven
    shaftTorque = actuator.prepare(joint: position, velocity: driven, demand: demand, supply: supply)
    actuator.finish(acceleration: 0)
    position += step * driven
  }
}
