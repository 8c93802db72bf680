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

  /// Longest step of a motor's current unless something else is said [ns]: 20 kHz.
  public static var currentStep: Int64 { 50_000 }

  /// Time of one step [ns].
  public let step: Int64
  /// Instant of the state [ns].
  public private(set) var time: Int64 = 0

  /// The robot whose body this is; for set-up and for what changes it.
  let robot: Robot
  var body: PlantBody
  private(set) var kernel: ModelKernel
  private(set) var workspace: Workspace
  let joints: UnsafeMutablePointer<PlantJoint>
  /// Joints whose actuators are integrated, those with a profile, and their states in the same order.
  private let physicsJoints: UnsafeMutablePointer<Int>
  let physics: UnsafeMutablePointer<PlantActuator>
  private let physicsCount: Int
  /// By joint: its place among those, -1 for one without a profile.
  private let physicsPlaces: UnsafeMutablePointer<Int>
  /// The other joints.
  private let plainJoints: UnsafeMutablePointer<Int>
  private let plainCount: Int
  let jointCount: Int
  let size: Int
  let stepSeconds: Double
  let position: UnsafeMutablePointer<Double>
  let velocity: UnsafeMutablePointer<Double>
  let acceleration: UnsafeMutablePointer<Double>
  let torque: UnsafeMutablePointer<Double>
  /// Joints that cannot move.
  var blocked: [Int] = []
  /// What acts on the links from outside.
  var world: WorldForces
  /// What feeds the drives.
  var supplies: PlantSupplies

  /// A robot at rest, every joint at its home.
  ///
  /// - Parameters:
  ///   - robot: the robot; its own model has its base held.
  ///   - step: time of one step [ns].
  ///   - currentStep: longest step of a motor's current, where a joint has a profile [ns].
  ///   - surroundings: what holds the base, and the ground.
  public init(
    _ robot: Robot, step: Int64 = 250_000, currentStep: Int64 = Plant.currentStep,
    in surroundings: Surroundings = Surroundings()
  ) {
    precondition(step > 0 && currentStep > 0)
    precondition(robot.model.positionCount == robot.model.velocityCount, "the robot's own base is held fixed")
    self.step = step
    let seconds = Double(step) * 1e-9
    stepSeconds = seconds
    self.robot = robot
    supplies = PlantSupplies(robot, step: seconds)
    body = PlantBody(Plant.model(of: robot, step: seconds, base: surroundings.isFree ? .floating : .fixed))
    kernel = body.model.kernel
    workspace = body.data.workspace
    jointCount = robot.joints.count
    size = body.model.velocityCount
    joints = .allocate(capacity: max(jointCount, 1))
    let vectors = UnsafeMutablePointer<Double>.allocate(capacity: 4 * size + 2)
    vectors.initialize(repeating: 0, count: 4 * size + 2)
    velocity = vectors
    acceleration = vectors + size
    torque = vectors + 2 * size
    position = vectors + 3 * size
    // Before the loop: set behind it, Swift 6.3.1 takes it for a value that is there already and destroys that first.
    Plant.place(robot, atHomeIn: vectors + 3 * size, isFree: surroundings.isFree)
    world = WorldForces(
      body.model, body.data, position: vectors + 3 * size, surroundings, contacts: robot.contacts)
    physicsCount = robot.joints.count { $0.actuator.physics != nil }
    plainCount = jointCount - physicsCount
    physicsJoints = .allocate(capacity: max(physicsCount, 1))
    plainJoints = .allocate(capacity: max(plainCount, 1))
    physics = .allocate(capacity: max(physicsCount, 1))
    physicsPlaces = .allocate(capacity: max(jointCount, 1))
    physicsPlaces.initialize(repeating: -1, count: max(jointCount, 1))
    let base = kernel.isFloating ? 6 : 0
    var next = 0
    for (index, joint) in robot.joints.enumerated() {
      let random = RandomStream(seed: Plant.noiseSeed, stream: UInt64(index))
      if let actuator = PlantActuator(
        joint, step: seconds, currentStep: Double(currentStep) * 1e-9, random: random)
      {
        (physicsJoints + next).initialize(to: index)
        (physics + next).initialize(to: actuator)
        physicsPlaces[index] = next
        next += 1
      } else {
        (plainJoints + index - next).initialize(to: index)
      }
      let isDriven = joint.configuration.velocityIndex >= 0 && joint.configuration.velocityIndex + base < size
      precondition(isDriven)
      (joints + index).initialize(
        to: PlantJoint(
          joint, base: base, step: seconds,
          random: RandomStream(seed: Plant.noiseSeed, stream: UInt64(64 + index))))
    }
  }

  /// Fills the positions of a body at rest, upright where its base is free.
  private static func place(_ robot: Robot, atHomeIn position: UnsafeMutablePointer<Double>, isFree: Bool) {
    for joint in robot.joints {
      position[joint.configuration.velocityIndex + (isFree ? 7 : 0)] = joint.home
    }
    if isFree { position[3] = 1 }
  }

  /// Where the streams of the encoders' noise start.
  static let noiseSeed: UInt64 = 0x5E4

  deinit {
    joints.deallocate()
    physicsJoints.deallocate()
    plainJoints.deallocate()
    physics.deallocate()
    physicsPlaces.deallocate()
    velocity.deallocate()
  }

  /// Position of a driven joint [rad].
  public func position(of joint: Int) -> Double { position[place(of: joint)] }

  /// Velocity of a driven joint [rad/s].
  public func velocity(of joint: Int) -> Double { velocity[index(of: joint)] }

  /// Torque of a joint's motor, at the joint and before losses [N.m].
  public func motorTorque(of joint: Int) -> Double {
    precondition(joint >= 0 && joint < jointCount)
    if let place = physicsPlace(of: joint) { return physics[place].dynamics.motorTorque }
    return joints[joint].isImpaired ? joints[joint].impairment.torque : joints[joint].motor.torque
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
    position[place(of: joint)] = newPosition
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
    let part = joints + joint
    if let place = physicsPlace(of: joint) {
      var measured = physics[place].measurement(at: instant, of: part)
      if !supplies.isEmpty { measured.supply = terminalVoltage(of: joint) }
      return measured
    }
    // The position moves along a line within a step, by construction of the integrator.
    let sinceInstant = Double(time - instant) * 1e-9
    let shaft = part.pointee.shaftReading(
      position: position[part.pointee.place], velocity: velocity[index], since: sinceInstant)
    return ShaftMeasurement(
      position: part.pointee.encoder.quantise(shaft), velocity: part.pointee.encoder.velocity,
      torque: part.pointee.motor.torque / part.pointee.shaftPerJoint, temperature: Plant.temperature,
      supply: supplies.isEmpty ? nil : terminalVoltage(of: joint))
  }

  /// Lets every encoder take its sample of the present state; once a step, before `advance`.
  public mutating func sampleEncoders() {
    for place in 0..<plainCount {
      let part = joints + plainJoints[place]
      if part.pointee.isImpaired { part.pointee.impairment.draw() }
      let shaft = part.pointee.shaftReading(
        position: position[part.pointee.place], velocity: velocity[part.pointee.index], since: 0)
      part.pointee.encoder.sample(shaft)
    }
    for place in 0..<physicsCount {
      let part = joints + physicsJoints[place]
      if part.pointee.isImpaired { part.pointee.impairment.draw() }
      physics[place].sample(at: time, of: part)
    }
  }

  /// Advances by one step.
  ///
  /// - Parameters:
  ///   - demands: torque each drive asks of its motor, at the drive's shaft [N.m]; one a driven joint.
  ///   - isHeld: whether something outside keeps every joint at rest, whatever the motors do.
  public mutating func advance(demands: UnsafePointer<Double>, isHeld: Bool = false) {
    if !supplies.isEmpty { feed() }
    prepare(demands: demands, isHeld: isHeld)
    if isHeld {
      for index in 0..<size { velocity[index] = 0 }
    } else {
      move()
    }
    time += step
    if !supplies.isEmpty { settleSupplies() }
  }

  /// Accelerations, velocities and positions of one step.
  private mutating func move() {
    if world.isEmpty {
      forwardDynamics(kernel, workspace, q: position, v: velocity, tau: torque, into: acceleration)
    } else {
      world.collect(kernel, workspace, q: position, v: velocity, from: time, step: step)
      forwardDynamics(
        kernel, workspace, q: position, v: velocity, tau: torque, wrenches: world.wrenches, into: acceleration
      )
    }
    for joint in blocked { acceleration[joints[joint].index] = 0 }
    for place in 0..<physicsCount {
      physics[place].dynamics.finish(acceleration: acceleration[joints[physicsJoints[place]].index])
    }
    if kernel.isFloating {
      moveFreely()
    } else {
      for index in 0..<size {
        velocity[index] += stepSeconds * acceleration[index]
        position[index] += stepSeconds * velocity[index]
      }
    }
  }

  /// Torques on all joints over a step, and the motors' share of it.
  private mutating func prepare(demands: UnsafePointer<Double>, isHeld: Bool) {
    for place in 0..<plainCount {
      let part = joints + plainJoints[place]
      let index = part.pointee.index
      torque[index] = part.pointee.torque(
        demand: demands[plainJoints[place]], position: position[part.pointee.place], velocity: velocity[index]
      )
    }
    for place in 0..<physicsCount {
      let joint = physicsJoints[place]
      let part = joints + joint
      let index = part.pointee.index
      let (angle, speed) = (position[part.pointee.place], velocity[index])
      let demand = demands[joint] * part.pointee.shaftPerJoint
      torque[index] = physics[place].prepare(joint: angle, velocity: speed, demand: demand, isHeld: isHeld)
      torque[index] += part.pointee.stop.torque(position: angle, velocity: speed)
      if part.pointee.isImpaired { torque[index] += part.pointee.impairment.condition.externalTorque }
    }
  }

  /// Takes another body at this instant: other inertias, in the same joints.
  mutating func replaceBody(_ model: Model) {
    body = PlantBody(model)
    kernel = body.model.kernel
    workspace = body.data.workspace
  }

  func physicsPlace(of joint: Int) -> Int? {
    precondition(joint >= 0 && joint < jointCount)
    let place = physicsPlaces[joint]
    return place >= 0 ? place : nil
  }

  func index(of joint: Int) -> Int {
    precondition(joint >= 0 && joint < jointCount)
    return joints[joint].index
  }

  private func place(of joint: Int) -> Int {
    precondition(joint >= 0 && joint < jointCount)
    return joints[joint].place
  }
}
