import ControlCycle
import Foundation
import JointControl

/// The exchange from two threads at once, for the thread sanitizer: `make tsan`.
///
/// A program of its own, because Swift 6.3.1 crashes when it compiles ControlCycle for the sanitizer (`Scripts/tsan-build`). With
/// `--broken` the two threads share a value without any exchange, which the sanitizer must report.
@main enum ExchangeStress {
  struct Wide: BitwiseCopyable, Sendable {
    var words: InlineArray<8, Int>

    init(_ value: Int) { words = InlineArray(repeating: value) }
    var isWhole: Bool { (1..<8).allSatisfy { words[$0] == words[0] } }
  }

  /// A value that two threads share with nothing between them.
  final class Unprotected: @unchecked Sendable {
    var value = 0
  }

  static let count = 100_000

  static func main() {
    if CommandLine.arguments.contains("--broken") { return broken() }
    let failures = cell() + ring() + records()
    print(
      "\(count) values through a cell, frames through a ring and records through another: \(failures) wrong")
    exit(failures == 0 ? 0 : 1)
  }

  private static func cell() -> Int {
    let cell = LatestValue(Wide(0))
    Thread { for number in 1...count { cell.publish(Wide(number)) } }.start()
    var (last, wrong) = (0, 0)
    while last < count {
      let value = cell.latest
      if !value.isWhole || value.words[0] < last { wrong += 1 }
      last = value.words[0]
    }
    return wrong
  }

  private static func ring() -> Int {
    let ring = FrameRing(minimumCapacity: 16)
    Thread {
      for number in 1...count {
        var frame = CANFrame()
        frame.id = UInt32(number)
        while !ring.append(frame) { sched_yield() }
      }
    }.start()
    var (last, wrong) = (0, 0)
    while last < count {
      guard let frame = ring.next() else {
        sched_yield()
        continue
      }
      if Int(frame.id) != last + 1 { wrong += 1 }
      last = Int(frame.id)
    }
    return wrong
  }

  private static func records() -> Int {
    let ring = RecordRing(minimumCapacity: 4096)
    Thread {
      for number in 1...count {
        let words = 1 + number % 60
        while true {
          guard let start = ring.reserve(8 * words + 40) else {
            sched_yield()
            continue
          }
          start.storeBytes(of: UInt32(8 * words), as: UInt32.self)
          start.storeBytes(of: UInt32(number), toByteOffset: 4, as: UInt32.self)
          for word in 1..<words { start.storeBytes(of: number, toByteOffset: 8 * word, as: Int.self) }
          ring.commit(8 * words)
          break
        }
      }
    }.start()
    var (last, wrong) = (0, 0)
    while last < count {
      guard let record = ring.front() else {
        sched_yield()
        continue
      }
      last += 1
      let isWhole =
        record.load(fromByteOffset: 4, as: UInt32.self) == UInt32(last)
        && (1..<record.count / 8).allSatisfy { record.load(fromByteOffset: 8 * $0, as: Int.self) == last }
      if record.count != 8 * (1 + last % 60) || !isWhole { wrong += 1 }
      ring.removeFront(record.count)
    }
    return wrong
  }

  private static func broken() {
    let shared = Unprotected()
    let thread = Thread { for _ in 0..<1000 { shared.value += 1 } }
    thread.start()
    for _ in 0..<1000 { shared.value += 1 }
    while !thread.isFinished { usleep(1000) }
    print("shared without an exchange: \(shared.value)")
  }
}
