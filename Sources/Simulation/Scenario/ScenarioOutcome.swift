public import JointControl

/// What became of one expectation, or of what holds in every run.
public struct Verdict: Sendable {
  /// Number of the expectation, from 0; nil for what holds in every run without being asked.
  public var expectation: Int?
  /// The expectation's name, as the scenario spells it, or the invariant's.
  public var name: String
  /// Whether it held.
  public var passed: Bool
  /// What was found; nil where nothing was.
  public var figure: Double?
  /// What it was compared with; nil where there is no number.
  public var bound: Double?
  /// What figure and bound are measured in.
  public var unit: String
  /// The joint that is meant: the worst, or the first that failed.
  public var joint: String?
  /// When the figure was found, since the sound robot is armed [s].
  public var time: Double?
  /// In words, with the numbers.
  public var message: String

  /// A verdict; what it has no number or joint for is nil.
  public init(
    _ name: String, passed: Bool, figure: Double? = nil, bound: Double? = nil, unit: String = "",
    joint: String? = nil, time: Double? = nil, message: String
  ) {
    self.name = name
    self.passed = passed
    self.figure = figure
    self.bound = bound
    self.unit = unit
    self.joint = joint
    self.time = time
    self.message = message
  }

  /// Whether this is about the same expectation or invariant as another verdict.
  public func isAbout(_ other: Verdict) -> Bool {
    expectation == other.expectation && name == other.name
  }
}

/// How a run of a scenario ended.
public enum ScenarioEnding: Sendable {
  /// As asked.
  case finished
  /// In a fault stop.
  case fault(ControlFault)
  /// Before it began: bring-up refused the robot.
  case refused(BringUpError)
  /// Not at all within its bound; it was cut off.
  case overtime

  /// The ending as JSON spells it.
  public var name: String {
    switch self {
    case .finished: "finished"
    case .fault: "fault"
    case .refused: "refused"
    case .overtime: "overtime"
    }
  }
}

/// Everything that is known of one run of a scenario.
public struct ScenarioOutcome: Sendable {
  /// The run.
  public var run: ScenarioCase
  /// What went wrong on purpose, times counted from arming.
  public var faults: [Injection]
  /// How it ended.
  public var ending: ScenarioEnding
  /// One for each expectation, in their order, then those of the invariants.
  public var verdicts: [Verdict]
  /// What the run did, in one number.
  public var hash: RunHash
  /// Simulated time from power-up to the end [ns].
  public var simulatedTime: Int64
  /// Instant at which the sound robot is armed: where the scenario's times begin [ns].
  public var reference: Int64
  /// The run cycle by cycle, where it was asked for.
  public var trace: ScenarioTrace?

  /// What did not hold.
  public var failures: [Verdict] { verdicts.filter { !$0.passed } }
  /// Whether everything held.
  public var passed: Bool { failures.isEmpty }
}
