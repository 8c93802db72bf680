import CServoWire
import ControlCycle
import Foundation
import Testing

/// The wire headers as a firmware's compiler sees them.
struct WireHeaderTests {
  static let headers = [
    "servo_wire_bytes.h", "canopen_wire.h", "canopen_sdo_wire.h", "cia402_wire.h", "cubemars_wire.h",
    "cybergear_wire.h", "damiao_wire.h", "mit_wire.h", "moteus_registers_wire.h", "moteus_wire.h",
    "moteus_reader_wire.h", "moteus_cycle_wire.h", "myactuator_wire.h", "odrive_wire.h", "odrive_05_wire.h",
    "robstride_wire.h",
    "robstride_mit_wire.h", "servo_wire.h",
  ]
  static let cortexM4 = ["--target=thumbv7em-none-eabihf", "-mcpu=cortex-m4", "-ffreestanding"]

  /// Each header alone, with no C library in reach.
  @Test(arguments: headers) func compilesForCortexM(header: String) throws {
    let result = try Self.compile(header, target: Self.cortexM4)
    #expect(result.status == 0, "\(result.message)")
  }

  @Test(arguments: headers) func compilesForTheHost(header: String) throws {
    let result = try Self.compile(header, target: [])
    #expect(result.status == 0, "\(result.message)")
  }

  /// The check sees mistakes: a narrowing conversion is refused.
  @Test func theCheckCanFail() throws {
    let narrowing = "unsigned char narrow(unsigned value) { return value; }\n"
    let result = try Self.compile("servo_wire.h", target: Self.cortexM4, source: narrowing)
    #expect(result.status != 0 && result.message.contains("-Wimplicit-int-conversion"))
  }

  @Test func constantsOfTheCodecAreTheHeaders() {
    typealias Register = Damiao.Register
    #expect(UInt32(Register.masterID) == DAMIAO_REGISTER_MST_ID.rawValue)
    #expect(UInt32(Register.driveID) == DAMIAO_REGISTER_ESC_ID.rawValue)
    #expect(UInt32(Register.timeout) == DAMIAO_REGISTER_TIMEOUT.rawValue)
    #expect(UInt32(Register.controlMode) == DAMIAO_REGISTER_CTRL_MODE.rawValue)
    #expect(UInt32(Register.positionRange) == DAMIAO_REGISTER_PMAX.rawValue)
    #expect(UInt32(Register.velocityRange) == DAMIAO_REGISTER_VMAX.rawValue)
    #expect(UInt32(Register.torqueRange) == DAMIAO_REGISTER_TMAX.rawValue)
    #expect(UInt32(Register.bitRate) == DAMIAO_REGISTER_CAN_BR.rawValue)
    #expect(Damiao.mitMode == DAMIAO_CONTROL_MODE_MIT.rawValue)
    #expect(Damiao.bitRate1M == DAMIAO_CAN_RATE_1M.rawValue)
    #expect(Damiao.bitRate5M == DAMIAO_CAN_RATE_5M.rawValue)
    #expect(UInt32(RobStride.Parameter.runMode) == ROBSTRIDE_PARAMETER_RUN_MODE.rawValue)
    #expect(UInt32(RobStride.Parameter.canTimeout) == ROBSTRIDE_PARAMETER_CAN_TIMEOUT.rawValue)
    #expect(UInt32(RobStride.Parameter.torqueLimit) == ROBSTRIDE_PARAMETER_LIMIT_TORQUE.rawValue)
    #expect(UInt32(RobStride.Parameter.currentLimit) == ROBSTRIDE_PARAMETER_LIMIT_CUR.rawValue)
    #expect(UInt32(RobStride.Parameter.zeroState) == ROBSTRIDE_PARAMETER_ZERO_STA.rawValue)
    #expect(RobStride.operationMode == ROBSTRIDE_RUN_MODE_OPERATION.rawValue)
  }

  /// Checks a source that includes one header, with the clang that came with the Swift compiler.
  private static func compile(
    _ header: String, target: [String], source: String = ""
  ) throws -> (status: Int32, message: String) {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let process = Process()
    process.executableURL = try clang()
    process.arguments =
      target + ["-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-fsyntax-only", "-x", "c", "-"]
    process.currentDirectoryURL = root.appending(path: "Firmware-Interfaces/CServoWire/include")
    let input = Pipe()
    let messages = Pipe()
    process.standardInput = input
    process.standardError = messages
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data("#include \"\(header)\"\n\(source)".utf8))
    try input.fileHandleForWriting.close()
    let text = try messages.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
  }

  /// The clang beside the first `swift` of the search path.
  private static func clang() throws -> URL {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let swift = path.split(separator: ":").map { URL(filePath: "\($0)/swift") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    let folder = try #require(swift, "no swift in PATH").resolvingSymlinksInPath().deletingLastPathComponent()
    return folder.appending(path: "clang")
  }
}
