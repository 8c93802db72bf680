import ControlCycle
import Foundation

/// A command or request in JSON.
struct FrameRequest: Decodable {
  private var command: String
  private var p: Double?
  private var v: Double?
  private var kp: Double?
  private var kd: Double?
  private var t_ff: Double?
  private var index: UInt32?
  private var value: UInt32?
  private var float: Float?
  private var status: UInt16?

  init(_ line: String) throws(FrameLines.Problem) {
    do { self = try JSONDecoder().decode(FrameRequest.self, from: Data(line.utf8)) } catch {
      throw FrameLines.Problem(
        message: "no command: \(FrameText.reason(error)); see sinew frame encode --help")
    }
  }

  /// The frame the drive gets.
  func frame(for drive: DriveConfiguration) throws(FrameLines.Problem) -> CANFrame {
    guard command != "mit" else {
      return DriveCodec.encode(
        MotorCommand(
          position: p ?? 0, velocity: v ?? 0, stiffness: kp ?? 0, damping: kd ?? 0, torque: t_ff ?? 0),
        for: drive)
    }
    return DriveCodec.encode(try request(), for: drive, status: status ?? 0)
  }

  private func request() throws(FrameLines.Problem) -> DriveRequest {
    switch command {
    case "enable": return .enable
    case "disable": return .disable
    case "clear_fault": return .clearFault
    case "set_zero": return .setZero
    case "identify": return .identify
    case "start": return .start
    case "read":
      guard let index else { throw FrameLines.Problem(message: "read wants an \"index\"") }
      return .readParameter(index)
    case "write":
      guard let index, let pattern = value ?? float?.bitPattern else {
        throw FrameLines.Problem(message: "write wants an \"index\" and a \"value\" or a \"float\"")
      }
      return .writeParameter(index, pattern)
    default:
      throw FrameLines.Problem(message: "unknown command \"\(command)\"; see sinew frame encode --help")
    }
  }
}

/// What a frame says, in JSON.
enum FrameReply {
  static func json(_ frame: CANFrame, of drive: DriveConfiguration) -> JSONValue {
    guard DriveCodec.answers(frame, drive) else { return foreign(frame, of: drive) }
    switch DriveCodec.decode(frame, for: drive) {
    case .feedback(let state): return .object([("kind", "feedback")] + members(state, fields: nil))
    case .part(let state, let fields):
      return .object(
        [("kind", "part"), ("completes_sample", .boolean(fields.contains(.whole)))]
          + members(state, fields: fields))
    case .parameter(let index, let value, let succeeded):
      return .object([
        ("kind", "parameter"), ("index", .integer(Int64(index))), ("value", .integer(Int64(value))),
        ("float", .number(Double(Float(bitPattern: value)))), ("succeeded", .boolean(succeeded)),
      ])
    case .identity(let number):
      return .object([("kind", "identity"), ("serial", .string(String(number, radix: 16)))])
    case .faultReport(let faults):
      return .object([
        ("kind", "fault_report"), ("faults", list(faults)), ("code", .integer(Int64(faults.code))),
      ])
    case .segment(let piece):
      return .object([
        ("kind", "segment"), ("index", .integer(Int64(piece.index))), ("count", .integer(Int64(piece.count))),
        ("bytes", .integer(Int64(bitPattern: piece.bytes))), ("is_last", .boolean(piece.isLast)),
      ])
    case .malformed: return .object([("kind", "malformed")])
    }
  }

  /// A frame of another node; with a note where its format alone keeps it from being the drive's.
  private static func foreign(_ frame: CANFrame, of drive: DriveConfiguration) -> JSONValue {
    var other = frame
    other.isFlexibleDataRate.toggle()
    guard DriveCodec.answers(other, drive) else { return .object([("kind", "foreign")]) }
    let note =
      frame.isFlexibleDataRate ? "a CAN FD frame; add --fd" : "a classic frame, and the drive speaks CAN FD"
    return .object([("kind", "foreign"), ("note", .string(note))])
  }

  private static func members(_ state: MotorState, fields: MotorFields?) -> [(String, JSONValue)] {
    func has(_ field: MotorFields) -> Bool { fields?.contains(field) ?? true }
    var members: [(String, JSONValue)] = []
    if has(.position) { members.append(("p", .number(state.position))) }
    if has(.velocity) { members.append(("v", .number(state.velocity))) }
    if has(.torque) { members.append(("t", .number(state.torque))) }
    if has(.temperature) { members.append(("temperature_celsius", .number(state.temperature))) }
    if has(.mode) {
      members += [
        ("mode", .string(name(state.mode))), ("faults", list(state.faults)),
        ("status", .integer(Int64(state.status))),
      ]
    }
    return members
  }

  static func name(_ mode: DriveMode) -> String {
    switch mode {
    case .disabled: "disabled"
    case .enabled: "enabled"
    case .calibrating: "calibrating"
    case .fault: "fault"
    }
  }

  private static func list(_ faults: DriveFaults) -> JSONValue { .array(names(faults).map(JSONValue.string)) }

  /// The words of a set of faults.
  static func names(_ faults: DriveFaults) -> [String] {
    let words: [(String, DriveFaults)] = [
      ("over_voltage", .overVoltage), ("under_voltage", .underVoltage), ("over_current", .overCurrent),
      ("driver_over_temperature", .driverOverTemperature), ("motor_over_temperature", .motorOverTemperature),
      ("communication_lost", .communicationLost), ("overload", .overload), ("encoder", .encoder),
      ("uncalibrated", .uncalibrated), ("hardware", .hardware), ("unknown", .unknown),
    ]
    return words.filter { faults.contains($0.1) }.map(\.0)
  }
}
