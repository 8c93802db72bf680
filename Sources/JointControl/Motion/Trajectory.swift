public import ControlCycle

/// A motion as quintic polynomials, one a joint and segment, ready to be sampled in the cycle.
///
/// Points that give velocities and accelerations are met exactly. Where velocities are missing, the C2 cubic spline
/// through the points supplies them, clamped to rest at both ends; accelerations then are the spline's, and zero at
/// the ends, so that the motion starts and stops without a torque step.
public struct Trajectory: ~Copyable {
  /// Time from the first to the last point [s].
  public let duration: Double
  /// Number of joints.
  public let jointCount: Int
  private let times: UnsafeMutablePointer<Double>
  private let segmentCount: Int
  /// Six coefficients of time since the segment's start, by segment, then joint.
  private let coefficients: UnsafeMutablePointer<Double>

  /// The trajectory through a motion's points, which must have one position for each of `jointCount` joints.
  public init(_ motion: Motion, jointCount: Int) {
    precondition(!motion.points.isEmpty && motion.points.allSatisfy { $0.positions.count == jointCount })
    let points = motion.points
    self.jointCount = jointCount
    segmentCount = max(points.count - 1, 1)
    times = .allocate(capacity: segmentCount + 1)
    coefficients = .allocate(capacity: 6 * segmentCount * jointCount)
    for index in 0...segmentCount {
      (times + index).initialize(to: points[min(index, points.count - 1)].time - points[0].time)
    }
    duration = points[points.count - 1].time - points[0].time
    for joint in 0..<jointCount {
      let knots = Self.knots(of: points, joint: joint)
      for segment in 0..<segmentCount {
        let end = min(segment + 1, points.count - 1)
        let length = points.count == 1 ? 1 : points[end].time - points[segment].time
        let c = Self.quintic(from: knots[segment], to: knots[end], in: length)
        let base = coefficients + 6 * (segment * jointCount + joint)
        for power in 0..<6 { (base + power).initialize(to: c[power]) }
      }
    }
  }

  deinit {
    times.deallocate()
    coefficients.deallocate()
  }

  /// Sets the setpoints of all joints at `time` [s] since the start; before and after it they rest at the ends.
  @_noLocks public func sample(at time: Double, into setpoints: inout SetpointBuffer) {
    let segment = segment(at: time)
    for joint in 0..<jointCount { setpoints.joints[joint] = setpoint(joint: joint, at: time, in: segment) }
  }

  /// The setpoint of one joint at `time` [s] since the start; before and after it the joint rests at the ends.
  @_noLocks public func setpoint(joint: Int, at time: Double) -> JointSetpoint {
    setpoint(joint: joint, at: time, in: segment(at: time))
  }

  /// Highest velocity [rad/s], acceleration [rad/s^2] and jerk [rad/s^3] of a joint anywhere, of either sign.
  func peaks(joint: Int) -> (velocity: Double, acceleration: Double, jerk: Double) {
    var most = (velocity: 0.0, acceleration: 0.0, jerk: 0.0)
    for segment in 0..<segmentCount {
      let c = coefficients + 6 * (segment * jointCount + joint)
      let length = times[segment + 1] - times[segment]
      func look(_ time: Double) {
        guard time >= 0 && time <= length else { return }
        let t = time
        most.velocity = max(
          most.velocity, abs(c[1] + t * (2 * c[2] + t * (3 * c[3] + t * (4 * c[4] + t * 5 * c[5])))))
        most.acceleration = max(
          most.acceleration, abs(2 * c[2] + t * (6 * c[3] + t * (12 * c[4] + t * 20 * c[5]))))
        most.jerk = max(most.jerk, abs(6 * c[3] + t * (24 * c[4] + t * 60 * c[5])))
      }
      for share in [0, 0.25, 0.5, 0.75, 1] { look(share * length) }
      // Acceleration turns round where the jerk, 6 c3 + 24 c4 t + 60 c5 t^2, is zero, jerk where its own slope is.
      guard c[5] != 0 else { continue }
      look(-c[4] / (5 * c[5]))
      let square = 144 * c[4] * c[4] - 360 * c[3] * c[5]
      guard square >= 0 else { continue }
      for sign in [-1.0, 1] { look((-12 * c[4] + sign * square.squareRoot()) / (60 * c[5])) }
    }
    return most
  }

  @_noLocks private func segment(at time: Double) -> Int {
    var (segment, end) = (0, segmentCount)
    while end &- segment > 1 {
      let middle = (segment &+ end) >> 1
      if time >= times[middle] { segment = middle } else { end = middle }
    }
    return segment
  }

  @_noLocks private func setpoint(joint: Int, at time: Double, in segment: Int) -> JointSetpoint {
    let isOutside = time <= 0 || time >= duration
    let bounded = time <= 0 ? 0 : (time >= duration ? duration : time)
    let t = bounded - times[segment]
    let c = coefficients + 6 * (segment &* jointCount &+ joint)
    let position = c[0] + t * (c[1] + t * (c[2] + t * (c[3] + t * (c[4] + t * c[5]))))
    if isOutside { return JointSetpoint(position: position) }
    return JointSetpoint(
      position: position,
      velocity: c[1] + t * (2 * c[2] + t * (3 * c[3] + t * (4 * c[4] + t * 5 * c[5]))),
      acceleration: 2 * c[2] + t * (6 * c[3] + t * (12 * c[4] + t * 20 * c[5])))
  }

  private struct Knot {
    var position, velocity, acceleration: Double
  }

  /// Position, velocity and acceleration of a joint at every point.
  private static func knots(of points: [Motion.Point], joint: Int) -> [Knot] {
    let count = points.count
    let position = points.map { $0.positions[joint] }
    guard count > 1 else { return [Knot(position: position[0], velocity: 0, acceleration: 0)] }
    let length = (0..<count - 1).map { points[$0 + 1].time - points[$0].time }
    let velocity = splineVelocities(points, joint: joint, position: position, length: length)
    return (0..<count).map { i in
      if let given = points[i].accelerations {
        return Knot(position: position[i], velocity: velocity[i], acceleration: given[joint])
      }
      guard i > 0 && i < count - 1 else {
        return Knot(position: position[i], velocity: velocity[i], acceleration: 0)
      }
      // Second derivatives of the cubics on both sides; equal where the spline chose the velocity.
      let left =
        (position[i - 1] - position[i]) * 6 / (length[i - 1] * length[i - 1])
        + (2 * velocity[i - 1] + 4 * velocity[i]) / length[i - 1]
      let right =
        (position[i + 1] - position[i]) * 6 / (length[i] * length[i])
        - (4 * velocity[i] + 2 * velocity[i + 1]) / length[i]
      return Knot(position: position[i], velocity: velocity[i], acceleration: (left + right) / 2)
    }
  }

  /// Velocities at every point: the given ones, elsewhere those of the C2 cubic spline (tridiagonal solve).
  private static func splineVelocities(
    _ points: [Motion.Point], joint: Int, position: [Double], length: [Double]
  ) -> [Double] {
    let count = points.count
    var diagonal = [Double](repeating: 1, count: count)
    var upper = [Double](repeating: 0, count: count)
    var right = [Double](repeating: 0, count: count)
    for i in 0..<count {
      var lower = 0.0
      if let given = points[i].velocities {
        right[i] = given[joint]
      } else if i > 0 && i < count - 1 {
        let (before, after) = (length[i - 1], length[i])
        lower = after
        diagonal[i] = 2 * (before + after)
        upper[i] = before
        right[i] =
          3
          * (after / before * (position[i] - position[i - 1])
            + before / after * (position[i + 1] - position[i]))
      }
      if i > 0 {
        let factor = lower / diagonal[i - 1]
        diagonal[i] -= factor * upper[i - 1]
        right[i] -= factor * right[i - 1]
      }
    }
    for i in stride(from: count - 1, through: 0, by: -1) {
      let next = i + 1 < count ? upper[i] * right[i + 1] : 0
      right[i] = (right[i] - next) / diagonal[i]
    }
    return right
  }

  /// Coefficients of the quintic with the given ends over `T` seconds.
  private static func quintic(from p: Knot, to q: Knot, in T: Double) -> [Double] {
    let d = q.position - p.position - p.velocity * T - p.acceleration * T * T / 2
    let v = q.velocity - p.velocity - p.acceleration * T
    let a = q.acceleration - p.acceleration
    return [
      p.position, p.velocity, p.acceleration / 2,
      (10 * d - 4 * v * T + a * T * T / 2) / (T * T * T),
      (-15 * d + 7 * v * T - a * T * T) / (T * T * T * T),
      (6 * d - 3 * v * T + a * T * T / 2) / (T * T * T * T * T),
    ]
  }
}
