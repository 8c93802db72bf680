/// What a player says of its steps.
extension MovePlayer {
  /// What became of a step.
  public enum Outcome: BitwiseCopyable, Sendable, Equatable {
    /// It was not begun.
    case pending
    /// It is under way, or the run ended before it was done.
    case running
    /// It was done.
    case done
    /// The next step began before it was done.
    case replaced
    /// It was a stream whose targets stayed away; the joints came to rest, and the program went on.
    case silent
    /// It was not made, because of a joint; the program ended there.
    case refused(Refusal, joint: Int)
  }
  /// Why a step was not made.
  public enum Refusal: BitwiseCopyable, Sendable, Equatable {
    /// The joints are locked.
    case locked
    /// No motion to the target was found; the state or the limits make none possible.
    case unplannable
  }
  /// A step and when it was played.
  public struct Record: BitwiseCopyable, Sendable, Equatable {
    /// What became of it.
    public var outcome = Outcome.pending
    /// When it began [s]; zero before.
    public var begin = 0.0
    /// When it was over [s].
    public var end = 0.0
    /// Whether the joints had to come to rest first, so as not to pass a position limit.
    public var stoppedFirst = false
    /// How long it was to take, as it was planned [s]; nil for a stream, whose targets nobody knows.
    public var planned: Double?
    /// Targets of a stream that were followed.
    public var targets = 0
    /// Farthest that a joint was measured from where it was to be, when the step was over [rad]; nil where nobody measures.
    public var error: Double?
    /// The joint that this is about.
    public var errorJoint = 0
  }
}
