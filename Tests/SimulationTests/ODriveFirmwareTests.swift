import ControlCycle
import TestSupport
import Testing

@testable import Simulation

/// The firmware of an ODrive on a table, through the codec and real frames.
struct ODriveFirmwareTests {
  static let drives = [DriveFamily.odrive, .odrive05].map { family in
    var drive = DriveConfiguration(
      family: family, bus: 1, id: 5, masterID: 0, isFlexibleDataRate: false,
      range: DriveRange(position: 1600, velocity: 500, torque: 3.32, stiffness: .infinity, damping: .infinity)
    )
    drive.torqueConstant = 0.083
    return drive
  }

  /// A drive, and what a host makes of its frames.
  struct Bench {
    var firmware: DriveFirmware
    let drive: DriveConfiguration
    var shaft = ShaftMeasurement(position: 0, velocity: 0, torque: 0, temperature: 31)
    var time: Int64 = 0

    init(_ drive: DriveConfiguration, watchdog_us: Int = 0) {
      self.drive = drive
      firmware = DriveFirmware(drive, storedWatchdog_us: watchdog_us)
    }

    @discardableResult
    mutating func send(_ frame: CANFrame) -> CANFrame? { firmware.receive(frame, at: time, measuring: shaft) }
    @discardableResult
    mutating func send(_ request: DriveRequest) -> CANFrame? { send(DriveCodec.encode(request, for: drive)) }
    @discardableResult
    mutating func send(torque: Double) -> CANFrame? {
      send(DriveCodec.encode(MotorCommand(torque: torque), for: drive))
    }
    var torque: Double { firmware.torque(at: shaft) }

    /// Everything the drive has to say now.
    mutating func listen() -> [CANFrame] {
      var frames: [CANFrame] = []
      while let frame = firmware.transmit(at: time, measuring: shaft) { frames.append(frame) }
      return frames
    }

    /// The newest heartbeat within the next 200 ms, kept alive meanwhile.
    mutating func heartbeat() -> MotorState? {
      var last: MotorState?
      for _ in 0..<200 {
        time += 1_000_000
        send(torque: 0)
        for frame in listen() {
          if case .part(let state, .mode) = DriveCodec.decode(frame, for: drive) { last = state }
        }
      }
      return last
    }

    mutating func enable() {
      send(.start)
      send(torque: 0)
      send(.enable)
    }
  }

  @Test(arguments: drives) func obeysOnlyInClosedLoopAndTorqueMode(drive: DriveConfiguration) {
    var bench = Bench(drive)
    bench.send(torque: 1)
    #expect(bench.torque == 0 && bench.firmware.mode == .disabled)
    bench.send(.enable)
    #expect(bench.firmware.mode == .enabled && bench.torque == 0, "position mode, as delivered")
    bench.send(.start)
    #expect(bench.torque == 1, "an old torque is in force again: a host sends zero first")
    bench.send(torque: 0)
    #expect(bench.torque == 0)
    bench.send(torque: -9)
    #expect(abs(bench.torque + 3.32) < 1e-6)
    bench.send(.disable)
    #expect(bench.torque == 0 && bench.firmware.mode == .disabled)
  }

  /// The host's law on estimates that are a cycle old brings a rotor to where it is sent.
  @Test(arguments: drives) func closesALoopOnTheHost(drive: DriveConfiguration) {
    var bench = Bench(drive, watchdog_us: 20_000)
    bench.enable()
    var estimate = MotorState()
    let inertia = 0.02
    for _ in 0..<3000 {
      for frame in bench.listen() {
        if case .part(let state, let fields) = DriveCodec.decode(frame, for: drive), fields.contains(.whole) {
          estimate = state
        }
      }
      bench.send(torque: 8 * (0.8 - estimate.position) - 0.4 * estimate.velocity)
      for _ in 0..<4 {
        bench.shaft.torque = bench.torque
        bench.shaft.velocity += bench.shaft.torque / inertia * 0.00025
        bench.shaft.position += bench.shaft.velocity * 0.00025
        bench.time += 250_000
        bench.firmware.tick(at: bench.time)
      }
    }
    #expect(abs(bench.shaft.position - 0.8) < 1e-5 && abs(bench.shaft.velocity) < 1e-5)
    #expect(bench.firmware.mode == .enabled)
  }

  @Test(arguments: drives) func watchdogLetsGoExactlyInTime(drive: DriveConfiguration) {
    var bench = Bench(drive, watchdog_us: 20_000)
    bench.enable()
    bench.send(torque: 1)
    for _ in 0..<5 {
      bench.time += 19_999_999
      bench.firmware.tick(at: bench.time)
      #expect(bench.firmware.mode == .enabled && bench.torque != 0)
      bench.send(torque: 1)
    }
    bench.firmware.tick(at: bench.time + 19_999_999)
    #expect(bench.firmware.mode == .enabled)
    bench.firmware.tick(at: bench.time + 20_000_000)
    #expect(bench.firmware.mode == .fault && bench.torque == 0)
    // Commands do not bring it back, nor does an order to switch on; the heartbeat says why.
    bench.time += 20_000_001
    bench.send(torque: 1)
    bench.send(.enable)
    #expect(bench.firmware.mode == .fault && bench.torque == 0)
    let state = bench.heartbeat()
    #expect(state?.mode == .fault && state?.faults == .communicationLost)
    bench.send(.clearFault)
    bench.send(.enable)
    #expect(bench.firmware.mode == .enabled)
  }

  /// A frame that comes when the time is over finds the drive off, even if nothing ticked in between.
  @Test(arguments: drives) func watchdogNeedsNoTick(drive: DriveConfiguration) {
    var bench = Bench(drive, watchdog_us: 20_000)
    bench.enable()
    bench.time += 20_000_000
    bench.send(torque: 1)
    #expect(bench.firmware.mode == .fault)
  }

  @Test(arguments: drives) func watchdogIsOffAsDelivered(drive: DriveConfiguration) {
    var bench = Bench(drive)
    bench.enable()
    bench.send(torque: 1)
    bench.firmware.tick(at: 3_600_000_000_000)
    #expect(bench.firmware.mode == .enabled && bench.torque == 1)
  }

  /// Any frame feeds 0.5, a question too; 0.6 names state and inputs.
  @Test(arguments: drives) func questionsFeed05Alone(drive: DriveConfiguration) {
    var bench = Bench(drive, watchdog_us: 20_000)
    bench.enable()
    for _ in 0..<4 {
      bench.time += 6_000_000
      bench.send(.identify)
      bench.send(.clearFault)
    }
    #expect((bench.firmware.mode == .enabled) == (drive.family == .odrive05))
  }

  @Test(arguments: drives) func speaksOfItsOwnAccordAtItsRates(drive: DriveConfiguration) {
    var bench = Bench(drive)
    var counts: [UInt32: Int] = [:]
    for _ in 0..<4000 {
      for frame in bench.listen() { counts[frame.id & 0x1F, default: 0] += 1 }
      bench.time += 250_000
    }
    #expect(counts[0x09] == 1000 && counts[0x01] == 10)
    #expect(counts[0x1C] == (drive.family == .odrive ? 100 : nil) && counts.count <= 3)
    // Drives of a bus do not speak at once: the first estimates of four are at four instants.
    let instants = (UInt16(1)...4).map { id in
      var other = drive
      other.id = id
      var bench = Bench(other)
      while !bench.listen().contains(where: { $0.id & 0x1F == 9 }) { bench.time += 1000 }
      return bench.time
    }
    #expect(Set(instants).count == 4 && instants.allSatisfy { $0 < 1_000_000 })
  }

  @Test(arguments: drives) func answersWhatItIsAsked(drive: DriveConfiguration) throws {
    var bench = Bench(drive)
    bench.shaft = ShaftMeasurement(position: 3, velocity: -2, torque: 0.5, temperature: 44)
    let version = bench.send(.identify)
    let reply = try #require(version)
    if drive.family == .odrive {
      guard case .identity(let word) = DriveCodec.decode(reply, for: drive) else {
        Issue.record("no version")
        return
      }
      #expect(word >> 32 & 0xFFFFFF == 0x0A_06_00)
    } else {
      guard case .part(let state, _) = DriveCodec.decode(reply, for: drive) else {
        Issue.record("no estimates")
        return
      }
      #expect(abs(state.position - 3) < 1e-6 && abs(state.velocity + 2) < 1e-6)
      // The current, in turns.
      var asked = FrameBuffer(capacity: 1)
      DriveCodec.ask(drive, cycle: 5, into: &asked)
      let answer = bench.send(asked[0])
      let current = try #require(answer)
      #expect(DriveCodec.decode(current, for: drive) != .malformed)
      guard case .part(let measured, .torque) = DriveCodec.decode(current, for: drive) else {
        Issue.record("no torque")
        return
      }
      #expect(abs(measured.torque - 0.5) < 1e-6)
    }
    // Endpoints of no known build are not answered.
    #expect(bench.send(DriveCodec.encode(.readParameter(200), for: Self.drives[0])) == nil)
  }

  @Test(arguments: drives) func setsItsZero(drive: DriveConfiguration) throws {
    var bench = Bench(drive)
    bench.shaft.position = 2.5
    bench.send(.setZero)
    bench.shaft.position = 3.5
    bench.time = 1_000_000_000
    let said = bench.listen()
    let frame = try #require(said.first { $0.id & 0x1F == 9 })
    guard case .part(let state, _) = DriveCodec.decode(frame, for: drive) else { return }
    #expect(abs(state.position - 1) < 1e-6)
  }

  @Test(arguments: drives) func aFaultStaysUntilItIsCleared(drive: DriveConfiguration) {
    var bench = Bench(drive)
    bench.enable()
    bench.send(torque: 1)
    bench.firmware.fail(.encoder)
    #expect(bench.torque == 0)
    bench.send(.enable)
    bench.send(.disable)
    #expect(bench.firmware.mode == .fault)
    #expect(bench.heartbeat()?.faults == .encoder)
    bench.send(.clearFault)
    #expect(bench.firmware.mode == .disabled)
    #expect(bench.heartbeat()?.mode == .disabled)
  }

  /// Nothing on a bus, however broken, stops a drive's firmware; short frames are not obeyed.
  @Test(arguments: drives) func noFrameTraps(drive: DriveConfiguration) {
    var generator = SeededGenerator(seed: 34)
    var bench = Bench(drive, watchdog_us: 20_000)
    let extremes = [0, 1, -1, 1e300, -1e300, Double.nan, .infinity, -.infinity]
    for _ in 0..<20_000 {
      var frame = CANFrame(
        id: UInt32(drive.id) << 5 | UInt32.random(in: 0..<32, using: &generator), bus: drive.bus,
        isExtended: Int.random(in: 0..<9, using: &generator) == 0)
      frame.length = Bool.random(using: &generator) ? 8 : UInt8.random(in: 0...64, using: &generator)
      for i in 0..<64 { frame.payload[i] = UInt8(truncatingIfNeeded: generator.next()) }
      func value() -> Double { extremes.randomElement(using: &generator) ?? 0 }
      bench.shaft = ShaftMeasurement(
        position: value(), velocity: value(), torque: value(), temperature: value())
      bench.time += Int64.random(in: 0...30_000_000, using: &generator)
      let isAccepted = bench.firmware.accepts(frame)
      if let reply = bench.send(frame) { #expect(isAccepted && reply.length == 8 && reply.bus == drive.bus) }
      bench.firmware.tick(at: bench.time)
      #expect(bench.torque.isFinite && abs(bench.torque) <= 3.32)
      if bench.time % 7 == 0 { _ = bench.listen() }
    }
    var short = DriveCodec.encode(DriveRequest.enable, for: drive)
    short.length = 4
    var fresh = Bench(drive)
    fresh.send(short)
    #expect(fresh.firmware.mode == .disabled)
  }
}
