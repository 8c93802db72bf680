import ArgumentParser
import JointControl

/// What experiments of every kind are given on the command line.
struct ExperimentOptions: ParsableArguments {
  @Option(help: "Part of a joint's limits that an experiment may use, above 0, at most 1.")
  var share = 0.5

  @Option(help: ArgumentHelp("Directory for report.html, result.json and run.mcap.", valueName: "directory"))
  var out: String?

  @Flag(
    inversion: .prefixedNo,
    help: "Run only while a key is held on the terminal. (default: with --target real)")
  var holdToRun: Bool?

  @Option(
    help: ArgumentHelp(
      "In simulation, the robot that is simulated where it is not as described: what the tuner has to find out.",
      valueName: "robot"))
  var plant: String?

  @Flag(help: "Print one JSON object, result.json, instead of tables.")
  var json = false

  func validate() throws {
    if !(share > 0 && share <= 1) { throw ValidationError("--share is above 0, at most 1.") }
  }

  /// Whether a key has to be held while joints move.
  func asksForKey(on place: TargetOptions) -> Bool { holdToRun ?? (place.target == .real) }

  /// What does not go with the options of what it runs on.
  func check(with place: TargetOptions, resume: String?) throws {
    if resume != nil && out != nil { throw ValidationError("--resume takes the place of --out.") }
    if place.record != nil || place.trace != nil {
      throw ValidationError(
        "--record and --trace go with sinew run; --out keeps the recording of experiments.")
    }
    if plant != nil && place.target == .real { throw ValidationError("--plant goes with --target sim.") }
  }
}

/// What a call is given that keeps what it found, and may go on with it.
struct TuneCallOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Go on with what is in this directory; see --out.", valueName: "directory"))
  var resume: String?

  @OptionGroup
  var options: ExperimentOptions

  @OptionGroup
  var place: TargetOptions

  func validate() throws { try options.check(with: place, resume: resume) }

  /// Does something with a robot; what fails is printed.
  ///
  /// - Parameters:
  ///   - path: the robot.
  ///   - pace: that of a simulation, where none is asked for.
  ///   - body: gets the robot, and what makes a call of the tuner on it.
  /// - Throws: `ExitCode` of what failed.
  func run(
    on path: String, pace: Pacing? = nil, _ body: (Robot, () throws -> TuneRun) throws -> Void
  ) throws {
    do {
      let robot = try place.robot(at: path)
      var place = place
      if place.target == .sim { place.chosenPace = place.chosenPace ?? pace }
      try body(robot) { try TuneRun(robot, at: path, options, place, resume: resume) }
    } catch let failure as Failure {
      throw failure.report(json: options.json)
    }
  }
}
