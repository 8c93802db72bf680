public import ControlCycle

/// What a setpoint source wants done after it filled in the setpoints.
public struct Directive: Sendable, Equatable {
  /// What the safety state is asked to do in this cycle.
  public var request: Request
  /// Whether the loop ends after this cycle.
  public var isFinished: Bool

  /// A directive.
  public init(_ request: Request, isFinished: Bool = false) {
    self.request = request
    self.isFinished = isFinished
  }
}

/// Where setpoints come from; called once a cycle on the loop's thread, so it must not block or allocate.
public protocol SetpointSource: ~Copyable {
  /// Fills in the setpoints for `cycle` and counts `setpoints.sequence` up when they are fresh. Asks for the laws that joints
  /// are to follow from this cycle on with `setpoints.ask`; what was asked in the cycle before is forgotten.
  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive
}

/// What looks at every cycle after it was sent; called on the loop's thread, so it must not block or allocate.
public protocol CycleRecorder: ~Copyable {
  /// Takes note of one cycle: with the record every input of the core, its output, and the core after the step.
  mutating func record(
    _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
    transmitted: borrowing FrameBuffer, control: borrowing ControlCycle)
}

/// One cycle as the loop saw it from outside the core.
public struct CycleRecord: BitwiseCopyable, Sendable {
  /// Number, instant and period.
  public var cycle: Cycle
  /// What was asked of the safety state.
  public var request: Request
  /// How long each stage took [ns]; `.record` is that of the cycle before.
  public var stages: StageTimes
  /// Time the host spent from receive to send [ns].
  public var busy: Int64
  /// Cycles left out before this one because the loop woke too late.
  public var skipped: Int64
  /// Deadlines missed: those of the cycles left out before this one, and its own.
  public var missed: Int64
  /// Time between the cycle's instant and the loop's waking [ns].
  public var lateness: Int64 { stages[.wakeUp] }

  /// A record.
  public init(
    cycle: Cycle, request: Request, stages: StageTimes, busy: Int64, skipped: Int64, missed: Int64
  ) {
    self.cycle = cycle
    self.request = request
    self.stages = stages
    self.missed = missed
    self.busy = busy
    self.skipped = skipped
  }
}
