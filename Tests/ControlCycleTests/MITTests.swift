import CServoWire
import ControlCycle
import Testing

/// Golden frames of MIT drives at the driver, and what a driver makes of answers that do not say the mode.
struct MITTests {
  @Test func everyRowIsThere() {
    let rows = WireVectorFile.rows("mit")
    #expect(rows.count == 46)
    #expect(rows.filter { $0.kind == "command" }.count == 37)
    #expect(rows.filter { $0.kind == "feedback" }.count == 7)
  }

  /// Peers of our rounding give our bytes; the others carry the manual's formula beside theirs.
  @Test(arguments: WireVectorFile.rows("mit")) func row(_ row: WireVector) throws {
    let frame = try row.frame.value
    switch row.kind {
    case "command":
      let drive = Self.drive(row, .standard)
      let expected = try row.manual_formula?.value ?? frame
      #expect(bytes(of: DriveCodec.encode(try #require(row.input).value, for: drive)) == bytes(of: expected))
    case "action":
      let isZero = try #require(row.code) == UInt8(MIT_ACTION_SET_ZERO.rawValue)
      let request = isZero ? DriveRequest.setZero : .disable
      #expect(wire(DriveCodec.encode(request, for: Self.drive(row, .standard))) == wire(frame))
    case "feedback":
      let decoded = try #require(row.decoded)
      var drive = Self.drive(row, frame.length == 8 ? .error : frame.length == 7 ? .voltage : .standard)
      drive.id = UInt16(try #require(decoded.id))
      #expect(DriveCodec.answers(frame, drive))
      let state = try #require(DriveCodecTests.sample(DriveCodec.decode(frame, for: drive)))
      #expect(abs(state.position - (try #require(decoded.position))) <= 1e-9)
      #expect(abs(state.velocity - (try #require(decoded.velocity))) <= 1e-9)
      #expect(abs(state.torque - (try #require(decoded.torque))) <= 1e-9)
    default: throw UnknownKind(kind: row.kind)
    }
  }

  /// A firmware of another generation has another scale: an answer of its length is not believed.
  @Test func onlyTheModelsLengthIsBelieved() {
    let dialects = [DriveDialect.standard, .voltage, .error]
    for own in dialects {
      for other in dialects {
        let frame = DriveCodecTests.feedback(MotorCommand(), from: Self.drive(other))
        let reply = DriveCodec.decode(frame, for: Self.drive(own))
        #expect((reply == .malformed) == (own != other))
      }
    }
  }

  /// No error: the frame says nothing of the mode. An error: it says fault, by name.
  @Test func theErrorByteIsAllThatIsKnownOfTheMode() throws {
    let names: [(UInt8, DriveFaults)] = [
      (1, .motorOverTemperature), (2, .overCurrent), (3, .overVoltage), (4, .underVoltage), (5, .encoder),
      (6, .driverOverTemperature), (7, .overload), (8, .unknown), (255, .unknown),
    ]
    let drive = Self.drive(.error)
    var frame = DriveCodecTests.feedback(MotorCommand(), from: drive)
    guard case .part(_, let fields) = DriveCodec.decode(frame, for: drive) else {
      Issue.record("no sample")
      return
    }
    #expect(fields.contains(.whole) && fields.contains(.temperature) && !fields.contains(.mode))
    for (code, fault) in names {
      frame.payload[7] = code
      guard case .part(let state, let fields) = DriveCodec.decode(frame, for: drive) else {
        Issue.record("no sample")
        continue
      }
      #expect(fields.contains(.mode) && fields.contains(.whole))
      #expect(state.mode == .fault && state.faults == fault)
    }
  }

  /// Asked to be off, a drive that was on lets go with a command of nothing and leaves with the next frame.
  @Test func letsGoBeforeItLeaves() {
    let drive = Self.drive(.error)
    var state = MotorState()
    DriveCodec.assume(.enable, of: drive, in: &state)
    #expect(state.mode == .disabled && state.status == MIT.entered, "an older frame may be what is answered")
    DriveCodec.assume(.enable, of: drive, in: &state)
    #expect(state.mode == .enabled && state.status == MIT.entered)
    let zero = DriveCodec.encode(DriveRequest.disable, for: drive, status: state.status)
    #expect(wire(zero) == wire(DriveCodec.encode(MotorCommand(), for: drive)))
    DriveCodec.assume(.disable, of: drive, in: &state)
    #expect(state.mode == .enabled && state.status == 0)
    let exit = DriveCodec.encode(DriveRequest.disable, for: drive, status: state.status)
    #expect(mit_decode_action(bytes(of: exit), exit.length) == UInt8(MIT_ACTION_EXIT.rawValue))
    DriveCodec.assume(.disable, of: drive, in: &state)
    #expect(state.mode == .disabled)
  }

  /// Nothing but `enable` switches a drive on, whatever else it is asked.
  @Test func whatTheProtocolCannotAskSwitchesOff() {
    let drive = Self.drive(.error)
    for request in [DriveRequest.clearFault, .identify, .start, .readParameter(9), .writeParameter(9, 1)] {
      for status in [UInt16(0), MIT.entered] {
        let frame = DriveCodec.encode(request, for: drive, status: status)
        #expect(mit_decode_action(bytes(of: frame), frame.length) == UInt8(MIT_ACTION_EXIT.rawValue))
      }
    }
  }

  private static func drive(_ dialect: DriveDialect) -> DriveConfiguration {
    DriveCodecTests.dialect(
      dialect,
      DriveConfiguration(
        family: .mit, bus: 0, id: 1, masterID: 0, isFlexibleDataRate: false,
        range: DriveRange(position: 12.5, velocity: 50, torque: 18, stiffness: 500, damping: 5)))
  }

  private static func drive(_ row: WireVector, _ dialect: DriveDialect) -> DriveConfiguration {
    var drive = drive(dialect)
    if let range = row.range { drive.range = range.value }
    return drive
  }
}
