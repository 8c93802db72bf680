import CServoWire
import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// One CANopen drive on a table, with every frame it sends.
private final class CANopenBench {
  let joint: RobotJoint
  var firmware: DriveFirmware
  var shaft = ShaftMeasurement(position: 0, velocity: 0, torque: 0, temperature: 31)
  var time: Int64 = 0
  /// The newest sample, of its parts.
  var sample = MotorState()
  var isWhole = false
  var reported = DriveFaults()

  init(isBroughtUp: Bool = true) {
    joint = SampleRobots.canopenArm().joints[0]
    firmware = DriveFirmware(joint.configuration.drive)
    if isBroughtUp { bringUp() }
  }

  var drive: DriveConfiguration { joint.configuration.drive }

  /// Sends a frame and gives all that comes back.
  @discardableResult func send(_ frame: CANFrame) -> [CANFrame] {
    var frames: [CANFrame] = []
    if let reply = firmware.receive(frame, at: time, measuring: shaft) { frames.append(reply) }
    while let more = firmware.transmit(at: time, measuring: shaft) { frames.append(more) }
    for frame in frames { note(frame) }
    return frames
  }

  private func note(_ frame: CANFrame) {
    switch DriveCodec.decode(frame, for: drive) {
    case .part(let part, let fields):
      if fields.contains(.position) { sample.position = part.position }
      if fields.contains(.velocity) { sample.velocity = part.velocity }
      if fields.contains(.torque) { sample.torque = part.torque }
      if fields.contains(.mode) { (sample.mode, sample.status) = (part.mode, part.status) }
      isWhole = isWhole || fields.contains(.whole)
    case .faultReport(let faults): reported.insert(faults)
    default: break
    }
  }

  func ask(_ request: DriveRequest) -> DriveReply? {
    send(DriveCodec.encode(request, for: drive)).first.map { DriveCodec.decode($0, for: drive) }
  }

  /// A frame and a SYNC behind it.
  @discardableResult func cycle(_ frame: CANFrame) -> MotorState {
    send(frame)
    send(DriveCodec.encode(DriveRequest.identify, for: drive))
    return sample
  }

  func enable() {
    for _ in 0..<4 { cycle(DriveCodec.encode(DriveRequest.enable, for: drive, status: sample.status)) }
  }

  func beat() {
    var frames = FrameBuffer(capacity: 4)
    DriveCodec.endGroup(drive, cycle: 0, into: &frames)
    send(frames[1])
  }

  func bringUp() {
    for step in BringUpStep.sequence(for: joint).prefix(while: { !$0.switchesOn }) {
      let frames = send(DriveCodec.encode(step.request, for: drive))
      let more = step.isSynchronous ? send(DriveCodec.encode(DriveRequest.identify, for: drive)) : []
      let isPassed = (frames + more).contains {
        step.watch == .text || step.judge(DriveCodec.decode($0, for: drive)) == .passed
      }
      #expect(isPassed || step.isUnanswered, "\(step.purpose)")
    }
  }

  func object(_ index: UInt16, _ subindex: UInt8 = 0) -> UInt32? {
    guard case .canopen(let firmware) = firmware else { return nil }
    return firmware.object(CANopen.Object.address(index, subindex))
  }
}

@Suite("Firmware of a CANopen drive") struct CANopenFirmwareTests {
  @Test("Boots up, silent at SYNC until it is operational")
  func bootsUp() {
    let bench = CANopenBench(isBroughtUp: false)
    let first = bench.send(DriveCodec.encode(DriveRequest.identify, for: bench.drive))
    #expect(first.count == 1 && first[0].id == 0x701 && first[0].length == 1 && first[0].payload[0] == 0)
    #expect(bench.send(DriveCodec.encode(DriveRequest.identify, for: bench.drive)).isEmpty)
    bench.send(DriveCodec.encode(DriveRequest.start, for: bench.drive))
    let frames = bench.send(DriveCodec.encode(DriveRequest.identify, for: bench.drive))
    #expect(frames.map(\.id) == [0x181, 0x281])
    // Pre-operational again, stopped, and reset, after which it boots anew.
    _ = bench.ask(.writeParameter(CANopen.Object.networkCommand, 0x80))
    #expect(bench.send(DriveCodec.encode(DriveRequest.identify, for: bench.drive)).isEmpty)
    _ = bench.ask(.writeParameter(CANopen.Object.networkCommand, 2))
    #expect(bench.ask(.readParameter(CANopen.Object.ratedTorque)) == nil)
    let again = bench.send(
      DriveCodec.encode(DriveRequest.writeParameter(CANopen.Object.networkCommand, 0x81), for: bench.drive))
    #expect(again.map(\.id) == [0x701])
  }

  @Test("Obeys only while enabled, and nothing is left of an old command")
  func obeysWhileEnabled() {
    let bench = CANopenBench()
    #expect(bench.cycle(DriveCodec.encode(MotorCommand(torque: 1), for: bench.drive)).mode == .disabled)
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
    bench.enable()
    #expect(bench.sample.mode == .enabled && bench.isWhole && bench.firmware.torque(at: bench.shaft) == 0)
    bench.send(DriveCodec.encode(MotorCommand(torque: 1), for: bench.drive))
    // It acts at the SYNC, not before.
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
    bench.send(DriveCodec.encode(DriveRequest.identify, for: bench.drive))
    #expect(abs(bench.firmware.torque(at: bench.shaft) - 1) < 0.0011)
    #expect(bench.cycle(DriveCodec.encode(DriveRequest.disable, for: bench.drive)).mode == .disabled)
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
    bench.enable()
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
  }

  /// Bring-up wrote 6072: 15 N.m at the joint are 1072 thousandths of 2 N.m behind a reducer of seven.
  @Test("Torque is within 6072")
  func torqueLimit() {
    let bench = CANopenBench()
    #expect(bench.object(0x6072) == 1072)
    bench.enable()
    bench.cycle(DriveCodec.encode(MotorCommand(torque: 1e9), for: bench.drive))
    #expect(abs(bench.firmware.torque(at: bench.shaft) - 2.144) < 1e-9)
    bench.cycle(DriveCodec.encode(MotorCommand(torque: -1e9), for: bench.drive))
    #expect(abs(bench.firmware.torque(at: bench.shaft) + 2.144) < 1e-9)
  }

  /// The heartbeat of 20 ms ends; to the nanosecond, whether or not anything ticks in between.
  @Test("The heartbeat's watchdog lets go exactly in time", arguments: [true, false])
  func watchdog(ticks: Bool) {
    let bench = CANopenBench()
    #expect(bench.object(0x1016, 1) == 0x7F0014 && bench.object(0x6007) == 1)
    bench.enable()
    let push = DriveCodec.encode(MotorCommand(torque: 1), for: bench.drive)
    bench.beat()
    for _ in 0..<5 {
      bench.time += 19_999_999
      bench.cycle(push)
      #expect(bench.sample.mode == .enabled && bench.firmware.torque(at: bench.shaft) > 0.9)
      bench.beat()
    }
    bench.time += 19_999_999
    bench.firmware.tick(at: bench.time)
    #expect(bench.firmware.mode == .enabled)
    bench.time += 1
    // Commands are no heartbeat.
    if ticks { bench.firmware.tick(at: bench.time) } else { bench.cycle(push) }
    #expect(bench.firmware.mode == .fault && bench.firmware.torque(at: bench.shaft) == 0)
    bench.cycle(push)
    #expect(bench.reported == CANopen.faults(ofCode: 0x8130) && bench.firmware.torque(at: bench.shaft) == 0)
    #expect(bench.object(0x603F) == 0x8130)
    // 1029 as delivered: the node went to pre-operational.
    guard case .canopen(let firmware) = bench.firmware else { return }
    #expect(!firmware.isOperational)
  }

  @Test("The watchdog is off as delivered, and waits for the first heartbeat")
  func watchdogOff() {
    for isBroughtUp in [true, false] {
      let bench = CANopenBench(isBroughtUp: isBroughtUp)
      if !isBroughtUp {
        bench.beat()
        bench.send(DriveCodec.encode(DriveRequest.start, for: bench.drive))
        _ = bench.ask(.writeParameter(CANopen.Object.mode, 10))
      }
      bench.enable()
      bench.time = 3_600_000_000_000
      bench.firmware.tick(at: bench.time)
      #expect(bench.firmware.mode == .enabled)
    }
  }

  @Test(
    "Without voltage or in a quick stop, as 6007 says",
    arguments: [(UInt32(2), UInt16(0x40)), (3, 0x07), (0, 0x27)])
  func abortConnection(option: UInt32, status: UInt16) {
    let bench = CANopenBench()
    _ = bench.ask(.writeParameter(CANopen.Object.abortConnection, option))
    bench.enable()
    bench.beat()
    bench.time = 20_000_000
    bench.firmware.tick(at: bench.time)
    #expect((bench.object(0x6041) ?? 0) & 0x6F == UInt32(status))
    #expect((bench.firmware.mode == .enabled) == (option == 0))
    _ = bench.send(CANFrame())
    #expect(bench.reported == CANopen.faults(ofCode: 0x8130))
  }

  @Test("A fault stays until the reset's edge")
  func faults() {
    let bench = CANopenBench()
    bench.enable()
    bench.firmware.fail(.overVoltage)
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
    bench.enable()
    #expect(bench.sample.mode == .fault && bench.reported == CANopen.faults(ofCode: 0x3210))
    bench.cycle(DriveCodec.encode(DriveRequest.disable, for: bench.drive))
    #expect(bench.sample.mode == .fault)
    bench.cycle(DriveCodec.encode(DriveRequest.clearFault, for: bench.drive))
    #expect(bench.sample.mode == .disabled)
    // The bit stays up: no edge, no reset.
    bench.firmware.fail(.encoder)
    bench.cycle(DriveCodec.encode(DriveRequest.clearFault, for: bench.drive))
    #expect(bench.sample.mode == .fault)
    bench.cycle(DriveCodec.encode(DriveRequest.disable, for: bench.drive))
    bench.cycle(DriveCodec.encode(DriveRequest.clearFault, for: bench.drive))
    bench.enable()
    #expect(bench.sample.mode == .enabled)
  }

  @Test("The end of a fault is an emergency of code 0")
  func faultsEnd() {
    let bench = CANopenBench()
    bench.firmware.fail(.overVoltage)
    func emergencies(_ request: DriveRequest) -> [[UInt8]] {
      let sync = DriveCodec.encode(DriveRequest.identify, for: bench.drive)
      let frames = bench.send(DriveCodec.encode(request, for: bench.drive)) + bench.send(sync)
      return frames.filter { $0.id == 0x80 + UInt32(bench.drive.id) }.map { frame in
        (0..<3).map { frame.payload[$0] }
      }
    }
    #expect(emergencies(.disable) == [[0x10, 0x32, 1]])
    #expect(emergencies(.clearFault) == [[0, 0, 0]])
    #expect(emergencies(.clearFault).isEmpty)
    #expect(bench.object(0x603F) == 0x3210)
  }

  @Test("The SDO server aborts what it has not")
  func aborts() {
    let bench = CANopenBench()
    func code(_ request: DriveRequest) -> UInt32? {
      guard case .parameter(_, let value, false) = bench.ask(request) else { return nil }
      return value
    }
    #expect(code(.readParameter(CANopen.Object.address(0x2000))) == CANOPEN_ABORT_NO_OBJECT.rawValue)
    #expect(code(.writeParameter(CANopen.Object.ratedTorque, 1)) == CANOPEN_ABORT_READ_ONLY.rawValue)
    #expect(code(.writeParameter(CANopen.Object.mode, 7)) == CANOPEN_ABORT_INVALID_VALUE.rawValue)
    #expect(code(.writeParameter(0x6040_0020, 0)) == CANOPEN_ABORT_TOO_LONG.rawValue)
    #expect(code(.writeParameter(0x6040_0008, 0)) == CANOPEN_ABORT_TOO_SHORT.rawValue)
    // A mapping stands while the node is operational, while its PDO is valid, and while it has entries.
    let (count, entry) = (CANopen.Object.address(0x1600), CANopen.Object.address(0x1600, 1))
    #expect(code(.writeParameter(count, 0)) == CANOPEN_ABORT_DEVICE_STATE.rawValue)
    _ = bench.ask(.writeParameter(CANopen.Object.networkCommand, 0x80))
    #expect(code(.writeParameter(count, 0)) == CANOPEN_ABORT_UNSUPPORTED_ACCESS.rawValue)
    _ = bench.ask(.writeParameter(CANopen.Object.address(0x1400, 1), 0xC000_0201))
    #expect(code(.writeParameter(entry, 0x6040_0010)) == CANOPEN_ABORT_UNSUPPORTED_ACCESS.rawValue)
    #expect(code(.writeParameter(count, 0)) == nil)
    #expect(code(.writeParameter(entry, 0x6041_0010)) == CANOPEN_ABORT_NOT_MAPPABLE.rawValue)
    #expect(code(.writeParameter(entry, 0x6040_0020)) == CANOPEN_ABORT_NOT_MAPPABLE.rawValue)
    #expect(code(.writeParameter(entry, 0x6040_0010)) == nil)
    #expect(code(.writeParameter(count, 5)) == CANOPEN_ABORT_INVALID_VALUE.rawValue)
  }

  /// What is mapped travels, in the order it is mapped in.
  @Test("The mapping is obeyed")
  func mapping() {
    let bench = CANopenBench()
    bench.shaft.position = 1
    _ = bench.ask(.writeParameter(CANopen.Object.networkCommand, 0x80))
    let changes: [(UInt16, UInt8, UInt32)] = [
      (0x1800, 1, 0xC000_0181), (0x1A00, 0, 0), (0x1A00, 1, 0x6064_0020), (0x1A00, 2, 0x6041_0010),
      (0x1A00, 0, 2),
      (0x1800, 1, 0x4000_0199),
    ]
    for (index, subindex, value) in changes {
      _ = bench.ask(.writeParameter(CANopen.Object.address(index, subindex), value))
    }
    bench.send(DriveCodec.encode(DriveRequest.start, for: bench.drive))
    let frames = bench.send(DriveCodec.encode(DriveRequest.identify, for: bench.drive))
    #expect(frames[0].id == 0x199 && frames[0].length == 6)
    let counts = (0..<4).reduce(UInt32(0)) { $0 | UInt32(frames[0].payload[$1]) << UInt32(8 * $1) }
    #expect(counts == 10430)
  }

  @Test("Feedback says what the shaft does")
  func feedback() {
    var generator = SeededGenerator(seed: 12)
    let bench = CANopenBench()
    for _ in 0..<500 {
      bench.shaft = ShaftMeasurement(
        position: .random(in: -500...500, using: &generator),
        velocity: .random(in: -300...300, using: &generator),
        torque: .random(in: -60...60, using: &generator), temperature: 20)
      bench.cycle(DriveCodec.encode(MotorCommand(), for: bench.drive))
      let step = 2 * Double.pi / 65536
      #expect(abs(bench.sample.position - bench.shaft.position) <= 0.51 * step)
      #expect(abs(bench.sample.velocity - bench.shaft.velocity) <= 0.51 * step)
      #expect(abs(bench.sample.torque - bench.shaft.torque) <= 0.51 * 0.002)
    }
  }

  @Test("No frame traps")
  func noFrameTraps() {
    var generator = SeededGenerator(seed: 13)
    let bench = CANopenBench()
    let extremes = [0, 1, -1, 1e300, -1e300, Double.nan, .infinity, -.infinity]
    let ids: [UInt32] = [0, 0x80, 0x201, 0x601, 0x77F, 0x601]
    let indices: [UInt16] = [
      0x1016, 0x1029, 0x1400, 0x1600, 0x1800, 0x1801, 0x1A00, 0x1A01, 0x6007, 0x6040, 0x6060, 0x6065, 0x6072,
      0x1008, 0x2000, 0x607A, 0x60C2, 0x60FF,
    ]
    var replies = 0
    for _ in 0..<20_000 {
      var frame = CANFrame()
      frame.id = ids.randomElement(using: &generator) ?? 0
      frame.length = Bool.random(using: &generator) ? 8 : UInt8.random(in: 0...64, using: &generator)
      for index in 0..<64 { frame.payload[index] = UInt8(truncatingIfNeeded: generator.next()) }
      if frame.id == 0 {
        (frame.length, frame.payload[0], frame.payload[1]) = (
          2, [1, 0x80, 0x82].randomElement(using: &generator) ?? 1, 1
        )
      }
      if frame.id == 0x601 && Bool.random(using: &generator) {
        let index = indices.randomElement(using: &generator) ?? 0
        (frame.length, frame.payload[0]) = (
          8, [0x22, 0x23, 0x2B, 0x2F, 0x40, 0x60, 0x70].randomElement(using: &generator) ?? 0x22
        )
        (frame.payload[1], frame.payload[2]) = (UInt8(index & 0xFF), UInt8(index >> 8))
        frame.payload[3] = UInt8.random(in: 0...5, using: &generator)
      }
      func value() -> Double { extremes.randomElement(using: &generator) ?? 0 }
      bench.shaft = ShaftMeasurement(
        position: value(), velocity: value(), torque: value(), temperature: value())
      bench.time += Int64.random(in: 0...3_000_000, using: &generator)
      for reply in bench.send(frame) {
        replies += 1
        #expect(reply.length <= 8)
      }
      #expect(bench.firmware.torque(at: bench.shaft).isFinite)
    }
    #expect(replies > 1000)
  }
}
