import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// A target that loses or thins out some of what the drives say.
private struct DeafTarget: Target, ~Copyable {
  let robot: SimulatedRobot
  let hears: (CANFrame) -> Bool
  private var heard = FrameBuffer(capacity: 512)

  init(_ robot: SimulatedRobot, hears: @escaping (CANFrame) -> Bool) {
    self.robot = robot
    self.hears = hears
  }

  var now: Int64 { robot.now }
  var waitsForLoop: Bool { true }
  mutating func wait(until time: Int64) -> Int64 { robot.wait(until: time) }
  mutating func send(_ frames: borrowing FrameBuffer) { robot.send(frames) }
  mutating func receive(into frames: inout FrameBuffer) {
    heard.removeAll()
    robot.receive(into: &heard)
    for index in 0..<heard.count where hears(heard[index]) { frames.append(heard[index]) }
  }
}

/// Arms, disarms for a few cycles, and arms again before a heartbeat has said that the drives are off.
private struct HastySource: SetpointSource, ~Copyable {
  /// Cycle of the first disarming.
  let off: Int64
  private(set) var armedBefore: Int64 = 0
  private(set) var armedAfter: Int64 = 0

  init(off: Int64) { self.off = off }

  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    setpoints.sequence += 1
    for joint in 0..<control.jointCount { setpoints.joints[joint].position = control.motions[joint].position }
    if control.safety.state == .armed {
      if cycle.number < off { armedBefore += 1 } else if cycle.number > off + 5 { armedAfter += 1 }
    }
    if cycle.number > off + 900 { return Directive(.disarm, isFinished: true) }
    return Directive((off..<off + 5).contains(cycle.number) ? .disarm : .arm)
  }
}

@Suite("ODrives in simulation")
struct ODriveRobotTests {
  static let families = [DriveFamily.odrive, .odrive05]
  private let wave = Motion(
    name: "wave",
    points: [(0, [0.4, -0.3]), (0.6, [0.9, 0.2]), (1.2, [0.1, -0.6]), (1.8, [0.4, -0.3])].map {
      Motion.Point(time: $0.0, positions: $0.1)
    })

  private func run(
    _ robot: Robot, motion: Motion?, runTime: Double? = nil, faults: [BusFault] = [],
    tap: ((CANFrame, SimulatedRobot) -> Void)? = nil
  ) throws -> (fault: ControlFault?, joints: [RunStatistics.Joint], simulated: SimulatedRobot) {
    let simulated = SimulatedRobot(robot, seed: 1, faults: faults)
    if let tap { simulated.tap = { [unowned simulated] in tap($0, simulated) } }
    var target = simulated
    try BringUp.run(robot, on: &target)
    var source = MotionPlayer(motion, robot: robot, runTime: runTime)
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: target)
    var fault: ControlFault?
    do throws(ControlFault) { try loop.run(from: &source, recording: &statistics) } catch { fault = error }
    return (fault, (0..<robot.joints.count).map { statistics.joints[$0] }, simulated)
  }

  @Test("A motion is armed, played and stopped, no worse than twice as far off as with RobStride drives")
  func playsMotion() throws {
    let reference = try run(SampleRobots.robStrideArm(losses: .planetary), motion: wave)
    #expect(reference.fault == nil)
    for family in Self.families {
      let result = try run(SampleRobots.oDriveArm(family, losses: .planetary), motion: wave)
      #expect(result.fault == nil)
      for (joint, other) in zip(result.joints, reference.joints) {
        #expect(joint.count > 1800 && joint.rms < 2 * other.rms, "\(joint.rms) and \(other.rms) rad")
        #expect(joint.limited == 0 && joint.saturated == 0 && joint.worstAge <= 2)
      }
      _ = result.simulated.wait(until: result.simulated.now + 2_000_000)
      for joint in 0..<2 { #expect(result.simulated.firmware(of: joint).mode == .disabled) }
      #expect(result.simulated.overrun == 0 && result.simulated.statistics(ofBus: 0).dropped == 0)
    }
  }

  /// Enabling keeps the torque of before, so the zero command goes first; and the request is not repeated every cycle.
  @Test("Switching on comes after a zero command, once in 256 cycles", arguments: families)
  func switchesOnFromZero(family: DriveFamily) throws {
    final class Tape { var frames: [CANFrame] = [] }
    let tape = Tape()
    let robot = SampleRobots.oDriveArm(family)
    let simulated = SimulatedRobot(robot, seed: 1)
    var target = simulated
    try BringUp.run(robot, on: &target)
    simulated.tap = { if $0.id >> 5 == 1 { tape.frames.append($0) } }
    var source = MotionPlayer(nil, robot: robot, runTime: 0.5)
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: target)
    try loop.run(from: &source, recording: &statistics)
    let commands = tape.frames.filter { $0.length == 8 && ($0.id & 0x1F == 7 || $0.id & 0x1F == 0xE) }
    let ons = commands.indices.filter { commands[$0].id & 0x1F == 7 && commands[$0].payload[0] == 8 }
    #expect(ons.count == 1)
    let on = try #require(ons.first)
    // Zero before, and zero after until the heartbeat has said that the axis is in closed loop.
    let around = [commands[on - 1]] + commands[(on + 1)...(on + 5)]
    for frame in around {
      #expect(frame.id & 0x1F == 0xE)
      for byte in 0..<8 { #expect(frame.payload[byte] == 0) }
    }
  }

  @Test(
    "Armed again within a heartbeat, they are switched on again and not taken for on", arguments: families)
  func armsAgain(family: DriveFamily) throws {
    for off: Int64 in [700, 733, 766] {
      let robot = SampleRobots.oDriveArm(family)
      var target = SimulatedRobot(robot, seed: 1)
      try BringUp.run(robot, on: &target)
      var source = HastySource(off: off)
      var statistics = RunStatistics(robot.schedule)
      var loop = ControlLoop(robot, on: target)
      try loop.run(from: &source, recording: &statistics)
      #expect(source.armedBefore > 100 && source.armedAfter > 100)
    }
  }

  @Test("Bring-up leaves every drive off, cleared and in torque mode, having tried it", arguments: families)
  func bringsUp(family: DriveFamily) throws {
    let robot = SampleRobots.oDriveArm(family)
    let simulated = SimulatedRobot(robot, seed: 1)
    var worst = 0.0
    simulated.tap = { [unowned simulated] _ in
      for joint in 0..<2 { worst = max(worst, abs(simulated.motorTorque(of: joint))) }
    }
    var target = simulated
    try BringUp.run(robot, on: &target)
    for joint in 0..<2 { #expect(target.firmware(of: joint).mode == .disabled) }
    // 1 % of 40 A, or 60 A, x 0.083 N.m/A, seven to one.
    #expect(abs(worst - (family == .odrive ? 0.2324 : 0.3486)) < 0.01)
    #expect(target.now < 2_000_000_000)
  }

  /// What is described and what is there: one thing differs.
  private func mismatch(_ family: DriveFamily, _ change: (inout RobotJoint) -> Void) throws -> [BringUpError
    .Problem]
  {
    let robot = SampleRobots.oDriveArm(family)
    var joints = robot.joints
    change(&joints[1])
    let real = Robot(
      name: robot.name, period: robot.period, buses: robot.buses, joints: joints, model: robot.model,
      feedforward: robot.feedforward, commandTimeout: robot.commandTimeout)
    var target = SimulatedRobot(real, seed: 1)
    do throws(BringUpError) {
      try BringUp.run(robot, on: &target)
      return []
    } catch {
      _ = target.wait(until: target.now + 5_000_000)
      #expect(target.firmware(of: 1).mode != .enabled, "a drive that failed is switched off again")
      return error.problems
    }
  }

  @Test("A watchdog that is off, slow or hasty is noticed by silence", arguments: families)
  func watchdogs(family: DriveFamily) throws {
    for (time, words) in [
      (0, ["still enabled", "25.0 ms"]), (40_000, ["still enabled"]),
      (10_000, ["fault after only", "15.0 ms"]),
    ] {
      let problems = try mismatch(family) { $0.driveWatchdog_us = time }
      #expect(problems.map(\.joint) == ["elbow"], "\(time) us")
      for word in words { #expect(problems.first?.message.contains(word) == true, "\(problems)") }
      #expect(problems.first?.fix.contains("watchdog_timeout to 0.02") == true)
    }
  }

  @Test("Another torque constant is noticed by the target, with both numbers; 0.6 reports torque itself")
  func torqueConstants() throws {
    let problems = try mismatch(.odrive05) { $0.configuration.drive.torqueConstant = 0.055 }
    #expect(problems.map(\.joint) == ["elbow"])
    #expect(
      problems.first?.message.contains("0.07515") == true
        && problems.first?.message.contains("0.0498") == true)
    let reversed = try mismatch(.odrive05) { $0.configuration.drive.torqueConstant *= -1 }
    #expect(
      reversed.first?.message.contains("-0.0498") == true && reversed.first?.fix.contains("direction") == true
    )
    let unused = try mismatch(.odrive) { $0.configuration.drive.torqueConstant = 0.055 }
    #expect(unused.isEmpty)
  }

  @Test("A drive whose torque limit lies below what it is tried with is noticed", arguments: families)
  func torqueLimits(family: DriveFamily) throws {
    let problems = try mismatch(family) { $0.configuration.drive.range.torque = 0.01 }
    let asked = family == .odrive ? "and 0.0332 N.m" : "and 0.0498 N.m"
    #expect(problems.first?.message.contains("0.01") == true, "\(problems)")
    #expect(problems.first?.message.contains(asked) == true, "\(problems)")
  }

  @Test("The other firmware is noticed", arguments: families)
  func firmwares(family: DriveFamily) throws {
    let other: DriveFamily = family == .odrive ? .odrive05 : .odrive
    let problems = try mismatch(family) { $0.configuration.drive.family = other }
    #expect(problems.map(\.joint) == ["elbow"], "\(problems)")
  }

  @Test("Estimates and torques at another rate are refused with both rates; none at all too")
  func rates() throws {
    let robot = SampleRobots.oDriveArm(.odrive)
    func problems(_ hears: @escaping (CANFrame) -> Bool) -> [BringUpError.Problem] {
      var target = DeafTarget(SimulatedRobot(robot, seed: 1), hears: hears)
      do throws(BringUpError) {
        try BringUp.run(robot, on: &target)
        return []
      } catch { return error.problems }
    }
    #expect(problems { _ in true }.isEmpty)
    // Every second frame with estimates of the elbow.
    var count = 0
    let slow = problems { frame in
      guard frame.id == 2 << 5 | 9 else { return true }
      count += 1
      return count % 2 == 0
    }
    #expect(slow.map(\.joint) == ["elbow"])
    #expect(slow.first?.message.contains("every 1.99 ms") == true, "\(slow)")
    #expect(slow.first?.fix.contains("encoder_msg_rate_ms") == true)
    for (command, word) in [
      (UInt32(0x09), "estimates"), (0x1C, "torque"), (0x01, "switch off"), (0, "version"),
    ] {
      let silent = problems { $0.id != 2 << 5 | command }
      #expect(silent.map(\.joint) == ["elbow"], "\(command)")
      #expect(silent.first?.message.contains(word) == true, "\(silent)")
    }
  }

  @Test("A lost bus stops the robot by the age of its estimates, not of its heartbeats", arguments: families)
  func unplug(family: DriveFamily) throws {
    let result = try run(
      SampleRobots.oDriveArm(family), motion: nil, runTime: 4,
      faults: [BusFault(bus: 0, kind: .loseAll(from: 2_500_000_000))])
    let fault = try #require(result.fault)
    #expect(fault.fault.kind == .sampleLost && fault.joints.contains("elbow"))
    #expect(result.simulated.now - 2_500_000_000 < 1_000_000_000)
    for joint in 0..<2 {
      #expect(result.simulated.firmware(of: joint).mode == .fault, "the watchdogs let go")
    }
  }

  @Test("A drive that gives up is a fault by its next heartbeat, 100 ms later at most", arguments: families)
  func driveFault(family: DriveFamily) throws {
    var stopped: Int64 = 0
    let result = try run(SampleRobots.oDriveArm(family), motion: nil, runTime: 4) { frame, simulated in
      guard frame.time > 2_500_000_000, stopped == 0 else { return }
      stopped = frame.time
      var estop = FrameBuffer(capacity: 1)
      estop.append(CANFrame(id: 2 << 5 | 0x02, bus: 0, isExtended: false))
      simulated.send(estop)
    }
    let fault = try #require(result.fault)
    #expect(fault.fault.kind == .driveFault && fault.joints == ["elbow"])
    let noticed = try #require(fault.history.last?.record.cycle.time)
    #expect(stopped > 0 && noticed - stopped < 105_000_000)
  }

  @Test("Scattered losses are bridged", arguments: families)
  func scatteredLosses(family: DriveFamily) throws {
    let result = try run(
      SampleRobots.oDriveArm(family, losses: .planetary), motion: wave,
      faults: [BusFault(bus: 0, kind: .lose(probability: 0.01))])
    #expect(result.fault == nil)
    for joint in result.joints { #expect(joint.rms < 0.05 && joint.worstAge >= 2) }
  }

  @Test("The same run gives the same frames at the same instants")
  func isDeterministic() throws {
    func frames() throws -> [[Int64]] {
      final class Tape { var rows: [[Int64]] = [] }
      let tape = Tape()
      _ = try run(SampleRobots.oDriveArm(.odrive), motion: wave) { frame, _ in
        tape.rows.append([frame.time, Int64(frame.id)] + (0..<8).map { Int64(frame.payload[$0]) })
      }
      return tape.rows
    }
    let first = try frames()
    let second = try frames()
    #expect(first.count > 8 * 1800 && second == first)
  }
}
