import ArgumentParser
import Foundation
import JointControl

/// Every joint of a robot, for a fleet or for continuous integration.
struct TuneAllCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "all",
    abstract: "Tune and check every joint of a robot, as sinew tune auto does one.",
    discussion: """
      One joint after the other, each in a run of its own, so that one that ends early leaves the others alone. Simulated as fast as
      the machine can unless --pace says otherwise. No recordings are kept.

      --regress compares with an earlier result.json, as sinew tune compare does: a joint that got worse fails.

      Exit codes: 0 gains for every joint and none is worse, 1 a joint failed or got worse, 2 what cannot come out well, 3 host, bus or
      drive could not.

      EXAMPLES
        sinew tune all Robots/rig --out tuned
        sinew tune all Robots/navigator --joints Elbow_L,Knee_L --junit tune.xml
        sinew tune all Robots/rig --regress baseline/result.json --junit tune.xml
      """)

  @Argument(help: "Directory with a robot.yaml, or the file itself.")
  var robot: String

  @Option(help: "Joints, separated by commas. (default: all)")
  var joints: String?

  @OptionGroup(title: "Gains")
  var gains: WantedOptions

  @Option(help: ArgumentHelp("Write results as JUnit XML.", valueName: "file"))
  var junit: String?

  @Option(help: ArgumentHelp("Fail where a joint is worse than in this result.", valueName: "result.json"))
  var regress: String?

  @Option(help: "Part by which a figure may be worse, with --regress.")
  var tolerance = TuneComparison.usualTolerance

  @OptionGroup
  var call: TuneCallOptions

  func validate() throws {
    if !(tolerance >= 0 && tolerance < 1) { throw ValidationError("--tolerance is at least 0, below 1.") }
  }

  func run() throws {
    try call.run(on: robot, pace: .fast) { robot, run in
      let chosen = try joints.map(robot.joints(named:)) ?? Array(robot.joints.indices)
      let baseline = try regress.map { (path) throws(Failure) in try TuneResult.load(path) }
      var run = try run()
      run.keepsRecordings = false
      run.baseline = baseline.map { TuneRun.Baseline(result: $0, tolerance: tolerance) }
      run.junit = junit
      try TuneAuto(run: run, wanted: gains.wanted).tune(chosen, task: "all")
    }
  }
}
