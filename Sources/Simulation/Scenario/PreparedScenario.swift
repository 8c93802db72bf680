public import ControlCycle
public import JointControl

/// A scenario that is ready to run: it is known when its sound robot is armed.
public struct PreparedScenario: Sendable {
  /// The scenario.
  public let scenario: Scenario
  /// Instant at which the robot is armed when nothing is wrong, from power-up [ns]: where the scenario's times begin.
  public let reference: Int64

  /// Time beyond the last thing that is asked for after which a run is cut off [ns].
  static let patience: Int64 = 10_000_000_000

  /// Brings up and arms the sound robot once; where that of another scenario is the same, its instant is taken over.
  ///
  /// - Throws: `BringUpError` when even the sound robot cannot be brought up.
  public init(_ scenario: Scenario, armingAs other: PreparedScenario? = nil) throws(BringUpError) {
    self.scenario = scenario
    if let other {
      reference = other.reference
      return
    }
    let robot = scenario.robot
    let stand = Stand()
    var simulated = SimulatedRobot(robot, seed: 0, stand: stand, surroundings: scenario.surroundings)
    _ = try BringUp.run(robot, on: &simulated)
    var source = ScenarioSource(
      nil, robot: robot, runTime: 1, stand: stand, lastInstant: simulated.now + Self.patience,
      endsWhenArmed: true)
    var loop = ControlLoop(robot, on: simulated)
    var observer = NoObserver()
    // A sound robot that does not arm shows in every run; the instant then matters little.
    do throws(ControlFault) { try loop.run(from: &source, recording: &observer) } catch {}
    reference = source.armedAt ?? loop.target.now
  }

  /// The faults of a run with their times counted from power-up; what has no instant is there from power-up on.
  func injections(_ run: ScenarioCase) -> [Injection] {
    scenario.faults(of: run).map { fault in
      var fault = fault
      if fault.start != 0 { fault.start += reference }
      return fault
    }
  }

  /// Runs a case.
  public func run(_ run: ScenarioCase, keepsTrace: Bool = false) -> ScenarioOutcome {
    var (law, observer) = (NoLaw(), NoObserver())
    return self.run(run, applying: &law, observing: &observer, keepsTrace: keepsTrace)
  }

  /// Runs a case with a law of the user's, looked at by an observer: a recorder, or a test's own.
  ///
  /// - Parameters:
  ///   - run: which point, seed and faults.
  ///   - law: the law, as for `ControlLoop.run`.
  ///   - observer: sees every cycle after the verdicts' own recorder.
  ///   - keepsTrace: whether the outcome has the run cycle by cycle.
  ///   - tap: sees every frame that was on any bus.
  /// - Returns: what came of it.
  public func run<UserLaw: Law & ~Copyable, Observer: CycleRecorder & ~Copyable>(
    _ run: ScenarioCase, applying law: inout UserLaw, observing observer: inout Observer,
    keepsTrace: Bool = false, tap: ((CANFrame) -> Void)? = nil
  ) -> ScenarioOutcome {
    let robot = scenario.robot
    let point = scenario.points[run.point]
    let stand = Stand()
    let cell = HashCell()
    let injections = injections(run)
    let simulated = SimulatedRobot(
      robot, seed: run.seed, injections: injections, stand: stand, surroundings: scenario.surroundings)
    simulated.tap = { frame in
      cell.hash.add(frame)
      tap?(frame)
    }
    for start in point.start { simulated.setState(of: start.joint, position: start.position, velocity: 0) }
    var ending = ScenarioEnding.finished
    var recorder = ScenarioRecorder(
      point.expectations, robot: simulated, jointCount: robot.joints.count, reference: reference, cell: cell,
      keepsTrace: keepsTrace)
    // Without faults of the host and its clock this is the robot alone, to the bit.
    var host = FaultyHost(simulated, injections: injections, period: robot.period, seed: run.seed)
    do throws(BringUpError) { _ = try BringUp.run(robot, on: &host) } catch { ending = .refused(error) }
    if case .finished = ending {
      ending = loop(
        host, laws: run.isControl ? point.controlLaws : point.laws,
        ignoresCollisions: run.isControl && scenario.controlIgnoresCollisions, injections: injections,
        stand: stand, applying: &law, observing: &observer, &recorder)
    }
    var verdicts: [Verdict] = recorder.monitors.enumerated().map { index, monitor in
      var verdict = monitor.verdict(ending, robot: robot, isolated: recorder.isolated)
      verdict.expectation = index
      return verdict
    }
    verdicts += recorder.invariants.verdicts(robot: robot)
    if case .overtime = ending {
      verdicts.append(
        Verdict("ends", passed: false, message: "the run did not end by itself and was cut off"))
    }
    return ScenarioOutcome(
      run: run, faults: scenario.faults(of: run), ending: ending, verdicts: verdicts, hash: cell.hash,
      simulatedTime: simulated.now, reference: reference, trace: recorder.trace)
  }

  /// Cycles that are looked at after the loop was killed.
  private static let silence = 200

  /// The loop until its source is finished.
  private func loop<UserLaw: Law & ~Copyable, Observer: CycleRecorder & ~Copyable>(
    _ host: consuming FaultyHost, laws: [TimedLaw], ignoresCollisions: Bool, injections: [Injection],
    stand: Stand, applying law: inout UserLaw, observing observer: inout Observer,
    _ recorder: inout ScenarioRecorder
  ) -> ScenarioEnding {
    let planned = scenario.moves.map { MovePreview($0, robot: scenario.robot).duration }
    let asked = scenario.runTime ?? (planned ?? scenario.motion?.points.last?.time ?? 0) + 10
    var (robot, moves) = (scenario.robot, scenario.moves)
    if ignoresCollisions {
      robot.collision = nil
      moves?.ignoreCollisions()
    }
    var source = FaultySource(
      ScenarioSource(
        scenario.motion, moves: moves, robot: robot, runTime: scenario.runTime,
        stand: stand,
        lastInstant: reference + Int64(asked * 1e9) + Self.patience, laws: laws, reference: reference),
      injections: injections, robot: scenario.robot)
    var loop = ControlLoop(scenario.robot, on: host)
    var ending = ScenarioEnding.finished
    var both = ObservedRecorder(recorder: recorder, observer: observer)
    do throws(ControlFault) {
      try loop.run(from: &source, applying: &law, recording: &both)
    } catch { ending = .fault(error) }
    recorder = both.recorder
    observer = both.observer
    // Nobody sends any more: the drives are left to their watchdogs.
    for _ in 0..<(source.isKilled ? Self.silence : 0) {
      let time = loop.target.robot.now + scenario.robot.period
      _ = loop.target.robot.wait(until: time)
      recorder.takeSilence(at: time, control: loop.control)
    }
    return source.source.isCutOff ? .overtime : ending
  }
}
