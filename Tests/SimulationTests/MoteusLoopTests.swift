import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// A robot of moteus drives below the same loop as any other.
@Suite("The loop on moteus drives")
struct MoteusLoopTests {
  private let wave = Motion(
    name: "wave",
    points: [(0, [0.4, -0.3]), (0.6, [0.9, 0.2]), (1.2, [0.1, -0.6]), (1.8, [0.4, -0.3])].map {
      Motion.Point(time: $0.0, positions: $0.1)
    })

  /// The sample arm with two drives of a model on one bus; moteus drives with a reducer of 9 behind a bare motor.
  private func arm(_ family: DriveFamily) -> Robot {
    let arm = SampleRobots.arm(losses: .planetary)
    let joints = arm.joints.enumerated().map { index, old in
      var configuration = old.configuration
      var model = SampleRobots.rs02
      var drive = DriveConfiguration(
        family: .robstride, bus: 1, id: UInt16(index + 1), masterID: 0xFD, isFlexibleDataRate: false,
        range: model.range)
      if case .moteus = family {
        model = DriveModel.all(.moteus)[0]
        let range = DriveRange(
          position: model.range.position, velocity: model.range.velocity, torque: 2, stiffness: 2,
          damping: 0.04)
        drive = DriveConfiguration(
          family: .moteus, bus: 0, id: UInt16(index + 7), masterID: 0, isFlexibleDataRate: true, range: range)
        configuration.transmission.ratio = 9
      }
      configuration.drive = drive
      return RobotJoint(
        name: old.name, configuration: configuration, driveModel: model, driveWatchdog_us: 20_000,
        actuator: old.actuator, home: old.home)
    }
    return Robot(
      name: arm.name, period: arm.period, buses: arm.buses, joints: joints, model: arm.model,
      feedforward: arm.feedforward, commandTimeout: arm.commandTimeout)
  }

  private func play(_ robot: Robot) throws -> (fault: ControlFault?, rms: [Double], target: SimulatedRobot) {
    let simulated = SimulatedRobot(robot, seed: 1)
    var target = simulated
    try BringUp.run(robot, on: &target)
    for joint in robot.joints.indices { #expect(simulated.firmware(of: joint).mode == .disabled) }
    var source = MotionPlayer(wave, robot: robot, runTime: nil)
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: target)
    var fault: ControlFault?
    do throws(ControlFault) {
      try loop.run(from: &source, recording: &statistics)
    } catch { fault = error }
    _ = simulated.wait(until: simulated.now + 2_000_000)
    let joints = robot.joints.indices.map { statistics.joints[$0] }
    for joint in joints { #expect(joint.worstAge == 1 && joint.count > 1800) }
    return (fault, joints.map(\.rms), simulated)
  }

  @Test("Arms, plays, stops, is off; tracks no worse than twice as RobStride drives do")
  func playsMotion() throws {
    let reference = try play(arm(.robstride))
    let outcome = try play(arm(.moteus))
    #expect(reference.fault == nil && outcome.fault == nil)
    for joint in 0..<2 { #expect(outcome.target.firmware(of: joint).mode == .disabled) }
    for (own, other) in zip(outcome.rms, reference.rms) {
      #expect(own < 2 * other && own > 0, "\(own) rad beside \(other)")
    }
  }

  @Test("A killed host leaves a moving joint to its watchdog: it is damped, then at rest or hanging")
  func killedHost() throws {
    let robot = arm(.moteus)
    let target = SimulatedRobot(robot, seed: 1)
    var used = target
    try BringUp.run(robot, on: &used)
    var frames = FrameBuffer(capacity: 8)
    for joint in robot.joints {
      frames.append(DriveCodec.encode(DriveRequest.enable, for: joint.configuration.drive))
      frames.append(
        DriveCodec.encode(MotorCommand(damping: 0.04, torque: 0.4), for: joint.configuration.drive))
    }
    target.send(frames)
    _ = target.wait(until: target.now + 19_000_000)
    for joint in 0..<2 { #expect(target.firmware(of: joint).mode == .enabled) }
    _ = target.wait(until: target.now + 3_000_000)
    for joint in 0..<2 {
      #expect(target.firmware(of: joint).mode == .fault)
      let shaft = ShaftMeasurement(position: 0, velocity: 10, torque: 0, temperature: 20)
      #expect(abs(target.firmware(of: joint).torque(at: shaft) + 0.4) < 1e-6)
    }
  }

  // MARK: Bring-up

  private func problems(_ change: (inout MoteusFirmware) -> Void) -> [BringUpError.Problem] {
    let robot = arm(.moteus)
    let target = SimulatedRobot(robot, seed: 1)
    target.changeMoteus(of: 1, change)
    var used = target
    do throws(BringUpError) {
      try BringUp.run(robot, on: &used)
      return []
    } catch { return error.problems }
  }

  @Test("Each setting that differs is refused by name, with both numbers")
  func mismatches() throws {
    #expect(problems { _ in }.isEmpty)
    let changes: [(String, String, String, (inout MoteusFirmware) -> Void)] = [
      ("servo.pid_position.kp", "4.0", "12.566", { $0.settings.kp = 4 }),
      ("servo.pid_position.kd", "0.05", "0.2513", { $0.settings.kd = 0.05 }),
      ("servo.pid_position.ilimit", "2.0", "0.0", { $0.settings.integralLimit = 2 }),
      ("servo.timeout_mode", "10", "12", { $0.settings.timeoutMode = 10 }),
      ("rotor_to_output_ratio", "0.1666", "1.0", { $0.settings.outputRatio = 1.0 / 6 }),
      ("register map version", "4", "5", { $0.settings.mapVersion = 4 }),
    ]
    for (name, drive, description, change) in changes {
      let found = problems(change)
      #expect(found.map(\.joint) == ["elbow"], "\(name)")
      for problem in found {
        #expect(problem.message.contains("\(name)"), "\(problem)")
        #expect(problem.message.contains("is \(drive)"), "\(problem)")
        #expect(problem.message.contains("and \(description)"), "\(problem)")
      }
    }
  }

  @Test("A gain that is not a number, and old text on the console")
  func strangeConsoles() {
    let found = problems { $0.settings.kp = .nan }
    #expect(found.map(\.joint) == ["elbow"] && found[0].message.contains("refuses to read"))
    // Lines of another client wait there; they must not be taken for answers.
    let line = Array("conf get servo.timeout_mode\n".utf8)
    let leftovers = problems { firmware in
      for _ in 0..<5 {
        line.withUnsafeBufferPointer { bytes in
          guard let start = bytes.baseAddress else { return }
          var settings = firmware.settings
          _ = firmware.console.take(start, count: bytes.count, settings: &settings)
        }
      }
    }
    #expect(leftovers.isEmpty)
  }

  @Test("A drive that was left on and one in fault are off after bring-up, their watchdog written")
  func runningDrive() throws {
    let robot = arm(.moteus)
    let target = SimulatedRobot(robot, seed: 1)
    target.changeMoteus(of: 1) { $0.fail(.overVoltage) }
    var frames = FrameBuffer(capacity: 4)
    frames.append(DriveCodec.encode(DriveRequest.enable, for: robot.joints[0].configuration.drive))
    _ = target.wait(until: 1_000_000)
    target.send(frames)
    _ = target.wait(until: 3_000_000)
    #expect(target.firmware(of: 0).mode == .enabled && target.firmware(of: 1).mode == .fault)
    var used = target
    try BringUp.run(robot, on: &used)
    for joint in 0..<2 { #expect(target.firmware(of: joint).mode == .disabled) }
  }

  @Test("A bus carries three drives at 1 kHz, in 48 and 24 bytes")
  func busPlan() throws {
    let bus = BusConfiguration(name: "b", interface: "can0", bitRate: 1_000_000, dataBitRate: 5_000_000)
    func plan(_ count: Int) -> BusPlan.Bus {
      BusPlan(
        period: 1_000_000, buses: [bus],
        drives: (0..<count).map { ("\($0)", Self.drive(UInt16($0 + 1))) }
      ).buses[0]
    }
    #expect(plan(3).isFeasible && !plan(4).isFeasible && plan(3).frames == 6)
    // Identifiers of an answer have 11 bits up to drive 7.
    #expect(plan(3).busy < 3 * 249_000 && plan(3).busy > 3 * 240_000)
  }

  private static func drive(_ id: UInt16) -> DriveConfiguration {
    var drive = MoteusFirmwareTests.drive(id: id)
    drive.bus = 0
    return drive
  }
}
