import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// Scenarios of a small arm: a few milliseconds a run.
enum SmallScenario {
  static func make(
    _ expectations: [ScenarioExpectation], faults: [String] = [], control: [String] = [],
    runTime: Double = 0.3
  ) throws -> PreparedScenario {
    let robot = SampleRobots.arm(losses: .planetary)
    let point = Scenario.Point(
      faults: try faults.map { try Injection($0, robot: robot) }, expectations: expectations,
      controlFaults: try control.map { try Injection($0, robot: robot) })
    return try PreparedScenario(
      Scenario(name: "small", robot: robot, runTime: runTime, points: [point]))
  }

  static let first = ScenarioCase(point: 0, seed: 1)
  static let both = JointSet(bits: 0b11)

  static func bound(_ quantity: Quantity, _ statistic: Statistic, below: Double) -> ScenarioExpectation {
    ScenarioExpectation(
      .bound(quantity, statistic, above: nil, below: below),
      name: "\(quantity.rawValue)_\(statistic.rawValue)",
      joints: both, window: 0...0.29)
  }

  static func after(_ time: Double, within: Double) -> ScenarioExpectation.Deadline {
    ScenarioExpectation.Deadline(after: time, within: within)
  }
}

/// A law with a mistake: gravity has the wrong sign.
private struct UpsideDown: Law {
  mutating func update(_ cycle: Cycle, control: borrowing ControlCycle, efforts: inout JointEfforts) {
    for joint in 0..<control.jointCount { efforts[joint].torque *= -1 }
  }
}

/// A law with a mistake that shows only where a sample is late: it then pushes every joint.
private struct FrightenedLaw: Law {
  mutating func update(_ cycle: Cycle, control: borrowing ControlCycle, efforts: inout JointEfforts) {
    let isLate = (0..<control.jointCount).contains { control.states[$0].age > 1 }
    for joint in 0..<control.jointCount where isLate { efforts[joint].torque += 15 }
  }
}

@Suite("Runs of scenarios")
struct ScenarioRunTests {
  @Test("A sound robot keeps every expectation and every invariant")
  func sound() throws {
    let scenario = try SmallScenario.make([
      SmallScenario.bound(.tracking, .rms, below: 0.01), SmallScenario.bound(.effort, .peak, below: 0.9),
      ScenarioExpectation(.noFault, name: "no_fault", joints: SmallScenario.both),
      ScenarioExpectation(
        .state(.armed, nil), name: "state armed", joints: SmallScenario.both, window: 0...0.299),
    ])
    let outcome = scenario.run(SmallScenario.first)
    #expect(outcome.passed, "\(outcome.failures.map(\.message))")
    #expect(outcome.verdicts.count == 4 + 12)
    // The scenario's clock begins with the first armed cycle: 0.3 s later it stops.
    #expect(scenario.reference > 250_000_000 && outcome.simulatedTime > scenario.reference + 300_000_000)
  }

  @Test("Every expectation fails where it does not hold")
  func everyExpectationCanFail() throws {
    let deadline = SmallScenario.after(0.05, within: 0.1)
    let never: [(String, ScenarioExpectation.Kind)] = [
      ("fault", .fault(nil, deadline)), ("isolated", .isolated(deadline)), ("slowed", .slowed(deadline)),
      ("drives_off", .drivesOff(deadline)), ("frozen", .frozen(deadline)), ("stale", .stale(deadline)),
      ("state", .state(.fault, deadline)), ("kept", .state(.arming, nil)),
      ("refused", .refused(["watchdog"])),
      ("stop", .stop(SmallScenario.after(0.05, within: 0.1), speed: 0.05, distance: nil)),
    ]
    let scenario = try SmallScenario.make(
      never.map {
        ScenarioExpectation($0.1, name: $0.0, joints: SmallScenario.both, window: 0...10)
      }
        + Quantity.allCases.map { quantity in
          ScenarioExpectation(
            .bound(quantity, .max, above: 1e9, below: nil), name: quantity.rawValue,
            joints: SmallScenario.both)
        })
    let outcome = scenario.run(SmallScenario.first)
    #expect(outcome.failures.map(\.name) == never.map(\.0) + Quantity.allCases.map(\.rawValue))
    // A bound that no sample was compared with has not been kept.
    let late = try SmallScenario.make([
      ScenarioExpectation(
        .bound(.position, .max, above: nil, below: 10), name: "late", joints: SmallScenario.both,
        window: 100...200)
    ])
    #expect(late.run(SmallScenario.first).failures.map(\.message) == ["no sample of position"])
  }

  @Test("A lost bus: the reaction is timed from the fault, and stop and drives are seen")
  func reaction() throws {
    let deadline = { SmallScenario.after(0.1, within: $0) }
    let elbow = JointSet(bits: 0b10)
    let expectations = { (fault: Double) in
      [
        ScenarioExpectation(
          .fault(.sampleLost, deadline(fault)), name: "fault", joints: elbow, namesJoints: true),
        ScenarioExpectation(.drivesOff(deadline(0.1)), name: "drives_off", joints: elbow, namesJoints: true),
        ScenarioExpectation(.state(.fault, deadline(0.2)), name: "state", joints: SmallScenario.both),
        ScenarioExpectation(
          .stop(deadline(0.15), speed: 0.5, distance: 0.2), name: "stop", joints: JointSet(bits: 1),
          namesJoints: true),
      ]
    }
    let fault = "lower lost at 0.1"
    let outcome = try SmallScenario.make(expectations(0.025), faults: [fault]).run(SmallScenario.first)
    #expect(outcome.passed, "\(outcome.failures.map { "\($0.name): \($0.message)" })")
    let took = try #require(outcome.verdicts[0].figure)
    #expect(took > 0.001 && took < 0.025)
    // A bound just under what it took is not kept.
    let late = try SmallScenario.make(expectations(took - 0.0005), faults: [fault]).run(SmallScenario.first)
    #expect(late.failures.map(\.name) == ["fault"])
    // Without the fault nothing is seen: the control fails as it must.
    let control = try SmallScenario.make(expectations(0.025), faults: [fault]).run(
      ScenarioCase(point: 0, seed: 1, isControl: true))
    #expect(control.failures.map(\.name) == ["fault", "drives_off", "state", "stop"])
  }

  @Test("A fault without an instant is there before bring-up, which refuses")
  func refusal() throws {
    let scenario = try SmallScenario.make(
      [
        ScenarioExpectation(.refused(["watchdog"]), name: "refused", joints: SmallScenario.both),
        ScenarioExpectation(.noFault, name: "no_fault", joints: SmallScenario.both),
      ], faults: ["elbow watchdog-off"])
    let outcome = scenario.run(SmallScenario.first)
    #expect(outcome.failures.map(\.name) == ["no_fault"])
    guard case .refused = outcome.ending else {
      Issue.record("ended \(outcome.ending.name)")
      return
    }
    let other = try SmallScenario.make(
      [ScenarioExpectation(.refused(["banana"]), name: "refused", joints: SmallScenario.both)],
      faults: ["elbow watchdog-off"])
    #expect(other.run(SmallScenario.first).failures.map(\.name) == ["refused"])
  }

  @Test("A mistake in a user's law is noticed, by its figure and joint")
  func wrongLaw() throws {
    let scenario = try SmallScenario.make(
      [SmallScenario.bound(.tracking, .peak, below: 0.02)], faults: ["lower loses 0.01 at 0.1"])
    #expect(scenario.run(SmallScenario.first).passed)
    var (law, observer) = (UpsideDown(), NoObserver())
    let outcome = scenario.run(SmallScenario.first, applying: &law, observing: &observer, keepsTrace: true)
    let verdict = try #require(outcome.failures.first)
    #expect(verdict.name == "tracking_peak" && verdict.bound == 0.02 && verdict.joint != nil)
    // The trace shows at the verdict's instant what the verdict says.
    let trace = try #require(outcome.trace)
    let joint = try #require(scenario.scenario.robot.joints.firstIndex { $0.name == verdict.joint })
    let index = try #require(trace.times.firstIndex { $0 == verdict.time })
    #expect(trace.series(.tracking, joint: joint)[index].magnitude == verdict.figure)
    #expect(trace.of(joint, in: trace.commanded).count == trace.times.count)
  }
}

@Suite("The same run does the same")
struct ScenarioHashTests {
  @Test("Runs of one seed have one hash, and of two seeds two")
  func hashes() throws {
    let scenario = try SmallScenario.make(
      [SmallScenario.bound(.tracking, .rms, below: 1)],
      faults: ["lower loses 0.02 at 0.1", "upper jitters 0.0002 at 0.1"])
    let hashes = (1...20).map { scenario.run(ScenarioCase(point: 0, seed: $0)).hash.text }
    #expect(hashes == (1...20).map { scenario.run(ScenarioCase(point: 0, seed: $0)).hash.text })
    #expect(Set(hashes).count == 20)
    #expect(hashes.allSatisfy { $0.count == 32 })
  }

  @Test("A hash notices a frame that comes a nanosecond later, and one bit of a payload")
  func sensitivity() {
    var frame = CANFrame(id: 5, bus: 0, isExtended: false)
    frame.length = 8
    frame.time = 1000
    func hash(_ change: (inout CANFrame) -> Void) -> RunHash {
      var (changed, hash) = (frame, RunHash())
      change(&changed)
      hash.add(changed)
      return hash
    }
    let changes: [(inout CANFrame) -> Void] = [
      { _ in }, { $0.time += 1 }, { $0.payload[7] = 1 }, { $0.id += 1 }, { $0.bus += 1 }, { $0.length = 7 },
    ]
    #expect(Set(changes.map { hash($0).text }).count == changes.count)
  }
}

@Suite("Shrinking")
struct ShrinkingTests {
  @Test("Of five faults the one that matters is left, and its run fails in the same way")
  func oneOfFive() throws {
    let scenario = try SmallScenario.make(
      [SmallScenario.bound(.torqueStep, .peak, below: 8)],
      faults: [
        "upper jitters 0.0001 at 0.05", "upper warning at 0.1 for 0.05",
        "lower lost at 0.1234 for 0.004", "lower jitters 0.0001 at 0.15",
        "upper delayed 0.0001 at 0.2 for 0.01",
      ])
    #expect(scenario.run(SmallScenario.first).passed)
    let execute = { (run: ScenarioCase) -> ScenarioOutcome in
      var (law, observer) = (FrightenedLaw(), NoObserver())
      return scenario.run(run, applying: &law, observing: &observer)
    }
    let outcome = execute(SmallScenario.first)
    let verdict = try #require(outcome.failures.first)
    let shrunk = scenario.shrink(outcome, keeping: verdict, running: execute)
    #expect(shrunk.outcome.faults.map(\.kind) == [.lost])
    #expect(shrunk.faultsBefore == 5 && shrunk.runs < 60)
    let again = execute(shrunk.run)
    #expect(again.failures.contains { $0.isAbout(verdict) })
    #expect(again.hash == shrunk.outcome.hash)
    // With the others alone it passes: the search did not stop at any failure.
    var rest = SmallScenario.first
    rest.faults = .only([0, 1, 3, 4])
    #expect(execute(rest).passed)
  }

  @Test("Faults that a reaction is counted from stay")
  func anchors() throws {
    let scenario = try SmallScenario.make(
      [
        ScenarioExpectation(
          .fault(.busLost, SmallScenario.after(0.1, within: 0.01)), name: "fault", joints: SmallScenario.both)
      ], faults: ["upper jitters 0.0001 at 0.05", "lower loses 0.001 at 0.1"])
    let outcome = scenario.run(SmallScenario.first)
    let shrunk = scenario.shrink(outcome, keeping: try #require(outcome.failures.first))
    #expect(shrunk.outcome.faults.map(\.kind) == [.loses])
    guard case .only([1]) = shrunk.run.faults else {
      Issue.record("left \(shrunk.run.faults)")
      return
    }
  }

  @Test("What fails without any fault is shrunk to none")
  func none() throws {
    let scenario = try SmallScenario.make(
      [SmallScenario.bound(.tracking, .peak, below: 1e-9)],
      faults: ["upper warning at 0.1", "lower warning at 0.1"])
    let outcome = scenario.run(SmallScenario.first)
    let shrunk = scenario.shrink(outcome, keeping: try #require(outcome.failures.first))
    #expect(shrunk.outcome.faults.isEmpty && shrunk.runs == 1)
  }
}
