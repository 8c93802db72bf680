import ArgumentParser
import Foundation
import RobotDescription
import Simulation

/// Simulated motion tests: scenarios run in simulated time, judged, and where they fail shrunk.
struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Run scenarios: a robot, its motion, what goes wrong, and what is expected of it.",
    discussion: """
      A scenario is a YAML file (Robots/README.md, Robots/scenario.schema.json); a directory stands for all of its files. Each
      combination of its swept values runs with each of its seeds, in simulated time as fast as the machine can, on all
      cores. The same run does the same to the bit, on any machine, with any number of jobs, in debug and release builds.

      What holds in every run is asserted without being asked: commands within limits, no stiffness before arming, faults
      stay latched, nothing re-arms by itself, old samples are not used.

      A run that fails is shrunk to the fewest faults that still fail in the same way, and the command that repeats it is
      printed. With --report DIR the shrunk run is recorded there: MCAP for sinew replay, and a candump log of all buses; beside
      them index.html with all scenarios, and a page with plots for each run that failed.

      --controls runs each scenario's negative control as well, without its faults unless the file says otherwise: one that
      passes shows an expectation that cannot fail, and fails the test.

      The exit code is 0 when every run passed, 1 when one failed, 2 for a bad scenario, 3 when the host could not do what was
      asked.

      EXAMPLES
        sinew test Robots/scenarios
        sinew test Robots/scenarios/arm_bus_lost.yaml --seeds 100 --json
        sinew test Robots/scenarios --controls --junit results.xml --report failures
        sinew test Robots/scenarios --shard 2/4
        sinew test Robots/scenarios/arm_bus_lost.yaml --seed 7 --only-faults 2
        sinew test Robots/scenarios/arm_bus_lost.yaml --fault "left_arm lost at 1 for 0.05"
      """)

  @Argument(help: ArgumentHelp("Scenario files, or directories of them.", valueName: "scenario"))
  var scenarios: [String]

  @Option(help: "Run seeds 1 to N in place of each scenario's own.")
  var seeds: Int?

  @Option(help: "Run this seed alone.")
  var seed: UInt64?

  @Option(help: "Run one combination of swept values alone, as name=value,name=value.")
  var point: String?

  @Option(help: ArgumentHelp("Run the I-th of N parts of all runs, from 1.", valueName: "i/n"))
  var shard: String?

  @Option(help: "Threads that run at a time. (default: the processors of this host)")
  var jobs: Int?

  @Option(help: "Run with these of the faults alone: numbers from 1 separated by commas, or none.")
  var onlyFaults: String?

  @Option(help: "Run with this fault in place of the scenario's. May be repeated.")
  var fault: [String] = []

  @Flag(help: "Run each scenario's negative control too; one that passes is a failure.")
  var controls = false

  @Flag(help: "Run everything twice; runs that differ in anything are failures.")
  var twice = false

  @Flag(help: "Print the hash of every run.")
  var hash = false

  @Flag(help: "Print what became of every expectation of every run, with its figure and its bound.")
  var figures = false

  @Flag(inversion: .prefixedNo, help: "Shrink the first failing run of each scenario.")
  var shrink = true

  @Option(help: "Write the results to a JUnit XML file.")
  var junit: String?

  @Option(help: "Write pages of the results to this directory, and record failing runs there.")
  var report: String?

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  func validate() throws {
    if let seeds, !(1...1_000_000).contains(seeds) { throw ValidationError("--seeds takes 1 to 1000000.") }
    if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs takes 1 to 256.") }
    if seed != nil && seeds != nil { throw ValidationError("--seed and --seeds exclude each other.") }
    if onlyFaults != nil && !fault.isEmpty {
      throw ValidationError("--only-faults and --fault exclude each other.")
    }
    if scenarios.isEmpty { throw ValidationError("Name at least one scenario.") }
    _ = try parsedShard()
    _ = try parsedNumbers()
  }

  func run() throws {
    do {
      let selection = TestSelection(
        paths: scenarios, seeds: seed.map { [$0] } ?? seeds.map { Array(1...UInt64($0)) }, point: point,
        shard: try parsedShard(), onlyFaults: try parsedNumbers(), faults: fault, controls: controls)
      let session = TestSession(
        prepared: try selection.load(), selection: selection,
        jobs: jobs ?? max(1, ProcessInfo.processInfo.activeProcessorCount), runsTwice: twice, shrinks: shrink,
        keepsFigures: figures, directory: report)
      let results = try session.run()
      if let junit { try JUnitReport(results).write(to: junit) }
      if let report { try TestReport(results: results).write(to: report) }
      print(
        json
          ? results.json(hashes: hash, figures: figures).text
          : results.table(hashes: hash, figures: figures), terminator: json ? "\n" : "")
      if !results.passed { throw ExitCode(Failure.checkFailed) }
    } catch let failure as Failure {
      throw failure.report(json: json)
    }
  }

  /// Which part of how many; the first of one where none is asked for.
  private func parsedShard() throws -> TestSelection.Shard {
    guard let shard else { return TestSelection.Shard(index: 0, count: 1) }
    let parts = shard.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1], count >= 1, count <= 100_000,
      (1...count).contains(index)
    else { throw ValidationError("--shard takes I/N, such as 2/4: I from 1 to N.") }
    return TestSelection.Shard(index: index - 1, count: count)
  }

  private func parsedNumbers() throws -> [Int]? {
    guard let onlyFaults else { return nil }
    if onlyFaults == "none" { return [] }
    let numbers = onlyFaults.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard numbers.allSatisfy({ $0 >= 1 }) else {
      throw ValidationError("--only-faults takes numbers from 1, such as 1,3, or none.")
    }
    return numbers.map { $0 - 1 }
  }
}
