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
  /// Fills in the setpoints for `cycle` and counts `setpoints.sequence` up when they are fresh.
  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive
}

/// What looks at every cycle after it was sent; called on the loop's thread, so it must not block or allocate.
public protocol CycleRecorder: ~Copyable {
  /// Takes note of one cycle.
  mutating func record(_ record: borrowing CycleRecord, control: borrowing ControlCycle)
}

/// One cycle as the loop saw it from outside the core.
public struct CycleRecord: BitwiseCopyable, Sendable {
  /// Number, instant and period.
  public var cycle: Cycle
  /// How long each stage took [ns]; `.record` is that of the cycle before.
  public var stages: StageTimes
  /// Time the host spent from receive to send [ns].
  public var busy: Int64
  /// Deadlines missed: those of the cycles left out before this one, and its own.
  public var missed: Int64
  /// Time between the cycle's instant and the loop's waking [ns].
  public var lateness: Int64 { stages[.wakeUp] }

  /// A record.
  public init(cycle: Cycle, stages: StageTimes, busy: Int64, missed: Int64) {
    self.cycle = cycle
    self.stages = stages
    self.busy = busy
    self.missed = missed
  }
}
