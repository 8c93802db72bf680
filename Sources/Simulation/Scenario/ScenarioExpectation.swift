public import ControlCycle

/// What a scenario expects of every one of its runs.
///
/// Times count in seconds from the instant at which the sound robot is armed.
public struct ScenarioExpectation: Sendable {
  /// What is looked at.
  public enum Kind: Sendable {
    /// A statistic of a quantity lies between two bounds.
    case bound(Quantity, Statistic, above: Double?, below: Double?)
    /// The safety state is one throughout, or is reached in time.
    case state(SafetyState, Deadline?)
    /// A fault is latched: of a kind where one is given, and by all the joints of the expectation, if it names some.
    case fault(FaultKind?, Deadline)
    /// No fault is latched, no bus is given up, and bring-up succeeds.
    case noFault
    /// Bring-up refuses the robot, and its reasons hold all of these words.
    case refused([String])
    /// Every one of the joints is given up while others go on.
    case isolated(Deadline)
    /// The drives of all of the joints have let go.
    case drivesOff(Deadline)
    /// All joints are slower than a speed [rad/s] from then on while the robot is held, within a distance [rad].
    case stop(Deadline, speed: Double, distance: Double?)
    /// Velocity limits are lowered: of all joints, or by a bus of those named.
    case slowed(Deadline)
    /// The motion is frozen because setpoints are old.
    case frozen(Deadline)
    /// The joints' samples are older than their policy allows.
    case stale(Deadline)
  }

  /// A time within which something is to happen, from an instant on [s].
  public struct Deadline: Sendable, Equatable {
    /// Instant from which the time counts; nothing before it counts.
    public var after: Double
    /// The time.
    public var within: Double

    /// A deadline.
    public init(after: Double, within: Double) {
      self.after = after
      self.within = within
    }
  }

  /// What is looked at.
  public var kind: Kind
  /// The expectation's name, as the scenario spells it.
  public var name: String
  /// The joints that are meant; all of them where none is named.
  public var joints: JointSet
  /// Whether the scenario names joints.
  public var namesJoints: Bool
  /// Instants between which is looked [s].
  public var window: ClosedRange<Double>

  /// An expectation.
  public init(
    _ kind: Kind, name: String, joints: JointSet, namesJoints: Bool = false,
    window: ClosedRange<Double> = -Double.infinity...Double.infinity
  ) {
    self.kind = kind
    self.name = name
    self.joints = joints
    self.namesJoints = namesJoints
    self.window = window
  }
}

extension ScenarioExpectation.Kind {
  /// The time within which something is to happen, where there is one.
  public var deadline: ScenarioExpectation.Deadline? {
    switch self {
    case .state(_, let deadline): deadline
    case .fault(_, let deadline), .isolated(let deadline), .drivesOff(let deadline), .slowed(let deadline),
      .frozen(let deadline), .stale(let deadline), .stop(let deadline, _, _):
      deadline
    case .bound, .noFault, .refused: nil
    }
  }
}

extension SafetyState {
  /// The state as scenarios and JSON spell it.
  public var name: String {
    switch self {
    case .disarmed: "disarmed"
    case .arming: "arming"
    case .armed: "armed"
    case .stopping: "stopping"
    case .fault: "fault"
    }
  }

  /// All states.
  public static let all: [SafetyState] = [.disarmed, .arming, .armed, .stopping, .fault]
}
