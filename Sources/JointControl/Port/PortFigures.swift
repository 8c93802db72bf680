internal import CCommandPort

/// Where a command port stands, as source, law and publisher share it on the loop's thread.
public struct PortFigures: BitwiseCopyable, Sendable {
  /// What the loop does with the port.
  public enum Phase: UInt32, Sendable, BitwiseCopyable {
    /// Nobody has the lease: the pose is held.
    case free
    /// Somebody has it and has not sent a set that was accepted: the pose is held.
    case waiting
    /// Sets are followed.
    case following
    /// The newest set is older than the command timeout: the motion is frozen.
    case frozen
    /// The robot is not armed, or stops.
    case closed
  }

  /// Why a set is refused, in the order of `command_port.h`.
  public enum Refusal: Int, Sendable, CaseIterable {
    /// Copied while it was written, or sums that do not agree; looked at again in the next cycle.
    case torn
    /// Unknown flags, another count of joints, a sequence that did not go up.
    case malformed
    /// A number that is none.
    case notFinite
    /// A position outside the joint's limits.
    case positionLimit
    /// A velocity above the joint's limit.
    case velocityLimit
    /// A torque above the joint's limit.
    case torqueLimit
    /// Gains below zero, above those of the description, or not taken at all.
    case gains
    /// Made from a state that is older than the command timeout, or from one that has not been.
    case old

    /// The reason in the words of reports.
    public var name: String {
      switch self {
      case .torn: "torn"
      case .malformed: "malformed"
      case .notFinite: "not_finite"
      case .positionLimit: "position_limit"
      case .velocityLimit: "velocity_limit"
      case .torqueLimit: "torque_limit"
      case .gains: "gains"
      case .old: "old"
      }
    }
  }

  /// What the loop does with the port.
  public internal(set) var phase = Phase.closed
  /// Who has the lease, counted from 1; 0 before the first.
  public internal(set) var lease: UInt64 = 0
  /// The set that is followed, its stamp, when it was taken [ns, the loop's clock], and in which cycle.
  public internal(set) var sequence: UInt64 = 0
  var stamp: Int64 = 0
  var acceptedAt: Int64 = 0
  var acceptedCycle: Int64 = -1
  /// Cycles between the state that the set was made from and the cycle that took it; -1 where it did not say.
  public internal(set) var latency: Int64 = -1
  /// Sets followed so far.
  public internal(set) var accepted: UInt64 = 0
  /// Sets refused so far, by reason.
  public internal(set) var refused = InlineArray<8, UInt64>(repeating: 0)
  /// Most cycles between two sets of one lease that were followed.
  public internal(set) var longestGap: Int64 = 0
  /// Whether gains of the owner hold; else those of the description.
  var hasGains = false
  /// Gains that the owner asks for, by joint.
  var stiffness = InlineArray<64, Double>(repeating: 0)
  var damping = InlineArray<64, Double>(repeating: 0)

  /// Figures before the first cycle.
  init() {}

  /// Sets refused for any reason.
  public var refusedTotal: UInt64 {
    var total: UInt64 = 0
    for reason in 0..<8 { total += refused[reason] }
    return total
  }
}
