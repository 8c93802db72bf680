public import ControlCycle

/// One guarded experiment on one joint: what is asked of it, and what it may never leave.
///
/// The other joints hold. Torque is excited on top of the joint's own impedance, which keeps it where it is.
public struct Experiment: Sendable, Equatable {
  /// What is done.
  public enum Kind: String, BitwiseCopyable, Sendable, CaseIterable {
    /// A step of the reference, as the torque that the joint's stiffness makes of it.
    case step
    /// Torque whose frequency rises on a logarithmic scale.
    case chirp
    /// Torque of many sines at once, a period again and again.
    case multisine
    /// A relay in the place of the controller (Åström and Hägglund).
    case relay
    /// There and back at constant speeds.
    case friction
    /// Torque that rises slowly until the joint moves, either way.
    case breakaway
    /// Torque back and forth, quick enough that inertia counts.
    case inertia
    /// Slow visits of poses, each from both sides.
    case gravity
    /// Reversals at low torque.
    case backlash
    /// Random binary torque, for the time until it is seen.
    case delay
    /// Known weight of the limb against the torque that holds it.
    case torqueConstant = "kt"
    /// Slow torque against a joint that is held, there and back.
    case stiffness
  }

  /// What is done.
  public var kind: Kind
  /// Index of the joint.
  public var joint: Int
  /// How much: torque [N.m], but of `step`, `friction` and `gravity` the way [rad].
  public var amplitude: Double
  /// How long the excitation lasts [s].
  public var duration: Double
  /// Lowest and highest frequency of what has them [Hz].
  public var band: ClosedRange<Double>
  /// Speeds of `friction`, joint side [rad/s].
  public var speeds: [Double]
  /// How often it is done again.
  public var repetitions: Int
  /// Of what is random.
  public var seed: UInt64
  /// What it may not leave.
  public var envelope: ExperimentEnvelope

  /// An experiment by all its numbers; `usual` chooses them for a joint.
  public init(
    _ kind: Kind, joint: Int, amplitude: Double, duration: Double, band: ClosedRange<Double> = 0.5...50,
    speeds: [Double] = [], repetitions: Int = 1, seed: UInt64 = 1, envelope: ExperimentEnvelope
  ) {
    self.kind = kind
    self.joint = joint
    self.amplitude = amplitude
    self.duration = duration
    self.band = band
    self.speeds = speeds
    self.repetitions = repetitions
    self.seed = seed
    self.envelope = envelope
  }
}

/// What a joint in an experiment may not leave; whatever does ends it in damping.
public struct ExperimentEnvelope: Sendable, Equatable {
  /// Positions [rad].
  public var positions: ClosedRange<Double>
  /// Farthest from where the experiment began [rad].
  public var travel: Double
  /// Highest speed [rad/s].
  public var velocity: Double
  /// Highest torque that is asked for, and that may be measured [N.m].
  public var torque: Double
  /// Farthest from the commanded motion [rad].
  public var trackingError: Double
  /// Hottest drive [degree Celsius].
  public var temperature: Double

  /// Part of a joint's limits that an experiment uses where nothing is said.
  public static var usualShare: Double { 0.5 }

  /// An envelope by all its numbers.
  public init(
    positions: ClosedRange<Double>, travel: Double, velocity: Double, torque: Double, trackingError: Double,
    temperature: Double
  ) {
    self.positions = positions
    self.travel = travel
    self.velocity = velocity
    self.torque = torque
    self.trackingError = trackingError
    self.temperature = temperature
  }
}

/// Why an experiment ended before its end.
public enum ExperimentAbort: Sendable, Equatable {
  /// A position outside the envelope, or farther than its travel [rad].
  case position(Double)
  /// [rad/s]
  case velocity(Double)
  /// [N.m]
  case torque(Double)
  /// [rad]
  case trackingError(Double)
  /// [degree Celsius]
  case temperature(Double)
  /// The key, or whatever else is held, was let go.
  case released
  /// A person, or a signal, ended it.
  case stopped
  /// The robot went into a fault stop.
  case fault(FaultKind)
  /// Not all was seen in the time: no motion, no even oscillation.
  case inconclusive
}
