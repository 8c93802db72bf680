import CServoWire
import ControlCycle
import Simulation
import Testing

/// The rules of MIT firmware, which tells little and keeps much.
struct MITFirmwareTests {
  static let drives = [DriveDialect.standard, .voltage, .error].map(FirmwareBench.mit)

  @Test(arguments: drives) func watchdogIsOffUntilAToolStoresIt(drive: DriveConfiguration) throws {
    let bench = FirmwareBench(drive)
    _ = bench.ask(.enable)
    _ = bench.command(DriveFirmwareTests.push)
    bench.firmware.tick(at: 3_600_000_000_000)
    #expect(bench.firmware.torque(at: bench.shaft) != 0)
  }

  /// The command is dropped at that nanosecond and not before; the drive stays in its mode and obeys the next one.
  @Test(arguments: drives) func watchdogDropsTheCommandExactlyInTime(drive: DriveConfiguration) throws {
    let bench = FirmwareBench(drive)
    bench.firmware.storeWatchdog(microseconds: 25_000)
    _ = bench.ask(.enable)
    for _ in 0..<5 {
      bench.time += 24_999_999
      bench.firmware.tick(at: bench.time)
      _ = bench.command(DriveFirmwareTests.push)
    }
    bench.firmware.tick(at: bench.time + 24_999_999)
    #expect(bench.firmware.torque(at: bench.shaft) != 0)
    bench.firmware.tick(at: bench.time + 25_000_000)
    #expect(bench.firmware.torque(at: bench.shaft) == 0 && bench.firmware.mode == .enabled)
    bench.time += 25_000_001
    _ = bench.command(DriveFirmwareTests.push)
    #expect(bench.firmware.torque(at: bench.shaft) != 0)
  }

  /// An AK drive that left without letting go acts on its old command when it enters again; our host lets go first.
  @Test(arguments: drives) func anOldCommandWaitsInADriveThatDidNotLetGo(drive: DriveConfiguration) throws {
    let bench = FirmwareBench(drive)
    _ = bench.ask(.enable)
    _ = bench.command(DriveFirmwareTests.push)
    let exit = DriveCodec.encode(DriveRequest.disable, for: drive)
    #expect(mit_decode_action(bytes(of: exit), exit.length) == UInt8(MIT_ACTION_EXIT.rawValue))
    _ = bench.send(exit)
    #expect(bench.firmware.mode == .disabled && bench.firmware.torque(at: bench.shaft) == 0)
    _ = bench.ask(.enable)
    #expect((bench.firmware.torque(at: bench.shaft) == 0) == (drive.dialect == .voltage))
    // Zero torque is half a step below zero on the wire.
    let zero = drive.range.torque / 4095 + 1e-9

    _ = bench.command(DriveFirmwareTests.push)
    _ = bench.ask(.disable)
    #expect(bench.firmware.mode == .disabled)
    _ = bench.ask(.enable)
    #expect(bench.firmware.mode == .enabled && abs(bench.firmware.torque(at: bench.shaft)) <= zero)
  }

  /// Six and seven bytes have no room for an error; eight say it, and nothing but power-off clears it.
  @Test(arguments: drives) func aFaultIsSeenWhereTheAnswerHasRoom(drive: DriveConfiguration) throws {
    let bench = FirmwareBench(drive)
    _ = bench.ask(.enable)
    _ = bench.command(DriveFirmwareTests.push)
    bench.firmware.fail(.encoder)
    #expect(bench.firmware.mode == .fault && bench.firmware.torque(at: bench.shaft) == 0)
    let state = try #require(bench.command(DriveFirmwareTests.push))
    #expect(state.faults == (drive.dialect == .error ? .encoder : DriveFaults()))
    #expect(state.mode == (drive.dialect == .error ? .fault : .enabled))
    for request in [DriveRequest.clearFault, .disable, .enable] { _ = bench.ask(request) }
    #expect(bench.firmware.mode == .fault)
  }

  /// At the top of all ranges a command reads like an action; the wire keeps them apart.
  @Test(arguments: drives) func noCommandActs(drive: DriveConfiguration) throws {
    let bench = FirmwareBench(drive)
    _ = bench.ask(.enable)
    let full = drive.range
    for word in UInt16(0xFF0)...0xFFF {
      let torque = FixedPoint.decode(word, from: -full.torque, to: full.torque, bits: 12) + 1e-6
      let most = MotorCommand(
        position: full.position, velocity: full.velocity, stiffness: full.stiffness, damping: full.damping,
        torque: torque)
      bench.shaft.position = 1
      let before = try #require(bench.command(MotorCommand())).position
      _ = bench.command(most)
      #expect(bench.firmware.mode == .enabled)
      #expect(try #require(bench.command(MotorCommand())).position == before)
    }
  }

  @Test(arguments: drives) func hearsOnlyWhatIsMeantForIt(drive: DriveConfiguration) {
    let bench = FirmwareBench(drive)
    var other = drive
    other.id = 6
    #expect(bench.send(DriveCodec.encode(DriveRequest.enable, for: other)) == nil)
    let good = DriveCodec.encode(DriveRequest.enable, for: drive)
    let changes: [(inout CANFrame) -> Void] = [
      { $0.length = 7 }, { $0.isFlexibleDataRate = true }, { $0.isExtended = true }, { $0.length = 0 },
    ]
    for change in changes {
      var frame = good
      change(&frame)
      #expect(bench.send(frame) == nil && bench.firmware.mode == .disabled)
    }
    #expect(bench.send(good) != nil && bench.firmware.mode == .enabled)
  }

  /// Another drive's answer has the same identifier and another first byte.
  @Test func answersOfTwoDrivesAreToldApart() throws {
    var other = FirmwareBench.mit(.error)
    other.id = 10
    let (first, second) = (FirmwareBench(FirmwareBench.mit(.error)), FirmwareBench(other))
    let a = try #require(first.answer(to: DriveCodec.encode(DriveRequest.disable, for: first.drive)))
    let b = try #require(second.answer(to: DriveCodec.encode(DriveRequest.disable, for: second.drive)))
    #expect(a.id == 0 && b.id == 0)
    #expect(DriveCodec.answers(a, first.drive) && !DriveCodec.answers(a, second.drive))
    #expect(DriveCodec.answers(b, second.drive) && !DriveCodec.answers(b, first.drive))
  }

  /// A drive that may hold a command sets no zero: its target would move by the old position.
  @Test func zeroIsSetOnlyWhileOut() throws {
    let drive = FirmwareBench.mit(.error)
    for (status, action) in [(UInt16(0), MIT_ACTION_SET_ZERO), (MIT.entered, MIT_ACTION_EXIT)] {
      let frame = DriveCodec.encode(DriveRequest.setZero, for: drive, status: status)
      #expect(mit_decode_action(bytes(of: frame), frame.length) == UInt8(action.rawValue))
    }
  }

  private func bytes(of frame: CANFrame) -> [UInt8] { (0..<Int(frame.length)).map { frame.payload[$0] } }
}
