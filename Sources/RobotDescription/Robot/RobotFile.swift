import ControlCycle
import JointControl

/// A robot file as written: every value with its place, nothing merged yet.
struct RobotFile {
  var name = ""
  var urdf: Located<String>?
  var base = BaseName.gantry
  /// Control cycles a second [Hz].
  var updateRate: Located<Int>?
  var feedforward = Feedforward.inverseDynamics
  /// [s]
  var commandTimeout: Located<Double>?
  var onBusLoss = BusLossReaction.body
  var collision: CollisionReaction?
  var schedule = ScheduleEntry()
  var buses: [BusEntry] = []
  var actuators: [String: ActuatorEntry] = [:]
  var defaults = JointDefaults()
  var joints: [JointEntry] = []
  /// Where the joints begin, for what is missing among them.
  var jointsLocation: SourceLocation
  var lockedJoints: [String: Located<Double>] = [:]
  var contacts: [ContactEntry] = []
  var poses: [PoseEntry] = []
  var supplies: [SupplyEntry] = []
  /// Joints whose gains may be outside their bound, with the reason; the place is the name's.
  var gainsOverride: [String: Located<String>] = [:]
}

/// A drive family by the word used in files.
enum FamilyName: String, CaseIterable {
  case canopen
  case damiao
  case mit
  case odrive
  case odrive05 = "odrive_05"
  case moteus
  case myactuator
  case robstride

  var family: DriveFamily {
    switch self {
    case .canopen: return .canopen
    case .damiao: return .damiao
    case .mit: return .mit
    case .odrive: return .odrive
    case .odrive05: return .odrive05
    case .moteus: return .moteus
    case .myactuator: return .myactuator
    case .robstride: return .robstride
    }
  }
}

extension DriveFamily {
  /// The vendor's name, for messages.
  var vendor: String {
    switch self {
    case .canopen: "canopen"
    case .damiao: "Damiao"
    case .mit: "MIT"
    case .moteus: "moteus"
    case .myactuator: "MyActuator"
    case .odrive, .odrive05: "ODrive"
    case .robstride: "RobStride"
    }
  }
}

/// What holds the base.
enum BaseName: String, CaseIterable {
  /// A robot with a free base, held in a gantry.
  case gantry
  /// A robot bolted down.
  case fixed
}

/// The reaction of a staleness policy by the word used in files.
enum StalenessName: String, CaseIterable {
  case extrapolate
  case hold
  case damp
  case stop

  var reaction: StalenessPolicy.Reaction {
    switch self {
    case .extrapolate: return .extrapolate
    case .hold: return .hold
    case .damp: return .damp
    case .stop: return .stop
    }
  }
}

/// One bus; what was refused is nil.
struct BusEntry {
  var name: Located<String>
  var interface: Located<String>?
  var bitRate: Located<Int>?
  var dataBitRate: Located<Int>?
  /// Whether the file asks for CAN FD, even when the rate was refused.
  var isFlexibleDataRate = false
  var samplePoint = 0.8
  var dataSamplePoint = 0.8
  var adapter: Located<AdapterSelector>?
  /// Whether what was sent is to come back from the wire.
  var confirms = false
}

/// An actuator, or what a joint overrides of one.
struct ActuatorEntry {
  var family: Located<FamilyName>?
  var model: Located<String>?
  var isFlexibleDataRate: Located<Bool>?
  var mode: Located<ModeName>?
  /// Paths of the device's files, beside the robot file.
  var eds: Located<String>?
  var dcf: Located<String>?
  /// Path of the actuator's profile, beside the robot file.
  var profile: Located<String>?
  var range = NumberTable()
  /// [s]
  var watchdog: Located<Double>?
  var motor = NumberTable()
  var reducer = NumberTable()

  /// These values, and those of `base` where there is none here.
  func merged(over base: ActuatorEntry) -> ActuatorEntry {
    ActuatorEntry(
      family: family ?? base.family, model: model ?? base.model,
      isFlexibleDataRate: isFlexibleDataRate ?? base.isFlexibleDataRate, mode: mode ?? base.mode,
      eds: eds ?? base.eds, dcf: dcf ?? base.dcf, profile: profile ?? base.profile,
      range: range.merged(over: base.range), watchdog: watchdog ?? base.watchdog,
      motor: motor.merged(over: base.motor), reducer: reducer.merged(over: base.reducer))
  }
}

/// Gains, limits and staleness of one joint or of all.
struct JointDefaults {
  var gains = NumberTable()
  var limits = NumberTable()
  /// `has_position_limits`, where written.
  var hasPositionLimits: Located<Bool>?
  var policy: Located<StalenessName>?
  var maxAge: Located<Int>?
  var law: Located<LawName>?
}

/// One joint.
struct JointEntry {
  var name: Located<String>
  var actuator: Located<String>?
  var bus: Located<String>?
  var id: Located<Int>?
  var masterID: Located<Int>?
  /// What the joint overrides of its actuator.
  var overrides = ActuatorEntry()
  var settings = JointDefaults()
  /// [rad]
  var home: Located<Double>?
  var homing: HomingEntry?
}
