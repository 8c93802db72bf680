import AllocationGuard
import Foundation
import TestSupport
import Testing

@testable import ControlCycle

/// Random changes of law, gains, owner and setpoint on joints that answer to their torques.
struct LawSequence: ~Copyable {
  var harness: CycleHarness
  var random: SeededGenerator
  /// Largest part of its bound that a torque step was.
  var worst = 0.0
  var violations: [String] = []
  /// Cycles in which a torque was looked at, and how many joints of them followed a law but impedance.
  var cycles = 0
  var guided = 0
  private var velocity = [0.0, 0, 0]
  private var request = Request.arm
  private var last: [Snapshot]?

  /// What the bound of the next step is computed from.
  struct Snapshot {
    var torque: Double
    var error: Double
    var errorRate: Double
    var model: Double
    var asked: Double
    var friction: Double
    var wall: Double
    var activation: Double
  }

  init(seed: UInt64, content: ModelTorque.Content) throws {
    harness = try CycleHarness(content: content, friction: (coulomb: 0.6, viscous: 0.2))
    random = SeededGenerator(seed: seed)
    harness.arm()
    for _ in 0..<400 { harness.step() }
  }

  private mutating func number(_ size: Double) -> Double { Double.random(in: -size...size, using: &random) }

  /// One change, of those that an owner of the robot can ask for.
  private mutating func change() {
    let joint = Int.random(in: 0..<3, using: &random)
    switch random.next() % 6 {
    case 0, 1:
      let law: JointLaw = [.impedance, .torque, .handGuiding, .damping][Int(random.next() % 4)]
      let damping = Double.random(in: 0...1, using: &random)
      let choice = LawChoice(law, stiffness: damping * .random(in: 0...1, using: &random), damping: damping)
      harness.setpoints.ask(choice, for: joint)
    case 2: harness.setpoints.joints[joint].position = number(2)
    case 3:
      // Another owner: everything of every joint is another at once.
      for joint in 0..<3 {
        harness.setpoints.joints[joint] = JointSetpoint(
          position: number(1.4), velocity: number(3), acceleration: number(30), torque: number(3))
      }
    case 4: harness.setpoints.joints[joint].torque = number(5)
    default: request = random.next() % 3 == 0 ? .stop : .arm
    }
  }

  /// Some cycles with a change in some of them.
  mutating func run(cycles count: Int) {
    for _ in 0..<count {
      if random.next() % 8 == 0 { change() }
      step()
    }
    request = .arm
    if !harness.control.safety.state.isArmed { rearm() }
  }

  private mutating func rearm() {
    for joint in 0..<3 {
      velocity[joint] = 0
      let position = harness.reports[joint]?.position ?? 0
      harness.reports[joint]?.position = min(max(position, -1.4), 1.4)
      harness.reports[joint]?.velocity = 0
    }
    for request in [Request.disarm, .reset] { for _ in 0..<3 { harness.step(request) } }
    harness.arm()
    for _ in 0..<300 { harness.step() }
    last = nil
  }

  private mutating func step() {
    harness.step(request)
    harness.setpoints.forgetChoices()
    if !harness.control.refusedLaws.isEmpty { violations.append("refused") }
    var now: [Snapshot] = []
    for joint in 0..<3 {
      now.append(snapshot(joint))
      if harness.control.laws[joint].isGuided { guided += 1 }
      check(joint, now[joint])
      // An inertia with some damping, pushed by somebody's hand now and then.
      let torque = now[joint].torque + (random.next() % 16 == 0 ? number(10) : 0)
      velocity[joint] += CycleHarness.period * (torque - 2.2 * velocity[joint]) / 0.5
      velocity[joint] = min(max(velocity[joint], -3.5), 3.5)
      let position = (harness.reports[joint]?.position ?? 0) + CycleHarness.period * velocity[joint]
      if abs(position) > 1.49 { velocity[joint] = 0 }
      harness.reports[joint]?.position = min(max(position, -1.49), 1.49)
      harness.reports[joint]?.velocity = velocity[joint]
    }
    last = now
  }

  private func snapshot(_ joint: Int) -> Snapshot {
    let (command, state) = (harness.control.commands[joint], harness.control.states[joint])
    let motion = harness.control.shownMotion(joint)
    let configuration = harness.control.joints[joint]
    let isFollowing = harness.control.safety.state.isArmed && !harness.control.safety.isFrozen
    let reach = LimitWall(configuration, period: CycleHarness.period).reach(at: state.position)
    return Snapshot(
      torque: command.stiffness * (command.position - state.position)
        + command.damping * (command.velocity - state.velocity) + command.torque,
      error: motion.position - state.position, errorRate: motion.velocity - state.velocity,
      model: harness.control.dynamics[joint],
      asked: (isFollowing ? harness.setpoints.joints[joint].torque : 0)
        + JointImpedance.friction(along: motion, joint: configuration),
      friction: configuration.coulombFriction * smoothSign(state.velocity, width: 0.05)
        + configuration.viscousFriction * state.velocity,
      wall: reach.torque + reach.share * LimitWall.dampingShare * configuration.gains.damping
        * (motion.velocity - state.velocity),
      activation: harness.control.activations[joint])
  }

  /// The stated bound: what a change of law adds, what inputs do with the configured gains, and what `activations` do.
  private mutating func check(_ joint: Int, _ now: Snapshot) {
    let configuration = harness.control.joints[joint]
    let limit = configuration.limits.torque
    let motion = harness.control.motions[joint]
    if !now.torque.isFinite || abs(now.torque) > limit * (1 + 1e-9) {
      violations.append("torque \(now.torque)")
    }
    if harness.control.commands[joint].damping > configuration.gains.damping * (1 + 1e-9) {
      violations.append("damping \(harness.control.commands[joint].damping)")
    }
    if !motion.position.isFinite || abs(motion.position) > 1.5 || abs(motion.velocity) > 4 * (1 + 1e-9) {
      violations.append("motion \(motion)")
    }
    guard let before = last?[joint] else { return }
    cycles += 1
    let law = 2 * limit * CycleHarness.period / LawOutput.fadeTime
    let inputs =
      configuration.gains.stiffness * abs(now.error - before.error)
      + configuration.gains.damping * abs(now.errorRate - before.errorRate) + abs(now.model - before.model)
      + abs(now.asked - before.asked) + abs(now.friction - before.friction) + abs(now.wall - before.wall)
    // Below full activation the configured damping stands in for the law's.
    let activation =
      abs(now.activation - before.activation)
      * (configuration.gains.stiffness * abs(now.error)
        + configuration.gains.damping * (abs(now.errorRate) + 4) + abs(now.model) + abs(now.asked)
        + abs(now.wall) + limit)
    let stated = law + inputs + activation
    let step = abs(now.torque - before.torque)
    worst = max(worst, step / stated)
    if step > stated * (1 + 1e-9) {
      violations.append("joint \(joint): a step of \(step) N.m, stated \(stated) N.m")
    }
  }
}

@Suite("Laws: switching")
struct LawSwitchingTests {
  /// `SINEW_LAW_SEQUENCES` asks for more.
  static var sequences: Int {
    ProcessInfo.processInfo.environment["SINEW_LAW_SEQUENCES"].flatMap(Int.init) ?? 2000
  }

  @Test(
    "No change of law, gains, owner or setpoint makes a torque step above the stated bound", arguments: 0..<4)
  func switching(part: Int) throws {
    var sequence = try LawSequence(
      seed: UInt64(part), content: part % 2 == 0 ? .gravity : .inverseDynamics)
    let count = Self.sequences / 4
    for _ in 0..<count where sequence.violations.count < 5 { sequence.run(cycles: 40) }
    let violations = sequence.violations
    #expect(violations.isEmpty, "\(violations)")
    // It looked at something, and at what it is there for.
    let (cycles, guided, worst) = (sequence.cycles, sequence.guided, sequence.worst)
    print("\(count) sequences, \(cycles) torques, \(guided) guided, largest step \(worst) of its bound")
    #expect(cycles > count * 60 && guided > count)
    #expect(worst > 0.3, "\(worst)")
  }

  @Test("A joint led by hand goes where it is led, stays there, and holds there when it is stopped")
  func handGuiding() throws {
    var harness = try CycleHarness()
    harness.arm()
    for _ in 0..<300 { harness.step() }
    let isTaken = harness.control.choose(LawChoice(.handGuiding), for: 1)
    #expect(isTaken)
    for _ in 0..<200 { harness.step() }
    #expect(harness.control.laws[1].isGuided && harness.control.commands[1].stiffness == 0)
    #expect(harness.control.commands[0].stiffness == 80 && harness.control.commands[2].stiffness == 80)
    for cycle in 0..<500 {
      harness.reports[1]?.position = 0.001 * Double(cycle)
      harness.reports[1]?.velocity = 1
      harness.step()
    }
    harness.reports[1]?.velocity = 0
    for _ in 0..<300 { harness.step() }
    // Gravity of the pose and nothing else; the asked position, 0, counts for nothing.
    #expect(abs(harness.control.motions[1].position - 0.499) < 1e-6)
    let held = harness.control.dynamics[1]
    #expect(abs(held) > 0.1 && abs(harness.control.commands[1].torque - held) < 1e-9)
    for _ in 0..<300 { harness.step(.stop) }
    #expect(harness.control.commands[1].stiffness == 80 && !harness.control.laws[1].isGuided)
    #expect(abs(harness.control.motions[1].position - 0.499) < 1e-6)
  }

  @Test("A damped joint gives no torque at rest and its damping in motion")
  func damping() throws {
    var harness = try CycleHarness()
    harness.arm()
    harness.reports[2]?.position = 0.4
    harness.setpoints.joints[2] = JointSetpoint(position: 0.4, torque: 3)
    let isTaken = harness.control.choose(LawChoice(.damping), for: 2)
    #expect(isTaken)
    for _ in 0..<500 { harness.step() }
    #expect(harness.control.commands[2].torque == 0 && harness.control.commands[2].stiffness == 0)
    #expect(harness.control.commands[2].damping == 2 && harness.control.commands[2].velocity == 0)
  }

  @Test(
    "Gains outside those that were checked, joints that are not there and drives of positions are refused")
  func refused() throws {
    var harness = try CycleHarness(mode: .position)
    for (choice, joint) in [
      (LawChoice(.impedance, stiffness: 1.1, damping: 1.2), 1),
      (LawChoice(.impedance, stiffness: 0.5, damping: 0.4), 1),
      (LawChoice(.impedance, stiffness: .nan), 1), (LawChoice(.impedance, stiffness: -0.1), 1),
      (LawChoice(.damping), 3), (LawChoice(.damping), -1), (LawChoice(.handGuiding), 0),
    ] {
      let isTaken = harness.control.choose(choice, for: joint)
      #expect(!isTaken, "\(choice) \(joint)")
    }
    let isTaken = harness.control.choose(LawChoice(.impedance, stiffness: 0.5), for: 0)
    #expect(isTaken)
  }

  @Test(
    "A law that is asked for counts from its cycle on, once; one that is none for the drive is told and not taken"
  )
  func asked() throws {
    var harness = try CycleHarness(mode: .position)
    harness.setpoints.ask(LawChoice(.damping), for: 0)
    harness.setpoints.ask(LawChoice(.damping, damping: 0.5), for: 1)
    harness.setpoints.ask(LawChoice(.damping), for: 64)
    harness.step()
    #expect(harness.control.refusedLaws == JointSet(bits: 1))
    #expect(harness.control.laws[0].choice.law.code == JointLaw.impedance.code)
    #expect(harness.control.laws[1].choice.isSame(as: LawChoice(.damping, damping: 0.5)))
    #expect(harness.control.laws[2].choice.law.code == JointLaw.impedance.code)
    harness.setpoints.forgetChoices()
    #expect(harness.setpoints.chosen.isEmpty && harness.setpoints.choice(for: 1) == nil)
    let isTaken = harness.control.choose(LawChoice(.torque), for: 1)
    harness.step()
    #expect(isTaken && harness.control.refusedLaws.isEmpty)
    #expect(harness.control.laws[1].choice.law.code == JointLaw.torque.code)
  }

  @Test("What is carried over holds the laws, and a build that knew none begins with those of the robot")
  func carried() throws {
    var harness = try CycleHarness()
    harness.arm()
    harness.setpoints.ask(LawChoice(.handGuiding, stiffness: 0.25, damping: 0.5), for: 1)
    for _ in 0..<20 { harness.step() }
    var words = [UInt64](repeating: 0, count: harness.control.carriedWordCount)
    words.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { harness.control.copyCarriedState(into: base) }
    }
    var other = try CycleHarness()
    let isTaken = other.control.restoreCarriedState(from: words)
    #expect(isTaken && other.control.laws[1].choice.law.code == JointLaw.handGuiding.code)
    let (first, second) = (harness.control.laws[1].shares, other.control.laws[1].shares)
    #expect(first.stiffness > 0 && first.stiffness < 1)
    #expect(
      first.stiffness == second.stiffness && first.damping == second.damping && first.lead == second.lead
        && first.wall > 0 && first.wall == second.wall)
    var old = Array(words[..<ControlCycle.robotWordCount])
    for joint in 0..<3 {
      let start = ControlCycle.robotWordCount + joint * ControlCycle.jointWordCount
      old += words[start..<(start + 24)]
    }
    let isOldTaken = other.control.restoreCarriedState(from: old)
    #expect(isOldTaken && other.control.laws[1].shares.stiffness == 1)
    words[ControlCycle.robotWordCount + 24] = 4
    let isForeignTaken = other.control.restoreCarriedState(from: words)
    #expect(!isForeignTaken)
  }

  @Test("Changing laws allocates nothing")
  func allocatesNothing() throws {
    var harness = try CycleHarness()
    harness.arm()
    let cycle = Cycle(number: harness.number, time: harness.number * 1_000_000, period: 0.001, missed: 0)
    var efforts = JointEfforts(repeating: JointEffort())
    allocation_guard_enter()
    for turn in 0..<200 {
      _ = harness.control.choose(LawChoice(turn % 80 < 40 ? .handGuiding : .impedance), for: 1)
      harness.control.shape(at: cycle)
      harness.control.applyLaws(into: &efforts, over: 0.001)
    }
    let calls = allocation_guard_leave()
    #expect(calls == 0)
  }
}
