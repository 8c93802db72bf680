import CServoWire
import ControlCycle
import Foundation
import TestSupport
import Testing

/// Rows of Vectors/moteus.json at the driver: what the vendor's library sends and reads. The wire headers meet every row
/// in Tests/Interop/check_wire.py.
struct MoteusVectorTests {
  struct Row: Decodable, Sendable, CustomTestStringConvertible {
    struct Item: Decodable, Sendable {
      var operation: String
      var register: UInt32
      var resolution: String
      var value: Double?
    }
    struct Setpoint: Decodable, Sendable {
      var position: Double?
      var velocity: Double?
      var feedforward_torque: Double?
      var kp_scale: Double?
      var kd_scale: Double?
      var maximum_torque: Double?
      var watchdog_timeout: Double?
    }
    var name: String
    var kind: String
    var frame: WireVector.Frame
    var items: [Item]?
    var setpoint: Setpoint?
    var registers: [String: Double]?
    var testDescription: String { name }

    /// Frames of the library are CAN FD.
    var value: CANFrame {
      get throws {
        var frame = try frame.value
        frame.isFlexibleDataRate = true
        frame.hasBitRateSwitch = true
        frame.bus = 1
        return frame
      }
    }
  }

  private struct File: Decodable { var vectors: [Row] }

  static let rows: [Row] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../Firmware-Interfaces/Vectors/moteus.json")
    guard let data = try? Data(contentsOf: folder),
      let file = try? JSONDecoder().decode(File.self, from: data)
    else { return [] }
    return file.vectors
  }()

  @Test func everyRowIsThere() { #expect(Self.rows.count == 14) }

  /// Our command writes what `Controller.make_position` writes, byte for byte, then limits of its own and its question.
  @Test func aCommandBeginsAsTheLibrarys() throws {
    let row = try #require(Self.rows.first { $0.setpoint?.maximum_torque == 2 })
    let setpoint = try #require(row.setpoint)
    let drive = MoteusFrames.configuration(id: 1, stiffness: 3, damping: 0.05, torque: 2)
    let command = MotorCommand(
      position: (try #require(setpoint.position)) * Moteus.revolution, velocity: 0,
      stiffness: (try #require(setpoint.kp_scale)) * drive.range.stiffness,
      damping: (try #require(setpoint.kd_scale)) * drive.range.damping,
      torque: try #require(setpoint.feedforward_torque))
    let ours = DriveCodec.encode(command, for: drive)
    let theirs = try row.value
    #expect(ours.id == theirs.id && ours.isExtended == theirs.isExtended)
    #expect(bytes(of: ours).prefix(36) == bytes(of: theirs).prefix(36))
  }

  @Test func feedback() throws {
    let rows = Self.rows.filter { $0.kind == "feedback" }
    #expect(rows.count == 3)
    for row in rows {
      let registers = try #require(row.registers)
      let frame = try row.value
      let drive = MoteusFrames.configuration(id: 1, stiffness: 3, damping: 0.05)
      #expect(DriveCodec.answers(frame, drive))
      guard let position = registers["0x001"] else {
        // A state without a position is none.
        #expect(DriveCodec.decode(frame, for: drive) == .malformed)
        continue
      }
      guard case .feedback(let state) = DriveCodec.decode(frame, for: drive) else {
        Issue.record("\(row.name) refused")
        continue
      }
      #expect(abs(state.position - position * Moteus.revolution) < 1e-9)
      #expect(abs(state.velocity - (registers["0x002"] ?? 0) * Moteus.revolution) < 1e-9)
      #expect(abs(state.torque - (registers["0x003"] ?? 0)) < 1e-9)
      #expect(state.temperature == registers["0x00E"])
      #expect(state.status >> 8 == UInt16(registers["0x000"] ?? 255))
      #expect(state.status & 0xFF == UInt16(registers["0x00F"] ?? 255))
    }
  }

  /// The library's integers and ours, in each resolution it was recorded with.
  @Test func scalesOfTheLibrary() throws {
    let row = try #require(Self.rows.first { $0.name.contains("int16/int8") })
    let setpoint = try #require(row.setpoint)
    let quantities: [UInt32: (MoteusQuantity, Double?)] = [
      0x20: (.position, setpoint.position), 0x21: (.velocity, setpoint.velocity),
      0x22: (.torque, setpoint.feedforward_torque), 0x23: (.scale, setpoint.kp_scale),
      0x24: (.scale, setpoint.kd_scale), 0x25: (.torque, setpoint.maximum_torque),
      0x27: (.time, setpoint.watchdog_timeout),
    ]
    var seen = 0
    for item in try #require(row.items) {
      guard item.operation == "write", let (quantity, value) = quantities[item.register] else { continue }
      let resolution = try #require(Self.resolutions[item.resolution])
      let pattern = quantity.pattern(try #require(value), resolution)
      #expect(Double(Int32(bitPattern: pattern)) == item.value)
      seen += 1
    }
    #expect(seen == 7)
  }

  /// Every quantity in every resolution: back within one step, towards zero; saturated; and "not set".
  @Test(arguments: ["int8", "int16", "int32", "float"])
  func resolutions(name: String) throws {
    let resolution = try #require(Self.resolutions[name])
    var generator = SeededGenerator(seed: 34)
    for quantity in [
      MoteusQuantity.position, .velocity, .acceleration, .torque, .temperature, .time, .scale, .code,
    ] {
      let step = name == "float" ? 1e-7 : quantity.step(resolution)
      let most = name == "float" ? 1 : step * (name == "int8" ? 127 : name == "int16" ? 32767 : 2_147_483_647)
      for _ in 0..<500 {
        let sent = Double.random(in: -most...most, using: &generator)
        let seen = quantity.value(quantity.pattern(sent, resolution), resolution)
        #expect(abs(sent - seen) < step * (1 + 1e-6))
        if name != "float" { #expect(abs(seen) <= abs(sent) * (1 + 1e-9)) }
      }
      let unset = quantity.pattern(.nan, resolution)
      #expect(quantity.value(unset, resolution).isNaN)
      guard name != "float" else { continue }
      #expect(abs(quantity.value(quantity.pattern(1e300, resolution), resolution) - most) < 1e-6 * most)
      #expect(abs(quantity.value(quantity.pattern(-.infinity, resolution), resolution) + most) < 1e-6 * most)
    }
  }

  private static let resolutions: [String: UInt8] = ["int8": 1, "int16": 2, "int32": 3, "float": 4]
}
