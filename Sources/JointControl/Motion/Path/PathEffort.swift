internal import ControlCycle
internal import RigidBody

/// Torque that a robot's joints need along a path, as it bounds how fast the path is followed.
///
/// At a place of the path with derivatives q' and q'', followed with speed v and acceleration u of its parameter, each joint needs
///
///     torque = (M q') u + (M q'' + C(q, q') q') v^2 + gravity + Coulomb friction
///
/// (Bobrow, Dubowsky and Gibson, Int. J. Robotics Research 4(3), 1985), linear in u and v^2 as `PathTiming` wants it. Viscous friction,
/// which is not, is taken off the limit at the joint's highest velocity. The model is the robot's own, rotors included.
public struct PathEffort {
  /// What a joint needs at a place, and what it has.
  public struct Share: BitwiseCopyable, Sendable {
    /// Torque of an acceleration of the parameter [N.m], and of the square of its speed [N.m].
    public var along, square: Double
    /// Torque at rest: gravity, and the friction of the direction that it moves in [N.m].
    public var rest: Double
    /// Highest torque of either sign [N.m].
    public var limit: Double

    /// By what factor time is stretched so that the torque keeps the limit; 1 or less where it does already.
    func stretch(speed: Double, acceleration: Double) -> Double {
      let moving = along * acceleration + square * speed * speed
      let room = moving > 0 ? limit - rest : limit + rest
      return (abs(moving) / room).squareRoot()
    }
  }

  /// Part of the torque limits that a path may use; the rest is left to the controller, and to the reducers' losses.
  public static let usualPart = 0.9
  /// A pose that takes nearly all or more torque than there is cannot be passed faster by passing it slowly: there, the limit is so
  /// many times what the pose takes.
  private static let leastRoom = 1.1

  private let robot: Robot
  private let data: ModelData
  private let places, indices: [Int]
  private let limits: [Double]

  /// Torques of a robot.
  ///
  /// - Parameters:
  ///   - robot: the robot.
  ///   - speed: share of the velocity limits that is used.
  ///   - part: part of the torque limits that a path may use.
  public init(_ robot: Robot, speed: Double = 1, part: Double = Self.usualPart) {
    self.robot = robot
    data = ModelData(robot.model)
    places = robot.joints.map { robot.model.coordinates(of: $0.name)?.positions.lowerBound ?? 0 }
    indices = robot.joints.map(\.configuration.velocityIndex)
    limits = robot.joints.map { joint in
      let (limits, viscous) = (joint.configuration.limits, joint.actuator.reducer.viscousFriction)
      return max(0.1 * limits.torque, part * limits.torque - viscous * speed * limits.velocity)
    }
  }

  /// What each joint needs at a place of a path.
  ///
  /// - Parameters:
  ///   - path: its first coordinates are the robot's joints [rad].
  ///   - parameter: the place.
  ///   - piece: the piece of the path that holds it.
  /// - Returns: one share a joint.
  func shares(of path: JointPath, at parameter: Double, in piece: Int) -> [Share] {
    let count = robot.model.velocityCount
    var (q, first) = (robot.model.zeroPosition, [Double](repeating: 0, count: count))
    var second = first
    for joint in indices.indices {
      let place = path.place(joint, at: parameter, in: piece)
      q[places[joint]] = place.value
      first[indices[joint]] = place.first
      second[indices[joint]] = place.second
    }
    let none = [Double](repeating: 0, count: count)
    let rest = torques(q, none, none)
    let (along, square) = (torques(q, none, first), torques(q, first, second))
    return indices.indices.map { joint in
      let index = indices[joint]
      return share(
        joint, along: along[index] - rest[index], square: square[index] - rest[index], gravity: rest[index],
        velocity: first[index])
    }
  }

  /// By what factor a motion must be stretched so that every torque keeps its limit; 1 or less where it does.
  ///
  /// - Parameter motion: points with velocities and accelerations of at least the robot's joints.
  /// - Returns: the factor.
  func stretch(_ motion: Motion) -> Double {
    let trajectory = Trajectory(motion, jointCount: motion.points[0].positions.count)
    let samples = min(4000, max(200, Int(trajectory.duration / 0.002)))
    let none = [Double](repeating: 0, count: robot.model.velocityCount)
    var factor = 0.0
    for sample in 0...samples {
      let time = trajectory.duration * Double(sample) / Double(samples)
      var (q, velocity) = (robot.model.zeroPosition, none)
      var acceleration = none
      for joint in indices.indices {
        let setpoint = trajectory.setpoint(joint: joint, at: time)
        q[places[joint]] = setpoint.position
        velocity[indices[joint]] = setpoint.velocity
        acceleration[indices[joint]] = setpoint.acceleration
      }
      let (rest, whole) = (torques(q, none, none), torques(q, velocity, acceleration))
      for joint in indices.indices {
        let index = indices[joint]
        let share = share(
          joint, along: whole[index] - rest[index], square: 0, gravity: rest[index],
          velocity: velocity[index])
        factor = max(factor, share.stretch(speed: 0, acceleration: 1))
      }
    }
    return factor
  }

  private func share(
    _ joint: Int, along: Double, square: Double, gravity: Double, velocity: Double
  ) -> Share {
    let direction = velocity > 0 ? 1.0 : velocity < 0 ? -1.0 : 0.0
    let rest = gravity + direction * robot.joints[joint].actuator.reducer.coulombFriction
    return Share(
      along: along, square: square, rest: rest, limit: max(limits[joint], Self.leastRoom * abs(rest)))
  }

  private func torques(_ q: [Double], _ v: [Double], _ a: [Double]) -> [Double] {
    var torque = [Double](repeating: 0, count: robot.model.velocityCount)
    inverseDynamics(robot.model.kernel, data.workspace, q: q, v: v, a: a, into: &torque)
    return torque
  }
}
