import ControlCycle
import Simulation

/// One drive on a table: its firmware, the codec at the other end of the wire, and a shaft to measure.
final class FirmwareBench {
  var firmware: DriveFirmware
  var drive: DriveConfiguration
  var shaft = ShaftMeasurement(position: 0, velocity: 0, torque: 0, temperature: 31)
  /// Now [ns].
  var time: Int64 = 0

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

  func ask(_ request: DriveRequest) -> DriveReply? { send(DriveCodec.encode(request, for: drive)) }

  func command(_ command: MotorCommand) -> MotorState? {
    sample(send(DriveCodec.encode(command, for: drive)))
  }

  /// Sends a request and gives the sample that answers it; nil when something else does.
  func sample(after request: DriveRequest) -> MotorState? { sample(ask(request)) }

  private func sample(_ reply: DriveReply?) -> MotorState? {
    guard case .feedback(let state) = reply else { return nil }
    return state
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
  static let all = [damiao, flexibleDamiao, robstride]
}
