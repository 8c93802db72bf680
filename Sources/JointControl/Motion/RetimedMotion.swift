public import ControlCycle

/// Motions whose way is kept and whose times are not.
extension Motion {
  /// Farthest that two points on the way are apart, by the time that the slowest joint would need at its whole velocity [s].
  private static let spacing = 0.01
  /// Cosine of the angle by which the way may turn from one point to the next; where it turns more, the joints come to rest.
  private static let sharpest = 0.7

  /// A motion along the way of another, as fast as the limits allow: its times and velocities no longer count.
  ///
  /// The way is that of `Trajectory` through the points, looked at closely, and each part of it is timed as in `init(_:along:)`. Where it
  /// turns back or bends sharply the joints come to rest; where the motion waited it does so no longer.
  ///
  /// - Parameters:
  ///   - other: the motion.
  ///   - limits: of each joint.
  ///   - speed: share of velocity and acceleration limits.
  ///   - riseTime: time in which acceleration may rise to that share of its limit [s].
  ///   - effort: torques of the robot; without, torque bounds nothing.
  public init(
    retiming other: Motion, limits: [JointLimits], speed: Double, riseTime: Double, effort: PathEffort? = nil
  ) {
    var points: [Point] = []
    for way in Self.ways(of: other, limits: limits) {
      let path = JointPath(through: way.points, at: way.knots, end: .notAKnot)
      let part = Motion(
        other.name, along: path, limits: limits, speed: speed, riseTime: riseTime, effort: effort,
        meetingKnots: false)
      let start = points.last?.time ?? 0
      for point in part.points.dropFirst(points.isEmpty ? 0 : 1) {
        var later = point
        later.time += start
        points.append(later)
      }
    }
    if points.isEmpty { points = [Point(time: 0, positions: other.points[0].positions)] }
    self.init(name: other.name, points: points)
  }

  /// A part of a way, without a sharp bend.
  private struct Way {
    var points: [[Double]]
    var knots = [0.0]
  }

  /// Farthest that a joint moves between two poses, by its velocity [s].
  private static func distance(_ from: [Double], _ to: [Double], _ limits: [JointLimits]) -> Double {
    var most = 0.0
    for (joint, limit) in limits.enumerated() {
      most = max(most, abs(to[joint] - from[joint]) / limit.velocity)
    }
    return most
  }

  private static func ways(of motion: Motion, limits: [JointLimits]) -> [Way] {
    let trajectory = Trajectory(motion, jointCount: limits.count)
    let samples = min(200_000, max(200, Int(trajectory.duration / 0.001)))
    func pose(_ sample: Int) -> [Double] {
      let time = trajectory.duration * Double(sample) / Double(samples)
      return limits.indices.map { trajectory.setpoint(joint: $0, at: time).position }
    }
    var ways: [Way] = []
    var way = Way(points: [pose(0)])
    var previous = way.points[0]
    for sample in 1...samples {
      let now = pose(sample)
      let last = way.points[way.points.count - 1]
      // Where the way bends sharply the sample before is its corner; that may be the last point.
      let isPoint = distance(last, previous, limits) <= 1e-6
      let before = isPoint ? way.points[max(0, way.points.count - 2)] : last
      if bends(before, previous, now, limits) {
        close(&way, at: previous, limits)
        ways.append(way)
        way = Way(points: [previous])
      }
      let reached = distance(way.points[way.points.count - 1], now, limits)
      if reached >= spacing { append(now, to: &way, limits) }
      previous = now
    }
    close(&way, at: previous, limits)
    ways.append(way)
    return ways.filter { $0.points.count > 1 }
  }

  /// Ends a way; a point that is much closer than the others would make the spline between them worse.
  private static func close(_ way: inout Way, at pose: [Double], _ limits: [JointLimits]) {
    let last = way.points.count - 1
    if last > 0 && distance(way.points[last], pose, limits) < 0.3 * spacing {
      way.points.removeLast()
      way.knots.removeLast()
    }
    append(pose, to: &way, limits)
  }

  private static func append(_ pose: [Double], to way: inout Way, _ limits: [JointLimits]) {
    let step = distance(way.points[way.points.count - 1], pose, limits)
    guard step > 1e-9 else { return }
    way.points.append(pose)
    way.knots.append(way.knots[way.knots.count - 1] + step)
  }

  /// Whether the way from one pose over a second to a third bends sharply, joints by their velocities.
  private static func bends(_ a: [Double], _ b: [Double], _ c: [Double], _ limits: [JointLimits]) -> Bool {
    var (dot, first, second) = (0.0, 0.0, 0.0)
    for (joint, limit) in limits.enumerated() {
      let (u, v) = ((b[joint] - a[joint]) / limit.velocity, (c[joint] - b[joint]) / limit.velocity)
      dot += u * v
      first += u * u
      second += v * v
    }
    guard first > 1e-16 && second > 1e-16 else { return false }
    return dot < sharpest * (first * second).squareRoot()
  }
}
