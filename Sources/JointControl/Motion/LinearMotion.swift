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
  ///   - goal: what of the path's poses counts: with `position` the orientation is left to the joints.
  ///   - pace: how fast; the frame is slower where joints could not follow.
  ///   - speed: share of the joints' velocity and acceleration limits.
  ///   - riseTime: time in which acceleration may rise to its highest [s].
  /// - Throws: where the way is out of reach, passes a singularity or a position limit, or turns a sharp corner.
  public init(
    _ name: String, robot: Robot, link: Int, chain: [Int], from pose: [Double], along path: LinearPath,
    goal: PoseGoal = .pose, pace: Pace = Pace(), speed: Double, riseTime: Double
  ) throws(LinearMotionError) {
    if path.hasSharpCorner {
      throw LinearMotionError(message: "the way turns a sharp corner", fix: "give a blend above 0")
    }
    var follower = try LineFollower(robot, link: link, chain: chain, pose: pose, goal: goal)
    let count = Self.points(of: path)
    var points: [[Double]] = []
    var knots: [Double] = []
    var (least, narrowest) = (Double.infinity, 0.0)
    for index in 0...count {
      let share = index == count ? 1 : Double(index) / Double(count)
      let singular = try follower.follow(path.pose(at: share), share: share)
      if singular < least { (least, narrowest) = (singular, share) }
      points.append(follower.positions + [share])
      knots.append(share)
    }
    leastSingularValue = least
    self.narrowest = narrowest
    guard zip(points, points.dropFirst()).contains(where: { $0.dropLast() != $1.dropLast() }) else {
      motion = Motion(name: name, points: [Motion.Point(time: 0, positions: pose)])
      (deviation, turnedOff) = (0, 0)
      return
    }
    let curve = JointPath(through: points, at: knots, end: .notAKnot)
    (deviation, turnedOff) = follower.deviation(of: curve, from: path)
    motion = Motion(
      name, along: curve, limits: robot.joints.map(\.configuration.limits),
      others: [Self.limit(of: path, pace: pace, riseTime: riseTime)], speed: speed, riseTime: riseTime,
      effort: PathEffort(robot, speed: speed), meetingKnots: false)
  }

  /// Number of pieces of a way between whose ends the joints move on a spline.
  private static func points(of path: LinearPath) -> Int {
    min(2000, max(24, Int(path.length / 0.001), Int(path.angle / 0.004)))
  }

  /// What the frame's pace allows the share of the way that is behind it.
  private static func limit(of path: LinearPath, pace: Pace, riseTime: Double) -> PathLimit {
    var velocity = 1e3
    var acceleration = 1e6
    if path.length > 1e-9 {
      (velocity, acceleration) = (pace.velocity / path.length, pace.acceleration / path.length)
    }
    if path.angle > 1e-9 {
      velocity = min(velocity, pace.turning / path.angle)
      acceleration = min(acceleration, pace.turningAcceleration / path.angle)
    }
    return PathLimit(velocity: velocity, acceleration: acceleration, jerk: acceleration / riseTime)
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
  /// What is kept free of a position limit [rad].
  private static let room = 1e-4

  init(_ robot: Robot, link: Int, chain: [Int], pose: [Double], goal: PoseGoal) throws(LinearMotionError) {
    (self.robot, self.link, self.chain) = (robot, link, chain)
    let coordinates = chain.map { index in
      let joint = robot.joints[index]
      let limits = joint.configuration.limits
      // Where a joint comes up to a limit the curve of the others bends, and the spline swings a little beyond.
      return ChainCoordinate(
        joint: joint.name, lower: min(limits.minPosition + Self.room, pose[index]),
        upper: max(limits.maxPosition - Self.room, pose[index]))
    }
    do { solver = try InverseKinematics(robot.model, link: link, coordinates: coordinates) } catch {
      throw LinearMotionError(
        message: "\(error)", fix: "name the joints between the frame and what it moves against")
    }
    // The first start is the point before; another would be another branch.
    solver.settings.iterationLimit = 60
    solver.settings.goal = goal
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
        let position = q[places[index]]
        return position <= limits.minPosition + 2 * Self.room
          || position >= limits.maxPosition - 2 * Self.room
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

  /// Farthest that the frame is from its way half between two points of a curve, whose last coordinate is the share of the way.
  func deviation(of curve: JointPath, from path: LinearPath) -> (Double, Double) {
    var state = q
    var (farthest, angle) = (0.0, 0.0)
    for (from, to) in zip(curve.knots, curve.knots.dropFirst()) {
      let share = 0.5 * (from + to)
      for joint in chain { state[places[joint]] = curve.place(joint, at: share).value }
      forwardKinematics(robot.model.kernel, data.workspace, q: state)
      let pose = linkPose(robot.model.kernel, data.workspace, link: link)
      let off = PoseError(from: path.pose(at: share), to: pose)
      farthest = max(farthest, off.distance)
      angle = max(angle, off.angle)
    }
    if case .position = solver.settings.goal { angle = 0 }
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
