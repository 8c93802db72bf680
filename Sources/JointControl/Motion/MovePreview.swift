import ControlCycle

/// What a program of moves would be, without a robot: the same player, cycle by cycle, from a pose at rest.
public struct MovePreview: Sendable {
  /// What a joint would do.
  public struct Joint: Sendable {
    /// Lowest and highest position [rad].
    public var minPosition, maxPosition: Double
    /// Highest velocity [rad/s], acceleration [rad/s^2] and jerk [rad/s^3] of either sign; jerk between cycles.
    public var velocity = 0.0, acceleration = 0.0, jerk = 0.0
    /// Where it ends [rad].
    public var end: Double
    /// The limits that it comes up to.
    public var touched: [Limit] = []

    /// Whether it moves at all.
    public var moves: Bool { maxPosition > minPosition }
  }
  /// A limit of a joint.
  public enum Limit: String, Sendable {
    /// The share of the velocity or acceleration limit that the verb uses.
    case velocity, acceleration
    /// Within a thousandth of a radian of a bound.
    case position
  }

  /// Time from the start to rest [s].
  public private(set) var duration = 0.0
  /// What each joint would do.
  public private(set) var joints: [Joint]
  /// What would become of each step.
  public private(set) var records: [MovePlayer.Record] = []
  /// Times of the samples [s].
  public private(set) var times: [Double] = []
  /// Positions at these times [rad], by joint.
  public private(set) var positions: [[Double]]
  /// Velocities at these times [rad/s], by joint.
  public private(set) var velocities: [[Double]]

  /// Longest program that is looked at [s].
  static let longest = 3600.0
  /// Most samples that are kept.
  static let mostSamples = 2000

  /// Plays a program that has no objections.
  ///
  /// - Parameters:
  ///   - program: what is done.
  ///   - robot: the robot.
  ///   - start: position of each joint at the start [rad]; home without.
  public init(_ program: MoveProgram, robot: Robot, from start: [Double]? = nil) {
    let origin = start ?? robot.joints.map(\.home)
    joints = origin.map { Joint(minPosition: $0, maxPosition: $0, end: $0) }
    positions = Array(repeating: [], count: origin.count)
    velocities = positions
    var player = MovePlayer(program, robot: robot)
    player.begin(at: origin)
    var setpoints = SetpointBuffer()
    let period = Double(robot.period) * 1e-9
    var accelerations = [Double](repeating: 0, count: origin.count)
    var stride = 1
    var cycle = 0
    var isOver = false
    while !isOver && Double(cycle) * period < Self.longest {
      duration = Double(cycle) * period
      isOver = player.next(at: duration, into: &setpoints)
      for index in joints.indices {
        include(setpoints.joints[index], joint: index, before: accelerations[index], period: period)
        accelerations[index] = setpoints.joints[index].acceleration
      }
      if cycle % stride == 0 || isOver {
        keep(setpoints)
        if times.count >= Self.mostSamples {
          thin()
          stride *= 2
        }
      }
      cycle += 1
    }
    records = player.records
    note(program.steps.map(\.speed).max() ?? 1, robot: robot)
  }

  private mutating func include(
    _ setpoint: JointSetpoint, joint: Int, before acceleration: Double, period: Double
  ) {
    joints[joint].minPosition = min(joints[joint].minPosition, setpoint.position)
    joints[joint].maxPosition = max(joints[joint].maxPosition, setpoint.position)
    joints[joint].velocity = max(joints[joint].velocity, abs(setpoint.velocity))
    joints[joint].acceleration = max(joints[joint].acceleration, abs(setpoint.acceleration))
    joints[joint].jerk = max(joints[joint].jerk, abs(setpoint.acceleration - acceleration) / period)
    joints[joint].end = setpoint.position
  }

  private mutating func keep(_ setpoints: borrowing SetpointBuffer) {
    times.append(duration)
    for joint in joints.indices {
      positions[joint].append(setpoints.joints[joint].position)
      velocities[joint].append(setpoints.joints[joint].velocity)
    }
  }

  /// Drops every other sample.
  private mutating func thin() {
    func half(_ values: [Double]) -> [Double] {
      values.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    }
    times = half(times)
    positions = positions.map(half)
    velocities = velocities.map(half)
  }

  private mutating func note(_ speed: Double, robot: Robot) {
    for (index, joint) in robot.joints.enumerated() where joints[index].moves {
      let limits = joint.configuration.limits
      if joints[index].velocity >= 0.999 * speed * limits.velocity { joints[index].touched.append(.velocity) }
      if joints[index].acceleration >= 0.999 * speed * limits.acceleration {
        joints[index].touched.append(.acceleration)
      }
      if joints[index].minPosition <= limits.minPosition + 0.001
        || joints[index].maxPosition >= limits.maxPosition - 0.001
      {
        joints[index].touched.append(.position)
      }
    }
  }
}
