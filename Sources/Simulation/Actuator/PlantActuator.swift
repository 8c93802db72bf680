import JointControl
import RigidBody

/// The actuator of one joint of the plant, where its profile is known: dynamics, supply and the encoder on the rotor.
struct PlantActuator: BitwiseCopyable {
  /// Longest step of a motor's current [s]: 20 kHz.
  static let longestSubstep = 50e-6

  var dynamics: ActuatorDynamics
  private var sensor: AngleSensor
  private var tracker: ShaftEncoder
  private let ratio: Double
  private let supply: Double
  private let step: Double
  /// What the encoder read last, at the drive's shaft [rad], and when [ns].
  private var reading = 0.0
  private var readingTime: Int64 = 0

  /// The actuator of a joint; nil for one without a profile. `number` chooses its stream of noise.
  init?(_ joint: RobotJoint, number: Int, step: Double) {
    guard let model = joint.actuator.physics else { return nil }
    self.step = step
    dynamics = Self.dynamics(model, joint: joint.home, step: step)
    ratio = model.reducer.ratio
    supply = model.motor.supplyVoltage
    sensor = AngleSensor(
      model.motorEncoder, angle: ratio * joint.home, step: step,
      random: RandomStream(seed: 0x5E4, stream: UInt64(number)))
    let transmission = joint.configuration.transmission
    let shaft = transmission.sign * transmission.ratio * (joint.home - transmission.offset)
    tracker = ShaftEncoder(countsPerTurn: 0, position: shaft, step: step)
    reading = shaft
  }

  /// Inertia that the body carries for a joint's actuator [kg.m^2]; nil for one without a profile.
  static func addedInertia(of joint: RobotJoint, step: Double) -> Double? {
    joint.actuator.physics.map { dynamics($0, joint: 0, step: step).addedInertia }
  }

  private static func dynamics(_ model: ActuatorModel, joint: Double, step: Double) -> ActuatorDynamics {
    var substeps = 1
    while step / Double(substeps) > longestSubstep * (1 + 1e-9) { substeps += 1 }
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

  /// The encoder takes its sample; `shaft` says where the drive's shaft is for a joint position [ns, rad].
  mutating func sample(at time: Int64, shaft: (Double) -> Double) {
    reading = shaft(sensor.sample(ratio * dynamics.rotor) / ratio)
    readingTime = time
    tracker.sample(reading)
  }

  /// What the drive measures at an instant: the last sample, carried on with the tracked velocity [ns].
  func measurement(at instant: Int64, of shaftPerJoint: Double) -> ShaftMeasurement {
    ShaftMeasurement(
      position: reading + tracker.velocity * Double(instant - readingTime) * 1e-9, velocity: tracker.velocity,
      torque: dynamics.motorTorque / shaftPerJoint, temperature: dynamics.heat.temperature)
  }

  /// First half of a step: the torque on the joint [N.m]; held, the motor works against what holds the joint.
  mutating func prepare(joint: Double, velocity: Double, demand: Double, isHeld: Bool) -> Double {
    guard isHeld else {
      return dynamics.prepare(joint: joint, velocity: velocity, demand: demand, supply: supply)
    }
    dynamics.hold(at: joint, demand: demand, supply: supply)
    return 0
  }
}

extension Plant {
  /// The model of a robot whose joints carry what their actuators leave them: the reducers' torsion takes the rest of the
  /// rotor. The robot's own where no actuator is integrated.
  static func model(of robot: Robot, step: Double) -> Model {
    var inertias: [String: Double] = [:]
    for joint in robot.joints {
      inertias[joint.name] = PlantActuator.addedInertia(of: joint, step: step)
    }
    guard !inertias.isEmpty else { return robot.model }
    let own = robot.model
    let joints = own.joints.map { joint in
      var joint = joint
      if let inertia = inertias[joint.name] { joint.armature = inertia }
      return joint
    }
    do throws(ModelError) {
      return try Model(
        name: own.name, links: own.links, joints: joints, base: own.base, gravity: own.gravity,
        requiresPhysicalInertia: false, laneWidth: own.laneWidth)
    } catch {
      preconditionFailure("a model with other armatures is a model: \(error)")
    }
  }
}
