/// The only way time enters the control cycle.
public struct Cycle: BitwiseCopyable, Sendable, Equatable {
  /// Cycles since the loop started.
  public var number: Int64
  /// Instant at which the cycle was due [ns, the loop's clock].
  public var time: Int64
  /// Time between two cycles [s].
  public var period: Double
  /// Deadlines missed since the cycle before: cycles left out, and the one before when it ended too late.
  public var missed: Int64

  /// A cycle at an instant.
  @_noLocks public init(number: Int64, time: Int64, period: Double, missed: Int64 = 0) {
    self.number = number
    self.time = time
    self.period = period
    self.missed = missed
  }
}

/// Sizes of the cycle's fixed storage.
public enum Capacity {
  /// Most driven joints of one robot; a `JointSet` has one bit for each.
  public static var joints: Int { @_noLocks get { 64 } }
  /// Most buses of one robot.
  public static var buses: Int { @_noLocks get { 16 } }
}
