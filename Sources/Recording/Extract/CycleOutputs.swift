import ControlCycle
import LaneMath

/// What a core put out, cycle by cycle, as bytes that two programs can compare: the head, then a record a cycle, and one
/// wherever the recording holds a carried state. Little-endian.
///
///     head       "SINEWOUT", UInt32 version, UInt32 joints
///     record     UInt32 length, UInt32 kind, Int64 number of the cycle
///     kind 1     Int64 instant [ns], UInt64 joints at fault, UInt32 safety state + fault kind << 8, UInt32 frames;
///                a joint: position, velocity, torque as estimated, then position, velocity, stiffness, damping and
///                torque as commanded, joint side; a frame: UInt32 id, UInt8 bus, flags, length, 0, payload in whole words
///     kind 2     the words of the carried state
///
/// Made once, it allocates nothing afterwards.
struct CycleOutputs: ~Copyable {
  static var magic: UInt64 { 0x5455_4F57_454E_4953 }
  static var version: UInt32 { 1 }
  static var headSize: Int { 16 }
  static var recordHeadSize: Int { 16 }
  static var cycleHeadSize: Int { 40 }
  static var jointSize: Int { 64 }
  static var frameHeadSize: Int { 8 }
  /// Bytes of the longest record.
  static var capacity: Int {
    let cycle = cycleHeadSize + Capacity.joints * jointSize + 2 * Capacity.joints * (frameHeadSize + 64)
    let words = ControlCycle.robotWordCount + Capacity.joints * ControlCycle.jointWordCount
    return max(cycle, recordHeadSize + 8 * words)
  }

  private let start: UnsafeMutableRawPointer
  private var count = 0

  /// The newest part: the head, or one record.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

  init() { start = .allocate(byteCount: Self.capacity, alignment: 8) }
  deinit { start.deallocate() }

  mutating func writeHead(jointCount: Int) {
    store(Self.magic, at: 0)
    store(Self.version, at: 8)
    store(UInt32(jointCount), at: 12)
    count = Self.headSize
  }

  /// What the core made of a cycle.
  mutating func write(_ cycle: Cycle, _ control: borrowing ControlCycle, _ transmit: borrowing FrameBuffer) {
    store(cycle.time, at: 16)
    store(control.safety.fault.joints.bits, at: 24)
    store(UInt32(control.safety.state.code) | UInt32(control.safety.fault.kind.code) << 8, at: 32)
    store(UInt32(transmit.count), at: 36)
    var next = Self.cycleHeadSize
    for joint in 0..<control.jointCount {
      let place = next + joint * Self.jointSize
      store(control.states[joint].position, at: place)
      store(control.states[joint].velocity, at: place + 8)
      store(control.states[joint].torque, at: place + 16)
      store(control.commands[joint].position, at: place + 24)
      store(control.commands[joint].velocity, at: place + 32)
      store(control.commands[joint].stiffness, at: place + 40)
      store(control.commands[joint].damping, at: place + 48)
      store(control.commands[joint].torque, at: place + 56)
    }
    next += control.jointCount * Self.jointSize
    let frames = transmit.frames
    for index in 0..<transmit.count { next += store(frames + index, at: next) }
    finish(kind: 1, number: cycle.number, length: next)
  }

  /// What the core carries over to the next cycle.
  mutating func write(carriedAfter number: Int64, _ control: borrowing ControlCycle) {
    let words = (start + Self.recordHeadSize).assumingMemoryBound(to: UInt64.self)
    control.copyCarriedState(into: words)
    finish(kind: 2, number: number, length: Self.recordHeadSize + 8 * control.carriedWordCount)
  }

  private mutating func finish(kind: UInt32, number: Int64, length: Int) {
    store(UInt32(length), at: 0)
    store(kind, at: 4)
    store(number, at: 8)
    count = length
  }

  private func store(_ frame: UnsafePointer<CANFrame>, at place: Int) -> Int {
    let length = Int(min(frame.pointee.length, 64))
    store(frame.pointee.id, at: place)
    store(UInt32(frame.pointee.bus) | UInt32(frame.pointee.flags) << 8 | UInt32(length) << 16, at: place + 4)
    // Payloads are padded with zeros to 64 bytes.
    let padded = (length + 7) & ~7
    withUnsafePointer(to: frame.pointee.payload) { payload in
      (start + place + Self.frameHeadSize).copyMemory(from: payload, byteCount: padded)
    }
    return Self.frameHeadSize + padded
  }

  private func store<Value: BitwiseCopyable>(_ value: Value, at place: Int) {
    start.storeBytes(of: value, toByteOffset: place, as: Value.self)
  }
}

/// Which messages of a recording a core can step through: all from the loop's first pass on, or from a carried state up
/// to the next gap.
struct ReplaySequence {
  private(set) var isSynchronised = false
  private var last: UInt32?

  /// Whether the core steps through the cycle with this sequence number.
  mutating func admits(_ sequence: UInt32) -> Bool {
    if sequence == 1 {
      isSynchronised = true
    } else if last != sequence &- 1 {
      isSynchronised = false
    }
    last = sequence
    return isSynchronised
  }

  /// The core has taken over the state after the last cycle.
  mutating func synchronise() { isSynchronised = true }
}
