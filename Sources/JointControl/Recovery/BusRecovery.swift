public import ControlCycle

/// The way of one bus back into use, as a machine of stages that knows no clock and no bus: what is to be done next, and when
/// it has taken too long.
///
///     purging --queue is empty--> restarting --controller started--> settling --error-active--> settled
///        |                            |                                  |
///        +------ refused, or longer than its bound -----------------> failed
///
/// Purging comes first, so that no command from before the loss is sent by the restart. Each stage has a bound; there is no
/// way back, and none that arms: that takes a command of a person.
public struct BusRecovery: Sendable, Equatable {
  /// How far a bus has come.
  public enum Stage: String, Sendable, CaseIterable {
    /// Whatever waits in the host's queue is dropped.
    case purging
    /// The interface is opened and its controller started again; a person may have to plug it in.
    case restarting
    /// The controller has to be error-active.
    case settling
    /// The bus can be used: its drives are asked who they are.
    case settled
    /// The bus is not to be had.
    case failed

    /// Longest time the stage may take [ns].
    public var bound: Int64 {
      switch self {
      case .purging: 1_000_000_000
      // A plug has to be found, and a bus mended.
      case .restarting: 30_000_000_000
      // 128 times 11 recessive bits are 1.4 ms at 1 Mbit/s and 141 ms at 10 kbit/s (ISO 11898-1).
      case .settling: 1_000_000_000
      case .settled, .failed: .max
      }
    }
  }

  /// How far the bus has come.
  public private(set) var stage = Stage.purging
  /// Why the last try of the stage was not enough; empty before the first.
  public private(set) var reason = ""
  /// What to do where the bus is not to be had.
  public private(set) var fix = ""
  /// The stage that failed.
  public private(set) var failedStage: Stage?
  /// Time each stage took [ns], in the order of stages.
  public private(set) var times: [Int64] = []
  private var since: Int64

  /// A way that begins at an instant [ns].
  public init(at time: Int64) { since = time }

  /// Whether there is nothing left to do.
  public var isOver: Bool { stage == .settled || stage == .failed }

  /// Takes what came of the stage's order at an instant [ns]. A stage that is past its bound has failed, whatever came of it:
  /// what a person waited for in vain is not to happen behind his back.
  public mutating func take(_ answer: RecoveryAnswer, at time: Int64) {
    guard !isOver else { return }
    if time - since > stage.bound { return fail(at: time) }
    switch answer {
    case .done: advance(at: time)
    case .pending(let reason): self.reason = reason
    case .refused(let reason, let fix):
      (self.reason, self.fix) = (reason, fix)
      fail(at: time)
    }
  }

  private mutating func advance(at time: Int64) {
    times.append(time - since)
    since = time
    reason = ""
    switch stage {
    case .purging: stage = .restarting
    case .restarting: stage = .settling
    case .settling: stage = .settled
    case .settled, .failed: break
    }
  }

  private mutating func fail(at time: Int64) {
    times.append(time - since)
    failedStage = stage
    if fix.isEmpty {
      fix =
        switch stage {
        case .purging: "take the interface down by hand, then start the run again"
        case .restarting: "plug the adapter in, see to cable and supply, then start the run again"
        default: "see to the wiring: termination, bit rates, and that a drive acknowledges"
        }
    }
    stage = .failed
  }
}

/// What came of an order to a bus that is to be used again.
public enum RecoveryAnswer: Sendable, Equatable {
  /// It is done.
  case done
  /// It cannot be done yet, for a reason; to be tried again.
  case pending(String)
  /// It cannot be done at all, for a reason, and what to do.
  case refused(String, fix: String)
}

/// A target whose buses can be had back after they were lost. None of this is for the loop's thread while it runs.
public protocol RecoverableTarget: Target, ~Copyable {
  /// Drops whatever waits to be sent on a bus.
  mutating func purge(bus: Int) -> RecoveryAnswer
  /// Opens a bus's interface anew and starts its controller.
  mutating func restart(bus: Int) -> RecoveryAnswer
  /// State of a bus.
  mutating func state(ofBus bus: Int) -> BusState
}
