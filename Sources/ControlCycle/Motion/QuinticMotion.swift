/// A polynomial of fifth degree between two states: smooth in jerk, without any limits but those its time is chosen for.
public struct QuinticMotion: BitwiseCopyable, Sendable {
  /// Time from start to target [s].
  public let duration: Double
  private let start, target: KinematicState
  private let c3, c4, c5: Double

  /// The polynomial from `start` to `target` in `duration` seconds, which must be above zero.
  @_noLocks public init(from start: KinematicState, to target: KinematicState, in duration: Double) {
    let T = duration
    self.duration = T
    self.start = start
    self.target = target
    let d = target.position - start.position - T * (start.velocity + T * start.acceleration / 2)
    let v = target.velocity - start.velocity - T * start.acceleration
    let a = target.acceleration - start.acceleration
    c3 = (10 * d + T * (-4 * v + T * a / 2)) / (T * T * T)
    c4 = (-15 * d + T * (7 * v - T * a)) / (T * T * T * T)
    c5 = (6 * d + T * (-3 * v + T * a / 2)) / (T * T * T * T * T)
  }

  /// The fastest polynomial over `distance` from rest to rest within the limits.
  ///
  /// Its peaks are 15/8 D/T of velocity, 10/sqrt(3) D/T^2 of acceleration and 60 D/T^3 of jerk, at both ends.
  @_noLocks public init(from position: Double, by distance: Double, within limits: KinematicLimits) {
    let size = magnitude(distance)
    let velocity = distance < 0 ? -limits.minVelocity : limits.maxVelocity
    let acceleration = smaller(-limits.minAcceleration, limits.maxAcceleration)
    let byVelocity = 1.875 * size / velocity
    let byAcceleration = squareRoot(5.773502691896258 * size / acceleration)
    let byJerk = limits.jerk.isFinite ? cubeRoot(60 * size / limits.jerk) : 0
    let time = larger(byVelocity, larger(byAcceleration, byJerk))
    self.init(
      from: KinematicState(position: position), to: KinematicState(position: position + distance),
      in: time > 0 ? time : 1e-9)
  }

  /// The state at `time` [s]; before and after the motion its start and its target, at rest there or not.
  @_noLocks public func state(at time: Double) -> KinematicState {
    if time <= 0 { return start }
    if time >= duration { return target }
    let t = time
    let (p0, v0, a0) = (start.position, start.velocity, start.acceleration)
    return KinematicState(
      position: p0 + t * (v0 + t * (a0 / 2 + t * (c3 + t * (c4 + t * c5)))),
      velocity: v0 + t * (a0 + t * (3 * c3 + t * (4 * c4 + t * 5 * c5))),
      acceleration: a0 + t * (6 * c3 + t * (12 * c4 + t * 20 * c5)))
  }

  /// The jerk at `time` [s] within the motion [rad/s^3].
  @_noLocks public func jerk(at time: Double) -> Double { 6 * c3 + time * (24 * c4 + time * 60 * c5) }
}
