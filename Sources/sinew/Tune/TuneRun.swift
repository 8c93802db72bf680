import ArgumentParser
import Foundation
import JointControl
import Recording

/// One call of `sinew tune`: asks, runs, keeps what was found, prints it and decides the exit code.
struct TuneRun {
  let robot: Robot
  /// Path of the robot's description.
  let path: String
  let options: ExperimentOptions
  let place: TargetOptions
  /// What finds out where joints are before each run; nil where robot.yaml says it.
  var homing: HomingProcedure?
  /// The robot that is simulated, where it is not as described.
  var plant: Robot?
  /// Directory to go on in.
  var resume: String?
  /// Whether runs are recorded, where there is a directory.
  var keepsRecordings = true
  /// What looks on from another thread, and may end a run; nil for nobody.
  var watch: RunWatch?
  /// What has to be held while a joint moves; nil where nothing is asked for.
  var hold: HoldToRun?
  /// What the result may be no worse than; nil for nothing.
  var baseline: Baseline?
  /// File of the result as JUnit XML; nil for none.
  var junit: String?

  /// A call of a command.
  ///
  /// - Throws: `Failure` where the robot that is simulated cannot be had, or is another one, and where nothing says where a joint is.
  init(
    _ robot: Robot, at path: String, _ options: ExperimentOptions, _ place: TargetOptions,
    resume: String? = nil
  ) throws {
    self.robot = robot
    self.path = path
    self.options = options
    self.place = place
    self.resume = resume
    homing = try place.homing(of: robot, at: path)
    plant = try options.plant.map(loadRobot)
    guard let plant else { return }
    guard plant.joints.map(\.name) == robot.joints.map(\.name), plant.period == robot.period,
      plant.buses.count == robot.buses.count
    else {
      throw Self.usage(
        "--plant \(options.plant ?? "")", "is not the same joints and buses at the same rate",
        "change inertias, friction and the like alone")
    }
  }

  /// An earlier result, and the part by which a figure may be worse.
  struct Baseline {
    var result: TuneResult
    var tolerance: Double
  }

  /// Runs experiments and says what they show.
  func measure(_ plan: [Experiment], task: String) throws {
    var result = try begin(task)
    let files = try openFiles()
    try ask(open(plan, in: result))
    let outcome = try runOpen(plan, in: &result, files: files)
    try finish(result, files, outcome)
  }

  /// Keeps and prints the result; the worst news decides the exit code.
  func finish(_ result: TuneResult, _ files: TuneFiles?, _ outcome: TuneSession.Outcome?) throws {
    try files?.write(result)
    let comparison = baseline.map { TuneComparison($0.result, result, tolerance: $0.tolerance) }
    if let junit {
      try TuneFiles.write(TuneJUnit(result: result, comparison: comparison).text, to: junit)
    }
    print(
      options.json ? result.json.text : TuneTable(result: result).text, terminator: options.json ? "\n" : "")
    if let comparison, !options.json { print("\nbeside the baseline:\n\(comparison.table)", terminator: "") }
    try conclude(result, outcome)
    if comparison?.isWorse == true { throw ExitCode(Failure.checkFailed) }
  }

  /// The directory that the result goes to; nil for none.
  func openFiles() throws -> TuneFiles? {
    try (resume ?? options.out).map { (directory) throws(Failure) in try TuneFiles(directory) }
  }

  /// What of a plan is not done yet; experiments that cannot come out well are refused.
  func open(_ plan: [Experiment], in result: TuneResult) throws -> [Experiment] {
    let open = plan.filter { experiment in
      let joint = result.joints.first { $0.name == robot.joints[experiment.joint].name }
      return !(joint?.findings.contains { experiment.isDone(by: $0) } ?? false)
    }
    try TuneSession.check(open, for: robot)
    return open
  }

  /// Runs what of a plan is not done yet, in one go.
  ///
  /// - Returns: what the run left; nil where nothing was to do.
  func runOpen(
    _ plan: [Experiment], in result: inout TuneResult, files: TuneFiles?
  ) throws -> TuneSession.Outcome? {
    let open = try open(plan, in: result)
    guard !open.isEmpty else { return nil }
    let outcome = try perform(open, session(), recordingTo: record(&result, files))
    result.note(outcome.recordingPath, files)
    result.take(outcome, of: robot)
    // What was measured is kept, whatever comes.
    try files?.write(result)
    return outcome
  }

  /// Runs experiments on the robot, with a key held where that is asked for: on a real robot unless said otherwise.
  func perform(
    _ experiments: [Experiment], _ session: TuneSession, recordingTo file: String?
  ) throws -> TuneSession.Outcome {
    // A screen reads its keys itself.
    guard watch == nil, options.asksForKey(on: place) else {
      return try session.run(experiments, hold: hold, recordingTo: file)
    }
    let key = try HeldKey()
    defer { key.stop() }
    return try session.run(experiments, hold: key.hold, recordingTo: file)
  }

  /// Path of the recording of the next run; nil where none is kept.
  func record(_ result: inout TuneResult, _ files: TuneFiles?) -> String? {
    keepsRecordings ? files?.path(result.nextRecording) : nil
  }

  /// Keeps what a run of one joint left, whatever comes.
  func keep(
    _ outcome: TuneSession.Outcome, in joint: inout TuneResult.Joint, _ result: inout TuneResult,
    _ files: TuneFiles?, stage: (Experiment.Kind) -> TuneFinding.Stage = { _ in .measure }
  ) throws {
    result.note(outcome.recordingPath, files)
    for trace in outcome.traces {
      joint.keep(
        TuneFinding(trace, of: robot.with(gains: outcome.gains), stage: stage(trace.experiment.kind)))
    }
    if let index = outcome.traces.first?.experiment.joint, outcome.identities.indices.contains(index) {
      joint.drive = outcome.identities[index].text
    }
    result.replace(joint)
    try files?.write(result)
  }

  /// The result to begin with: what the directory to go on in has, or none.
  func begin(_ task: String) throws -> TuneResult {
    let fresh = TuneResult(
      task: task, robot: robot.name, target: place.target.rawValue,
      seed: place.target == .sim ? place.seed : nil, build: BuildIdentity.text)
    guard let resume else { return fresh }
    let kept = try TuneResult.load(resume)
    guard kept.robot == fresh.robot, kept.target == fresh.target, kept.seed == fresh.seed else {
      throw Self.usage(
        "--resume \(resume)", "holds a result of another robot, target or seed", "begin anew with --out")
    }
    return kept
  }

  /// What experiments run on.
  func session() throws(Failure) -> TuneSession {
    var session = try TuneSession(robot, at: path, on: place)
    session.isQuiet = options.json || watch != nil
    session.watch = watch
    session.homing = homing
    session.plant = plant
    return session
  }

  /// Asks before a real robot moves.
  func ask(_ experiments: [Experiment]) throws {
    guard place.asks, !experiments.isEmpty else { return }
    var table = TextTable([
      "joint", "bus", "experiment", "moves at most rad", "within rad", "rad/s", "N.m", "s",
    ])
    for experiment in experiments {
      let joint = robot.joints[experiment.joint]
      let envelope = experiment.envelope
      table.append([
        joint.name, robot.buses[Int(joint.configuration.drive.bus)].name, experiment.kind.rawValue,
        "± \(RunReport.fixed(envelope.travel, 3))",
        "\(RunReport.fixed(envelope.positions.lowerBound, 3))...\(RunReport.fixed(envelope.positions.upperBound, 3))",
        RunReport.fixed(envelope.velocity, 1), RunReport.fixed(envelope.torque, 1),
        RunReport.fixed(experiment.duration, 1),
      ])
    }
    try Confirmation.ask(
      "\(robot.name): experiments, for real; the other joints hold:\n\n\(table.text)\n"
        + "Keep out of reach, and keep the emergency stop at hand.\n")
  }

  /// The worst news decides the exit code.
  func conclude(_ result: TuneResult, _ outcome: TuneSession.Outcome?) throws {
    if let fault = outcome?.fault {
      if !options.json { printError("fault stop: \(fault)") }
      throw ExitCode(Failure.checkFailed)
    }
    if let error = outcome?.recording?.error {
      throw Failure(error, code: Failure.hostFault)
    }
    if let abort = outcome?.abort, !options.json {
      printError("ended early: \(TuneFinding.Abort(abort).text)")
    }
    if let signal = outcome?.signal { throw ExitCode(128 + signal) }
    if !result.passed || outcome?.abort != nil { throw ExitCode(Failure.checkFailed) }
  }

  /// A mistake in what was typed.
  static func usage(_ place: String, _ message: String, _ fix: String) -> Failure {
    Failure(kind: "usage", location: place, message: message, fix: fix, code: Failure.badDescription)
  }
}

extension TuneResult {
  /// Notes a recording that was made, with the hash of its bytes.
  mutating func note(_ path: String?, _ files: TuneFiles?) {
    guard let path, let recording = files?.recording((path as NSString).lastPathComponent) else { return }
    recordings.append(recording)
  }

  /// A name for the next recording in the directory.
  var nextRecording: String { recordings.isEmpty ? "run.mcap" : "run-\(recordings.count + 1).mcap" }

  /// Takes what a run left: each experiment to its joint, in the place of the same one from before.
  mutating func take(_ outcome: TuneSession.Outcome, of robot: Robot, stage: TuneFinding.Stage = .measure) {
    for trace in outcome.traces {
      let index = trace.experiment.joint
      let name = robot.joints[index].name
      var joint = joints.first { $0.name == name } ?? Joint(name: name)
      if outcome.identities.indices.contains(index) { joint.drive = outcome.identities[index].text }
      joint.keep(TuneFinding(trace, of: robot, stage: stage))
      replace(joint)
    }
  }
}

extension DeviceIdentity {
  /// Model, firmware and serial number, as far as the drive says them.
  var text: String {
    [model, firmware.map { "firmware \($0)" }, serial.map { "serial \($0)" }].compactMap(\.self)
      .joined(separator: ", ")
  }
}
