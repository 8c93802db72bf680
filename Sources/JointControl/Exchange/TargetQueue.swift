internal import CServoBus
import Synchronization

/// Targets on their way from one thread to the loop's, in order and without a lock.
public final class TargetQueue: @unchecked Sendable {
  /// Memory of the queue; valid as long as the queue.
  let memory: TargetMemory

  /// A queue with room for some targets.
  ///
  /// - Parameters:
  ///   - capacity: most targets that wait.
  ///   - waits: whether the loop waits for a target where there is none yet, which only time that stands still allows.
  public init(capacity: Int, waits: Bool = false) {
    memory = TargetMemory(capacity: max(1, capacity), waits: waits)
  }

  deinit { memory.deallocate() }

  /// Hands in a target; false where there is no room. One thread alone may hand in.
  public func offer(_ target: StreamedTarget) -> Bool { memory.append(target) }

  /// Says that there will be no more.
  public func close() { memory.isClosed.pointee.store(true, ordering: .releasing) }

  /// Whether nobody takes targets any more.
  public var isAbandoned: Bool { memory.isAbandoned.pointee.load(ordering: .acquiring) }

  /// Says that nobody takes targets any more.
  public func abandon() { memory.isAbandoned.pointee.store(true, ordering: .releasing) }
}

/// The memory behind a queue: what the loop reads without counting references.
struct TargetMemory: @unchecked Sendable {
  let slots: UnsafeMutablePointer<StreamedTarget>
  let capacity: Int
  let waits: Bool
  let written: UnsafeMutablePointer<Atomic<Int>>
  let read: UnsafeMutablePointer<Atomic<Int>>
  let isClosed: UnsafeMutablePointer<Atomic<Bool>>
  let isAbandoned: UnsafeMutablePointer<Atomic<Bool>>

  init(capacity: Int, waits: Bool) {
    self.capacity = capacity
    self.waits = waits
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: StreamedTarget(), count: capacity)
    written = .allocate(capacity: 1)
    written.initialize(to: Atomic(0))
    read = .allocate(capacity: 1)
    read.initialize(to: Atomic(0))
    isClosed = .allocate(capacity: 1)
    isClosed.initialize(to: Atomic(false))
    isAbandoned = .allocate(capacity: 1)
    isAbandoned.initialize(to: Atomic(false))
  }

  func deallocate() {
    slots.deallocate()
    written.deinitialize(count: 1)
    written.deallocate()
    read.deinitialize(count: 1)
    read.deallocate()
    isClosed.deinitialize(count: 1)
    isClosed.deallocate()
    isAbandoned.deinitialize(count: 1)
    isAbandoned.deallocate()
  }

  func append(_ target: StreamedTarget) -> Bool {
    let head = written.pointee.load(ordering: .relaxed)
    guard head - read.pointee.load(ordering: .acquiring) < capacity else { return false }
    slots[head % capacity] = target
    written.pointee.store(head + 1, ordering: .releasing)
    return true
  }

  /// The oldest target, in place; nil where there is none. Loop only.
  var front: UnsafePointer<StreamedTarget>? {
    let tail = read.pointee.load(ordering: .relaxed)
    guard tail != written.pointee.load(ordering: .acquiring) else { return nil }
    return UnsafePointer(slots + tail % capacity)
  }

  /// Gives the place of the oldest target back. Loop only.
  func removeFront() { read.pointee.store(read.pointee.load(ordering: .relaxed) + 1, ordering: .releasing) }

  /// Whether there is nothing and will be nothing. Loop only.
  var isDry: Bool {
    // In this order: what was handed in before the end is seen.
    isClosed.pointee.load(ordering: .acquiring) && front == nil
  }

  /// Waits, in time that stands still, until there is a target, the end, or a termination signal.
  func wait() {
    guard waits else { return }
    while front == nil && !isClosed.pointee.load(ordering: .acquiring) && servo_signal_caught() == 0 {
      _ = servo_clock_sleep_until(servo_clock_now() + 20_000)
    }
  }
}

/// The streams of a program, ready to be followed in the cycle.
struct StreamList: ~Copyable {
  private let items: UnsafeMutablePointer<TargetMemory>
  // What holds the memory.
  private let queues: [TargetQueue]

  init(_ streams: [TargetStream]) {
    queues = streams.map { stream in
      switch stream.source {
      case .live(let queue): return queue
      case .listed(let targets):
        let queue = TargetQueue(capacity: targets.count)
        for target in targets { _ = queue.offer(target) }
        queue.close()
        return queue
      }
    }
    items = .allocate(capacity: max(1, streams.count))
    for (index, queue) in queues.enumerated() { (items + index).initialize(to: queue.memory) }
  }

  deinit { items.deallocate() }

  subscript(index: Int) -> TargetMemory { items[index] }
}
