import CServoWire
import ControlCycle
import Simulation
import Testing

/// The mode rules of the RobStride firmware.
struct RobStrideFirmwareTests {
  typealias Parameter = RobStride.Parameter

  @Test func lostCommunicationIsResetWithoutAFault() throws {
    let bench = FirmwareBench(FirmwareBench.robstride)
    #expect(bench.write(Parameter.canTimeout, 20_000) == 20_000)
    _ = bench.ask(.enable)
    bench.firmware.tick(at: 999_999_999)
    #expect(bench.firmware.mode == .enabled)
    bench.firmware.tick(at: 1_000_000_000)
    #expect(bench.firmware.mode == .disabled)
    bench.time = 1_000_000_000
    #expect(try #require(bench.sample(after: .enable)).mode == .enabled)
  }

  @Test func runModeChangesOnlyWhileStopped() throws {
    let bench = FirmwareBench(FirmwareBench.robstride)
    _ = bench.ask(.enable)
    #expect(bench.write(Parameter.runMode, 2) == 0)
    _ = bench.ask(.disable)
    #expect(bench.write(Parameter.runMode, 4) == 0)
    #expect(bench.write(Parameter.runMode, 2) == 2)
    // Not in operation mode, an operation command is answered and not obeyed.
    _ = bench.ask(.enable)
    #expect(try #require(bench.command(DriveFirmwareTests.push)).mode == .enabled)
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
  }

  @Test func parametersKeepWhatTheyAreGiven() {
    let bench = FirmwareBench(FirmwareBench.robstride)
    #expect(bench.read(Parameter.canTimeout) == 0)
    #expect(bench.write(Parameter.torqueLimit, Float(40).bitPattern) == Float(40).bitPattern)
    #expect(bench.write(Parameter.torqueLimit, Float.nan.bitPattern) == Float(40).bitPattern)
    #expect(bench.write(Parameter.zeroState, 0x1234_5601) == 1)
    // The measured position can be read and not written.
    bench.shaft.position = 1.25
    #expect(bench.write(0x7019, 0) == Float(1.25).bitPattern)
    #expect(
      bench.ask(.readParameter(0x7000)) == .parameter(index: 0x7000, value: 0, succeeded: false))
    #expect(bench.ask(.readParameter(0x2009)) == .parameter(index: 0x2009, value: 0, succeeded: false))
  }

  @Test func torqueKeepsToItsLimit() {
    let bench = FirmwareBench(FirmwareBench.robstride)
    _ = bench.write(Parameter.torqueLimit, Float(40).bitPattern)
    _ = bench.ask(.enable)
    _ = bench.command(MotorCommand(torque: 100))
    #expect(bench.firmware.torque(at: bench.shaft) == 40)
  }

  @Test func zeroIsRefusedInProfilePosition() throws {
    let bench = FirmwareBench(FirmwareBench.robstride)
    _ = bench.write(Parameter.runMode, 1)
    bench.shaft.position = 2
    #expect(abs(try #require(bench.sample(after: .setZero)).position - 2) < 0.001)
    _ = bench.write(Parameter.runMode, 0)
    #expect(abs(try #require(bench.sample(after: .setZero)).position) < 0.001)
  }

  @Test func identifiesItself() throws {
    let bench = FirmwareBench(FirmwareBench.robstride)
    var other = FirmwareBench.robstride
    other.id = 3
    guard case .identity(let serial) = bench.ask(.identify) else {
      Issue.record("no identity")
      return
    }
    let second = FirmwareBench(other)
    #expect(second.ask(.identify) != .identity(serial))
  }

  /// Type 7 renames at once; the answer already carries the new id.
  @Test func takesANewID() throws {
    let bench = FirmwareBench(FirmwareBench.robstride)
    let id = robstride_encode_address(robstride_address(type: 7, data: 0x10FD, destination: 0x7F))
    var frame = CANFrame(id: id, bus: 0, isExtended: true)
    frame.length = 8
    let reply = try #require(bench.answer(to: frame))
    #expect(reply.id == 0x0010FE)
    #expect(bench.ask(.enable) == nil)
    bench.drive.id = 0x10
    #expect(try #require(bench.sample(after: .enable)).mode == .enabled)
  }

  @Test func answersTheHostThatAsks() throws {
    let bench = FirmwareBench(FirmwareBench.robstride)
    bench.drive.masterID = 0xFC
    #expect(bench.read(Parameter.canTimeout) == 0)
    // A command carries no host: its answer goes to the configured one.
    let frame = DriveCodec.encode(MotorCommand(), for: bench.drive)
    let reply = try #require(bench.answer(to: frame))
    #expect(reply.id & 0xFF == 0xFD)
  }

  @Test func activeReportHasTheBodyOfFeedback() throws {
    let bench = FirmwareBench(FirmwareBench.robstride)
    bench.shaft.position = 3
    let id = robstride_encode_address(robstride_address(type: 24, data: 0xFD, destination: 0x7F))
    var frame = CANFrame(id: id, bus: 0, isExtended: true)
    frame.length = 7
    #expect(bench.send(frame) == nil)
    withUnsafeMutablePointer(to: &frame.payload) { robstride_encode_guarded(1, $0.bytes) }
    guard case .feedback(let state) = bench.send(frame) else {
      Issue.record("no report")
      return
    }
    #expect(abs(state.position - 3) < 0.001)
  }

  @Test func reportsItsFaults() throws {
    var firmware = RobStrideFirmware(FirmwareBench.robstride)
    #expect(firmware.faultReport() == nil)
    firmware.fail(.overCurrent)
    let report = try #require(firmware.faultReport())
    #expect(DriveCodec.decode(report, for: FirmwareBench.robstride) == .faultReport(.overCurrent))
  }

  @Test func hearsOnlyWhatIsMeantForIt() {
    let bench = FirmwareBench(FirmwareBench.robstride)
    var other = FirmwareBench.robstride
    other.id = 6
    #expect(bench.send(DriveCodec.encode(DriveRequest.enable, for: other)) == nil)
    var frame = DriveCodec.encode(DriveRequest.enable, for: bench.drive)
    frame.length = 7
    #expect(bench.send(frame) == nil)
    frame.length = 8
    frame.isFlexibleDataRate = true
    #expect(bench.send(frame) == nil)
    frame.isFlexibleDataRate = false
    frame.isExtended = false
    #expect(bench.send(frame) == nil && bench.firmware.mode == .disabled)
  }
}
