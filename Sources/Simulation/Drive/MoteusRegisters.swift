import CServoWire
import ControlCycle

/// Registers 0x020 to 0x027 of a moteus drive, in their own units; at first what an unwritten register means.
struct MoteusCommand: BitwiseCopyable, Sendable {
  var position = 0.0
  var velocity = 0.0
  var torque = 0.0
  var kpScale = 1.0
  var kdScale = 1.0
  var maximumTorque = Double.infinity
  var timeout = 0.0

  /// Writes a register; false where there is none.
  mutating func write(_ index: UInt32, _ field: moteus_field) -> Bool {
    switch index {
    case MOTEUS_REGISTER_COMMAND_VELOCITY.rawValue:
      let value = MoteusQuantity.velocity.value(of: field)
      velocity = value.isFinite ? value : 0
    case MOTEUS_REGISTER_COMMAND_TORQUE.rawValue: torque = MoteusQuantity.torque.value(of: field)
    case MOTEUS_REGISTER_KP_SCALE.rawValue: kpScale = MoteusQuantity.scale.value(of: field)
    case MOTEUS_REGISTER_KD_SCALE.rawValue: kdScale = MoteusQuantity.scale.value(of: field)
    case MOTEUS_REGISTER_MAXIMUM_TORQUE.rawValue:
      let value = MoteusQuantity.torque.value(of: field)
      maximumTorque = value.isNaN ? .infinity : value
    case MOTEUS_REGISTER_WATCHDOG_TIMEOUT.rawValue: timeout = MoteusQuantity.time.value(of: field)
    default: return false
    }
    return true
  }

  /// A register's field; nil where there is none.
  func read(_ index: UInt32, _ resolution: UInt8) -> moteus_field? {
    switch index {
    case MOTEUS_REGISTER_COMMAND_POSITION.rawValue: MoteusQuantity.position.field(position, resolution)
    case MOTEUS_REGISTER_COMMAND_VELOCITY.rawValue: MoteusQuantity.velocity.field(velocity, resolution)
    case MOTEUS_REGISTER_COMMAND_TORQUE.rawValue: MoteusQuantity.torque.field(torque, resolution)
    case MOTEUS_REGISTER_KP_SCALE.rawValue: MoteusQuantity.scale.field(kpScale, resolution)
    case MOTEUS_REGISTER_KD_SCALE.rawValue: MoteusQuantity.scale.field(kdScale, resolution)
    case MOTEUS_REGISTER_MAXIMUM_TORQUE.rawValue: MoteusQuantity.torque.field(maximumTorque, resolution)
    case MOTEUS_REGISTER_WATCHDOG_TIMEOUT.rawValue: MoteusQuantity.time.field(timeout, resolution)
    default: nil
    }
  }
}

/// An answer being written: registers that follow one another in one resolution share a subframe, as they were asked.
struct MoteusReply {
  private var payload = InlineArray<64, UInt8>(repeating: 0)
  private var writer = moteus_writer()
  private var fields = InlineArray<16, moteus_field>(repeating: moteus_field())
  private var count = 0
  private var first: UInt32 = 0

  mutating func append(_ field: moteus_field, register: UInt32) {
    let continues =
      count > 0 && count < 16 && register == first + UInt32(count)
      && fields[count - 1].resolution == field.resolution
    if !continues {
      flush()
      first = register
    }
    fields[count] = field
    count += 1
  }

  mutating func refuse(_ kind: moteus_subframe, register: UInt32, error: UInt8) {
    flush()
    let index = UInt16(truncatingIfNeeded: min(register, 0x3FFF))
    let size = 2 + moteus_varuint_size(index)
    guard Int(writer.length) + Int(size) <= 64 else { return }
    payload[Int(writer.length)] = UInt8(kind.rawValue)
    var place = writer.length + 1
    withUnsafeMutablePointer(to: &payload) { place = moteus_store_varuint($0.bytes, place, index) }
    payload[Int(place)] = error
    writer.length = place + 1
  }

  /// What the console has to say, up to what was asked for and what fits.
  mutating func append(console: inout MoteusConsole, most: UInt32) {
    flush()
    let room = 64 - Int(writer.length) - 3
    guard room >= 0 else { return }
    let size = min(console.count, min(Int(most), room))
    var place = Int(writer.length)
    for byte in [
      UInt8(MOTEUS_SUBFRAME_STREAM_FROM_DRIVE.rawValue), UInt8(MoteusConsole.channel), UInt8(size),
    ] {
      payload[place] = byte
      place += 1
    }
    for _ in 0..<size {
      payload[place] = console.removeFirst()
      place += 1
    }
    writer.length = UInt8(place)
  }

  /// The finished frame; nil when more was asked for than fits.
  mutating func frame(id: UInt32, bus: UInt8) -> CANFrame? {
    flush()
    guard !writer.is_full else { return nil }
    withUnsafeMutablePointer(to: &payload) { moteus_pad(&writer, $0.bytes) }
    var frame = CANFrame(id: id, bus: bus, isExtended: moteus_is_extended(id), isFlexibleDataRate: true)
    frame.payload = payload
    frame.length = writer.length
    return frame
  }

  private mutating func flush() {
    guard count > 0 else { return }
    let index = UInt16(truncatingIfNeeded: min(first, 0x3FFF))
    let copy = fields
    withUnsafePointer(to: copy) { fields in
      let fields = UnsafeRawPointer(fields).assumingMemoryBound(to: moteus_field.self)
      withUnsafeMutablePointer(to: &payload) {
        moteus_append(
          &writer, $0.bytes, UInt8(MOTEUS_SUBFRAME_REPLY.rawValue), index, fields, UInt8(count))
      }
    }
    count = 0
  }
}

extension MoteusQuantity {
  func value(of field: moteus_field) -> Double { value(field.value, field.resolution) }

  func field(_ value: Double, _ resolution: UInt8) -> moteus_field {
    moteus_field(value: pattern(value, resolution), resolution: resolution)
  }
}
