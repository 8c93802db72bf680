import ControlCycle
import LaneMath

/// A `/cycle` message, taken apart; malformed ones are refused.
struct RecordedCycle: ~Copyable {
  var cycle = Cycle(number: 0, time: 0, period: 0)
  var request = Request.disarm
  var safetyState: UInt8 = 0
  var faultKind: UInt8 = 0
  var faultJoints: UInt64 = 0
  var setpoints = SetpointBuffer()
  var received = FrameBuffer(capacity: 8 * Capacity.joints)
  var transmitted = FrameBuffer(capacity: 2 * Capacity.joints)

  /// Reads a message of a robot with as many joints; false when it makes no sense, and then nothing in it counts.
  mutating func read(_ data: UnsafeRawBufferPointer, jointCount: Int) -> Bool {
    var reader = ByteReader(data)
    guard reader.integer(UInt32.self) == 0x0000_0100, let number = reader.integer(Int64.self),
      let time = reader.integer(Int64.self), let period = reader.double(),
      let missed = reader.integer(Int64.self), let sequence = reader.integer(Int64.self),
      let joints = reader.integer(UInt64.self), let code = reader.integer(UInt8.self),
      let request = Request(code: code), let state = reader.integer(UInt8.self),
      let kind = reader.integer(UInt8.self), reader.take(1) != nil,
      reader.integer(UInt32.self) == UInt32(jointCount),
      period > 0 && period.isFinite
    else { return false }
    cycle = Cycle(number: number, time: time, period: period, missed: missed)
    self.request = request
    safetyState = state
    faultKind = kind
    faultJoints = joints
    setpoints.sequence = sequence
    setpoints.forgetChoices()
    for joint in 0..<jointCount {
      guard let position = reader.double(), let velocity = reader.double(),
        let acceleration = reader.double(),
        let torque = reader.double()
      else { return false }
      setpoints.joints[joint] = JointSetpoint(
        position: position, velocity: velocity, acceleration: acceleration, torque: torque)
    }
    guard Self.read(&reader, into: &received), Self.read(&reader, into: &transmitted) else { return false }
    // Recordings of builds that knew nothing of buses end here, those of builds that changed no law after that.
    if reader.remaining == 0 { return true }
    guard Self.readConditions(&reader, into: &received) else { return false }
    if reader.remaining == 0 { return true }
    return Self.readLaws(&reader, jointCount: jointCount, into: &setpoints) && reader.remaining == 0
  }

  private static func readLaws(
    _ reader: inout ByteReader, jointCount: Int, into setpoints: inout SetpointBuffer
  ) -> Bool {
    guard reader.align(to: 4, from: 4), let count = reader.integer(UInt32.self), count <= UInt32(jointCount)
    else { return false }
    for _ in 0..<count {
      guard let joint = reader.integer(UInt8.self), Int(joint) < jointCount,
        let code = reader.integer(UInt8.self), let law = JointLaw(code: UInt64(code)),
        reader.align(to: 8, from: 4), let stiffness = reader.double(), let damping = reader.double()
      else { return false }
      setpoints.ask(LawChoice(law, stiffness: stiffness, damping: damping), for: Int(joint))
    }
    return true
  }

  private static func readConditions(_ reader: inout ByteReader, into frames: inout FrameBuffer) -> Bool {
    guard reader.align(to: 4, from: 4), let count = reader.integer(UInt32.self), count <= Capacity.buses
    else { return false }
    for _ in 0..<count {
      guard let bus = reader.integer(UInt8.self), Int(bus) < Capacity.buses,
        let code = reader.integer(UInt8.self), let state = BusState(code: code),
        let refused = reader.integer(UInt16.self), let overflowed = reader.integer(UInt16.self)
      else { return false }
      frames.note(
        BusCondition(state: state, refused: refused, overflowed: overflowed), ofBus: Int(bus))
    }
    return true
  }

  private static func read(_ reader: inout ByteReader, into frames: inout FrameBuffer) -> Bool {
    frames.removeAll()
    guard reader.align(to: 4, from: 4), let count = reader.integer(UInt32.self), count <= frames.capacity
    else {
      return false
    }
    for _ in 0..<count {
      guard reader.align(to: 8, from: 4), let time = reader.integer(Int64.self),
        let id = reader.integer(UInt32.self), let bus = reader.integer(UInt8.self),
        let flags = reader.integer(UInt8.self), reader.take(2) != nil,
        let payload = reader.counted(UInt32.self),
        payload.count <= 64
      else { return false }
      var frame = CANFrame(id: id, bus: bus, isExtended: flags & 1 != 0, isFlexibleDataRate: flags & 2 != 0)
      frame.hasBitRateSwitch = flags & 4 != 0
      frame.time = time
      frame.length = UInt8(payload.count)
      for index in payload.indices { frame.payload[index] = payload[index] }
      frames.append(frame)
    }
    return true
  }
}
