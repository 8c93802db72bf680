import Synchronization

/// What keeps a simulated body where it is until its drives can: a stand, a rest, a pair of hands.
///
/// Bring-up takes half a second where drives have to be watched for it, and a trunk that nobody holds is on its way to
/// the floor by then. A real robot is held as well until its drives are on. May be let go from any thread.
public final class Stand: Sendable {
  private let isReleased = Atomic<Bool>(false)
  /// Whether the simulation lets the body go as soon as a drive gives more torque than bring-up tries one with: where
  /// another program arms the robot, and nobody else knows when.
  public let yieldsToDrives: Bool

  /// A stand that holds.
  public init(yieldsToDrives: Bool = false) { self.yieldsToDrives = yieldsToDrives }

  /// Whether the body is held.
  public var isHolding: Bool { !isReleased.load(ordering: .acquiring) }

  /// Lets the body go.
  public func letGo() { isReleased.store(true, ordering: .releasing) }

  /// Takes hold of the body where it is.
  public func hold() { isReleased.store(false, ordering: .releasing) }
}
