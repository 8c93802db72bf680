/// How far a sequence of experiments is; a value of plain bits, for `LatestValue`.
public struct ExperimentProgress: BitwiseCopyable, Sendable {
  /// What the source is doing.
  public var phase: ExperimentSource.Phase
  /// Index of the experiment under way, or of the next one, within its run.
  public var experiment: Int
  /// Experiments of the run; 0 before it began.
  public var experimentCount: Int
  /// What that experiment is.
  public var kind: Experiment.Kind
  /// Joint of that experiment.
  public var joint: Int
  /// Part of it that is done, 0...1.
  public var share: Double
  /// Number of samples of it so far.
  public var sampleCount: Int
  /// The newest of them.
  public var sample: ExperimentSample
  /// Experiments that came to their end.
  public var completed: Int
  /// Whether one was broken off.
  public var isAborted: Bool

  /// Progress before anything was done.
  public init() {
    phase = .reading
    experiment = 0
    experimentCount = 0
    kind = .step
    joint = 0
    share = 0
    sampleCount = 0
    sample = ExperimentSample()
    completed = 0
    isAborted = false
  }
}
