import CServoWire
import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// A moteus drive below the codec.
struct MoteusFirmwareTests {
  static let push = MotorCommand(position: 1, velocity: 0, stiffness: 10, damping: 1, torque: 0.5)

  static func drive(id: UInt16 = 0x11, watchdog_us: UInt32 = 20_000) -> DriveConfiguration {
    var drive = DriveConfiguration(
      family: .moteus, bus: 1, id: id, masterID: 0, isFlexibleDataRate: true,
      range: DriveRange(position: 800, velocity: 300, torque: 20, stiffness: 40, damping: 5))
    drive.watchdog_us = watchdog_us
    return drive
  }

  @Test func obeysOnlyWhileEnabled() throws {
    let bench = FirmwareBench(Self.drive())
    #expect(try #require(bench.sample(after: .identify)).mode == .disabled)
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
    bench.shaft.position = 0.3
    #expect(try #require(bench.sample(after: .enable)).mode == .enabled)
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
    bench.shaft.position = 0
    #expect(try #require(bench.command(Self.push)).mode == .enabled)
    #expect(abs(bench.firmware.torque(at: bench.shaft) - 10.5) < 1e-5)
    #expect(try #require(bench.sample(after: .disable)).mode == .disabled)
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
  }

  @Test func torqueIsTheLaw() {
    var generator = SeededGenerator(seed: 41)
    let bench = FirmwareBench(Self.drive())
    _ = bench.ask(.enable)
    var saturated = 0
    for _ in 0..<1000 {
      let command = MotorCommand(
        position: .random(in: -3...3, using: &generator), velocity: .random(in: -5...5, using: &generator),
        stiffness: .random(in: 0...30, using: &generator), damping: .random(in: 0...4, using: &generator),
        torque: .random(in: -20...20, using: &generator))
      bench.shaft.position = .random(in: -3...3, using: &generator)
      bench.shaft.velocity = .random(in: -5...5, using: &generator)
      _ = bench.command(command)
      let law =
        command.stiffness * (command.position - bench.shaft.position)
        + command.damping * (command.velocity - bench.shaft.velocity) + command.torque
      let expected = max(-20, min(20, law))
      if expected != law { saturated += 1 }
      #expect(abs(bench.firmware.torque(at: bench.shaft) - expected) < 1e-4)
    }
    #expect(saturated > 10)
  }

  /// Between two commands the drive aims at a position that moves on with the commanded velocity.
  @Test func theAimMovesOn() {
    let bench = FirmwareBench(Self.drive())
    _ = bench.ask(.enable)
    _ = bench.command(MotorCommand(position: 0, velocity: 2, stiffness: 10))
    bench.time += 5_000_000
    bench.firmware.tick(at: bench.time)
    #expect(abs(bench.firmware.torque(at: bench.shaft) - 10 * 2 * 0.005) < 1e-6)
  }

  /// The time of the newest command counts, to the nanosecond; then the drive damps, up to its own torque.
  @Test func watchdogLetsGoExactlyInTime() throws {
    let bench = FirmwareBench(Self.drive())
    _ = bench.ask(.enable)
    for _ in 0..<5 {
      bench.time += 19_999_999
      bench.firmware.tick(at: bench.time)
      #expect(try #require(bench.command(Self.push)).mode == .enabled)
    }
    bench.firmware.tick(at: bench.time + 19_999_999)
    #expect(bench.firmware.mode == .enabled && bench.firmware.torque(at: bench.shaft) != 0)
    bench.firmware.tick(at: bench.time + 20_000_000)
    #expect(bench.firmware.mode == .fault && bench.firmware.torque(at: bench.shaft) == 0)
    bench.shaft.velocity = 3
    #expect(abs(bench.firmware.torque(at: bench.shaft) + 3) < 1e-6)
    bench.shaft.velocity = -300
    #expect(bench.firmware.torque(at: bench.shaft) == 5)
    bench.time += 20_000_001
    let state = try #require(bench.command(Self.push))
    #expect(state.mode == .fault && state.faults == .communicationLost)
    #expect(try #require(bench.sample(after: .enable)).mode == .fault)
    #expect(try #require(bench.sample(after: .clearFault)).mode == .disabled)
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
  }

  @Test func watchdogNeedsNoTickAndQuestionsDoNotFeedIt() throws {
    let bench = FirmwareBench(Self.drive())
    _ = bench.ask(.enable)
    for _ in 0..<3 {
      bench.time += 6_000_000
      _ = bench.ask(.identify)
      _ = bench.ask(.readParameter(Moteus.Parameter.silence))
    }
    bench.time += 2_000_000
    #expect(try #require(bench.command(Self.push)).mode == .fault)
  }

  /// A command without a time has the drive's own, 0.1 s as delivered; a drive set to stop is limp then.
  @Test func theDrivesOwnTime() {
    let bench = FirmwareBench(Self.drive(watchdog_us: 0))
    guard case .moteus(var firmware) = bench.firmware else { return }
    firmware.settings.timeoutMode = 0
    bench.firmware = .moteus(firmware)
    _ = bench.ask(.enable)
    _ = bench.command(Self.push)
    bench.firmware.tick(at: 99_999_999)
    #expect(bench.firmware.mode == .enabled)
    bench.firmware.tick(at: 100_000_000)
    bench.shaft.velocity = 3
    #expect(bench.firmware.mode == .fault && bench.firmware.torque(at: bench.shaft) == 0)
  }

  @Test func feedbackSaysWhatTheShaftDoes() throws {
    var generator = SeededGenerator(seed: 42)
    let bench = FirmwareBench(Self.drive())
    for _ in 0..<500 {
      bench.shaft = ShaftMeasurement(
        position: .random(in: -800...800, using: &generator),
        velocity: .random(in: -300...300, using: &generator),
        torque: .random(in: -20...20, using: &generator), temperature: .random(in: 0...120, using: &generator)
      )
      let state = try #require(bench.sample(after: .identify))
      #expect(abs(state.position - bench.shaft.position) < 1e-4)
      #expect(abs(state.velocity - bench.shaft.velocity) < 1e-4)
      #expect(abs(state.torque - bench.shaft.torque) < 1e-5)
      #expect(state.temperature <= bench.shaft.temperature && bench.shaft.temperature - state.temperature < 1)
    }
  }

  /// Asked in any resolution, a drive answers in it, in one frame and in the order of the question.
  @Test(arguments: [UInt8(1), 2, 3, 4]) func answersInTheResolutionAsked(resolution: UInt8) throws {
    let bench = FirmwareBench(Self.drive())
    bench.shaft = ShaftMeasurement(position: 1.25, velocity: -2.5, torque: 3.5, temperature: 40)
    var state = moteus_state()
    let asked = moteus_field(value: 0, resolution: resolution)
    state.mode = asked
    state.position = asked
    state.velocity = asked
    state.torque = asked
    state.temperature = asked
    var frame = CANFrame(id: 0x8011, bus: 1, isExtended: true, isFlexibleDataRate: true)
    var writer = moteus_writer()
    withUnsafeMutablePointer(to: &frame.payload) {
      moteus_append_state(&writer, $0.bytes, UInt8(MOTEUS_SUBFRAME_READ.rawValue), state)
    }
    frame.length = writer.length
    let answer = try #require(bench.answer(to: frame))
    #expect(answer.id == 0x1100 && answer.isExtended && answer.isFlexibleDataRate)
    guard case .feedback(let seen) = DriveCodec.decode(answer, for: bench.drive) else {
      Issue.record("refused")
      return
    }
    let step: [Double] = [
      [0.0628, 0.628, 0.5], [6.3e-4, 1.6e-3, 0.01], [6.3e-5, 6.3e-5, 1e-3], [1e-6, 1e-6, 1e-6],
    ][
      Int(resolution) - 1]
    #expect(abs(seen.position - 1.25) <= step[0] && abs(seen.velocity + 2.5) <= step[1])
    #expect(abs(seen.torque - 3.5) <= step[2] && seen.temperature == 40)
  }

  /// What a host asks for beyond what Sinew does: every register of the state, and the serial number as words.
  @Test func everyRegisterOfTheStateIsAnswered() throws {
    let bench = FirmwareBench(Self.drive())
    bench.shaft = ShaftMeasurement(position: 0, velocity: 4, torque: 3, temperature: 40)
    let state: [(UInt32, Double)] = [
      (0, 0), (1, 0), (2, 4 / Moteus.revolution), (3, 3), (4, 30), (5, 0), (6, 0), (7, 12),
      (0x0A, 0), (0x0B, 0), (0x0C, 1), (0x0D, 24), (0x0E, 40), (0x0F, 0),
    ]
    for (register, value) in state {
      let bits = try #require(read(register, MOTEUS_RESOLUTION_FLOAT, bench))
      #expect(abs(Double(Float(bitPattern: bits)) - value) < 1e-5, "register \(register)")
    }
    #expect(read(0x0D, MOTEUS_RESOLUTION_INT8, bench) == 48)
    #expect(read(0x04, MOTEUS_RESOLUTION_INT16, bench) == 300)
    #expect(read(0x07, MOTEUS_RESOLUTION_INT32, bench) == 120_000)
    for absent: UInt32 in [0x08, 0x09, 0x10, 0x123] {
      #expect(read(absent, MOTEUS_RESOLUTION_INT32, bench) == nil)
    }
    let serial = UInt32(bench.drive.bus) << 16 | UInt32(bench.drive.id)
    #expect(read(0x120, MOTEUS_RESOLUTION_INT32, bench) == serial)
    #expect(read(0x121, MOTEUS_RESOLUTION_INT32, bench) == 0x5349_4D00)
    #expect(read(0x120, MOTEUS_RESOLUTION_FLOAT, bench) == nil)
  }

  /// One register of a drive, or nil where it refuses.
  private func read(_ register: UInt32, _ resolution: moteus_resolution, _ bench: FirmwareBench) -> UInt32? {
    var frame = CANFrame(id: 0x8011, bus: 1, isExtended: true, isFlexibleDataRate: true)
    var writer = moteus_writer()
    let field = moteus_field(value: 0, resolution: UInt8(resolution.rawValue))
    withUnsafeMutablePointer(to: &frame.payload) { payload in
      withUnsafePointer(to: field) {
        moteus_append(
          &writer, payload.bytes, UInt8(MOTEUS_SUBFRAME_READ.rawValue), UInt16(register), $0, 1)
      }
    }
    frame.length = writer.length
    guard let answer = bench.answer(to: frame) else { return nil }
    var reader = moteus_read(answer.length)
    var item = moteus_item()
    let isAnswer = withUnsafePointer(to: answer.payload) { moteus_next(&reader, $0.bytes, &item) }
    return isAnswer && UInt32(item.kind) == MOTEUS_SUBFRAME_REPLY.rawValue && item.index == register
      ? item.value : nil
  }

  @Test func setsItsZero() throws {
    let bench = FirmwareBench(Self.drive())
    bench.shaft.position = 2.5
    #expect(abs(try #require(bench.sample(after: .setZero)).position) < 1e-6)
    bench.shaft.position = 3.5
    #expect(abs(try #require(bench.sample(after: .identify)).position - 1) < 1e-6)
    _ = bench.ask(.enable)
    _ = bench.command(MotorCommand(position: 1, stiffness: 10))
    #expect(abs(bench.firmware.torque(at: bench.shaft)) < 1e-4)
  }

  @Test func aFaultStaysUntilItIsCleared() throws {
    let bench = FirmwareBench(Self.drive())
    _ = bench.ask(.enable)
    _ = bench.command(Self.push)
    bench.firmware.fail(.driverOverTemperature)
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
    let state = try #require(bench.command(Self.push))
    #expect(state.mode == .fault && state.faults == .driverOverTemperature)
    #expect(try #require(bench.sample(after: .enable)).mode == .fault)
    let off = bench.send(DriveCodec.encode(DriveRequest.disable, for: bench.drive, status: state.status))
    #expect(off == .feedback(state))
    let cleared = try #require(bench.sample(after: .clearFault))
    #expect(cleared.mode == .disabled && cleared.faults.isEmpty)
    #expect(try #require(bench.sample(after: .enable)).mode == .enabled)
  }

  @Test func closesALoop() throws {
    let bench = FirmwareBench(Self.drive())
    _ = bench.ask(.enable)
    for _ in 0..<2000 {
      _ = bench.command(MotorCommand(position: 0.8, stiffness: 40, damping: 2))
      for _ in 0..<4 {
        bench.shaft.torque = bench.firmware.torque(at: bench.shaft)
        bench.shaft.velocity += bench.shaft.torque / 0.02 * 0.00025
        bench.shaft.position += bench.shaft.velocity * 0.00025
        bench.time += 250_000
        bench.firmware.tick(at: bench.time)
      }
    }
    #expect(abs(bench.shaft.position - 0.8) < 1e-6 && abs(bench.shaft.velocity) < 1e-6)
  }

  /// Frames to others, of another format, without the bit that asks, and cut ones.
  @Test func foreignFramesDoNothing() {
    let bench = FirmwareBench(Self.drive())
    _ = bench.ask(.enable)
    let good = DriveCodec.encode(Self.push, for: bench.drive)
    for change in [
      { (frame: inout CANFrame) in frame.id ^= 2 }, { $0.id |= 1 << 16 }, { $0.isFlexibleDataRate = false },
      { $0.length = 20 }, { $0.payload[1] = 0x80 },
    ] as [(inout CANFrame) -> Void] {
      var frame = good
      change(&frame)
      #expect(bench.answer(to: frame) == nil && bench.firmware.torque(at: bench.shaft) == 0)
    }
    var silent = good
    silent.id &= ~0x8000
    #expect(bench.answer(to: silent) == nil && bench.firmware.torque(at: bench.shaft) > 10)
  }

  @Test func noFrameTraps() {
    var generator = SeededGenerator(seed: 43)
    let bench = FirmwareBench(Self.drive())
    let extremes = [0, 1, -1, 1e300, -1e300, Double.nan, .infinity, -.infinity]
    var replies = 0
    for round in 0..<20_000 {
      var frame = DriveCodec.encode(Self.push, for: bench.drive)
      if round % 2 == 0 {
        for i in 0..<64 { frame.payload[i] = UInt8(truncatingIfNeeded: generator.next()) & 0x7F }
      } else {
        frame.payload[Int.random(in: 0..<48, using: &generator)] = UInt8(truncatingIfNeeded: generator.next())
      }
      frame.length = UInt8.random(in: 0...64, using: &generator)
      func value() -> Double { extremes.randomElement(using: &generator) ?? 0 }
      bench.shaft = ShaftMeasurement(
        position: value(), velocity: value(), torque: value(), temperature: value())
      bench.time += Int64.random(in: 0...30_000_000, using: &generator)
      if let reply = bench.answer(to: frame) {
        replies += 1
        #expect(reply.length <= 64 && moteus_padded_length(reply.length) == reply.length)
      }
      if round % 50 == 0 { _ = bench.ask(.clearFault) }
      if round % 50 == 1 { _ = bench.ask(.enable) }
      bench.firmware.tick(at: bench.time)
      #expect(bench.firmware.torque(at: bench.shaft).isFinite)
    }
    #expect(replies > 300)
  }
}
