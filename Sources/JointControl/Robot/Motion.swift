/// A motion as read from a file: points in time for every driven joint of one robot.
public struct Motion: Sendable, Equatable {
  /// One point all joints pass at the same time.
  public struct Point: Sendable, Equatable {
    /// Time since the motion's start [s].
    public var time: Double
    /// Joint positions in the order of the robot's joints [rad].
    public var positions: [Double]
    /// Joint velocities [rad/s]; nil where the file gives none and a C2 spline chooses them.
    public var velocities: [Double]?
    /// Joint accelerations [rad/s^2]; nil where the file gives none.
    public var accelerations: [Double]?

    /// A point.
    public init(
      time: Double, positions: [Double], velocities: [Double]? = nil, accelerations: [Double]? = nil
    ) {
      self.time = time
      self.positions = positions
      self.velocities = velocities
      self.accelerations = accelerations
    }
  }
  /// The motion's name.
  public var name: String
  /// At least one point, times strictly increasing.
  public var points: [Point]

  /// A motion.
  public init(name: String, points: [Point]) {
    self.name = name
    self.points = points
  }
}
