import ControlCycle

/// The `/cycle` message of a ring record, in CDR; see `MessageDefinition.cycle`.
enum CycleMessage {
  private static let headSize = 60
  /// The list of conditions, of every bus.
  private static let conditionsSize = 8 + 8 * Capacity.buses
  private static let payloadOffset = MemoryLayout<CANFrame>.offset(of: \.payload) ?? 0

  /// Most bytes the message of a record can have: in CDR a frame takes 32 bytes for 24 in the ring.
  static func bound(of record: UnsafeRawBufferPointer) -> Int {
    headSize + conditionsSize + 32 + record.count * 4 / 3
  }

  /// Writes the message over zeros at `start`.
  ///
  /// - Parameters:
  ///   - head: the record's head.
  ///   - content: what follows the head.
  ///   - start: `bound` bytes of zeros, so that padding is there already.
  /// - Returns: the message's length.
  static func write(_ head: RingRecord, _ content: UnsafeRawPointer, to start: UnsafeMutableRawPointer) -> Int
  {
    let count = Int(head.jointCount)
    start.storeBytes(of: 0x0000_0100, as: UInt32.self)
    // Alignment in CDR counts from the end of the four bytes of encapsulation.
    let body = start + 4
    body.storeBytes(of: head.cycle.number, as: Int64.self)
    body.storeBytes(of: head.cycle.time, toByteOffset: 8, as: Int64.self)
    body.storeBytes(of: head.cycle.period, toByteOffset: 16, as: Double.self)
    body.storeBytes(of: head.cycle.missed, toByteOffset: 24, as: Int64.self)
    body.storeBytes(of: head.setpointSequence, toByteOffset: 32, as: Int64.self)
    body.storeBytes(of: head.faultJoints, toByteOffset: 40, as: UInt64.self)
    body.storeBytes(of: head.request, toByteOffset: 48, as: UInt8.self)
    body.storeBytes(of: head.safetyState, toByteOffset: 49, as: UInt8.self)
    body.storeBytes(of: head.faultKind, toByteOffset: 50, as: UInt8.self)
    body.storeBytes(of: head.jointCount, toByteOffset: 52, as: UInt32.self)
    (body + 56).copyMemory(from: content, byteCount: 32 * count)
    var source = content + (32 + 24) * count
    var next = 56 + 32 * count
    next = write(head.receivedCount, from: &source, to: body, at: next)
    next = write(head.transmittedCount, from: &source, to: body, at: (next + 3) & ~3)
    next = write(conditions: head.conditionCount, from: source, to: body, at: (next + 3) & ~3)
    source += 8 * Int(head.conditionCount)
    next = write(laws: head.lawCount, from: source, to: body, at: (next + 3) & ~3)
    return 4 + next
  }

  /// A sequence of what buses say of themselves; returns where it ends.
  private static func write(
    conditions count: UInt32, from source: UnsafeRawPointer, to body: UnsafeMutableRawPointer, at place: Int
  ) -> Int {
    body.storeBytes(of: count, toByteOffset: place, as: UInt32.self)
    var next = place + 4
    for index in 0..<Int(count) {
      let word = source.load(fromByteOffset: 8 * index, as: UInt64.self)
      body.storeBytes(of: UInt8(truncatingIfNeeded: word >> 8), toByteOffset: next, as: UInt8.self)
      body.storeBytes(of: UInt8(truncatingIfNeeded: word), toByteOffset: next + 1, as: UInt8.self)
      body.storeBytes(of: UInt16(truncatingIfNeeded: word >> 16), toByteOffset: next + 2, as: UInt16.self)
      body.storeBytes(of: UInt16(truncatingIfNeeded: word >> 32), toByteOffset: next + 4, as: UInt16.self)
      next += 6
    }
    return next
  }

  /// A sequence of the laws that were asked for; returns where it ends.
  private static func write(
    laws count: UInt8, from source: UnsafeRawPointer, to body: UnsafeMutableRawPointer, at place: Int
  ) -> Int {
    body.storeBytes(of: UInt32(count), toByteOffset: place, as: UInt32.self)
    var next = place + 4
    for index in 0..<Int(count) {
      let law = source + RingRecord.lawSize * index
      body.storeBytes(of: law.load(as: UInt8.self), toByteOffset: next, as: UInt8.self)
      body.storeBytes(of: law.load(fromByteOffset: 1, as: UInt8.self), toByteOffset: next + 1, as: UInt8.self)
      next = (next + 2 + 7) & ~7
      (body + next).copyMemory(from: law + 8, byteCount: 16)
      next += 16
    }
    return next
  }

  /// A sequence of frames; returns where it ends.
  private static func write(
    _ count: UInt32, from source: inout UnsafeRawPointer, to body: UnsafeMutableRawPointer, at place: Int
  ) -> Int {
    body.storeBytes(of: count, toByteOffset: place, as: UInt32.self)
    var next = place + 4
    for _ in 0..<count {
      next = (next + 7) & ~7
      let frame = source.assumingMemoryBound(to: CANFrame.self)
      let length = Int(min(frame.pointee.length, 64))
      body.storeBytes(of: frame.pointee.time, toByteOffset: next, as: Int64.self)
      body.storeBytes(of: frame.pointee.id, toByteOffset: next + 8, as: UInt32.self)
      body.storeBytes(
        of: UInt32(frame.pointee.bus) | UInt32(frame.pointee.flags) << 8, toByteOffset: next + 12,
        as: UInt32.self)
      body.storeBytes(of: UInt32(length), toByteOffset: next + 16, as: UInt32.self)
      (body + next + 20).copyMemory(from: source + payloadOffset, byteCount: length)
      next += 20 + length
      source += RingRecord.frameSize(at: source)
    }
    return next
  }
}
