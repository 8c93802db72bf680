import ControlCycle

/// The motion of one joint between two sets of an owner: it arrives at a set one period of the owner after it came.
///
/// With velocities it is the cubic that has the position and velocity of both ends (Hermite), else a straight line. Where the
/// next set is late, the cubic goes on at its last velocity for one more period and then stays; the line stays at once. Torque
/// goes linearly. What comes out still passes the motion limiter of the cycle.
struct PortTrack: BitwiseCopyable {
  /// A point of a track.
  struct Point: BitwiseCopyable, Equatable {
    var position = 0.0
    var velocity = 0.0
    var acceleration = 0.0
    var torque = 0.0
  }
  private var start = Point()
  private var end = Point()
  private var isCubic = false

  /// A track that stays at a position.
  init(restingAt position: Double) {
    start.position = position
    end.position = position
  }

  /// The next set: from `point`, where the joint is asked to be now, to `target`.
  mutating func aim(from point: Point, to target: Point, isCubic: Bool) {
    start = point
    end = target
    self.isCubic = isCubic
  }

  /// Where the joint is asked to be `time` [s] after the set came, of an owner with a set every `period` [s].
  func point(at time: Double, period: Double) -> Point {
    let late = time - period
    if late >= 0 { return afterwards(late, period) }
    let u = time / period
    var point = Point()
    point.torque = start.torque + u * (end.torque - start.torque)
    let way = end.position - start.position
    guard isCubic else {
      point.position = start.position + u * way
      point.velocity = way / period
      return point
    }
    let v0 = start.velocity * period
    let v1 = end.velocity * period
    let a = v0 + v1 - 2 * way
    let b = 3 * way - 2 * v0 - v1
    point.position = start.position + u * (v0 + u * (b + u * a))
    point.velocity = (v0 + u * (2 * b + u * 3 * a)) / period
    point.acceleration = (2 * b + u * 6 * a) / (period * period)
    return point
  }

  private func afterwards(_ late: Double, _ period: Double) -> Point {
    var point = Point()
    point.torque = end.torque
    point.position = end.position
    if isCubic {
      point.position += end.velocity * (late < period ? late : period)
      point.velocity = late < period ? end.velocity : 0
    }
    return point
  }
}

/// How a new owner's motion comes in: from the pose that is held to what it asks for, as a quintic with rest at both ends, in a time
/// that takes a quarter of the limits at most.
struct PortBlend: BitwiseCopyable {
  /// Shortest time [s].
  static var shortest: Double { 0.25 }
  /// Share of the velocity and acceleration limits.
  static var share: Double { 0.25 }
  /// Time the blend takes [s].
  private(set) var duration = PortBlend.shortest

  /// Makes room for a joint that is `distance` [rad] away.
  mutating func reach(_ distance: Double, limits: JointLimits) {
    let way = distance.magnitude
    // Peaks of the quintic: 1.875 D/T and 5.7735 D/T^2.
    duration = max(
      duration, 1.875 * way / (Self.share * limits.velocity),
      (5.7735 * way / (Self.share * limits.acceleration)).squareRoot())
  }

  /// A point on the way from the pose `held` to `point`, `time` [s] after the first set.
  func mix(_ point: PortTrack.Point, held: Double, at time: Double) -> PortTrack.Point {
    if time >= duration { return point }
    let u = time / duration
    let s = u * u * u * (10 + u * (-15 + 6 * u))
    let rate = u * u * (30 + u * (-60 + 30 * u)) / duration
    let bend = u * (60 + u * (-180 + 120 * u)) / (duration * duration)
    let way = point.position - held
    var mixed = PortTrack.Point()
    mixed.position = held + s * way
    mixed.velocity = s * point.velocity + rate * way
    mixed.acceleration = s * point.acceleration + 2 * rate * point.velocity + bend * way
    mixed.torque = s * point.torque
    return mixed
  }
}
