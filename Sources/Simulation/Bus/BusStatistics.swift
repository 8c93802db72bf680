/// What one simulated bus carried since instant 0.
public struct BusStatistics: BitwiseCopyable, Sendable, Equatable {
  /// Time the bus carried frames, interframe spaces included [ns].
  public var busyTime: Int64
  /// Part of the time that the bus carried frames.
  public var load: Double
  /// Frames that ended on the bus.
  public var carried: Int
  /// Frames that ended on the bus and reached nobody.
  public var lost: Int
  /// Frames that were never sent: no room in their node's queue, or CAN FD on a classic bus.
  public var dropped: Int
}
