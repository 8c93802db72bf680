import ControlCycle
public import RigidBody

/// Turns poses of a link's frame, one after the other, into joint positions: what servol streams.
///
/// Each search begins at the solution before and makes no other start, so that the joints stay on one branch.
public struct FrameTargets: ~Copyable {
  private let robot: Robot
  private let chain: [Int]
  private let places: [Int]
  private var solver: InverseKinematics
  private let data: ModelData
  private var q: [Double]
  private var trial: [Double]
  /// Pose of the frame at the newest solution, at first where the joints are.
  public private(set) var pose: RigidTransform

  /// Farthest that a joint may be from one target to the next [rad]: more is another branch of the solution, or a jump.
  public static let mostStep = 0.5
  /// Least singular value with which a target is taken [m/rad].
  static let singularBound = 0.01

  /// Begins at a pose of all joints.
  ///
  /// - Parameters:
  ///   - robot: the robot.
  ///   - link: the link whose frame moves.
  ///   - chain: indices of the joints that move it.
  ///   - positions: position of every joint at the start [rad].
  /// - Throws: where the joints do not move the frame.
  public init(_ robot: Robot, link: Int, chain: [Int], from positions: [Double]) throws(LinearMotionError) {
    (self.robot, self.chain) = (robot, chain)
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
    solver.settings.iterationLimit = 60
    data = ModelData(robot.model)
    places = robot.joints.map { robot.model.coordinates(of: $0.name)?.positions.lowerBound ?? 0 }
    q = robot.model.zeroPosition
    for (place, position) in zip(places, positions) { q[place] = position }
    trial = q
    pose = robot.pose(ofLink: link, at: positions)
  }

  /// Where the joints of the chain go for the frame to be at a pose.
  ///
  /// - Returns: positions by joint, in the robot's order [rad]; nil for joints that are not of the chain.
  /// - Throws: where the pose is out of reach, singular or a jump away; the next target then goes on from the one before.
  public mutating func joints(for target: RigidTransform) throws(LinearMotionError) -> [Double?] {
    trial = q
    let result = solver.solve(robot.model.kernel, data.workspace, q: &trial, target: target)
    if !result.outcome.isSolved || result.restarts > 0 {
      let limited = chain.first { index in
        let limits = robot.joints[index].configuration.limits
        return trial[places[index]] <= limits.minPosition + 1e-6
          || trial[places[index]] >= limits.maxPosition - 1e-6
      }
      throw LinearMotionError(
        message: limited.map { "the frame cannot be there: \(robot.joints[$0].name) is at its limit" }
          ?? "the frame cannot be there: it is out of reach",
        fix: "ask for a pose nearer to the one before")
    }
    let singular = result.manipulability.leastSingularValue
    if singular < Self.singularBound {
      throw LinearMotionError(
        message:
          "the least singular value is \(singular) m/rad there, at least \(Self.singularBound) is wanted",
        fix: "keep away from a stretched limb")
    }
    var found = [Double?](repeating: nil, count: robot.joints.count)
    for index in chain {
      let position = trial[places[index]]
      if abs(position - q[places[index]]) > Self.mostStep {
        throw LinearMotionError(
          message: "\(robot.joints[index].name) would have to jump by "
            + "\(position - q[places[index]]) rad from the target before",
          fix: "send targets closer to each other")
      }
      found[index] = position
    }
    swap(&q, &trial)
    pose = target
    return found
  }
}
