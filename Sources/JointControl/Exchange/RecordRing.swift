import Synchronization

/// Records of different lengths on their way from the loop's thread to one reader, without a lock.
///
/// Single producer, single consumer, over bytes: a record is as long as it needs to be and begins with its length
/// (UInt32, a multiple of 8). It stands in one piece; where the rest of the ring is too short a marker sends the reader
/// back to the start. Allocated once. Each side keeps the other's counter as it last saw it and looks again only when
/// that says full or empty, so that the two threads do not pass a cache line to and fro with each record.
public final class RecordRing: @unchecked Sendable {
  /// Bytes of the ring; a power of two.
  public let capacity: Int
  private static var skip: UInt32 { UInt32.max }
  private let storage: UnsafeMutableRawPointer
  /// Of the producer alone: `read` as last seen.
  private let seenRead: UnsafeMutablePointer<Int>
  /// Of the consumer alone: `written` as last seen.
  private let seenWritten: UnsafeMutablePointer<Int>
  // 128 bytes apart, two cache lines, since processors fetch lines in pairs.
  private let gapBefore = InlineArray<16, Int>(repeating: 0)
  private let written = Atomic<Int>(0)
  private let dropped = Atomic<Int>(0)
  private let gapBetween = InlineArray<16, Int>(repeating: 0)
  private let read = Atomic<Int>(0)
  private let gapAfter = InlineArray<16, Int>(repeating: 0)

  /// A ring of at least `minimumCapacity` bytes.
  public init(minimumCapacity: Int) {
    var size = 1 << 12
    while size < minimumCapacity { size <<= 1 }
    capacity = size
    storage = .allocate(byteCount: size + 256, alignment: 128)
    // Touches every page now, so that the loop's thread never waits for one.
    storage.initializeMemory(as: UInt8.self, repeating: 0, count: size + 256)
    seenRead = (storage + size).assumingMemoryBound(to: Int.self)
    seenWritten = (storage + size + 128).assumingMemoryBound(to: Int.self)
  }

  deinit { storage.deallocate() }

  /// Records given up because the reader was too slow.
  public var dropCount: Int { dropped.load(ordering: .relaxed) }

  /// Counts a record that was given up. Producer only.
  public func countDrop() { dropped.wrappingAdd(1, ordering: .relaxed) }

  /// Room for a record of up to `bytes`, 8-byte aligned; nil when the ring is full. Producer only.
  public func reserve(_ bytes: Int) -> UnsafeMutableRawPointer? {
    let head = written.load(ordering: .relaxed)
    let position = head & (capacity - 1)
    let skipped = position + bytes > capacity ? capacity - position : 0
    if head + skipped + bytes - seenRead.pointee > capacity {
      seenRead.pointee = read.load(ordering: .acquiring)
      guard head + skipped + bytes - seenRead.pointee <= capacity else { return nil }
    }
    if skipped == 0 { return storage + position }
    (storage + position).storeBytes(of: Self.skip, as: UInt32.self)
    written.store(head + skipped, ordering: .releasing)
    return storage
  }

  /// Hands over the record that stands at the last reserved place, `bytes` (a multiple of 8) long. Producer only.
  public func commit(_ bytes: Int) {
    written.store(written.load(ordering: .relaxed) + bytes, ordering: .releasing)
  }

  /// The oldest record, in place; nil when there is none. Consumer only.
  public func front() -> UnsafeRawBufferPointer? {
    while true {
      let tail = read.load(ordering: .relaxed)
      if tail == seenWritten.pointee {
        seenWritten.pointee = written.load(ordering: .acquiring)
        guard tail != seenWritten.pointee else { return nil }
      }
      let start = storage + (tail & (capacity - 1))
      let length = start.load(as: UInt32.self)
      if length != Self.skip { return UnsafeRawBufferPointer(start: start, count: Int(length)) }
      read.store(tail + capacity - (tail & (capacity - 1)), ordering: .releasing)
    }
  }

  /// Gives the place of the oldest record, `bytes` long, back to the producer. Consumer only.
  public func removeFront(_ bytes: Int) {
    read.store(read.load(ordering: .relaxed) + bytes, ordering: .releasing)
  }
}
