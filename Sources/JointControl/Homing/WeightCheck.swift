internal import ControlCycle
internal import RigidBody

/// Whether the torques of a robot at rest are those that its model says hold it up where it believes to be.
///
/// A wrong zero shows as a load that does not fit. What friction may hold, and what a reducer loses, cannot be told from load; a
/// joint whose load would be the same a turn further is `blind`, and the check says so.
public struct WeightCheck: Sendable, Equatable {
  /// What the torque of a joint says of its zero.
  public enum Verdict: String, Sendable {
    /// It fits the model, and would not with a wrong zero.
    case fits
    /// It fits, and would as well with a wrong zero.
    case blind
    /// It does not fit.
    case contradicts
  }
  /// One joint.
  public struct Joint: Sendable, Equatable {
    /// What it says.
    public var verdict: Verdict
    /// Torque measured [N.m].
    public var measured: Double
    /// Torque that the model asks for [N.m].
    public var expected: Double
    /// How far apart they may be [N.m].
    public var tolerance: Double
  }
  /// By joint.
  public var joints: [Joint]

  /// Part of the model's torque that a torque constant and masses may be off.
  static let share = 0.15
  /// Part of a joint's torque limit that a torque sensor's zero may be off.
  static let floor = 0.01

  /// Checks.
  ///
  /// - Parameters:
  ///   - robot: the robot.
  ///   - positions: where its joints believe to be, at rest [rad].
  ///   - torques: what its drives report [N.m].
  ///   - steps: how far each zero may be wrong [rad]: a turn of the rotor for saved turns.
  public init(_ robot: Robot, positions: [Double], torques: [Double], steps: [Double]) {
    let data = ModelData(robot.model)
    let expected = Self.weights(robot, data, positions)
    joints = robot.joints.indices.map { index in
      let joint = robot.joints[index]
      let place = joint.configuration.velocityIndex
      let reducer = joint.actuator.reducer
      let loss = reducer.efficiency > 0 ? 1 / reducer.efficiency - 1 : 1
      let tolerance =
        reducer.coulombFriction + (loss + Self.share) * expected[place].magnitude
        + Self.floor * joint.configuration.limits.torque
      let isFitting = (torques[index] - expected[place]).magnitude <= tolerance
      var verdict = isFitting ? Verdict.fits : .contradicts
      if isFitting {
        let seen = [-1.0, 1].allSatisfy { side in
          var wrong = positions
          wrong[index] += side * steps[index]
          return (Self.weights(robot, data, wrong)[place] - expected[place]).magnitude > 2 * tolerance
        }
        if !seen { verdict = .blind }
      }
      return Joint(
        verdict: verdict, measured: torques[index], expected: expected[place], tolerance: tolerance)
    }
  }

  private static func weights(_ robot: Robot, _ data: ModelData, _ positions: [Double]) -> [Double] {
    var pose = [Double](repeating: 0, count: robot.model.positionCount)
    for (joint, position) in zip(robot.joints, positions) {
      pose[joint.configuration.velocityIndex] = position
    }
    return gravity(robot.model, data, q: pose)
  }
}
