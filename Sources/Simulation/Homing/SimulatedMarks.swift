public import JointControl

/// Marks on the joints of a simulated robot: each is on for `width` from where its plan says that it is.
public struct SimulatedMarks: HomingMarks, ~Copyable {
  /// How wide a mark is unless it is given [rad].
  public static let standardWidth = 0.05
  private let robot: SimulatedRobot
  private let plans: [HomingPlan?]
  private let width: Double

  /// The marks of index searches.
  ///
  /// - Parameters:
  ///   - robot: whose joints carry them.
  ///   - plans: what says where they are, by joint.
  ///   - width: how wide each is [rad].
  public init(_ robot: SimulatedRobot, plans: [HomingPlan?], width: Double = SimulatedMarks.standardWidth) {
    self.robot = robot
    self.plans = plans
    self.width = width
  }

  /// Whether the joint really is on its mark.
  public func isOnMark(_ joint: Int) -> Bool {
    guard let plan = plans[joint], plan.method == .index else { return false }
    let beyond = (robot.position(of: joint) - plan.mark) * plan.direction
    return beyond >= 0 && beyond <= width
  }
}

/// How a robot is found at power-up when nobody knows where its joints are.
public struct UnknownPose: Sendable, Equatable {
  /// Where the joints are [rad].
  public var positions: [Double]
  /// How far each drive's position is off [rad].
  public var offsets: [Double]

  /// Draws a pose between the limits, and zeros that are off: by whole turns of the rotor where turns are saved, by any angle where a
  /// joint is to search.
  ///
  /// - Parameters:
  ///   - robot: the robot.
  ///   - plans: what homes which joint; the others stand at home, with their zero right.
  ///   - seed: where the random stream starts.
  ///   - margin: how far from its limits a joint stands at least [rad].
  public init(_ robot: Robot, plans: [HomingPlan?], seed: UInt64, margin: Double = 0.1) {
    var random = RandomStream(seed: seed, stream: 0x484F_4D45)
    positions = []
    offsets = []
    for (joint, plan) in zip(robot.joints, plans) {
      let limits = joint.configuration.limits
      let room = max(0, limits.maxPosition - limits.minPosition - 2 * margin)
      let part = random.uniform()
      let off = 2 * random.uniform() - 1
      guard let plan else {
        positions.append(joint.home)
        offsets.append(0)
        continue
      }
      positions.append(limits.minPosition + margin + part * room)
      switch plan.method {
      case .saved: offsets.append((3 * off).rounded() * joint.turnPitch)
      case .index, .stop: offsets.append(off * Double.pi)
      }
    }
  }

  /// Puts a simulated robot there.
  public func apply(to robot: SimulatedRobot) {
    for joint in positions.indices {
      robot.setState(of: joint, position: positions[joint], velocity: 0)
      var condition = robot.condition(of: joint)
      condition.encoderOffset += offsets[joint]
      robot.setCondition(condition, of: joint)
    }
  }
}
