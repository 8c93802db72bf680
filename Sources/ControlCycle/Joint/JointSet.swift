/// A set of joints by index, at most `Capacity.joints`.
public struct JointSet: BitwiseCopyable, Sendable, Equatable {
  /// Bit i is set when joint i belongs to the set.
  public var bits: UInt64

  /// The set with the given bits; empty when none are given.
  @_noLocks public init(bits: UInt64 = 0) { self.bits = bits }

  /// Whether no joint belongs to the set.
  public var isEmpty: Bool { @_noLocks get { bits == 0 } }

  /// Number of joints in the set.
  public var count: Int { @_noLocks get { bits.nonzeroBitCount } }

  /// Whether `joint` belongs to the set.
  @_noLocks public func contains(_ joint: Int) -> Bool { bits & (1 &<< UInt64(joint)) != 0 }

  /// Adds a joint.
  @_noLocks public mutating func insert(_ joint: Int) { bits |= 1 &<< UInt64(joint) }

  /// Adds every joint of `other`.
  @_noLocks public mutating func formUnion(_ other: JointSet) { bits |= other.bits }
}
