import JointControl
import RigidBody
import Yams

/// Reads the verbs of a program that are planned before it is played, each from where the moves before it end.
struct PlannedVerbReader {
  let robot: Robot
  let log: DiagnosticLog
  let reader: MappingReader
  let speed: Double
  let riseTime: Double
  /// Where the moves before it end [rad], by joint.
  let start: [Double]

  /// Most points of a way.
  private static let mostPoints = 1000

  /// A spline through poses; joints that a pose does not name are where they were at the pose before.
  func path(_ targets: (Node, SourceLocation) -> [Double?]?) -> Motion? {
    guard let node = reader.node("via"), case .sequence(let sequence) = node,
      (1...Self.mostPoints).contains(sequence.count)
    else {
      log.report(
        reader.location, "path lacks 'via', a list of 1 to \(Self.mostPoints) poses",
        fix: "add via: [ready, {Elbow_L: -0.5}, home]")
      return nil
    }
    var poses = [start]
    for item in sequence {
      guard let named = targets(item, reader.document.location(of: item)) else { return nil }
      poses.append(zip(named, poses[poses.count - 1]).map { $0 ?? $1 })
    }
    return Motion(
      "path", through: poses, limits: robot.joints.map(\.configuration.limits), speed: speed,
      riseTime: riseTime, effort: PathEffort(robot, speed: speed))
  }

  /// Straight lines of a link's frame.
  func linear() -> Motion? {
    guard let (link, chain) = LimbReader(robot: robot, log: log, reader: reader, verb: "movel").read() else {
      return nil
    }
    let pose = robot.pose(ofLink: link, at: start)
    guard let points = points(from: pose.translation) else { return nil }
    let blend = reader.number("blend")?.value ?? 0
    var pace = LinearMotion.Pace()
    if let velocity = reader.number("velocity")?.value { pace.velocity = velocity }
    guard blend >= 0, pace.velocity > 0, pace.velocity <= 100 else {
      log.report(
        reader.location, "movel needs a blend of at least 0 m and a velocity above 0, at most 100 m/s",
        fix: "write velocity: 0.25, blend: 0.02")
      return nil
    }
    guard let orientation = orientation() else { return nil }
    do throws(LinearMotionError) {
      return try LinearMotion(
        "movel", robot: robot, link: link, chain: chain, from: start,
        along: LinearPath(from: pose, through: points, orientation: orientation.end, blend: blend),
        goal: orientation.goal, pace: pace, speed: speed, riseTime: riseTime
      ).motion
    } catch {
      log.report(reader.location, error.message, fix: error.fix)
      return nil
    }
  }

  /// How the frame is turned; nil where that makes no sense.
  private func orientation() -> LineOrientation? {
    guard let node = reader.node("orientation") else { return .hold }
    let numbers = node.sequence.map { list in
      list.compactMap { reader.number(in: $0, title: "a part of orientation")?.value }
    }
    let found =
      numbers.map { LineOrientation($0.count == node.sequence?.count ? $0 : []) }
      ?? LineOrientation(node.scalar?.string ?? "")
    if found == nil {
      log.report(
        reader.place(of: "orientation"), "the orientation makes no sense",
        fix: "write hold, free, [w, x, y, z] of length 1, or [roll, pitch, yaw] in radians")
    }
    return found
  }

  /// Points of `points`, in the world, or of `by`, each from the point before.
  private func points(from start: Vector3) -> [Vector3]? {
    let isRelative = reader.node("by") != nil
    let key = isRelative ? "by" : "points"
    guard let node = reader.node(key), case .sequence(let sequence) = node,
      (1...Self.mostPoints).contains(sequence.count), isRelative == (reader.node("points") == nil)
    else {
      log.report(
        reader.location, "movel needs 'points' or 'by', a list of 1 to \(Self.mostPoints) points",
        fix: "add by: [[0, 0, 0.1]], each from the point before, or points: in the world [m]")
      return nil
    }
    var points: [Vector3] = []
    for item in sequence {
      let numbers = item.sequence.map { list in
        list.compactMap { reader.number(in: $0, title: "a coordinate") }
      }
      guard let numbers, numbers.count == 3, item.sequence?.count == 3 else {
        log.report(
          reader.document.location(of: item), "a point of \(key) is not a list of three numbers",
          fix: "write [x, y, z] [m]")
        return nil
      }
      let point = Vector3(x: numbers[0].value, y: numbers[1].value, z: numbers[2].value)
      points.append(isRelative ? (points.last ?? start) + point : point)
    }
    return points
  }
}
