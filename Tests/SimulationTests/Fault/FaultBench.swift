import ControlCycle
import JointControl
import TestSupport

@testable import Simulation

/// What one cycle of a run with faults showed.
struct FaultCycle {
  var time: Int64
  var missed: Int64
  var skipped: Int64
  /// Frames received, by bus.
  var received: [Int]
  /// By joint: age of the newest sample [cycles], position and torque that it says, faults that it reports.
  var ages: [Int32]
  var positions: [Double]
  var torques: [Double]
  var faults: [DriveFaults]
  /// By joint: position commanded [rad].
  var commanded: [Double]
  var state: SafetyState
  var isFrozen: Bool
}

/// Keeps every cycle of a run.
struct FaultWitness: CycleRecorder, ~Copyable {
  var cycles: [FaultCycle] = []
  var statistics: RunStatistics
  let busCount: Int

  init(_ robot: Robot) {
    statistics = RunStatistics(robot.schedule)
    busCount = robot.buses.count
  }

  mutating func record(
    _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
    transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
  ) {
    statistics.record(
      record, received: received, setpoints: setpoints, transmitted: transmitted, control: control)
    var counts = [Int](repeating: 0, count: busCount)
    for index in 0..<received.count { counts[Int(received[index].bus)] += 1 }
    var cycle = FaultCycle(
      time: record.cycle.time, missed: record.missed, skipped: record.skipped, received: counts, ages: [],
      positions: [], torques: [], faults: [], commanded: [], state: control.safety.state,
      isFrozen: control.safety.isFrozen)
    for joint in 0..<control.jointCount {
      cycle.ages.append(control.samples[joint].state.age)
      cycle.positions.append(control.samples[joint].state.position)
      cycle.torques.append(control.samples[joint].state.torque)
      cycle.faults.append(control.samples[joint].faults)
      cycle.commanded.append(control.commands[joint].position)
    }
    cycles.append(cycle)
  }
}

/// A run of a loop with faults injected on every layer, from power-up to the end of a motion.
struct FaultRun {
  /// What bring-up refused; nothing ran then.
  var refusal: BringUpError?
  var fault: ControlFault?
  var cycles: [FaultCycle] = []
  var missed: Int64 = 0
  var skipped: Int64 = 0
  var unknownFrames: Int64 = 0
  var rejectedSamples: Int64 = 0
  var joints: [RunStatistics.Joint] = []
  var buses: [RunStatistics.Bus] = []
  var isKilled = false
  let simulated: SimulatedRobot
  let robot: Robot
  /// Start of the first injection [ns].
  let began: Int64

  /// The arm, with an actuator that has all the parts that a fault can be of.
  static var profiledArm: Robot {
    let arm = SampleRobots.arm(losses: .planetary)
    var joints = arm.joints
    for joint in joints.indices {
      var physics = TwinPendulums.profile
      physics.reducer.ratio = joints[joint].actuator.reducer.ratio
      physics.motor.rotorInertia = joints[joint].actuator.motor.rotorInertia
      joints[joint].actuator.physics = physics
    }
    return Robot(
      name: arm.name, period: arm.period, buses: arm.buses, joints: joints, model: arm.model,
      feedforward: arm.feedforward, commandTimeout: arm.commandTimeout)
  }

  /// When injections of these tests begin, in the middle of the motion [s].
  static let start = 1.0

  static let wave = Motion(
    name: "wave",
    points: [(0, [0.4, -0.3]), (0.6, [0.9, 0.2]), (1.2, [0.1, -0.6]), (1.8, [0.4, -0.3])].map {
      Motion.Point(time: $0.0, positions: $0.1)
    })

  /// Plays the wave, or a motion, with faults.
  init(
    _ texts: [String], on robot: Robot = SampleRobots.arm(losses: .planetary), seed: UInt64 = 1,
    motion: Motion? = FaultRun.wave, runTime: Double? = nil
  ) throws {
    let injections = try texts.map { try Injection($0, robot: robot) }
    self.robot = robot
    began = injections.first?.start ?? 0
    simulated = SimulatedRobot(robot, seed: seed, injections: injections)
    simulated.observesDrives = true
    var host = FaultyHost(simulated, injections: injections, period: robot.period, seed: seed)
    do throws(BringUpError) { try BringUp.run(robot, on: &host) } catch {
      refusal = error
      return
    }
    var source = FaultySource(
      MotionPlayer(motion, robot: robot, runTime: runTime), injections: injections, robot: robot)
    var witness = FaultWitness(robot)
    var loop = ControlLoop(robot, on: host)
    do throws(ControlFault) { try loop.run(from: &source, recording: &witness) } catch { fault = error }
    isKilled = source.isKilled
    if isKilled { _ = loop.target.wait(until: loop.target.now + 1_000_000_000) }
    cycles = witness.cycles
    (missed, skipped) = (witness.statistics.missed, witness.statistics.skipped)
    unknownFrames = loop.control.unknownFrames
    for joint in robot.joints.indices { rejectedSamples += Int64(loop.control.samples[joint].rejected) }
    joints = robot.joints.indices.map { witness.statistics.joints[$0] }
    buses = robot.buses.indices.map { witness.statistics.buses[$0] }
  }

  /// Whole cycles, rounded up, from the start of the first injection to the cycle of the fault; nil without a fault.
  var reaction: Int64? {
    guard let time = fault?.history.last?.record.cycle.time else { return nil }
    return (time - began + robot.period - 1) / robot.period
  }

  /// Cycles within a time after the start of the injections [s].
  func cycles(within time: Double) -> [FaultCycle] {
    let from = Int64(Self.start * 1e9)
    return cycles.filter { $0.time >= from && $0.time < from + Int64(time * 1e9) }
  }
}
