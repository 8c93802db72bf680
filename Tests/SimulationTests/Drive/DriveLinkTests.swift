import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// What `sinew drive` asks, sets, stores and proves, on the twins of every family.
@Suite("One drive at a time")
struct DriveLinkTests {
  @Test("A scan finds every drive, once and off, and nobody else", arguments: DriveBench.robots)
  func scan(robot: Robot) {
    let bench = DriveBench(robot)
    let known = robot.joints.map(\.configuration.drive)
    let found = bench.link.scan(
      like: known[0], known: known, ids: DriveRules.identifiers(of: known[0].family).clamped(to: 0...127))
    #expect(found.map(\.drive.id) == known.map(\.id))
    #expect(found.allSatisfy { !$0.isDouble })
    #expect(found.map(\.drive.masterID) == known.map(\.masterID))
    for joint in robot.joints.indices { #expect(bench.simulated.firmware(of: joint).mode != .enabled) }
  }

  @Test(
    "Two drives with one id are told",
    arguments: DriveBench.robots.filter { $0.joints[0].configuration.drive.family != .odrive05 })
  func double(robot: Robot) {
    var joints = robot.joints
    joints[1].configuration.drive.id = joints[0].configuration.drive.id
    let twins = Robot(
      name: "twins", period: robot.period, buses: robot.buses, joints: joints, model: robot.model,
      feedforward: robot.feedforward, commandTimeout: robot.commandTimeout)
    let bench = DriveBench(twins)
    let known = robot.joints.map(\.configuration.drive)
    let found = bench.link.scan(like: known[0], known: known, ids: 1...4)
    #expect(found.count == 1 && found.first?.isDouble == true, "\(found)")
  }

  @Test("A drive of another id is found where it is, with what it answers to")
  func moved() {
    let robot = DriveBench.robot(.damiao)
    var joints = robot.joints
    joints[1].configuration.drive.id = 9
    joints[1].configuration.drive.masterID = 0x77
    let bench = DriveBench(
      Robot(
        name: "moved", period: robot.period, buses: robot.buses, joints: joints, model: robot.model,
        feedforward: robot.feedforward, commandTimeout: robot.commandTimeout))
    let known = robot.joints.map(\.configuration.drive)
    let found = bench.link.scan(like: known[0], known: known, ids: 1...16)
    #expect(found.map(\.drive.id) == [1, 9])
    #expect(found.last?.drive.masterID == 0x77)
  }

  @Test("A drive says who and how it is, and stays off", arguments: DriveBench.robots)
  func report(robot: Robot) throws {
    let bench = DriveBench(robot)
    let report = try bench.link.report(of: bench.drive())
    // Nothing that is asked of a MyActuator drive says whether it is on.
    #expect(report.condition.isOff != (bench.drive().family == .myactuator))
    #expect(report.values.allSatisfy { $0.parameter.group != nil })
    #expect(bench.simulated.firmware(of: 0).mode != .enabled)
    switch bench.drive().family {
    case .damiao: #expect(report.identity.models.contains("DM4310"))
    case .robstride:
      #expect(report.identity.models == [bench.drive().dialect.isCyberGear ? "CyberGear" : "RS03"])
    case .odrive: #expect(report.identity.firmware == "0.6.10" && report.identity.serial != nil)
    case .moteus: #expect(report.identity.serial != nil)
    case .myactuator: #expect(report.identity.firmware != nil)
    case .canopen, .mit, .odrive05: break
    }
  }

  @Test("Nobody answers: told as silence, in bounded time", arguments: DriveBench.robots)
  func silence(robot: Robot) {
    let bench = DriveBench(
      robot, faults: [BusFault(bus: Int(robot.joints[0].configuration.drive.bus), kind: .loseAll(from: 0))])
    let begin = bench.link.now
    let refusal = bench.refusal { _ = try $0.report(of: bench.drive()) }
    #expect(refusal?.kind == .silent)
    #expect(bench.link.now - begin < 1_000_000_000)
  }

  @Test(
    "Every writable parameter takes what is within its bounds and keeps the rest out",
    arguments: DriveBench.robots)
  func bounds(robot: Robot) throws {
    let bench = DriveBench(robot)
    let drive = bench.drive()
    var generator = SeededGenerator(seed: 7)
    for parameter in DriveParameter.all(of: drive) where parameter.isWritable {
      // Values of which the manuals list some only.
      if ["run_mode", "servo.timeout_mode", "mode"].contains(parameter.name) { continue }
      let bounds = parameter.bounds ?? 0...1000
      for _ in 0..<4 {
        var value =
          bounds.lowerBound + (min(bounds.upperBound, 1e6) - bounds.lowerBound)
          * Double.random(in: 0...1, using: &generator)
        if parameter.form != .float { value = value.rounded(.down) }
        if case .console = parameter.place { value = (value * 100).rounded(.down) / 100 }
        if parameter.name == "heartbeat_consumer" { value = Double(0x7F << 16 | 40) }
        guard bounds.contains(value) else { continue }
        try bench.link.write(value, to: parameter, of: drive)
        let kept = try bench.link.read(parameter, of: drive)
        #expect(
          abs(parameter.value(of: kept) - value) <= 1e-6 * max(1, abs(value)), "\(parameter.name) \(value)")
      }
      guard let bounds = parameter.bounds else { continue }
      let before = try bench.link.read(parameter, of: drive)
      for value in [bounds.lowerBound - 1, bounds.upperBound + 1, .nan, .infinity] {
        let frames = bench.sent().count
        let refusal = bench.refusal { _ = try $0.write(value, to: parameter, of: drive) }
        #expect(refusal?.kind == .refused, "\(parameter.name) \(value)")
        #expect(bench.sent().count == frames)
      }
      #expect(try bench.link.read(parameter, of: drive) == before)
    }
  }

  @Test(
    "What is written is lost with the power, and kept once it is saved",
    arguments: [
      (DriveFamily.damiao, "TIMEOUT", 400.0), (.robstride, "limit_torque", 12.5),
      (.moteus, "servo.pid_position.kp", 7.25),
      (.canopen, "max_torque", 321),
    ])
  func save(family: DriveFamily, name: String, value: Double) throws {
    let bench = DriveBench(DriveBench.robot(family))
    let drive = bench.drive()
    let parameter = try DriveParameter.named(name, of: drive)
    let delivered = try bench.link.read(parameter, of: drive)
    try bench.link.write(value, to: parameter, of: drive)
    bench.simulated.powerCycleDrive(of: 0)
    bench.link.pass(5_000_000)
    #expect(try bench.link.read(parameter, of: drive) == delivered)
    try bench.link.write(value, to: parameter, of: drive)
    try bench.link.save(drive)
    #expect(bench.simulated.firmware(of: 0).saves == 1)
    #expect(bench.simulated.firmware(of: 1).saves == 0)
    bench.simulated.powerCycleDrive(of: 0)
    bench.link.pass(5_000_000)
    #expect(parameter.value(of: try bench.link.read(parameter, of: drive)) == value)
  }

  @Test("An ODrive of 0.6 saves its node and comes back")
  func saveODrive() throws {
    let bench = DriveBench(DriveBench.robot(.odrive))
    let moved = try bench.link.setID(20, of: bench.drive(), others: [2])
    bench.simulated.powerCycleDrive(of: 0)
    #expect(bench.link.probeCount(bench.drive()) > 0)
    _ = try bench.link.setID(20, of: bench.drive(), others: [2])
    try bench.link.save(moved)
    bench.simulated.powerCycleDrive(of: 0)
    #expect(try bench.link.condition(of: moved).isOff)
    #expect(bench.simulated.firmware(of: 0).saves == 1)
  }

  @Test(
    "Zero is where the drive is",
    arguments: DriveBench.robots.filter {
      ![.canopen, .myactuator].contains($0.joints[0].configuration.drive.family)
    })
  func zero(robot: Robot) throws {
    // Hanging straight down it stays where it is, and the second drive does not count from there.
    var joints = robot.joints
    for index in joints.indices { joints[index].home = 0 }
    let bench = DriveBench(
      Robot(
        name: "hanging", period: robot.period, buses: robot.buses, joints: joints, model: robot.model,
        feedforward: robot.feedforward, commandTimeout: robot.commandTimeout))
    let moved = try bench.link.zero(bench.drive(1))
    #expect(abs(moved.before) > 0.1 && abs(moved.after) < 0.02, "\(moved)")
    #expect(abs(try bench.link.condition(of: bench.drive(0)).state.position) < 0.02)
  }

  @Test(
    "A drive that is on is not stored, zeroed, moved or given another scale",
    arguments: [
      DriveBench.robot(.damiao), DriveBench.robot(.robstride), DriveBench.robot(.robstride, cyberGear: true),
      DriveBench.robot(.moteus),
    ])
  func whileOn(robot: Robot) throws {
    let bench = DriveBench(robot)
    let drive = bench.drive()
    bench.link.send([DriveCodec.encode(.enable, for: drive)])
    bench.link.pass(5_000_000)
    #expect(bench.simulated.firmware(of: 0).mode == .enabled)
    let before = bench.simulated.firmware(of: 0).saves
    if !drive.dialect.isCyberGear { #expect(bench.refusal { try $0.save(drive) }?.kind == .state) }
    bench.link.send([DriveCodec.encode(.enable, for: drive)])
    #expect(bench.refusal { _ = try $0.zero(drive) }?.kind == .state)
    bench.link.send([DriveCodec.encode(.enable, for: drive)])
    #expect(bench.refusal { _ = try $0.setID(30, of: drive, others: []) }?.kind == .state)
    for parameter in DriveParameter.all(of: drive) where parameter.access == .whileOff {
      bench.link.send([DriveCodec.encode(.enable, for: drive)])
      let value = parameter.bounds?.lowerBound ?? 1
      #expect(
        bench.refusal { _ = try $0.write(value, to: parameter, of: drive) }?.kind == .state,
        "\(parameter.name)")
    }
    #expect(bench.simulated.firmware(of: 0).saves == before)
  }

  @Test(
    "A drive gets another id, and answers there alone",
    arguments: [
      DriveBench.robot(.damiao), DriveBench.robot(.robstride), DriveBench.robot(.robstride, cyberGear: true),
      DriveBench.robot(.moteus), DriveBench.robot(.odrive),
    ])
  func setID(robot: Robot) throws {
    let bench = DriveBench(robot)
    let drive = bench.drive()
    let moved = try bench.link.setID(
      40, masterID: drive.family == .damiao ? 0x50 : nil, of: drive, others: [bench.drive(1).id])
    #expect(moved.id == 40)
    #expect(try bench.link.condition(of: moved).isOff)
    #expect(bench.refusal { _ = try $0.condition(of: drive) }?.kind == .silent)
    #expect(try bench.link.condition(of: bench.drive(1)).isOff)
  }

  @Test(
    "An id that answers already is refused, though the description does not know of it",
    arguments: [
      DriveBench.robot(.damiao), DriveBench.robot(.robstride), DriveBench.robot(.moteus),
      DriveBench.robot(.odrive),
    ])
  func takenID(robot: Robot) {
    let bench = DriveBench(robot)
    let refusal = bench.refusal { _ = try $0.setID(2, of: bench.drive(), others: []) }
    #expect(refusal?.kind == .refused && refusal?.message.contains("answers") == true)
    #expect(bench.refusal { _ = try $0.condition(of: bench.drive()) } == nil)
  }
}

extension DriveLink where LoopTarget: ~Copyable {
  /// How many answers one question draws at a drive's id.
  mutating func probeCount(_ drive: DriveConfiguration) -> Int {
    scan(like: drive, known: [drive], ids: drive.id...drive.id).count
  }
}
