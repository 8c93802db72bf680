public import LaneMath

/// How the joints of a trajectory wait for each other.
public enum JointSynchronization: BitwiseCopyable, Sendable {
  /// All arrive when the slowest can.
  case time
  /// All move along a straight line where starts and targets lie on one, else as `time`.
  case phase
  /// Each arrives as soon as it can.
  case none
}

/// What becomes of a request for a trajectory.
public enum TrajectoryVerdict: BitwiseCopyable, Sendable {
  /// The trajectory is in force.
  case planned
  /// A start, a target or a duration is not finite.
  case notFinite
  /// Limits leave no room: a velocity or acceleration limit on the wrong side of zero, or a jerk that is not positive.
  case unusableLimits
  /// A target's velocity or acceleration is beyond the limits, or was reached from beyond them.
  case targetBeyondLimits
  /// Numbers of a joint differ so much in size that a motion made of doubles would miss its target.
  case imprecise
  /// The motion would pass a position limit that the joint is inside of now.
  case exceedsPositionLimit

  /// Whether the trajectory is in force.
  public var isPlanned: Bool {
    @_noLocks get {
      switch self {
      case .planned: true
      default: false
      }
    }
  }
}

/// Plans trajectories of up to 64 joints from any state to any state, time-optimal and limited in jerk, in the cycle.
///
/// Set `starts` to the motion commanded now (`state(_:at:)`), `targets` and `limits`, and call `plan`. What is refused
/// leaves the trajectory in force as it was. The least time is that of the slowest joint, moved out of the times no
/// joint can make (`ReachableTimes`); a joint that has time left makes a motion for exactly that time.
///
/// Nothing allocates after `init`, and the number of steps is bounded.
public struct TrajectoryGenerator: ~Copyable {
  /// Number of joints.
  public let jointCount: Int
  /// Limits of each joint.
  public var limits: FixedArray<KinematicLimits>
  /// State of each joint in which the next trajectory begins.
  public var starts: FixedArray<KinematicState>
  /// State of each joint in which the next trajectory ends; its position is ignored by `planVelocity`.
  public var targets: FixedArray<KinematicState>
  /// Time of the trajectory in force until the last joint arrives [s].
  public private(set) var duration = 0.0
  /// The joint that the last refusal is about, or that took the longest alone.
  public internal(set) var decidingJoint = 0
  /// Largest error of any joint's last planned end, by position [rad], velocity [rad/s] and acceleration [rad/s^2].
  ///
  /// What the pieces, added up from the start, miss the target by; the trajectory itself ends in the target.
  public internal(set) var residual = KinematicState()

  /// Whether every joint's last planned motion ends in its target.
  private var isExact = true
  var plans: FixedArray<JointPlan>
  var segments: MotionSegments

  /// Takes over the memory; see `init(jointCount:)`.
  init(
    limits: consuming FixedArray<KinematicLimits>, starts: consuming FixedArray<KinematicState>,
    targets: consuming FixedArray<KinematicState>, plans: consuming FixedArray<JointPlan>,
    segments: consuming MotionSegments, jointCount: Int
  ) {
    self.jointCount = jointCount
    self.limits = limits
    self.starts = starts
    self.targets = targets
    self.plans = plans
    self.segments = segments
  }
}

extension TrajectoryGenerator {
  /// Plans a trajectory to the targets' positions, velocities and accelerations.
  ///
  /// - Parameters:
  ///   - synchronization: how the joints wait for each other.
  ///   - least: shortest duration that is wanted [s].
  /// - Returns: `planned`, or why not; then `decidingJoint` says which joint.
  @_noLocks public mutating func plan(
    _ synchronization: JointSynchronization = .time, taking least: Double = 0
  ) -> TrajectoryVerdict { make(synchronization, least, isVelocityOnly: false) }

  /// Plans a trajectory to the targets' velocities and accelerations, wherever that is; velocity limits do not count.
  ///
  /// - Parameters:
  ///   - synchronization: how the joints wait for each other; there are no straight lines.
  ///   - least: shortest duration that is wanted [s].
  /// - Returns: `planned`, or why not; then `decidingJoint` says which joint.
  @_noLocks public mutating func planVelocity(
    _ synchronization: JointSynchronization = .time, taking least: Double = 0
  ) -> TrajectoryVerdict { make(synchronization, least, isVelocityOnly: true) }

  /// State of a joint at `time` [s] since the start of the trajectory in force.
  ///
  /// After the end the joint goes on with the acceleration of its target.
  @_noLocks public func state(_ joint: Int, at time: Double) -> KinematicState {
    segments.state(joint, at: time)
  }

  /// When a joint of the trajectory in force arrives [s].
  @_noLocks public func arrival(_ joint: Int) -> Double { segments.end(joint) }

  /// Plans every joint's own stop, whatever its position limits.
  @_noLocks mutating func planFreeStop() -> TrajectoryVerdict {
    make(.none, 0, isVelocityOnly: true, isPositionChecked: false)
  }

  @_noLocks private mutating func make(
    _ synchronization: JointSynchronization, _ least: Double, isVelocityOnly: Bool,
    isPositionChecked: Bool = true
  ) -> TrajectoryVerdict {
    let problem = check(least, isVelocityOnly: isVelocityOnly)
    guard problem.isPlanned else { return problem }
    residual = KinematicState()
    isExact = true
    var isPhase = false
    var isFree = false
    switch synchronization {
    case .phase: isPhase = !isVelocityOnly
    case .none: isFree = true
    case .time: break
    }
    var time = -1.0
    if isPhase { time = planLine(taking: least) }
    if time < 0 {
      time = planJoints(least, isVelocityOnly: isVelocityOnly, isFree: isFree)
    }
    guard time.isFinite && isExact else { return .imprecise }
    guard !isPositionChecked || isInsidePositionLimits() else { return .exceedsPositionLimit }
    segments.current = 1 &- segments.current
    duration = time
    return .planned
  }

  /// The least common time, and the motions of all joints for it.
  @_noLocks private mutating func planJoints(_ least: Double, isVelocityOnly: Bool, isFree: Bool) -> Double {
    var time = least
    for joint in 0..<jointCount {
      plans[joint] = JointPlan(
        from: starts[joint], to: targets[joint], within: limits[joint], isVelocityOnly: isVelocityOnly)
      if plans[joint].earliest > time {
        time = plans[joint].earliest
        decidingJoint = joint
      }
    }
    if !isFree { time = common(from: time) }
    var end = time
    for joint in 0..<jointCount {
      let arrival = isFree ? plans[joint].earliest(after: least) : time
      end = larger(end, arrival)
      let state = segments.write(plans[joint], of: joint, from: starts[joint], arrivingAt: arrival)
      note(state, of: joint, isVelocityOnly: isVelocityOnly)
    }
    return end
  }

  /// The first time from `time` on that every joint can make.
  @_noLocks private func common(from time: Double) -> Double {
    var time = time
    var joint = 0
    var agreed = 0
    var turns = 0
    // Each joint has a bounded number of gaps, so this ends; the bound only keeps rounding from going on for ever.
    while agreed < jointCount && turns < 16 * jointCount + 16 {
      turns &+= 1
      let next = plans[joint].earliest == time ? time : plans[joint].earliest(after: time)
      if next > time * (1 + 1e-15) {
        time = next
        agreed = 0
      }
      agreed &+= 1
      joint = joint &+ 1 == jointCount ? 0 : joint &+ 1
    }
    return time
  }

  /// Takes note of what the pieces of a joint's motion miss its target by; what is not a number misses it.
  @_noLocks mutating func note(_ state: KinematicState, of joint: Int, isVelocityOnly: Bool) {
    let (start, target, bounds) = (starts[joint], targets[joint], limits[joint])
    let position = isVelocityOnly ? 0 : magnitude(state.position - target.position)
    let velocity = magnitude(state.velocity - target.velocity)
    let acceleration = bounds.jerk.isFinite ? magnitude(state.acceleration - target.acceleration) : 0
    residual.position = larger(residual.position, position)
    residual.velocity = larger(residual.velocity, velocity)
    residual.acceleration = larger(residual.acceleration, acceleration)
    let reach = magnitude(start.position) + magnitude(target.position)
    let speed = magnitude(start.velocity) + bounds.maxVelocity - bounds.minVelocity
    let effort = magnitude(start.acceleration) + bounds.maxAcceleration - bounds.minAcceleration
    if !(position <= 1e-8 + 1e-9 * reach && velocity <= 1e-8 + 1e-9 * speed
      && acceleration <= 1e-8 + 1e-9 * effort)
    {
      isExact = false
      decidingJoint = joint
    }
  }
}

extension TrajectoryGenerator {
  /// Whether numbers and limits of all joints are fit to plan with.
  @_noLocks private mutating func check(_ least: Double, isVelocityOnly: Bool) -> TrajectoryVerdict {
    if !least.isFinite { return .notFinite }
    for joint in 0..<jointCount {
      decidingJoint = joint
      if !limits[joint].isUsable { return .unusableLimits }
      if !starts[joint].isFinite || !targets[joint].isFinite { return .notFinite }
      let (v, a, bounds) = (targets[joint].velocity, targets[joint].acceleration, limits[joint])
      if !bounds.jerk.isFinite {
        if v > bounds.maxVelocity || v < bounds.minVelocity { return .targetBeyondLimits }
        continue
      }
      if a > bounds.maxAcceleration || a < bounds.minAcceleration { return .targetBeyondLimits }
      if isVelocityOnly { continue }
      // Whoever arrives accelerating came from a slower velocity, at least by what the jerk needs.
      let before = v - a * magnitude(a) / (2 * bounds.jerk)
      let slack = 1e-12 * (bounds.maxVelocity - bounds.minVelocity)
      if larger(v, before) > bounds.maxVelocity + slack || smaller(v, before) < bounds.minVelocity - slack {
        return .targetBeyondLimits
      }
    }
    return .planned
  }

  /// Whether no joint passes a position limit that it is inside of at the start.
  @_noLocks private mutating func isInsidePositionLimits() -> Bool {
    for joint in 0..<jointCount {
      let bounds = limits[joint]
      if !bounds.minPosition.isFinite && !bounds.maxPosition.isFinite { continue }
      let range = segments.range(joint)
      let start = starts[joint].position
      if range.low < smaller(bounds.minPosition, start) - 1e-9
        || range.high > larger(bounds.maxPosition, start) + 1e-9
      {
        decidingJoint = joint
        return false
      }
    }
    return true
  }
}
