import CServoWire
import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// A robot of MIT drives, or of CyberGears, below the same loop as any other.
@Suite("The loop on MIT drives and CyberGears")
struct MITLoopTests {
  private let wave = Motion(
    name: "wave",
    points: [(0, [0.4, -0.3]), (0.6, [0.9, 0.2]), (1.2, [0.1, -0.6]), (1.8, [0.4, -0.3])].map {
      Motion.Point(time: $0.0, positions: $0.1)
    })

  private func arm(_ model: DriveModel, watchdog_us: Int = 25_000) -> Robot {
    SampleRobots.arm(of: model, watchdog_us: watchdog_us)
  }

  private static func models(_ names: [String], _ family: DriveFamily) -> [DriveModel] {
    names.compactMap { DriveModel.named($0, family: family) }
  }

  static let models =
    models(["mini-cheetah", "Hobbyking_Cheetah", "AK80-9", "AK70-10", "AK60-6_V3"], .mit)
    + models(["CyberGear"], .robstride)

  private struct Outcome {
    var fault: ControlFault?
    var rms: [Double] = []
    var worstAge: Int32 = 0
    var modes: [DriveMode] = []
    var torques: [Double] = []
  }

  private func play(_ robot: Robot, disturb: ((SimulatedRobot) -> Void)? = nil) throws -> Outcome {
    let simulated = SimulatedRobot(robot, seed: 1)
    disturb?(simulated)
    var target = simulated
    try BringUp.run(robot, on: &target)
    for joint in robot.joints.indices { #expect(simulated.firmware(of: joint).mode == .disabled) }
    var source = MotionPlayer(wave, robot: robot, runTime: nil)
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: target)
    var outcome = Outcome()
    do throws(ControlFault) {
      try loop.run(from: &source, recording: &statistics)
    } catch { outcome.fault = error }
    _ = simulated.wait(until: simulated.now + 2_000_000)
    for joint in robot.joints.indices {
      outcome.rms.append(statistics.joints[joint].rms)
      outcome.worstAge = max(outcome.worstAge, statistics.joints[joint].worstAge)
      outcome.modes.append(simulated.firmware(of: joint).mode)
    }
    return outcome
  }

  @Test("Arms, plays, stops, is off; tracks no worse than twice as RobStride drives do", arguments: models)
  func playsMotion(_ model: DriveModel) throws {
    let reference = try play(arm(SampleRobots.rs02))
    let outcome = try play(arm(model))
    #expect(reference.fault == nil && outcome.fault == nil)
    #expect(outcome.worstAge == 1 && outcome.modes == [.disabled, .disabled])
    for (own, other) in zip(outcome.rms, reference.rms) {
      #expect(own < 2 * other && own > 0, "\(model.name): \(own) rad beside \(other)")
    }
  }

  /// Zeros and exits before arming, one enter, commands, zeros, exits: nothing is switched on by bring-up.
  @Test("Frames of a run: off, on, commands, let go, off", arguments: ["AK80-9", "mini-cheetah"])
  func frames(_ name: String) throws {
    let robot = arm(try #require(DriveModel.named(name, family: .mit)))
    let zero = DriveCodec.encode(MotorCommand(), for: robot.joints[0].configuration.drive)
    var tape: [UInt8] = []
    _ = try play(robot) { simulated in
      simulated.tap = { frame in
        guard frame.id == 1 else { return }
        let bytes = (0..<Int(frame.length)).map { frame.payload[$0] }
        let action = mit_decode_action(bytes, frame.length)
        let kind = action != 0 ? action : wire(frame) == wire(zero) ? 0 : 1
        if tape.last != kind { tape.append(kind) }
      }
    }
    let (exit, enter) = (UInt8(MIT_ACTION_EXIT.rawValue), UInt8(MIT_ACTION_ENTER.rawValue))
    #expect(tape == [0, exit, enter, 1, 0, exit])
  }

  private func wire(_ frame: CANFrame) -> [UInt32] {
    [frame.id] + (0..<Int(frame.length)).map { UInt32(frame.payload[$0]) }
  }

  @Test("MIT and Damiao drives on one classic bus")
  func mixedBus() throws {
    let arm = arm(try #require(DriveModel.named("AK80-9", family: .mit)))
    var joints = arm.joints
    joints[1].configuration.drive = SampleRobots.arm(of: SampleRobots.dm4340).joints[1].configuration.drive
    joints[1].driveModel = SampleRobots.dm4340
    let robot = Robot(
      name: "mixed", period: arm.period, buses: arm.buses, joints: joints, model: arm.model,
      feedforward: arm.feedforward, commandTimeout: arm.commandTimeout)
    let outcome = try play(robot)
    #expect(outcome.fault == nil && outcome.worstAge == 1 && outcome.modes == [.disabled, .disabled])
    for rms in outcome.rms { #expect(rms < 0.05) }
  }

  @Test("A drive that a killed host left on, holding a command, lets go and is off after bring-up")
  func runningDrive() throws {
    let robot = arm(Self.models[2])
    let drive = robot.joints[0].configuration.drive
    var target = SimulatedRobot(robot, seed: 1)
    var frames = FrameBuffer(capacity: 4)
    frames.append(DriveCodec.encode(DriveRequest.enable, for: drive))
    frames.append(DriveCodec.encode(MotorCommand(torque: 3), for: drive))
    _ = target.wait(until: 1_000_000)
    target.send(frames)
    _ = target.wait(until: 3_000_000)
    let shaft = ShaftMeasurement(position: 0, velocity: 0, torque: 0, temperature: 20)
    #expect(target.firmware(of: 0).mode == .enabled && target.firmware(of: 0).torque(at: shaft) > 2)
    try BringUp.run(robot, on: &target)
    #expect(target.firmware(of: 0).mode == .disabled)
    // Nothing waits in the drive for the moment it is switched on.
    frames.removeAll()
    frames.append(DriveCodec.encode(DriveRequest.enable, for: drive))
    target.send(frames)
    _ = target.wait(until: target.now + 2_000_000)
    #expect(target.firmware(of: 0).mode == .enabled && abs(target.firmware(of: 0).torque(at: shaft)) < 0.1)
  }

  /// What the description says is what a tool stored: torque ends with it, and stays without a statement.
  @Test("A killed host leaves MIT joints to the watchdog the description names", arguments: [25_000, 0])
  func killedHost(watchdog_us: Int) throws {
    let robot = arm(Self.models[2], watchdog_us: watchdog_us)
    let simulated = SimulatedRobot(robot, seed: 1)
    var target = simulated
    try BringUp.run(robot, on: &target)
    var generator = SeededGenerator(seed: 5)
    let shaft = ShaftMeasurement(position: 0, velocity: 0, torque: 0, temperature: 20)
    var frames = FrameBuffer(capacity: 4)
    for joint in robot.joints.indices {
      let drive = robot.joints[joint].configuration.drive
      frames.append(DriveCodec.encode(DriveRequest.enable, for: drive))
      let push = MotorCommand(torque: .random(in: 2...4, using: &generator))
      frames.append(DriveCodec.encode(push, for: drive))
    }
    target.send(frames)
    _ = target.wait(until: target.now + 2_000_000)
    for joint in robot.joints.indices { #expect(target.firmware(of: joint).torque(at: shaft) > 1.9) }
    _ = target.wait(until: target.now + 25_000_000)
    for joint in robot.joints.indices {
      #expect((target.firmware(of: joint).torque(at: shaft) == 0) == (watchdog_us > 0))
    }
  }

  /// A source that dies in a cycle of its own choice, armed or not, without a word to the drives.
  private struct DyingSource: SetpointSource, ~Copyable {
    var player: MotionPlayer
    let last: Int64

    mutating func next(
      _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
    ) -> Directive {
      let directive = player.next(cycle, control: control, into: &setpoints)
      return Directive(directive.request, isFinished: cycle.number >= last)
    }
  }

  /// Whatever it was doing, one watchdog time and one cycle later no drive pushes any more.
  @Test("A host killed at random instants leaves no torque behind", arguments: models)
  func killedAtRandom(_ model: DriveModel) throws {
    let robot = arm(model)
    var generator = SeededGenerator(seed: 17)
    var pushing = 0
    for _ in 0..<20 {
      let simulated = SimulatedRobot(robot, seed: 1)
      var target = simulated
      try BringUp.run(robot, on: &target)
      var source = DyingSource(
        player: MotionPlayer(wave, robot: robot, runTime: nil),
        last: .random(in: 1...1500, using: &generator))
      var statistics = RunStatistics(robot.schedule)
      var loop = ControlLoop(robot, on: target)
      try loop.run(from: &source, recording: &statistics)
      _ = simulated.wait(until: simulated.now + 1_000_000)
      let shaft = ShaftMeasurement(position: 1, velocity: 0.5, torque: 0, temperature: 20)
      for joint in robot.joints.indices where simulated.firmware(of: joint).torque(at: shaft) != 0 {
        pushing += 1
      }
      _ = simulated.wait(until: simulated.now + 25_000_000)
      for joint in robot.joints.indices { #expect(simulated.firmware(of: joint).torque(at: shaft) == 0) }
    }
    #expect(pushing > 20, "most were commanded when the host died")
  }

  private func problems(_ robot: Robot, on real: Robot) -> [BringUpError.Problem] {
    var target = SimulatedRobot(real, seed: 1)
    do throws(BringUpError) {
      try BringUp.run(robot, on: &target)
      return []
    } catch { return error.problems }
  }

  @Test("A firmware of another generation is refused by the length of its answers")
  func anotherGeneration() throws {
    let real = try #require(DriveModel.named("AK80-9_V1.1", family: .mit))
    let found = problems(arm(Self.models[2]), on: arm(real))
    #expect(found.map(\.joint) == ["shoulder", "elbow"])
    for problem in found {
      #expect(problem.message.contains("does not send") && problem.fix.contains("6, 7 or 8 bytes"))
    }
  }

  @Test("An AK drive with an error is refused by name of its state; one of 6 bytes cannot say it")
  func errorAtStart() throws {
    for (name, isSeen) in [("AK80-9", true), ("AK80-9_V1.1", false)] {
      let robot = arm(try #require(DriveModel.named(name, family: .mit)))
      let target = SimulatedRobot(robot, seed: 1)
      target.breakDrive(of: 1, .overVoltage)
      var used = target
      do throws(BringUpError) {
        try BringUp.run(robot, on: &used)
        #expect(!isSeen)
      } catch {
        #expect(isSeen && error.problems.map(\.joint) == ["elbow"])
        let text = "\(error)"
        #expect(text.contains("still in fault after 'clear faults'") && text.contains("power-cycle"))
      }
    }
  }

  @Test("A CyberGear described as a RobStride, and the other way round, is refused")
  func mistakenCyberGear() throws {
    let gear = try #require(DriveModel.named("CyberGear", family: .robstride))
    let asRobStride = problems(arm(SampleRobots.rs02), on: arm(gear))
    #expect(asRobStride.count == 2)
    for problem in asRobStride { #expect(problem.message.contains("refuses to read 'watchdog'")) }
    let asGear = problems(arm(gear), on: arm(SampleRobots.rs02))
    #expect(asGear.count == 2)
    for problem in asGear {
      #expect(problem.message.contains("refuses to read") && problem.fix.contains("its own model"))
    }
  }

  @Test("A CyberGear's torque limit and mode are written and read back, its watchdog is not touched")
  func cyberGearBringUp() throws {
    let gear = try #require(DriveModel.named("CyberGear", family: .robstride))
    let robot = arm(gear)
    var target = SimulatedRobot(robot, seed: 1)
    try BringUp.run(robot, on: &target)
    guard case .robstride(let firmware) = target.firmware(of: 1) else {
      Issue.record("a CyberGear speaks RobStride's protocol")
      return
    }
    #expect(firmware.parameter(RobStride.Parameter.torqueLimit) == Float(11).bitPattern)
    #expect(firmware.parameter(RobStride.Parameter.runMode) == RobStride.operationMode)
    #expect(firmware.nextBitRate == 0)
    let asked = BringUpStep.sequence(for: robot.joints[0]).map(\.request)
    #expect(!asked.contains(.readParameter(RobStride.Parameter.canTimeout)))
  }

  @Test("What nobody can confirm is a warning")
  func warnings() {
    let stated = arm(Self.models[2]).warnings
    #expect(stated.map(\.subject) == ["joints shoulder, elbow", "joints shoulder, elbow", "bus lower"])
    #expect(stated[0].message.contains("25.0 ms is what the description says"))
    #expect(stated[1].message.contains("50.0 rad/s and 18.0 N.m"))
    #expect(stated[2].message.contains("one identifier"))
    let silent = arm(Self.models[2], watchdog_us: 0).warnings
    #expect(silent.count == 3 && silent[0].message.contains("goes on with its last command"))
    let gear = arm(Self.models[5])
    #expect(gear.warnings.isEmpty && gear.joints.map(\.watchdogProof) == [.tripped, .tripped])
    #expect(arm(Self.models[5], watchdog_us: 0).warnings.map(\.subject) == ["joints shoulder, elbow"])
    #expect(arm(SampleRobots.rs02).warnings.isEmpty && SampleRobots.arm().warnings.isEmpty)
  }

  @Test("A fault of an AK drive stops the robot and is named")
  func driveFault() throws {
    let robot = arm(Self.models[2])
    let simulated = SimulatedRobot(robot, seed: 1)
    var broken = false
    simulated.tap = { frame in
      guard frame.time > 1_500_000_000, !broken else { return }
      broken = true
      simulated.breakDrive(of: 1, .overCurrent)
    }
    var target = simulated
    try BringUp.run(robot, on: &target)
    var source = MotionPlayer(nil, robot: robot, runTime: 3)
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: target)
    do throws(ControlFault) {
      try loop.run(from: &source, recording: &statistics)
      Issue.record("nobody noticed")
    } catch {
      #expect(error.fault.kind == .driveFault && error.joints == ["elbow"])
      #expect(error.fault.drive == .overCurrent)
    }
    _ = simulated.wait(until: simulated.now + 2_000_000)
    #expect(simulated.firmware(of: 0).mode == .disabled)
  }
}
