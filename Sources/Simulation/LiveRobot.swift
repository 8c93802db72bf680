import CServoBus
public import ControlCycle
public import JointControl

/// A simulated robot at real pace whose time waits for nobody: a loop that wakes late has missed cycles, as on a real one.
///
/// Buses and drives go on while the loop is away, so the core sees overruns as they come. No two runs are the same.
public struct LiveRobot: Target {
  /// The robot.
  public let robot: SimulatedRobot
  /// Time between two cycles [ns].
  private let period: Int64
  /// Instant of the real clock at simulated instant 0 [ns].
  private var origin: Int64

  /// A robot whose time goes on from here; `robot` must have been made with real pace.
  public init(_ robot: SimulatedRobot, period: Int64) {
    self.robot = robot
    self.period = period
    origin = servo_clock_now() - robot.wait(until: robot.now)
  }

  /// Time does not wait.
  public var waitsForLoop: Bool { false }

  /// What the real clock says [ns].
  public var now: Int64 { servo_clock_now() - origin }

  /// Sleeps until `time` and lets everything happen up to the last instant of a cycle that has passed by then.
  public mutating func wait(until time: Int64) -> Int64 {
    let woken = robot.wait(until: time)
    origin = servo_clock_now() - woken
    let missed = (woken - time) / period
    if missed > 0 { _ = robot.wait(until: time + missed * period) }
    return woken
  }

  /// Appends every frame that reached the host since the last call.
  public func receive(into frames: inout FrameBuffer) { robot.receive(into: &frames) }

  /// Queues frames at the host's interfaces.
  public func send(_ frames: borrowing FrameBuffer) { robot.send(frames) }
}
