import Foundation
import JointControl
import TestSupport
import Testing

@Suite("The ring of records")
struct RecordRingTests {
  /// A record of `count` words: its length, its number, then words that follow from both.
  private static func fill(_ start: UnsafeMutableRawPointer, count: Int, number: Int) {
    start.storeBytes(of: UInt32(8 * count), as: UInt32.self)
    start.storeBytes(of: UInt32(truncatingIfNeeded: number), toByteOffset: 4, as: UInt32.self)
    for word in 1..<count {
      start.storeBytes(of: UInt64(number &* 31 &+ word), toByteOffset: 8 * word, as: UInt64.self)
    }
  }

  private static func isWhole(_ record: UnsafeRawBufferPointer, number: Int) -> Bool {
    guard record.count >= 8,
      record.load(fromByteOffset: 4, as: UInt32.self) == UInt32(truncatingIfNeeded: number)
    else { return false }
    return (1..<record.count / 8).allSatisfy {
      record.load(fromByteOffset: 8 * $0, as: UInt64.self) == UInt64(number &* 31 &+ $0)
    }
  }

  @Test("Full means full, and what was taken makes room", arguments: [1, 2, 3, 17, 100])
  func capacity(words: Int) throws {
    let ring = RecordRing(minimumCapacity: 4096)
    var written = 0
    var read = 0
    for _ in 0..<50 {
      while let start = ring.reserve(8 * words) {
        Self.fill(start, count: words, number: written)
        ring.commit(8 * words)
        written += 1
      }
      // Never more than a record and the rest of the ring before its end stay unused.
      #expect((written - read) * 8 * words >= ring.capacity - 2 * 8 * words)
      for _ in 0..<(written - read + 1) / 2 {
        let record = try #require(ring.front())
        #expect(Self.isWhole(record, number: read))
        ring.removeFront(record.count)
        read += 1
      }
    }
    while let record = ring.front() {
      #expect(Self.isWhole(record, number: read))
      ring.removeFront(record.count)
      read += 1
    }
    #expect(read == written)
  }

  @Test("Two threads: every record arrives once, whole and in order")
  func threads() async {
    let ring = RecordRing(minimumCapacity: 4096)
    let count = 20_000
    let producer = Task.detached {
      var random = SeededGenerator(seed: 7)
      for number in 0..<count {
        let words = 1 + Int(random.next() % 60)
        while true {
          // Reserves more than it commits, as the encoder does.
          if let start = ring.reserve(8 * (words + 5)) {
            Self.fill(start, count: words, number: number)
            ring.commit(8 * words)
            break
          }
          usleep(10)
        }
      }
    }
    var read = 0
    var damaged = 0
    while read < count {
      guard let record = ring.front() else {
        usleep(10)
        continue
      }
      if !Self.isWhole(record, number: read) { damaged += 1 }
      ring.removeFront(record.count)
      read += 1
    }
    await producer.value
    #expect(damaged == 0 && ring.front() == nil)
  }
}
