/// What made the robot stop.
public enum FaultKind: BitwiseCopyable, Sendable {
  /// Nothing.
  case none
  /// No sample within the joint's staleness limit.
  case sampleLost
  /// The drive reports a fault.
  case driveFault
  /// The drive's power stage went off by itself.
  case driveDisabled
  /// The joint was measured outside its position limits.
  case positionLimit
  /// The joint was measured well above its velocity limit.
  case overspeed
  /// Setpoints that are not finite numbers, several in a row.
  case setpointNotFinite
  /// A law computed a command that is not a finite number.
  case commandNotFinite
  /// No fresh setpoint within the command timeout.
  case commandTimeout
  /// A drive did not answer or did not switch on while arming.
  case armingTimeout
  /// The loop missed too many deadlines, or was away for too long.
  case deadlineMissed
  /// A bus is off, down or gone, or nobody acknowledges its frames.
  case busLost
  /// A bus's queue refused commands in several cycles in a row.
  case busQueueFull
  /// A bus's controller stayed error-passive.
  case busPassive
  /// A bus brought more frames than its drives have to say, cycle after cycle.
  case busOverloaded
  /// A drive reports the same to the bit while the motion goes away from it.
  case feedbackFrozen
  /// Two drives answer with one identifier.
  case identifierShared

  /// The code that logs carry.
  public var code: UInt8 {
    @_noLocks get {
      switch self {
      case .none: 0
      case .sampleLost: 1
      case .driveFault: 2
      case .driveDisabled: 3
      case .positionLimit: 4
      case .overspeed: 5
      case .setpointNotFinite: 6
      case .commandTimeout: 7
      case .armingTimeout: 8
      case .commandNotFinite: 9
      case .deadlineMissed: 10
      case .busLost: 11
      case .busQueueFull: 12
      case .busPassive: 13
      case .busOverloaded: 14
      case .feedbackFrozen: 15
      case .identifierShared: 16
      }
    }
  }

  /// The kind of a code; nil when there is none.
  init?(code: UInt64) {
    switch code {
    case 0: self = .none
    case 1: self = .sampleLost
    case 2: self = .driveFault
    case 3: self = .driveDisabled
    case 4: self = .positionLimit
    case 5: self = .overspeed
    case 6: self = .setpointNotFinite
    case 7: self = .commandTimeout
    case 8: self = .armingTimeout
    case 9: self = .commandNotFinite
    case 10: self = .deadlineMissed
    case 11: self = .busLost
    case 12: self = .busQueueFull
    case 13: self = .busPassive
    case 14: self = .busOverloaded
    case 15: self = .feedbackFrozen
    case 16: self = .identifierShared
    default: return nil
    }
  }

  /// Whether this is a fault at all.
  public var isFault: Bool { @_noLocks get { code != 0 } }

  /// Whether it is a bus that was given up.
  public var isOfBus: Bool {
    @_noLocks get {
      switch self {
      case .busLost, .busQueueFull, .busPassive, .busOverloaded: true
      default: false
      }
    }
  }

  /// Whether the cause lies in the host alone, so that the drives are as bring-up left them.
  var isHostSide: Bool {
    @_noLocks get {
      switch self {
      case .setpointNotFinite, .commandNotFinite, .commandTimeout, .deadlineMissed: true
      case .none, .sampleLost, .driveFault, .driveDisabled, .positionLimit, .overspeed, .armingTimeout,
        .busLost, .busQueueFull, .busPassive, .busOverloaded, .feedbackFrozen, .identifierShared:
        false
      }
    }
  }
}

/// The first fault of a run, latched until the state is reset, and every joint that showed it in that cycle.
public struct Fault: BitwiseCopyable, Sendable, Equatable {
  /// What happened; `.none` while all is well.
  public var kind: FaultKind
  /// The joints it happened to; empty when it concerns the whole robot.
  public var joints: JointSet
  /// The cycle in which it was found.
  public var cycle: Int64
  /// Reports of the drives of those joints, together.
  public var drive: DriveFaults

  /// No fault.
  @_noLocks public init() {
    kind = .none
    joints = JointSet()
    cycle = 0
    drive = DriveFaults()
  }

  /// Whether something happened.
  public var isLatched: Bool { @_noLocks get { kind.code != 0 } }

  /// Latches a fault unless one is latched; joints that show the same fault in the same cycle join it.
  @_noLocks mutating func latch(
    _ kind: FaultKind, joint: Int?, cycle: Int64, drive: DriveFaults = DriveFaults()
  ) {
    if isLatched && (self.kind.code != kind.code || self.cycle != cycle) { return }
    self.kind = kind
    self.cycle = cycle
    self.drive.insert(drive)
    if let joint { joints.insert(joint) }
  }
}
