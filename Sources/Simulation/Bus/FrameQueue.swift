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
    /// Whether it was on the bus before, and is sent again.
    var isRepeat = false
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
    append(entry.frame, from: entry.sender, at: entry.time, isRepeat: entry.isRepeat)
  }

  /// Appends a frame of a node that is ready at an instant [ns]; false when there is no room.
  mutating func append(_ frame: CANFrame, from sender: Int, at time: Int64, isRepeat: Bool = false) -> Bool {
    guard count < capacity else { return false }
    var index = head + count
    if index >= capacity { index -= capacity }
    let place = storage + index
    place.pointee.time = time
    place.pointee.sender = sender
    place.pointee.frame = frame
    place.pointee.isRepeat = isRepeat
    count += 1
    return true
  }

  /// Puts a frame behind all that are ready no later; false when there is no room.
  mutating func insert(_ entry: Entry) -> Bool {
    guard append(entry) else { return false }
    var place = count - 1
    while place > 0 && storage[slot(place - 1)].time > entry.time {
      storage[slot(place)] = storage[slot(place - 1)]
      place -= 1
    }
    storage[slot(place)] = entry
    return true
  }

  /// The first frame that fulfils a condition, taken out of the queue; nil when there is none.
  mutating func take(where fits: (Entry) -> Bool) -> Entry? {
    for place in 0..<count where fits(storage[slot(place)]) {
      let entry = storage[slot(place)]
      for next in place..<(count - 1) { storage[slot(next)] = storage[slot(next + 1)] }
      count -= 1
      return entry
    }
    return nil
  }

  private func slot(_ place: Int) -> Int {
    let index = head + place
    return index >= capacity ? index - capacity : index
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
