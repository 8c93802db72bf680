import CServoWire
import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// The modes of Damiao drives but MIT: position with a bound on speed, on speed and current, and velocity.
@Suite("Modes of Damiao drives") struct DamiaoModeTests {
  static let modes = [ControlMode.position, .velocity, .positionForce]

  private func bench(_ mode: ControlMode) -> FirmwareBench {
    var drive = FirmwareBench.damiao
    (drive.mode, drive.velocityLimit, drive.currentLimit) = (mode, 3, 0.25)
    let bench = FirmwareBench(drive)
    #expect(
      bench.write(Damiao.Register.controlMode, Damiao.controlMode(mode)) == Damiao.controlMode(mode))
    return bench
  }

  /// 1.5 N.m.s/rad and 40 /s are what the simulated drive is delivered with.
  @Test("Torque is the loop's, within the bounds of the command", arguments: modes)
  func loops(mode: ControlMode) throws {
    var generator = SeededGenerator(seed: 71)
    let bench = bench(mode)
    #expect(try #require(bench.sample(after: .enable)).mode == .enabled)
    // Nothing before the first command.
    bench.shaft.velocity = 2
    #expect(bench.firmware.torque(at: bench.shaft) == 0)
    var bounded = 0
    for _ in 0..<500 {
      bench.shaft.position = .random(in: -1...1, using: &generator)
      bench.shaft.velocity = .random(in: -20...20, using: &generator)
      let command = MotorCommand(
        position: .random(in: -1...1, using: &generator), velocity: .random(in: -20...20, using: &generator))
      #expect(try #require(bench.command(command)).mode == .enabled)
      let asked = mode == .velocity ? command.velocity : 40 * (command.position - bench.shaft.position)
      let rate = mode == .velocity ? asked : max(-3, min(3, asked))
      let most = mode == .positionForce ? 54 * 0.25 : 54.0
      let law = 1.5 * (rate - bench.shaft.velocity)
      if rate != asked || abs(law) > most { bounded += 1 }
      #expect(abs(bench.firmware.torque(at: bench.shaft) - max(-most, min(most, law))) < 1e-3)
    }
    #expect(mode == .velocity || bounded > 50)
  }

  @Test("A drive listens to the commands of its mode alone", arguments: modes)
  func listens(mode: ControlMode) {
    let bench = bench(mode)
    _ = bench.ask(.enable)
    for other in Self.modes + [.impedance] where other != mode {
      var drive = bench.drive
      drive.mode = other
      let frame = DriveCodec.encode(MotorCommand(position: 1, velocity: 1, stiffness: 10), for: drive)
      // An MIT command goes to the drive's own identifier: answered, not obeyed.
      #expect((bench.answer(to: frame) != nil) == (other == .impedance))
      #expect(bench.firmware.torque(at: bench.shaft) == 0)
    }
  }

  @Test("Commands of each mode feed the watchdog, which lets go to the nanosecond", arguments: modes)
  func watchdog(mode: ControlMode) throws {
    let bench = bench(mode)
    #expect(bench.write(Damiao.Register.timeout, 400) == 400)
    _ = bench.ask(.enable)
    let push = MotorCommand(position: 0.5, velocity: 2)
    for _ in 0..<5 {
      bench.time += 19_999_999
      #expect(try #require(bench.command(push)).mode == .enabled)
    }
    #expect(bench.firmware.torque(at: bench.shaft) > 1)
    bench.firmware.tick(at: bench.time + 20_000_000)
    #expect(bench.firmware.mode == .fault && bench.firmware.torque(at: bench.shaft) == 0)
  }

  @Test("No frame of a mode traps", arguments: modes)
  func noFrameTraps(mode: ControlMode) {
    var generator = SeededGenerator(seed: 72)
    let bench = bench(mode)
    _ = bench.ask(.enable)
    let id = DriveCodec.encode(MotorCommand(), for: bench.drive).id
    for _ in 0..<5000 {
      var frame = CANFrame(id: id, bus: 1, isExtended: false)
      frame.length = 8
      for index in 0..<8 { frame.payload[index] = UInt8(truncatingIfNeeded: generator.next()) }
      if Bool.random(using: &generator) { (frame.payload[2], frame.payload[3]) = (0xC0, 0x7F) }
      _ = bench.answer(to: frame)
      #expect(bench.firmware.torque(at: bench.shaft).isFinite)
    }
  }

  /// The shoulder's Damiao on CAN FD in a mode; the elbow's RobStride as ever.
  private func arm(_ mode: ControlMode) -> Robot {
    let arm = SampleRobots.arm()
    var joints = arm.joints
    joints[0].configuration.drive.mode = mode
    return Robot(
      name: "arm", period: arm.period, buses: arm.buses, joints: joints, model: arm.model,
      feedforward: arm.feedforward, commandTimeout: arm.commandTimeout)
  }

  @Test("Arms, plays, stops, is off, over CAN FD; the mode is written and read back", arguments: modes)
  func playsMotion(mode: ControlMode) throws {
    let robot = arm(mode)
    #expect(robot.joints[0].configuration.drive.isFlexibleDataRate)
    let simulated = SimulatedRobot(robot, seed: 1)
    var target = simulated
    try BringUp.run(robot, on: &target)
    guard case .damiao(let firmware) = simulated.firmware(of: 0) else { return }
    #expect(firmware.register(Damiao.Register.controlMode) == Damiao.controlMode(mode))
    let wave = Motion(
      name: "wave",
      points: [(0, [0.4, -0.3]), (0.6, [0.9, 0.2]), (1.2, [0.1, -0.6]), (1.8, [0.4, -0.3])].map {
        Motion.Point(time: $0.0, positions: $0.1)
      })
    var source = MotionPlayer(wave, robot: robot, runTime: nil)
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: target)
    try loop.run(from: &source, recording: &statistics)
    _ = simulated.wait(until: simulated.now + 4_000_000)
    #expect(simulated.firmware(of: 0).mode == .disabled)
    // No torque travels, so gravity bends the joint: up to 6 N.m on 60 N.m/rad, and a lag of a velocity over 40 /s.
    #expect(
      statistics.joints[0].rms < 0.15 && statistics.joints[0].rms > 0.001, "\(statistics.joints[0].rms)")
  }
}
