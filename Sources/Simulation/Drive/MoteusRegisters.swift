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

/// The console of a moteus drive: one line at a time, one answer for each.
struct MoteusConsole: BitwiseCopyable, Sendable {
  static var channel: UInt32 { 1 }

  private var bytes = InlineArray<128, UInt8>(repeating: 0)
  /// Bytes that wait for a poll.
  private(set) var count = 0

  /// Takes a line and keeps its answer; bytes beyond the buffer are lost, as in the drive.
  mutating func take(_ line: UnsafePointer<UInt8>, count: Int, settings: MoteusFirmware.Settings) {
    let text = String(decoding: UnsafeBufferPointer(start: line, count: count), as: UTF8.self)
    let answer: String
    switch text {
    case "conf get servo.pid_position.kp\n": answer = Self.decimal(settings.kp)
    case "conf get servo.pid_position.kd\n": answer = Self.decimal(settings.kd)
    case "conf get servo.pid_position.ilimit\n": answer = Self.decimal(settings.integralLimit)
    case "conf get servo.timeout_mode\n": answer = "\(settings.timeoutMode)"
    case "conf get motor_position.rotor_to_output_ratio\n": answer = Self.decimal(settings.outputRatio)
    case "conf get servopos.position_min\n": answer = Self.decimal(settings.lowestPosition)
    case "conf get servopos.position_max\n": answer = Self.decimal(settings.highestPosition)
    case "conf get servo.max_velocity\n": answer = Self.decimal(settings.highestSpeed)
    default: answer = "ERR unknown"
    }
    for byte in (answer + "\r\n").utf8 where self.count < 128 {
      bytes[self.count] = byte
      self.count += 1
    }
  }

  mutating func removeFirst() -> UInt8 {
    guard count > 0 else { return 0 }
    let first = bytes[0]
    for place in 1..<max(count, 1) { bytes[place - 1] = bytes[place] }
    count -= 1
    return first
  }

  /// Six decimals, as C prints a float.
  private static func decimal(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "nan" }
    let millionths = Int64((abs(value) * 1e6).rounded())
    let fraction = String(millionths % 1_000_000)
    let padding = String(repeating: "0", count: 6 - fraction.utf8.count)
    return (value < 0 ? "-" : "") + "\(millionths / 1_000_000).\(padding)\(fraction)"
  }
}

extension MoteusQuantity {
  func value(of field: moteus_field) -> Double { value(field.value, field.resolution) }

  func field(_ value: Double, _ resolution: UInt8) -> moteus_field {
    moteus_field(value: pattern(value, resolution), resolution: resolution)
  }
}
