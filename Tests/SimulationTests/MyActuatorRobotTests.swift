import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

@Suite("MyActuator drives in simulation")
struct MyActuatorRobotTests {
  private let wave = Motion(
    name: "wave",
    points: [(0, [0.4, -0.3]), (0.6, [0.9, 0.2]), (1.2, [0.1, -0.6]), (1.8, [0.4, -0.3])].map {
      Motion.Point(time: $0.0, positions: $0.1)
    })

  private func run(
    _ robot: Robot, motion: Motion?, runTime: Double? = nil, faults: [BusFault] = [],
    prepare: (SimulatedRobot) -> Void = { _ in }
  ) throws -> (fault: ControlFault?, joints: [RunStatistics.Joint], simulated: SimulatedRobot) {
    let simulated = SimulatedRobot(robot, seed: 1, faults: faults)
    var target = simulated
    try BringUp.run(robot, on: &target)
    prepare(simulated)
    var source = MotionPlayer(motion, robot: robot, runTime: runTime)
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: target)
    var fault: ControlFault?
    do throws(ControlFault) { try loop.run(from: &source, recording: &statistics) } catch { fault = error }
    return (fault, (0..<robot.joints.count).map { statistics.joints[$0] }, simulated)
  }

  @Test(
    "A motion is armed, played and stopped at 500 Hz, no worse than twice as far off as with RobStride drives"
  )
  func playsMotion() throws {
    let result = try run(SampleRobots.myActuatorArm(losses: .planetary), motion: wave)
    #expect(result.fault == nil)
    let reference = try run(SampleRobots.robStrideArm(losses: .planetary, period: 2_000_000), motion: wave)
    #expect(reference.fault == nil)
    for (joint, other) in zip(result.joints, reference.joints) {
      #expect(joint.count > 900 && joint.rms < 2 * other.rms, "\(joint.rms) and \(other.rms) rad")
      #expect(joint.limited == 0 && joint.saturated == 0 && joint.worstAge <= 2)
    }
    _ = result.simulated.wait(until: result.simulated.now + 4_000_000)
    for joint in 0..<2 { #expect(result.simulated.firmware(of: joint).mode == .disabled) }
    #expect(result.simulated.overrun == 0 && result.simulated.statistics(ofBus: 0).dropped == 0)
    // What the plan counts, and never more.
    let robot = SampleRobots.myActuatorArm()
    #expect(result.simulated.statistics(ofBus: 0).load < BusPlan(robot: robot).buses[0].utilisation)
  }

  @Test("Bring-up leaves every drive off, its watchdog set, having tried it with 1 % of its torque")
  func bringsUp() throws {
    let robot = SampleRobots.myActuatorArm()
    let simulated = SimulatedRobot(robot, seed: 1)
    var currents: Set<Int16> = []
    var worst = 0.0
    simulated.tap = { [unowned simulated] frame in
      if frame.id == 0x141, frame.payload[0] == 0xA1 {
        currents.insert(Int16(frame.payload[4]) | Int16(frame.payload[5]) << 8)
      }
      for joint in 0..<2 { worst = max(worst, abs(simulated.motorTorque(of: joint))) }
    }
    var target = simulated
    try BringUp.run(robot, on: &target)
    // 1 % of 10 N.m is less than 0.1 A x 3.125 N.m/A; and the brakes are locked.
    #expect(currents == [10] && worst == 0)
    #expect(target.now < 500_000_000)
    for joint in 0..<2 { #expect(target.firmware(of: joint).mode == .disabled) }
    // The watchdog holds: switched on and left alone, a drive lets go after 20 ms.
    for joint in robot.joints {
      var frames = FrameBuffer(capacity: 1)
      frames.append(DriveCodec.encode(MotorCommand(), for: joint.configuration.drive))
      target.send(frames)
    }
    _ = target.wait(until: target.now + 15_000_000)
    for joint in 0..<2 { #expect(target.firmware(of: joint).mode == .enabled) }
    _ = target.wait(until: target.now + 10_000_000)
    for joint in 0..<2 { #expect(target.firmware(of: joint).mode == .disabled) }
  }

  /// A target with something between host and drives.
  private struct ChangedTarget: Target, ~Copyable {
    let robot: SimulatedRobot
    /// What reaches a drive of a host's frame; nil when nothing does.
    let change: (CANFrame) -> CANFrame?
    var now: Int64 { robot.now }
    var waitsForLoop: Bool { true }
    mutating func wait(until time: Int64) -> Int64 { robot.wait(until: time) }
    mutating func receive(into frames: inout FrameBuffer) { robot.receive(into: &frames) }
    mutating func send(_ frames: borrowing FrameBuffer) {
      var changed = FrameBuffer(capacity: 256)
      for index in 0..<frames.count {
        if let frame = change(frames[index]) { changed.append(frame) }
      }
      robot.send(changed)
    }
  }

  private func problems(
    prepare: (SimulatedRobot) -> Void = { _ in }, _ change: @escaping (CANFrame) -> CANFrame?
  ) -> [BringUpError.Problem] {
    let robot = SampleRobots.myActuatorArm()
    let simulated = SimulatedRobot(robot, seed: 1)
    prepare(simulated)
    var target = ChangedTarget(robot: simulated, change: change)
    do throws(BringUpError) {
      try BringUp.run(robot, on: &target)
      return []
    } catch {
      _ = simulated.wait(until: simulated.now + 5_000_000)
      for joint in 0..<2 { #expect(simulated.firmware(of: joint).mode != .enabled) }
      return error.problems
    }
  }

  @Test(
    "A watchdog of another time is found by what its answer repeats, a drive that does not hold by silence")
  func watchdogs() {
    #expect(problems { $0 }.isEmpty)
    // A time that arrives as another is repeated as another.
    let other = problems { frame in
      var frame = frame
      if frame.id == 0x160, frame.payload[0] == 0xB3 { frame.payload[4] = 200 }
      return frame
    }
    #expect(other.map(\.joint) == ["elbow"])
    #expect(other.first?.message == "watchdog is answered with 200 instead of 20", "\(other)")
    // A drive that takes the time and does not keep it: switched off by a reset before it is tried.
    var isReset = false
    let forgetful = problems { frame in
      var frame = frame
      if frame.id == 0x160, frame.payload[0] == 0xA1, !isReset {
        frame.payload[0] = 0x76
        isReset = true
      }
      return frame
    }
    #expect(forgetful.map(\.joint) == ["elbow"])
    #expect(forgetful.first?.message.contains("gives 0.0 N.m of 0.3125 N.m") == true, "\(forgetful)")
  }

  @Test("A drive whose watchdog is off is found, and switched off")
  func watchdogOff() {
    // The answer repeats 20, and what the drive holds is 0 again behind the host's back.
    let robot = SampleRobots.myActuatorArm()
    let simulated = SimulatedRobot(robot, seed: 1)
    var count = 0
    var target = ChangedTarget(robot: simulated) { frame in
      guard frame.id == 0x160, frame.payload[0] == 0xA1 else { return frame }
      count += 1
      // Just before the second trial.
      if count == 2 {
        var off = FrameBuffer(capacity: 1)
        off.append(
          DriveCodec.encode(
            .writeParameter(MyActuator.Parameter.watchdog, 0), for: robot.joints[1].configuration.drive))
        simulated.send(off)
      }
      return frame
    }
    do throws(BringUpError) {
      try BringUp.run(robot, on: &target)
      Issue.record("a watchdog that is off was taken for one that is on")
    } catch {
      #expect(error.problems.map(\.joint) == ["elbow"])
      #expect(
        error.problems.first?.message.hasPrefix("still gives 0.3125 N.m of 0.3125 N.m after 25.0 ms") == true,
        "\(error)")
    }
    _ = simulated.wait(until: simulated.now + 5_000_000)
    #expect(simulated.firmware(of: 1).mode == .disabled)
  }

  @Test("A drive with an error is not armed")
  func errors() {
    let broken = problems(prepare: { $0.breakDrive(of: 0, .overVoltage) }) { $0 }
    #expect(broken.map(\.joint) == ["shoulder"])
    #expect(broken.first?.message.contains("still in fault after 'clear faults'") == true, "\(broken)")
    #expect(broken.first?.fix.contains("power-cycle") == true)
    let silent = problems { $0.id == 0x141 ? nil : $0 }
    #expect(silent.first?.message.contains("no answer to 'switch off'") == true, "\(silent)")
  }

  @Test("A drive that gives up is a fault within ten cycles")
  func driveFault() throws {
    var broken: Int64 = 0
    let result = try run(SampleRobots.myActuatorArm(), motion: nil, runTime: 3) { simulated in
      simulated.tap = { [unowned simulated] frame in
        guard frame.time > 1_500_000_000, broken == 0 else { return }
        broken = frame.time
        simulated.breakDrive(of: 1, .overCurrent)
      }
    }
    let fault = try #require(result.fault)
    #expect(fault.fault.kind == .driveFault && fault.joints == ["elbow"])
    let noticed = try #require(fault.history.last?.record.cycle.time)
    #expect(broken > 0 && noticed - broken < 24_000_000, "\(noticed - broken)")
  }

  @Test("A lost bus stops the robot by the age of its angles, and the watchdogs let go")
  func unplug() throws {
    let result = try run(
      SampleRobots.myActuatorArm(), motion: nil, runTime: 4,
      faults: [BusFault(bus: 0, kind: .loseAll(from: 2_000_000_000))])
    let fault = try #require(result.fault)
    #expect(fault.fault.kind == .sampleLost && fault.joints.contains("elbow"))
    for joint in 0..<2 { #expect(result.simulated.firmware(of: joint).mode == .disabled) }
  }

  @Test("Scattered losses are bridged")
  func scatteredLosses() throws {
    let result = try run(
      SampleRobots.myActuatorArm(losses: .planetary), motion: wave,
      faults: [BusFault(bus: 0, kind: .lose(probability: 0.01))])
    #expect(result.fault == nil)
    for joint in result.joints { #expect(joint.rms < 0.05 && joint.worstAge >= 2) }
  }
}
