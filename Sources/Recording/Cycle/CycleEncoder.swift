public import ControlCycle
import Glibc
public import JointControl

/// Where the parts of a record in the ring stand; everything 8-byte aligned, little-endian.
enum RingRecord {
  static let length = 0  // UInt32, whole record, a multiple of 8
  static let wordCount = 4  // UInt32, words of the carried state at the end; 0 when there is none
  static let index = 8  // Int64, passes of the loop
  static let number = 16  // Int64
  static let time = 24  // Int64
  static let lateness = 32  // Int64
  static let busy = 40  // Int64
  static let missed = 48  // Int64
  static let messageLength = 56  // UInt32, with the encapsulation header
  static let jointCount = 60  // UInt32
  static let faultKind = 64  // UInt32
  static let hasTiming = 68  // UInt32
  static let message = 76  // four bytes of encapsulation, then the message's body at `body`
  static let body = 80
  /// Bytes a frame takes at most: alignment, head, length, payload.
  static let frameBound = 8 + 20 + 64
}

/// The loop's end of a recording: turns each cycle into one record in the ring.
///
/// The `/cycle` message is written in its final form (CDR, little-endian), so that nothing is converted twice. No
/// allocation, no lock, no system call. A full ring costs the record, which is counted; a simulation that runs as fast
/// as it can waits for the reader instead.
public struct CycleEncoder: CycleRecorder, ~Copyable {
  private let ring: CycleRing
  private let waitsWhenFull: Bool
  private let hasTiming: Bool
  /// Cycles of one block of the recording; each block begins with the carried state.
  private let blockCycles: Int64
  private let payloadOffset = MemoryLayout<CANFrame>.offset(of: \.payload) ?? 0
  private var block: Int64 = -1
  private var index: Int64 = 0

  init(ring: CycleRing, blockCycles: Int64, waitsWhenFull: Bool) {
    self.ring = ring
    self.blockCycles = blockCycles
    self.waitsWhenFull = waitsWhenFull
    hasTiming = !waitsWhenFull
    precondition(
      MemoryLayout<JointSetpoint>.stride == 32 && MemoryLayout<SetpointBuffer>.size >= 32 * Capacity.joints)
  }

  /// Records a cycle.
  public mutating func record(
    _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
    transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
  ) {
    let count = control.jointCount
    let frames = received.count + transmitted.count
    let bound =
      RingRecord.body + 64 + count * (32 + 24 + 8 * ControlCycle.jointWordCount) + frames
      * RingRecord.frameBound
      + 8 * ControlCycle.robotWordCount
    index += 1
    while true {
      if let start = ring.reserve(bound) {
        ring.commit(
          write(record, received, setpoints, transmitted, control, to: start))
        return
      }
      guard waitsWhenFull else { return ring.countDrop() }
      sched_yield()
    }
  }

  private mutating func write(
    _ record: borrowing CycleRecord, _ received: borrowing FrameBuffer, _ setpoints: borrowing SetpointBuffer,
    _ transmitted: borrowing FrameBuffer, _ control: borrowing ControlCycle, to start: UnsafeMutableRawPointer
  ) -> Int {
    let count = control.jointCount
    let body = start + RingRecord.body
    (start + RingRecord.message).storeBytes(of: 0x0000_0100, as: UInt32.self)
    body.storeBytes(of: record.cycle.number, as: Int64.self)
    body.storeBytes(of: record.cycle.time, toByteOffset: 8, as: Int64.self)
    body.storeBytes(of: record.cycle.period, toByteOffset: 16, as: Double.self)
    body.storeBytes(of: record.cycle.missed, toByteOffset: 24, as: Int64.self)
    body.storeBytes(of: setpoints.sequence, toByteOffset: 32, as: Int64.self)
    body.storeBytes(of: control.safety.fault.joints.bits, toByteOffset: 40, as: UInt64.self)
    body.storeBytes(
      of: UInt32(record.request.code) | UInt32(control.safety.state.code) << 8
        | UInt32(control.safety.fault.kind.code) << 16, toByteOffset: 48, as: UInt32.self)
    body.storeBytes(of: UInt32(count), toByteOffset: 52, as: UInt32.self)
    var next = body + 56
    // The setpoints stand first in their buffer, four numbers each, as the message has them; an index into an inline
    // array of a borrowed value would copy the whole array each time.
    withUnsafePointer(to: setpoints) { next.copyMemory(from: $0, byteCount: 32 * count) }
    next += 32 * count
    next = write(received, at: next)
    next = write(transmitted, at: Self.aligned(next, to: 4))
    start.storeBytes(
      of: UInt32(next - start - RingRecord.message), toByteOffset: RingRecord.messageLength, as: UInt32.self)
    next = Self.aligned(next, to: 8)
    // Through a pointer, as above.
    withUnsafePointer(to: control.states) { array in
      let states = UnsafeRawPointer(array).assumingMemoryBound(to: JointState.self)
      for joint in 0..<count {
        next.storeBytes(of: states[joint].position, toByteOffset: 8 * joint, as: Double.self)
        next.storeBytes(of: states[joint].velocity, toByteOffset: 8 * (count + joint), as: Double.self)
        next.storeBytes(of: states[joint].torque, toByteOffset: 8 * (2 * count + joint), as: Double.self)
      }
    }
    next += 24 * count
    var words = 0
    if record.cycle.number / blockCycles != block {
      block = record.cycle.number / blockCycles
      words = control.carriedWordCount
      control.copyCarriedState(into: next.assumingMemoryBound(to: UInt64.self))
      next += 8 * words
    }
    writeHead(record, control, length: next - start, words: words, to: start)
    return next - start
  }

  private func writeHead(
    _ record: borrowing CycleRecord, _ control: borrowing ControlCycle, length: Int, words: Int,
    to start: UnsafeMutableRawPointer
  ) {
    start.storeBytes(of: UInt32(length), toByteOffset: RingRecord.length, as: UInt32.self)
    start.storeBytes(of: UInt32(words), toByteOffset: RingRecord.wordCount, as: UInt32.self)
    start.storeBytes(of: index, toByteOffset: RingRecord.index, as: Int64.self)
    start.storeBytes(of: record.cycle.number, toByteOffset: RingRecord.number, as: Int64.self)
    start.storeBytes(of: record.cycle.time, toByteOffset: RingRecord.time, as: Int64.self)
    start.storeBytes(of: record.lateness, toByteOffset: RingRecord.lateness, as: Int64.self)
    start.storeBytes(of: record.busy, toByteOffset: RingRecord.busy, as: Int64.self)
    start.storeBytes(of: record.missed, toByteOffset: RingRecord.missed, as: Int64.self)
    start.storeBytes(of: UInt32(control.jointCount), toByteOffset: RingRecord.jointCount, as: UInt32.self)
    start.storeBytes(
      of: UInt32(control.safety.fault.kind.code), toByteOffset: RingRecord.faultKind, as: UInt32.self)
    start.storeBytes(of: hasTiming ? 1 : 0, toByteOffset: RingRecord.hasTiming, as: UInt32.self)
    start.storeBytes(of: 0, toByteOffset: RingRecord.message - 4, as: UInt32.self)
  }

  /// A sequence of frames in CDR; alignment counts from the message's body, which is 8-byte aligned.
  private func write(_ buffer: borrowing FrameBuffer, at start: UnsafeMutableRawPointer)
    -> UnsafeMutableRawPointer
  {
    start.storeBytes(of: UInt32(buffer.count), as: UInt32.self)
    var next = start + 4
    let frames = buffer.frames
    for index in 0..<buffer.count {
      let frame = frames + index
      next = Self.aligned(next, to: 8)
      let flags: UInt32 =
        (frame.pointee.isExtended ? 1 : 0) | (frame.pointee.isFlexibleDataRate ? 2 : 0)
        | (frame.pointee.hasBitRateSwitch ? 4 : 0)
      let length = Int(min(frame.pointee.length, 64))
      next.storeBytes(of: frame.pointee.time, as: Int64.self)
      next.storeBytes(of: frame.pointee.id, toByteOffset: 8, as: UInt32.self)
      next.storeBytes(of: UInt32(frame.pointee.bus) | flags << 8, toByteOffset: 12, as: UInt32.self)
      next.storeBytes(of: UInt32(length), toByteOffset: 16, as: UInt32.self)
      let payload = UnsafeRawPointer(frame) + payloadOffset
      // Payloads are padded with zeros to 64 bytes, and what follows overwrites what is too much.
      if length <= 8 {
        (next + 20).storeBytes(of: payload.loadUnaligned(as: UInt64.self), as: UInt64.self)
      } else {
        (next + 20).copyMemory(from: payload, byteCount: 64)
      }
      next += 20 + length
    }
    return next
  }

  /// The next aligned place, with zeros up to it.
  private static func aligned(_ pointer: UnsafeMutableRawPointer, to alignment: Int)
    -> UnsafeMutableRawPointer
  {
    let excess = Int(bitPattern: pointer) & (alignment - 1)
    guard excess != 0 else { return pointer }
    // What follows overwrites what is too much.
    pointer.storeBytes(of: 0, as: UInt64.self)
    return pointer + (alignment - excess)
  }
}
