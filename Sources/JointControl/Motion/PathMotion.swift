public import ControlCycle

/// Motions along paths without times: how long each takes follows from the joints' limits.
extension Motion {
  /// The motion through poses on a smooth curve, at rest at both ends, as fast as the limits allow.
  ///
  /// The curve is a natural cubic spline; between poses its parameter grows by the time that the slowest joint would need at its whole
  /// velocity. Along the curve the motion is the time-optimal one of `PathTiming`, smoothed so that no jerk is beyond its share
  /// (`PathPlan`): the joints slow down where the curve needs it and nowhere else. The spline may swing beyond the poses:
  /// `MoveProgram.objections` finds where that is outside a position limit.
  ///
  /// - Parameters:
  ///   - name: the motion's name.
  ///   - poses: at least one pose of all joints [rad]; one that repeats the pose before is left out.
  ///   - limits: of each joint.
  ///   - speed: share of velocity and acceleration limits.
  ///   - riseTime: time in which acceleration may rise to that share of its limit [s].
  ///   - effort: torques of the robot; without, torque bounds nothing.
  public init(
    _ name: String, through poses: [[Double]], limits: [JointLimits], speed: Double, riseTime: Double,
    effort: PathEffort? = nil
  ) {
    var knots = [0.0]
    var points = [poses[0]]
    for pose in poses.dropFirst() {
      let before = points[points.count - 1]
      var time = 0.0
      for (joint, limit) in limits.enumerated() {
        time = max(time, abs(pose[joint] - before[joint]) / limit.velocity)
      }
      guard time > 1e-9 else { continue }
      knots.append(knots[knots.count - 1] + time)
      points.append(pose)
    }
    guard points.count > 1 else {
      self.init(name: name, points: [Point(time: 0, positions: poses[0])])
      return
    }
    self.init(
      name, along: JointPath(through: points, at: knots, end: .natural), limits: limits, speed: speed,
      riseTime: riseTime, effort: effort, meetingKnots: true)
  }

  /// The fastest motion along a path of all joints, from rest to rest, within a share of the limits.
  ///
  /// - Parameters:
  ///   - name: the motion's name.
  ///   - path: one coordinate for each joint [rad], then others with limits of their own; something must move.
  ///   - limits: of each joint.
  ///   - others: limits of the other coordinates; they are not stretched by `riseTime`.
  ///   - speed: share of velocity and acceleration limits.
  ///   - riseTime: time in which acceleration may rise to that share of its limit [s].
  ///   - effort: torques of the robot; without, torque bounds nothing.
  ///   - isMeeting: whether the path's knots are points of the motion.
  init(
    _ name: String, along path: JointPath, limits: [JointLimits], others: [PathLimit] = [], speed: Double,
    riseTime: Double, effort: PathEffort? = nil, meetingKnots isMeeting: Bool
  ) {
    let bounds = limits.map { limit in
      PathLimit(
        velocity: speed * limit.velocity, acceleration: speed * limit.acceleration,
        jerk: speed * limit.acceleration / riseTime)
    }
    var verdict = PathVerdict.timed
    guard
      let plan = PathPlan(
        path, limits: bounds + others, grid: Self.grid(of: path), effort: effort, meetingKnots: isMeeting,
        verdict: &verdict)
    else {
      // Not seen: a path of finite numbers can be followed. Its points in the order they have, evenly stretched, are one way.
      let points = path.knots.map { knot in
        Point(time: knot - path.start, positions: limits.indices.map { path.place($0, at: knot).value })
      }
      self.init(name: name, points: points)
      stretch(by: 1.001 * stretch(limits: limits, speed: speed, riseTime: riseTime))
      return
    }
    self.init(name: name, points: plan.motion.points)
    guard !others.isEmpty else { return }
    for index in points.indices {
      points[index].positions.removeLast(others.count)
      points[index].velocities?.removeLast(others.count)
      points[index].accelerations?.removeLast(others.count)
    }
  }

  /// Points at which a path is looked at: its knots, and as many between them as make some hundreds.
  static func grid(of path: JointPath) -> [Double] {
    let pieces = path.knots.count - 1
    let parts = max(1, min(200, (300 + pieces - 1) / pieces))
    var grid = [path.start]
    for (from, to) in zip(path.knots, path.knots.dropFirst()) {
      for part in 1...parts {
        grid.append(part == parts ? to : from + (to - from) * Double(part) / Double(parts))
      }
    }
    return grid
  }

  /// By how much time must be stretched so that no velocity, acceleration or jerk is beyond its share; below one where there is
  /// time to spare.
  package func stretch(limits: [JointLimits], speed: Double, riseTime: Double) -> Double {
    let trajectory = Trajectory(self, jointCount: limits.count)
    let samples = min(20_000, max(400, 200 * points.count))
    let step = trajectory.duration / Double(samples)
    guard step > 0 else { return 1 }
    var factor = 0.0
    for (joint, limit) in limits.enumerated() {
      let acceleration = speed * limit.acceleration
      var before = trajectory.setpoint(joint: joint, at: 0)
      for sample in 1...samples {
        let now = trajectory.setpoint(joint: joint, at: Double(sample) * step)
        let jerk = abs(now.acceleration - before.acceleration) / step
        factor = max(
          factor, abs(now.velocity) / (speed * limit.velocity),
          (abs(now.acceleration) / acceleration).squareRoot(), cubeRoot(jerk * riseTime / acceleration))
        before = now
      }
    }
    return factor
  }

  /// Makes every time `factor` times as long; velocities and accelerations that points give go with it.
  mutating func stretch(by factor: Double) {
    for index in points.indices {
      points[index].time *= factor
      points[index].velocities = points[index].velocities?.map { $0 / factor }
      points[index].accelerations = points[index].accelerations?.map { $0 / (factor * factor) }
    }
  }
}

/// The cube root of a number that is not negative, by Newton's method from above.
func cubeRoot(_ value: Double) -> Double {
  guard value > 0 else { return 0 }
  guard value.isFinite else { return value }
  var root = max(1, value)
  for _ in 0..<200 {
    let next = (2 * root + value / (root * root)) / 3
    if !(next < root) { break }
    root = next
  }
  return root
}
