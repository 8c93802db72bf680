import Foundation
import JointControl

/// A line of `sinew motion path`: points of joints with their limits, and the parameter of each.
struct PathRequest {
  /// Most points, and most grid points.
  static let mostPoints = 10_000, mostGridPoints = 20_000

  private(set) var names: [String] = []
  private(set) var limits: [PathLimit] = []
  private(set) var path: JointPath
  private(set) var grid: [Double]
  private(set) var samplePeriod: Double?

  /// Reads a line; throws a `FrameLines.Problem` that says what is wrong with it.
  init(_ line: String) throws {
    let root = try MotionFields.root(line)
    try MotionFields.check(root, knows: ["joints", "parameter", "spline", "grid", "sample_period_s"], at: "")
    var columns: [[Double]] = []
    for (name, value) in try MotionFields.joints(root) {
      let column = try Self.joint(name, value, &limits)
      names.append(name)
      columns.append(column)
    }
    let count = columns[0].count
    guard (2...Self.mostPoints).contains(count), columns.allSatisfy({ $0.count == count }) else {
      throw FrameLines.Problem(
        message: "\"points\" must be 2 to \(Self.mostPoints) numbers, as many for each joint")
    }
    let points = (0..<count).map { index in columns.map { $0[index] } }
    let knots =
      try root["parameter"].map { try MotionFields.numbers($0, "\"parameter\"") } ?? Self.chords(points)
    guard knots.count == count, zip(knots, knots.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw FrameLines.Problem(
        message: root["parameter"] == nil
          ? "two points that follow each other are the same"
          : "\"parameter\" must rise, one number for each point")
    }
    let end = try MotionFields.word(root["spline"], "spline", of: ["natural", "not-a-knot"])
    path = JointPath(through: points, at: knots, end: end == 1 ? .notAKnot : .natural)
    let pieces = try root["grid"].map { try MotionFields.number($0, "\"grid\"") } ?? 200
    guard pieces >= 1 && pieces < Double(Self.mostGridPoints) && pieces == pieces.rounded() else {
      throw FrameLines.Problem(
        message: "\"grid\" must be a whole number of pieces, 1 to \(Self.mostGridPoints - 1)")
    }
    let (start, length) = (path.start, path.end - path.start)
    grid = (0...Int(pieces)).map { start + length * Double($0) / pieces }
    grid[grid.count - 1] = path.end
    samplePeriod = try root["sample_period_s"].map { try MotionFields.number($0, "\"sample_period_s\"") }
    if let samplePeriod, !(samplePeriod > 0) {
      throw FrameLines.Problem(message: "\"sample_period_s\" must be above zero")
    }
  }

  /// Times the path.
  func answer() throws -> ProfileRequest.Answer {
    var verdict = PathVerdict.timed
    let fastest = PathPlan.fastest(path, limits: limits, grid: grid, verdict: &verdict)
    var members: [(String, JSONValue)] = [
      ("schema", "sinew.motion.path/1"), ("verdict", .string(verdict.word)),
    ]
    guard let fastest else { return ProfileRequest.Answer(isPlanned: false, json: .object(members)) }
    members.append(("fastest_s", .number(fastest)))
    // Without a limit of jerk there is nothing to smooth.
    guard limits.contains(where: { $0.jerk.isFinite }),
      let plan = PathPlan(path, limits: limits, grid: grid, meetingKnots: true, verdict: &verdict)
    else { return ProfileRequest.Answer(isPlanned: true, json: .object(members)) }
    members.append(("duration_s", .number(plan.duration)))
    guard let samplePeriod else { return ProfileRequest.Answer(isPlanned: true, json: .object(members)) }
    let count = (plan.duration / samplePeriod).rounded(.up)
    guard count * Double(names.count) <= Double(ProfileRequest.mostSamples) else {
      throw FrameLines.Problem(
        message:
          "\"sample_period_s\" makes more than \(ProfileRequest.mostSamples) samples; write a longer one")
    }
    let trajectory = Trajectory(plan.motion, jointCount: names.count)
    var joints: [(String, JSONValue)] = []
    for (index, name) in names.enumerated() {
      let setpoints = (0...Int(count)).map {
        trajectory.setpoint(joint: index, at: min(Double($0) * samplePeriod, trajectory.duration))
      }
      joints.append(
        (
          name,
          .object([
            ("position_rad", .array(setpoints.map { .number($0.position) })),
            ("velocity_rad_s", .array(setpoints.map { .number($0.velocity) })),
            ("acceleration_rad_s2", .array(setpoints.map { .number($0.acceleration) })),
          ])
        ))
    }
    members.append(("joints", .object(joints)))
    return ProfileRequest.Answer(isPlanned: true, json: .object(members))
  }

  /// Points of a joint; its limits are added to the list.
  private static func joint(_ name: String, _ value: Any, _ limits: inout [PathLimit]) throws -> [Double] {
    guard let object = value as? [String: Any] else {
      throw FrameLines.Problem(message: "joint \(name) must be an object")
    }
    try MotionFields.check(
      object, knows: ["points", "velocity", "acceleration", "jerk"], at: "joint \(name): ")
    func limit(_ key: String) throws -> Double? {
      guard let value = object[key] else { return nil }
      let number = try MotionFields.number(value, "joint \(name): \"\(key)\"")
      guard number > 0 else {
        throw FrameLines.Problem(message: "joint \(name): \"\(key)\" must be above zero")
      }
      return number
    }
    guard let velocity = try limit("velocity"), let acceleration = try limit("acceleration") else {
      throw FrameLines.Problem(message: "joint \(name) needs the limits \"velocity\" and \"acceleration\"")
    }
    limits.append(
      PathLimit(velocity: velocity, acceleration: acceleration, jerk: try limit("jerk") ?? .infinity))
    return try MotionFields.numbers(object["points"] ?? "", "joint \(name): \"points\"")
  }

  /// Lengths of the lines between points, added up.
  private static func chords(_ points: [[Double]]) -> [Double] {
    var knots = [0.0]
    for (from, to) in zip(points, points.dropFirst()) {
      let square = zip(from, to).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      knots.append(knots[knots.count - 1] + square.squareRoot())
    }
    return knots
  }
}

extension PathVerdict {
  /// The verdict as a word of JSON.
  var word: String {
    switch self {
    case .timed: "planned"
    case .notFinite: "not_finite"
    case .impossibleAtRest: "impossible_at_rest"
    case .blocked: "blocked"
    }
  }
}
