import CServoWire
public import ControlCycle

/// Firmware of a mini-cheetah or CubeMars AK drive of 11 bits; see Firmware-Interfaces/Protocols/mit.md.
public struct MITFirmware: BitwiseCopyable, Sendable {
  /// The drive's identifiers, full scale, and the length of its answers.
  private let configuration: DriveConfiguration
  private var isEntered = false
  /// A `mit_error`; latched until power is switched off, as no frame is known to clear it.
  private var error: UInt8 = 0
  private var command = MotorCommand()
  var watchdog = CommandWatchdog()
  /// Whether the watchdog's time was over since the last frame.
  private var hasDroppedCommand = false
  /// What the vendor's tool stored [us]; 0 is off.
  private var timeout_us: UInt32 = 0
  /// Shaft position that reads zero [rad].
  private var zero = 0.0

  /// A drive just powered up: out of its mode, watchdog off.
  public init(_ configuration: DriveConfiguration) { self.configuration = configuration }

  /// Sets the watchdog as the vendor's tool does over a line of its own [us]; 0 is off.
  public mutating func storeWatchdog(microseconds: Int) { timeout_us = saturated(Double(microseconds)) }

  /// Takes the power away and gives it back: out of its mode, without a fault; the zero stays.
  public mutating func powerCycle() {
    isEntered = false
    error = 0
    command = MotorCommand()
  }

  /// Whether the power stage is on.
  public var mode: DriveMode {
    if error != 0 { return .fault }
    return isEntered ? .enabled : .disabled
  }

  /// Whether the drive is in its mode and its watchdog has not dropped the last command.
  var isObeying: Bool { error == 0 && isEntered && !hasDroppedCommand }

  /// Whether the drive's acceptance filter lets a frame through.
  func accepts(_ frame: CANFrame) -> Bool { !frame.isExtended && frame.id == UInt32(configuration.id) }

  /// Takes a frame from the bus at an instant [ns] and gives the answer, if any.
  public mutating func receive(
    _ frame: CANFrame, at time: Int64, measuring shaft: ShaftMeasurement
  ) -> CANFrame? {
    tick(at: time)
    guard accepts(frame), !frame.isFlexibleDataRate, frame.length == 8 else { return nil }
    watchdog.lastCommand = time
    hasDroppedCommand = false
    var words = mit_command()
    let isCommand = withUnsafePointer(to: frame.payload) {
      mit_decode_command($0.bytes, frame.length, &words)
    }
    if isCommand {
      if isEntered { obey(words) }
    } else {
      act(withUnsafePointer(to: frame.payload) { mit_decode_action($0.bytes, frame.length) }, shaft)
    }
    return feedback(shaft)
  }

  /// Lets time pass up to an instant [ns]: the drive drops its command and stays in its mode; the next command moves it.
  public mutating func tick(at time: Int64) {
    guard isWatchdogOver(at: time) else { return }
    command = MotorCommand()
    hasDroppedCommand = true
  }

  func isWatchdogOver(at time: Int64) -> Bool {
    isEntered && watchdog.isOver(at: time, units: timeout_us, unit_us: 1)
  }

  /// Torque the law asks of the motor [N.m], at the shaft and within T; 0 when off.
  public func torque(at shaft: ShaftMeasurement) -> Double {
    isEntered ? command.torque(at: shaft, zero: zero, limit: configuration.range.torque) : 0
  }

  /// Breaks the drive; a fault that the error byte cannot say reads as locked.
  public mutating func fail(_ fault: DriveFaults) {
    error = Self.code(of: fault)
    isEntered = false
  }

  /// The `mit_error` that says a fault best.
  static func code(of fault: DriveFaults) -> UInt8 {
    var code = MIT_ERROR_LOCKED
    if fault.contains(.driverOverTemperature) { code = MIT_ERROR_DRIVER_OVER_TEMPERATURE }
    if fault.contains(.encoder) { code = MIT_ERROR_ENCODER }
    if fault.contains(.underVoltage) { code = MIT_ERROR_UNDER_VOLTAGE }
    if fault.contains(.overVoltage) { code = MIT_ERROR_OVER_VOLTAGE }
    if fault.contains(.overCurrent) { code = MIT_ERROR_OVER_CURRENT }
    if fault.contains(.motorOverTemperature) { code = MIT_ERROR_MOTOR_OVER_TEMPERATURE }
    return UInt8(code.rawValue)
  }

  /// Mini-cheetah firmware of today drops its command as it leaves; an AK drive may act on it when it enters again.
  private mutating func act(_ action: UInt8, _ shaft: ShaftMeasurement) {
    switch UInt32(action) {
    case MIT_ACTION_ENTER.rawValue where error == 0: isEntered = true
    case MIT_ACTION_EXIT.rawValue:
      isEntered = false
      if case .voltage = configuration.dialect { command = MotorCommand() }
    case MIT_ACTION_SET_ZERO.rawValue: zero = shaft.position
    default: break
    }
  }

  private mutating func obey(_ words: mit_command) {
    let range = configuration.range
    command = MotorCommand(
      position: FixedPoint.decode(words.position, from: -range.position, to: range.position, bits: 16),
      velocity: FixedPoint.decode(words.velocity, from: -range.velocity, to: range.velocity, bits: 12),
      stiffness: FixedPoint.decode(words.stiffness, from: 0, to: range.stiffness, bits: 12),
      damping: FixedPoint.decode(words.damping, from: 0, to: range.damping, bits: 12),
      torque: FixedPoint.decode(words.torque, from: -range.torque, to: range.torque, bits: 12))
  }

  private func feedback(_ shaft: ShaftMeasurement) -> CANFrame {
    let range = configuration.range
    // The byte spans 0...40 V; 24 V where nothing says otherwise.
    let volts = shaft.supply ?? 24
    let words = mit_feedback(
      id: UInt8(truncatingIfNeeded: configuration.id), length: MIT.answerLength(configuration.dialect),
      position: FixedPoint.encode(shaft.position - zero, from: -range.position, to: range.position, bits: 16),
      velocity: FixedPoint.encode(shaft.velocity, from: -range.velocity, to: range.velocity, bits: 12),
      torque: FixedPoint.encode(shaft.torque, from: -range.torque, to: range.torque, bits: 12),
      voltage: saturated(volts * 255 / 40),
      temperature: saturated(shaft.temperature), error: error)
    var reply = CANFrame(id: UInt32(configuration.masterID), bus: configuration.bus, isExtended: false)
    let isWritten = withUnsafeMutablePointer(to: &reply.payload) { mit_encode_feedback(words, $0.bytes) }
    precondition(isWritten, "an answer has one of the protocol's lengths")
    reply.length = words.length
    return reply
  }
}
