public import JointControl

extension SimulatedRobot {
  /// A simulated robot with faults injected into its buses, drives and body; those of host, clock and disk are not its own.
  ///
  /// - Parameters:
  ///   - robot: the robot; every drive on one of its buses.
  ///   - seed: where the random streams of the faults start.
  ///   - injections: what goes wrong.
  ///   - pace: how simulated time passes.
  ///   - hostQueueDepth: frames each of the host's interfaces can hold before they are dropped.
  ///   - spinTail: at real pace, how long before an instant the wait for it stays awake [ns].
  ///   - stand: what holds the body until it is let go; without it the robot falls from instant 0 on.
  public convenience init(
    _ robot: Robot, seed: UInt64, injections: [Injection], pace: Pace = .fast, hostQueueDepth: Int = 64,
    spinTail: Int64 = 0, stand: Stand? = nil
  ) {
    self.init(
      robot, seed: seed, faults: injections.flatMap { $0.busFaults(period: robot.period) }, pace: pace,
      hostQueueDepth: hostQueueDepth, spinTail: spinTail, stand: stand)
    for injection in injections where injection.kind == .watchdogOff {
      for joint in injection.joints { breakWatchdog(of: joint) }
    }
  }
}
