/// Where the robot stands between powerless and moving.
///
///     disarmed --arm--> arming --all drives on, gains up--> armed --stop or fault--> stopping
///        ^                 | fault                                                       | at rest, fault latched
///        |                 v                                                             v
///        +---- disarm --- fault <--------------------------------------------------------+
///
/// Disarm is obeyed from every state: torque off is always one cycle away. Arming is refused while a fault is
/// latched. A reset forgets only faults of the host: after any other, drives may have lost their watchdog and mode,
/// and nothing but a new bring-up proves otherwise; `recover` says that there was one.
public enum SafetyState: BitwiseCopyable, Sendable {
  /// Power stages off.
  case disarmed
  /// Drives are switched on; then stiffness and feed-forward grow from zero around the measured pose.
  case arming
  /// Following setpoints.
  case armed
  /// The commanded motion brakes to rest and then holds.
  case stopping
  /// At rest after a fault: damping only, never limp.
  case fault

  // `==` on an enumeration goes through its metadata; a switch does not, and that is what the cycle may do.

  /// Whether drives are being switched on or gains are growing.
  var isArming: Bool {
    @_noLocks get { if case .arming = self { true } else { false } }
  }
  /// Whether setpoints are followed.
  var isArmed: Bool {
    @_noLocks get { if case .armed = self { true } else { false } }
  }
  /// Whether the commanded motion brakes to rest and then holds.
  var isStopping: Bool {
    @_noLocks get { if case .stopping = self { true } else { false } }
  }
  /// Whether power stages are on and the robot is watched: every state between disarmed and fault.
  var isPowered: Bool {
    @_noLocks get {
      switch self {
      case .arming, .armed, .stopping: true
      case .disarmed, .fault: false
      }
    }
  }
  /// Whether only damping is left.
  var isFault: Bool {
    @_noLocks get { if case .fault = self { true } else { false } }
  }
}

/// What the shell asks of the cycle.
public enum Request: BitwiseCopyable, Sendable {
  /// Switch on and follow setpoints.
  case arm
  /// Brake to rest and hold.
  case stop
  /// Give up stiffness, keep damping: the last step before switching off.
  case relax
  /// Switch the power stages off.
  case disarm
  /// Switch the power stages off and forget a latched fault of the host, such as late setpoints.
  case reset
  /// Forget any latched fault and take given-up buses into use again, from disarmed: only after all drives were brought
  /// up again, which proves what a reset cannot.
  case recover
}

/// How the safety monitor judges; the same for every joint.
public struct SafetyThresholds: BitwiseCopyable, Sendable {
  /// Time stiffness and feed-forward take to grow while arming, and to fade after a fault or to relax [s].
  public var rampTime: Double
  /// Time stiffness and feed-forward of a joint take to fade when its samples are lost [s].
  public var releaseTime: Double
  /// Longest time drives may take to answer and switch on [s].
  public var armingTimeout: Double
  /// Longest time without a fresh setpoint before the motion freezes [s]; three times that stops the robot.
  public var commandTimeout: Double
  /// How far outside a position limit a measurement must be to count [rad].
  public var positionMargin: Double
  /// Measured speed over the velocity limit that counts as overspeed.
  public var overspeedFactor: Double
  /// Samples in a row that may be the same to the bit, torque and all, while the motion goes away from them.
  public var repeatLimit: UInt8
  /// How far the motion must be from such samples to count [rad]. The torque of a drive that pulls a joint which cannot
  /// move grows meanwhile, so that contact with something rigid is none of this.
  public var frozenDistance: Double
  /// How fast the motion must be [rad/s].
  public var frozenSpeed: Double
  /// Share of the torque limit from which a measured torque has no room to grow: a joint that presses as hard as it may
  /// can say the same for as long as it likes.
  public var frozenEffort: Double
  /// Cycles with two answers that no one joint gives, less those without any, that show two drives with one identifier.
  public var surplusLimit: Int8
  /// Setpoints in a row that must be non-finite to stop the robot.
  public var nonFiniteLimit: Int32
  /// Deadlines that may be missed within `missWindow` without consequence; more slow the motion, more than twice
  /// as many stop the robot.
  public var missLimit: Int32
  /// Cycles over which missed deadlines are counted, up to 128.
  public var missWindow: Int32
  /// Deadlines missed in a row that stop the robot at once: the loop was suspended.
  public var gapLimit: Int64
  /// Share of the velocity limits left to a slowed motion.
  public var slowFactor: Double
  /// Cycles in a row in which a bus may refuse commands before it is given up.
  public var refusalLimit: Int32
  /// Cycles in a row that may bring more frames than a bus's plan has room for.
  public var overloadLimit: Int32
  /// Cycles without a frame after which a bus whose error counters climb is given up.
  public var silenceLimit: Int32
  /// Longest time a bus may be error-passive [s].
  public var passiveTime: Double
  /// Share of the velocity limits left while a bus is error-passive.
  public var passiveFactor: Double
  /// Whether a bus that is given up takes only its own joints with it, and not the whole robot.
  public var isolatesBuses: Bool

  /// The defaults; `commandTimeout` is the robot's.
  @_noLocks public init(commandTimeout: Double) {
    rampTime = 0.25
    releaseTime = 0.01
    armingTimeout = 1
    self.commandTimeout = commandTimeout
    positionMargin = 0.05
    overspeedFactor = 1.2
    repeatLimit = 20
    frozenDistance = 0.04
    frozenSpeed = 0.05
    frozenEffort = 0.9
    surplusLimit = 3
    nonFiniteLimit = 3
    missLimit = 3
    missWindow = 100
    gapLimit = 20
    slowFactor = 0.5
    refusalLimit = 3
    overloadLimit = 10
    silenceLimit = 5
    passiveTime = 0.1
    passiveFactor = 0.25
    isolatesBuses = false
  }
}
