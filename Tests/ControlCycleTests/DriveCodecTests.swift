import CServoWire
import ControlCycle
import TestSupport
import Testing

/// Properties of the codec that no single frame shows.
struct DriveCodecTests {
  static let drives = [
    DriveConfiguration(
      family: .damiao, bus: 2, id: 3, masterID: 0x13, isFlexibleDataRate: false,
      range: DriveRange(position: 12.5, velocity: 45, torque: 54, stiffness: 500, damping: 5)),
    DriveConfiguration(
      family: .damiao, bus: 1, id: 0x11, masterID: 0x31, isFlexibleDataRate: true,
      range: DriveRange(position: 12.5, velocity: 10, torque: 28, stiffness: 500, damping: 5)),
    DriveConfiguration(
      family: .robstride, bus: 0, id: 4, masterID: 0xFD, isFlexibleDataRate: false,
      range: DriveRange(position: 12.57, velocity: 15, torque: 120, stiffness: 5000, damping: 100)),
    dialect(
      .cyberGear,
      DriveConfiguration(
        family: .robstride, bus: 0, id: 4, masterID: 0xFD, isFlexibleDataRate: false,
        range: DriveRange(position: 12.5, velocity: 30, torque: 12, stiffness: 500, damping: 5))),
    dialect(
      .error,
      DriveConfiguration(
        family: .mit, bus: 1, id: 0x2A, masterID: 0, isFlexibleDataRate: false,
        range: DriveRange(position: 12.5, velocity: 8, torque: 144, stiffness: 500, damping: 5))),
  ]

  static func dialect(_ dialect: DriveDialect, _ drive: DriveConfiguration) -> DriveConfiguration {
    var drive = drive
    drive.dialect = dialect
    return drive
  }

  /// Steps of the words of velocity and torque.
  static func steps(_ drive: DriveConfiguration) -> Double { drive.family == .robstride ? 65535 : 4095 }

  /// The whole sample of a reply; nil when it is none.
  static func sample(_ reply: DriveReply) -> MotorState? {
    switch reply {
    case .feedback(let state): state
    case .part(let state, let fields) where fields.contains(.whole): state
    default: nil
    }
  }

  /// What the firmware sees of a command: the wire words, decoded with the same scale.
  static func received(_ frame: CANFrame, _ drive: DriveConfiguration) -> MotorCommand {
    let range = drive.range
    let bits: UInt16
    let words: [UInt16]
    switch drive.family {
    case .canopen:
      // Position and torque alone; CANopenTests looks closer.
      var words = cia402_command_pdo()
      _ = cia402_decode_command(bytes(of: frame), frame.length, &words)
      return MotorCommand(torque: Double(words.torque) / 32768 * range.torque)
    case .damiao:
      bits = 12
      let body = damiao_decode_mit_command(bytes(of: frame))
      words = [body.position, body.velocity, body.stiffness, body.damping, body.torque]
    case .mit:
      bits = 12
      var body = mit_load_command(bytes(of: frame))
      if drive.dialect.isForce { _ = cubemars_decode_force(bytes(of: frame), frame.length, &body) }
      words = [body.position, body.velocity, body.stiffness, body.damping, body.torque]
    case .odrive, .odrive05:
      // Torque alone; ODriveTests looks closer.
      var word: UInt32 = 0
      _ = odrive_decode_word(bytes(of: frame), frame.length, &word)
      return MotorCommand(torque: Double(Float(bitPattern: word)))
    case .moteus: return MoteusFrames.command(in: frame, to: drive)
    case .myactuator:
      // Torque alone; MyActuatorTests looks closer.
      let current = Int16(truncatingIfNeeded: Int(bytes(of: frame)[4]) | Int(bytes(of: frame)[5]) << 8)
      return MotorCommand(torque: Double(current) / 100 * drive.torqueConstant)
    case .robstride:
      bits = 16
      let body = robstride_decode_operation(bytes(of: frame))
      let torque = robstride_decode_address(frame.id).data
      words = [body.position, body.velocity, body.stiffness, body.damping, torque]
    }
    return MotorCommand(
      position: FixedPoint.decode(words[0], from: -range.position, to: range.position, bits: 16),
      velocity: FixedPoint.decode(words[1], from: -range.velocity, to: range.velocity, bits: bits),
      stiffness: FixedPoint.decode(words[2], from: 0, to: range.stiffness, bits: bits),
      damping: FixedPoint.decode(words[3], from: 0, to: range.damping, bits: bits),
      torque: FixedPoint.decode(words[4], from: -range.torque, to: range.torque, bits: bits))
  }

  static func random(
    within range: DriveRange, times scale: Double = 1, using generator: inout SeededGenerator
  ) -> MotorCommand {
    func signed(_ full: Double) -> Double { .random(in: -full * scale...full * scale, using: &generator) }
    return MotorCommand(
      position: signed(range.position), velocity: signed(range.velocity),
      stiffness: .random(in: 0...range.stiffness * scale, using: &generator),
      damping: .random(in: 0...range.damping * scale, using: &generator), torque: signed(range.torque))
  }

  @Test(arguments: drives + [CubeMarsTests.drive]) func commandSurvivesTheWireWithinOneStep(
    drive: DriveConfiguration
  ) {
    var generator = SeededGenerator(seed: 1)
    let range = drive.range
    let words = Self.steps(drive)
    for _ in 0..<2000 {
      let sent = Self.random(within: range, using: &generator)
      let seen = Self.received(encodeInTheCycle(sent, drive), drive)
      // Truncation: never above what was sent, and less than one step below it.
      let pairs = [
        (sent.position, seen.position, 2 * range.position / 65535),
        (sent.velocity, seen.velocity, 2 * range.velocity / words),
        (sent.stiffness, seen.stiffness, range.stiffness / words),
        (sent.damping, seen.damping, range.damping / words),
        (sent.torque, seen.torque, 2 * range.torque / words),
      ]
      for (sent, seen, step) in pairs {
        #expect(seen <= sent + 1e-9 * step && sent - seen < step * (1 + 1e-9))
      }
    }
  }

  @Test(arguments: drives) func feedbackSurvivesTheWireWithinOneStep(drive: DriveConfiguration) throws {
    var generator = SeededGenerator(seed: 2)
    let words = Self.steps(drive)
    for _ in 0..<2000 {
      let shaft = Self.random(within: drive.range, using: &generator)
      let frame = Self.feedback(shaft, from: drive)
      let state = try #require(Self.sample(decodeInTheCycle(frame, drive)))
      #expect(abs(state.position - shaft.position) <= 2 * drive.range.position / 65535 * (1 + 1e-9))
      #expect(abs(state.velocity - shaft.velocity) <= 2 * drive.range.velocity / words * (1 + 1e-9))
      #expect(abs(state.torque - shaft.torque) <= 2 * drive.range.torque / words * (1 + 1e-9))
      #expect(state.faults.isEmpty && (state.mode == .enabled || !drive.family.reportsMode))
    }
  }

  @Test(arguments: drives + [CubeMarsTests.drive]) func saturatesAtFullScale(drive: DriveConfiguration) {
    var generator = SeededGenerator(seed: 3)
    let range = drive.range
    for _ in 0..<500 {
      let seen = Self.received(
        DriveCodec.encode(Self.random(within: range, times: 50, using: &generator), for: drive), drive)
      #expect(abs(seen.position) <= range.position && abs(seen.velocity) <= range.velocity)
      #expect(seen.stiffness <= range.stiffness && seen.damping <= range.damping)
      #expect(abs(seen.torque) <= range.torque)
    }
    let most = MotorCommand(position: 1e300, velocity: 1e9, stiffness: 1e9, damping: 1e9, torque: 1e9)
    let full = Self.received(DriveCodec.encode(most, for: drive), drive)
    #expect(full.position == range.position && full.velocity == range.velocity)
    #expect(full.stiffness == range.stiffness && full.damping == range.damping)
    #expect(full.torque == range.torque)
    let least = MotorCommand(position: -1e300, velocity: -1e9, stiffness: -1, damping: -1, torque: -1e9)
    let empty = Self.received(DriveCodec.encode(least, for: drive), drive)
    #expect(empty.position == -range.position && empty.velocity == -range.velocity)
    #expect(empty.stiffness == 0 && empty.damping == 0 && empty.torque == -range.torque)
  }

  /// Drives that take torque alone, for what holds of every family.
  static let torqueDrives = [MyActuatorTests.drive]

  @Test(
    arguments: drives + torqueDrives + [MoteusFrames.drive, CubeMarsTests.drive],
    [Double.nan, .signalingNaN, .infinity, -.infinity])
  func notFiniteIsTheZeroCommand(drive: DriveConfiguration, value: Double) {
    let zero = wire(DriveCodec.encode(MotorCommand(), for: drive))
    let sane = MotorCommand(position: 1, velocity: 1, stiffness: 100, damping: 1, torque: 1)
    let fields: [WritableKeyPath<MotorCommand, Double>] = [
      \.position, \.velocity, \.stiffness, \.damping, \.torque,
    ]
    for field in fields {
      var command = sane
      command[keyPath: field] = value
      #expect(wire(DriveCodec.encode(command, for: drive)) == zero)
    }
    #expect(wire(DriveCodec.encode(sane, for: drive)) != zero)
  }

  @Test(arguments: drives + torqueDrives + [MoteusFrames.drive]) func zeroIsTheVendorsZero(
    drive: DriveConfiguration
  ) {
    let frame = DriveCodec.encode(MotorCommand(), for: drive)
    switch drive.family {
    case .canopen: #expect(bytes(of: frame) == [15, 0, 0, 0, 0, 0, 0, 0])
    case .damiao, .mit: #expect(bytes(of: frame) == [0x7F, 0xFF, 0x7F, 0xF0, 0, 0, 0x07, 0xFF])
    case .moteus: MoteusFrames.expectZero(frame)
    case .myactuator: #expect(bytes(of: frame) == [0xA1, 0, 0, 0, 0, 0, 0, 0])
    case .odrive, .odrive05: #expect(bytes(of: frame) == [0, 0, 0, 0, 0, 0, 0, 0])
    case .robstride:
      #expect(bytes(of: frame) == [0x7F, 0xFF, 0x7F, 0xFF, 0, 0, 0, 0])
      #expect(robstride_decode_address(frame.id).data == 0x7FFF)
    }
    #expect(
      frame.bus == drive.bus && frame.isExtended == (drive.family == .robstride || drive.family == .moteus))
    #expect(frame.isFlexibleDataRate == drive.isFlexibleDataRate)
    #expect(frame.hasBitRateSwitch == drive.isFlexibleDataRate)
  }

  @Test(arguments: drives + torqueDrives + [MoteusFrames.drive]) func refusesWhatIsNotItsOwn(
    drive: DriveConfiguration
  ) {
    let good = Self.feedback(MotorCommand(), from: drive)
    #expect(DriveCodec.answers(good, drive) && DriveCodec.decode(good, for: drive) != .malformed)
    func refused(_ change: (inout CANFrame) -> Void) {
      var frame = good
      change(&frame)
      #expect(!DriveCodec.answers(frame, drive) && DriveCodec.decode(frame, for: drive) == .malformed)
    }
    refused { $0.bus += 1 }
    refused { $0.isExtended.toggle() }
    refused { $0.isFlexibleDataRate.toggle() }
    refused { $0.id ^= 1 }
    // Another drive on the same identifier (Damiao, MIT) or towards the same host (RobStride).
    switch drive.family {
    case .canopen, .myactuator: refused { $0.id += 1 }
    case .damiao, .mit: refused { $0.payload[0] ^= 1 }
    case .odrive, .odrive05: refused { $0.id ^= 1 << 5 }
    case .moteus, .robstride: refused { $0.id ^= 1 << 8 }
    }
    // Its own commands, as a bus that echoes gives them back.
    #expect(!DriveCodec.answers(DriveCodec.encode(MotorCommand(), for: drive), drive))
  }

  /// A frame of the wrong length is the drive's, by its identifier, but says nothing; so is one without data,
  /// as a remote request would be.
  @Test(arguments: drives + torqueDrives + [MoteusFrames.drive], [UInt8(0), 1, 6, 7, 12, 64])
  func wrongLengthIsMalformed(drive: DriveConfiguration, length: UInt8) {
    var frame = Self.feedback(MotorCommand(), from: drive)
    frame.length = length
    // MIT: without byte 0 nobody knows whose it is.
    #expect(DriveCodec.answers(frame, drive) == (drive.family != .mit || length > 0))
    #expect(DriveCodec.decode(frame, for: drive) == .malformed)
  }

  @Test(arguments: drives) func noFrameTraps(drive: DriveConfiguration) {
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<10_000 {
      var frame = CANFrame()
      let own = Bool.random(using: &generator)
      frame.id =
        own
        ? Self.feedback(MotorCommand(), from: drive).id | UInt32(generator.next() & 0x1FFF_0000)
        : UInt32(generator.next() & 0x1FFF_FFFF)
      frame.bus = drive.bus
      frame.isExtended = Bool.random(using: &generator)
      frame.isFlexibleDataRate = Bool.random(using: &generator)
      frame.length = UInt8.random(in: 0...64, using: &generator)
      for i in 0..<64 { frame.payload[i] = UInt8(truncatingIfNeeded: generator.next()) }
      if let state = Self.sample(decodeInTheCycle(frame, drive)) {
        #expect(abs(state.position) <= drive.range.position && abs(state.velocity) <= drive.range.velocity)
        #expect(abs(state.torque) <= drive.range.torque)
      }
    }
  }

  /// A feedback frame as the drive's firmware lays it out.
  static func feedback(_ shaft: MotorCommand, from drive: DriveConfiguration) -> CANFrame {
    let range = drive.range
    let bits: UInt16 = drive.family == .robstride ? 16 : 12
    let position = FixedPoint.encode(shaft.position, from: -range.position, to: range.position, bits: 16)
    let velocity = FixedPoint.encode(shaft.velocity, from: -range.velocity, to: range.velocity, bits: bits)
    let torque = FixedPoint.encode(shaft.torque, from: -range.torque, to: range.torque, bits: bits)
    var frame: CANFrame
    switch drive.family {
    case .canopen:
      let words = cia402_feedback_pdo(statusword: 0x27, position: 0, torque: 0)
      frame = CANFrame(id: 0x180 + UInt32(drive.id), bus: drive.bus, isExtended: false)
      withUnsafeMutablePointer(to: &frame.payload) { cia402_encode_feedback(words, $0.bytes) }
    case .damiao:
      frame = CANFrame(
        id: UInt32(drive.masterID), bus: drive.bus, isExtended: false,
        isFlexibleDataRate: drive.isFlexibleDataRate)
      withUnsafeMutablePointer(to: &frame.payload) {
        damiao_encode_feedback(
          damiao_feedback(
            id: UInt8(drive.id & 0xF), status: 1, position: position, velocity: velocity, torque: torque,
            driver_temperature: 30, rotor_temperature: 31), $0.bytes)
      }
    case .mit:
      frame = CANFrame(id: UInt32(drive.masterID), bus: drive.bus, isExtended: false)
      let words = mit_feedback(
        id: UInt8(drive.id), length: MIT.answerLength(drive.dialect), position: position, velocity: velocity,
        torque: torque, voltage: 0, temperature: 31, error: 0)
      let isWritten = withUnsafeMutablePointer(to: &frame.payload) { mit_encode_feedback(words, $0.bytes) }
      precondition(isWritten)
    case .odrive, .odrive05:
      let words = odrive_pair(
        first: Float(shaft.position / (2 * .pi)).bitPattern,
        second: Float(shaft.velocity / (2 * .pi)).bitPattern)
      let address = odrive_address(node: UInt32(drive.id), command: 9)
      frame = CANFrame(id: odrive_encode_address(address), bus: drive.bus, isExtended: false)
      withUnsafeMutablePointer(to: &frame.payload) { odrive_encode_pair(words, $0.bytes) }
    case .moteus: return MoteusFrames.feedback(shaft, from: drive)
    case .myactuator:
      let words = myactuator_frame(
        command: 0x92, argument: 0, word: 0,
        value: UInt32(bitPattern: Int32((shaft.position * 18000 / .pi).rounded())))
      frame = CANFrame(id: 0x240 + UInt32(drive.id), bus: drive.bus, isExtended: false)
      withUnsafeMutablePointer(to: &frame.payload) { myactuator_encode_frame(words, $0.bytes) }
    case .robstride:
      let status = robstride_encode_status(robstride_status(id: UInt8(drive.id), faults: 0, mode: 2))
      let id = robstride_encode_address(
        robstride_address(type: 2, data: status, destination: UInt8(drive.masterID)))
      frame = CANFrame(id: id, bus: drive.bus, isExtended: true)
      withUnsafeMutablePointer(to: &frame.payload) {
        robstride_encode_feedback(
          robstride_feedback(position: position, velocity: velocity, torque: torque, temperature: 305),
          $0.bytes)
      }
    }
    frame.length = drive.family == .mit ? MIT.answerLength(drive.dialect) : 8
    return frame
  }
}

/// The compiler refuses this unless encoding neither allocates nor locks.
@_noLocks private func encodeInTheCycle(_ command: MotorCommand, _ drive: DriveConfiguration) -> CANFrame {
  _ = DriveCodec.encode(DriveRequest.readParameter(9), for: drive)
  return DriveCodec.encode(command, for: drive)
}

/// The compiler refuses this unless decoding neither allocates nor locks.
@_noLocks private func decodeInTheCycle(_ frame: CANFrame, _ drive: DriveConfiguration) -> DriveReply {
  guard DriveCodec.answers(frame, drive) else { return .malformed }
  return DriveCodec.decode(frame, for: drive)
}
