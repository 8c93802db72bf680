import ControlCycle
import Foundation
import Testing

/// One row of a golden-frame file: bytes and what they mean; see Firmware-Interfaces/Vectors.
struct WireVector: Decodable, Sendable, CustomTestStringConvertible {
  struct Frame: Decodable, Sendable {
    var id: String
    var extended: Bool
    var data: String

    /// The frame as the cycle sees it, classic, on bus 0.
    var value: CANFrame {
      get throws {
        let number = try #require(UInt32(id.dropFirst(2), radix: 16))
        var frame = CANFrame(id: number, bus: 0, isExtended: extended)
        let digits = Array(data)
        frame.length = UInt8(digits.count / 2)
        for i in 0..<digits.count / 2 {
          frame.payload[i] = try #require(UInt8(String(digits[2 * i...2 * i + 1]), radix: 16))
        }
        return frame
      }
    }
  }
  struct Range: Decodable, Sendable {
    var position: Double
    var velocity: Double
    var torque: Double
    var stiffness: Double
    var damping: Double

    var value: DriveRange {
      DriveRange(
        position: position, velocity: velocity, torque: torque, stiffness: stiffness, damping: damping)
    }
  }
  struct Input: Decodable, Sendable {
    var position: Double
    var velocity: Double
    var stiffness: Double
    var damping: Double
    var torque: Double

    var value: MotorCommand {
      MotorCommand(
        position: position, velocity: velocity, stiffness: stiffness, damping: damping, torque: torque)
    }
  }
  struct Decoded: Decodable, Sendable {
    var position: Double?
    var velocity: Double?
    var torque: Double?
    var temperature: Double?
    var driver_temperature: Double?
    var rotor_temperature: Double?
    var status: UInt8?
    var id: UInt8?
    var mode: UInt8?
    var fault_bits: UInt8?
    var faults: UInt32?
    var warnings: UInt32?
    var index: UInt32?
    var value: Double?
  }

  var name: String
  var kind: String
  var frame: Frame
  var source: String
  var request: String?
  var index: UInt32?
  var value: Double?
  var single_precision: Bool?
  var timeout_us: Int?
  var type: UInt8?
  var code: UInt8?
  var argument: UInt8?
  var range: Range?
  var input: Input?
  var words: [Double]?
  var decoded: Decoded?
  var reply: Frame?
  var manual_formula: Frame?
  var peer_range: Range?
  var decoded_by_peer: Decoded?
  var tolerance_lsb: Int?
  var degrees: Double?
  var electrical_rpm: Double?
  var amperes: Double?
  var temperature: Double?
  var error: UInt8?

  var testDescription: String { "\(name): \(frame.data)" }

  /// The 32-bit pattern of a value as a register holds it.
  func pattern(_ value: Double) -> UInt32 {
    single_precision == true ? Float(value).bitPattern : UInt32(value)
  }

  /// The request of a row of kind request.
  func driveRequest() throws -> DriveRequest {
    switch try #require(request) {
    case "enable": .enable
    case "disable": .disable
    case "clear_fault": .clearFault
    case "set_zero": .setZero
    case "identify": .identify
    case "read": .readParameter(try #require(index))
    case "write": .writeParameter(try #require(index), try writtenPattern())
    default: throw UnknownKind(kind: "request \(request ?? "")")
    }
  }

  private func writtenPattern() throws -> UInt32 {
    if let value { return pattern(value) }
    return Damiao.timeoutUnits(microseconds: try #require(timeout_us))
  }
}

/// A row that no test knows how to run.
struct UnknownKind: Error {
  var kind: String
}

/// A golden-frame file.
struct WireVectorFile: Decodable {
  var vectors: [WireVector]

  /// All rows of a family's file; a file that does not load gives none, which a test counts.
  static func rows(_ family: String) -> [WireVector] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = root.appending(path: "Firmware-Interfaces/Vectors/\(family).json")
    guard let data = try? Data(contentsOf: file) else { return [] }
    return (try? JSONDecoder().decode(WireVectorFile.self, from: data).vectors) ?? []
  }
}

/// The bytes in use, for comparison and messages.
func bytes(of frame: CANFrame) -> [UInt8] { (0..<Int(frame.length)).map { frame.payload[$0] } }

/// Everything of a frame that travels on the bus.
func wire(_ frame: CANFrame) -> [UInt32] {
  [frame.id, frame.isExtended ? 1 : 0, frame.isFlexibleDataRate ? 1 : 0, frame.hasBitRateSwitch ? 1 : 0]
    + bytes(of: frame).map(UInt32.init)
}
