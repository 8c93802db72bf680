/// The drive families the cycle speaks to; a closed set, switched by value.
public enum DriveFamily: BitwiseCopyable, Sendable {
  /// CANopen drives of the CiA 402 profile, in a cyclic synchronous mode: 11-bit identifiers, classic CAN.
  case canopen
  /// Damiao DM series: 11-bit identifiers, classic CAN or CAN FD.
  case damiao
  /// MIT mini-cheetah and CubeMars AK drives of 11-bit identifiers, and of 29 in force control, classic CAN.
  case mit
  /// ODrive of firmware 0.6.x, CANSimple: 11-bit identifiers, classic CAN.
  case odrive
  /// ODrive of firmware 0.5.x, CANSimple: another heartbeat, current instead of torque.
  case odrive05
  /// mjbots moteus: registers over CAN FD with bit rate switch.
  case moteus
  /// MyActuator RMD-X, protocol V3 in current mode: 11-bit identifiers, classic CAN.
  case myactuator
  /// RobStride RS series: 29-bit identifiers, classic CAN, private protocol.
  case robstride
}

extension DriveFamily {
  /// The mode in which a drive of the family runs where a description names none.
  public var standardMode: ControlMode {
    @_noLocks get {
      switch self {
      case .canopen, .myactuator, .odrive, .odrive05: .torque
      case .damiao, .mit, .moteus, .robstride: .impedance
      }
    }
  }

  /// Whether one frame, the host's heartbeat, feeds the watchdogs of all drives of the family on a bus; else each is fed by
  /// its own commands.
  public var isFedByHeartbeat: Bool {
    @_noLocks get {
      switch self {
      case .canopen: true
      case .damiao, .mit, .moteus, .myactuator, .odrive, .odrive05, .robstride: false
      }
    }
  }

  /// Cycles between two requests to switch on: more than 1 for drives that begin anew at each of them and say late, in a
  /// heartbeat, where they stand. In the cycles between, and in the first, the zero command goes out.
  var enableInterval: Int64 {
    @_noLocks get {
      switch self {
      case .canopen, .damiao, .mit, .moteus, .myactuator, .robstride: 1
      case .odrive, .odrive05: 256
      }
    }
  }

  /// Whether a drive says in its samples whether it is on. Where it does not, a drive that answers counts as what it was
  /// last asked to be, unless it reports a fault.
  public var reportsMode: Bool {
    @_noLocks get {
      switch self {
      case .canopen, .damiao, .moteus, .myactuator, .odrive, .odrive05, .robstride: true
      case .mit: false
      }
    }
  }
}

/// What tells drives of one family apart on the wire, apart from their scale.
public enum DriveDialect: BitwiseCopyable, Sendable {
  /// The family's own; MIT: answers of 6 bytes, as firmware of the first generation gives them.
  case standard
  /// MIT: answers of 7 bytes, the last of them the bus voltage, as the mini-cheetah firmware of today gives them.
  case voltage
  /// MIT: answers of 8 bytes, the last of them temperature and error, as CubeMars AK V2 firmware gives them.
  case error
  /// MIT: CubeMars V3 force control, 29-bit identifiers, answers in electrical units.
  case force
  /// RobStride: Xiaomi CyberGear.
  case cyberGear

  /// Whether the drive is a CyberGear.
  public var isCyberGear: Bool {
    @_noLocks get { if case .cyberGear = self { true } else { false } }
  }

  /// Whether the drive is a CubeMars in force control.
  public var isForce: Bool {
    @_noLocks get { if case .force = self { true } else { false } }
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
  /// Identifier of the host: Damiao's MST_ID, RobStride's host id, MIT's identifier of answers, node of the host of CANopen
  /// and moteus.
  public var masterID: UInt16
  /// Whether frames go out as CAN FD with bit rate switch.
  public var isFlexibleDataRate: Bool
  /// Scale of the fixed-point fields.
  public var range: DriveRange
  /// Whether the drive is the last of its family on its bus, behind which frames for all of them go out, such as a SYNC.
  public var endsGroup = false
  /// Which of its family's ways the drive speaks and acts in.
  public var dialect = DriveDialect.standard
  /// Torque of one ampere [N.m/A], for drives that report current; negative where they count it the other way round.
  public var torqueConstant = 0.0
  /// Electrical revolutions in one turn of the shaft, pole pairs times built-in ratio, for drives that report electrical speed.
  public var electricalRatio = 0.0
  /// Time of the drive-side watchdog, for families whose every command carries it [us]; 0 is what the drive is set to.
  public var watchdog_us: UInt32 = 0
  /// Which loop the drive closes.
  public var mode: ControlMode
  /// Most that the drive's shaft may turn at [rad/s], for commands that carry it; 0 is not at all.
  public var velocityLimit = 0.0
  /// Most current, as a part of the largest that the drive gives, for commands that carry it.
  public var currentLimit = 0.0

  /// A drive in its family's standard mode.
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
    mode = family.standardMode
  }
}

extension DriveConfiguration {
  /// Whether the host sets the drive's command watchdog and reads it back, or tries it by silence. Where it cannot, the time in a description is
  /// what its author says is set in the drive, and 0 is none.
  public var setsWatchdog: Bool {
    @_noLocks get {
      switch family {
      case .canopen, .damiao, .moteus, .myactuator, .odrive, .odrive05: true
      case .mit: false
      case .robstride: !dialect.isCyberGear
      }
    }
  }
}
