import CServoWire
import TestSupport
import Testing

@testable import ControlCycle

/// Codec of MyActuator RMD-X, protocol V3, and every row of Vectors/myactuator.json at the driver.
struct MyActuatorTests {
  static let drive = {
    var drive = DriveConfiguration(
      family: .myactuator, bus: 1, id: 1, masterID: 0, isFlexibleDataRate: false,
      range: DriveRange(
        position: MyActuator.positionRange, velocity: 12, torque: 10, stiffness: .infinity, damping: .infinity
      ))
    drive.torqueConstant = 3.125
    return drive
  }()
  static var reversed: DriveConfiguration {
    var drive = drive
    drive.torqueConstant = -0.4
    drive.id = 32
    return drive
  }

  private func current(_ frame: CANFrame) -> Int {
    let data = bytes(of: frame)
    return Int(Int16(truncatingIfNeeded: Int(data[4]) | Int(data[5]) << 8))
  }

  private func reply(_ bytes: [UInt8], of drive: DriveConfiguration = drive) -> DriveReply {
    var frame = CANFrame(id: 0x240 + UInt32(drive.id), bus: drive.bus, isExtended: false)
    frame.length = UInt8(bytes.count)
    for (index, byte) in bytes.enumerated() { frame.payload[index] = byte }
    return decodeInTheCycle(frame, drive)
  }

  @Test(arguments: [drive, reversed]) func torqueSurvivesTheWireWithinHalfAStep(drive: DriveConfiguration) {
    var generator = SeededGenerator(seed: 71)
    let step = 0.01 * abs(drive.torqueConstant)
    for _ in 0..<2000 {
      let sent = Double.random(in: -20...20, using: &generator)
      let frame = encodeInTheCycle(
        MotorCommand(position: 3, velocity: -2, stiffness: 50, torque: sent), drive)
      #expect(frame.id == 0x140 + UInt32(drive.id) && frame.length == 8 && frame.bus == drive.bus)
      let seen = Double(current(frame)) / 100 * drive.torqueConstant
      #expect(abs(seen - max(-10, min(10, sent))) <= step / 2 * (1 + 1e-9))
      // Byte 6 and 7 stay 0, below zero too.
      let data = bytes(of: frame)
      #expect(data[0] == 0xA1 && data[1...3] == [0, 0, 0] && data[6...7] == [0, 0])
    }
  }

  @Test func aTorqueConstantThatIsNoneGivesNoCurrent() {
    for constant in [0, -0.0, Double.nan, .infinity] {
      var drive = Self.drive
      drive.torqueConstant = constant
      #expect(current(DriveCodec.encode(MotorCommand(torque: 5), for: drive)) == 0)
      #expect(current(DriveCodec.encode(MotorCommand(torque: 0), for: drive)) == 0)
    }
    var weak = Self.drive
    weak.torqueConstant = 1e-9
    #expect(current(DriveCodec.encode(MotorCommand(torque: 5), for: weak)) == 32767)
    #expect(current(DriveCodec.encode(MotorCommand(torque: -5), for: weak)) == -32767)
  }

  /// What each answer adds to a sample: only one to a current says that the drive obeys, only an angle makes it whole.
  @Test func samplesComeInParts() throws {
    guard case .part(let obeyed, let fields) = reply([0xA1, 50, 0x9C, 0xFF, 0x0C, 0xFE, 0xD3, 0xFF]) else {
      Issue.record("no part")
      return
    }
    #expect(fields == MotorFields.velocity.union(.torque).union(.temperature).union(.mode))
    #expect(obeyed.mode == .enabled && obeyed.status == MyActuator.Status.obeying && obeyed.temperature == 50)
    #expect(abs(obeyed.torque + 3.125) < 1e-12 && abs(obeyed.velocity + 500 * .pi / 180) < 1e-12)
    for command: UInt8 in [0x9C, 0xA2, 0xA4] {
      guard case .part(_, let fields) = reply([command, 50, 100, 0, 0, 0, 0, 0]) else {
        Issue.record("no part")
        return
      }
      #expect(!fields.contains(.mode) && !fields.contains(.whole) && !fields.contains(.position))
    }
    guard case .part(let placed, let place) = reply([0x92, 0, 0, 0, 0x60, 0x73, 0xFF, 0xFF]) else {
      Issue.record("no part")
      return
    }
    #expect(place == MotorFields.position.union(.whole) && abs(placed.position + 2 * .pi) < 1e-12)
    let orders: [(UInt8, UInt16)] = [
      (0x80, MyActuator.Status.off), (0x78, MyActuator.Status.locked), (0x77, MyActuator.Status.released),
    ]
    for (command, status) in orders {
      guard case .part(let off, .mode) = reply([command, 0, 0, 0, 0, 0, 0, 0]) else {
        Issue.record("no mode")
        return
      }
      #expect(off.mode == .disabled && off.status == status && off.faults.isEmpty)
    }
  }

  /// The brake first, then the current; off first, then the brake, in turns. From nothing known: brake, and off.
  @Test func switchingTakesTwoOrders() {
    func command(_ request: DriveRequest, _ status: UInt16) -> [UInt8] {
      bytes(of: DriveCodec.encode(request, for: Self.drive, status: status))
    }
    let rest: [UInt8] = [0, 0, 0, 0, 0, 0, 0]
    for status in [0, MyActuator.Status.off, MyActuator.Status.locked] {
      #expect(command(.enable, status) == [0x77] + rest)
      #expect(command(.disable, status) == [status == MyActuator.Status.off ? 0x78 : 0x80] + rest)
    }
    for status in [MyActuator.Status.released, MyActuator.Status.obeying] {
      #expect(command(.enable, status) == [0xA1] + rest && command(.disable, status) == [0x80] + rest)
    }
  }

  @Test func errorsAreNamed() {
    let known: [(UInt16, DriveFaults)] = [
      (0x0002, .overload), (0x0004, .underVoltage), (0x0008, .overVoltage), (0x0010, .overCurrent),
      (0x0040, .overload), (0x0100, .overload), (0x1000, .motorOverTemperature), (0x2000, .uncalibrated),
      (0x0080, .uncalibrated), (0x0200, .unknown), (0x8000, .unknown), (0, DriveFaults()),
    ]
    for (bits, faults) in known {
      #expect(MyActuator.faults(ofErrors: bits) == faults)
      let frame = [0x9A, 50, 0, 1, 0xE5, 1, UInt8(bits & 0xFF), UInt8(bits >> 8)]
      guard bits != 0 else {
        guard case .part(_, let fields) = reply(frame) else {
          Issue.record("no part")
          return
        }
        #expect(fields == MotorFields.temperature.union(.faults))
        continue
      }
      #expect(reply(frame) == .faultReport(faults))
    }
    for bits in UInt16.min...UInt16.max where bits != 0 {
      guard !MyActuator.faults(ofErrors: bits).isEmpty else {
        Issue.record("an error without a fault: \(bits)")
        return
      }
    }
  }

  /// The angle every cycle; each drive's errors and status 2 once in ten, no two drives of a bus of three in one cycle.
  @Test func asksInTurns() {
    var asked: [UInt8: Set<Int64>] = [:]
    for cycle: Int64 in 0..<20 {
      var frames = FrameBuffer(capacity: 4)
      DriveCodec.ask(Self.drive, cycle: cycle, into: &frames)
      #expect(bytes(of: frames[0]) == [0x92, 0, 0, 0, 0, 0, 0, 0] && frames.count <= 2)
      if frames.count == 2 { asked[frames[1].payload[0], default: []].insert(cycle) }
    }
    #expect(asked == [0x9A: [7, 17], 0x9C: [2, 12]])
    var busy = Set<Int64>()
    for id: UInt16 in 1...3 {
      var drive = Self.drive
      drive.id = id
      for cycle: Int64 in 0..<10 {
        var frames = FrameBuffer(capacity: 4)
        DriveCodec.ask(drive, cycle: cycle, into: &frames)
        if frames.count == 2 { #expect(busy.insert(cycle).inserted) }
      }
    }
    #expect(busy.count == 6)
  }

  @Test func theWatchdogIsNeverOffByRounding() {
    #expect(MyActuator.watchdogUnits(microseconds: 20_000) == 20)
    #expect(MyActuator.watchdogUnits(microseconds: 20_001) == 21)
    #expect(MyActuator.watchdogUnits(microseconds: 1) == 1 && MyActuator.watchdogUnits(microseconds: 0) == 0)
    #expect(MyActuator.watchdogUnits(microseconds: -1) == 0)
  }

  @Test func noFrameTraps() {
    var generator = SeededGenerator(seed: 72)
    var wholes = 0
    for _ in 0..<20_000 {
      var frame = CANFrame(id: 0x241, bus: 1, isExtended: false)
      frame.length = Bool.random(using: &generator) ? 8 : UInt8.random(in: 0...64, using: &generator)
      for i in 0..<64 { frame.payload[i] = UInt8(truncatingIfNeeded: generator.next()) }
      if Bool.random(using: &generator) { frame.payload[0] = 0x92 }
      if let state = DriveCodecTests.sample(decodeInTheCycle(frame, Self.drive)) {
        wholes += 1
        #expect(abs(state.position) <= MyActuator.positionRange * (1 + 1e-9))
      }
    }
    #expect(wholes > 3000)
  }

  // MARK: - Vectors

  static let rows = WireVectorFile.rows("myactuator")

  @Test func everyRowIsThere() { #expect(Self.rows.count == 40) }

  @Test(arguments: rows) func vector(_ row: WireVector) throws {
    var drive = Self.drive
    drive.bus = 0
    // Wide enough for one ampere to be one ampere.
    drive.torqueConstant = 1
    let frame = try row.frame.value
    let words = try #require(row.words)
    let isAnswer = frame.id == 0x241
    #expect(DriveCodec.answers(frame, drive) == isAnswer && (isAnswer || frame.id == 0x141))
    switch row.kind {
    case "current":
      let sent = DriveCodec.encode(MotorCommand(torque: words[0] / 100), for: drive)
      #expect(wire(sent) == wire(frame))
    case "frame" where !isAnswer:
      let index = UInt32(words[0]) | UInt32(words[1]) << 8 | UInt32(words[2]) << 16
      #expect(wire(DriveCodec.encode(.writeParameter(index, UInt32(words[3])), for: drive)) == wire(frame))
      if words[0] == 0x80 { #expect(wire(DriveCodec.encode(.disable, for: drive)) == wire(frame)) }
      if words[0] == 0x9A { #expect(wire(DriveCodec.encode(.clearFault, for: drive)) == wire(frame)) }
      if words[0] == 0xB2 { #expect(wire(DriveCodec.encode(.identify, for: drive)) == wire(frame)) }
    case "frame": try answer(UInt8(words[0]), words[3], DriveCodec.decode(frame, for: drive))
    case "feedback":
      guard case .part(let state, let fields) = DriveCodec.decode(frame, for: drive) else {
        throw UnknownKind(kind: "no part")
      }
      #expect(abs(state.torque - words[2] / 100) < 1e-12 && state.temperature == words[1])
      #expect(
        abs(state.velocity - words[3] * .pi / 180) < 1e-12 && fields.contains(.mode) == (words[0] == 0xA1))
    case "status": #expect(DriveCodec.decode(frame, for: drive) == .faultReport(.underVoltage))
    case "gains":
      // Gains of the drive's own loops are no business of the cycle: an answer is a parameter and no sample.
      if isAnswer { #expect(DriveCodecTests.sample(DriveCodec.decode(frame, for: drive)) == nil) }
    case "position", "speed":
      #expect(frame.payload[0] != 0xA1, "commands of modes that the driver does not use")
    default: throw UnknownKind(kind: row.kind)
    }
  }

  private func answer(_ command: UInt8, _ value: Double, _ reply: DriveReply) throws {
    switch command {
    case 0xB2: #expect(reply == .identity(UInt64(value)))
    case 0x92:
      let state = try #require(DriveCodecTests.sample(reply))
      #expect(abs(state.position - value * .pi / 18000) < 1e-12)
    case 0x80:
      guard case .part(let state, .mode) = reply else { throw UnknownKind(kind: "no mode") }
      #expect(state.mode == .disabled)
    default: throw UnknownKind(kind: "\(command)")
    }
  }
}

@_noLocks private func encodeInTheCycle(_ command: MotorCommand, _ drive: DriveConfiguration) -> CANFrame {
  DriveCodec.encode(command, for: drive)
}

@_noLocks private func decodeInTheCycle(_ frame: CANFrame, _ drive: DriveConfiguration) -> DriveReply {
  DriveCodec.answers(frame, drive) ? DriveCodec.decode(frame, for: drive) : .malformed
}
