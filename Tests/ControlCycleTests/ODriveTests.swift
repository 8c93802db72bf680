import CServoWire
import Foundation
import TestSupport
import Testing

@testable import ControlCycle

/// Codec of ODrive CANSimple, both firmwares.
struct ODriveTests {
  static func drive(_ family: DriveFamily, id: UInt16 = 1) -> DriveConfiguration {
    var drive = DriveConfiguration(
      family: family, bus: 1, id: id, masterID: 0, isFlexibleDataRate: false,
      range: DriveRange(position: 1600, velocity: 500, torque: 3.5, stiffness: .infinity, damping: .infinity))
    drive.torqueConstant = 0.083
    return drive
  }
  static let drives = [drive(.odrive), drive(.odrive05), drive(.odrive, id: 0), drive(.odrive05, id: 62)]

  static func frame(_ drive: DriveConfiguration, _ command: UInt32, _ bytes: [UInt8]) -> CANFrame {
    var frame = CANFrame(id: UInt32(drive.id) << 5 | command, bus: drive.bus, isExtended: false)
    frame.length = UInt8(bytes.count)
    for (index, byte) in bytes.enumerated() { frame.payload[index] = byte }
    return frame
  }

  static func pair(_ drive: DriveConfiguration, _ command: UInt32, _ first: Float, _ second: Float)
    -> CANFrame
  {
    let words = [first.bitPattern, second.bitPattern]
    return frame(drive, command, words.flatMap { word in (0..<4).map { UInt8(word >> (8 * $0) & 0xFF) } })
  }

  private func torque(_ frame: CANFrame) -> Double {
    let data = bytes(of: frame)
    let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[$1]) << (8 * $1) }
    return Double(Float(bitPattern: word))
  }

  @Test(arguments: drives) func torqueSurvivesTheWire(drive: DriveConfiguration) {
    var generator = SeededGenerator(seed: 31)
    for _ in 0..<2000 {
      let sent = Double.random(in: -10...10, using: &generator)
      // Position and gains do not travel: the cycle closes the loop.
      let command = MotorCommand(position: 3, velocity: -2, stiffness: 50, damping: 2, torque: sent)
      let frame = encodeInTheCycle(command, drive)
      #expect(frame.id == UInt32(drive.id) << 5 | 0x0E && frame.length == 8 && frame.bus == drive.bus)
      let expected = max(-3.5, min(3.5, sent))
      #expect(abs(torque(frame) - expected) <= abs(expected) * 6e-8)
      #expect(abs(torque(frame)) <= 3.5 && bytes(of: frame)[4...] == [0, 0, 0, 0])
    }
  }

  @Test(arguments: drives, [Double.nan, .signalingNaN, .infinity, -.infinity])
  func notFiniteIsNoTorque(drive: DriveConfiguration, value: Double) {
    for field: WritableKeyPath<MotorCommand, Double> in [
      \.position, \.velocity, \.stiffness, \.damping, \.torque,
    ] {
      var command = MotorCommand(torque: 1)
      command[keyPath: field] = value
      #expect(torque(DriveCodec.encode(command, for: drive)) == 0)
    }
  }

  @Test(arguments: drives) func samplesComeInParts(drive: DriveConfiguration) throws {
    var generator = SeededGenerator(seed: 32)
    for _ in 0..<2000 {
      let position = Double.random(in: -1600...1600, using: &generator)
      let velocity = Double.random(in: -500...500, using: &generator)
      let estimates = Self.pair(drive, 0x09, Float(position / (2 * .pi)), Float(velocity / (2 * .pi)))
      guard case .part(let state, let fields) = decodeInTheCycle(estimates, drive) else {
        Issue.record("no part")
        return
      }
      #expect(abs(state.position - position) < 1e-4 && abs(state.velocity - velocity) < 1e-4)
      #expect(fields.contains(.whole) && fields.contains(.position) && fields.contains(.velocity))
      #expect(!fields.contains(.mode) && !fields.contains(.torque))
    }
    let isNew = drive.family == .odrive
    let measured = Self.pair(drive, isNew ? 0x1C : 0x14, 1.5, -2)
    guard case .part(let state, let fields) = decodeInTheCycle(measured, drive) else {
      Issue.record("no torque")
      return
    }
    #expect(fields == .torque && abs(state.torque - (isNew ? -2 : -0.166)) < 1e-9)
    let target = try #require(DriveCodec.torqueTarget(measured, for: drive))
    #expect(abs(target - (isNew ? 1.5 : 0.1245)) < 1e-9)
    #expect(DriveCodec.torqueTarget(Self.pair(drive, 0x09, 1, 1), for: drive) == nil)
  }

  @Test func theHotterCountsAndAMissingThermistorDoesNot() {
    let drive = Self.drive(.odrive)
    func temperature(_ stage: Float, _ motor: Float) -> Double? {
      guard
        case .part(let state, .temperature) = DriveCodec.decode(
          Self.pair(drive, 0x15, stage, motor), for: drive)
      else { return nil }
      return state.temperature
    }
    #expect(temperature(35.5, 41) == 41 && temperature(50, 41) == 50)
    #expect(temperature(35.5, .nan) == 35.5 && temperature(.nan, 41) == 41 && temperature(.nan, .nan) == nil)
    // In 0.5 the same command carries estimates of a sensorless motor.
    let old = Self.drive(.odrive05)
    #expect(
      DriveCodec.decode(Self.pair(old, 0x15, 1, 1), for: old) == .part(MotorState(), MotorFields(bits: 0)))
  }

  @Test func everyErrorOf06IsAFaultByName() {
    let named: [(UInt32, DriveFaults)] = [
      (0x2, .hardware), (0x4, .hardware), (0x8, .encoder), (0x10, .uncalibrated), (0x20, .hardware),
      (0x40, .unknown), (0x100, .overVoltage), (0x200, .underVoltage), (0x400, .overCurrent),
      (0x800, .overVoltage), (0x1000, .overCurrent), (0x2000, .motorOverTemperature),
      (0x4000, .driverOverTemperature), (0x8000, .overload), (0x10000, .unknown),
      (0x1000000, .communicationLost), (0x2000000, .unknown), (0x4000000, .encoder), (0x8000000, .hardware),
      (0x10000000, .hardware), (0x40000000, .uncalibrated),
    ]
    for (error, fault) in named {
      let meaning = ODrive.meaning(ofErrors: error, state: 8)
      #expect(meaning.mode == .fault && meaning.faults == fault, "\(String(error, radix: 16))")
    }
    #expect(ODrive.meaning(ofErrors: 1, state: 1).mode == .calibrating)
    #expect(ODrive.meaning(ofErrors: 3, state: 1).mode == .fault)
    let modes: [(UInt8, DriveMode)] = [
      (0, .disabled), (1, .disabled), (3, .calibrating), (7, .calibrating), (8, .enabled), (11, .calibrating),
      (200, .calibrating),
    ]
    for (state, mode) in modes { #expect(ODrive.meaning(ofErrors: 0, state: state).mode == mode) }
  }

  @Test func heartbeatOf05HasFlagsOfItsOwn() {
    let drive = Self.drive(.odrive05)
    func heartbeat(_ data: [UInt8]) -> MotorState? {
      guard case .part(let state, .mode) = DriveCodec.decode(Self.frame(drive, 1, data), for: drive) else {
        return nil
      }
      return state
    }
    #expect(heartbeat([0, 0, 0, 0, 8, 0, 0, 0])?.mode == .enabled)
    #expect(heartbeat([0, 0, 0, 0, 8, 0, 0, 0x80])?.mode == .enabled, "a finished trajectory is no fault")
    #expect(heartbeat([0, 8, 0, 0, 1, 0, 0, 0])?.faults == .communicationLost)
    #expect(heartbeat([0, 0, 0, 0, 1, 1, 0, 0])?.faults == .hardware)
    #expect(heartbeat([0, 0, 0, 0, 1, 0, 1, 0])?.faults == .encoder)
    #expect(heartbeat([0, 0, 0, 0, 1, 0, 0, 1])?.faults == .unknown)
    #expect(heartbeat([0, 0, 0, 0, 1, 0, 0, 1])?.mode == .fault)
  }

  /// Questions carry no data and share the answer's identifier; 0.6 tells torque by itself.
  @Test func asksFor05sCurrentInTurns() {
    var buffer = FrameBuffer(capacity: 64)
    for cycle in Int64(0)..<20 {
      for id in UInt16(0)..<3 { DriveCodec.ask(Self.drive(.odrive05, id: id), cycle: cycle, into: &buffer) }
      DriveCodec.ask(Self.drive(.odrive), cycle: cycle, into: &buffer)
    }
    #expect(buffer.count == 6)
    var ids: [UInt32] = []
    for index in 0..<buffer.count {
      ids.append(buffer[index].id)
      #expect(buffer[index].length == 0)
    }
    #expect(ids == [0x14, 0x54, 0x34, 0x14, 0x54, 0x34])
    let drive = Self.drive(.odrive05)
    #expect(!DriveCodec.answers(Self.frame(drive, 0x14, []), drive))
    #expect(DriveCodec.answers(Self.pair(drive, 0x14, 1, 1), drive))
  }

  @Test(arguments: drives) func refusesWhatIsNotItsOwn(drive: DriveConfiguration) {
    let good = Self.pair(drive, 0x09, 1, 1)
    func refused(_ change: (inout CANFrame) -> Void) {
      var frame = good
      change(&frame)
      #expect(!DriveCodec.answers(frame, drive) && DriveCodec.decode(frame, for: drive) == .malformed)
    }
    #expect(DriveCodec.answers(good, drive))
    refused { $0.bus += 1 }
    refused { $0.isExtended = true }
    refused { $0.isFlexibleDataRate = true }
    refused { $0.id ^= 1 << 5 }
    // Its own commands, as a bus that echoes gives them back.
    for request in [DriveRequest.enable, .disable, .clearFault, .setZero, .start, .readParameter(300)] {
      #expect(!DriveCodec.answers(DriveCodec.encode(request, for: drive), drive), "\(request)")
    }
    #expect(!DriveCodec.answers(DriveCodec.encode(MotorCommand(), for: drive), drive))
  }

  @Test(arguments: drives, [UInt8(1), 4, 7, 12, 64])
  func wrongLengthIsMalformed(drive: DriveConfiguration, length: UInt8) {
    for command: UInt32 in [0x01, 0x09] {
      var frame = Self.pair(drive, command, 1, 1)
      frame.length = length
      #expect(DriveCodec.answers(frame, drive) && DriveCodec.decode(frame, for: drive) == .malformed)
    }
  }

  @Test(arguments: drives) func notFiniteEstimatesAreNoSample(drive: DriveConfiguration) {
    for value: Float in [.nan, .infinity, -.infinity] {
      #expect(DriveCodec.decode(Self.pair(drive, 0x09, value, 0), for: drive) == .malformed)
      #expect(DriveCodec.decode(Self.pair(drive, 0x09, 0, value), for: drive) == .malformed)
    }
  }

  @Test(arguments: drives) func noFrameTraps(drive: DriveConfiguration) {
    var generator = SeededGenerator(seed: 33)
    var parts = 0
    for _ in 0..<20_000 {
      var frame = CANFrame(
        id: UInt32(drive.id) << 5 | UInt32.random(in: 0..<32, using: &generator), bus: drive.bus,
        isExtended: false)
      frame.length = Bool.random(using: &generator) ? 8 : UInt8.random(in: 0...64, using: &generator)
      for i in 0..<64 { frame.payload[i] = UInt8(truncatingIfNeeded: generator.next()) }
      if case .part(let state, _) = decodeInTheCycle(frame, drive) {
        parts += 1
        #expect(state.position.isFinite && state.velocity.isFinite && state.torque.isFinite)
        #expect(state.temperature.isFinite)
      }
    }
    #expect(parts > 1000)
  }

  @Test func parametersGoByEndpointIn06Alone() {
    let drive = Self.drive(.odrive)
    let written = DriveCodec.encode(.writeParameter(0x1234, 0xDDCC_BBAA), for: drive)
    #expect(written.id == 0x24 && bytes(of: written) == [1, 0x34, 0x12, 0, 0xAA, 0xBB, 0xCC, 0xDD])
    let read = DriveCodec.encode(.readParameter(0x1234), for: drive)
    #expect(read.id == 0x24 && bytes(of: read) == [0, 0x34, 0x12, 0, 0, 0, 0, 0])
    let reply = Self.frame(drive, 0x05, [0, 0x34, 0x12, 0, 1, 0, 0, 0])
    #expect(DriveCodec.decode(reply, for: drive) == .parameter(index: 0x1234, value: 1, succeeded: true))
    // An address that does not fit must not become another one.
    let harmless = DriveCodec.encode(.writeParameter(0x1_1234, 1), for: drive)
    #expect(harmless.length == 0 && harmless.id == 0x20)
    let old = Self.drive(.odrive05)
    #expect(DriveCodec.encode(.writeParameter(0x10, 1), for: old).length == 0)
    #expect(!DriveCodec.answers(Self.frame(old, 0x05, [0, 0, 0, 0, 1, 0, 0, 0]), old))
  }
}

/// The compiler refuses these unless they neither allocate nor lock.
@_noLocks private func encodeInTheCycle(_ command: MotorCommand, _ drive: DriveConfiguration) -> CANFrame {
  _ = DriveCodec.encode(DriveRequest.enable, for: drive)
  return DriveCodec.encode(command, for: drive)
}
@_noLocks private func decodeInTheCycle(_ frame: CANFrame, _ drive: DriveConfiguration) -> DriveReply {
  guard DriveCodec.answers(frame, drive) else { return .malformed }
  return DriveCodec.decode(frame, for: drive)
}
