import CServoWire
import ControlCycle
import TestSupport
import Testing

/// The two frames of a cycle with their fixed layout, against the writer and reader that take any.
struct MoteusCycleFrameTests {
  let drive = MoteusFrames.drive

  private static func random(using random: inout SeededGenerator) -> moteus_cycle_answer {
    moteus_cycle_answer(
      position: .random(in: 0...UInt32.max, using: &random),
      velocity: .random(in: 0...UInt32.max, using: &random),
      torque: .random(in: 0...UInt32.max, using: &random), mode: .random(in: -128...127, using: &random),
      motor_temperature: .random(in: -128...127, using: &random),
      temperature: .random(in: -128...127, using: &random), fault: .random(in: -128...127, using: &random))
  }

  private static func float(_ pattern: UInt32) -> moteus_field { moteus_field(value: pattern, resolution: 4) }
  private static func byte(_ value: Int8) -> moteus_field {
    moteus_field(value: UInt32(bitPattern: Int32(value)), resolution: 1)
  }

  private static func isLaidOut(_ bytes: UnsafePointer<UInt8>, _ length: UInt8) -> Bool {
    var answer = moteus_cycle_answer()
    return moteus_decode_cycle_answer(bytes, length, &answer)
  }

  private static func isLaidOut(_ frame: CANFrame) -> Bool {
    withUnsafePointer(to: frame.payload) { isLaidOut($0.bytes, frame.length) }
  }

  @Test func theCommandIsWhatTheWriterWrites() {
    var random = SeededGenerator(seed: 71)
    for _ in 0..<2000 {
      let words = (0..<7).map { _ in UInt32.random(in: 0...UInt32.max, using: &random) }
      let command = moteus_cycle_command(
        position: words[0], velocity: words[1], torque: words[2], kp_scale: words[3], kd_scale: words[4],
        maximum_torque: words[5], watchdog_timeout: words[6])
      var fixed = [UInt8](repeating: 0xAA, count: 64)
      moteus_encode_cycle_command(command, &fixed)
      var written = moteus_position_command()
      written.position = Self.float(words[0])
      written.velocity = Self.float(words[1])
      written.torque = Self.float(words[2])
      written.kp_scale = Self.float(words[3])
      written.kd_scale = Self.float(words[4])
      written.maximum_torque = Self.float(words[5])
      written.watchdog_timeout = Self.float(words[6])
      written.velocity_limit = Self.byte(-1)
      written.acceleration_limit = Self.byte(-1)
      var asked = moteus_state()
      for field in [\moteus_state.position, \.velocity, \.torque] { asked[keyPath: field] = Self.float(0) }
      for field in [\moteus_state.mode, \.motor_temperature, \.temperature, \.fault] {
        asked[keyPath: field] = Self.byte(0)
      }
      var general = [UInt8](repeating: 0xAA, count: 64)
      var writer = moteus_writer()
      moteus_append_position(&writer, &general, written)
      moteus_append_state(&writer, &general, UInt8(MOTEUS_SUBFRAME_READ.rawValue), asked)
      #expect(UInt32(writer.length) == MOTEUS_CYCLE_LENGTH_COMMAND.rawValue && fixed == general)
    }
  }

  /// The same registers in another layout, which the reader for any layout takes, make the same reply.
  @Test func theAnswerMeansWhatTheReaderReads() {
    var random = SeededGenerator(seed: 72)
    var samples = 0
    for _ in 0..<5000 {
      var answer = Self.random(using: &random)
      if Bool.random(using: &random) {
        answer.position = Float.random(in: -3...3, using: &random).bitPattern
        answer.velocity = Float.random(in: -3...3, using: &random).bitPattern
        answer.torque = Float.random(in: -3...3, using: &random).bitPattern
        answer.mode = .random(in: 0...15, using: &random)
      }
      let fixed = MoteusFrames.answer(from: drive) { writer, payload in
        moteus_encode_cycle_answer(answer, payload)
        writer.length = 24
      }
      let general = MoteusFrames.answer(from: drive) { writer, payload in
        // Something that stands for nothing goes first, so that no byte is where the fixed layout has it.
        payload[0] = UInt8(MOTEUS_SUBFRAME_NOP.rawValue)
        moteus_encode_cycle_answer(answer, payload + 1)
        writer.length = 25
      }
      #expect(Self.isLaidOut(fixed) && !Self.isLaidOut(general))
      let reply = DriveCodec.decode(fixed, for: drive)
      #expect(reply == DriveCodec.decode(general, for: drive))
      if case .feedback = reply { samples += 1 }
    }
    #expect(samples > 2000)
  }

  /// A byte of the layout that is another one is never read by the fixed layout, and any length but its own neither.
  @Test func anotherLayoutIsLeftToTheReader() {
    var random = SeededGenerator(seed: 73)
    for place in [0, 1, 3, 4, 17, 18, 20, 21] {
      for bit in 0..<8 {
        var bytes = [UInt8](repeating: 0, count: 64)
        moteus_encode_cycle_answer(Self.random(using: &random), &bytes)
        bytes[place] ^= 1 << bit
        #expect(!Self.isLaidOut(bytes, 24))
      }
    }
    var bytes = [UInt8](repeating: 0, count: 64)
    moteus_encode_cycle_answer(Self.random(using: &random), &bytes)
    for length in UInt8(0)...64 {
      #expect(Self.isLaidOut(bytes, length) == (length == 24))
    }
  }
}
