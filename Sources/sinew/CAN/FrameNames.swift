import ControlCycle
import Foundation
import JointControl
import Recording
import RobotDescription

/// Whose a frame on a robot's bus is, and what it says.
struct FrameNames {
  /// What is known of a frame.
  struct Label: Equatable {
    /// The joint; a dash where a frame is for all drives of a family.
    var joint: String
    var family: String
    /// Whether it comes from the drive.
    var isAnswer: Bool
    /// Bits of the identifier that say what kind of frame it is; the others carry values.
    var mask: UInt32
  }

  private struct Drive {
    var joint: String
    var family: String
    var configuration: DriveConfiguration
    var commandMask: UInt32
    var commands: Set<UInt32>
  }
  /// By the robot's number of the bus.
  private var drives: [Int: [Drive]] = [:]
  private var groups: [Int: [UInt32: String]] = [:]
  /// Above every identifier.
  private static let extendedMark: UInt32 = 0x8000_0000

  init(_ robot: Robot?) {
    for joint in robot?.joints ?? [] {
      let drive = joint.configuration.drive
      let mask = Self.commandMask(of: drive)
      drives[Int(drive.bus), default: []].append(
        Drive(
          joint: joint.name, family: drive.family.name, configuration: drive, commandMask: mask,
          commands: Set(Self.commands(of: drive).map { Self.key($0, mask: mask) })))
      var group = FrameBuffer(capacity: 8)
      DriveCodec.endGroup(drive, cycle: 0, into: &group)
      for index in 0..<group.count {
        groups[Int(drive.bus), default: [:]][Self.key(group[index], mask: 0x1FFF_FFFF)] = drive.family.name
      }
    }
  }

  /// Whose a frame is; `bus` is the robot's number.
  func label(_ frame: CANFrame, bus: Int) -> Label? {
    guard !frame.isRemote, !frame.isError, let drives = drives[bus] else { return nil }
    var frame = frame
    frame.bus = UInt8(clamping: bus)
    // The order of the joints, as the cycle asks them.
    if let drive = drives.first(where: { DriveCodec.answers(frame, $0.configuration) }) {
      return Label(
        joint: drive.joint, family: drive.family, isAnswer: true,
        mask: Self.answerMask(of: drive.configuration))
    }
    if let drive = drives.first(where: { $0.commands.contains(Self.key(frame, mask: $0.commandMask)) }) {
      return Label(joint: drive.joint, family: drive.family, isAnswer: false, mask: drive.commandMask)
    }
    return groups[bus]?[Self.key(frame, mask: 0x1FFF_FFFF)].map {
      Label(joint: "-", family: $0, isAnswer: false, mask: 0x1FFF_FFFF)
    }
  }

  /// What an answer says, on the drive's side; empty where that is not known.
  func meaning(_ frame: CANFrame, bus: Int) -> String {
    var frame = frame
    frame.bus = UInt8(clamping: bus)
    guard let drive = drives[bus]?.first(where: { DriveCodec.answers(frame, $0.configuration) }) else {
      return ""
    }
    switch DriveCodec.decode(frame, for: drive.configuration) {
    case .feedback(let state): return Self.text(state, MotorFields(bits: 31))
    case .part(let state, let fields): return Self.text(state, fields)
    case .parameter(let index, let value, let succeeded):
      return "parameter 0x\(String(index, radix: 16))"
        + (succeeded ? " = 0x\(String(value, radix: 16))" : " refused")
    case .identity(let number): return "serial \(String(number, radix: 16))"
    case .faultReport(let faults): return "fault \(FrameReply.names(faults).joined(separator: ", "))"
    case .segment: return "piece of a long value"
    case .malformed: return "makes no sense"
    }
  }

  private static func text(_ state: MotorState, _ fields: MotorFields) -> String {
    var parts: [String] = []
    if fields.contains(.position) { parts.append(String(format: "%+8.3f rad", state.position)) }
    if fields.contains(.velocity) { parts.append(String(format: "%+7.2f rad/s", state.velocity)) }
    if fields.contains(.torque) { parts.append(String(format: "%+7.2f N.m", state.torque)) }
    if fields.contains(.temperature) { parts.append(String(format: "%3.0f C", state.temperature)) }
    if fields.contains(.mode) {
      parts.append(FrameReply.name(state.mode))
      if !state.faults.isEmpty { parts.append(FrameReply.names(state.faults).joined(separator: ",")) }
    }
    return parts.joined(separator: " ")
  }

  /// One frame of each thing that a drive is told or asked.
  private static func commands(of drive: DriveConfiguration) -> [CANFrame] {
    let requests: [DriveRequest] = [
      .enable, .disable, .clearFault, .setZero, .identify, .start, .readParameter(0), .writeParameter(0, 0),
    ]
    var asked = FrameBuffer(capacity: 8)
    // Every question that is asked in turn comes up within so many cycles.
    for cycle in 0..<64 where asked.count < asked.capacity {
      DriveCodec.ask(drive, cycle: Int64(cycle), into: &asked)
    }
    return [DriveCodec.encode(MotorCommand(), for: drive)]
      + requests.map { DriveCodec.encode($0, for: drive) }
      + (0..<asked.count).map { asked[$0] }
  }

  /// The torque of a RobStride command stands in bits 23...8 of its identifier.
  private static func commandMask(of drive: DriveConfiguration) -> UInt32 {
    drive.family == .robstride ? 0x1F00_00FF : 0x1FFF_FFFF
  }

  /// A RobStride's mode and faults stand in bits 23...16 of its answers' identifiers.
  private static func answerMask(of drive: DriveConfiguration) -> UInt32 {
    drive.family == .robstride ? 0x1F00_FFFF : 0x1FFF_FFFF
  }

  private static func key(_ frame: CANFrame, mask: UInt32) -> UInt32 {
    frame.id & mask | (frame.isExtended ? extendedMark : 0)
  }
}
