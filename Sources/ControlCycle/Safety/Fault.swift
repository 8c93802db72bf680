/// What made the robot stop.
public enum FaultKind: BitwiseCopyable, Sendable, CaseIterable {
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
  /// No fresh setpoint within the command timeout.
  case commandTimeout
  /// A drive did not answer or did not switch on while arming.
  case armingTimeout
  /// The loop missed too many deadlines, or was away for too long.
  case deadlineMissed

  /// The code that logs carry.
  var code: UInt8 {
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
      case .deadlineMissed: 9
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
