import ControlCycle

/// Frames in the order they were queued, each with an instant: fixed capacity, allocated once.
struct FrameQueue: ~Copyable {
  /// A queued frame.
  struct Entry: BitwiseCopyable {
    /// When the frame is ready, or due [ns].
    var time: Int64
    /// Index of the node it comes from.
    var sender: Int
    /// The frame.
    var frame: CANFrame
  }

  /// Frames in the queue.
  private(set) var count = 0
  private var head = 0
  private let capacity: Int
  private let storage: UnsafeMutablePointer<Entry>

  init(capacity: Int) {
    self.capacity = capacity
    storage = .allocate(capacity: capacity)
    storage.initialize(repeating: Entry(time: 0, sender: 0, frame: CANFrame()), count: capacity)
  }

  deinit { storage.deallocate() }

  /// Instant of the first frame, `Int64.max` when there is none [ns].
  var headTime: Int64 { count > 0 ? storage[head].time : .max }

  /// The first frame; the queue must not be empty.
  var first: UnsafeMutablePointer<Entry> {
    precondition(count > 0)
    return storage + head
  }

  /// Appends a frame; false when there is no room.
  mutating func append(_ entry: Entry) -> Bool {
    guard count < capacity else { return false }
    var index = head + count
    if index >= capacity { index -= capacity }
    storage[index] = entry
    count += 1
    return true
  }

  /// Drops every frame.
  mutating func removeAll() { count = 0 }

  /// Drops the first frame; the queue must not be empty.
  mutating func removeFirst() {
    precondition(count > 0)
    head = head + 1 == capacity ? 0 : head + 1
    count -= 1
  }
}
