import ControlCycle
import Simulation
import TestSupport
import Testing

/// What holds for the firmware of every family, through the codec and real frames.
struct DriveFirmwareTests {
  static let push = MotorCommand(position: 1, velocity: 0, stiffness: 10, damping: 1, torque: 0.5)

  @Test(arguments: FirmwareBench.all) func obeysOnlyWhileEnabled(drive: DriveConfiguration) throws {
    let bench = FirmwareBench(drive)
    #expect(try #require(bench.command(Self.push)).mode == .disabled)
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
    #expect(try #require(bench.sample(after: .enable)).mode == .enabled)
    // Nothing is left of the command that came before.
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
    #expect(try #require(bench.command(Self.push)).mode == .enabled)
    #expect(abs(bench.firmware.torque(at: bench.shaft) - 10.5) < 0.2)
    #expect(try #require(bench.sample(after: .disable)).mode == .disabled)
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
  }

  /// The law runs on the words of the wire, saturates at the drive's torque and uses the drive's own encoder.
  @Test(arguments: FirmwareBench.all) func torqueIsTheLawOnTheWordsOfTheWire(drive: DriveConfiguration) {
    var generator = SeededGenerator(seed: 11)
    let range = drive.range
    let bits = FirmwareBench.bits(drive)
    func seen(_ value: Double, _ low: Double, _ high: Double, _ bits: UInt16) -> Double {
      FixedPoint.decode(
        FixedPoint.encode(value, from: low, to: high, bits: bits), from: low, to: high, bits: bits)
    }
    let bench = FirmwareBench(drive)
    _ = bench.ask(.enable)
    var saturated = 0
    for _ in 0..<1000 {
      let command = MotorCommand(
        position: .random(in: -3...3, using: &generator), velocity: .random(in: -5...5, using: &generator),
        stiffness: .random(in: 0...30, using: &generator), damping: .random(in: 0...4, using: &generator),
        torque: .random(in: -range.torque...range.torque, using: &generator))
      bench.shaft.position = .random(in: -3...3, using: &generator)
      bench.shaft.velocity = .random(in: -5...5, using: &generator)
      _ = bench.command(command)
      let position = seen(command.position, -range.position, range.position, 16)
      let velocity = seen(command.velocity, -range.velocity, range.velocity, bits)
      let law =
        seen(command.stiffness, 0, range.stiffness, bits) * (position - bench.shaft.position)
        + seen(command.damping, 0, range.damping, bits) * (velocity - bench.shaft.velocity)
        + seen(command.torque, -range.torque, range.torque, bits)
      let expected = max(-range.torque, min(range.torque, law))
      if expected != law { saturated += 1 }
      #expect(abs(bench.firmware.torque(at: bench.shaft) - expected) < 1e-9)
    }
    #expect(saturated > 10)
  }

  @Test(arguments: FirmwareBench.watched) func watchdogIsOffAsDelivered(drive: DriveConfiguration) throws {
    let bench = FirmwareBench(drive)
    #expect(bench.read(Self.watchdog(drive)) == 0)
    _ = bench.ask(.enable)
    _ = bench.command(Self.push)
    bench.time = 3_600_000_000_000
    bench.firmware.tick(at: bench.time)
    #expect(bench.firmware.mode == .enabled && bench.firmware.torque(at: bench.shaft) != 0)
  }

  /// 20 ms are 400 units of 50 us; the drive lets go at that nanosecond and not before.
  @Test(arguments: FirmwareBench.watched) func watchdogLetsGoExactlyInTime(drive: DriveConfiguration) throws {
    let bench = FirmwareBench(drive)
    #expect(bench.write(Self.watchdog(drive), Damiao.timeoutUnits(microseconds: 20_000)) == 400)
    _ = bench.ask(.enable)
    for _ in 0..<5 {
      bench.time += 19_999_999
      bench.firmware.tick(at: bench.time)
      #expect(try #require(bench.command(Self.push)).mode == .enabled)
    }
    bench.firmware.tick(at: bench.time + 19_999_999)
    #expect(bench.firmware.mode == .enabled && bench.firmware.torque(at: bench.shaft) != 0)
    bench.firmware.tick(at: bench.time + 20_000_000)
    #expect(bench.firmware.mode != .enabled && bench.firmware.torque(at: bench.shaft) == 0)
    // Reading the drive is not commanding it: it does not come back, nor do commands bring it back.
    bench.time += 20_000_001
    let state = try #require(bench.command(Self.push))
    #expect(state.mode == (drive.family == .damiao ? .fault : .disabled))
    #expect(state.faults == (drive.family == .damiao ? .communicationLost : DriveFaults()))
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
  }

  /// A frame that comes when the time is over finds the drive off, even if nothing ticked in between.
  @Test(arguments: FirmwareBench.watched) func watchdogNeedsNoTick(drive: DriveConfiguration) throws {
    let bench = FirmwareBench(drive)
    _ = bench.write(Self.watchdog(drive), 400)
    _ = bench.ask(.enable)
    bench.time += 20_000_000
    #expect(try #require(bench.command(Self.push)).mode != .enabled)
  }

  /// Questions do not feed the watchdog; only commands and the enable frame do.
  @Test(arguments: FirmwareBench.watched) func questionsDoNotFeedTheWatchdog(drive: DriveConfiguration) {
    let bench = FirmwareBench(drive)
    _ = bench.write(Self.watchdog(drive), 400)
    _ = bench.ask(.enable)
    for _ in 0..<4 {
      bench.time += 6_000_000
      _ = bench.read(Self.watchdog(drive))
      _ = bench.ask(.identify)
    }
    #expect(bench.firmware.mode != .enabled)
  }

  @Test(arguments: FirmwareBench.all) func feedbackSaysWhatTheShaftDoes(drive: DriveConfiguration) throws {
    var generator = SeededGenerator(seed: 12)
    let words = drive.family == .robstride ? 65535.0 : 4095.0
    let range = drive.range
    let bench = FirmwareBench(drive)
    for _ in 0..<500 {
      bench.shaft = ShaftMeasurement(
        position: .random(in: -range.position...range.position, using: &generator),
        velocity: .random(in: -range.velocity...range.velocity, using: &generator),
        torque: .random(in: -range.torque...range.torque, using: &generator),
        temperature: .random(in: 0...120, using: &generator))
      let state = try #require(bench.command(MotorCommand()))
      let pairs = [
        (bench.shaft.position, state.position, 2 * range.position / 65535),
        (bench.shaft.velocity, state.velocity, 2 * range.velocity / words),
        (bench.shaft.torque, state.torque, 2 * range.torque / words),
        (bench.shaft.temperature, state.temperature, drive.family == .robstride ? 0.1 : 1),
      ].prefix(drive.family == .mit && drive.dialect != .error ? 3 : 4)
      for (real, seen, step) in pairs {
        #expect(seen <= real + 1e-6 * step && real - seen < step * (1 + 1e-6))
      }
    }
  }

  @Test(arguments: FirmwareBench.all) func setsItsZero(drive: DriveConfiguration) throws {
    let bench = FirmwareBench(drive)
    bench.shaft.position = 2.5
    #expect(abs(try #require(bench.sample(after: .setZero)).position) < 0.001)
    bench.shaft.position = 3.5
    #expect(abs(try #require(bench.command(MotorCommand())).position - 1) < 0.001)
    _ = bench.ask(.enable)
    _ = bench.command(MotorCommand(position: 1, stiffness: 10))
    #expect(abs(bench.firmware.torque(at: bench.shaft)) < 0.05)
  }

  @Test(arguments: FirmwareBench.clearable) func aFaultStaysUntilItIsCleared(drive: DriveConfiguration) throws
  {
    let bench = FirmwareBench(drive)
    _ = bench.ask(.enable)
    _ = bench.command(Self.push)
    bench.firmware.fail(.motorOverTemperature)
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
    let state = try #require(bench.command(Self.push))
    #expect(state.mode == .fault && state.faults == .motorOverTemperature)
    #expect(try #require(bench.sample(after: .enable)).mode == .fault)
    #expect(try #require(bench.sample(after: .disable)).mode == .fault)
    let cleared = try #require(bench.sample(after: .clearFault))
    #expect(cleared.mode == .disabled && cleared.faults.isEmpty)
    #expect(try #require(bench.sample(after: .enable)).mode == .enabled)
  }

  /// Codec and firmware around a rotor: it settles where it is sent, to the resolution of the wire.
  @Test(arguments: FirmwareBench.all) func closesALoop(drive: DriveConfiguration) throws {
    let bench = FirmwareBench(drive)
    if drive.setsWatchdog { _ = bench.write(Self.watchdog(drive), 400) }
    bench.firmware.storeWatchdog(microseconds: 20_000)
    _ = bench.ask(.enable)
    let inertia = 0.02
    let target = MotorCommand(position: 0.8, stiffness: 40, damping: 2)
    var last = MotorState()
    for _ in 0..<2000 {
      last = try #require(bench.command(target))
      for _ in 0..<4 {
        bench.shaft.torque = bench.firmware.torque(at: bench.shaft)
        bench.shaft.velocity += bench.shaft.torque / inertia * 0.00025
        bench.shaft.position += bench.shaft.velocity * 0.00025
        bench.time += 250_000
        bench.firmware.tick(at: bench.time)
      }
    }
    // The zero of torque and velocity is half a step below zero on the wire; stiffness holds against both.
    let words = drive.family == .robstride ? 65535.0 : 4095.0
    let bias = (drive.range.torque / words + 2 * drive.range.velocity / words) / 40
    let tolerance = bias + 4 * drive.range.position / 65535
    #expect(abs(bench.shaft.position - 0.8) < tolerance && abs(last.position - 0.8) < 2 * tolerance)
    #expect(last.mode == .enabled && abs(bench.shaft.velocity) < 1e-6)
  }

  /// Nothing on a bus, however broken, stops a drive's firmware.
  @Test(arguments: FirmwareBench.all) func noFrameTraps(drive: DriveConfiguration) {
    var generator = SeededGenerator(seed: 13)
    let bench = FirmwareBench(drive)
    let extremes = [0, 1, -1, 1e300, -1e300, Double.nan, .infinity, -.infinity]
    var replies = 0
    for _ in 0..<10_000 {
      var frame = CANFrame()
      frame.isExtended = Bool.random(using: &generator)
      frame.isFlexibleDataRate = Int.random(in: 0..<4, using: &generator) == 0
      frame.length = Bool.random(using: &generator) ? 8 : UInt8.random(in: 0...64, using: &generator)
      for i in 0..<64 { frame.payload[i] = UInt8(truncatingIfNeeded: generator.next()) }
      Self.aim(&frame, at: drive, using: &generator)
      func value() -> Double { extremes.randomElement(using: &generator) ?? 0 }
      bench.shaft = ShaftMeasurement(
        position: value(), velocity: value(), torque: value(), temperature: value())
      bench.time += Int64.random(in: 0...30_000_000, using: &generator)
      let isAccepted = bench.firmware.accepts(frame)
      if let reply = bench.firmware.receive(frame, at: bench.time, measuring: bench.shaft) {
        replies += 1
        let length = drive.family == .mit ? MIT.answerLength(drive.dialect) : 8
        #expect(isAccepted && reply.length == length && reply.bus == drive.bus)
      }
      bench.firmware.tick(at: bench.time)
      #expect(bench.firmware.torque(at: bench.shaft).isFinite)
    }
    #expect(replies > 300)
  }

  /// Makes most random frames look as if they were meant for the drive.
  private static func aim(
    _ frame: inout CANFrame, at drive: DriveConfiguration, using generator: inout SeededGenerator
  ) {
    frame.id = UInt32(truncatingIfNeeded: generator.next()) & (frame.isExtended ? 0x1FFF_FFFF : 0x7FF)
    switch drive.family {
    case .canopen: frame.id = (frame.id & 0x780) + UInt32(drive.id)
    case .damiao:
      let own = UInt32(drive.id)
      let ids = [own, own, 0x7FF, own + 0x100, frame.id]
      frame.id = ids.randomElement(using: &generator) ?? own
      if frame.id == 0x7FF {
        frame.payload[0] = UInt8(drive.id)
        frame.payload[1] = 0
        // Identifiers are left alone: a drive that was renamed would not answer any more.
        if frame.payload[3] == 7 || frame.payload[3] == 8 { frame.payload[3] = 9 }
        frame.payload[2] = [0x33, 0x55, 0xAA, 0xCC, 0].randomElement(using: &generator) ?? 0
      } else if Bool.random(using: &generator) {
        for i in 0..<7 { frame.payload[i] = 0xFF }
        frame.payload[7] = UInt8.random(in: 0xF8...0xFF, using: &generator)
      }
    case .mit:
      frame.id = UInt32(drive.id)
      if Bool.random(using: &generator) {
        for i in 0..<7 { frame.payload[i] = 0xFF }
        frame.payload[7] = UInt8.random(in: 0xF8...0xFF, using: &generator)
      }
    case .myactuator: frame.id = 0x140 + UInt32(drive.id)
    case .odrive, .odrive05: frame.id = UInt32(drive.id) << 5 | frame.id & 0x1F
    // MoteusFirmwareTests has this test for itself: CAN FD, and answers of any length.
    case .moteus: frame.isFlexibleDataRate = true
    case .robstride:
      frame.id = frame.id & ~0xFF | UInt32(drive.id)
      if frame.id >> 24 == 7 { frame.id ^= 1 << 24 }
      if Bool.random(using: &generator) { frame.payload[1] = 0x70 }
    }
  }

  static func watchdog(_ drive: DriveConfiguration) -> UInt32 {
    drive.family == .damiao ? Damiao.Register.timeout : RobStride.Parameter.canTimeout
  }
}
