import CServoWire
import ControlCycle
import TestSupport
import Testing

@testable import JointControl
@testable import Simulation

/// CANopen drives that close a position or velocity loop of their own.
@Suite("Modes of CANopen drives") struct CANopenModeTests {
  private let wave = Motion(
    name: "wave",
    points: [(0, [0.4, -0.3]), (0.6, [0.9, 0.2]), (1.2, [0.1, -0.6]), (1.8, [0.4, -0.3])].map {
      Motion.Point(time: $0.0, positions: $0.1)
    })

  private struct Outcome {
    var rms: [Double] = []
    var modes: [DriveMode] = []
    var fault: ControlFault?
    /// Targets of the shoulder while it is on, in the order sent, with the instants.
    var targets: [(time: Int64, word: Int32)] = []
    /// Largest change of the target from one command to the next.
    var largestStep: Double {
      zip(targets, targets.dropFirst()).map { abs(Double($1.word) - Double($0.word)) }.max() ?? 0
    }
  }

  /// One run of the wave; the elbow's drive breaks at an instant [ns].
  private func play(_ robot: Robot, breakingAt instant: Int64 = .max) throws -> Outcome {
    let simulated = SimulatedRobot(robot, seed: 1)
    var outcome = Outcome()
    var isBroken = false
    simulated.tap = { frame in
      if frame.time > instant, !isBroken {
        isBroken = true
        simulated.breakDrive(of: 1, .overCurrent)
      }
      guard frame.id == 0x201, frame.payload[0] == 0x0F else { return }
      var words = cia402_command_pdo()
      _ = withUnsafePointer(to: frame.payload) { payload in
        payload.withMemoryRebound(to: UInt8.self, capacity: 8) { cia402_decode_command($0, 8, &words) }
      }
      outcome.targets.append((frame.time, words.target))
    }
    var target = simulated
    try BringUp.run(robot, on: &target)
    var source = MotionPlayer(wave, robot: robot, runTime: nil)
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: target)
    do throws(ControlFault) { try loop.run(from: &source, recording: &statistics) } catch {
      outcome.fault = error
    }
    _ = simulated.wait(until: simulated.now + 4_000_000)
    outcome.rms = robot.joints.indices.map { statistics.joints[$0].rms }
    outcome.modes = robot.joints.indices.map { simulated.firmware(of: $0).mode }
    return outcome
  }

  @Test(
    "Arms, plays, stops, is off; tracks no worse than twice as in torque mode",
    arguments: [(ControlMode.velocity, UInt32(0)), (.position, 1000)])
  func playsMotion(mode: ControlMode, feedforward: UInt32) throws {
    let reference = try play(SampleRobots.canopenArm())
    let outcome = try play(SampleRobots.canopenArm(mode: mode, feedforward: feedforward))
    #expect(outcome.modes == [.disabled, .disabled] && outcome.fault == nil)
    // 8 rad/s, seven to one, for 2 ms: 1168 increments of 65536.
    if mode == .position {
      #expect(outcome.largestStep > 1 && outcome.largestStep < 1168, "\(outcome.largestStep)")
    }
    for (own, other) in zip(outcome.rms, reference.rms) {
      #expect(own < 2 * other && own > 0, "\(own) rad beside \(other)")
    }
  }

  /// Without a velocity of its targets a position drive lags by the velocity over its position gain: 40 /s here.
  @Test("A position drive without feed-forward lags, and no more than its gain says")
  func lags() throws {
    let outcome = try play(SampleRobots.canopenArm(mode: .position))
    for rms in outcome.rms { #expect(rms < 2.0 / 40 && rms > 0.002, "\(rms)") }
  }

  /// The elbow's drive breaks in motion; the shoulder brakes, yields, and is sent nowhere that it is not near.
  @Test("A fault stop never makes a target jump", arguments: [UInt32(0), 1000])
  func faultStop(feedforward: UInt32) throws {
    let outcome = try play(
      SampleRobots.canopenArm(mode: .position, feedforward: feedforward), breakingAt: 1_500_000_000)
    #expect(outcome.fault?.fault.kind == .driveFault && outcome.fault?.joints == ["elbow"])
    #expect(outcome.modes[0] == .disabled && outcome.largestStep < 1168, "\(outcome.largestStep)")
    // It stays on while it brakes and lets go.
    let last = try #require(outcome.targets.last)
    #expect(last.time > 1_600_000_000, "\(last.time)")
  }

  // MARK: On a table

  private final class Bench {
    let joint: RobotJoint
    var firmware: DriveFirmware
    var shaft = ShaftMeasurement(position: 0, velocity: 0, torque: 0, temperature: 30)
    var time: Int64 = 0
    var sample = MotorState()
    var reported = DriveFaults()
    var drive: DriveConfiguration { joint.configuration.drive }

    init(_ mode: ControlMode, feedforward: UInt32 = 0) {
      joint = SampleRobots.canopenArm(mode: mode, feedforward: feedforward).joints[0]
      firmware = DriveFirmware(joint.configuration.drive)
      // The trial of the watchdog begins where all drives of a bus wait for each other.
      for step in BringUpStep.sequence(for: joint).prefix(while: { !$0.isGathering }) {
        let frames = send(DriveCodec.encode(step.request, for: drive))
        let more = step.isSynchronous ? send(DriveCodec.encode(DriveRequest.identify, for: drive)) : []
        let isPassed = (frames + more).contains {
          let reply = DriveCodec.decode($0, for: drive)
          return step.watch == .text || step.judge(reply) == .passed
        }
        #expect(isPassed || step.isUnanswered, "\(step.purpose)")
      }
    }

    @discardableResult func send(_ frame: CANFrame) -> [CANFrame] {
      var frames: [CANFrame] = []
      if let reply = firmware.receive(frame, at: time, measuring: shaft) { frames.append(reply) }
      while let more = firmware.transmit(at: time, measuring: shaft) { frames.append(more) }
      for frame in frames {
        switch DriveCodec.decode(frame, for: drive) {
        case .part(let part, let fields) where fields.contains(.mode):
          (sample.mode, sample.status) = (part.mode, part.status)
        case .faultReport(let faults): reported.insert(faults)
        default: break
        }
      }
      return frames
    }

    func cycle(_ frame: CANFrame) {
      send(frame)
      send(DriveCodec.encode(DriveRequest.identify, for: drive))
    }

    func enable(showing position: Double) {
      for _ in 0..<4 {
        cycle(DriveCodec.encode(DriveRequest.enable, for: drive, status: sample.status, position: position))
      }
    }

    func command(_ command: MotorCommand) { cycle(DriveCodec.encode(command, for: drive)) }
    func write(_ address: UInt32, _ value: UInt32) {
      send(DriveCodec.encode(.writeParameter(address, value), for: drive))
    }
    func object(_ index: UInt16, _ subindex: UInt8 = 0) -> UInt32? {
      guard case .canopen(let firmware) = firmware else { return nil }
      return firmware.object(CANopen.Object.address(index, subindex))
    }
    var torque: Double { firmware.torque(at: shaft) }
  }

  @Test("Bring-up sets mode, mapping, period, limit and the device's own gains")
  func broughtUp() {
    for (mode, code, target, added) in [
      (ControlMode.position, UInt32(8), UInt32(0x607A_0020), UInt32(0x60B2_0010)),
      (.velocity, 9, 0x60FF_0020, 0x60B2_0010), (.torque, 10, 0x607A_0020, 0x6071_0010),
    ] {
      let bench = Bench(mode)
      #expect(
        bench.object(0x6061) == code && bench.object(0x1600, 2) == target && bench.object(0x1600, 3) == added)
      #expect(bench.object(0x6072) == (mode == .torque ? 1072 : 1071))
      guard mode != .torque else { continue }
      // 2 ms, and the gains of the arm's device file.
      #expect(bench.object(0x60C2, 1) == 2 && bench.object(0x60C2, 2) == 0xFD)
      #expect(bench.object(0x2000, 1) == 40_000 && bench.object(0x2000, 2) == 30_612)
    }
  }

  @Test("Switched on, a position drive stays where it is; shown another place it jumps")
  func noJump() {
    for (shown, jumps) in [(0.8, false), (0.0, true)] {
      let bench = Bench(.position)
      bench.shaft.position = 0.8
      bench.enable(showing: shown)
      #expect(bench.sample.mode == .enabled)
      // Half an increment of 65536 at 40 /s and 0.0306 N.m.s/rad.
      #expect((abs(bench.torque) > 0.001) == jumps, "\(bench.torque)")
    }
  }

  /// The loops, on the words of the wire: increments of 2 pi / 65536 rad, torques of 2 mN.m.
  @Test("Torque is the loop's, with the offset, within 6072")
  func loops() {
    var generator = SeededGenerator(seed: 51)
    for mode in [ControlMode.position, .velocity] {
      let bench = Bench(mode)
      bench.enable(showing: 0)
      var limited = 0
      for _ in 0..<500 {
        bench.shaft.position = .random(in: -1...1, using: &generator)
        bench.shaft.velocity = .random(in: -20...20, using: &generator)
        let command = MotorCommand(
          position: .random(in: -1...1, using: &generator),
          velocity: .random(in: -60...60, using: &generator),
          torque: .random(in: -1...1, using: &generator))
        bench.command(command)
        let rate = mode == .velocity ? command.velocity : 40 * (command.position - bench.shaft.position)
        let law = 0.030612 * (rate - bench.shaft.velocity) + command.torque
        if abs(law) > 2.142 { limited += 1 }
        #expect(abs(bench.torque - max(-2.142, min(2.142, law))) < 0.002, "\(mode)")
      }
      #expect(limited > 5)
      bench.cycle(DriveCodec.encode(DriveRequest.disable, for: bench.drive))
      #expect(bench.torque == 0)
    }
  }

  /// What a release is to such drives: pushed, they give way, and never faster than the described damping lets them.
  @Test(
    "Released, a position drive yields and damps, with and without feed-forward",
    arguments: [UInt32(0), 1000])
  func releases(feedforward: UInt32) {
    let bench = Bench(.position, feedforward: feedforward)
    bench.enable(showing: 0)
    let (inertia, push) = (0.0005, 0.05)
    var target = 0.0
    for _ in 0..<500 {
      // The host's target without stiffness follows in the time of damping over stiffness, 25 ms.
      target += (bench.shaft.position - target) * 0.002 / 0.027
      bench.command(MotorCommand(position: target))
      for _ in 0..<8 {
        bench.shaft.velocity += (bench.torque + push) / inertia * 0.00025
        bench.shaft.position += bench.shaft.velocity * 0.00025
      }
    }
    // 0.05 N.m against 0.0306 N.m.s/rad are 1.63 rad/s; with the drive's own damping in full, half of that.
    #expect(bench.shaft.velocity > 0.6 && bench.shaft.velocity < 1.8, "\(bench.shaft.velocity) rad/s")
    #expect(bench.shaft.position > 0.5)
  }

  @Test(
    "The heartbeat's watchdog lets go in each mode", arguments: [ControlMode.position, .velocity, .torque])
  func watchdog(mode: ControlMode) {
    let bench = Bench(mode)
    bench.enable(showing: 0)
    let push = MotorCommand(position: 0.3, velocity: 3, torque: 0.5)
    var frames = FrameBuffer(capacity: 4)
    DriveCodec.endGroup(bench.drive, cycle: 0, into: &frames)
    bench.send(frames[1])
    bench.time += 19_999_999
    bench.command(push)
    #expect(bench.sample.mode == .enabled && bench.torque > 0.2)
    bench.time += 1
    bench.firmware.tick(at: bench.time)
    #expect(bench.firmware.mode == .fault && bench.torque == 0)
    bench.command(push)
    #expect(bench.reported == CANopen.faults(ofCode: 0x8130) && bench.torque == 0)
  }

  @Test("A following error beyond 6065 for longer than 6066 is a fault with its code")
  func followingError() {
    let bench = Bench(.position)
    bench.write(CANopen.Object.address(0x6065), 1000)
    bench.write(CANopen.Object.address(0x6066), 4)
    bench.enable(showing: 0)
    // 0.05 rad are 522 increments, 0.2 rad 2086.
    for position in [0.05, 0.2] {
      for _ in 0..<3 {
        bench.command(MotorCommand(position: position))
        bench.time += 2_000_000
      }
      #expect((bench.firmware.mode == .fault) == (position > 0.1))
    }
    #expect(
      bench.reported.code == 0x8611 && bench.reported.contains(.overload) && bench.object(0x603F) == 0x8611)
  }
}
