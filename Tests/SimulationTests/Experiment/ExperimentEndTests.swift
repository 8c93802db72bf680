import AllocationGuard
import ControlCycle
import JointControl
import Simulation
import TestSupport
import Testing

/// Each way in which an experiment ends early, alone; and what it leaves behind.
@Suite("How experiments end")
struct ExperimentEndTests {
  private let robot = SampleRobots.arm(losses: .planetary)

  private func chirp(_ change: (inout Experiment) -> Void = { _ in }) -> Experiment {
    var experiment = Experiment.usual(.chirp, joint: 0, of: robot)
    experiment.duration = 2
    change(&experiment)
    return experiment
  }

  /// Runs and sees that whatever ended it led to damping and to drives that are off.
  private func run(
    _ experiments: [Experiment], hold: HoldToRun? = nil,
    meddle: @escaping (Int64, inout ExperimentSource, SimulatedRobot) -> Void = { _, _, _ in }
  ) throws -> ExperimentBench.Outcome {
    var bench = ExperimentBench(robot, experiments, hold: hold)
    bench.meddle = meddle
    let outcome = try bench.run()
    #expect(outcome.areOff)
    return outcome
  }

  @Test("A joint that is pushed away from where it began ends it at the travel")
  func travel() throws {
    let experiment = chirp {
      $0.envelope.trackingError = 1
      $0.envelope.velocity = 7
      $0.envelope.torque = 14
    }
    let outcome = try run([experiment, chirp()]) { _, source, simulated in
      if source.phase == .exciting { simulated.push(0, by: 8) }
    }
    guard case .position(let position) = outcome.abort else {
      Issue.record("\(String(describing: outcome.abort))")
      return
    }
    let trace = try #require(outcome.traces.first)
    #expect((position - 0.4).magnitude > experiment.envelope.travel)
    #expect(outcome.endsInDamping && outcome.completed == 0 && outcome.fault == nil)
    #expect(outcome.traces.count == 1 && trace.abort == outcome.abort, "the second one must not be run")
  }

  @Test("Positions of the envelope end it before its travel does")
  func positions() throws {
    let experiment = chirp {
      $0.envelope.positions = 0.37...1
      $0.envelope.trackingError = 1
      $0.envelope.velocity = 7
      $0.envelope.torque = 14
    }
    let outcome = try run([experiment]) { _, source, simulated in
      if source.phase == .exciting { simulated.push(0, by: -6) }
    }
    guard case .position(let position) = outcome.abort else {
      Issue.record("\(String(describing: outcome.abort))")
      return
    }
    #expect(position < 0.37 && position > 0.4 - experiment.envelope.travel && outcome.endsInDamping)
  }

  @Test("A joint that stands outside the envelope is not switched on")
  func outside() throws {
    let outcome = try run([chirp { $0.envelope.positions = 0.5...1 }])
    guard case .position(let position) = outcome.abort else {
      Issue.record("\(String(describing: outcome.abort))")
      return
    }
    #expect((position - 0.4).magnitude < 0.01 && outcome.traces.isEmpty && outcome.torque == 0)
    #expect(!outcome.wasArmed)
  }

  @Test("Speed, torque, tracking error and temperature beyond the envelope each end it")
  func limits() throws {
    let fast = try run([chirp { $0.envelope.velocity = 0.05 }])
    guard case .velocity(let speed) = fast.abort else {
      Issue.record("\(String(describing: fast.abort))")
      return
    }
    #expect(speed.magnitude > 0.05 && fast.endsInDamping)
    let strong = try run([
      chirp {
        $0.kind = .delay
        $0.amplitude = 6
        $0.envelope.torque = 4
      }
    ])
    guard case .torque(let torque) = strong.abort else {
      Issue.record("\(String(describing: strong.abort))")
      return
    }
    #expect(torque.magnitude > 0 && torque.magnitude <= 4.1 && strong.torque < 4.1 && strong.endsInDamping)
    let loose = try run([chirp { $0.envelope.trackingError = 0.003 }])
    guard case .trackingError(let error) = loose.abort else {
      Issue.record("\(String(describing: loose.abort))")
      return
    }
    #expect(error.magnitude > 0.003 && loose.endsInDamping)
    let hot = try run([chirp { $0.envelope.temperature = 20 }])
    #expect(hot.abort == .temperature(25) && hot.completed == 0)
  }

  @Test(
    "The robot that is run has limits no wider than the widest of a joint's envelopes, and the other joints keep theirs"
  )
  func bounded() {
    let narrow = chirp {
      $0.envelope.velocity = 1
      $0.envelope.torque = 3
      $0.envelope.positions = 0...0.5
    }
    let wide = chirp {
      $0.envelope.velocity = 2
      $0.envelope.torque = 20
      $0.envelope.positions = -0.5...0.4
    }
    let limits = robot.bounded(by: [narrow, wide]).joints.map(\.configuration.limits)
    #expect(limits[0].velocity == 2 && limits[0].torque == 15)
    #expect(limits[0].minPosition == -0.5 && limits[0].maxPosition == 0.5)
    #expect(limits[1] == robot.joints[1].configuration.limits)
    let one = robot.bounded(by: [narrow]).joints[0].configuration
    #expect(one.limits.velocity == 1 && one.limits.torque == 3 && one.drive.velocityLimit == 1)
  }

  @Test("Torque that the drive reports and nobody asked for ends it")
  func reportedTorque() throws {
    let bench = ExperimentBench(robot, [chirp()])
    let bias = Injection(
      .torqueBias, on: Injection.Target(name: "shoulder", place: .joints([0])), at: 2_000_000_000,
      intensity: 7)
    let outcome = try bench.run(injecting: [bias])
    guard case .torque(let torque) = outcome.abort else {
      Issue.record("\(String(describing: outcome.abort))")
      return
    }
    #expect(torque > 7.5 && outcome.endsInDamping && outcome.torque < 7.5)
  }

  @Test("A bus that is lost, a drive that trips and answers that stop end it as a fault")
  func faults() throws {
    let place = Injection.Target(name: "shoulder", place: .joints([0]))
    for kind in [Injection.Kind.overcurrent, .answersLost, .missing] {
      let outcome = try ExperimentBench(robot, [chirp()]).run(
        injecting: [
          Injection(kind, on: place, at: 2_000_000_000, intensity: kind == .answersLost ? 1 : nil)
        ])
      guard case .fault(let fault) = outcome.abort else {
        Issue.record("\(kind): \(String(describing: outcome.abort))")
        continue
      }
      #expect(fault.isFault && outcome.completed == 0 && outcome.areOff && outcome.endsInDamping, "\(kind)")
    }
  }

  @Test("Old samples end it before the robot has to stop for them, and so does a limb that was given up")
  func blind() throws {
    var joints = robot.joints
    for index in joints.indices {
      joints[index].configuration.staleness = StalenessPolicy(reaction: .extrapolate, maxAge: 3)
    }
    let patient = robot.with(joints: joints)
    let place = Injection.Target(name: "shoulder", place: .joints([0]))
    let silent = try ExperimentBench(patient, [chirp()]).run(
      injecting: [Injection(.answersLost, on: place, at: 2_000_000_000, for: 12_000_000, intensity: 1)])
    #expect(silent.abort == .fault(.sampleLost) && silent.fault == nil && silent.areOff)
    let apart = robot.with(joints: robot.joints, onBusLoss: .limb)
    let upper = Injection.Target(name: "upper", place: .buses([0]))
    let lost = try ExperimentBench(apart, [chirp()]).run(
      injecting: [Injection(.unplugged, on: upper, at: 2_000_000_000)])
    #expect(lost.abort == .fault(.busLost))
    #expect(lost.completed == 0 && lost.areOff)
  }

  @Test("A key that is let go ends it within the gap, and nothing begins before it is held")
  func key() throws {
    let key = HoldToRun(firstGap: 0.2, gap: 0.1)
    var began: Int64?
    let outcome = try run([chirp()], hold: key) { cycle, source, _ in
      if cycle < 500 { #expect(source.phase == .reading) }
      if source.phase == .exciting && began == nil { began = cycle }
      if cycle >= 500 && cycle < 2000 { key.press() }
    }
    #expect(outcome.abort == .released && outcome.endsInDamping)
    let first = try #require(began)
    let seen = try #require(outcome.traces.first).samples.count
    #expect((1998...2102).contains(Int(first) + seen), "\(first) + \(seen)")
  }

  @Test("A key that is seen once counts as held for the first gap alone")
  func pressedOnce() throws {
    let key = HoldToRun(firstGap: 0.2, gap: 0.1)
    let outcome = try run([chirp()], hold: key) { cycle, _, _ in if cycle == 100 { key.press() } }
    #expect(outcome.abort == .released && outcome.traces.isEmpty)
  }

  @Test("A request to stop ends it in any phase, in damping")
  func stopped() throws {
    for moment in [0, 20, 100, 500, 900, 2000] as [Int64] {
      let outcome = try run([chirp()]) { cycle, source, _ in
        if cycle == moment { source.isStopRequested = true }
      }
      #expect(outcome.abort == .stopped && outcome.completed == 0, "\(moment)")
      if moment >= 500 { #expect(outcome.endsInDamping, "\(moment)") }
    }
  }

  @Test(
    "A relay or breakaway that sees nothing in its time is inconclusive",
    arguments: [Experiment.Kind.relay, .breakaway])
  func inconclusive(kind: Experiment.Kind) throws {
    var experiment = Experiment.usual(kind, joint: 0, of: robot)
    experiment.amplitude = 0.05
    experiment.duration = 1
    let outcome = try run([experiment])
    #expect(outcome.abort == .inconclusive && outcome.endsInDamping && outcome.completed == 0)
  }

  @Test(
    "Joints in sequence: the others hold, progress rises, and what is done can be left out of the next run")
  func sequence() throws {
    let experiments = [0, 1, 0].map { joint in
      var experiment = Experiment.usual(.step, joint: joint, of: robot)
      experiment.duration = 1
      return experiment
    }
    var shares: [Double] = []
    var others = 0.0
    let outcome = try run(experiments) { _, source, simulated in
      let progress = source.progress
      shares.append(Double(progress.experiment) + progress.share)
      #expect(progress.experimentCount == 3 && progress.kind == .step)
      if source.phase == .exciting {
        others = max(
          others, (simulated.position(of: 1 - progress.joint) - [0.4, -0.3][1 - progress.joint]).magnitude)
      }
    }
    #expect(outcome.abort == nil && outcome.completed == 3 && outcome.endsInDamping)
    #expect(outcome.traces.map(\.experiment.joint) == [0, 1, 0])
    #expect(zip(shares, shares.dropFirst()).allSatisfy { $0 <= $1 } && shares.last == 3)
    #expect(others < 0.02, "\(others) rad")
    let rest = try run(Array(experiments.dropFirst(2)))
    #expect(rest.completed == 1 && rest.abort == nil)
  }

  @Test("A trace has every cycle once, and its torque is what the drive was asked for")
  func trace() throws {
    let outcome = try run([chirp()])
    let trace = try #require(outcome.traces.first)
    #expect(trace.samples.count == 2000)
    for (index, sample) in trace.samples.enumerated() {
      #expect((sample.time - Double(index) * trace.period).magnitude < 1e-9)
      #expect(sample.age > 0 && sample.age < 2)
    }
    // The drive reports the torque that it was asked for: the newest report answers the cycle before.
    var worst = 0.0
    for index in 1..<trace.samples.count {
      let (asked, told) = (trace.samples[index - 1].appliedTorque, trace.samples[index].measuredTorque)
      worst = max(worst, (asked - told).magnitude)
    }
    #expect(worst < 0.3, "\(worst) N.m")
  }

  @Test("Nothing is allocated from the first excitation to the last")
  func allocations() throws {
    let kinds: [Experiment.Kind] = [.chirp, .relay, .breakaway, .friction]
    let experiments = (kinds + kinds).map { kind in
      var experiment = Experiment.usual(kind, joint: 0, of: robot)
      if kind == .chirp { experiment.duration = 2 }
      if kind == .friction { experiment.speeds = [0.3] }
      return experiment
    }
    let bounded = robot.bounded(by: experiments)
    var target = SimulatedRobot(bounded, seed: 1)
    try BringUp.run(bounded, on: &target)
    var source = CountedSource(
      source: ExperimentSource(bounded, experiments), warmed: kinds.count)
    var recorder = LastCommand(joint: 0)
    var loop = ControlLoop(bounded, on: target)
    try loop.run(from: &source, recording: &recorder)
    #expect(source.source.completed == 2 * kinds.count && source.cycles > 5000)
    #expect(source.allocations == 0)
  }
}

/// Counts what its source allocates.
private struct CountedSource: SetpointSource, ~Copyable {
  var source: ExperimentSource
  private(set) var allocations: Int64 = 0
  private(set) var cycles = 0
  private let warmed: Int

  init(source: consuming ExperimentSource, warmed: Int) {
    self.source = source
    self.warmed = warmed
  }

  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    allocation_guard_enter()
    let directive = source.next(cycle, control: control, into: &setpoints)
    let count = allocation_guard_leave()
    // What a program sets up when it does something for the first time does not count.
    if source.completed >= warmed { allocations += count }
    cycles += 1
    return directive
  }
}

extension Robot {
  /// The robot with other joints, or another answer to a lost bus.
  fileprivate func with(joints: [RobotJoint], onBusLoss: BusLossReaction = .body) -> Robot {
    Robot(
      name: name, period: period, buses: buses, joints: joints, model: model, feedforward: feedforward,
      commandTimeout: commandTimeout, onBusLoss: onBusLoss)
  }
}

extension SimulatedRobot {
  /// A torque on a joint from outside, from now on [N.m].
  fileprivate func push(_ joint: Int, by torque: Double) {
    var condition = condition(of: joint)
    condition.externalTorque = torque
    setCondition(condition, of: joint)
  }
}
