public import ControlCycle

/// What a robot is told to do, verb by verb.
public struct MoveProgram: Sendable {
  /// One verb, and when.
  public struct Step: Sendable {
    /// What is done.
    public var verb: MoveVerb
    /// Share of the joints' velocity and acceleration limits that it uses, above 0 and at most 1.
    public var speed: Double
    /// Time since the program's start at which it begins, whatever is under way [s]; nil after the step before.
    public var start: Double?

    /// A step.
    public init(_ verb: MoveVerb, speed: Double = Self.usualSpeed, at start: Double? = nil) {
      self.verb = verb
      self.speed = speed
      self.start = start
    }

    /// The share of the limits that is used where nothing is said.
    public static let usualSpeed = 0.25
  }

  /// The program's name.
  public var name: String
  /// What is done, in order.
  public var steps: [Step]
  /// Time in which acceleration may rise from nothing to what is used of its limit, which bounds the jerk [s].
  public var riseTime: Double

  /// A program.
  public init(name: String, steps: [Step], riseTime: Double = Self.usualRiseTime) {
    self.name = name
    self.steps = steps
    self.riseTime = riseTime
  }

  /// The rise time where nothing is said [s].
  public static let usualRiseTime = 0.05
}

/// A motion verb.
public enum MoveVerb: Sendable {
  /// Each joint goes to its target, by the robot's order [rad]; those without one go on to where they were going.
  case joints([Double?], JointSynchronization)
  /// A motion through time, from its first point, to which the joints go first.
  case motion(Motion)
  /// The joints follow targets that come one after the other.
  case stream(TargetStream)
  /// Joints are led by hand.
  case teach(HandTeaching)
  /// All joints come to rest.
  case stop(StopCategory)
  /// Nothing new for a while [s].
  case wait(Double)
  /// All joints come to rest and hold; until `unlock` every motion is refused.
  case lock
  /// Motion is allowed again.
  case unlock
  /// From now on a torque from outside beyond this part of a joint's torque limit is a collision; 0 is none.
  case collision(Double)

  /// The verb in a word.
  public var word: String {
    switch self {
    case .joints: "movej"
    case .motion(let motion): motion.name
    case .stream(let stream): stream.word
    case .teach: "teach"
    case .stop: "stop"
    case .wait: "wait"
    case .lock: "lock"
    case .unlock: "unlock"
    case .collision: "collision"
    }
  }

  /// Whether it moves joints.
  var isMotion: Bool {
    switch self {
    case .joints, .motion, .stream, .teach: true
    case .stop, .wait, .lock, .unlock, .collision: false
    }
  }
}

extension MoveProgram {
  /// Makes every step that looks for collisions one that does not.
  package mutating func ignoreCollisions() {
    for index in steps.indices {
      if case .collision = steps[index].verb { steps[index].verb = .collision(0) }
    }
  }
}

/// Why a program is not played.
public struct MoveError: Error, Sendable, Equatable {
  /// Number of the step, from 1.
  public var step: Int
  /// What is wrong.
  public var message: String
  /// What to do about it.
  public var fix: String

  /// An objection.
  public init(step: Int, message: String, fix: String) {
    self.step = step
    self.message = message
    self.fix = fix
  }
}

extension MoveProgram {
  /// What is wrong with the program for a robot; empty for one that can be played.
  ///
  /// Targets and motions must lie within position limits, and motions within those of velocity and acceleration, all along:
  /// what would leave them is refused here. What a change of target on the way would make of a motion is seen to in the cycle.
  public func objections(for robot: Robot) -> [MoveError] {
    var found: [MoveError] = []
    var isLocked = false
    var last = 0.0
    if !(riseTime > 0 && riseTime <= 10) {
      found.append(
        MoveError(step: 1, message: "the rise time is \(riseTime) s", fix: "choose one above 0, at most 10"))
    }
    for (index, step) in steps.enumerated() {
      func object(_ message: String, _ fix: String) {
        found.append(MoveError(step: index + 1, message: message, fix: fix))
      }
      if !(step.speed > 0 && step.speed <= 1) {
        object("the speed is \(step.speed) of the limits", "choose one above 0, at most 1")
      }
      if let start = step.start {
        if !(start >= last && start <= 1e5) {
          object("it is to begin at \(start) s, not after the step before", "let times increase")
        }
        last = start
      }
      if isLocked && step.verb.isMotion {
        object("\(step.verb.word) is refused: the joints are locked", "put unlock before it")
      }
      switch step.verb {
      case .joints(let targets, _): found += Self.objections(to: targets, of: robot, step: index + 1)
      case .motion(let motion): found += Self.objections(to: motion, of: robot, step: index + 1)
      case .stream(let stream):
        found += Self.objections(to: stream, of: robot, step: index + 1, speed: step.speed)
      case .teach(let teaching):
        for objection in teaching.objections(for: robot) { object(objection.message, objection.fix) }
      case .wait(let time):
        if !(time >= 0 && time <= 1e5) { object("it waits for \(time) s", "choose 0 to 100000") }
      case .lock: isLocked = true
      case .unlock: isLocked = false
      case .collision(let level):
        if !(level >= 0 && level <= 1) {
          object(
            "a collision's level is \(level) of the torque limits",
            "choose one above 0, at most 1, or 0 for none")
        }
        if level > 0 && !CollisionWatch.suits(robot) {
          object("collisions cannot be noticed: the model's base is free", "use level 0")
        }
      case .stop: break
      }
    }
    return found
  }

  private static func objections(
    to stream: TargetStream, of robot: Robot, step: Int, speed: Double
  ) -> [MoveError] {
    guard stream.patience > 0 && stream.patience <= 3600 else {
      return [
        MoveError(
          step: step, message: "\(stream.word) waits \(stream.patience) s for a target",
          fix: "choose a watchdog above 0, at most 3600 s")
      ]
    }
    guard case .listed(let targets) = stream.source else { return [] }
    var found: [MoveError] = []
    var last = 0.0
    for (number, target) in targets.enumerated() {
      if !(target.time >= last && target.time <= 1e5) {
        found.append(
          MoveError(
            step: step,
            message: "target \(number + 1) has the time \(target.time) s, not after the one before",
            fix: "let times increase from 0"))
      }
      last = target.time
      if let objection = target.objection(of: stream.quantity, speed: speed, robot: robot) {
        found.append(
          MoveError(step: step, message: "target \(number + 1): \(objection.message)", fix: objection.fix))
      }
      if found.count >= 20 { break }
    }
    return found
  }

  private static func objections(to targets: [Double?], of robot: Robot, step: Int) -> [MoveError] {
    var found: [MoveError] = []
    for (joint, target) in zip(robot.joints, targets) {
      guard let target else { continue }
      let limits = joint.configuration.limits
      guard !(target >= limits.minPosition && target <= limits.maxPosition) else { continue }
      let nearest = target > limits.maxPosition ? limits.maxPosition : limits.minPosition
      found.append(
        MoveError(
          step: step,
          message: "\(joint.name) is to go to \(target) rad, outside its limits \(limits.minPosition) to "
            + "\(limits.maxPosition)",
          fix: "go no further than \(nearest)"))
    }
    return found
  }

  /// Looks at a motion every millisecond: what a spline does between its points counts as well.
  private static func objections(to motion: Motion, of robot: Robot, step: Int) -> [MoveError] {
    let count = robot.joints.count
    guard !motion.points.isEmpty, motion.points.allSatisfy({ $0.positions.count == count }) else {
      return [
        MoveError(
          step: step, message: "the motion is not one of \(count) joints", fix: "name the robot's joints")
      ]
    }
    for point in [motion.points[0], motion.points[motion.points.count - 1]] {
      for (joint, velocity) in zip(robot.joints, point.velocities ?? []) where velocity != 0 {
        return [
          MoveError(
            step: step, message: "\(joint.name) is not at rest where the motion begins or ends",
            fix: "let it begin and end with velocity 0")
        ]
      }
    }
    let trajectory = Trajectory(motion, jointCount: count)
    var found: [MoveError] = []
    let samples = max(1, Int((trajectory.duration / 0.001).rounded(.up)))
    for (index, joint) in robot.joints.enumerated() {
      let limits = joint.configuration.limits
      for sample in 0...samples {
        let time = min(Double(sample) * 0.001, trajectory.duration)
        guard let objection = limits.objection(to: trajectory.setpoint(joint: index, at: time)) else {
          continue
        }
        found.append(
          MoveError(
            step: step, message: "\(joint.name) has \(objection.message) at \(time) s", fix: objection.fix))
        break
      }
    }
    return found
  }
}

extension JointLimits {
  /// What a setpoint is beyond, if anything; a billionth more than a limit is what rounding makes.
  func objection(to setpoint: JointSetpoint) -> (message: String, fix: String)? {
    let room = 1e-9
    if setpoint.position > maxPosition + room || setpoint.position < minPosition - room {
      return (
        "position \(setpoint.position) rad, outside its limits \(minPosition) to \(maxPosition)",
        "move a point of the motion inward"
      )
    }
    if abs(setpoint.velocity) > velocity * (1 + room) {
      return (
        "velocity \(setpoint.velocity) rad/s, beyond its limit \(velocity)", "let the motion take longer"
      )
    }
    if abs(setpoint.acceleration) > acceleration * (1 + room) {
      return (
        "acceleration \(setpoint.acceleration) rad/s^2, beyond its limit \(acceleration)",
        "let the motion take longer"
      )
    }
    return nil
  }
}
