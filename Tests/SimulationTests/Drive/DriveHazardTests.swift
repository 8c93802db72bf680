import CServoWire
import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// The hazards of the protocol pages: none of them can be had by accident, and each check has a case that shows it looks.
@Suite("What must not be sent by accident")
struct DriveHazardTests {
  /// Does everything that there is to do with a drive, whatever comes of it.
  private func doAll(_ bench: DriveBench) {
    let drive = bench.drive()
    _ = try? bench.link.report(of: drive)
    _ = try? bench.link.zero(drive)
    for parameter in DriveParameter.all(of: drive) {
      _ = try? bench.link.read(parameter, of: drive)
      for value in [0.0, 1, 5, 6, 9, 1000] { _ = try? bench.link.write(value, to: parameter, of: drive) }
    }
    _ = try? bench.link.save(drive)
    _ = try? bench.link.setWatchdog(microseconds: 20_000, of: drive)
    _ = try? bench.link.proveWatchdog(of: drive, time: 20_000_000)
    _ = bench.link.scan(like: drive, known: [drive], ids: 1...5)
    _ = try? bench.link.setID(9, masterID: drive.family == .damiao ? 0x19 : nil, of: drive, others: [2])
  }

  private func types(_ bench: DriveBench) -> Set<UInt32> {
    Set(bench.frames.filter(\.isExtended).map { UInt32(robstride_decode_address($0.id).type) })
  }

  @Test("No frame of type 22 and above ever reaches a CyberGear; a RobStride gets one, to save")
  func bitRateOfCyberGear() {
    let cyberGear = DriveBench(DriveBench.robot(.robstride, cyberGear: true))
    doAll(cyberGear)
    #expect(types(cyberGear).isDisjoint(with: 20...31))
    #expect(types(cyberGear).isSuperset(of: [0, 2, 4, 6, 7, 17, 18]))
    guard case .robstride(let firmware) = cyberGear.simulated.firmware(of: 0) else { return }
    #expect(firmware.nextBitRate == 0)
    let robStride = DriveBench(DriveBench.robot(.robstride))
    doAll(robStride)
    #expect(types(robStride).contains(22) && types(robStride).isDisjoint(with: 23...25))
  }

  @Test("A CyberGear is refused a save with the reason")
  func savingCyberGear() {
    let bench = DriveBench(DriveBench.robot(.robstride, cyberGear: true))
    let refusal = bench.refusal { try $0.save(bench.drive()) }
    #expect(refusal?.kind == .refused && refusal?.message.contains("bit rate") == true)
    #expect(bench.frames.isEmpty)
  }

  @Test(
    "MST_ID 0, out of range, taken, or the drive's own is refused without a frame",
    arguments: [0, 0x7FF, 0x12, 7, 0xFFFF])
  func masterID(number: UInt16) {
    let bench = DriveBench(DriveBench.robot(.damiao))
    let refusal = bench.refusal {
      _ = try $0.setID(7, masterID: number, of: bench.drive(), others: [2, 0x12])
    }
    #expect(refusal?.kind == .refused)
    #expect(bench.frames.isEmpty)
    #expect(
      bench.refusal { _ = try $0.setID(7, masterID: 0x17, of: bench.drive(), others: [2, 0x12]) } == nil)
  }

  @Test(
    "Ids out of a family's range are refused without a frame",
    arguments: [
      (DriveFamily.damiao, 0), (.damiao, 0x7FF), (.robstride, 0), (.robstride, 128), (.moteus, 0),
      (.moteus, 128), (.odrive, 63),
    ] as [(DriveFamily, UInt16)])
  func idRange(family: DriveFamily, id: UInt16) {
    let bench = DriveBench(DriveBench.robot(family))
    #expect(bench.refusal { _ = try $0.setID(id, of: bench.drive(), others: []) }?.kind == .refused)
    #expect(bench.frames.isEmpty)
  }

  @Test("No write reaches a Damiao's bit rate, identifiers or a drive's references")
  func damiaoBitRate() throws {
    let bench = DriveBench(DriveBench.robot(.damiao))
    let drive = bench.drive()
    for name in ["can_br", "MST_ID", "ESC_ID", "35", "7", "8"] {
      let parameter = try DriveParameter.named(name, of: drive)
      for value in 0...9 {
        #expect(bench.refusal { _ = try $0.write(Double(value), to: parameter, of: drive) }?.kind == .refused)
      }
    }
    #expect(bench.frames.isEmpty)
    guard case .damiao(let firmware) = bench.simulated.firmware(of: 0) else { return }
    #expect(firmware.register(Damiao.Register.bitRate) == Damiao.bitRate1M)
  }

  @Test("No object of homing is written, nor mode 6, nor what moves a CANopen drive")
  func homing() throws {
    let bench = DriveBench(DriveBench.robot(.canopen))
    doAll(bench)
    for name in ["6098", "6099:1", "0x6099:2", "609A", "607C", "6040", "6071", "60FF"] {
      let parameter = try DriveParameter.named(name, of: bench.drive())
      #expect(bench.refusal { _ = try $0.write(1, to: parameter, of: bench.drive()) }?.kind == .refused)
    }
    let mode = try DriveParameter.named("mode", of: bench.drive())
    #expect(bench.refusal { _ = try $0.write(6, to: mode, of: bench.drive()) }?.kind == .refused)
    let downloads = bench.frames.filter { $0.id == 0x601 && $0.payload[0] >> 5 == 1 }
      .map { UInt16($0.payload[1]) | UInt16($0.payload[2]) << 8 }
    #expect(!downloads.isEmpty && Set(downloads).isDisjoint(with: [0x6098, 0x6099, 0x609A, 0x607C, 0x1011]))
  }

  @Test("A number that no table has may be read and not written")
  func unknownNumber() throws {
    let bench = DriveBench(DriveBench.robot(.robstride))
    let parameter = try DriveParameter.named("0x2022", of: bench.drive())
    #expect(bench.refusal { _ = try $0.write(1, to: parameter, of: bench.drive()) }?.kind == .refused)
    #expect(bench.frames.isEmpty)
    #expect(bench.refusal { _ = try $0.read(parameter, of: bench.drive()) }?.kind == .drive)
  }

  @Test(
    "Nothing is asked of a bus that somebody commands",
    arguments: DriveBench.robots.filter {
      ![.odrive, .odrive05, .canopen].contains($0.joints[0].configuration.drive.family)
    })
  func streaming(robot: Robot) {
    let known = robot.joints.map(\.configuration.drive)
    var busy = DriveLink(CommandedTarget(SimulatedRobot(robot, seed: 1), drives: known), period: 1_000_000)
    var refusal: DriveError?
    do throws(DriveError) { try busy.requireQuiet(known) } catch { refusal = error }
    #expect(refusal?.kind == .state)
    let quiet = DriveBench(robot)
    #expect(quiet.refusal { try $0.requireQuiet(known) } == nil)
  }

  @Test("An ODrive of 0.5 is never sent the question that it would take for a new node")
  func addressOf05() {
    let old = DriveBench(DriveBench.robot(.odrive05))
    doAll(old)
    #expect(!old.frames.contains { $0.id & 0x1F == 0x06 || $0.id & 0x1F == 0x16 })
    let new = DriveBench(DriveBench.robot(.odrive))
    doAll(new)
    #expect(new.frames.contains { $0.id & 0x1F == 0x06 })
  }

  @Test("No ODrive is erased, sent to its boot loader, or written an endpoint")
  func erase() {
    for family in [DriveFamily.odrive, .odrive05] {
      let bench = DriveBench(DriveBench.robot(family))
      doAll(bench)
      for frame in bench.frames {
        #expect(frame.id & 0x1F != 0x1F && frame.id & 0x1F != 0x04)
        if frame.id & 0x1F == 0x16 { #expect(frame.payload[0] == 1) }
      }
    }
  }

  @Test(
    "Nothing that a MyActuator drive stores, resets or moves by is sent; the watchdog is not asked for with what sets it"
  )
  func stored() {
    let bench = DriveBench(DriveBench.robot(.myactuator))
    doAll(bench)
    let commands = Set(bench.sent().map { $0.payload[0] })
    #expect(
      commands.isDisjoint(with: [
        0x20, 0x32, 0x43, 0x63, 0x64, 0x76, 0x79, 0xA1, 0xA2, 0xA4, 0xB3, 0xB4, 0xB6,
      ]))
    #expect(commands.isSuperset(of: [0x92, 0x9A, 0x9C, 0xB1, 0xB2]))
    #expect(bench.simulated.firmware(of: 0).saves == 0)
  }

  @Test("Probes of a family do not go where they mean something else")
  func disturbance() {
    #expect(DriveRules.disturbance(probing: .damiao, near: .odrive) != nil)
    #expect(DriveRules.disturbance(probing: .mit, near: .canopen) != nil)
    #expect(DriveRules.disturbance(probing: .canopen, near: .odrive05) != nil)
    #expect(DriveRules.disturbance(probing: .robstride, near: .damiao) == nil)
    #expect(DriveRules.disturbance(probing: .mit, near: .mit) == nil)
  }

  @Test(
    "A scan switches on and moves nothing, whatever state the drives are in", arguments: DriveBench.robots)
  func scanIsHarmless(robot: Robot) {
    let bench = DriveBench(robot)
    bench.simulated.breakDrive(of: 1, .overVoltage)
    let faulty = bench.simulated.firmware(of: 1).mode
    let drive = bench.drive()
    _ = bench.link.scan(
      like: drive, known: robot.joints.map(\.configuration.drive),
      ids: DriveRules.identifiers(of: drive.family).clamped(to: 0...127))
    #expect(bench.simulated.firmware(of: 0).mode != .enabled)
    #expect(bench.simulated.firmware(of: 1).mode == faulty)
    #expect(bench.simulated.firmware(of: 0).saves == 0)
  }
}

/// A robot that somebody else commands every millisecond.
struct CommandedTarget: Target, ~Copyable {
  private let robot: SimulatedRobot
  private let drives: [DriveConfiguration]
  private var commands = FrameBuffer(capacity: 16)

  init(_ robot: SimulatedRobot, drives: [DriveConfiguration]) {
    self.robot = robot
    self.drives = drives
  }

  var waitsForLoop: Bool { true }
  var now: Int64 { robot.now }

  mutating func wait(until time: Int64) -> Int64 {
    commands.removeAll()
    for drive in drives { commands.append(DriveCodec.encode(MotorCommand(), for: drive)) }
    robot.send(commands)
    return robot.wait(until: time)
  }

  func receive(into frames: inout FrameBuffer) { robot.receive(into: &frames) }
  func send(_ frames: borrowing FrameBuffer) { robot.send(frames) }
}
