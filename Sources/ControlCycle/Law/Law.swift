/// What a law asks of one joint on top of its commanded motion, joint side, at full strength.
///
/// The drive adds torque = stiffness (q* - q) + damping (v* - v) + torque, where q* and v* are the commanded motion,
/// which no law can change. While the robot is being armed the cycle scales stiffness and torque from zero.
public struct JointEffort: BitwiseCopyable, Sendable, Equatable {
  /// Stiffness around the commanded position [N.m/rad].
  public var stiffness: Double
  /// Damping around the commanded velocity [N.m.s/rad].
  public var damping: Double
  /// Feed-forward torque [N.m].
  public var torque: Double

  /// An effort; what is not given is zero.
  @_noLocks public init(stiffness: Double = 0, damping: Double = 0, torque: Double = 0) {
    self.stiffness = stiffness
    self.damping = damping
    self.torque = torque
  }
}

/// Efforts of all joints in the order of the robot; entries beyond its joints are unused.
public typealias JointEfforts = InlineArray<64, JointEffort>

/// A law of the user's, between the built-in law and the limits: once a cycle, on the loop's thread.
///
/// Whatever it asks, the commanded motion keeps its limits, the torque limit comes after it, and a joint that the
/// safety monitor damps stays damped. Write `update` as `@_noLocks`: the compiler then refuses a body that allocates,
/// locks, counts references or calls what it cannot see. An annotation on this requirement would not reach the types
/// that conform, so the check is complete only where a `@_noLocks` function calls `ControlCycle.step(law:)` at the
/// law's own type; `Examples/VirtualWall` shows both.
public protocol Law: ~Copyable {
  /// Changes `efforts`, which hold what the built-in law asks for.
  ///
  /// - Parameters:
  ///   - cycle: number, instant and period.
  ///   - control: states, commanded motions, limits and safety state of this cycle.
  ///   - efforts: what each joint is asked for.
  mutating func update(_ cycle: Cycle, control: borrowing ControlCycle, efforts: inout JointEfforts)
}

/// The law that leaves every effort as it is.
public struct NoLaw: Law {
  /// The law.
  @_noLocks public init() {}

  /// Changes nothing.
  @_noLocks public mutating func update(
    _ cycle: Cycle, control: borrowing ControlCycle, efforts: inout JointEfforts
  ) {}
}

extension ControlCycle {
  /// One cycle with a law of the user's; otherwise as `step` without it.
  ///
  /// Generic code cannot be annotated: the compiler checks this function and the law wherever a `@_noLocks` function
  /// calls it, at the types used there.
  @inlinable public mutating func step<L: Law & ~Copyable>(
    _ cycle: Cycle, received: borrowing FrameBuffer, setpoints asked: borrowing SetpointBuffer,
    request: Request, law: inout L, into transmit: inout FrameBuffer
  ) {
    prepare(cycle, received: received, setpoints: asked, request: request)
    command(cycle, law: &law)
    encode(into: &transmit)
  }

  /// Third part of `step`: the built-in law, the user's and the torque limits.
  @inlinable public mutating func command<L: Law & ~Copyable>(_ cycle: Cycle, law: inout L) {
    var efforts = JointEfforts(repeating: JointEffort())
    applyLaws(into: &efforts, over: cycle.period)
    law.update(cycle, control: self, efforts: &efforts)
    settle(&efforts)
  }
}
