import CServoWire
import TestSupport
import Testing

@testable import ControlCycle

/// Force control of CubeMars V3 as a dialect of MIT: golden frames at the driver, and what tells it from drives of 11 bits.
struct CubeMarsTests {
  static let drive = {
    var drive = DriveConfiguration(
      family: .mit, bus: 0, id: 0x68, masterID: 0, isFlexibleDataRate: false,
      range: DriveRange(position: 12.56, velocity: 60, torque: 12, stiffness: 500, damping: 5))
    drive.dialect = .force
    drive.torqueConstant = 3 / 3.8
    drive.electricalRatio = 84
    return drive
  }()
  static let rows = WireVectorFile.rows("cubemars")

  @Test func everyRowIsThere() {
    let kinds = ["force": 6, "set_point": 7, "position_speed": 2, "status": 1]
    #expect(Dictionary(grouping: Self.rows, by: \.kind).mapValues(\.count) == kinds)
  }

  @Test(arguments: rows) func row(_ row: WireVector) throws {
    let frame = try row.frame.value
    var drive = Self.drive
    drive.id = UInt16(frame.id & 0xFF)
    switch row.kind {
    case "force":
      drive.range = try #require(row.range).value
      // The manual's frames do not follow one rule; the formula's stands beside them.
      let expected = try row.manual_formula?.value ?? frame
      let sent = encodeInTheCycle(try #require(row.input).value, drive)
      #expect(wire(sent) == wire(expected))
      #expect(!DriveCodec.answers(frame, drive), "a host's frame is no drive's")
    case "set_point" where row.type == 1:
      let off = DriveCodec.encode(.disable, for: drive)
      #expect(off.id == frame.id && off.length == frame.length && bytes(of: off) == [0, 0, 0, 0])
    case "set_point", "position_speed": #expect(!DriveCodec.answers(frame, drive))
    case "status":
      let state = try #require(DriveCodecTests.sample(DriveCodec.decode(frame, for: drive)))
      #expect(abs(state.position - (try #require(row.degrees)) * .pi / 180) < 1e-12)
      #expect(abs(state.velocity - (try #require(row.electrical_rpm)) * .pi / 30 / 84) < 1e-12)
      #expect(abs(state.torque - (try #require(row.amperes)) * 3 / 3.8) < 1e-12)
      let code = try #require(row.error)
      #expect(
        state.temperature == row.temperature && state.faults == MIT.faults(ofCode: code))
      #expect(state.mode == .fault && state.faults == .overCurrent)
    default: throw UnknownKind(kind: row.kind)
    }
  }

  @Test func requestsAreFramesThatTheManualHas() {
    func frame(_ request: DriveRequest, status: UInt16 = 0) -> [UInt32] {
      wire(DriveCodec.encode(request, for: Self.drive, status: status))
    }
    let zero = wire(DriveCodec.encode(MotorCommand(), for: Self.drive))
    #expect(zero == [0x868, 1, 0, 0, 0, 0, 0, 0x7F, 0xFF, 0x7F, 0xF7, 0xFF])
    // Nothing enters a mode: the zero command is the first one. Letting go comes before no current.
    #expect(frame(.enable) == zero && frame(.disable, status: MIT.entered) == zero)
    let noCurrent: [UInt32] = [0x168, 1, 0, 0, 0, 0, 0, 0]
    let others: [DriveRequest] = [
      .disable, .clearFault, .identify, .start, .readParameter(9), .writeParameter(9, 1),
    ]
    for request in others { #expect(frame(request) == noCurrent) }
    #expect(frame(.setZero, status: MIT.entered) == noCurrent, "no zero is set under a command")
    #expect(frame(.setZero) == [0x568, 1, 0, 0, 0], "an origin until power-off, nothing is stored")
  }

  @Test func anotherFrameIsNotTheDrives() throws {
    var good = CANFrame(id: 0x2968, bus: 0, isExtended: true)
    good.length = 8
    #expect(DriveCodec.answers(good, Self.drive) && DriveCodec.decode(good, for: Self.drive) != .malformed)
    let changes: [(inout CANFrame) -> Void] = [
      { $0.bus = 1 }, { $0.isExtended = false }, { $0.isFlexibleDataRate = true }, { $0.id ^= 1 },
      { $0.id ^= 0x100 }, { $0.id |= 0x1_0000 },
    ]
    for change in changes {
      var frame = good
      change(&frame)
      #expect(!DriveCodec.answers(frame, Self.drive))
    }
    for length: UInt8 in [0, 1, 4, 6, 7, 12, 64] {
      var frame = good
      frame.length = length
      #expect(
        DriveCodec.answers(frame, Self.drive) && DriveCodec.decode(frame, for: Self.drive) == .malformed)
    }
    // Answers of 11 bits are another drive's, and the other way round.
    var other = Self.drive
    other.dialect = .error
    #expect(!DriveCodec.answers(good, other))
    let short = DriveCodecTests.feedback(MotorCommand(), from: other)
    #expect(DriveCodec.answers(short, other) && !DriveCodec.answers(short, Self.drive))
    // A drive whose electrical ratio nobody gave has no velocity.
    other = Self.drive
    other.electricalRatio = 0
    good.payload[2] = 1
    #expect(DriveCodec.decode(good, for: other) == .malformed)
  }

  @Test func noFrameTraps() {
    var generator = SeededGenerator(seed: 81)
    for _ in 0..<10_000 {
      var frame = CANFrame(id: 0x2968, bus: 0, isExtended: true)
      frame.length = Bool.random(using: &generator) ? 8 : UInt8.random(in: 0...64, using: &generator)
      for i in 0..<64 { frame.payload[i] = UInt8(truncatingIfNeeded: generator.next()) }
      if let state = DriveCodecTests.sample(decodeInTheCycle(frame, Self.drive)) {
        #expect(abs(state.position) <= 3276.8 * .pi / 180 * 1.000001 && state.velocity.isFinite)
      }
    }
  }
}

@_noLocks private func encodeInTheCycle(_ command: MotorCommand, _ drive: DriveConfiguration) -> CANFrame {
  DriveCodec.encode(command, for: drive)
}

@_noLocks private func decodeInTheCycle(_ frame: CANFrame, _ drive: DriveConfiguration) -> DriveReply {
  DriveCodec.decode(frame, for: drive)
}
