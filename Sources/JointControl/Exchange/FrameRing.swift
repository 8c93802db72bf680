public import ControlCycle
import Synchronization

/// Frames from the loop's thread to one reader, without a lock.
///
/// Single producer, single consumer. When it is full the producer drops the frame and counts it, or, in a
/// simulation that runs as fast as it can, waits for the reader.
public final class FrameRing: @unchecked Sendable {
  private let capacity: Int
  private let storage: UnsafeMutablePointer<CANFrame>
  private let written = Atomic<Int>(0)
  private let read = Atomic<Int>(0)
  private let dropped = Atomic<Int>(0)

  /// A ring for at least `minimumCapacity` frames.
  public init(minimumCapacity: Int) {
    var size = 1
    while size < minimumCapacity { size <<= 1 }
    capacity = size
    storage = .allocate(capacity: size)
    storage.initialize(repeating: CANFrame(), count: size)
  }

  deinit { storage.deallocate() }

  /// Frames dropped because the reader was too slow.
  public var dropCount: Int { dropped.load(ordering: .relaxed) }

  /// Appends a frame; false when the ring is full. Producer only.
  public func append(_ frame: CANFrame) -> Bool {
    let head = written.load(ordering: .relaxed)
    guard head &- read.load(ordering: .acquiring) < capacity else { return false }
    storage[head & (capacity - 1)] = frame
    written.store(head &+ 1, ordering: .releasing)
    return true
  }

  /// Counts a frame that was given up, by either side.
  public func countDrop() { dropped.wrappingAdd(1, ordering: .relaxed) }

  /// Removes and returns the oldest frame. Consumer only.
  public func next() -> CANFrame? {
    let tail = read.load(ordering: .relaxed)
    guard tail != written.load(ordering: .acquiring) else { return nil }
    let frame = storage[tail & (capacity - 1)]
    read.store(tail &+ 1, ordering: .releasing)
    return frame
  }
}
