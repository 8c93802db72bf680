import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// Bring-up sees each drive's watchdog trip, and refuses one that does not or trips too early.
@Suite("Watchdogs tried by bring-up") struct WatchdogTrialTests {
  /// A robot of two drives whose watchdogs are tried.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let robot: Robot
    /// Longest time that bring-up may take [ns].
    let longest: Int64
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "Damiao and RobStride", robot: SampleRobots.arm(), longest: 80_000_000),
    Case(name: "CANopen", robot: SampleRobots.canopenArm(), longest: 260_000_000),
    Case(name: "moteus", robot: SampleRobots.moteusArm(), longest: 120_000_000),
    Case(name: "CyberGear", robot: SampleRobots.arm(of: cyberGear), longest: 80_000_000),
    Case(name: "ODrive 0.6", robot: SampleRobots.oDriveArm(.odrive), longest: 2_000_000_000),
    Case(name: "ODrive 0.5", robot: SampleRobots.oDriveArm(.odrive05), longest: 2_000_000_000),
  ]
  /// Those whose trial begins anew where it showed nothing.
  static let repeated = cases.filter { $0.robot.joints[0].configuration.drive.family.isRepeatedlyTried }
  static let cyberGear = DriveModel.all(.robstride).first { $0.name == "CyberGear" } ?? SampleRobots.rs02

  /// What bring-up says of a robot whose drives have defective watchdogs.
  private func problems(
    _ robot: Robot, halves: [Int64], seed: UInt64 = 1, loss: Double = 0
  ) -> (problems: [BringUpError.Problem], target: SimulatedRobot) {
    let faults = robot.buses.indices.map { BusFault(bus: $0, kind: .lose(probability: loss)) }
    let target = SimulatedRobot(robot, seed: seed, faults: loss > 0 ? faults : [])
    for joint in halves.indices { target.breakWatchdog(of: joint, halves: halves[joint]) }
    var used = target
    do throws(BringUpError) {
      try BringUp.run(robot, on: &used)
      return ([], target)
    } catch { return (error.problems, target) }
  }

  @Test(
    "A sound watchdog passes: each drive was on, gave no torque to speak of, and is off", arguments: cases)
  func passes(_ sample: Case) throws {
    let simulated = SimulatedRobot(sample.robot, seed: 1)
    var wasOn = [false, false]
    var worst = 0.0
    simulated.tap = { [unowned simulated] _ in
      for joint in 0..<2 {
        if simulated.firmware(of: joint).mode == .enabled { wasOn[joint] = true }
        worst = max(worst, abs(simulated.motorTorque(of: joint)))
      }
    }
    var target = simulated
    let identities = try BringUp.run(sample.robot, on: &target)
    #expect(wasOn == [true, true] && identities.count == 2)
    #expect(target.now < sample.longest, "\(target.now) ns")
    // Half a step of the torque word beside zero, and 1 % of the torque where an ODrive is tried with it.
    let isODrive = sample.name.hasPrefix("ODrive")
    #expect(worst < (isODrive ? 0.36 : 0.05), "\(worst) N.m")
    _ = target.wait(until: target.now + 50_000_000)
    for joint in 0..<2 where !isODrive { #expect(target.firmware(of: joint).mode == .disabled) }
  }

  @Test(
    "One that is off, or twice as long, is refused by joint and times, and the drive is off", arguments: cases
  )
  func isSlow(_ sample: Case) {
    for halves: Int64 in [0, 4] {
      let (problems, target) = problems(sample.robot, halves: [2, halves])
      #expect(problems.map(\.joint) == ["elbow"], "\(problems)")
      for problem in problems {
        let longest = sample.robot.period == 1_000_000 ? "25.0 ms" : "26.0 ms"
        #expect(problem.message.contains("still enabled after \(longest)"), "\(problem)")
        #expect(problem.message.contains("its watchdog is 20.0 ms") && !problem.fix.isEmpty)
      }
      _ = target.wait(until: target.now + 3_000_000)
      #expect(target.firmware(of: 1).mode != .enabled)
    }
  }

  @Test("One that is half as long is refused, with what it bore", arguments: cases)
  func isHasty(_ sample: Case) {
    let (problems, target) = problems(sample.robot, halves: [2, 1])
    #expect(problems.map(\.joint) == ["elbow"], "\(problems)")
    let shortest = sample.robot.period == 1_000_000 ? "15.0 ms" : "16.0 ms"
    #expect(problems.first?.message.contains("after only \(shortest)") == true, "\(problems)")
    #expect(target.firmware(of: 1).mode != .enabled)
  }

  @Test("Both are named when both are bad", arguments: cases)
  func areBoth(_ sample: Case) {
    #expect(problems(sample.robot, halves: [0, 1]).problems.map(\.joint).sorted() == ["elbow", "shoulder"])
  }

  @Test(
    "On a bus that loses one frame in fifty a sound one passes, one that is off never does",
    arguments: repeated)
  func onALossyBus(_ sample: Case) {
    for seed: UInt64 in 1...20 {
      let sound = problems(sample.robot, halves: [2, 2], seed: seed, loss: 0.02).problems
      #expect(sound.isEmpty, "seed \(seed): \(sound)")
      let dead = problems(sample.robot, halves: [2, 0], seed: seed, loss: 0.02).problems
      #expect(dead.map(\.joint).contains("elbow"), "seed \(seed): \(dead)")
    }
  }

  @Test("Any time from three cycles to 0.1 s, each drive its own", arguments: repeated)
  func anyTime(_ sample: Case) {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<20 {
      var joints = sample.robot.joints
      let cycles = sample.robot.period / 1000
      for joint in joints.indices {
        let shortest = sample.name == "CANopen" ? 8 * cycles : 3 * cycles
        let time = Int(Int64.random(in: shortest...100_000, using: &generator))
        joints[joint].driveWatchdog_us = time
        joints[joint].configuration.drive.watchdog_us = UInt32(time)
      }
      let robot = Robot(
        name: "arm", period: sample.robot.period, buses: sample.robot.buses, joints: joints,
        model: sample.robot.model, feedforward: .gravity, commandTimeout: 50_000_000)
      let times = joints.map(\.driveWatchdog_us)
      #expect(problems(robot, halves: [2, 2]).problems.isEmpty, "\(times) us")
      #expect(problems(robot, halves: [0, 2]).problems.map(\.joint) == ["shoulder"], "\(times) us")
    }
  }

  /// A target that loses the host's first frames of one kind after the drive was switched on.
  private struct Forgetful: Target, ~Copyable {
    let robot: SimulatedRobot
    let isLost: (CANFrame) -> Bool
    private var kept = FrameBuffer(capacity: 256)

    init(_ robot: SimulatedRobot, losing isLost: @escaping (CANFrame) -> Bool) {
      self.robot = robot
      self.isLost = isLost
    }

    var now: Int64 { robot.now }
    var waitsForLoop: Bool { true }
    mutating func wait(until time: Int64) -> Int64 { robot.wait(until: time) }
    mutating func receive(into frames: inout FrameBuffer) { robot.receive(into: &frames) }
    mutating func send(_ frames: borrowing FrameBuffer) {
      kept.removeAll()
      for index in 0..<frames.count where !isLost(frames[index]) { kept.append(frames[index]) }
      robot.send(kept)
    }
  }

  @Test("A drive that failed is off although the first order to it is lost")
  func isSwitchedOff() {
    let simulated = SimulatedRobot(SampleRobots.arm(), seed: 1)
    simulated.breakWatchdog(of: 1, halves: 0)
    var isOn = false
    var lost = 0
    var target = Forgetful(simulated) { frame in
      guard frame.isExtended else { return false }
      if frame.id >> 24 == 3 { isOn = true }
      guard isOn, frame.id >> 24 == 4, lost < 2 else { return false }
      lost += 1
      return true
    }
    #expect(throws: BringUpError.self) { try BringUp.run(SampleRobots.arm(), on: &target) }
    _ = simulated.wait(until: simulated.now + 5_000_000)
    #expect(lost == 2 && simulated.firmware(of: 1).mode == .disabled)
  }

  @Test("A watchdog that nobody states is not tried: CyberGear without one")
  func isNotStated() {
    let robot = SampleRobots.arm(of: Self.cyberGear, watchdog_us: 0)
    #expect(problems(robot, halves: [2, 2]).problems.isEmpty)
    let switching = BringUpStep.sequence(for: robot.joints[0]).filter(\.switchesOn)
    #expect(switching.isEmpty)
  }

  @Test("The same bring-up gives the same frames at the same instants", arguments: cases)
  func isDeterministic(_ sample: Case) throws {
    final class Tape { var rows: [[Int64]] = [] }
    func frames() throws -> [[Int64]] {
      let tape = Tape()
      let simulated = SimulatedRobot(sample.robot, seed: 1)
      simulated.tap = { frame in
        tape.rows.append(
          [frame.time, Int64(frame.id)] + (0..<Int(frame.length)).map { Int64(frame.payload[$0]) })
      }
      var target = simulated
      try BringUp.run(sample.robot, on: &target)
      return tape.rows
    }
    let first = try frames()
    let second = try frames()
    #expect(first == second && first.count > 50)
  }
}

extension DriveFamily {
  fileprivate var isRepeatedlyTried: Bool {
    switch self {
    case .myactuator, .odrive, .odrive05: false
    case .canopen, .damiao, .mit, .moteus, .robstride: true
    }
  }
}
