import ControlCycle
import JointControl

/// What the loop writes into the ring for a cycle: this head, then the setpoints, position, velocity and torque of each
/// joint, the frames received and sent, what buses say of themselves, the laws that were asked for and, once a block, the carried
/// state; as they stand in memory, so that the loop only copies.
struct RingRecord: BitwiseCopyable {
  /// Bytes of the whole record, a multiple of 8; first, because the ring looks for it there.
  var length: UInt32 = 0
  /// Words of the carried state at the end; 0 when there is none.
  var wordCount: UInt32 = 0
  /// Passes of the loop so far.
  var index: Int64
  var cycle: Cycle
  var setpointSequence: Int64
  var lateness: Int64
  var busy: Int64
  var missed: Int64
  var faultJoints: UInt64
  var jointCount: UInt32
  var receivedCount: UInt32
  var transmittedCount: UInt32
  /// Buses that have something to tell, a word each behind the frames.
  var conditionCount: UInt32
  var request: UInt8
  var safetyState: UInt8
  var faultKind: UInt8
  /// Laws that were asked for, three words each behind the conditions.
  var lawCount: UInt8
  var hasTiming: Bool

  static var size: Int { MemoryLayout<RingRecord>.stride }
  /// Bytes of a law that was asked for: joint and law, stiffness, damping.
  static var lawSize: Int { 24 }
  /// Bytes of a frame with up to 8 bytes of payload: the fields before the payload, and those 8 bytes.
  static var shortFrame: Int { 24 }
  /// Bytes of a longer frame: all of it.
  static var longFrame: Int { MemoryLayout<CANFrame>.stride }

  /// Copies frames one behind another and returns the end of the copy.
  static func copy(_ buffer: borrowing FrameBuffer, to start: UnsafeMutableRawPointer)
    -> UnsafeMutableRawPointer
  {
    var next = start
    let frames = buffer.frames
    for index in 0..<buffer.count {
      let frame = frames + index
      // The usual length is a case of its own: the place of the next frame does not wait for the length of this one.
      next.copyMemory(from: frame, byteCount: 24)
      if frame.pointee.length <= 8 {
        next += shortFrame
      } else {
        next.copyMemory(from: frame, byteCount: longFrame)
        next += longFrame
      }
    }
    return next
  }

  /// Copies what the buses say of themselves, those that have something to tell, and returns the end of the copy.
  static func copy(conditionsOf buffer: borrowing FrameBuffer, to start: UnsafeMutableRawPointer)
    -> UnsafeMutableRawPointer
  {
    if buffer.troubledBuses == 0 { return start }
    var next = start
    for bus in 0..<Capacity.buses where buffer.troubledBuses & (1 << UInt32(bus)) != 0 {
      next.storeBytes(of: buffer.condition(ofBus: bus).word | UInt64(bus) << 8, as: UInt64.self)
      next += 8
    }
    return next
  }

  /// Copies the laws that were asked for and returns the end of the copy.
  static func copy(lawsOf setpoints: borrowing SetpointBuffer, to start: UnsafeMutableRawPointer)
    -> UnsafeMutableRawPointer
  {
    if setpoints.chosen.isEmpty { return start }
    var next = start
    for joint in 0..<Capacity.joints {
      guard let choice = setpoints.choice(for: joint) else { continue }
      next.storeBytes(of: UInt64(joint) | UInt64(choice.law.code) << 8, as: UInt64.self)
      next.storeBytes(of: choice.stiffness, toByteOffset: 8, as: Double.self)
      next.storeBytes(of: choice.damping, toByteOffset: 16, as: Double.self)
      next += lawSize
    }
    return next
  }

  /// Bytes of the frame that was copied to a place.
  static func frameSize(at place: UnsafeRawPointer) -> Int {
    place.load(fromByteOffset: lengthOffset, as: UInt8.self) <= 8 ? shortFrame : longFrame
  }

  static let lengthOffset = MemoryLayout<CANFrame>.offset(of: \.length) ?? 0
}
