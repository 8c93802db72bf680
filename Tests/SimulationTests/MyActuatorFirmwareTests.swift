import ControlCycle
import Simulation
import TestSupport
import Testing

/// The firmware of a MyActuator drive on a table, through the codec and real frames.
struct MyActuatorFirmwareTests {
  static let drive = {
    var drive = DriveConfiguration(
      family: .myactuator, bus: 1, id: 9, masterID: 0, isFlexibleDataRate: false,
      range: DriveRange(
        position: MyActuator.positionRange, velocity: 12, torque: 10, stiffness: .infinity, damping: .infinity
      ))
    drive.torqueConstant = 3.125
    return drive
  }()

  private func push(_ bench: FirmwareBench, _ torque: Double) -> DriveReply? {
    bench.send(DriveCodec.encode(MotorCommand(torque: torque), for: bench.drive))
  }

  /// A drive with its brake released, as the cycle does it before the first current.
  private func bench() -> FirmwareBench {
    let bench = FirmwareBench(Self.drive)
    #expect(bench.ask(.enable) != nil)
    return bench
  }

  private func isOff(_ reply: DriveReply?) -> Bool {
    guard case .part(let state, .mode) = reply else { return false }
    return state.mode == .disabled
  }

  @Test func theFirstCurrentSwitchesOnAndShutDownOff() {
    let bench = FirmwareBench(Self.drive)
    #expect(bench.firmware.mode == .disabled && bench.firmware.torque(at: bench.shaft) == 0)
    // The brake is locked: a current flows, the shaft feels nothing of it.
    guard case .part(let locked, _) = push(bench, 5) else {
      Issue.record("no answer")
      return
    }
    #expect(bench.firmware.mode == .enabled && bench.firmware.torque(at: bench.shaft) == 0)
    #expect(abs(locked.torque - 5) < 3.125 * 0.005 + 1e-9)
    _ = bench.ask(.disable)
    guard case .part(let released, .mode) = bench.ask(.enable) else {
      Issue.record("no answer")
      return
    }
    #expect(released.status == MyActuator.Status.released && bench.firmware.mode == .disabled)
    #expect(bench.send(DriveCodec.encode(.enable, for: Self.drive, status: released.status)) != nil)
    #expect(bench.firmware.mode == .enabled)
    #expect(bench.firmware.torque(at: bench.shaft) == 0, "enabling gives no torque")
    guard case .part(let state, let fields) = push(bench, 5) else {
      Issue.record("no answer")
      return
    }
    #expect(state.mode == .enabled && fields.contains(.mode) && state.temperature == 31)
    #expect(abs(bench.firmware.torque(at: bench.shaft) - 5) < 3.125 * 0.005 + 1e-9)
    _ = push(bench, -90)
    #expect(abs(bench.firmware.torque(at: bench.shaft) + 10) < 1e-9)
    #expect(isOff(bench.ask(.disable)) && bench.firmware.mode == .disabled)
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
  }

  @Test func answersSayWhatTheShaftDoes() throws {
    var generator = SeededGenerator(seed: 73)
    let bench = bench()
    let (fine, coarse) = (0.5 * Double.pi / 18000, 0.5 * Double.pi / 180)
    for _ in 0..<1000 {
      bench.shaft = ShaftMeasurement(
        position: .random(in: -100...100, using: &generator),
        velocity: .random(in: -12...12, using: &generator),
        torque: .random(in: -10...10, using: &generator),
        temperature: .random(in: -20...120, using: &generator))
      guard case .part(let state, _) = bench.ask(.start),
        case .part(let placed, _) = bench.ask(.readParameter(0x92))
      else {
        Issue.record("no answer")
        return
      }
      #expect(abs(placed.position - bench.shaft.position) <= fine * 1.000001)
      #expect(abs(state.velocity - bench.shaft.velocity) <= coarse * 1.000001)
      #expect(abs(state.torque - bench.shaft.torque) <= 0.01563)
      #expect(abs(state.temperature - bench.shaft.temperature) <= 0.5)
    }
    bench.shaft.position = 1e300
    bench.shaft.torque = .nan
    bench.shaft.velocity = -.infinity
    guard case .part(let state, _) = bench.ask(.start) else {
      Issue.record("no answer")
      return
    }
    #expect(state.torque == 0 && state.velocity < -500)
  }

  /// Off as delivered; set, it lets go at its nanosecond, fed by any frame, and stays what it is in a reset.
  @Test func theWatchdog() {
    let bench = bench()
    _ = push(bench, 5)
    bench.time = 3_600_000_000_000
    bench.firmware.tick(at: bench.time)
    #expect(bench.firmware.mode == .enabled)
    #expect(
      bench.ask(.writeParameter(MyActuator.Parameter.watchdog, 20))
        == .parameter(index: MyActuator.Parameter.watchdog, value: 20, succeeded: true))
    _ = push(bench, 5)
    for _ in 0..<5 {
      bench.time += 19_999_999
      #expect(bench.ask(.start) != nil, "a question feeds it")
    }
    bench.firmware.tick(at: bench.time + 19_999_999)
    #expect(bench.firmware.mode == .enabled && bench.firmware.torque(at: bench.shaft) > 4)
    bench.firmware.tick(at: bench.time + 20_000_000)
    #expect(bench.firmware.mode == .disabled && bench.firmware.torque(at: bench.shaft) == 0)
    _ = push(bench, 5)
    #expect(
      bench.firmware.mode == .enabled && bench.firmware.torque(at: bench.shaft) == 0, "the brake is locked")
    _ = bench.ask(.enable)
    #expect(bench.firmware.torque(at: bench.shaft) > 4)
    bench.time += 20_000_000
    #expect(bench.ask(.start) != nil && bench.firmware.torque(at: bench.shaft) == 0, "it needs no tick")
    #expect(bench.ask(.writeParameter(0x76, 0)) == nil, "a reset is not answered")
    _ = push(bench, 5)
    bench.time += 20_000_000
    bench.firmware.tick(at: bench.time)
    #expect(bench.firmware.mode == .disabled, "the time is stored")
  }

  @Test func anErrorStaysUntilAReset() {
    let bench = bench()
    _ = push(bench, 5)
    bench.firmware.fail(.overVoltage)
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
    #expect(bench.ask(.clearFault) == .faultReport(.overVoltage))
    _ = push(bench, 5)
    #expect(bench.firmware.torque(at: bench.shaft) == 0 && bench.firmware.mode == .fault)
    #expect(isOff(bench.ask(.disable)) && bench.firmware.mode == .fault)
    _ = bench.ask(.writeParameter(0x76, 0))
    guard case .part(_, let fields) = bench.ask(.clearFault) else {
      Issue.record("no answer")
      return
    }
    #expect(fields == MotorFields.temperature.union(.faults) && bench.firmware.mode == .disabled)
  }

  @Test func theZeroIsStoredAndActsAfterAReset() throws {
    func position(_ bench: FirmwareBench) -> Double? {
      guard case .part(let state, _) = bench.ask(.readParameter(0x92)) else { return nil }
      return state.position
    }
    let bench = FirmwareBench(Self.drive)
    bench.shaft.position = 2.5
    _ = bench.ask(.setZero)
    #expect(abs(try #require(position(bench)) - 2.5) < 1e-3)
    _ = bench.ask(.writeParameter(0x76, 0))
    #expect(abs(try #require(position(bench))) < 1e-3)
  }

  @Test func otherCommandsStopTheDrive() {
    for command: UInt32 in [0xA2, 0xA4, 0x81] {
      let bench = bench()
      _ = push(bench, 5)
      #expect(bench.ask(.writeParameter(command, 1000)) != nil && bench.firmware.torque(at: bench.shaft) == 0)
    }
    let bench = bench()
    _ = push(bench, 5)
    #expect(bench.ask(.readParameter(0x55)) == nil && bench.firmware.torque(at: bench.shaft) > 4)
    #expect(bench.ask(.identify) == .identity(20_220_206))
  }

  @Test func noFrameTraps() {
    var generator = SeededGenerator(seed: 74)
    let bench = FirmwareBench(Self.drive)
    let extremes = [0, 1, -1, 1e300, -1e300, Double.nan, .infinity, -.infinity]
    var replies = 0
    for _ in 0..<20_000 {
      var frame = CANFrame()
      frame.isExtended = Int.random(in: 0..<4, using: &generator) == 0
      frame.length = Bool.random(using: &generator) ? 8 : UInt8.random(in: 0...64, using: &generator)
      frame.id = [0x149, 0x149, 0x280, 0x14A].randomElement(using: &generator) ?? 0
      for i in 0..<64 { frame.payload[i] = UInt8(truncatingIfNeeded: generator.next()) }
      func value() -> Double { extremes.randomElement(using: &generator) ?? 0 }
      bench.shaft = ShaftMeasurement(
        position: value(), velocity: value(), torque: value(), temperature: value())
      bench.time += Int64.random(in: 0...30_000_000, using: &generator)
      let isAccepted = bench.firmware.accepts(frame)
      if let reply = bench.answer(to: frame) {
        replies += 1
        #expect(isAccepted && reply.length == 8 && reply.id == 0x249 && reply.bus == 1)
      }
      bench.firmware.tick(at: bench.time)
      #expect(bench.firmware.torque(at: bench.shaft).isFinite)
    }
    #expect(replies > 300)
  }
}
