public import ControlCycle

/// Arms a robot, takes it to the start of a trajectory, plays it, brakes, relaxes and disarms.
///
/// Without a trajectory it holds the pose in which the robot was armed; in place of one it plays a program of moves.
public struct MotionPlayer: SetpointSource, ~Copyable {
  /// What the player is doing.
  public enum Phase: Sendable {
    /// Waiting for the drives to be on and the gains up.
    case arming
    /// Moving from the armed pose to the trajectory's start.
    case approaching
    /// Following the trajectory.
    case playing
    /// Braking to rest.
    case stopping
    /// Damping only, before the drives go off.
    case relaxing
    /// Drives off.
    case finished
  }
  /// What the player is doing.
  public private(set) var phase = Phase.arming
  /// Whether the robot is told first that its drives were brought up again.
  private var recovers: Bool
  /// Set to end the run early with a controlled stop; looked at every cycle.
  public var isStopRequested = false

  /// Share of the velocity and acceleration limits the approach uses.
  static let approachShare = 0.25

  private let trajectory: Trajectory
  private let isHolding: Bool
  private let limits: [JointLimits]
  private let runTime: Double
  private var moves: MovePlayer?
  private var watch: CollisionWatch?
  private let reaction: CollisionReaction
  private let usualLevel: Double
  /// The collision that ended the run, if one did.
  public private(set) var collision: Collision?
  private var origin: InlineArray<64, Double>
  private var goal: InlineArray<64, Double>
  private var approachTime = 0.0
  private var phaseStart: Int64 = 0
  private var armedAt: Int64 = 0

  /// A player.
  ///
  /// Without a `motion` it holds the armed pose. `runTime` is the time after arming at which to stop [s]; nil ends
  /// with the motion. With `recovers` the first cycle tells the core that every drive was brought up again after a loss.
  public init(_ motion: Motion?, robot: Robot, runTime: Double?, recovers: Bool = false) {
    self.recovers = recovers
    limits = robot.joints.map(\.configuration.limits)
    let pose = Motion(name: "hold", points: [Motion.Point(time: 0, positions: robot.joints.map(\.home))])
    trajectory = Trajectory(motion ?? pose, jointCount: robot.joints.count)
    isHolding = motion == nil
    self.runTime = runTime ?? .infinity
    reaction = robot.collision ?? CollisionReaction(level: 1)
    usualLevel = robot.collision?.level ?? 0
    if usualLevel > 0 && CollisionWatch.suits(robot) { watch = CollisionWatch(robot) }
    origin = InlineArray(repeating: 0)
    goal = InlineArray(repeating: 0)
  }

  /// A player of a program of moves that has no objections for the robot, from the pose in which it is armed.
  ///
  /// `runTime` is the time after arming at which to stop [s]; nil ends with the program.
  public init(_ program: MoveProgram, robot: Robot, runTime: Double?, recovers: Bool = false) {
    self.init(nil, robot: robot, runTime: runTime, recovers: recovers)
    moves = MovePlayer(program, robot: robot)
    let isWatched = program.steps.contains {
      if case .collision(let level) = $0.verb { level > 0 } else { false }
    }
    if isWatched && watch == nil { watch = CollisionWatch(robot) }
  }

  /// What became of each step of the program of moves; empty without one.
  public var moveRecords: [MovePlayer.Record] {
    switch moves {
    case .none: []
    case .some(let moves): moves.records
    }
  }

  /// What was led by hand, of the newest step that kept it; nil where none did.
  public var taught: TaughtMotion? {
    switch moves {
    case .none: nil
    case .some(let moves): moves.lesson.motion
    }
  }

  /// Sets the setpoints of the present phase and moves on to the next one when it is over.
  public mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    if recovers {
      recovers = false
      phaseStart = cycle.time
      return Directive(.recover)
    }
    let elapsed = Double(cycle.time - phaseStart) * 1e-9
    let isFaulted = control.safety.fault.isLatched
    if phase != .finished && phase != .relaxing && phase != .stopping
      && (isFaulted || isStopRequested
        || (phase != .arming && Double(cycle.time - armedAt) * 1e-9 >= runTime))
    {
      if phase == .playing { moves?.cutOff(at: elapsed) }
      enter(.stopping, cycle)
    }
    react(to: touched(cycle, control), cycle, elapsed: elapsed)
    if phase != .playing { moves?.askLaws(into: &setpoints) }
    switch phase {
    case .arming:
      if control.safety.state == .armed {
        armedAt = cycle.time
        moves?.begin(from: control)
        prepareApproach(from: control)
        enter(.approaching, cycle)
      }
      return Directive(.arm)
    case .approaching:
      for joint in 0..<limits.count { setpoints.joints[joint] = approach(joint, at: elapsed) }
      setpoints.sequence += 1
      if elapsed >= approachTime { enter(.playing, cycle) }
      return Directive(.arm)
    case .playing:
      moves?.look(at: control)
      if let isOver = moves?.next(at: elapsed, into: &setpoints) {
        setpoints.sequence += 1
        if isOver && (runTime == .infinity || collision != nil) { enter(.stopping, cycle) }
        return Directive(.arm)
      }
      if !isHolding {
        trajectory.sample(at: elapsed, into: &setpoints)
      }
      setpoints.sequence += 1
      if !isHolding && elapsed >= trajectory.duration && runTime == .infinity { enter(.stopping, cycle) }
      return Directive(.arm)
    case .stopping:
      if RunEnding.stands(elapsed, control) { enter(.relaxing, cycle) }
      return Directive(.stop)
    case .relaxing:
      if RunEnding.isRelaxed(elapsed) { enter(.finished, cycle) }
      return Directive(.relax)
    case .finished: return RunEnding.off(elapsed, cycle)
    }
  }

  /// A collision in this cycle, if there is one.
  private mutating func touched(_ cycle: Cycle, _ control: borrowing ControlCycle) -> Collision? {
    var level = 0.0
    if collision == nil && (phase == .approaching || phase == .playing) {
      level = usualLevel
      if let said = moves?.collisionLevel { level = said }
      // Whoever leads a joint pushes it.
      if let isLed = moves?.isTeaching, isLed { level = 0 }
    }
    watch?.set(level: level, control: control)
    return watch?.look(cycle, control: control) ?? nil
  }

  /// Stops as the robot's category says.
  private mutating func react(to found: Collision?, _ cycle: Cycle, elapsed: Double) {
    guard let found else { return }
    collision = found
    let isPlaying = phase == .playing
    switch reaction.stop {
    case .zero:
      if isPlaying { moves?.cutOff(at: elapsed) }
      enter(.finished, cycle)
    case .two where isPlaying && moves != nil: moves?.halt(at: elapsed)
    case .one, .two:
      if isPlaying { moves?.cutOff(at: elapsed) }
      enter(.stopping, cycle)
    }
  }

  private mutating func enter(_ next: Phase, _ cycle: Cycle) {
    phase = next
    phaseStart = cycle.time
  }

  /// Rest-to-rest quintic: peak velocity 1.875 D/T, peak acceleration 5.7735 D/T^2.
  private mutating func prepareApproach(from control: borrowing ControlCycle) {
    approachTime = 0
    for joint in 0..<limits.count {
      origin[joint] = control.motions[joint].position
      goal[joint] = isHolding ? origin[joint] : trajectory.setpoint(joint: joint, at: 0).position
      let distance = abs(goal[joint] - origin[joint])
      let byVelocity = 1.875 * distance / (Self.approachShare * limits[joint].velocity)
      let byAcceleration =
        (5.7735 * distance / (Self.approachShare * limits[joint].acceleration)).squareRoot()
      approachTime = max(approachTime, byVelocity, byAcceleration)
    }
  }

  private func approach(_ joint: Int, at time: Double) -> JointSetpoint {
    guard approachTime > 0 && time < approachTime else { return JointSetpoint(position: goal[joint]) }
    let distance = goal[joint] - origin[joint]
    let s = time / approachTime
    let blend = s * s * s * (10 + s * (-15 + 6 * s))
    let rate = s * s * (30 + s * (-60 + 30 * s)) / approachTime
    let bend = s * (60 + s * (-180 + 120 * s)) / (approachTime * approachTime)
    return JointSetpoint(
      position: origin[joint] + distance * blend, velocity: distance * rate,
      acceleration: distance * bend)
  }
}
