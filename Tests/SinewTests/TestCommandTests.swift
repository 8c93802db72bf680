import ControlCycle
import JointControl
import Simulation
import TestSupport
import Testing

@testable import sinew

@Suite("sinew test")
struct TestCommandTests {
  private func scenario(_ values: [Double] = [1, 2]) throws -> Scenario {
    let robot = SampleRobots.arm()
    let expectation = ScenarioExpectation(
      .bound(.tracking, .peak, above: nil, below: 1e-9), name: "tracking_peak", joints: JointSet(bits: 3),
      window: 0...0.05)
    return Scenario(
      name: "a <b> & \"c\"", path: "my scenarios/it's.yaml", robot: robot, runTime: 0.05, seeds: [1, 2, 3],
      points: values.map {
        Scenario.Point(values: [("load", $0)], faults: [], expectations: [expectation])
      })
  }

  private func selection(
    shard: (Int, Int) = (0, 1), seeds: [UInt64]? = nil, point: String? = nil, controls: Bool = false
  ) -> TestSelection {
    TestSelection(
      paths: [], seeds: seeds, point: point, shard: TestSelection.Shard(index: shard.0, count: shard.1),
      onlyFaults: nil, faults: [], controls: controls)
  }

  @Test("Runs are chosen by seeds, point and control")
  func cases() throws {
    let scenario = try scenario()
    #expect(try selection().cases(of: scenario).count == 6)
    #expect(try selection(seeds: [7]).cases(of: scenario).map(\.seed) == [7, 7])
    #expect(try selection(point: "load=2").cases(of: scenario).map(\.point) == [1, 1, 1])
    #expect(try selection(controls: true).cases(of: scenario).count { $0.isControl } == 2)
    #expect(throws: Failure.self) { try selection(point: "load=3").cases(of: scenario) }
  }

  @Test("Shards add up to all runs, each once, whatever the number of jobs")
  func shards() throws {
    let prepared = try PreparedScenario(try scenario())
    func runs(_ shard: (Int, Int), jobs: Int) throws -> [String] {
      let session = TestSession(
        prepared: [prepared], selection: selection(shard: shard), jobs: jobs, runsTwice: false,
        shrinks: false,
        directory: nil)
      return try session.run().entries.flatMap { entry in
        entry.runs.map { "\(entry.name(of: $0.run)) \($0.hash.text)" }
      }
    }
    let all = try runs((0, 1), jobs: 1)
    #expect(all.count == 6 && Set(all).count == 6)
    #expect(try runs((0, 1), jobs: 3) == all)
    let parts = try (0..<4).map { try runs(($0, 4), jobs: 2) }
    #expect(parts.map(\.count) == [2, 2, 1, 1])
    #expect(parts.flatMap { $0 }.sorted() == all.sorted())
  }

  @Test("JUnit escapes what XML does not take")
  func junit() {
    #expect(JUnitReport.escaped("a<b>&\"c\"\n\u{1}é") == "a&lt;b&gt;&amp;&quot;c&quot;&#10;\u{FFFD}é")
  }

  @Test("The command that repeats a run names it exactly")
  func command() throws {
    let scenario = try scenario()
    var run = ScenarioCase(point: 1, seed: 9)
    let head = "sinew test 'my scenarios/it'\\''s.yaml' --seed 9 --point load=2"
    #expect(selection().command(for: run, of: scenario) == head)
    run.faults = .only([0, 2])
    #expect(selection().command(for: run, of: scenario) == head + " --only-faults 1,3")
    run.faults = .only([])
    #expect(selection().command(for: run, of: scenario) == head + " --only-faults none")
    run.faults = .replaced([try Injection("upper lost at 0.1 for 0.02", robot: scenario.robot)])
    #expect(
      selection().command(for: run, of: scenario) == head + " --fault \"upper lost at 0.1 for 0.02\"")
  }

  @Test("A control that passes is a failure, one that fails is none")
  func controls() throws {
    let prepared = try PreparedScenario(try scenario([1]))
    let outcome = prepared.run(ScenarioCase(point: 0, seed: 1, isControl: true))
    #expect(!outcome.passed && outcome.judged.passed)
    var passing = outcome
    passing.verdicts = []
    #expect(passing.judged.failures.map(\.name) == ["control"])
  }
}
