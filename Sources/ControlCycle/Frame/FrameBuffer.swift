import LaneMath

/// Frames of one cycle and direction, and what the buses say of themselves: a fixed-capacity list, allocated once.
@safe public struct FrameBuffer: ~Copyable {
  /// Frames in use, in the order they were appended.
  public private(set) var count: Int
  /// Frames that did not fit since the buffer was made.
  public private(set) var dropped: Int
  /// Most frames the buffer holds.
  public let capacity: Int
  private let storage: UnsafeMutablePointer<CANFrame>
  private var conditions: FixedArray<BusCondition>
  /// Buses whose condition is not plain, a bit each.
  public private(set) var troubledBuses: UInt32

  /// Takes over initialised memory of `capacity` frames; see `init(capacity:)`.
  init(
    storage: UnsafeMutablePointer<CANFrame>, capacity: Int, conditions: consuming FixedArray<BusCondition>
  ) {
    self.capacity = capacity
    count = 0
    dropped = 0
    troubledBuses = 0
    unsafe self.storage = storage
    self.conditions = conditions
  }

  deinit { unsafe storage.deallocate() }

  /// The first frame; valid until the buffer is changed or given up.
  public var frames: UnsafePointer<CANFrame> { @_noLocks get { unsafe UnsafePointer(storage) } }

  /// The frame at `index`, which must be below `count`.
  public subscript(index: Int) -> CANFrame {
    @_noLocks get {
      precondition(index >= 0 && index < count)
      return unsafe storage[index]
    }
  }

  /// Appends a frame; when the buffer is full the frame is dropped and counted.
  @_noLocks public mutating func append(_ frame: CANFrame) {
    guard count < capacity else {
      dropped &+= 1
      return
    }
    unsafe storage[count] = frame
    count &+= 1
  }

  /// Appends the frame that carries a motion command, written where it will stand; as `append`, without a copy.
  @_noLocks mutating func append(_ command: MotorCommand, for drive: DriveConfiguration) {
    guard count < capacity else {
      dropped &+= 1
      return
    }
    unsafe DriveCodec.encode(command, for: drive, into: &storage[count])
    count &+= 1
  }

  /// Empties the buffer, and makes every bus plain; the drop count stays.
  @_noLocks public mutating func removeAll() {
    count = 0
    if troubledBuses == 0 { return }
    for bus in 0..<Capacity.buses { conditions[bus] = BusCondition() }
    troubledBuses = 0
  }

  /// What a bus says of itself; one that nothing was noted of is plain.
  @_noLocks public func condition(ofBus bus: Int) -> BusCondition {
    precondition(bus >= 0 && bus < Capacity.buses)
    return conditions[bus]
  }

  /// Notes what a bus says of itself; a number that no bus has is ignored.
  @_noLocks public mutating func note(_ condition: BusCondition, ofBus bus: Int) {
    guard bus >= 0 && bus < Capacity.buses else { return }
    conditions[bus] = condition
    if condition.isPlain {
      troubledBuses &= ~(UInt32(1) &<< UInt32(bus))
    } else {
      troubledBuses |= UInt32(1) &<< UInt32(bus)
    }
  }
}
