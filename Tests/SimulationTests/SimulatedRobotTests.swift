import AllocationGuard
import CServoBus
import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// The host's side of a simulated robot: drives encoded commands at it, one cycle at a time.
private struct Host: ~Copyable {
  let robot: Robot
  let simulated: SimulatedRobot
  var cycle: Int64 = 0
  var received = FrameBuffer(capacity: 512)
  var transmit = FrameBuffer(capacity: 256)

  init(
    _ robot: Robot, seed: UInt64 = 1, faults: [BusFault] = [], pace: Pace = .fast, stand: Stand? = nil
  ) {
    self.robot = robot
    simulated = SimulatedRobot(robot, seed: seed, faults: faults, pace: pace, stand: stand)
  }

  func drive(_ joint: Int) -> DriveConfiguration { robot.joints[joint].configuration.drive }

  /// Waits for the next cycle and takes what arrived; returns the instant of waking.
  @discardableResult
  mutating func wait() -> Int64 {
    cycle += 1
    let woke = simulated.wait(until: cycle * robot.period)
    received.removeAll()
    simulated.receive(into: &received)
    transmit.removeAll()
    return woke
  }

  mutating func request(_ request: DriveRequest) {
    for joint in robot.joints.indices { transmit.append(DriveCodec.encode(request, for: drive(joint))) }
    simulated.send(transmit)
  }

  /// Writes the drive-side watchdog and switches the power stages on.
  mutating func enable(watchdog_us: Int = 20_000) {
    wait()
    for joint in robot.joints.indices {
      let request: DriveRequest =
        switch drive(joint).family {
        case .canopen: .start
        case .damiao: .writeParameter(Damiao.Register.timeout, Damiao.timeoutUnits(microseconds: watchdog_us))
        case .mit: .disable
        case .odrive, .odrive05: .start
        case .myactuator:
          .writeParameter(
            MyActuator.Parameter.watchdog, MyActuator.watchdogUnits(microseconds: watchdog_us))
        // Each command carries it.
        case .moteus: .identify
        case .robstride:
          .writeParameter(RobStride.Parameter.canTimeout, RobStride.timeoutUnits(microseconds: watchdog_us))
        }
      transmit.append(DriveCodec.encode(request, for: drive(joint)))
    }
    simulated.send(transmit)
    wait()
    request(.enable)
    wait()
  }

  mutating func command(_ joint: Int, _ command: JointCommand) {
    let configuration = robot.joints[joint].configuration
    let motor = configuration.transmission.motorCommand(of: command)
    transmit.append(DriveCodec.encode(motor, for: configuration.drive))
  }

  /// One cycle that holds every joint.
  mutating func hold(_ positions: [Double], stiffness: Double, damping: Double) {
    for joint in positions.indices {
      var wanted = JointCommand()
      wanted.position = positions[joint]
      wanted.stiffness = stiffness
      wanted.damping = damping
      command(joint, wanted)
    }
    simulated.send(transmit)
    wait()
  }

  /// The newest sample of a joint among the frames just received, joint side.
  func sample(of joint: Int) -> JointState? {
    var state: JointState?
    for index in 0..<received.count where DriveCodec.answers(received[index], drive(joint)) {
      if case .feedback(let motor) = DriveCodec.decode(received[index], for: drive(joint)) {
        state = robot.joints[joint].configuration.transmission.jointState(of: motor)
      }
    }
    return state
  }
}

/// A hash of every frame in the order of time (FNV-1a).
private final class FrameDigest {
  var value: UInt64 = 0xCBF2_9CE4_8422_2325
  var count = 0
  var lastTime = Int64.min
  var isInOrder = true

  func add(_ frame: CANFrame) {
    isInOrder = isInOrder && frame.time >= lastTime
    lastTime = frame.time
    count += 1
    add(UInt64(bitPattern: frame.time))
    add(UInt64(frame.id) << 16 | UInt64(frame.bus) << 8 | UInt64(frame.length))
    for index in 0..<Int(frame.length) { add(UInt64(frame.payload[index])) }
  }

  private func add(_ word: UInt64) { value = (value ^ word) &* 0x100_0000_01B3 }
}

@Suite struct SimulatedRobotTests {
  /// Gravity torque of the arm, positive where it drives the joint down [N.m].
  private func gravity(_ shoulder: Double, _ elbow: Double) -> (shoulder: Double, elbow: Double) {
    let weight = SampleRobots.linkMass * 9.81
    let length = SampleRobots.linkLength
    let lower = weight * length / 2 * sine(shoulder + elbow)
    return (weight * (length / 2 + length) * sine(shoulder) + lower, lower)
  }

  private func sine(_ angle: Double) -> Double {
    var term = angle
    var sum = angle
    for order in 1...10 {
      term *= -angle * angle / Double(2 * order * (2 * order + 1))
      sum += term
    }
    return sum
  }

  @Test func startsAtHomeAndSilent() {
    let simulated = SimulatedRobot(SampleRobots.arm(losses: .planetary, home: [0, 0]), seed: 1)
    let digest = FrameDigest()
    simulated.tap = digest.add
    #expect(simulated.now == 0)
    #expect(simulated.wait(until: 50_000_000) == 50_000_000)
    #expect(digest.count == 0)
    #expect(abs(simulated.position(of: 0)) < 1e-3)
    #expect(simulated.statistics(ofBus: 0).load == 0)
  }

  @Test func settlesAtTheStaticDeflection() {
    var host = Host(SampleRobots.arm())
    host.enable()
    for _ in 0..<3000 { host.hold([0.8, 0.5], stiffness: 40, damping: 2) }
    let (first, second) = (host.simulated.position(of: 0), host.simulated.position(of: 1))
    let load = gravity(first, second)
    // stiffness x (asked - actual) = gravity, within a step of the frame's position (25 rad / 65535), of its
    // stiffness (500 / 4095) and of the encoder.
    let shoulderError = abs(40 * (0.8 - first) - load.shoulder)
    let elbowError = abs(40 * (0.5 - second) - load.elbow)
    let (shoulderBound, elbowBound) = (40 * 4e-4 + 0.125 * 0.15 + 0.01, 40 * 4e-4 + 0.01)
    #expect(shoulderError < shoulderBound)
    #expect(elbowError < elbowBound)
    #expect(abs(0.8 - first) > 0.05)
    #expect(abs(host.simulated.velocity(of: 0)) < 1e-2)
    for joint in 0..<2 {
      guard let sample = host.sample(of: joint) else {
        Issue.record("no sample of joint \(joint)")
        continue
      }
      // A step of the torque field, and damping times the ripple of the encoder's velocity since the sample.
      #expect(abs(sample.position - host.simulated.position(of: joint)) < 1e-3)
      #expect(abs(sample.torque - host.simulated.motorTorque(of: joint)) < 0.05)
    }
  }

  @Test func answersArriveWithinTheCycle() {
    var host = Host(SampleRobots.arm())
    let digest = FrameDigest()
    host.simulated.tap = digest.add
    host.enable()
    let before = digest.count
    for _ in 0..<100 {
      host.hold([0.4, -0.3], stiffness: 40, damping: 2)
      #expect(host.received.count == 2)
    }
    #expect(digest.count == before + 400)
    #expect(digest.isInOrder)
    let load = host.simulated.statistics(ofBus: 1).load
    // Two extended frames of 8 bytes a millisecond: 131 to 160 bits each.
    #expect(load > 0.25 && load < 0.32)
  }

  private func digest(
    seed: UInt64, probability: Double = 0, pace: Pace = .fast, cycles: Int = 400
  ) -> UInt64 {
    let faults = (0..<2).map { BusFault(bus: $0, kind: .lose(probability: probability)) }
    var host = Host(SampleRobots.arm(losses: .planetary), seed: seed, faults: faults, pace: pace)
    let digest = FrameDigest()
    host.simulated.tap = digest.add
    host.enable()
    for cycle in 0..<cycles {
      host.hold([0.4 + 0.001 * Double(cycle % 50), -0.3], stiffness: 40, damping: 2)
    }
    return digest.value
  }

  @Test func sameSeedSameBytes() {
    #expect(digest(seed: 1, probability: 0.05) == digest(seed: 1, probability: 0.05))
    #expect(digest(seed: 1, probability: 0.05) != digest(seed: 2, probability: 0.05))
    #expect(digest(seed: 1) == digest(seed: 2))
  }

  @Test func realPaceCarriesTheSameBytes() {
    let start = servo_clock_now()
    let real = digest(seed: 1, pace: .real, cycles: 200)
    let elapsed = servo_clock_now() - start
    #expect(real == digest(seed: 1, cycles: 200))
    #expect(elapsed > 200_000_000)
  }

  @Test func realPaceReportsWhenItWoke() {
    let simulated = SimulatedRobot(SampleRobots.arm(), seed: 1, pace: .real)
    _ = simulated.wait(until: 0)
    for cycle: Int64 in 1...20 {
      let woke = simulated.wait(until: cycle * 1_000_000)
      #expect(woke >= cycle * 1_000_000)
      #expect(simulated.now == cycle * 1_000_000)
    }
  }

  @Test func unpluggedDrivesLetGoAtTheirWatchdog() {
    let unplugged: Int64 = 100_000_000
    var host = Host(
      SampleRobots.arm(), faults: [0, 1].map { BusFault(bus: $0, kind: .loseAll(from: unplugged)) })
    let frames = FrameLog()
    host.simulated.tap = frames.add
    host.enable(watchdog_us: 20_000)
    while host.simulated.now < 90_000_000 { host.hold([0.8, 0.5], stiffness: 40, damping: 2) }
    let holding = abs(host.simulated.motorTorque(of: 0))
    while host.simulated.now < 115_000_000 { host.hold([0.8, 0.5], stiffness: 40, damping: 2) }
    #expect(frames.all.allSatisfy { $0.time < unplugged })
    #expect(holding > 0.5 && abs(host.simulated.motorTorque(of: 0)) > 0.5)
    // The last frame on a drive's bus that is not its own answer is the last command it saw.
    var expiries: [(joint: Int, time: Int64)] = []
    for joint in 0..<2 {
      let drive = host.drive(joint)
      let last = frames.all.last { $0.bus == drive.bus && !DriveCodec.answers($0, drive) }
      expiries.append((joint, (last?.time ?? 0) + 20_000_000))
    }
    for (joint, time) in expiries.sorted(by: { $0.time < $1.time }) {
      #expect(time > 115_000_000 && time < 120_000_000)
      _ = host.simulated.wait(until: time - 1)
      #expect(host.simulated.firmware(of: joint).mode == .enabled)
      _ = host.simulated.wait(until: time)
      #expect(host.simulated.firmware(of: joint).mode != .enabled)
    }
    _ = host.simulated.wait(until: 130_000_000)
    #expect(abs(host.simulated.motorTorque(of: 0)) < 1e-6)
    #expect(host.simulated.position(of: 0) < 0.8)
  }

  @Test func lossOnTheBusReachesTheHost() {
    var host = Host(
      SampleRobots.arm(), seed: 7, faults: [BusFault(bus: 1, kind: .lose(probability: 0.1))])
    host.enable(watchdog_us: 1_000_000)
    var answers = [0, 0]
    for _ in 0..<4000 {
      host.hold([0.4, -0.3], stiffness: 40, damping: 2)
      for joint in 0..<2 where host.sample(of: joint) != nil { answers[joint] += 1 }
    }
    #expect(answers[0] == 4000)
    // Command and answer must both arrive: 0.81, five standard deviations.
    #expect(abs(Double(answers[1]) - 3240) < 125)
    #expect(host.simulated.statistics(ofBus: 0).lost == 0)
    #expect(host.simulated.statistics(ofBus: 1).lost > 600)
  }

  @Test func stepsWithoutAllocating() {
    var host = Host(SampleRobots.chain(joints: 12))
    let positions = Array(repeating: 0.1, count: 12)
    host.enable()
    for _ in 0..<20 { host.hold(positions, stiffness: 40, damping: 2) }
    allocation_guard_enter()
    for _ in 0..<200 { host.hold(positions, stiffness: 40, damping: 2) }
    #expect(allocation_guard_leave() == 0)
    // Used after the count, so that a release build does not free the array before it.
    #expect(host.received.count == positions.count)
  }

  @Test(
    "A stand that yields holds through a trial at no torque, until a drive gives some or is on for a second")
  func standThatYields() {
    for stiffness in [0, 40.0] {
      let stand = Stand(yieldsToDrives: true)
      var host = Host(SampleRobots.arm(home: [1.2, 0.4]), stand: stand)
      for _ in 0..<200 { host.wait() }
      #expect(stand.isHolding && host.simulated.position(of: 0) == 1.2)
      host.enable()
      for _ in 0..<100 { host.hold([1.2, 0.4], stiffness: 0, damping: 0) }
      #expect(stand.isHolding && host.simulated.position(of: 0) == 1.2)
      let cycles = stiffness > 0 ? 20 : 1000
      for _ in 0..<cycles { host.hold([0, 0], stiffness: stiffness, damping: 0) }
      #expect(!stand.isHolding && host.simulated.position(of: 0) != 1.2)
    }
    var host = Host(SampleRobots.arm(home: [1.2, 0.4]))
    for _ in 0..<200 { host.wait() }
    #expect(host.simulated.position(of: 0) != 1.2)
  }
}

private final class FrameLog {
  var all: [CANFrame] = []
  func add(_ frame: CANFrame) { all.append(frame) }
}
