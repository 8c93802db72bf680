import ControlCycle

/// A line of `sinew motion profile`: joints with their states and limits, and how they wait for each other.
struct ProfileRequest {
  /// One joint by its name.
  struct Joint {
    var name: String
    var start: KinematicState
    var target: KinematicState
    var limits: KinematicLimits
  }

  /// What comes of it.
  struct Answer {
    var isPlanned: Bool
    var json: JSONValue
  }

  /// Most samples an answer holds.
  static let mostSamples = 100_000

  private(set) var joints: [Joint] = []
  private(set) var synchronization = JointSynchronization.time
  private(set) var isVelocityGoal = false
  private(set) var leastDuration = 0.0
  private(set) var samplePeriod: Double?

  /// Reads a line; throws a `FrameLines.Problem` that says what is wrong with it.
  init(_ line: String) throws {
    let root = try MotionFields.root(line)
    try MotionFields.check(
      root, knows: ["joints", "synchronization", "goal", "least_duration_s", "sample_period_s"], at: "")
    for (name, value) in try MotionFields.joints(root) { joints.append(try Self.joint(name, value)) }
    switch try MotionFields.word(root["synchronization"], "synchronization", of: ["time", "phase", "none"]) {
    case 1: synchronization = .phase
    case 2: synchronization = .none
    default: break
    }
    isVelocityGoal = try MotionFields.word(root["goal"], "goal", of: ["position", "velocity"]) == 1
    if let value = root["least_duration_s"] {
      leastDuration = try MotionFields.number(value, "\"least_duration_s\"")
    }
    if let value = root["sample_period_s"] {
      let period = try MotionFields.number(value, "\"sample_period_s\"")
      guard period > 0 else { throw FrameLines.Problem(message: "\"sample_period_s\" must be above zero") }
      samplePeriod = period
    }
  }

  /// Plans the motion.
  func answer() throws -> Answer {
    var generator = TrajectoryGenerator(jointCount: joints.count)
    for (index, joint) in joints.enumerated() {
      generator.starts[index] = joint.start
      generator.targets[index] = joint.target
      generator.limits[index] = joint.limits
    }
    let verdict =
      isVelocityGoal
      ? generator.planVelocity(synchronization, taking: leastDuration)
      : generator.plan(synchronization, taking: leastDuration)
    var members: [(String, JSONValue)] = [
      ("schema", "sinew.motion.profile/1"), ("verdict", .string(verdict.word)),
    ]
    guard verdict.isPlanned else {
      members.append(("joint", .string(joints[generator.decidingJoint].name)))
      return Answer(isPlanned: false, json: .object(members))
    }
    members.append(("duration_s", .number(generator.duration)))
    var results: [(String, JSONValue)] = []
    for index in joints.indices { results.append((joints[index].name, try result(of: index, generator))) }
    members.append(("joints", .object(results)))
    return Answer(isPlanned: true, json: .object(members))
  }

  /// Arrival, peaks and samples of a joint.
  private func result(of index: Int, _ generator: borrowing TrajectoryGenerator) throws -> JSONValue {
    let peaks = generator.peaks(index)
    var members: [(String, JSONValue)] = [
      ("arrival_s", .number(generator.arrival(index))),
      ("min_position_rad", .number(peaks.minPosition)), ("max_position_rad", .number(peaks.maxPosition)),
      ("min_velocity_rad_s", .number(peaks.minVelocity)), ("max_velocity_rad_s", .number(peaks.maxVelocity)),
      ("min_acceleration_rad_s2", .number(peaks.minAcceleration)),
      ("max_acceleration_rad_s2", .number(peaks.maxAcceleration)),
    ]
    if joints[index].limits.jerk.isFinite { members.append(("jerk_rad_s3", .number(peaks.jerk))) }
    guard let samplePeriod else { return .object(members) }
    let count = generator.duration / samplePeriod
    guard count * Double(joints.count) <= Double(Self.mostSamples) else {
      throw FrameLines.Problem(
        message: "\"sample_period_s\" makes more than \(Self.mostSamples) samples; write a longer one")
    }
    let states = (0...Int(count.rounded(.up))).map {
      generator.state(index, at: min(Double($0) * samplePeriod, generator.duration))
    }
    members.append(("position_rad", .array(states.map { .number($0.position) })))
    members.append(("velocity_rad_s", .array(states.map { .number($0.velocity) })))
    members.append(("acceleration_rad_s2", .array(states.map { .number($0.acceleration) })))
    return .object(members)
  }
}

extension ProfileRequest {
  private static func joint(_ name: String, _ value: Any) throws -> Joint {
    guard let object = value as? [String: Any] else {
      throw FrameLines.Problem(message: "joint \(name) must be an object")
    }
    try MotionFields.check(
      object, knows: ["start", "target", "velocity", "acceleration", "jerk", "position"],
      at: "joint \(name): ")
    let velocity = try pair(object["velocity"], "joint \(name): \"velocity\"")
    let acceleration = try pair(object["acceleration"], "joint \(name): \"acceleration\"")
    guard let velocity, let acceleration else {
      throw FrameLines.Problem(message: "joint \(name) needs the limits \"velocity\" and \"acceleration\"")
    }
    let position = try pair(object["position"], "joint \(name): \"position\"") ?? (-.infinity, .infinity)
    let jerk = try object["jerk"].map { try MotionFields.number($0, "joint \(name): \"jerk\"") } ?? .infinity
    return Joint(
      name: name, start: try state(object["start"], "joint \(name): \"start\""),
      target: try state(object["target"], "joint \(name): \"target\""),
      limits: KinematicLimits(
        minVelocity: velocity.0, maxVelocity: velocity.1, minAcceleration: acceleration.0,
        maxAcceleration: acceleration.1, jerk: jerk, minPosition: position.0, maxPosition: position.1))
  }

  /// A limit: a number for both directions or a pair; nil where it is missing.
  private static func pair(_ value: Any?, _ what: String) throws -> (Double, Double)? {
    guard let value else { return nil }
    if let number = value as? Double { return (-number, number) }
    guard let numbers = value as? [Double], numbers.count == 2 else {
      throw FrameLines.Problem(message: "\(what) must be a number or a pair of numbers")
    }
    return (numbers[0], numbers[1])
  }

  /// One to three numbers: position, velocity, acceleration.
  private static func state(_ value: Any?, _ what: String) throws -> KinematicState {
    guard let value else { return KinematicState() }
    guard let numbers = value as? [Double], (1...3).contains(numbers.count) else {
      throw FrameLines.Problem(
        message: "\(what) must be [position, velocity, acceleration], the last two may be missing")
    }
    return KinematicState(
      position: numbers[0], velocity: numbers.count > 1 ? numbers[1] : 0,
      acceleration: numbers.count > 2 ? numbers[2] : 0)
  }
}

extension TrajectoryVerdict {
  /// The verdict as a word of JSON.
  var word: String {
    switch self {
    case .planned: "planned"
    case .notFinite: "not_finite"
    case .unusableLimits: "unusable_limits"
    case .targetBeyondLimits: "target_beyond_limits"
    case .imprecise: "imprecise"
    case .exceedsPositionLimit: "exceeds_position_limit"
    }
  }
}
