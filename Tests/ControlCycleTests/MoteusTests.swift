import CServoWire
import ControlCycle
import Foundation
import TestSupport
import Testing

/// Frames of a moteus drive, read and written register by register.
enum MoteusFrames {
  static let drive = configuration(id: 4, stiffness: 3, damping: 0.05)

  static func configuration(
    id: UInt16, stiffness: Double, damping: Double, torque: Double = 20
  ) -> DriveConfiguration {
    var drive = DriveConfiguration(
      family: .moteus, bus: 1, id: id, masterID: 0, isFlexibleDataRate: true,
      range: DriveRange(
        position: 800, velocity: 300, torque: torque, stiffness: stiffness, damping: damping))
    drive.watchdog_us = 20_000
    return drive
  }

  /// Every register that a frame writes, by number.
  static func written(_ frame: CANFrame) -> [UInt32: moteus_item] {
    var items: [UInt32: moteus_item] = [:]
    var reader = moteus_read(frame.length)
    var item = moteus_item()
    while moteus_next(&reader, bytes(of: frame), &item) {
      if UInt32(item.kind) == MOTEUS_SUBFRAME_WRITE.rawValue { items[item.index] = item }
    }
    #expect(!reader.is_malformed)
    return items
  }

  static func float(_ frame: CANFrame, _ register: moteus_register) -> Double {
    guard let item = written(frame)[register.rawValue],
      UInt32(item.resolution) == MOTEUS_RESOLUTION_FLOAT.rawValue
    else { return .infinity }
    return Double(Float(bitPattern: item.value))
  }

  static func command(in frame: CANFrame, to drive: DriveConfiguration) -> MotorCommand {
    MotorCommand(
      position: float(frame, MOTEUS_REGISTER_COMMAND_POSITION) * Moteus.revolution,
      velocity: float(frame, MOTEUS_REGISTER_COMMAND_VELOCITY) * Moteus.revolution,
      stiffness: float(frame, MOTEUS_REGISTER_KP_SCALE) * drive.range.stiffness,
      damping: float(frame, MOTEUS_REGISTER_KD_SCALE) * drive.range.damping,
      torque: float(frame, MOTEUS_REGISTER_COMMAND_TORQUE))
  }

  static func expectZero(_ frame: CANFrame) {
    #expect(written(frame)[0]?.value == MOTEUS_MODE_POSITION.rawValue)
    #expect(command(in: frame, to: drive) == MotorCommand())
  }

  /// A state in the resolutions that commands ask for.
  static func feedback(
    _ shaft: MotorCommand, from drive: DriveConfiguration, mode: UInt8 = 10, fault: UInt8 = 0
  ) -> CANFrame {
    func float(_ value: Double) -> moteus_field {
      moteus_field(value: Float(value).bitPattern, resolution: 4)
    }
    var state = moteus_state()
    state.mode = moteus_field(value: UInt32(mode), resolution: 1)
    state.position = float(shaft.position / Moteus.revolution)
    state.velocity = float(shaft.velocity / Moteus.revolution)
    state.torque = float(shaft.torque)
    state.motor_temperature = moteus_field(value: 25, resolution: 1)
    state.temperature = moteus_field(value: 31, resolution: 1)
    state.fault = moteus_field(value: UInt32(fault), resolution: 1)
    return answer(from: drive) { writer, payload in
      moteus_append_state(&writer, payload, UInt8(MOTEUS_SUBFRAME_REPLY.rawValue), state)
    }
  }

  static func answer(
    from drive: DriveConfiguration,
    _ write: (inout moteus_writer, UnsafeMutablePointer<UInt8>) -> Void
  ) -> CANFrame {
    let id = UInt32(drive.id) << 8 | UInt32(drive.masterID)
    var frame = CANFrame(id: id, bus: drive.bus, isExtended: id > 0x7FF, isFlexibleDataRate: true)
    var writer = moteus_writer()
    withUnsafeMutablePointer(to: &frame.payload) {
      write(&writer, $0.bytes)
      moteus_pad(&writer, $0.bytes)
    }
    frame.length = writer.length
    return frame
  }
}

struct MoteusTests {
  let drive = MoteusFrames.drive

  /// Single precision: half a unit in the last place, and no more, in revolutions.
  @Test func commandsSurviveTheWire() {
    var generator = SeededGenerator(seed: 31)
    for _ in 0..<2000 {
      let sent = DriveCodecTests.random(within: drive.range, using: &generator)
      let frame = DriveCodec.encode(sent, for: drive)
      #expect(frame.length == 48 && frame.id == 0x8004 && frame.isExtended && frame.hasBitRateSwitch)
      let seen = MoteusFrames.command(in: frame, to: drive)
      for (sent, seen) in [
        (sent.position, seen.position), (sent.velocity, seen.velocity), (sent.stiffness, seen.stiffness),
        (sent.damping, seen.damping), (sent.torque, seen.torque),
      ] { #expect(abs(seen - sent) <= 6.0e-8 * abs(sent)) }
    }
  }

  @Test func commandsSaturateAtTheRange() {
    for sign in [1.0, -1.0] {
      let most = MotorCommand(
        position: sign * 1e300, velocity: sign * 1e9, stiffness: sign * 1e9, damping: sign * 1e9,
        torque: sign * 1e9)
      let seen = MoteusFrames.command(in: DriveCodec.encode(most, for: drive), to: drive)
      #expect(abs(seen.position - sign * 800) < 1e-4 && abs(seen.velocity - sign * 300) < 1e-4)
      #expect(seen.torque == sign * 20)
      #expect(seen.stiffness == (sign > 0 ? 3 : 0) && seen.damping == (sign > 0 ? 0.05 : 0))
    }
  }

  /// The watchdog and the maximum torque go with every command; the drive plans no motion of its own.
  @Test func everyCommandSaysHowLongAndHowStrong() throws {
    for frame in [
      DriveCodec.encode(MotorCommand(position: 1), for: drive),
      DriveCodec.encode(DriveRequest.enable, for: drive),
    ] {
      #expect(abs(MoteusFrames.float(frame, MOTEUS_REGISTER_WATCHDOG_TIMEOUT) - 0.02) < 1e-8)
      for register in [MOTEUS_REGISTER_VELOCITY_LIMIT, MOTEUS_REGISTER_ACCELERATION_LIMIT] {
        let item = try #require(MoteusFrames.written(frame)[register.rawValue])
        #expect(Int32(bitPattern: item.value) == -1 && item.resolution == 1)
      }
    }
    #expect(
      MoteusFrames.float(DriveCodec.encode(MotorCommand(), for: drive), MOTEUS_REGISTER_MAXIMUM_TORQUE) == 20)
    let enable = DriveCodec.encode(DriveRequest.enable, for: drive)
    #expect(MoteusFrames.float(enable, MOTEUS_REGISTER_COMMAND_POSITION).isNaN)
    #expect(MoteusFrames.float(enable, MOTEUS_REGISTER_MAXIMUM_TORQUE) == 0)
  }

  @Test func feedbackSurvivesTheWire() throws {
    var generator = SeededGenerator(seed: 32)
    for _ in 0..<2000 {
      let shaft = DriveCodecTests.random(within: drive.range, using: &generator)
      let frame = MoteusFrames.feedback(shaft, from: drive)
      #expect(frame.length == 24)
      guard case .feedback(let state) = DriveCodec.decode(frame, for: drive) else {
        Issue.record("feedback refused")
        return
      }
      #expect(abs(state.position - shaft.position) <= 6e-8 * abs(shaft.position))
      #expect(abs(state.velocity - shaft.velocity) <= 6e-8 * abs(shaft.velocity))
      #expect(abs(state.torque - shaft.torque) <= 6e-8 * abs(shaft.torque))
      #expect(state.mode == .enabled && state.faults.isEmpty && state.temperature == 31)
    }
  }

  @Test(arguments: [
    (UInt8(0), UInt8(0), DriveMode.disabled, DriveFaults()), (10, 0, .enabled, DriveFaults()),
    (10, 102, .enabled, DriveFaults()), (11, 0, .fault, .communicationLost), (1, 34, .fault, .overVoltage),
    (1, 38, .fault, .driverOverTemperature), (1, 39, .fault, .unknown), (3, 0, .calibrating, DriveFaults()),
    (12, 0, .calibrating, DriveFaults()), (15, 0, .calibrating, DriveFaults()),
  ])
  func modesAndFaults(mode: UInt8, fault: UInt8, meaning: DriveMode, faults: DriveFaults) {
    let frame = MoteusFrames.feedback(MotorCommand(), from: drive, mode: mode, fault: fault)
    guard case .feedback(let state) = DriveCodec.decode(frame, for: drive) else {
      Issue.record("feedback refused")
      return
    }
    #expect(state.mode == meaning && state.faults == faults)
    #expect(state.status == UInt16(mode) << 8 | UInt16(fault))
  }

  /// Stopping clears a fault; so a drive that is off in a fault is only asked when it is to be off.
  @Test func aFaultIsNotClearedByDisarming() {
    let inFault = DriveCodec.encode(DriveRequest.disable, for: drive, status: 1 << 8 | 33)
    #expect(MoteusFrames.written(inFault).isEmpty && inFault.length > 0)
    for status in [UInt16(0), 10 << 8, 11 << 8, 12 << 8] {
      let frame = DriveCodec.encode(DriveRequest.disable, for: drive, status: status)
      #expect(MoteusFrames.written(frame)[0]?.value == 0)
    }
    #expect(
      MoteusFrames.written(DriveCodec.encode(DriveRequest.clearFault, for: drive, status: 0x121))[0]?.value
        == 0)
  }

  /// Position "not set" is an encoder that is gone, and no sample.
  @Test func aPositionThatIsNotSetIsNoSample() {
    let lost = MoteusFrames.feedback(MotorCommand(position: .nan), from: drive)
    #expect(DriveCodec.decode(lost, for: drive) == .faultReport(.encoder))
    let endless = MoteusFrames.feedback(MotorCommand(velocity: .infinity), from: drive)
    #expect(DriveCodec.decode(endless, for: drive) == .faultReport(.encoder))
  }

  @Test func aRefusedRegisterIsNoSample() {
    var frame = MoteusFrames.feedback(MotorCommand(), from: drive)
    for (place, byte) in [UInt8(0x30), 0x27, 3].enumerated() { frame.payload[24 + place] = byte }
    frame.length = 27
    #expect(DriveCodec.decode(frame, for: drive) == .parameter(index: 0x27, value: 0, succeeded: false))
  }

  /// Cut anywhere, a frame is never a sample unless what is left is a whole one.
  @Test func cutFramesAreMalformed() {
    let good = MoteusFrames.feedback(MotorCommand(position: 1), from: drive)
    for length in UInt8(0)..<24 {
      var frame = good
      frame.length = length
      // Position, velocity and torque end at byte 17; behind it only temperatures and faults are cut off.
      if case .feedback = DriveCodec.decode(frame, for: drive) { #expect(length == 17 || length == 20) }
    }
  }

  @Test func noFrameTraps() {
    var generator = SeededGenerator(seed: 33)
    var kinds: Set<String> = []
    for round in 0..<20_000 {
      var frame = MoteusFrames.feedback(MotorCommand(position: 1), from: drive)
      if round % 2 == 0 {
        for i in 0..<64 { frame.payload[i] = UInt8(truncatingIfNeeded: generator.next()) }
        frame.payload[0] = [0x20, 0x24, 0x2D, 0x2F, 0x30, 0x41].randomElement(using: &generator) ?? 0
      } else {
        frame.payload[Int.random(in: 0..<24, using: &generator)] = UInt8(truncatingIfNeeded: generator.next())
      }
      frame.length = UInt8.random(in: 0...64, using: &generator)
      let reply = DriveCodec.decode(frame, for: drive)
      kinds.insert("\(reply)".split(separator: "(").first.map(String.init) ?? "")
      if case .feedback(let state) = reply {
        #expect(state.position.isFinite && state.velocity.isFinite && state.torque.isFinite)
        #expect(state.temperature.isFinite)
      }
    }
    #expect(kinds.contains("feedback") && kinds.contains("malformed") && kinds.contains("parameter"))
  }

  @Test(arguments: [
    ("4.000000\r\n", 4.0), ("0.050000\r\n", 0.05), ("-12\n", -12), ("12\r\n1\r\n", 12),
  ])
  func consoleNumbers(text: String, value: Double) {
    #expect(
      DriveCodec.decode(console(text), for: drive)
        == .parameter(index: Moteus.Parameter.answer, value: Float(value).bitPattern, succeeded: true))
  }

  /// A limit that is not set.
  @Test func consoleTextForNone() {
    guard
      case .parameter(Moteus.Parameter.answer, let value, true) = DriveCodec.decode(
        console("nan\r\n"), for: drive)
    else {
      Issue.record("'nan' is an answer")
      return
    }
    #expect(Float(bitPattern: value).isNaN)
  }

  @Test(arguments: ["nan", "nano\r\n", "ERR unknown\r\n", "4.0", ".\r\n", "1.2.3\r\n", "-\r\n"])
  func consoleTextThatIsNoNumber(text: String) {
    guard case .parameter(Moteus.Parameter.answer, _, false) = DriveCodec.decode(console(text), for: drive)
    else {
      Issue.record("'\(text)' taken for a number")
      return
    }
  }

  @Test func aQuietConsole() {
    #expect(
      DriveCodec.decode(console(""), for: drive)
        == .parameter(index: Moteus.Parameter.silence, value: 0, succeeded: true))
  }

  private func console(_ text: String) -> CANFrame {
    MoteusFrames.answer(from: drive) { writer, payload in
      for byte in [0x41, 1, UInt8(text.utf8.count)] + Array(text.utf8) {
        payload[Int(writer.length)] = byte
        writer.length += 1
      }
    }
  }
}
