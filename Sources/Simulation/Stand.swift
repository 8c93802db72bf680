import Synchronization

/// What keeps a simulated body where it is until its drives can: a stand, a rest, a pair of hands.
///
/// Bring-up takes half a second where drives have to be watched for it, and a trunk that nobody holds is on its way to
/// the floor by then. A real robot is held as well until its drives are on. May be let go from any thread.
public final class Stand: Sendable {
  private let isReleased = Atomic<Bool>(false)

  /// A stand that holds.
  public init() {}

  /// Whether the body is held.
  public var isHolding: Bool { !isReleased.load(ordering: .acquiring) }

  /// Lets the body go, for good.
  public func letGo() { isReleased.store(true, ordering: .releasing) }
}
