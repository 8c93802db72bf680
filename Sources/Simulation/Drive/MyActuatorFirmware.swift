import CServoWire
public import ControlCycle

/// Firmware of a MyActuator RMD-X, protocol V3; see Firmware-Interfaces/Protocols/myactuator.md.
///
/// Current mode and questions; speed and position commands stop the drive, as nobody here uses them. Every error latches
/// until a reset, though the page lets some go by themselves: this is the strict way. A drive with an error answers commands
/// and gives no current. While the brake is locked the shaft feels nothing of a current that flows.
public struct MyActuatorFirmware: BitwiseCopyable, Sendable {
  /// Bus, identifier, torque limit and torque constant.
  private let configuration: DriveConfiguration
  /// Current it was last told [0.01 A]; nil when off.
  private var current: Int16?
  /// Bits of `myactuator_error`.
  private var errors: UInt16 = 0
  private var isBrakeReleased = false
  /// Watchdog [ms], stored; 0 is off.
  private var timeout: UInt32 = 0
  var watchdog = CommandWatchdog()
  /// Instant of the last reset [ns].
  private var start: Int64 = 0
  /// Shaft position that reads zero [rad], and the one that is stored for the next start.
  private var zero = 0.0
  private var storedZero = 0.0

  /// A drive just powered up: off, watchdog off.
  public init(_ configuration: DriveConfiguration) { self.configuration = configuration }

  /// Times flash was written.
  public private(set) var saves = 0

  /// Takes the power away and gives it back; the watchdog and the stored zero stay.
  public mutating func powerCycle(at time: Int64) { reset(at: time) }

  /// Whether the power stage is on.
  public var mode: DriveMode {
    if errors != 0 { return .fault }
    return current == nil ? .disabled : .enabled
  }

  /// Whether the drive's acceptance filter lets a frame through: its own identifier, and that of all drives.
  func accepts(_ frame: CANFrame) -> Bool {
    !frame.isExtended && !frame.isFlexibleDataRate
      && (frame.id == 0x140 + UInt32(configuration.id) || frame.id == 0x280)
  }

  /// Takes a frame from the bus at an instant [ns] and gives the reply, if any.
  public mutating func receive(
    _ frame: CANFrame, at time: Int64, measuring shaft: ShaftMeasurement
  ) -> CANFrame? {
    tick(at: time)
    var words = myactuator_frame()
    let isSound = withUnsafePointer(to: frame.payload) {
      myactuator_decode_frame($0.bytes, frame.length, &words)
    }
    guard accepts(frame), isSound else { return nil }
    watchdog.lastCommand = time
    switch words.command {
    case 0xA1:
      obey(Int16(truncatingIfNeeded: words.value))
      return feedback(words.command, shaft)
    case 0xA2, 0xA4:
      current = nil
      return feedback(words.command, shaft)
    case 0x80, 0x81:
      current = nil
      return echo(words)
    case 0x77, 0x78:
      isBrakeReleased = words.command == 0x77
      return echo(words)
    case 0x76:
      reset(at: time)
      return nil
    case 0x63, 0x64:
      storedZero = words.command == 0x64 ? shaft.position : storedZero
      saves += 1
      return echo(words)
    case 0xB3:
      timeout = words.value
      saves += 1
      return echo(words)
    default: return answer(words, at: time, shaft)
    }
  }

  /// Lets time pass up to an instant [ns]: the drive lets go and locks its brake; a command is obeyed again, but the brake stays.
  public mutating func tick(at time: Int64) {
    guard isWatchdogOver(at: time) else { return }
    current = nil
    isBrakeReleased = false
  }

  func isWatchdogOver(at time: Int64) -> Bool {
    current != nil && watchdog.isOver(at: time, units: timeout, unit_us: 1000)
  }

  /// Torque asked of the motor [N.m], at the output and within its limit; 0 when off.
  public func torque(at shaft: ShaftMeasurement) -> Double {
    guard let current, isBrakeReleased else { return 0 }
    let limit = configuration.range.torque
    return max(-limit, min(limit, Double(current) / 100 * configuration.torqueConstant))
  }

  /// Breaks the drive; a fault that status 1 cannot say reads as a stall.
  public mutating func fail(_ fault: DriveFaults) {
    var bits: UInt16 = 0
    if fault.contains(.underVoltage) { bits |= 0x0004 }
    if fault.contains(.overVoltage) { bits |= 0x0008 }
    if fault.contains(.overCurrent) { bits |= 0x0010 }
    if fault.contains(.motorOverTemperature) || fault.contains(.driverOverTemperature) { bits |= 0x1000 }
    if fault.contains(.uncalibrated) || fault.contains(.encoder) { bits |= 0x2000 }
    errors |= bits == 0 ? 0x0002 : bits
    current = nil
  }

  // MARK: - State

  private mutating func obey(_ word: Int16) {
    guard errors == 0 else { return }
    current = word
  }

  private mutating func reset(at time: Int64) {
    current = nil
    errors = 0
    isBrakeReleased = false
    start = time
    zero = storedZero
  }

  // MARK: - Frames

  private func reply() -> CANFrame {
    var reply = CANFrame(id: 0x240 + UInt32(configuration.id), bus: configuration.bus, isExtended: false)
    reply.length = 8
    return reply
  }

  private func echo(_ words: myactuator_frame) -> CANFrame {
    var reply = reply()
    withUnsafeMutablePointer(to: &reply.payload) { myactuator_encode_frame(words, $0.bytes) }
    return reply
  }

  private func feedback(_ command: UInt8, _ shaft: ShaftMeasurement) -> CANFrame {
    let degrees = 180 / Double.pi
    let words = myactuator_feedback(
      command: command, temperature: Self.whole(shaft.temperature),
      current: isBrakeReleased
        ? Self.whole(shaft.torque / configuration.torqueConstant * 100) : current ?? 0,
      speed: Self.whole(shaft.velocity * degrees), angle: Self.whole((shaft.position - zero) * degrees))
    var reply = reply()
    withUnsafeMutablePointer(to: &reply.payload) { myactuator_encode_feedback(words, $0.bytes) }
    return reply
  }

  /// Answers to questions; a command that the page does not describe is not answered.
  private func answer(_ words: myactuator_frame, at time: Int64, _ shaft: ShaftMeasurement) -> CANFrame? {
    var words = words
    words.argument = 0
    words.word = 0
    let angle: Int32 = Self.whole((shaft.position - zero) * 18000 / .pi)
    switch words.command {
    case 0x9A: return status(shaft)
    case 0x9C: return feedback(words.command, shaft)
    case 0x92: words.value = UInt32(bitPattern: angle)
    case 0x94: words.value = UInt32((angle % 36000 + 36000) % 36000) << 16
    // Current control, on or off.
    case 0x70: words.value = 1 << 24
    case 0xB1: words.value = UInt32(truncatingIfNeeded: (time - start) / 1_000_000)
    case 0xB2: words.value = 20_220_206
    default: return nil
    }
    return echo(words)
  }

  /// At 48 V where nothing says otherwise.
  private func status(_ shaft: ShaftMeasurement) -> CANFrame {
    let words = myactuator_status(
      temperature: Self.whole(shaft.temperature), is_brake_released: isBrakeReleased,
      voltage: saturated((10 * (shaft.supply ?? 48)).rounded()),
      errors: errors)
    var reply = reply()
    withUnsafeMutablePointer(to: &reply.payload) { myactuator_encode_status(words, $0.bytes) }
    return reply
  }

  /// The nearest whole number, saturating; zero for what is none.
  private static func whole<Word: FixedWidthInteger & SignedInteger>(_ value: Double) -> Word {
    guard value == value else { return 0 }
    let nearest = value.rounded()
    if nearest >= Double(Word.max) { return .max }
    return nearest <= Double(Word.min) ? .min : Word(nearest)
  }
}
