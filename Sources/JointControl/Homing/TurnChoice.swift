public import ControlCycle

/// Which turn a rotor is in: its absolute encoder knows the angle within a turn, and the last run where the joint was.
///
/// A joint that nobody moved is where it was. One that was moved while the power was off by less than `trust` of a turn is told
/// apart from one that lost turns; by more, both look alike and nothing is chosen.
public struct TurnChoice: Sendable, Equatable {
  /// Part of a turn by which the joint may have moved since it was last seen; at half a turn, the next turn is as near.
  public static let trust = 0.25
  /// How far outside its limits a joint may stand [rad], as the safety monitor allows.
  static let margin = 0.05

  /// What came of it.
  public enum Verdict: Sendable, Equatable {
    /// The drive says what it said.
    case same
    /// The drive lost whole turns of its rotor, which were added again.
    case recovered(turns: Int)
    /// It stands where no whole turn leads from where it was.
    case moved
    /// It stands outside its limits.
    case outside
  }
  /// What came of it.
  public var verdict: Verdict
  /// What is to be added to the position as robot.yaml has it [rad].
  public var correction: Double
  /// Where the joint is then [rad].
  public var position: Double
  /// How far that is from where it was [rad].
  public var distance: Double

  /// Whether the joint knows where it is.
  public var isPlausible: Bool {
    switch verdict {
    case .same, .recovered: true
    case .moved, .outside: false
    }
  }

  /// Chooses.
  ///
  /// - Parameters:
  ///   - reading: position as robot.yaml has it [rad].
  ///   - entry: what was saved.
  ///   - pitch: turn of the joint per turn of the rotor [rad].
  ///   - limits: the joint's.
  public init(reading: Double, saved entry: TurnMemory.Entry, pitch: Double, limits: JointLimits) {
    let believed = reading + entry.correction
    let turns = ((entry.pose - believed) / pitch).rounded()
    // What is no number, or too large to count, is no turn.
    let whole = Int(exactly: turns) ?? 0
    correction = entry.correction + Double(whole) * pitch
    position = reading + correction
    distance = position - entry.pose
    if !(distance.magnitude <= Self.trust * pitch) {
      verdict = .moved
    } else if position < limits.minPosition - Self.margin || position > limits.maxPosition + Self.margin {
      verdict = .outside
    } else {
      verdict = whole == 0 ? .same : .recovered(turns: whole)
    }
  }
}
