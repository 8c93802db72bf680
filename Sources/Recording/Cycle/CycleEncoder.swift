public import ControlCycle
import Glibc
public import JointControl

/// The loop's end of a recording: copies each cycle into the ring as one record.
///
/// No allocation, no lock, no system call. A full ring costs the record, which is counted; a simulation that runs as fast
/// as it can waits for the reader instead.
public struct CycleEncoder: CycleRecorder, ~Copyable {
  private let ring: RecordRing
  private let waitsWhenFull: Bool
  /// Cycles of one block of the recording; each block begins with the carried state.
  private let blockCycles: Int64
  private var block: Int64 = -1
  private var index: Int64 = 0

  init(ring: RecordRing, blockCycles: Int64, waitsWhenFull: Bool) {
    self.ring = ring
    self.blockCycles = blockCycles
    self.waitsWhenFull = waitsWhenFull
    precondition(
      MemoryLayout<CANFrame>.offset(of: \.payload) == 16 && MemoryLayout<JointSetpoint>.stride == 32
        && MemoryLayout<JointState>.offset(of: \.torque) == 16,
      "a record copies frames, setpoints and states as they stand in memory")
  }

  /// Records a cycle.
  public mutating func record(
    _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
    transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
  ) {
    let bound =
      RingRecord.size + 8 * (ControlCycle.robotWordCount + Capacity.buses)
      + control.jointCount * (32 + 24 + 8 * ControlCycle.jointWordCount)
      + setpoints.chosen.count * RingRecord.lawSize + (received.count + transmitted.count)
      * RingRecord.longFrame
    index += 1
    while true {
      if let start = ring.reserve(bound) {
        ring.commit(write(record, received, setpoints, transmitted, control, to: start))
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
    var head = RingRecord(
      index: index, cycle: record.cycle, setpointSequence: setpoints.sequence, lateness: record.lateness,
      busy: record.busy, missed: record.missed, faultJoints: control.safety.fault.joints.bits,
      jointCount: UInt32(count), receivedCount: UInt32(received.count),
      transmittedCount: UInt32(transmitted.count),
      conditionCount: UInt32(received.troubledBuses.nonzeroBitCount), request: record.request.code,
      safetyState: control.safety.state.code, faultKind: control.safety.fault.kind.code,
      lawCount: UInt8(setpoints.chosen.count), hasTiming: !waitsWhenFull)
    var next = start + RingRecord.size
    next.copyMemory(from: setpoints.joints.elements, byteCount: 32 * count)
    next += 32 * count
    let states = control.states.elements
    for joint in 0..<count { (next + 24 * joint).copyMemory(from: states + joint, byteCount: 24) }
    next += 24 * count
    next = RingRecord.copy(received, to: next)
    next = RingRecord.copy(transmitted, to: next)
    next = RingRecord.copy(conditionsOf: received, to: next)
    next = RingRecord.copy(lawsOf: setpoints, to: next)
    if record.cycle.number / blockCycles != block {
      block = record.cycle.number / blockCycles
      head.wordCount = UInt32(control.carriedWordCount)
      control.copyCarriedState(into: next.assumingMemoryBound(to: UInt64.self))
      next += 8 * control.carriedWordCount
    }
    head.length = UInt32(next - start)
    start.storeBytes(of: head, as: RingRecord.self)
    return next - start
  }
}
