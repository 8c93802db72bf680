import ControlCycle
import Foundation
import Testing

/// Every row of Vectors/odrive.json at the driver: what it sends is there byte by byte, what it reads it understands.
struct ODriveVectorTests {
  struct Row: Decodable, Sendable, CustomTestStringConvertible {
    enum Signal: Decodable, Sendable {
      case number(Double)
      case name(String)

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
          self = .number(number)
        } else {
          self = .name(try container.decode(String.self))
        }
      }
    }
    struct Frame: Decodable, Sendable {
      var id: String
      var data: String
    }
    var name: String
    var kind: String
    var firmware: String?
    var message: String
    var signals: [String: Signal]?
    var frame: Frame

    var testDescription: String { "\(name): \(frame.data)" }

    func number(_ signal: String) throws -> Double {
      guard case .number(let value) = try #require(signals?[signal]) else { throw UnknownKind(kind: signal) }
      return value
    }

    func value(onBus bus: UInt8) throws -> CANFrame {
      let id = try #require(UInt32(frame.id.dropFirst(2), radix: 16))
      let digits = Array(frame.data)
      let data = try (0..<digits.count / 2).map {
        try #require(UInt8(String(digits[2 * $0...2 * $0 + 1]), radix: 16))
      }
      var frame = CANFrame(id: id, bus: bus, isExtended: false)
      frame.length = UInt8(data.count)
      for (index, byte) in data.enumerated() { frame.payload[index] = byte }
      return frame
    }
  }
  private struct File: Decodable { var vectors: [Row] }

  static let rows: [Row] = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = root.appending(path: "Firmware-Interfaces/Vectors/odrive.json")
    guard let data = try? Data(contentsOf: file) else { return [] }
    return (try? JSONDecoder().decode(File.self, from: data).vectors) ?? []
  }()

  @Test func everyRowIsThere() { #expect(Self.rows.count == 24) }

  @Test(arguments: rows) func driver(_ row: Row) throws {
    let drive = ODriveTests.drive(row.firmware == "0.5" ? .odrive05 : .odrive)
    let frame = try row.value(onBus: drive.bus)
    switch row.kind {
    case "command":
      #expect(!DriveCodec.answers(frame, drive), "a host's frame is no drive's")
      try command(row, frame, drive)
    case "feedback":
      #expect(DriveCodec.answers(frame, drive))
      try feedback(row, DriveCodec.decode(frame, for: drive), frame, drive)
    case "remote_request":
      // The driver asks with an empty frame of the same identifier.
      let old = ODriveTests.drive(.odrive05)
      var asked = FrameBuffer(capacity: 1)
      DriveCodec.ask(old, cycle: 9, into: &asked)
      if row.message == "Get_Iq" { #expect(wire(asked[0]) == wire(frame)) }
      let identify = DriveCodec.encode(.identify, for: old)
      if row.message == "Get_Encoder_Estimates" { #expect(wire(identify) == wire(frame)) }
    default: throw UnknownKind(kind: row.kind)
    }
  }

  private func command(_ row: Row, _ frame: CANFrame, _ drive: DriveConfiguration) throws {
    let sent: CANFrame
    switch row.message {
    case "Set_Axis_State": sent = DriveCodec.encode(.enable, for: drive)
    case "Set_Input_Torque":
      sent = DriveCodec.encode(MotorCommand(torque: try row.number("Input_Torque")), for: drive)
    case "Set_Absolute_Position": sent = DriveCodec.encode(.setZero, for: drive)
    case "Clear_Errors": sent = DriveCodec.encode(.clearFault, for: drive)
    case "Set_Controller_Mode":
      // Rows of other modes: identifier and length are the same, and the words at their places.
      sent = DriveCodec.encode(.start, for: drive)
      #expect(sent.id == frame.id && bytes(of: sent) == [1, 0, 0, 0, 1, 0, 0, 0])
      #expect(Double(frame.payload[0]) == (try row.number("Control_Mode")))
      #expect(Double(frame.payload[4]) == (try row.number("Input_Mode")))
      return
    default: return
    }
    #expect(wire(sent) == wire(frame))
  }

  private func feedback(
    _ row: Row, _ reply: DriveReply, _ frame: CANFrame, _ drive: DriveConfiguration
  ) throws {
    guard case .part(let state, let fields) = reply else { throw UnknownKind(kind: "no part") }
    switch row.message {
    case "Heartbeat":
      #expect(fields == .mode && state.mode == .fault)
      #expect(state.faults.contains(drive.family == .odrive ? .communicationLost : .hardware))
      #expect(state.status & 0xFF == 1)
    case "Get_Encoder_Estimates":
      #expect(state.position == 1.5 * 6.283185307179586 && state.velocity == -0.25 * 6.283185307179586)
      #expect(fields.contains(.whole))
    case "Get_Temperature": #expect(fields == .temperature && state.temperature == 41)
    case "Get_Torques":
      let (target, estimate) = (try row.number("Torque_Target"), try row.number("Torque_Estimate"))
      #expect(fields == .torque && state.torque == estimate)
      #expect(DriveCodec.torqueTarget(frame, for: drive) == target)
    default: #expect(fields == MotorFields(bits: 0), "\(row.message) says nothing the cycle uses")
    }
  }
}
