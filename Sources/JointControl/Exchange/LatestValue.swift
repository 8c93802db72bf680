import Synchronization

/// The newest value of something, from one thread to one other, without a lock and without waiting.
///
/// Three slots: the writer fills one, the reader looks at another, and the third is handed over by one atomic
/// exchange. Neither side ever waits, fails or sees half a value, however the other one is delayed; values the
/// reader was too slow for are replaced. `Tests/JointControlTests/Exchange` explores every interleaving of its
/// steps.
public final class LatestValue<Value: BitwiseCopyable & Sendable>: @unchecked Sendable {
  private static var isNew: Int { 4 }
  private static var slot: Int { 3 }
  private let slots: UnsafeMutablePointer<Value>
  /// The slot nobody uses, with `isNew` when the writer left it there last.
  private let middle = Atomic<Int>(1)
  /// The slot the writer fills next. Writer only.
  private let back: UnsafeMutablePointer<Int>
  /// The slot the reader looks at. Reader only.
  private let front: UnsafeMutablePointer<Int>

  /// A cell that holds `value` until something is published.
  public init(_ value: Value) {
    slots = .allocate(capacity: 3)
    slots.initialize(repeating: value, count: 3)
    back = .allocate(capacity: 1)
    back.initialize(to: 0)
    front = .allocate(capacity: 1)
    front.initialize(to: 2)
  }

  deinit {
    slots.deallocate()
    back.deallocate()
    front.deallocate()
  }

  /// Replaces the newest value. Writer only.
  public func publish(_ value: Value) {
    slots[back.pointee] = value
    // Releases the slot just filled, acquires the one the reader gave back.
    let taken = middle.exchange(back.pointee | Self.isNew, ordering: .acquiringAndReleasing)
    back.pointee = taken & Self.slot
  }

  /// The newest value; the same one again while nothing new was published. Reader only.
  public var latest: Value {
    _ = advance()
    return slots[front.pointee]
  }

  /// The newest value if it was not taken yet. Reader only.
  public func takeNew() -> Value? { advance() ? slots[front.pointee] : nil }

  private func advance() -> Bool {
    guard middle.load(ordering: .relaxed) & Self.isNew != 0 else { return false }
    let taken = middle.exchange(front.pointee, ordering: .acquiringAndReleasing)
    front.pointee = taken & Self.slot
    return true
  }
}
