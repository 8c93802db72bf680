import CServoBus
import TestSupport
import Testing

/// Frames that come back from the wire, matched to those that were sent.
@Suite struct ConfirmationTests {
  /// The bookkeeping, in memory of its own: it is large.
  private final class Book {
    let confirmation = UnsafeMutablePointer<servo_confirmation>.allocate(capacity: 1)
    init(within: Int64) {
      confirmation.initialize(to: servo_confirmation())
      confirmation.pointee.within_ns = within
    }
    deinit { confirmation.deallocate() }
    func send(_ frames: [servo_frame], at instant: Int64) {
      servo_confirmation_note_sent(confirmation, frames, Int32(frames.count), instant)
    }
    func back(_ frame: servo_frame, at instant: Int64) -> Bool {
      var frame = frame
      return servo_confirmation_note_back(confirmation, &frame, instant) != 0
    }
    func settle(_ now: Int64) { servo_confirmation_settle(confirmation, now) }
    var counts: servo_confirmation_counts { servo_confirmation_get(confirmation) }
  }

  private static func frame(
    _ id: UInt32, _ value: UInt8 = 0, flags: UInt8 = 0, length: UInt8 = 1
  ) -> servo_frame {
    var frame = servo_frame()
    frame.id = id
    frame.length = length
    frame.flags = flags
    frame.data.0 = value
    return frame
  }

  @Test("Sent in batches, back in any order, some never: each is counted once, as what it was")
  func orders() {
    var generator = SeededGenerator(seed: 63)
    let book = Book(within: 500)
    var (confirmed, unconfirmed, most, lost) = (Int64(0), Int64(0), Int64(0), Int64(0))
    for cycle in 0..<2000 {
      let begin = Int64(cycle) * 1000
      // No two alike, so that the test knows which one came back.
      let frames = (0..<Int.random(in: 0...12, using: &generator)).map {
        Self.frame(UInt32(cycle * 16 + $0), UInt8($0))
      }
      book.send(frames, at: begin)
      let some = frames.filter { _ in Int.random(in: 0..<20, using: &generator) > 0 }
      let back = some.shuffled(using: &generator)
      for frame in back { #expect(book.back(frame, at: begin + 130)) }
      let late = Int64(frames.count - back.count)
      (confirmed, unconfirmed, most, lost) =
        (confirmed + Int64(back.count), unconfirmed + late, max(most, late), lost + late)
      book.settle(begin + 499)
      book.settle(begin + 950)
      // The room is for 256 on their way: those that never come back give it up to later ones.
      let counts = book.counts
      #expect(counts.confirmed == confirmed && counts.unconfirmed == unconfirmed && counts.strange == 0)
      #expect(counts.most_unconfirmed == most && counts.outstanding <= min(lost, 256))
    }
    #expect(unconfirmed > 100 && book.counts.latency_max_ns == 130 && book.counts.latency_p50_ns == 130)
  }

  @Test("A frame that is another one confirms nothing: identifier, format, length and data count")
  func others() {
    let book = Book(within: 500)
    let extended = UInt8(SERVO_FRAME_EXTENDED), flexible = UInt8(SERVO_FRAME_FD)
    book.send([Self.frame(1, 7)], at: 0)
    for other in [
      Self.frame(2, 7), Self.frame(1, 8), Self.frame(1, 7, flags: extended),
      Self.frame(1, 7, flags: flexible),
      Self.frame(1, 7, length: 2),
    ] { #expect(!book.back(other, at: 100)) }
    #expect(book.counts.strange == 5 && book.counts.confirmed == 0 && book.counts.outstanding == 1)
    // The error state of the controller is no part of what was sent.
    #expect(book.back(Self.frame(1, 7, flags: 8), at: 100))
    #expect(!book.back(Self.frame(1, 7), at: 100), "once")
  }

  @Test(
    "A frame is unconfirmed once, at its time, and confirmed when it comes; of two alike the older one is")
  func late() {
    let book = Book(within: 500)
    book.send([Self.frame(1, 7)], at: 0)
    book.settle(499)
    #expect(book.counts.unconfirmed == 0)
    book.settle(500)
    book.settle(900)
    #expect(book.counts.unconfirmed == 1 && book.counts.outstanding == 1)
    book.send([Self.frame(1, 7)], at: 1000)
    #expect(book.back(Self.frame(1, 7), at: 1100))
    #expect(book.counts.latency_max_ns == 1100)
    #expect(book.back(Self.frame(1, 7), at: 1200))
    book.settle(2000)
    let counts = book.counts
    #expect(counts.confirmed == 2 && counts.unconfirmed == 1 && counts.outstanding == 0)
  }

  @Test("What finds no room for waiting counts as unconfirmed, and is no longer waited for")
  func full() {
    let book = Book(within: 500)
    let room = Int(SERVO_CONFIRMATION_ROOM)
    book.send((0..<room + 44).map { Self.frame(UInt32($0)) }, at: 0)
    #expect(book.counts.unconfirmed == 44 && book.counts.outstanding == Int64(room))
    #expect(!book.back(Self.frame(43), at: 100) && book.back(Self.frame(44), at: 100))
    #expect(book.back(Self.frame(UInt32(room + 43)), at: 100))
  }
}
