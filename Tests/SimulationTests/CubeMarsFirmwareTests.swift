import ControlCycle
import Simulation
import TestSupport
import Testing

/// The firmware of a CubeMars drive of 29 bits on a table, through the codec and real frames.
struct CubeMarsFirmwareTests {
  static let drive = {
    var drive = DriveConfiguration(
      family: .mit, bus: 2, id: 9, masterID: 0, isFlexibleDataRate: false,
      range: DriveRange(position: 12.56, velocity: 60, torque: 12, stiffness: 500, damping: 5))
    drive.dialect = .force
    drive.torqueConstant = 3 / 3.8
    drive.electricalRatio = 84
    return drive
  }()

  /// A frame of the servo mode, which no request of ours has.
  private func setPoint(_ mode: UInt32, _ value: Int32) -> CANFrame {
    var frame = CANFrame(id: mode << 8 | 9, bus: 2, isExtended: true)
    frame.length = 4
    for index in 0..<4 { frame.payload[index] = UInt8(truncatingIfNeeded: value >> (24 - 8 * index)) }
    return frame
  }

  private func seen(_ value: Double, _ low: Double, _ high: Double, _ bits: UInt16) -> Double {
    FixedPoint.decode(
      FixedPoint.encode(value, from: low, to: high, bits: bits), from: low, to: high, bits: bits)
  }

  @Test func torqueIsTheLawOnTheWordsOfTheWire() {
    var generator = SeededGenerator(seed: 82)
    let bench = FirmwareBench(Self.drive)
    var saturated = 0
    for _ in 0..<1000 {
      let command = MotorCommand(
        position: .random(in: -3...3, using: &generator), velocity: .random(in: -5...5, using: &generator),
        stiffness: .random(in: 0...30, using: &generator), damping: .random(in: 0...4, using: &generator),
        torque: .random(in: -12...12, using: &generator))
      bench.shaft.position = .random(in: -3...3, using: &generator)
      bench.shaft.velocity = .random(in: -5...5, using: &generator)
      #expect(bench.command(command) != nil)
      let position = seen(command.position, -12.56, 12.56, 16) - bench.shaft.position
      let velocity = seen(command.velocity, -60, 60, 12) - bench.shaft.velocity
      let stiffness = seen(command.stiffness, 0, 500, 12)
      let damping = seen(command.damping, 0, 5, 12)
      let law = stiffness * position + damping * velocity + seen(command.torque, -12, 12, 12)
      let expected = max(-12, min(12, law))
      if expected != law { saturated += 1 }
      #expect(abs(bench.firmware.torque(at: bench.shaft) - expected) < 1e-9)
    }
    #expect(saturated > 10)
  }

  @Test func statusSaysWhatTheShaftDoes() throws {
    var generator = SeededGenerator(seed: 83)
    let bench = FirmwareBench(Self.drive)
    // Half a step of 0.1 degree, of 10 electrical revolutions a minute, of 0.01 A.
    let (angle, speed, torque) = (0.05 * Double.pi / 180, 5 * Double.pi / 30 / 84, 0.005 * 3 / 3.8)
    for _ in 0..<500 {
      bench.shaft = ShaftMeasurement(
        position: .random(in: -50...50, using: &generator),
        velocity: .random(in: -60...60, using: &generator),
        torque: .random(in: -12...12, using: &generator),
        temperature: .random(in: -20...120, using: &generator))
      let state = try #require(bench.command(MotorCommand()))
      #expect(abs(state.position - bench.shaft.position) <= angle * 1.000001)
      #expect(abs(state.velocity - bench.shaft.velocity) <= speed * 1.000001)
      #expect(abs(state.torque - bench.shaft.torque) <= torque * 1.000001)
      #expect(abs(state.temperature - bench.shaft.temperature) <= 0.5 && state.faults.isEmpty)
    }
  }

  @Test func servoModeAsTheManualPrintsIt() {
    let bench = FirmwareBench(Self.drive)
    let four = 4 * 3 / 3.8
    #expect(bench.answer(to: setPoint(1, 4000)) != nil)
    #expect(abs(bench.firmware.torque(at: bench.shaft) - four) < 1e-12)
    _ = bench.answer(to: setPoint(1, -4000))
    #expect(abs(bench.firmware.torque(at: bench.shaft) + four) < 1e-12)
    _ = bench.answer(to: setPoint(1, 2_000_000_000))
    #expect(bench.firmware.torque(at: bench.shaft) == 12)
    bench.shaft.velocity = -1
    _ = bench.answer(to: setPoint(2, 4000))
    #expect(abs(bench.firmware.torque(at: bench.shaft) - four) < 1e-12)
    bench.shaft.velocity = 1
    #expect(bench.firmware.torque(at: bench.shaft) < -3)
    bench.shaft.velocity = 0
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
    for mode: UInt32 in [0, 3, 4] {
      _ = bench.answer(to: setPoint(1, 4000))
      #expect(bench.answer(to: setPoint(mode, 5000)) != nil && bench.firmware.torque(at: bench.shaft) == 0)
    }
    // Wrong lengths, a mode that there is not: nobody answers, nothing changes.
    _ = bench.answer(to: setPoint(1, 4000))
    for mode: UInt32 in [5, 6, 7, 8, 9, 0x29] { #expect(bench.answer(to: setPoint(mode, 2)) == nil) }
    #expect(bench.firmware.torque(at: bench.shaft) > 3)
  }

  @Test func offIsNoCurrent() throws {
    let bench = FirmwareBench(Self.drive)
    #expect(bench.firmware.mode == .disabled)
    #expect(bench.command(MotorCommand(torque: 3)) != nil && bench.firmware.torque(at: bench.shaft) > 2.9)
    #expect(try #require(bench.sample(after: .disable)).mode == .disabled)
    #expect(bench.firmware.mode == .disabled && bench.firmware.torque(at: bench.shaft) == 0)
    #expect(try #require(bench.sample(after: .enable)).mode == .enabled)
    #expect(abs(bench.firmware.torque(at: bench.shaft)) < 0.005, "half a step of torque below zero")
    _ = bench.ask(.disable)
    bench.shaft.position = 2.5
    #expect(abs(try #require(bench.sample(after: .setZero)).position) < 0.001)
  }

  @Test func theStoredWatchdogDropsTheCommand() {
    let bench = FirmwareBench(Self.drive)
    bench.firmware.storeWatchdog(microseconds: 25_000)
    _ = bench.command(MotorCommand(torque: 3))
    bench.firmware.tick(at: 24_999_999)
    #expect(bench.firmware.torque(at: bench.shaft) > 2.9)
    bench.firmware.tick(at: 25_000_000)
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
  }

  @Test func aFaultLatches() throws {
    let bench = FirmwareBench(Self.drive)
    _ = bench.command(MotorCommand(torque: 3))
    bench.firmware.fail(.motorOverTemperature)
    let state = try #require(bench.command(MotorCommand(torque: 3)))
    #expect(state.mode == .fault && state.faults == .motorOverTemperature)
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
    #expect(try #require(bench.sample(after: .clearFault)).mode == .fault)
  }

  @Test func noFrameTraps() {
    var generator = SeededGenerator(seed: 84)
    let bench = FirmwareBench(Self.drive)
    let extremes = [0, 1, -1, 1e300, -1e300, Double.nan, .infinity, -.infinity]
    var replies = 0
    for _ in 0..<20_000 {
      var frame = CANFrame()
      frame.isExtended = Int.random(in: 0..<8, using: &generator) != 0
      frame.length = [1, 4, 8, 8, 0, 64].randomElement(using: &generator) ?? 8
      frame.id = UInt32.random(in: 0...9, using: &generator) << 8 | 9
      for i in 0..<64 { frame.payload[i] = UInt8(truncatingIfNeeded: generator.next()) }
      func value() -> Double { extremes.randomElement(using: &generator) ?? 0 }
      bench.shaft = ShaftMeasurement(
        position: value(), velocity: value(), torque: value(), temperature: value())
      bench.time += Int64.random(in: 0...30_000_000, using: &generator)
      let isAccepted = bench.firmware.accepts(frame)
      if let reply = bench.answer(to: frame) {
        replies += 1
        #expect(isAccepted && reply.length == 8 && reply.id == 0x2909 && reply.isExtended && reply.bus == 2)
      }
      bench.firmware.tick(at: bench.time)
      #expect(bench.firmware.torque(at: bench.shaft).isFinite)
    }
    #expect(replies > 300)
  }
}
