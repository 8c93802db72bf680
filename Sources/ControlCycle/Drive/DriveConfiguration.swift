/// The drive families the cycle speaks to; a closed set, switched by value.
public enum DriveFamily: BitwiseCopyable, Sendable {
  /// Damiao DM series: 11-bit identifiers, classic CAN or CAN FD.
  case damiao
  /// mjbots moteus: registers over CAN FD with bit rate switch.
  case moteus
  /// RobStride RS series: 29-bit identifiers, classic CAN, private protocol.
  case robstride
}

extension DriveFamily {
  /// Whether drives of the family take torque alone, so that the host closes the loop: the cycle then sends the torque
  /// that the command's law gives at the estimated state, one cycle older than a drive would have it.
  public var closesLoopOnHost: Bool {
    @_noLocks get {
      switch self {
      case .damiao, .moteus, .robstride: false
      }
    }
  }
}

/// Full scale of the fixed-point fields of a drive's command and feedback frames, drive side.
///
/// Position, velocity and torque run from minus to plus the value, stiffness and damping from zero to it.
public struct DriveRange: BitwiseCopyable, Sendable, Equatable {
  /// Position [rad].
  public var position: Double
  /// Velocity [rad/s].
  public var velocity: Double
  /// Torque [N.m].
  public var torque: Double
  /// Stiffness [N.m/rad].
  public var stiffness: Double
  /// Damping [N.m.s/rad].
  public var damping: Double

  /// A range.
  @_noLocks public init(
    position: Double, velocity: Double, torque: Double, stiffness: Double, damping: Double
  ) {
    self.position = position
    self.velocity = velocity
    self.torque = torque
    self.stiffness = stiffness
    self.damping = damping
  }
}

/// One drive as the codec sees it: who it is on which bus, and how its numbers are scaled.
public struct DriveConfiguration: BitwiseCopyable, Sendable, Equatable {
  /// The wire protocol.
  public var family: DriveFamily
  /// Index of the bus in the robot's bus table.
  public var bus: UInt8
  /// Identifier of the drive on its bus.
  public var id: UInt16
  /// Identifier of the host: Damiao's MST_ID, RobStride's host id, moteus' host.
  public var masterID: UInt16
  /// Whether frames go out as CAN FD with bit rate switch.
  public var isFlexibleDataRate: Bool
  /// Scale of the fixed-point fields.
  public var range: DriveRange
  /// Whether the drive is the last of its family on its bus, behind which frames for all of them go out, such as a SYNC.
  public var endsGroup = false
  /// Time of the drive-side watchdog, for families whose every command carries it [us]; 0 is what the drive is set to.
  public var watchdog_us: UInt32 = 0

  /// A drive.
  @_noLocks public init(
    family: DriveFamily, bus: UInt8, id: UInt16, masterID: UInt16, isFlexibleDataRate: Bool,
    range: DriveRange
  ) {
    self.family = family
    self.bus = bus
    self.id = id
    self.masterID = masterID
    self.isFlexibleDataRate = isFlexibleDataRate
    self.range = range
  }
}
