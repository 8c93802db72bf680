/// Something that goes wrong with the disk that a recording is written to, for tests and simulated runs.
///
/// It is judged by the instants of a block's cycles, not by any clock, so that the same blocks are lost again: those with a
/// cycle in its time, half a second each.
public struct DiskFault: Sendable, Equatable {
  /// What goes wrong.
  public enum Kind: Sendable, Equatable {
    /// No room is left: the write fails as with ENOSPC. Nothing is written after that.
    case full
    /// The write fails as with EIO. Nothing is written after that.
    case fails
    /// The disk takes nothing: blocks are lost as when too many wait for it.
    case slow
  }
  /// What goes wrong.
  public var kind: Kind
  /// Instant from which on, of the loop's clock [ns].
  public var from: Int64
  /// Instant before which [ns].
  public var until: Int64

  /// A fault of the disk.
  public init(kind: Kind, from: Int64, until: Int64 = .max) {
    self.kind = kind
    self.from = from
    self.until = until
  }

  func holds(_ kind: Kind, during block: CycleBlock) -> Bool {
    self.kind == kind && block.lastTime >= from && block.firstTime < until
  }
}
