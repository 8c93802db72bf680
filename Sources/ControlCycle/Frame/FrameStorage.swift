// Set-up: may allocate; the cycle is compiled without this file.

import LaneMath

extension FrameBuffer {
  /// Allocates room for `capacity` frames.
  public init(capacity: Int) {
    precondition(capacity > 0, "a frame buffer needs room for at least one frame")
    let storage = UnsafeMutablePointer<CANFrame>.allocate(capacity: capacity)
    unsafe storage.initialize(repeating: CANFrame(), count: capacity)
    unsafe self.init(
      storage: storage, capacity: capacity,
      conditions: FixedArray(count: Capacity.buses, repeating: BusCondition()))
  }
}
