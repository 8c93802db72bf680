internal import ControlCycle

/// How a joint finds out where it is, and within which bounds it may move to do so. All of it joint side.
public struct HomingPlan: BitwiseCopyable, Sendable, Equatable {
  /// What tells a joint where it is.
  public enum Method: String, BitwiseCopyable, Sendable, CaseIterable {
    /// An absolute encoder within a turn of the rotor, and the turns as the last run left them. Nothing moves.
    case saved
    /// A mark that the joint passes.
    case index
    /// A mechanical stop.
    case stop
  }
  /// What tells the joint where it is.
  public var method: Method
  /// Where the mark or the stop is [rad]; of no meaning with `saved`.
  public var mark: Double
  /// Which way it lies: +1 or -1.
  public var direction: Double
  /// Most torque that the search may ask for [N.m].
  public var torque: Double
  /// Speed of the first search [rad/s]; the second, which counts, has half of it.
  public var speed: Double
  /// How far the joint may get from where it began [rad].
  public var travel: Double
  /// How long the search may take [s].
  public var time: Double
  /// How far the joint goes back from the mark or stop, before the second search and after it [rad].
  public var backOff: Double

  /// A plan; what is not given is cautious.
  public init(
    _ method: Method, mark: Double = 0, direction: Double = -1, torque: Double, speed: Double = 0.2,
    travel: Double = 3, time: Double = 60, backOff: Double = 0.1
  ) {
    self.method = method
    self.mark = mark
    self.direction = direction < 0 ? -1 : 1
    self.torque = torque
    self.speed = speed
    self.travel = travel
    self.time = time
    self.backOff = backOff
  }

  /// The plan of a joint that has none written: its saved turns.
  public static func saved(_ joint: RobotJoint) -> HomingPlan {
    HomingPlan(.saved, torque: joint.configuration.limits.torque)
  }
}

extension RobotJoint {
  /// Turn of the joint per turn of the rotor [rad]: what an absolute encoder on the rotor cannot tell apart.
  public var turnPitch: Double { 2 * Double.pi / actuator.reducer.ratio }

  /// The joint while it searches: its torque and speed within the plan's, its position limits as far away as the plan lets
  /// it travel from anywhere between them, since where it is is not known.
  func searching(_ plan: HomingPlan) -> RobotJoint {
    guard plan.method != .saved else { return self }
    var configuration = configuration
    configuration.limits.torque = min(configuration.limits.torque, plan.torque)
    // Room for the recoil of a joint that leaves its stop; the monitor's overspeed counts from here.
    configuration.limits.velocity = min(configuration.limits.velocity, max(3 * plan.speed, 1))
    configuration.limits.minPosition -= HomingPlan.unknown + plan.travel
    configuration.limits.maxPosition += HomingPlan.unknown + plan.travel
    return replacing(configuration)
  }

  /// The joint with its drive's zero elsewhere: what it believed to be 0 is `correction` [rad].
  func zeroed(_ correction: Double) -> RobotJoint {
    var configuration = configuration
    configuration.transmission.offset += correction
    return replacing(configuration)
  }

  /// The joint with another configuration and all that follows from it.
  func replacing(_ configuration: JointConfiguration) -> RobotJoint {
    var joint = RobotJoint(
      name: name, configuration: configuration, driveModel: driveModel, driveWatchdog_us: driveWatchdog_us,
      actuator: actuator, home: home)
    joint.objects = objects
    joint.homing = homing
    return joint
  }
}

extension HomingPlan {
  /// How far a drive's zero may be off at power-up [rad]: any angle of the joint.
  static let unknown = 2 * Double.pi
}

extension Robot {
  /// The robot with each drive's zero moved [rad], in the order of joints.
  public func zeroed(_ corrections: [Double]) -> Robot {
    precondition(corrections.count == joints.count)
    return with(joints: zip(joints, corrections).map { $0.zeroed($1) }, feedforward: feedforward)
  }

  /// The robot while some of its joints search. Nothing is fed forward: a torque of the model is wrong where a zero is.
  func searching(_ plans: [HomingPlan?]) -> Robot {
    with(
      joints: zip(joints, plans).map { joint, plan in plan.map(joint.searching) ?? joint }, feedforward: .none
    )
  }

  /// The robot with other joints.
  func with(joints: [RobotJoint], feedforward: Feedforward) -> Robot {
    var robot = Robot(
      name: name, period: period, buses: buses, joints: joints, model: model, feedforward: feedforward,
      commandTimeout: commandTimeout, schedule: schedule, onBusLoss: onBusLoss)
    robot.contacts = contacts
    robot.supplies = supplies
    robot.poses = poses
    robot.collision = collision
    return robot
  }
}
