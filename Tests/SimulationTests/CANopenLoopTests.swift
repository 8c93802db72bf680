import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

@Suite("The loop on CANopen drives") struct CANopenLoopTests {
  private let wave = Motion(
    name: "wave",
    points: [(0, [0.4, -0.3]), (0.6, [0.9, 0.2]), (1.2, [0.1, -0.6]), (1.8, [0.4, -0.3])].map {
      Motion.Point(time: $0.0, positions: $0.1)
    })

  private func play(_ robot: Robot) throws -> (rms: [Double], worstAge: Int32, modes: [DriveMode]) {
    let simulated = SimulatedRobot(robot, seed: 1)
    var target = simulated
    try BringUp.run(robot, on: &target)
    for joint in robot.joints.indices { #expect(simulated.firmware(of: joint).mode == .disabled) }
    var source = MotionPlayer(wave, robot: robot, runTime: nil)
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: target)
    try loop.run(from: &source, recording: &statistics)
    _ = simulated.wait(until: simulated.now + 4_000_000)
    return (
      robot.joints.indices.map { statistics.joints[$0].rms },
      robot.joints.indices.map { statistics.joints[$0].worstAge }.max() ?? .max,
      robot.joints.indices.map { simulated.firmware(of: $0).mode }
    )
  }

  @Test("Arms, plays, stops, is off; tracks no worse than twice as RobStride drives do")
  func playsMotion() throws {
    let robot = SampleRobots.canopenArm()
    #expect(BusPlan(robot: robot).isFeasible && BusPlan(robot: robot).buses[0].frames == 8)
    let reference = try play(SampleRobots.canopenArm(isRobStride: true))
    let outcome = try play(robot)
    #expect(outcome.worstAge == 1 && outcome.modes == [.disabled, .disabled])
    for (own, other) in zip(outcome.rms, reference.rms) {
      #expect(own < 2 * other && own > 0, "\(own) rad beside \(other)")
    }
  }

  @Test("The last drive of a family on a bus ends its group")
  func groups() {
    #expect(SampleRobots.canopenArm().joints.map(\.configuration.drive.endsGroup) == [false, true])
    #expect(SampleRobots.arm().joints.map(\.configuration.drive.endsGroup) == [true, true])
  }

  /// The description says one thing, the drives another: no arming, with both numbers.
  @Test(
    "A scale that is not the drive's is refused",
    arguments: [(2.0, 4096.0, "608F:1 is 4096", "65536"), (1.5, 65536, "6076 [mN.m] is 1500", "2000")])
  func mismatch(rated: Double, counts: Double, own: String, described: String) throws {
    var target = SimulatedRobot(SampleRobots.canopenArm(ratedTorque: rated, encoderCounts: counts), seed: 1)
    let error = #expect(throws: BringUpError.self) { try BringUp.run(SampleRobots.canopenArm(), on: &target) }
    let problems = try #require(error?.problems)
    #expect(problems.count == 2)
    for problem in problems {
      #expect(problem.message.contains(own) && problem.message.contains("\(described) in the description"))
    }
  }

  @Test("A drive that counts the other way round is refused")
  func polarity() throws {
    let robot = SampleRobots.canopenArm()
    var target = SimulatedRobot(robot, seed: 1)
    var frames = FrameBuffer(capacity: 1)
    frames.append(
      DriveCodec.encode(
        .writeParameter(CANopen.Object.polarity, 0x80), for: robot.joints[1].configuration.drive))
    target.send(frames)
    _ = target.wait(until: 2_000_000)
    let error = #expect(throws: BringUpError.self) { try BringUp.run(robot, on: &target) }
    #expect(error?.problems.map(\.joint) == ["elbow"])
    #expect(error?.problems.first?.message.contains("polarity 607E is 128") == true)
  }

  @Test("A node that is not there is named")
  func absent() throws {
    var joints = SampleRobots.canopenArm().joints
    joints[1].configuration.drive.id = 9
    let arm = SampleRobots.canopenArm()
    let other = Robot(
      name: "other", period: arm.period, buses: arm.buses, joints: joints, model: arm.model,
      feedforward: arm.feedforward, commandTimeout: arm.commandTimeout)
    var target = SimulatedRobot(arm, seed: 1)
    let error = #expect(throws: BringUpError.self) { try BringUp.run(other, on: &target) }
    #expect(error?.problems.map(\.joint) == ["elbow"])
    #expect(error?.problems.first?.message.contains("no answer to 'switch off'") == true)
  }

  @Test("Brought up again after a host that died, with its watchdog's fault latched")
  func again() throws {
    let robot = SampleRobots.canopenArm()
    let simulated = SimulatedRobot(robot, seed: 1)
    var target = simulated
    try BringUp.run(robot, on: &target)
    var frames = FrameBuffer(capacity: 8)
    DriveCodec.endGroup(robot.joints[1].configuration.drive, cycle: 0, into: &frames)
    simulated.send(frames)
    _ = simulated.wait(until: simulated.now + 19_000_000)
    #expect(simulated.firmware(of: 0).mode == .disabled)
    _ = simulated.wait(until: simulated.now + 2_000_000)
    #expect(simulated.firmware(of: 0).mode == .fault && simulated.firmware(of: 1).mode == .fault)
    try BringUp.run(robot, on: &target)
    #expect(simulated.firmware(of: 0).mode == .disabled && simulated.firmware(of: 1).mode == .disabled)
  }
}
