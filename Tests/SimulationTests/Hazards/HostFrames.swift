import ControlCycle
import JointControl
import TestSupport

@testable import Simulation

/// A frame that left the host, and when.
struct HostFrame {
  var frame: CANFrame
  var sayings: [Saying]
  /// The loop's turn or, before the loop, bring-up's.
  var turn: Int
  /// Whether the loop sent it; else bring-up.
  var isRunning: Bool
}

/// Every frame that a host sent to drives of one family, in order.
struct HostFrames {
  let name: String
  let robot: Robot
  var frames: [HostFrame] = []
  /// Cycles in which the robot was armed.
  var armedCycles = 0

  /// What left for one drive: its own identifier where it has one; frames for all drives are left out.
  func sayings(to drive: DriveConfiguration) -> [(index: Int, saying: Saying)] {
    frames.indices.flatMap { index in
      Self.isAddressed(frames[index].frame, to: drive) ? frames[index].sayings.map { (index, $0) } : []
    }
  }

  private static func isAddressed(_ frame: CANFrame, to drive: DriveConfiguration) -> Bool {
    guard frame.bus == drive.bus else { return false }
    switch drive.family {
    case .canopen: return frame.id & 0x7F == UInt32(drive.id) && frame.id > 0x80
    case .damiao:
      return frame.id == UInt32(drive.id) || frame.id == 0x7FF && frame.payload[0] == UInt8(drive.id & 0xFF)
    case .mit: return frame.id == UInt32(drive.id)
    case .moteus, .robstride: return frame.id & 0xFF == UInt32(drive.id)
    case .myactuator: return frame.id == 0x140 + UInt32(drive.id)
    case .odrive, .odrive05: return frame.id >> 5 == UInt32(drive.id)
    }
  }

  /// Adds a frame that no host sent, to see that a rule notices it.
  mutating func forge(_ frame: CANFrame, at turn: Int, isRunning: Bool) {
    let drive = robot.joints.first { $0.configuration.drive.bus == frame.bus }?.configuration.drive
    guard let drive else { return }
    frames.append(
      HostFrame(frame: frame, sayings: Saying.all(in: frame, to: drive), turn: turn, isRunning: isRunning))
  }
}

extension HostFrames {
  /// Robots of every family.
  private static let robots: [(String, Robot)] = [
    ("Damiao and RobStride", SampleRobots.arm(losses: .planetary)),
    ("CANopen", SampleRobots.canopenArm()),
    ("moteus", SampleRobots.moteusArm()),
    ("CyberGear", SampleRobots.arm(of: WatchdogTrialTests.cyberGear)),
    ("MyActuator", SampleRobots.myActuatorArm()),
    ("ODrive 0.6", SampleRobots.oDriveArm(.odrive)),
    ("ODrive 0.5", SampleRobots.oDriveArm(.odrive05)),
  ]

  /// Runs on every family, with lost frames, dying buses, breaking drives, wild setpoints, arming and disarming; once.
  static let all: [HostFrames] = {
    let akDrives = ["AK80-9", "AK80-9_V1.1", "mini-cheetah"].compactMap { DriveModel.named($0, family: .mit) }
    let more = akDrives.map { ($0.name, SampleRobots.arm(of: $0)) }
    return (robots + more).map { name, robot in
      var frames = HostFrames(name: name, robot: robot)
      for seed: UInt64 in 1...3 { frames.run(seed: seed) }
      return frames
    }
  }()

  private mutating func run(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let brought: Int64 =
      robot.joints[0].configuration.drive.family == .odrive05 ? 1_200_000_000 : 1_000_000_000
    let faults = robot.buses.indices.flatMap { bus -> [BusFault] in
      let from = brought + Int64.random(in: 800_000_000...1_500_000_000, using: &generator)
      return [
        BusFault(bus: bus, kind: .lose(probability: seed == 1 ? 0 : 0.005)),
        BusFault(bus: bus, kind: .loseAll(from: from, until: from + 30_000_000 * Int64(seed - 1))),
      ]
    }
    let log = FrameLog()
    let simulated = SimulatedRobot(robot, seed: seed, faults: faults)
    let breaking = brought + Int64.random(in: 1_000_000_000...2_000_000_000, using: &generator)
    simulated.tap = { [unowned simulated] frame in
      guard seed == 3, frame.time > breaking, !log.isBroken else { return }
      log.isBroken = true
      simulated.breakDrive(of: 0, .overCurrent)
    }
    var target = Witness(robot: simulated, log: log)
    do { try BringUp.run(robot, on: &target) } catch { return }
    log.isRunning = true
    var source = WildSource(seed: seed, joints: robot.joints.count, cycles: 1_500_000_000 / robot.period)
    var counter = ArmedCycles()
    var loop = ControlLoop(robot, on: target)
    // A fault stop is one of the ends that belong here.
    try? loop.run(from: &source, recording: &counter)
    armedCycles += counter.count
    for (frame, turn, isRunning) in log.frames { forge(frame, at: turn, isRunning: isRunning) }
  }
}

private final class FrameLog {
  var frames: [(CANFrame, turn: Int, isRunning: Bool)] = []
  var turn = 0
  var isRunning = false
  var isBroken = false
}

/// A target that keeps what it is sent.
private struct Witness: Target, ~Copyable {
  let robot: SimulatedRobot
  let log: FrameLog

  var now: Int64 { robot.now }
  var waitsForLoop: Bool { true }
  mutating func wait(until time: Int64) -> Int64 { robot.wait(until: time) }
  mutating func receive(into frames: inout FrameBuffer) { robot.receive(into: &frames) }
  mutating func send(_ frames: borrowing FrameBuffer) {
    log.turn += 1
    for index in 0..<frames.count { log.frames.append((frames[index], log.turn, log.isRunning)) }
    robot.send(frames)
  }
}

/// Setpoints that wander, now and then jump, are infinite or no number; disarms and arms again.
private struct WildSource: SetpointSource, ~Copyable {
  private var generator: SeededGenerator
  private let joints: Int
  private let cycles: Int64
  private var isOff = false

  init(seed: UInt64, joints: Int, cycles: Int64) {
    generator = SeededGenerator(seed: seed)
    self.joints = joints
    self.cycles = cycles
  }

  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    setpoints.sequence += 1
    for joint in 0..<joints {
      switch Int.random(in: 0..<400, using: &generator) {
      case 0: setpoints.joints[joint].torque = .infinity
      case 1: setpoints.joints[joint].position = 1e6
      case 2: setpoints.joints[joint].velocity = -.greatestFiniteMagnitude
      case 3: setpoints.joints[joint].torque = .random(in: -1000...1000, using: &generator)
      default:
        setpoints.joints[joint] = JointSetpoint(
          position: .random(in: -1...1, using: &generator), torque: .random(in: -2...2, using: &generator))
      }
    }
    if Int.random(in: 0..<500, using: &generator) == 0 { isOff = true }
    if Int.random(in: 0..<30, using: &generator) == 0 { isOff = false }
    return Directive(isOff ? .disarm : .arm, isFinished: cycle.number >= cycles)
  }
}

private struct ArmedCycles: CycleRecorder, ~Copyable {
  var count = 0

  mutating func record(
    _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
    transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
  ) {
    if control.safety.state == .armed { count += 1 }
  }
}
