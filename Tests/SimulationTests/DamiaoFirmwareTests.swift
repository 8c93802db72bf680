import CServoWire
import ControlCycle
import Simulation
import Testing

/// The mode rules of the Damiao firmware.
struct DamiaoFirmwareTests {
  typealias Register = Damiao.Register

  @Test func lostCommunicationNeedsClearThenEnable() throws {
    let bench = FirmwareBench(FirmwareBench.damiao)
    #expect(bench.write(Register.timeout, 400) == 400)
    _ = bench.ask(.enable)
    bench.time = 20_000_000
    bench.firmware.tick(at: bench.time)
    #expect(try #require(bench.sample(after: .enable)).faults == .communicationLost)
    #expect(try #require(bench.sample(after: .clearFault)).mode == .disabled)
    #expect(try #require(bench.sample(after: .enable)).mode == .enabled)
  }

  @Test func registersKeepWhatTheyAreGiven() {
    let bench = FirmwareBench(FirmwareBench.damiao)
    #expect(bench.read(Register.positionRange) == Float(12.5).bitPattern)
    #expect(bench.read(Register.velocityRange) == Float(45).bitPattern)
    #expect(bench.read(Register.torqueRange) == Float(54).bitPattern)
    #expect(bench.read(Register.bitRate) == Damiao.bitRate1M)
    #expect(bench.read(Register.masterID) == 0x15 && bench.read(Register.driveID) == 5)
    #expect(bench.write(Register.timeout, 123_456) == 123_456)
    #expect(bench.write(Register.controlMode, 2) == 2)
    // Out of bounds: the answer is what the register still holds.
    #expect(bench.write(Register.controlMode, 5) == 2 && bench.write(Register.controlMode, 0) == 2)
    #expect(bench.write(Register.torqueRange, Float.nan.bitPattern) == Float(54).bitPattern)
    #expect(bench.write(Register.torqueRange, Float(-1).bitPattern) == Float(54).bitPattern)
    #expect(bench.write(Register.bitRate, 10) == Damiao.bitRate1M)
    // Read-only ones, and ones that do not exist.
    #expect(bench.write(20, 1) == 0 && bench.write(80, 1) == 0)
    #expect(bench.ask(.readParameter(40)) == nil && bench.ask(.readParameter(999)) == nil)
  }

  @Test func writeIsEchoed() {
    let bench = FirmwareBench(FirmwareBench.damiao)
    let reply = bench.ask(.writeParameter(Register.timeout, 400))
    #expect(reply == .parameter(index: Register.timeout, value: 400, succeeded: true))
  }

  @Test func scaleFollowsTheRegisters() throws {
    let bench = FirmwareBench(FirmwareBench.damiao)
    bench.shaft.velocity = 10
    _ = bench.write(Register.velocityRange, Float(20).bitPattern)
    // The host still decodes with 45: what a scale that was not read back does.
    #expect(abs(try #require(bench.command(MotorCommand())).velocity - 22.5) < 0.05)
    bench.drive.range.velocity = 20
    #expect(abs(try #require(bench.command(MotorCommand())).velocity - 10) < 0.02)
  }

  @Test func otherModesIgnoreTheImpedanceCommand() throws {
    let bench = FirmwareBench(FirmwareBench.damiao)
    _ = bench.ask(.enable)
    _ = bench.command(DriveFirmwareTests.push)
    #expect(bench.write(Register.controlMode, 3) == 3)
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
    #expect(try #require(bench.command(DriveFirmwareTests.push)).mode == .enabled)
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
    // Back again, the old command is gone.
    #expect(bench.write(Register.controlMode, Damiao.mitMode) == Damiao.mitMode)
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
  }

  @Test func answersInTheFormatOfItsBitRate() throws {
    // A drive set to CAN FD understands classic frames and answers in FD; the bit rate switch is on.
    var classicHost = FirmwareBench.flexibleDamiao
    classicHost.isFlexibleDataRate = false
    let bench = FirmwareBench(FirmwareBench.flexibleDamiao)
    let frame = DriveCodec.encode(MotorCommand(), for: classicHost)
    let reply = try #require(bench.answer(to: frame))
    #expect(reply.isFlexibleDataRate && reply.hasBitRateSwitch && reply.id == 0x31)
    #expect(!DriveCodec.answers(reply, classicHost))
    // A drive at 1 Mbit/s does not understand CAN FD.
    var flexibleHost = FirmwareBench.damiao
    flexibleHost.isFlexibleDataRate = true
    let classic = FirmwareBench(FirmwareBench.damiao)
    #expect(classic.send(DriveCodec.encode(MotorCommand(), for: flexibleHost)) == nil)
    // The change is acknowledged in the old format and holds from the next frame on.
    let change = DriveRequest.writeParameter(Register.bitRate, Damiao.bitRate5M)
    #expect(classic.ask(change) != .malformed)
    classic.drive.isFlexibleDataRate = true
    #expect(classic.read(Register.bitRate) == Damiao.bitRate5M)
  }

  @Test func identifiersMoveAfterTheAnswer() {
    let bench = FirmwareBench(FirmwareBench.damiao)
    #expect(
      bench.ask(.writeParameter(Register.masterID, 0x25))
        == .parameter(index: Register.masterID, value: 0x25, succeeded: true))
    bench.drive.masterID = 0x25
    #expect(bench.read(Register.masterID) == 0x25)
    _ = bench.ask(.writeParameter(Register.driveID, 9))
    #expect(bench.ask(.readParameter(Register.driveID)) == nil)
    bench.drive.id = 9
    #expect(bench.read(Register.driveID) == 9)
  }

  @Test func hearsOnlyWhatIsMeantForIt() {
    let bench = FirmwareBench(FirmwareBench.damiao)
    var other = FirmwareBench.damiao
    other.id = 6
    #expect(bench.send(DriveCodec.encode(MotorCommand(), for: other)) == nil)
    #expect(bench.send(DriveCodec.encode(DriveRequest.readParameter(9), for: other)) == nil)
    var short = DriveCodec.encode(DriveRequest.enable, for: bench.drive)
    short.length = 7
    #expect(bench.send(short) == nil)
    var extended = DriveCodec.encode(DriveRequest.enable, for: bench.drive)
    extended.isExtended = true
    #expect(bench.send(extended) == nil && bench.firmware.mode == .disabled)
  }

  @Test func savesOnlyWhileDisabled() {
    let bench = FirmwareBench(FirmwareBench.damiao)
    var save = DriveCodec.encode(DriveRequest.readParameter(1), for: bench.drive)
    save.payload[2] = UInt8(DAMIAO_ACCESS_SAVE.rawValue)
    #expect(bench.send(save) == .parameter(index: 1, value: 0, succeeded: true))
    _ = bench.ask(.enable)
    #expect(bench.send(save) == nil)
  }
}
