import CServoWire

/// What a moteus drive says.
extension Moteus {
  /// An answer names the drive as its source and the host as its destination.
  @_noLocks @inline(__always) static func answers(_ frame: CANFrame, _ drive: DriveConfiguration) -> Bool {
    let id = moteus_encode_address(
      moteus_address(
        prefix: 0, source: UInt8(truncatingIfNeeded: drive.id),
        destination: UInt8(truncatingIfNeeded: drive.masterID), wants_reply: false))
    return frame.id == id && frame.isExtended == moteus_is_extended(id) && frame.isFlexibleDataRate
  }

  /// A state, one register, what the console said, or a refusal; nothing of a frame that is broken anywhere.
  @_noLocks @inline(__always) static func decode(_ frame: CANFrame, for drive: DriveConfiguration)
    -> DriveReply
  {
    if let reply = cycleAnswer(frame) { return reply }
    var answer = MoteusAnswer()
    let isSound = unsafe withUnsafePointer(to: frame.payload) { payload in
      unsafe answer.read(payload.bytes, length: frame.length)
    }
    guard isSound else { return .malformed }
    if let refused = answer.refused { return .parameter(index: refused, value: 0, succeeded: false) }
    if answer.hasText {
      let number = unsafe withUnsafePointer(to: frame.payload) { payload in
        unsafe consoleNumber(payload.bytes + Int(answer.text.offset), count: Int(answer.text.size))
      }
      guard answer.text.size > 0 else {
        return .parameter(index: Parameter.silence, value: 0, succeeded: true)
      }
      let isNumber = !number.isNaN
      return .parameter(index: Parameter.answer, value: Float(number).bitPattern, succeeded: isNumber)
    }
    if answer.registers == 1 {
      return .parameter(index: answer.last.index, value: answer.last.value, succeeded: true)
    }
    return unsafe withUnsafePointer(to: frame.payload) { payload in
      unsafe sample(payload.bytes, length: frame.length)
    }
  }

  /// The answer to a command, which is laid out as that asks; nil for every other frame.
  @_noLocks @inline(__always) private static func cycleAnswer(_ frame: CANFrame) -> DriveReply? {
    var words = moteus_cycle_answer()
    let isLaidOut = unsafe withUnsafePointer(to: frame.payload) {
      unsafe moteus_decode_cycle_answer($0.bytes, frame.length, &words)
    }
    guard isLaidOut else { return nil }
    return sample(
      position: Double(Float(bitPattern: words.position)),
      velocity: Double(Float(bitPattern: words.velocity)),
      torque: Double(Float(bitPattern: words.torque)), board: degrees(words.temperature),
      motor: degrees(words.motor_temperature), mode: code(words.mode), fault: code(words.fault))
  }

  /// A temperature in a byte, of which the smallest stands for none.
  @_noLocks private static func degrees(_ byte: Int8) -> Double { byte == .min ? .nan : Double(byte) }

  /// A code in a byte; 255, which stands for none, where it is negative.
  @_noLocks private static func code(_ byte: Int8) -> UInt8 {
    byte < 0 ? 255 : UInt8(truncatingIfNeeded: byte)
  }

  @_noLocks private static func sample(_ bytes: UnsafePointer<UInt8>, length: UInt8) -> DriveReply {
    var words = moteus_state()
    guard unsafe moteus_decode_state(bytes, length, UInt8(MOTEUS_SUBFRAME_REPLY.rawValue), &words),
      isThere(words.mode), isThere(words.position), isThere(words.velocity), isThere(words.torque)
    else { return .malformed }
    return sample(
      position: value(words.position, .position), velocity: value(words.velocity, .velocity),
      torque: value(words.torque, .torque), board: value(words.temperature, .temperature),
      motor: value(words.motor_temperature, .temperature), mode: whole(words.mode), fault: whole(words.fault))
  }

  /// The sample of what was read, in the wire's units; not a number where a value is not set.
  @_noLocks private static func sample(
    position: Double, velocity: Double, torque: Double, board: Double, motor: Double, mode: UInt8,
    fault: UInt8
  ) -> DriveReply {
    var state = MotorState()
    state.position = position * revolution
    state.velocity = velocity * revolution
    state.torque = torque
    // A drive that has lost its encoder says "not set"; that must not reach an estimate.
    guard state.position.isFinite && state.velocity.isFinite && state.torque.isFinite else {
      return .faultReport(.encoder)
    }
    state.temperature = motor > board || board.isNaN ? motor : board
    if state.temperature.isNaN { state.temperature = 0 }
    let meaning = meaning(ofMode: mode, fault: fault)
    state.mode = meaning.mode
    state.faults = meaning.faults
    state.status = UInt16(mode) << 8 | UInt16(fault)
    return .feedback(state)
  }

  @_noLocks private static func value(_ field: moteus_field, _ quantity: MoteusQuantity) -> Double {
    quantity.value(field.value, field.resolution)
  }

  @_noLocks private static func isThere(_ field: moteus_field) -> Bool {
    UInt32(field.resolution) != MOTEUS_RESOLUTION_NONE.rawValue
  }

  /// A code in any resolution; 255, which stands for none, where it is no whole number from 0 to 254.
  @_noLocks private static func whole(_ field: moteus_field) -> UInt8 {
    guard isThere(field) else { return 0 }
    let value = value(field, .code)
    return value >= 0 && value < 255 ? UInt8(value) : 255
  }

  /// State and faults of mode and fault registers. A code of a limit, 96 and above, is no fault.
  @_noLocks public static func meaning(
    ofMode mode: UInt8, fault: UInt8
  ) -> (mode: DriveMode, faults: DriveFaults) {
    switch UInt32(mode) {
    case MOTEUS_MODE_STOPPED.rawValue: (.disabled, DriveFaults())
    case MOTEUS_MODE_FAULT.rawValue: (.fault, faults(ofCode: fault))
    case MOTEUS_MODE_POSITION.rawValue: (.enabled, DriveFaults())
    case MOTEUS_MODE_TIMEOUT.rawValue: (.fault, .communicationLost)
    // On its way to another mode, or in one that nobody here asked for: not to be commanded.
    default: (.calibrating, DriveFaults())
    }
  }

  @_noLocks private static func faults(ofCode code: UInt8) -> DriveFaults {
    switch UInt32(code) {
    case MOTEUS_FAULT_CALIBRATION.rawValue, MOTEUS_FAULT_ENCODER.rawValue,
      MOTEUS_FAULT_THETA_INVALID.rawValue,
      MOTEUS_FAULT_POSITION_INVALID.rawValue:
      .encoder
    case MOTEUS_FAULT_DRIVER.rawValue, MOTEUS_FAULT_PWM_OVERRUN.rawValue, MOTEUS_FAULT_DRIVER_ENABLE.rawValue,
      MOTEUS_FAULT_TIMING.rawValue:
      .hardware
    case MOTEUS_FAULT_OVER_VOLTAGE.rawValue: .overVoltage
    case MOTEUS_FAULT_UNDER_VOLTAGE.rawValue: .underVoltage
    case MOTEUS_FAULT_NOT_CONFIGURED.rawValue, MOTEUS_FAULT_CONFIGURATION_CHANGED.rawValue: .uncalibrated
    case MOTEUS_FAULT_OVER_TEMPERATURE.rawValue: .driverOverTemperature
    case MOTEUS_FAULT_POSITION_ERROR.rawValue, MOTEUS_FAULT_VELOCITY_ERROR.rawValue: .overload
    default: .unknown
    }
  }

  /// The decimal number in the first line of the console's text; not a number where there is none, or no end of line.
  @_noLocks static func consoleNumber(_ bytes: UnsafePointer<UInt8>, count: Int) -> Double {
    var place = 0
    var value = 0.0
    var unit = 0.0
    var digits = 0
    let isNegative = unsafe count > 0 && bytes[0] == UInt8(ascii: "-")
    if isNegative { place = 1 }
    while place < count {
      let byte = unsafe bytes[place]
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        digits += 1
        unit *= 10
        value = value * 10 + Double(byte - UInt8(ascii: "0"))
      case UInt8(ascii: ".") where unit == 0: unit = 1
      case UInt8(ascii: "\r"), UInt8(ascii: "\n"):
        guard digits > 0 else { return .nan }
        if unit > 1 { value /= unit }
        return isNegative ? -value : value
      default: return .nan
      }
      place += 1
    }
    return .nan
  }
}

/// What one pass over a frame of a drive finds.
struct MoteusAnswer: BitwiseCopyable {
  /// Registers that were answered.
  var registers = 0
  /// The last of them.
  var last = moteus_item()
  /// A register that the drive refused to write or read.
  var refused: UInt32?
  var hasText = false
  /// The console's text, where there is some.
  var text = moteus_item()

  @_noLocks init() {}

  /// Whether the frame makes sense to its end.
  @_noLocks mutating func read(_ bytes: UnsafePointer<UInt8>, length: UInt8) -> Bool {
    var reader = moteus_read(length)
    var item = moteus_item()
    while unsafe moteus_next(&reader, bytes, &item) {
      switch UInt32(item.kind) {
      case MOTEUS_SUBFRAME_REPLY.rawValue:
        registers += 1
        last = item
      case MOTEUS_SUBFRAME_WRITE_ERROR.rawValue, MOTEUS_SUBFRAME_READ_ERROR.rawValue: refused = item.index
      case MOTEUS_SUBFRAME_STREAM_FROM_DRIVE.rawValue where item.index == UInt32(Moteus.consoleChannel):
        hasText = true
        text = item
      default: return false
      }
    }
    return !reader.is_malformed
  }
}
