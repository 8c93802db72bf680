import ControlCycle
public import RigidBody

/// Why a frame cannot be moved along a way.
public struct LinearMotionError: Error, Sendable, Equatable {
  /// What is wrong, and where on the way.
  public var message: String
  /// What to do about it.
  public var fix: String
}

/// A motion of a robot's joints that moves a frame along straight lines.
public struct LinearMotion: Sendable {
  /// How fast a frame moves.
  public struct Pace: Sendable {
    /// Highest velocity along the way [m/s] and about the axis [rad/s].
    public var velocity = 0.25, turning = 1.0
    /// Highest acceleration along the way [m/s^2] and about the axis [rad/s^2].
    public var acceleration = 1.0, turningAcceleration = 4.0

    /// A quarter of a metre a second.
    public init() {}
  }

  /// The motion.
  public let motion: Motion
  /// Farthest that the frame is from its way [m], and by what angle [rad], between the points of the motion.
  public let deviation: Double, turnedOff: Double
  /// Least singular value of the frame's Jacobian on the way [m/rad], and where, as a share of the way.
  public let leastSingularValue: Double, narrowest: Double

  /// Points of the motion per second.
  static let rate = 200.0
  /// Least singular value with which the motion is made [m/rad].
  static let singularBound = 0.01

  /// Plans a motion by inverse kinematics along a way.
  ///
  /// - Parameters:
  ///   - name: the motion's name.
  ///   - robot: the robot.
  ///   - link: the link whose frame is moved.
  ///   - chain: indices of the joints that move it.
  ///   - pose: position of every joint where the way begins [rad].
  ///   - path: the way, from the pose of the frame there.
  ///   - pace: how fast; time is stretched where joints could not follow.
  ///   - speed: share of the joints' velocity and acceleration limits.
  ///   - riseTime: time in which acceleration may rise to its highest [s].
  /// - Throws: where the way is out of reach, passes a singularity or a position limit, or turns a sharp corner.
  public init(
    _ name: String, robot: Robot, link: Int, chain: [Int], from pose: [Double], along path: LinearPath,
    pace: Pace = Pace(), speed: Double, riseTime: Double
  ) throws(LinearMotionError) {
    if path.hasSharpCorner {
      throw LinearMotionError(message: "the way turns a sharp corner", fix: "give a blend above 0")
    }
    let limits = robot.joints.map(\.configuration.limits)
    let shares = Self.shares(of: path, pace: pace, riseTime: riseTime)
    var follower = try LineFollower(robot, link: link, chain: chain, pose: pose)
    var points: [Motion.Point] = []
    var (least, narrowest) = (Double.infinity, 0.0)
    for (time, share) in shares {
      let singular = try follower.follow(path.pose(at: share), share: share)
      if singular < least { (least, narrowest) = (singular, share) }
      points.append(Motion.Point(time: time, positions: follower.positions))
    }
    var motion = Motion(name: name, points: points)
    let factor = motion.stretch(limits: limits, speed: speed, riseTime: riseTime)
    if factor > 1 { motion.stretch(by: 1.001 * factor) }
    self.motion = motion
    leastSingularValue = least
    self.narrowest = narrowest
    (deviation, turnedOff) = follower.deviation(of: motion, from: path, shares: shares.map(\.share))
  }

  /// Times, and which share of the way is behind the frame then: limited in velocity, acceleration and jerk.
  private static func shares(
    of path: LinearPath, pace: Pace, riseTime: Double
  ) -> [(time: Double, share: Double)] {
    var velocity = Double.infinity
    var acceleration = Double.infinity
    if path.length > 1e-9 {
      (velocity, acceleration) = (pace.velocity / path.length, pace.acceleration / path.length)
    }
    if path.angle > 1e-9 {
      velocity = min(velocity, pace.turning / path.angle)
      acceleration = min(acceleration, pace.turningAcceleration / path.angle)
    }
    guard velocity.isFinite else { return [(0, 0)] }
    var generator = TrajectoryGenerator(jointCount: 1)
    generator.limits[0] = KinematicLimits(
      velocity: velocity, acceleration: acceleration, jerk: acceleration / riseTime)
    generator.targets[0] = KinematicState(position: 1)
    guard generator.plan().isPlanned else { return [(0, 0), (1 / velocity, 1)] }
    let count = max(8, Int((generator.duration * rate).rounded(.up)))
    return (0...count).map { index in
      let time = generator.duration * Double(index) / Double(count)
      return (time, index == count ? 1 : generator.state(0, at: time).position)
    }
  }
}

/// Inverse kinematics point by point, each from the point before.
private struct LineFollower: ~Copyable {
  let robot: Robot
  let link: Int
  let chain: [Int]
  let places: [Int]
  private var solver: InverseKinematics
  private let data: ModelData
  private var q: [Double]
  /// Position of every joint at the last point [rad].
  private(set) var positions: [Double]

  /// Farthest that a joint may move from one point to the next: more is another branch of the solution [rad].
  private static let mostStep = 0.2

  init(_ robot: Robot, link: Int, chain: [Int], pose: [Double]) throws(LinearMotionError) {
    (self.robot, self.link, self.chain) = (robot, link, chain)
    let coordinates = chain.map { index in
      let joint = robot.joints[index]
      return ChainCoordinate(
        joint: joint.name, lower: joint.configuration.limits.minPosition,
        upper: joint.configuration.limits.maxPosition)
    }
    do { solver = try InverseKinematics(robot.model, link: link, coordinates: coordinates) } catch {
      throw LinearMotionError(
        message: "\(error)", fix: "name the joints between the frame and what it moves against")
    }
    // The first start is the point before; another would be another branch.
    solver.settings.iterationLimit = 60
    data = ModelData(robot.model)
    places = robot.joints.map { robot.model.coordinates(of: $0.name)?.positions.lowerBound ?? 0 }
    q = robot.model.zeroPosition
    for (place, position) in zip(places, pose) { q[place] = position }
    positions = pose
  }

  /// Moves the joints so that the frame is at a pose; the least singular value there.
  mutating func follow(_ target: RigidTransform, share: Double) throws(LinearMotionError) -> Double {
    let result = solver.solve(robot.model.kernel, data.workspace, q: &q, target: target)
    let place = "at \(Self.percent(share)) % of the way"
    if !result.outcome.isSolved || result.restarts > 0 {
      let limited = chain.first { index in
        let limits = robot.joints[index].configuration.limits
        return q[places[index]] <= limits.minPosition + 1e-6 || q[places[index]] >= limits.maxPosition - 1e-6
      }
      throw LinearMotionError(
        message: limited.map { "the frame cannot follow \(place): \(robot.joints[$0].name) is at its limit" }
          ?? "the frame cannot follow \(place): it is out of reach",
        fix: "begin in another posture, or shorten the way")
    }
    let singular = result.manipulability.leastSingularValue
    if singular < LinearMotion.singularBound {
      throw LinearMotionError(
        message: "the way passes a singularity \(place): the least singular value is \(singular) m/rad, "
          + "at least \(LinearMotion.singularBound) is wanted",
        fix: "keep away from a stretched arm, or begin in another posture")
    }
    for index in chain {
      if share > 0 && abs(q[places[index]] - positions[index]) > Self.mostStep {
        throw LinearMotionError(
          message: "\(robot.joints[index].name) would jump \(place)", fix: "begin in another posture")
      }
      positions[index] = q[places[index]]
    }
    return singular
  }

  /// Farthest that the frame is from its way half between two points, as the cubic of four shares says where it should be.
  func deviation(of motion: Motion, from path: LinearPath, shares: [Double]) -> (Double, Double) {
    guard motion.points.count > 3 else { return (0, 0) }
    let trajectory = Trajectory(motion, jointCount: robot.joints.count)
    var state = q
    var (farthest, angle) = (0.0, 0.0)
    for index in 1..<motion.points.count - 2 {
      let time = 0.5 * (motion.points[index].time + motion.points[index + 1].time) - motion.points[0].time
      for joint in chain { state[places[joint]] = trajectory.setpoint(joint: joint, at: time).position }
      forwardKinematics(robot.model.kernel, data.workspace, q: state)
      let pose = linkPose(robot.model.kernel, data.workspace, link: link)
      let share =
        (9 * (shares[index] + shares[index + 1]) - shares[index - 1] - shares[index + 2]) / 16
      let off = PoseError(from: path.pose(at: share), to: pose)
      farthest = max(farthest, off.distance)
      angle = max(angle, off.angle)
    }
    return (farthest, angle)
  }

  private static func percent(_ share: Double) -> Int { Int((100 * share).rounded()) }
}

extension Robot {
  /// The joints between two links, from the one to the other, by their indices; nil where the first does not carry the second.
  public func chain(from base: String, to link: String) -> [Int]? {
    var found: [Int] = []
    var current = link
    while current != base {
      guard let joint = model.joints.first(where: { $0.child == current }) else { return nil }
      if let index = joints.firstIndex(where: { $0.name == joint.name }) { found.append(index) }
      current = joint.parent
    }
    return found.reversed()
  }

  /// Pose of a link [m] where the joints are at positions [rad].
  public func pose(ofLink link: Int, at positions: [Double]) -> RigidTransform {
    let data = ModelData(model)
    var q = model.zeroPosition
    for (joint, position) in zip(joints, positions) {
      if let place = model.coordinates(of: joint.name)?.positions.lowerBound { q[place] = position }
    }
    forwardKinematics(model.kernel, data.workspace, q: q)
    return linkPose(model.kernel, data.workspace, link: link)
  }
}
