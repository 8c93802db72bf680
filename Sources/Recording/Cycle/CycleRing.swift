import Synchronization

/// Records of whole cycles on their way from the loop's thread to one reader, without a lock.
///
/// Single producer, single consumer, over bytes: a record is as long as its cycle needs. It stands in one piece; where
/// the rest of the ring is too short a marker sends the reader back to the start. Allocated once.
final class CycleRing: @unchecked Sendable {
  /// Bytes of the ring; a power of two.
  let capacity: Int
  private static let skip = UInt32.max
  private let storage: UnsafeMutableRawPointer
  private let written = Atomic<Int>(0)
  private let read = Atomic<Int>(0)
  private let dropped = Atomic<Int>(0)

  /// A ring of at least `minimumCapacity` bytes.
  init(minimumCapacity: Int) {
    var size = 1 << 12
    while size < minimumCapacity { size <<= 1 }
    capacity = size
    storage = .allocate(byteCount: size, alignment: 64)
    // Touches every page now, so that the loop's thread never waits for one.
    storage.initializeMemory(as: UInt8.self, repeating: 0, count: size)
  }

  deinit { storage.deallocate() }

  /// Records given up because the reader was too slow.
  var dropCount: Int { dropped.load(ordering: .relaxed) }

  /// Counts a record that was given up. Producer only.
  func countDrop() { dropped.wrappingAdd(1, ordering: .relaxed) }

  /// Room for a record of up to `bytes`, 8-byte aligned; nil when the ring is full. Producer only.
  func reserve(_ bytes: Int) -> UnsafeMutableRawPointer? {
    let head = written.load(ordering: .relaxed)
    let position = head & (capacity - 1)
    let skipped = position + bytes > capacity ? capacity - position : 0
    guard head + skipped + bytes - read.load(ordering: .acquiring) <= capacity else { return nil }
    if skipped == 0 { return storage + position }
    (storage + position).storeBytes(of: Self.skip, as: UInt32.self)
    written.store(head + skipped, ordering: .releasing)
    return storage
  }

  /// Hands over the record that stands at the last reserved place, `bytes` (a multiple of 8) long. Producer only.
  func commit(_ bytes: Int) { written.wrappingAdd(bytes, ordering: .releasing) }

  /// The oldest record, in place; nil when there is none. Consumer only.
  func front() -> UnsafeRawBufferPointer? {
    while true {
      let tail = read.load(ordering: .relaxed)
      guard tail != written.load(ordering: .acquiring) else { return nil }
      let start = storage + (tail & (capacity - 1))
      let length = start.load(as: UInt32.self)
      if length != Self.skip { return UnsafeRawBufferPointer(start: start, count: Int(length)) }
      read.store(tail + capacity - (tail & (capacity - 1)), ordering: .releasing)
    }
  }

  /// Gives the place of the oldest record, `bytes` long, back to the producer. Consumer only.
  func removeFront(_ bytes: Int) { read.wrappingAdd(bytes, ordering: .releasing) }
}
