import Foundation
import Synchronization

/// Something else to do for every processor, at normal priority: copies through the caches, system calls, arithmetic.
final class HostLoad: Sendable {
  private let isStopped = Atomic<Bool>(false)
  private let running = Atomic<Int>(0)

  /// Starts one thread a processor.
  func start() {
    for _ in 0..<ProcessInfo.processInfo.activeProcessorCount {
      running.add(1, ordering: .relaxed)
      Thread { [self] in
        work()
        running.subtract(1, ordering: .releasing)
      }.start()
    }
  }

  /// Ends the threads.
  func stop() {
    isStopped.store(true, ordering: .releasing)
    while running.load(ordering: .acquiring) > 0 { usleep(1000) }
  }

  private func work() {
    let size = 8 << 20
    let (from, to) = (
      UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64),
      UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    )
    defer {
      from.deallocate()
      to.deallocate()
    }
    memset(from, 1, size)
    let sink = open("/dev/null", O_WRONLY | O_CLOEXEC)
    defer { close(sink) }
    var sum = 1.0
    while !isStopped.load(ordering: .acquiring) {
      memcpy(to, from, size)
      for index in 0..<200 { _ = write(sink, to + index * 4096, 4096) }
      for index in 1..<20_000 { sum = (sum + Double(index)).squareRoot() + 1 }
      memset(from, Int32(sum) & 0x7f, 4096)
    }
  }
}
