public import JointControl
import RigidBody

/// The body of a robot as physics: links, rotors, reducers, stops and encoders.
///
/// Forward dynamics (articulated body algorithm, the rotors as armature) stepped by semi-implicit Euler, first
/// order: the velocity takes the acceleration of the step's start, the position takes the new velocity. That
/// keeps the energy of a free joint bounded at any length of a run. The actuator of a joint with a profile is integrated
/// beside the body (`ActuatorDynamics`): current at 20 kHz, heat, friction, torsion of the reducer, encoder. Only + - x / and the model's own kernels
/// are used, so that debug and release builds give the same bits.
public struct Plant: ~Copyable {
  /// Temperature that the drive of a joint without a profile reports [degree Celsius].
  static let temperature = 25.0

  /// Time of one step [ns].
  public let step: Int64
  /// Instant of the state [ns].
  public private(set) var time: Int64 = 0

  private let model: Model
  private let data: ModelData
  private let kernel: ModelKernel
  private let workspace: Workspace
  private let joints: UnsafeMutablePointer<PlantJoint>
  /// Joints whose actuators are integrated, those with a profile, and their states in the same order.
  private let physicsJoints: UnsafeMutablePointer<Int>
  private let physics: UnsafeMutablePointer<PlantActuator>
  private let physicsCount: Int
  private let jointCount: Int
  private let size: Int
  private let stepSeconds: Double
  private let position: UnsafeMutablePointer<Double>
  private let velocity: UnsafeMutablePointer<Double>
  private let acceleration: UnsafeMutablePointer<Double>
  private let torque: UnsafeMutablePointer<Double>

  /// A robot at rest, every joint at its home.
  ///
  /// - Parameters:
  ///   - robot: the robot; its base does not move.
  ///   - step: time of one step [ns].
  public init(_ robot: Robot, step: Int64 = 250_000) {
    precondition(step > 0)
    precondition(robot.model.positionCount == robot.model.velocityCount, "the simulated base is held fixed")
    self.step = step
    stepSeconds = Double(step) * 1e-9
    let model = Plant.model(of: robot, step: Double(step) * 1e-9)
    self.model = model
    data = ModelData(model)
    kernel = model.kernel
    workspace = data.workspace
    jointCount = robot.joints.count
    size = robot.model.velocityCount
    joints = .allocate(capacity: max(jointCount, 1))
    let vectors = UnsafeMutablePointer<Double>.allocate(capacity: 4 * size + 1)
    vectors.initialize(repeating: 0, count: 4 * size + 1)
    position = vectors
    velocity = vectors + size
    acceleration = vectors + 2 * size
    torque = vectors + 3 * size
    physicsCount = robot.joints.count { $0.actuator.physics != nil }
    physicsJoints = .allocate(capacity: max(physicsCount, 1))
    physics = .allocate(capacity: max(physicsCount, 1))
    var next = 0
    for (index, joint) in robot.joints.enumerated() {
      if let actuator = PlantActuator(joint, number: index, step: Double(step) * 1e-9) {
        (physicsJoints + next).initialize(to: index)
        (physics + next).initialize(to: actuator)
        next += 1
      }
      precondition(joint.configuration.velocityIndex >= 0 && joint.configuration.velocityIndex < size)
      (joints + index).initialize(to: PlantJoint(joint, step: stepSeconds))
      position[joint.configuration.velocityIndex] = joint.home
    }
  }

  deinit {
    joints.deallocate()
    physicsJoints.deallocate()
    physics.deallocate()
    position.deallocate()
  }

  /// Position of a driven joint [rad].
  public func position(of joint: Int) -> Double { position[index(of: joint)] }

  /// Velocity of a driven joint [rad/s].
  public func velocity(of joint: Int) -> Double { velocity[index(of: joint)] }

  /// Torque of a joint's motor, at the joint and before losses [N.m].
  public func motorTorque(of joint: Int) -> Double {
    precondition(joint >= 0 && joint < jointCount)
    if let place = physicsPlace(of: joint) { return physics[place].dynamics.motorTorque }
    return joints[joint].motor.torque
  }

  /// Temperature that the drive of a joint reports, that of the winding [degree Celsius].
  public func temperature(of joint: Int) -> Double {
    physicsPlace(of: joint).map { physics[$0].dynamics.heat.temperature } ?? Plant.temperature
  }

  /// Angle by which rotor and reducer are turned against a joint [rad]; 0 for one that is not integrated.
  public func torsion(of joint: Int) -> Double {
    physicsPlace(of: joint).map { physics[$0].dynamics.rotor - position(of: joint) } ?? 0
  }

  /// Puts a joint somewhere, moving [rad, rad/s]; its encoder has settled on that.
  public mutating func setState(of joint: Int, position newPosition: Double, velocity newVelocity: Double) {
    position[index(of: joint)] = newPosition
    velocity[index(of: joint)] = newVelocity
    joints[joint].place(at: newPosition, velocity: newVelocity)
    if let place = physicsPlace(of: joint) {
      physics[place].place(
        at: newPosition, velocity: newVelocity, shaft: joints[joint].shaftPosition(newPosition),
        shaftVelocity: joints[joint].shaftPerJoint * newVelocity, time: time)
    }
  }

  /// What a joint's drive measures at an instant within the last step [ns].
  public func measurement(of joint: Int, at instant: Int64) -> ShaftMeasurement {
    let index = index(of: joint)
    if let place = physicsPlace(of: joint) {
      return physics[place].measurement(at: instant, of: joints[joint].shaftPerJoint)
    }
    // The position moves along a line within a step, by construction of the integrator.
    let sinceInstant = Double(time - instant) * 1e-9
    let position = position[index] - sinceInstant * velocity[index]
    let part = joints + joint
    return ShaftMeasurement(
      position: part.pointee.encoder.quantise(part.pointee.shaftPosition(position)),
      velocity: part.pointee.encoder.velocity,
      torque: part.pointee.motor.torque / part.pointee.shaftPerJoint, temperature: Plant.temperature)
  }

  /// Lets every encoder take its sample of the present state; once a step, before `advance`.
  public mutating func sampleEncoders() {
    for joint in 0..<jointCount {
      let part = joints + joint
      part.pointee.encoder.sample(part.pointee.shaftPosition(position[part.pointee.index]))
    }
    for place in 0..<physicsCount {
      let part = joints + physicsJoints[place]
      physics[place].sample(at: time) { part.pointee.shaftPosition($0) }
    }
  }

  /// Advances by one step.
  ///
  /// - Parameters:
  ///   - demands: torque each drive asks of its motor, at the drive's shaft [N.m]; one a driven joint.
  ///   - isHeld: whether something outside keeps every joint at rest, whatever the motors do.
  public mutating func advance(demands: UnsafePointer<Double>, isHeld: Bool = false) {
    for joint in 0..<jointCount {
      let part = joints + joint
      let index = part.pointee.index
      torque[index] = part.pointee.torque(
        demand: demands[joint], position: position[index], velocity: velocity[index])
    }
    for place in 0..<physicsCount {
      let joint = physicsJoints[place]
      let part = joints + joint
      let index = part.pointee.index
      let demand = demands[joint] * part.pointee.shaftPerJoint
      torque[index] = physics[place].prepare(
        joint: position[index], velocity: velocity[index], demand: demand, isHeld: isHeld)
      torque[index] += part.pointee.stop.torque(position: position[index], velocity: velocity[index])
    }
    time += step
    if isHeld {
      for index in 0..<size { velocity[index] = 0 }
      return
    }
    forwardDynamics(kernel, workspace, q: position, v: velocity, tau: torque, into: acceleration)
    for place in 0..<physicsCount {
      physics[place].dynamics.finish(acceleration: acceleration[joints[physicsJoints[place]].index])
    }
    for index in 0..<size {
      velocity[index] += stepSeconds * acceleration[index]
      position[index] += stepSeconds * velocity[index]
    }
  }

  private func physicsPlace(of joint: Int) -> Int? {
    for place in 0..<physicsCount where physicsJoints[place] == joint { return place }
    return nil
  }

  private func index(of joint: Int) -> Int {
    precondition(joint >= 0 && joint < jointCount)
    return joints[joint].index
  }
}

/// What stands between one drive and the model.
private struct PlantJoint: BitwiseCopyable {
  /// Index in the model's velocity vector.
  let index: Int
  /// Signed turns of the drive's shaft per turn of the joint.
  let shaftPerJoint: Double
  let offset: Double
  var motor: MotorTorque
  var friction: JointFriction
  let stop: JointStop
  var encoder: ShaftEncoder
  private let countsPerTurn: Double
  private let step: Double
  /// Distance between a position limit and the joint's mechanical stop [rad].
  static let stopMargin = 0.1

  init(_ joint: RobotJoint, step: Double) {
    let configuration = joint.configuration
    index = configuration.velocityIndex
    shaftPerJoint = configuration.transmission.sign * configuration.transmission.ratio
    offset = configuration.transmission.offset
    motor = MotorTorque(joint.actuator.motor, step: step)
    friction = JointFriction(joint.actuator, step: step)
    // A joint's metal ends beyond the limits the controller keeps, so that a runaway joint is seen as one.
    stop = JointStop(
      low: configuration.limits.minPosition - Self.stopMargin,
      high: configuration.limits.maxPosition + Self.stopMargin,
      armature: PlantActuator.addedInertia(of: joint, step: step) ?? joint.actuator.armature, step: step)
    // The encoder sits on the rotor, the drive reports the output of its built-in reducer.
    countsPerTurn = Double(joint.actuator.motor.encoderCounts) * joint.driveModel.builtInRatio
    self.step = step
    encoder = ShaftEncoder(
      countsPerTurn: countsPerTurn, position: shaftPerJoint * (joint.home - offset), step: step)
  }

  func shaftPosition(_ position: Double) -> Double { shaftPerJoint * (position - offset) }

  mutating func place(at position: Double, velocity: Double) {
    encoder = ShaftEncoder(
      countsPerTurn: countsPerTurn, position: shaftPosition(position), velocity: shaftPerJoint * velocity,
      step: step)
  }

  mutating func torque(demand: Double, position: Double, velocity: Double) -> Double {
    let motorTorque = motor.advance(towards: demand * shaftPerJoint, velocity: velocity)
    return motorTorque + friction.advance(velocity: velocity, motorTorque: motorTorque)
      + stop.torque(position: position, velocity: velocity)
  }
}
