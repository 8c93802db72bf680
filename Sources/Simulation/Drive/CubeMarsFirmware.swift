import CServoWire
public import ControlCycle

/// Firmware of a CubeMars AK drive of V3, 29-bit identifiers; see Firmware-Interfaces/Protocols/cubemars.md.
///
/// Set up to answer each command with its status. Force control, current, brake current and origin are simulated; duty, speed
/// and position, which nobody here sends, end in no torque.
public struct CubeMarsFirmware: BitwiseCopyable, Sendable {
  /// What the drive does with its motor.
  private enum Work: BitwiseCopyable {
    case none
    /// [N.m]
    case torque(Double)
    /// Against the motion [N.m].
    case brake(Double)
    case law(MotorCommand)
  }
  private let configuration: DriveConfiguration
  private var work = Work.none
  /// A `mit_error`; latched until power is switched off.
  private var error: UInt8 = 0
  var watchdog = CommandWatchdog()
  /// What the vendor's tool stored [us]; 0 is off.
  private var timeout_us: UInt32 = 0
  /// Shaft position that reads zero [rad].
  private var zero = 0.0

  /// A drive just powered up: no torque, watchdog off.
  public init(_ configuration: DriveConfiguration) { self.configuration = configuration }

  /// Sets the watchdog as the vendor's tool does over a line of its own [us]; 0 is off.
  public mutating func storeWatchdog(microseconds: Int) { timeout_us = saturated(Double(microseconds)) }

  /// Takes the power away and gives it back: no torque, zero where the encoder has it.
  public mutating func powerCycle() { (work, error, zero) = (.none, 0, 0) }

  /// Whether the drive works: no frame switches its power stage, so one that drives no current counts as off.
  public var mode: DriveMode {
    if error != 0 { return .fault }
    if case .none = work { return .disabled }
    return .enabled
  }

  /// Whether the drive's acceptance filter lets a frame through.
  func accepts(_ frame: CANFrame) -> Bool {
    frame.isExtended && frame.id & 0xFF == UInt32(configuration.id) && frame.id >> 8 <= 8
      && frame.id >> 8 != 7
  }

  /// Takes a frame from the bus at an instant [ns] and gives the answer, if any.
  public mutating func receive(
    _ frame: CANFrame, at time: Int64, measuring shaft: ShaftMeasurement
  ) -> CANFrame? {
    tick(at: time)
    guard accepts(frame), !frame.isFlexibleDataRate, take(frame, shaft) else { return nil }
    watchdog.lastCommand = time
    return status(shaft)
  }

  /// Lets time pass up to an instant [ns]: the drive drops its command; the next one moves it.
  public mutating func tick(at time: Int64) {
    if isWatchdogOver(at: time) { work = .none }
  }

  func isWatchdogOver(at time: Int64) -> Bool {
    if case .none = work { return false }
    return watchdog.isOver(at: time, units: timeout_us, unit_us: 1)
  }

  /// Torque asked of the motor [N.m], at the output and within T.
  public func torque(at shaft: ShaftMeasurement) -> Double {
    guard error == 0 else { return 0 }
    let limit = configuration.range.torque
    switch work {
    case .none: return 0
    case .torque(let torque): return max(-limit, min(limit, torque))
    case .brake(let torque):
      return shaft.velocity == 0 ? 0 : (shaft.velocity > 0 ? -min(limit, torque) : min(limit, torque))
    case .law(let command): return command.torque(at: shaft, zero: zero, limit: limit)
    }
  }

  /// Breaks the drive; a fault that the error byte cannot say reads as locked.
  public mutating func fail(_ fault: DriveFaults) {
    error = MITFirmware.code(of: fault)
    work = .none
  }

  // MARK: - Frames

  /// Obeys a frame; false when its length is not that of its mode.
  private mutating func take(_ frame: CANFrame, _ shaft: ShaftMeasurement) -> Bool {
    var value: Int32 = 0
    var words = mit_command()
    switch frame.id >> 8 {
    case 5:
      guard frame.length == 1, frame.payload[0] <= 1 else { return false }
      zero = shaft.position
    case 6:
      guard frame.length == 8 else { return false }
      work = .none
    case 8:
      let isForce = withUnsafePointer(to: frame.payload) {
        cubemars_decode_force($0.bytes, frame.length, &words)
      }
      guard isForce else { return false }
      work = .law(command(words))
    default:
      let isSetPoint = withUnsafePointer(to: frame.payload) {
        cubemars_decode_set_point($0.bytes, frame.length, &value)
      }
      guard isSetPoint else { return false }
      let torque = Double(max(-60_000, min(60_000, value))) / 1000 * configuration.torqueConstant
      switch frame.id >> 8 {
      case 1: work = value == 0 ? .none : .torque(torque)
      case 2: work = value == 0 ? .none : .brake(abs(torque))
      default: work = .none
      }
    }
    if error != 0 { work = .none }
    return true
  }

  private func command(_ words: mit_command) -> MotorCommand {
    let range = configuration.range
    return MotorCommand(
      position: FixedPoint.decode(words.position, from: -range.position, to: range.position, bits: 16),
      velocity: FixedPoint.decode(words.velocity, from: -range.velocity, to: range.velocity, bits: 12),
      stiffness: FixedPoint.decode(words.stiffness, from: 0, to: range.stiffness, bits: 12),
      damping: FixedPoint.decode(words.damping, from: 0, to: range.damping, bits: 12),
      torque: FixedPoint.decode(words.torque, from: -range.torque, to: range.torque, bits: 12))
  }

  /// 0.1 degree up to 3200 degrees, electrical revolutions a minute in tens, 0.01 A, degrees Celsius from -20.
  private func status(_ shaft: ShaftMeasurement) -> CANFrame {
    let turnsPerMinute = shaft.velocity * 30 / .pi * configuration.electricalRatio
    let words = cubemars_status(
      position: Self.whole((shaft.position - zero) * 1800 / .pi, most: 32_000),
      speed: Self.whole(turnsPerMinute / 10, most: 32_767),
      current: Self.whole(shaft.torque / configuration.torqueConstant * 100, most: 32_767),
      temperature: Int8(max(-20, Self.whole(shaft.temperature, most: 127))), error: error)
    var reply = CANFrame(
      id: 0x2900 | UInt32(configuration.id), bus: configuration.bus, isExtended: true)
    reply.length = 8
    withUnsafeMutablePointer(to: &reply.payload) { cubemars_encode_status(words, $0.bytes) }
    return reply
  }

  private static func whole(_ value: Double, most: Double) -> Int16 {
    guard value == value else { return 0 }
    return Int16(max(-most, min(most, value)).rounded())
  }
}
