/// A virtual wall before each position limit of a joint that is led by hand: a spring and a damper that grow with the way into
/// it, and no further than its depth.
///
///     p = way into the wall, z = its depth, s = min(1, 4 p / z)
///     torque = -K int(s dp) - s 0.9 D q'
///
/// K is the joint's stiffness, and no more than D / (4 periods), D its damping: the spring is the host's and acts up to two
/// periods and a half late, and a damper makes up for what a spring gains by that when D > K x lateness (Colgate and Schenkel
/// 1997). z is so deep that the wall gives half of the joint's torque limit or less, and no deeper than an eighth of the range.
///
/// What it holds: the spring takes up 37/96 K z^2 on the way to the limit. A joint of inertia J that comes in at a speed v, and
/// is pushed on with a torque of up to P, does not pass the limit where
///
///     P z + J v^2 / 2 <= 37/96 K z^2
///
/// with gravity as in the model, no less friction than is compensated, and the wall in full force (50 ms after the law was
/// chosen). Where the host closes the loop, J is also to be 3 D x period or more, so that the late damper is one.
/// `LimitWallTests` pushes random joints that hard.
public struct LimitWall: BitwiseCopyable, Sendable {
  /// Part of the configured damping that a wall adds to that of hand guiding, so that both are all of it.
  static var dampingShare: Double { @_noLocks get { 1 - JointLaw.guidedDamping } }

  /// How far the joint is in a wall.
  struct Reach: BitwiseCopyable {
    /// Torque of the spring, out of the wall [N.m].
    var torque: Double
    /// s, 0...1: how much of the damper there is.
    var share: Double

    @_noLocks init(torque: Double = 0, share: Double = 0) {
      self.torque = torque
      self.share = share
    }
  }

  /// K [N.m/rad].
  public let stiffness: Double
  /// z [rad]; zero where there is no wall.
  public let depth: Double
  private let lowest: Double
  private let highest: Double

  /// The walls of a joint in a loop of a period [s].
  @_noLocks public init(_ joint: JointConfiguration, period: Double) {
    let (gains, limits) = (joint.gains, joint.limits)
    stiffness = smaller(gains.stiffness, gains.damping / (4 * period))
    let range = limits.maxPosition - limits.minPosition
    depth = stiffness > 0 && range > 0 ? smaller(limits.torque / (2 * stiffness), range / 8) : 0
    lowest = limits.minPosition + depth
    highest = limits.maxPosition - depth
  }

  /// The torque against which a wall holds a joint that is pushed into it from rest [N.m]: P for v = 0.
  public var heldTorque: Double { @_noLocks get { 37.0 / 96.0 * stiffness * depth } }

  /// Where a joint at a position [rad] is.
  @_noLocks func reach(at position: Double) -> Reach {
    if position > highest { return reach(position - highest, side: -1) }
    if position < lowest { return reach(lowest - position, side: 1) }
    return Reach()
  }

  @_noLocks private func reach(_ way: Double, side: Double) -> Reach {
    guard depth > 0 else { return Reach() }
    let p = smaller(way, depth)
    // The integral of s: a parabola over the first quarter, then a line.
    if 4 * p < depth { return Reach(torque: side * stiffness * 2 * p * p / depth, share: 4 * p / depth) }
    return Reach(torque: side * stiffness * (p - depth / 8), share: 1)
  }
}
