import CServoWire
import ControlCycle
import Simulation
import TestSupport
import Testing

/// Where a CyberGear is no RobStride.
struct CyberGearTests {
  private let drive = FirmwareBench.cyberGear

  /// Type 22 is the bit rate: no request makes one, and the save of a RobStride is not to be had.
  @Test func nothingTheHostSendsChangesTheBitRate() {
    var generator = SeededGenerator(seed: 41)
    #expect(RobStride.save(drive) == nil)
    var requests: [DriveRequest] = [.enable, .disable, .clearFault, .setZero, .identify, .start]
    for _ in 0..<20_000 {
      requests.append(.readParameter(UInt32(truncatingIfNeeded: generator.next())))
      requests.append(
        .writeParameter(
          UInt32(truncatingIfNeeded: generator.next()), UInt32(truncatingIfNeeded: generator.next())))
    }
    var firmware = RobStrideFirmware(drive)
    let shaft = ShaftMeasurement(position: 0, velocity: 0, torque: 0, temperature: 20)
    for request in requests {
      let frame = DriveCodec.encode(request, for: drive, status: UInt16(truncatingIfNeeded: generator.next()))
      let type = robstride_decode_address(frame.id).type
      #expect([0, 3, 4, 6, 17, 18].contains(type))
      _ = firmware.receive(frame, at: 0, measuring: shaft)
    }
    for _ in 0..<1000 {
      let command = MotorCommand(
        position: .random(in: -20...20, using: &generator),
        velocity: .random(in: -50...50, using: &generator),
        stiffness: .random(in: 0...600, using: &generator), damping: .random(in: 0...6, using: &generator),
        torque: .random(in: -15...15, using: &generator))
      #expect(robstride_decode_address(DriveCodec.encode(command, for: drive).id).type == 1)
    }
    #expect(firmware.nextBitRate == 0)
  }

  /// What would happen: the save of a RobStride is a bit rate to a CyberGear that is described as one.
  @Test func aRobStridesSaveWouldSetTheBitRate() throws {
    var mistaken = drive
    mistaken.dialect = .standard
    let save = try #require(RobStride.save(mistaken))
    var gear = RobStrideFirmware(drive)
    let shaft = ShaftMeasurement(position: 0, velocity: 0, torque: 0, temperature: 20)
    #expect(gear.receive(save, at: 0, measuring: shaft) == nil && gear.nextBitRate == 1)
    var robstride = RobStrideFirmware(mistaken)
    #expect(robstride.receive(save, at: 0, measuring: shaft) != nil && robstride.nextBitRate == 0)
  }

  @Test func hasItsOwnParametersAndModes() {
    let bench = FirmwareBench(drive)
    #expect(bench.read(RobStride.Parameter.rotation) == 0)
    #expect(FirmwareBench(FirmwareBench.robstride).read(RobStride.Parameter.rotation) == nil)
    for absent: UInt32 in [0x7021, 0x7026, RobStride.Parameter.canTimeout, RobStride.Parameter.zeroState] {
      #expect(bench.write(absent, 400) == nil)
    }
    #expect(bench.write(RobStride.Parameter.runMode, 1) == 1)
    #expect(bench.write(RobStride.Parameter.runMode, 5) == 1)
  }

  /// A question for the id may be shorter than eight bytes, as python-cybergear's; no other frame may.
  @Test func onlyAQuestionForTheIdMayBeShort() throws {
    for drive in [drive, FirmwareBench.robstride] {
      let bench = FirmwareBench(drive)
      #expect(Float(bitPattern: try #require(bench.read(0x701C))) > 10)
      for length: UInt8 in [0, 1, 7, 8] {
        for type in UInt8(0)...31 {
          let address = robstride_address(type: type, data: 0xFD, destination: UInt8(drive.id))
          var frame = CANFrame(id: robstride_encode_address(address), bus: drive.bus, isExtended: true)
          frame.length = length
          let answer = bench.answer(to: frame)
          if type == 0 {
            #expect(robstride_decode_address(try #require(answer).id).destination == 0xFE)
          } else if length < 8 {
            #expect(answer == nil, "type \(type) of \(length) bytes")
          }
        }
      }
    }
  }

  /// RobStride's stall bit is the Hall encoder's here.
  @Test func bit20IsTheHallEncoder() throws {
    let bench = FirmwareBench(drive)
    bench.firmware.fail(.overload)
    #expect(try #require(bench.command(MotorCommand())).faults == .encoder)
    #expect(RobStride.faults(ofBits: 1 << 4) == .overload)
  }

  /// Types above 22 are RobStride's alone, in both directions.
  @Test func activeReportsAndProtocolsAreNotKnown() {
    let bench = FirmwareBench(drive)
    for type: UInt8 in [23, 24, 25] {
      var frame = CANFrame(
        id: robstride_encode_address(robstride_address(type: type, data: 0xFD, destination: 0x7F)), bus: 0,
        isExtended: true)
      frame.length = 7
      withUnsafeMutablePointer(to: &frame.payload) { robstride_encode_guarded(1, $0.bytes) }
      #expect(bench.answer(to: frame) == nil)
    }
    let id = robstride_encode_address(robstride_address(type: 24, data: 0x807F, destination: 0xFD))
    var report = CANFrame(id: id, bus: 0, isExtended: true)
    report.length = 8
    #expect(!DriveCodec.answers(report, drive) && DriveCodec.answers(report, FirmwareBench.robstride))
  }

  /// Stored by a tool, to the nanosecond; nothing the host writes sets it.
  @Test func watchdogIsTheToolsAlone() {
    let bench = FirmwareBench(drive)
    _ = bench.ask(.enable)
    _ = bench.command(MotorCommand(torque: 1))
    bench.firmware.tick(at: 3_600_000_000_000)
    #expect(bench.firmware.mode == .enabled)
    bench.firmware.storeWatchdog(microseconds: 20_000)
    bench.time = 3_600_000_000_000
    _ = bench.ask(.disable)
    _ = bench.ask(.enable)
    bench.firmware.tick(at: bench.time + 19_999_999)
    #expect(bench.firmware.mode == .enabled)
    bench.firmware.tick(at: bench.time + 20_000_000)
    #expect(bench.firmware.mode == .disabled)
  }
}
