import ControlCycle
internal import LaneMath
internal import RigidBody

extension ExperimentEnvelope {
  /// Farthest from where an experiment on one pose begins [rad]: five degrees, so that the whole way is under ten.
  public static var usualTravel: Double { 0.087 }
  /// Hottest that a drive may get where nothing is known of its motor [degree Celsius].
  static var usualTemperature: Double { 80 }
  /// Room below the temperature at which a known motor's drive lowers its current [K].
  static var temperatureMargin: Double { 10 }

  /// What a joint may do in an experiment: a part of each limit, and no farther towards a position limit than that part of the way.
  ///
  /// - Parameters:
  ///   - joint: the joint.
  ///   - share: part of its limits, in (0, 1].
  ///   - position: where it stands [rad]; its home where nothing is said.
  public init(
    of joint: RobotJoint, share: Double = ExperimentEnvelope.usualShare, from position: Double? = nil
  ) {
    let limits = joint.configuration.limits
    let place = min(max(position ?? joint.home, limits.minPosition), limits.maxPosition)
    let torque = share * min(limits.torque, joint.actuator.motor.peakTorque)
    let stiffness = joint.configuration.gains.stiffness
    let thermal = joint.actuator.physics?.thermal
    let low = place - share * (place - limits.minPosition)
    let high = place + share * (limits.maxPosition - place)
    self.init(
      positions: low...max(low, high),
      travel: Self.usualTravel, velocity: share * limits.velocity, torque: torque,
      // A joint this far from its motion is asked for all the torque there is.
      trackingError: stiffness > 0
        ? min(max(torque / stiffness, 0.02), Self.usualTravel) : Self.usualTravel,
      temperature: thermal.map { $0.derate - Self.temperatureMargin } ?? Self.usualTemperature)
  }
}

extension Experiment {
  /// Part of a joint's torque limit that an experiment uses, weight included.
  public static var torqueShare: Double { 0.3 }
  /// Part of the travel that an excitation is to take by the description: true inertia and friction are not known yet.
  static var travelShare: Double { 0.3 }

  /// An experiment with numbers that suit a joint as it is described: under 30 % of its torque limit, under ten degrees of travel
  /// but for those that visit poses, and short enough for friction, chirp, inertia, delay and step in under a minute.
  ///
  /// - Parameters:
  ///   - kind: what is done.
  ///   - joint: index of the joint.
  ///   - robot: the robot.
  ///   - share: part of the joint's limits that the envelope lets it use, in (0, 1].
  ///   - position: where the joint stands [rad]; its home where nothing is said.
  /// - Returns: the experiment; `objections(for:)` says what keeps it from coming out well.
  public static func usual(
    _ kind: Kind, joint: Int, of robot: Robot, share: Double = ExperimentEnvelope.usualShare,
    from position: Double? = nil
  ) -> Experiment {
    let described = robot.joints[joint]
    let envelope = ExperimentEnvelope(of: described, share: share, from: position)
    let budget = ExperimentBudget(robot, joint, envelope: envelope, from: position ?? described.home)
    var experiment = Experiment(kind, joint: joint, amplitude: 0, duration: 0, envelope: envelope)
    switch kind {
    case .step, .chirp, .multisine, .delay, .inertia: budget.shake(&experiment)
    case .relay, .breakaway, .backlash, .stiffness: budget.press(&experiment)
    case .friction, .gravity, .torqueConstant: budget.move(&experiment)
    }
    return experiment
  }
}

/// What a joint offers to an experiment, by its description and where it stands.
struct ExperimentBudget {
  /// Torque limit of joint and motor [N.m].
  let limit: Double
  /// Torque that the weight takes where it stands, the other joints at home [N.m].
  let load: Double
  /// Torque that an excitation may use [N.m].
  let room: Double
  /// Coulomb friction [N.m].
  let friction: Double
  /// Inertia about the joint with all others held [kg.m^2].
  let inertia: Double
  /// Gains [N.m/rad, N.m.s/rad].
  let gains: ImpedanceGains
  /// Smallest difference of measured positions [rad].
  let quantum: Double
  /// Time between two cycles [s].
  let period: Double
  /// Acceleration of motions [rad/s^2].
  let acceleration: Double
  /// How far it may go down and up from where it stands [rad].
  let reach: (down: Double, up: Double)
  /// The envelope.
  let envelope: ExperimentEnvelope

  init(_ robot: Robot, _ index: Int, envelope: ExperimentEnvelope, from position: Double) {
    let joint = robot.joints[index]
    let configuration = joint.configuration
    limit = min(configuration.limits.torque, joint.actuator.motor.peakTorque)
    let data = ModelData(robot.model)
    let pose = Self.pose(of: robot, joint: index, at: position)
    load = gravity(robot.model, data, q: pose)[configuration.velocityIndex].magnitude
    inertia = massMatrix(robot.model, data, q: pose)[configuration.velocityIndex][configuration.velocityIndex]
    // A joint whose weight takes more than the share gets a tenth on top, as far as the envelope has it.
    room = min(
      max(Experiment.torqueShare * limit - load, 0.1 * limit), max(envelope.torque - load, 0.01 * limit))
    friction = max(joint.actuator.reducer.coulombFriction, configuration.coulombFriction)
    gains = configuration.gains
    quantum = joint.measuredQuantum
    period = Double(robot.period) * 1e-9
    // With three times the described inertia still half of the room, as far as the motion limits go.
    acceleration = min(0.5 * configuration.limits.acceleration, room / (6 * max(inertia, 1e-9)))
    reach = (position - envelope.positions.lowerBound, envelope.positions.upperBound - position)
    self.envelope = envelope
  }

  /// The robot at home but for one joint.
  static func pose(of robot: Robot, joint: Int, at position: Double) -> [Double] {
    var pose = [Double](repeating: 0, count: robot.model.positionCount)
    for other in robot.joints { pose[other.configuration.velocityIndex] = other.home }
    pose[robot.joints[joint].configuration.velocityIndex] = position
    return pose
  }

  /// Torque that moves the joint by its share of the travel at the frequency where it takes least [N.m].
  private func deflecting(in band: ClosedRange<Double>) -> Double {
    let points = 64
    let ratio = naturalLogarithm(band.upperBound / band.lowerBound)
    var least = Double.infinity
    for point in 0...points {
      let rate = 2 * Double.pi * band.lowerBound * exponential(ratio * Double(point) / Double(points))
      let elastic = gains.stiffness - inertia * rate * rate
      let impedance = (elastic * elastic + gains.damping * gains.damping * rate * rate).squareRoot()
      let way = min(envelope.travel, min(reach.down, reach.up))
      least = min(least, impedance * min(Experiment.travelShare * way, 0.5 * envelope.velocity / rate))
    }
    return least
  }

  /// Highest frequency that an excitation has [Hz]: a twentieth of the cycle's.
  private var highest: Double { min(50, 0.05 / period) }

  /// Undamped frequency of the joint on its stiffness [Hz], within what can be excited.
  private var natural: Double {
    let rate = (gains.stiffness / max(inertia, 1e-9)).squareRoot() / (2 * Double.pi)
    return min(max(rate, 1), highest / 3)
  }

  /// Numbers of what shakes the joint on its stiffness.
  func shake(_ experiment: inout Experiment) {
    switch experiment.kind {
    case .step:
      experiment.duration = 3
      experiment.repetitions = 2
      let way = Experiment.travelShare * min(envelope.travel, min(reach.down, reach.up))
      let bearable = gains.stiffness > 0 ? 0.9 * room / gains.stiffness : way
      experiment.amplitude = min(0.03, min(way, bearable))
      return
    case .chirp:
      experiment.duration = 10
      experiment.band = 0.5...highest
    case .multisine:
      experiment.duration = 12
      experiment.repetitions = 6
      experiment.band = 0.5...highest
    case .delay:
      experiment.duration = 3
      experiment.band = 1...highest
    default:
      experiment.duration = 6
      experiment.band = (1.2 * natural)...(2.7 * natural)
    }
    // Stiffness and damping answer on top, to torque that jumps the more.
    let jump = experiment.kind == .delay ? 0.5 : 1
    experiment.amplitude = jump * min(0.6 * room, deflecting(in: experiment.band))
  }

  /// Numbers of what presses with little or no stiffness against it.
  func press(_ experiment: inout Experiment) {
    let held = Experiment.travelShare * envelope.travel * gains.stiffness
    switch experiment.kind {
    case .relay:
      experiment.duration = 8
      experiment.amplitude = min(0.9 * room, max(3 * friction, 0.1 * limit))
    case .breakaway:
      experiment.duration = 12
      experiment.repetitions = 3
      experiment.amplitude = min(room, max(8 * friction, 0.1 * limit))
    case .backlash:
      experiment.duration = 6
      experiment.band = 1...1
      experiment.amplitude = min(0.9 * room, min(max(6 * friction, 0.03 * limit), max(held, 0.01 * limit)))
    default:
      experiment.duration = 8
      experiment.repetitions = 2
      experiment.amplitude = min(0.9 * room, max(held, 0.01 * limit))
    }
  }

  /// Numbers of what moves the joint along a motion.
  func move(_ experiment: inout Experiment) {
    let near = max(0, min(reach.down, reach.up))
    guard experiment.kind == .friction else {
      experiment.repetitions = 5
      experiment.amplitude = min(0.5, 0.9 * near)
      experiment.envelope.travel = experiment.amplitude + ExperimentEnvelope.usualTravel
      experiment.duration = Excitation.poseTime(experiment, acceleration: acceleration)
      return
    }
    experiment.amplitude = min(0.62 * envelope.travel, 0.9 * near)
    experiment.repetitions = 2
    // At constant speed for a tenth of a second at least.
    let fastest = min(0.6 * envelope.velocity, experiment.amplitude / 0.1)
    experiment.speeds = [0.02, 0.05, 0.1, 0.2, 0.35, 0.6].filter { $0 <= fastest }
    if experiment.speeds.isEmpty { experiment.speeds = [fastest] }
    experiment.duration = Excitation.sweepTime(experiment, acceleration: acceleration)
  }
}

extension RobotJoint {
  /// Smallest difference of measured positions, of encoder and frames [rad].
  public var measuredQuantum: Double {
    let carried =
      fields.first { !$0.isCommand && $0.quantity == .position && $0.isCarried }?.step ?? 0
    let counts = Double(actuator.motor.encoderCounts) * max(actuator.reducer.ratio, 1)
    return max(carried, counts > 0 ? 2 * Double.pi / counts : 0)
  }
}
