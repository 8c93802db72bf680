import ControlCycle
import Simulation

/// One drive on a table: its firmware, the codec at the other end of the wire, and a shaft to measure.
final class FirmwareBench {
  var firmware: DriveFirmware
  var drive: DriveConfiguration
  var shaft = ShaftMeasurement(position: 0, velocity: 0, torque: 0, temperature: 31)
  /// Now [ns].
  var time: Int64 = 0
  /// What the host knows of a drive that does not say all of it in its answers, as the cycle keeps it.
  private var known = MotorState()

  init(_ drive: DriveConfiguration) {
    self.drive = drive
    firmware = DriveFirmware(drive)
  }

  /// Sends a frame and gives what the codec makes of the answer; nil without an answer.
  func send(_ frame: CANFrame) -> DriveReply? {
    answer(to: frame).map { DriveCodec.decode($0, for: drive) }
  }

  /// Sends a frame and gives the answer as it travels; nil without one.
  func answer(to frame: CANFrame) -> CANFrame? { firmware.receive(frame, at: time, measuring: shaft) }

  /// Sends a request and gives its answer; a drive that does not say its mode is asked to change it twice, as by the cycle.
  func ask(_ request: DriveRequest) -> DriveReply? {
    if !drive.family.reportsMode && (request == .disable || request == .enable) { _ = askOnce(request) }
    return askOnce(request)
  }

  private func askOnce(_ request: DriveRequest) -> DriveReply? {
    let frame = DriveCodec.encode(request, for: drive, status: known.status)
    DriveCodec.assume(request, of: drive, in: &known)
    return send(frame)
  }

  func command(_ command: MotorCommand) -> MotorState? {
    sample(send(DriveCodec.encode(command, for: drive)))
  }

  /// Sends a request and gives the sample that answers it; nil when something else does.
  func sample(after request: DriveRequest) -> MotorState? { sample(ask(request)) }

  private func sample(_ reply: DriveReply?) -> MotorState? {
    switch reply {
    case .feedback(let state): return state
    case .part(var state, let fields) where fields.contains(.whole):
      if fields.contains(.mode) { known.mode = state.mode } else { state.mode = known.mode }
      return state
    default: return nil
    }
  }

  /// Writes a parameter and reads it back.
  func write(_ index: UInt32, _ value: UInt32) -> UInt32? {
    _ = ask(.writeParameter(index, value))
    return read(index)
  }

  func read(_ index: UInt32) -> UInt32? {
    guard case .parameter(let answered, let value, true) = ask(.readParameter(index)), answered == index
    else { return nil }
    return value
  }

  static let damiao = DriveConfiguration(
    family: .damiao, bus: 1, id: 5, masterID: 0x15, isFlexibleDataRate: false,
    range: DriveRange(position: 12.5, velocity: 45, torque: 54, stiffness: 500, damping: 5))
  static let flexibleDamiao = DriveConfiguration(
    family: .damiao, bus: 1, id: 0x11, masterID: 0x31, isFlexibleDataRate: true,
    range: DriveRange(position: 12.5, velocity: 10, torque: 28, stiffness: 500, damping: 5))
  static let robstride = DriveConfiguration(
    family: .robstride, bus: 0, id: 0x7F, masterID: 0xFD, isFlexibleDataRate: false,
    range: DriveRange(position: 12.57, velocity: 15, torque: 120, stiffness: 5000, damping: 100))
  static let cyberGear = {
    var drive = DriveConfiguration(
      family: .robstride, bus: 0, id: 0x7F, masterID: 0xFD, isFlexibleDataRate: false,
      range: DriveRange(position: 12.5, velocity: 30, torque: 12, stiffness: 500, damping: 5))
    drive.dialect = .cyberGear
    return drive
  }()
  static func mit(_ dialect: DriveDialect) -> DriveConfiguration {
    var drive = DriveConfiguration(
      family: .mit, bus: 2, id: 9, masterID: 0, isFlexibleDataRate: false,
      range: DriveRange(position: 12.5, velocity: 50, torque: 18, stiffness: 500, damping: 5))
    drive.dialect = dialect
    return drive
  }
  /// Drives whose watchdog the host sets.
  static let watched = [damiao, flexibleDamiao, robstride]
  /// Drives whose faults a frame clears.
  static let clearable = watched + [cyberGear]
  static let all = clearable + [mit(.standard), mit(.voltage), mit(.error)]

  /// Bits of the words of velocity and torque.
  static func bits(_ drive: DriveConfiguration) -> UInt16 { drive.family == .robstride ? 16 : 12 }
}
