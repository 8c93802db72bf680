public import ControlCycle

/// Motions through poses without times: how long each takes follows from the joints' limits.
extension Motion {
  /// The motion through poses on a C2 spline, at rest at both ends, as fast as the limits allow.
  ///
  /// Between poses the joints take the time that the slowest would at its whole velocity; the whole is then stretched evenly
  /// until no velocity, acceleration or jerk is beyond its share. The spline may swing beyond the poses:
  /// `MoveProgram.objections` finds where that is outside a position limit.
  ///
  /// - Parameters:
  ///   - name: the motion's name.
  ///   - poses: at least one pose of all joints [rad]; one that repeats the pose before is left out.
  ///   - limits: of each joint.
  ///   - speed: share of velocity and acceleration limits.
  ///   - riseTime: time in which acceleration may rise to that share of its limit [s].
  public init(
    _ name: String, through poses: [[Double]], limits: [JointLimits], speed: Double, riseTime: Double
  ) {
    var points = [Point(time: 0, positions: poses[0])]
    for pose in poses.dropFirst() {
      let before = points[points.count - 1]
      var time = 0.0
      for (joint, limit) in limits.enumerated() {
        time = max(time, abs(pose[joint] - before.positions[joint]) / limit.velocity)
      }
      if time > 1e-9 { points.append(Point(time: before.time + time, positions: pose)) }
    }
    self.init(name: name, points: points)
    let factor = 1.001 * stretch(limits: limits, speed: speed, riseTime: riseTime)
    if points.count > 1 { stretch(by: factor) }
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
private func cubeRoot(_ value: Double) -> Double {
  guard value > 0 else { return 0 }
  var root = max(1, value)
  for _ in 0..<200 {
    let next = (2 * root + value / (root * root)) / 3
    if !(next < root) { break }
    root = next
  }
  return root
}
