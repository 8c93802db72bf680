import AllocationGuard
import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// Counts what a run allocates between two cycles, on top of another source.
private struct GuardedSource: SetpointSource, ~Copyable {
  var player: MotionPlayer
  let first: Int64
  let last: Int64
  private(set) var allocations: Int64 = -1

  init(player: consuming MotionPlayer, first: Int64, last: Int64) {
    self.player = player
    self.first = first
    self.last = last
  }

  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    if cycle.number == first { allocation_guard_enter() }
    if cycle.number == last { allocations = allocation_guard_leave() }
    return player.next(cycle, control: control, into: &setpoints)
  }
}

/// Every frame of a run as text, and the states it went through.
private final class Tape {
  var frames: [CANFrame] = []
}

@Suite("The loop on simulated drives")
struct LoopTests {
  private let wave = Motion(
    name: "wave",
    points: [(0, [0.4, -0.3]), (0.6, [0.9, 0.2]), (1.2, [0.1, -0.6]), (1.8, [0.4, -0.3])].map {
      Motion.Point(time: $0.0, positions: $0.1)
    })

  private func run(
    _ robot: Robot, motion: Motion?, runTime: Double? = nil, seed: UInt64 = 1, faults: [BusFault] = [],
    pace: Pace = .fast, tape: Tape? = nil
  ) throws -> (fault: ControlFault?, joints: [RunStatistics.Joint], missed: Int64, armed: Int64) {
    let simulated = SimulatedRobot(robot, seed: seed, faults: faults, pace: pace)
    if let tape { simulated.tap = { tape.frames.append($0) } }
    var target = simulated
    try BringUp.run(robot, on: &target)
    var source = MotionPlayer(motion, robot: robot, runTime: runTime)
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: target)
    var fault: ControlFault?
    do throws(ControlFault) {
      try loop.run(from: &source, recording: &statistics)
    } catch { fault = error }
    return (
      fault, (0..<robot.joints.count).map { statistics.joints[$0] }, statistics.missed, statistics.armedCycles
    )
  }

  @Test("A motion is armed, approached, played and stopped, within its limits")
  func playsMotion() throws {
    let result = try run(SampleRobots.arm(losses: .planetary), motion: wave)
    #expect(result.fault == nil)
    for joint in result.joints {
      #expect(joint.count > 1800)
      #expect(joint.rms < 0.05, "60 N.m/rad and gravity compensation alone")
      #expect(joint.limited == 0 && joint.saturated == 0 && joint.worstAge == 1)
    }
  }

  @Test("Inverse dynamics and friction ahead of the error make tracking three times better")
  func feedforwardHelps() throws {
    // Hanging straight down, so that the drives find the arm at rest: elsewhere it sags until it is armed.
    var arm = SampleRobots.arm(losses: .planetary, home: [0, 0])
    let gravity = try run(arm, motion: wave)
    arm = Robot(
      name: arm.name, period: arm.period, buses: arm.buses, joints: arm.joints, model: arm.model,
      feedforward: .inverseDynamics, commandTimeout: arm.commandTimeout)
    let full = try run(arm, motion: wave)
    for (with, without) in zip(full.joints, gravity.joints) {
      #expect(with.rms < without.rms / 3)
      #expect(with.rms < 0.01)
    }
  }

  @Test("The same run gives the same frames at the same instants")
  func isDeterministic() throws {
    let (first, second) = (Tape(), Tape())
    _ = try run(SampleRobots.arm(losses: .planetary), motion: wave, tape: first)
    _ = try run(SampleRobots.arm(losses: .planetary), motion: wave, tape: second)
    #expect(first.frames.count > 4 * 1800)
    #expect(first.frames.count == second.frames.count)
    for (a, b) in zip(first.frames, second.frames) {
      #expect(a.id == b.id && a.time == b.time && a.bus == b.bus)
      for index in 0..<8 where a.payload[index] != b.payload[index] {
        Issue.record("payloads differ at \(a.time)")
      }
    }
  }

  @Test("A lost bus ends in a controlled stop that names bus, joints and cycle")
  func unplug() throws {
    let robot = SampleRobots.arm(losses: .planetary)
    let result = try run(
      robot, motion: nil, runTime: 3, faults: [BusFault(bus: 1, kind: .loseAll(from: 1_000_000_000))])
    let fault = try #require(result.fault)
    #expect(fault.fault.kind == .sampleLost)
    #expect(fault.joints == ["elbow"] && fault.buses == ["lower"] && fault.isWholeBus)
    #expect(fault.history.count == 50 && fault.history.last?.record.cycle.number == fault.fault.cycle)
    for word in ["elbow", "lower", "\(fault.fault.cycle)"] { #expect("\(fault)".contains(word)) }
  }

  @Test("Scattered losses are bridged and show as age", arguments: [UInt64(1), 2, 3])
  func scatteredLosses(seed: UInt64) throws {
    let result = try run(
      SampleRobots.arm(losses: .planetary), motion: wave, seed: seed,
      faults: [
        BusFault(bus: 0, kind: .lose(probability: 0.02)), BusFault(bus: 1, kind: .lose(probability: 0.02)),
      ])
    #expect(result.fault == nil)
    #expect(result.joints.contains { $0.worstAge >= 2 })
    for joint in result.joints { #expect(joint.rms < 0.05) }
  }

  @Test("A bus that is dead from the start is reported by bring-up, drive by drive")
  func absentDrives() throws {
    let robot = SampleRobots.arm()
    var target = SimulatedRobot(robot, seed: 1, faults: [BusFault(bus: 0, kind: .loseAll(from: 0))])
    do throws(BringUpError) {
      try BringUp.run(robot, on: &target)
      Issue.record("bring-up of a dead bus succeeded")
    } catch {
      #expect(error.problems.map(\.joint) == ["shoulder"])
      #expect("\(error)".contains("upper") && "\(error)".contains("no answer"))
    }
  }

  /// Of families whose answers name what they answer; an SDO server's do not tell a repeated question from the first.
  @Test("Drives behind a slow adapter are waited for, 50 ms from question to answer; 400 ms are no answer")
  func slowAnswers() throws {
    let robot = SampleRobots.arm()
    func target(delay: Int64) -> SimulatedRobot {
      SimulatedRobot(
        robot, seed: 1, faults: robot.buses.indices.map { BusFault(bus: $0, kind: .delay(delay)) })
    }
    var slow = target(delay: 25_000_000)
    try BringUp.run(robot, on: &slow)
    var late = target(delay: 200_000_000)
    let error = #expect(throws: BringUpError.self) { try BringUp.run(robot, on: &late) }
    #expect(error?.problems.count == robot.joints.count && "\(error as Any)".contains("no answer"))
  }

  @Test("A drive whose range differs from the description is refused with both numbers")
  func rangeMismatch() throws {
    let robot = SampleRobots.arm()
    var target = SimulatedRobot(robot, seed: 1)
    // Someone programmed another VMAX into the drive.
    var frames = FrameBuffer(capacity: 4)
    frames.append(
      DriveCodec.encode(
        .writeParameter(Damiao.Register.velocityRange, Float(8).bitPattern),
        for: robot.joints[0].configuration.drive))
    _ = target.wait(until: 1_000_000)
    target.send(frames)
    _ = target.wait(until: 3_000_000)
    do throws(BringUpError) {
      try BringUp.run(robot, on: &target)
      Issue.record("a wrong scale was not noticed")
    } catch {
      #expect(error.problems.count == 1)
      #expect(error.problems[0].message.contains("8.0") && error.problems[0].message.contains("10.0"))
    }
  }

  @Test("Nothing is allocated in 1000 armed cycles of loop, drives and bodies, nor in a fault stop")
  func allocatesNothing() throws {
    let chain = SampleRobots.chain(joints: 24)
    let robot = Robot(
      name: chain.name, period: chain.period, buses: chain.buses, joints: chain.joints, model: chain.model,
      feedforward: .inverseDynamics, commandTimeout: chain.commandTimeout)
    let sway = Motion(
      name: "sway",
      points: [0.1, 0.15, 0.05, 0.1].enumerated().map {
        Motion.Point(time: Double($0.offset), positions: Array(repeating: $0.element, count: 24))
      })
    var target = SimulatedRobot(
      robot, seed: 1, faults: [BusFault(bus: 0, kind: .loseAll(from: 2_500_000_000))])
    try BringUp.run(robot, on: &target)
    var source = GuardedSource(
      player: MotionPlayer(sway, robot: robot, runTime: nil), first: 1400, last: 2700)
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: target)
    #expect(throws: ControlFault.self) { try loop.run(from: &source, recording: &statistics) }
    #expect(source.allocations == 0)
    #expect(statistics.armedCycles > 1900)

    allocation_guard_enter()
    var grown = [0]
    grown.append(contentsOf: 0..<100)
    #expect(allocation_guard_leave() > 0, "the guard counts: \(grown.count)")
  }

  @Test("A joint pushed beyond its limit is a fault, before its mechanical stop catches it")
  func runaway() throws {
    let robot = SampleRobots.arm()
    let simulated = SimulatedRobot(robot, seed: 1)
    var pushed = false
    simulated.tap = { frame in
      guard frame.time > 1_000_000_000, !pushed else { return }
      pushed = true
      simulated.setState(of: 1, position: 2.99, velocity: 4)
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
      // A jump that no joint can make is first refused as no sample; then the position is what it is.
      #expect([.positionLimit, .sampleLost].contains(error.fault.kind))
      #expect(error.joints == ["elbow"])
    }
  }

  @Test("A drive that a crashed host left running is switched off before anything else")
  func runningDrive() throws {
    let robot = SampleRobots.arm()
    var target = SimulatedRobot(robot, seed: 1)
    var frames = FrameBuffer(capacity: 4)
    for joint in robot.joints {
      frames.append(DriveCodec.encode(DriveRequest.enable, for: joint.configuration.drive))
    }
    _ = target.wait(until: 1_000_000)
    target.send(frames)
    _ = target.wait(until: 3_000_000)
    #expect(target.firmware(of: 0).mode == .enabled && target.firmware(of: 1).mode == .enabled)
    try BringUp.run(robot, on: &target)
    #expect(target.firmware(of: 0).mode == .disabled && target.firmware(of: 1).mode == .disabled)
  }

  @Test("RobStride's own torque limit is the joint's")
  func driveTorqueLimit() throws {
    let robot = SampleRobots.arm()
    var target = SimulatedRobot(robot, seed: 1)
    try BringUp.run(robot, on: &target)
    guard case .robstride(let firmware) = target.firmware(of: 1) else {
      Issue.record("the elbow has a RobStride drive")
      return
    }
    #expect(firmware.parameter(RobStride.Parameter.torqueLimit) == Float(15).bitPattern)
  }
}
