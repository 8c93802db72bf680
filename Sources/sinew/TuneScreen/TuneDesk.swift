import CServoBus
import ControlCycle
import JointControl
import Recording
import RobotDescription
import Simulation

/// What a tuning session knows, and what its keys do: who is there, one step, gains from experiments, apply, back, save.
struct TuneDesk {
  /// What has been done with a joint, for the list.
  enum Mark: String {
    case none = ""
    case stepped = "step"
    case designed = "gains found"
    case kept = "kept"
    case refused = "no gains"
    case applied = "on trial"
    case rolledBack = "rolled back"
  }

  /// The robot with the gains of the description.
  private(set) var saved: Robot
  let path: String
  let options: ExperimentOptions
  let place: TargetOptions
  let store: GainStore
  /// Where everything that is found is kept; nil for nowhere.
  let files: TuneFiles?
  private(set) var trial: GainTrial?
  /// What was found, decided and done.
  var result: TuneResult
  /// What each drive says it is; nil where nobody asked.
  private(set) var identities: [String]?
  var marks: [Mark]
  /// Index of the joint that keys are about.
  var selected = 0
  /// What happened last.
  var message = "s scan: who is there?"

  init(_ robot: Robot, at path: String, options: ExperimentOptions, place: TargetOptions) throws(Failure) {
    saved = robot
    self.path = path
    self.options = options
    self.place = place
    store = try GainStore(path)
    files = try options.out.map { (directory) throws(Failure) in try TuneFiles(directory) }
    trial = try store.trial(of: robot)
    marks = robot.joints.map { _ in .none }
    result = TuneResult(
      task: "session", robot: robot.name, target: place.target.rawValue,
      seed: place.target == .sim ? place.seed : nil, build: BuildIdentity.text)
    for (name, _) in trial?.gains ?? [:] {
      if let index = robot.joints.firstIndex(where: { $0.name == name }) { marks[index] = .applied }
    }
  }

  var joint: RobotJoint { saved.joints[selected] }
  /// What is known of the chosen joint.
  var known: TuneResult.Joint? { result.joints.first { $0.name == joint.name } }

  /// The robot with the gains that are in use: the trial's, where there are any.
  var robot: Robot {
    var gains: [Int: ImpedanceGains] = [:]
    for (index, joint) in saved.joints.enumerated() { gains[index] = trial?.gains[joint.name] }
    return saved.with(gains: gains)
  }

  /// Everything that a key may start on the chosen joint, for the question before a real robot moves.
  var everything: [Experiment] {
    saved.joints.indices.flatMap { index in
      (TuneAuto.experiments + [.step]).map {
        Experiment.usual($0, joint: index, of: saved, share: options.share)
      }
    }
  }

  /// One call of the tuner that a screen looks on.
  func run(_ robot: Robot, watched: RunWatch?, hold: HoldToRun?) throws -> TuneRun {
    var place = place
    // Recordings keep the robot file with the gains that are in use.
    place.gains = trial == nil ? .saved : .trial
    var run = try TuneRun(robot, at: path, options, place)
    run.watch = watched
    run.hold = hold
    return run
  }

  /// Experiments of a step, and of a tuning.
  func step(of robot: Robot) -> [Experiment] {
    [Experiment.usual(.step, joint: selected, of: robot, share: options.share)]
  }

  // MARK: - What keys do

  /// Asks every drive who it is. Nothing is switched on but for the time in which watchdogs are seen to trip.
  mutating func scan() throws {
    var session = try TuneSession(robot, at: path, on: place)
    session.isQuiet = true
    let found = try session.identify()
    identities = found.map(\.text)
    message = "\(found.count) drives answered"
  }

  /// One step with the gains in use.
  mutating func stepOnce(watched: RunWatch?, hold: HoldToRun?) throws {
    let robot = robot
    let run = try run(robot, watched: watched, hold: hold)
    let outcome = try run.perform(step(of: robot), run.session(), recordingTo: run.record(&result, files))
    result.note(outcome.recordingPath, files)
    result.take(outcome, of: robot)
    try files?.write(result)
    try Self.check(outcome, robot)
    // Before its first sample there is no finding that could say so.
    if let abort = outcome.abort {
      message = "the step ended early: \(TuneFinding.Abort(abort).text)"
      return
    }
    if marks[selected] == .none { marks[selected] = .stepped }
    message = "step done; t tunes: friction, inertia, chirp, delay, step, then gains"
  }

  /// Identifies the joint and finds gains for it. They are not in use yet.
  mutating func tune(watched: RunWatch?, hold: HoldToRun?) throws {
    let auto = try TuneAuto(run: run(robot, watched: watched, hold: hold), wanted: .stiffest)
    // Anew, whatever was measured before.
    let name = joint.name
    result.joints.removeAll { $0.name == name }
    let outcome = try auto.tune(selected, in: &result, files: files)
    try files?.write(result)
    if let outcome { try Self.check(outcome, robot) }
    if known?.outcome == .kept {
      marks[selected] = .kept
      message = "the gains in use are stiffer than what keeps every limit, and keep 45 deg: they stay"
      return
    }
    guard let known, known.outcome == .designed, let design = known.design else {
      marks[selected] = .refused
      message = "no gains: \(self.known?.reason ?? "nothing was measured")"
      return
    }
    marks[selected] = .designed
    message =
      "found \(Markup.number(design.after.stiffness, digits: 5)) N.m/rad, "
      + "\(Markup.number(design.after.damping, digits: 5)) N.m.s/rad; a applies them"
  }

  /// Takes the robot to the gains that were found, along a ramp, repeats the step, and keeps them on trial where it passes.
  mutating func apply(watched: RunWatch?, hold: HoldToRun?) throws {
    guard var known, let design = known.design, marks[selected] == .designed else {
      message = "there are no new gains; t finds some"
      return
    }
    if let identities, known.drive.isEmpty { known.drive = identities[selected] }
    let application = try GainApplication(
      run: run(robot, watched: watched, hold: hold), index: selected,
      gains: ImpedanceGains(stiffness: design.after.stiffness, damping: design.after.damping),
      command: "tune session")
    let outcome = try application.apply(&known, &result, files)
    result.replace(known)
    try files?.write(result)
    guard known.outcome == .applied else {
      marks[selected] = .rolledBack
      message = "rolled back: \(known.reason ?? "")"
      return try Self.check(outcome, robot)
    }
    marks[selected] = .applied
    trial = try store.trial(of: saved)
    message = "on trial and checked; r takes them back, S saves them into robot.yaml"
  }

  /// Drops the trial of all joints.
  mutating func revert() throws {
    guard let dropped = try store.dropTrial() else {
      message = "there is no trial; robot.yaml's gains are in use"
      return
    }
    trial = nil
    for (index, joint) in saved.joints.enumerated() where dropped.contains(joint.name) {
      marks[index] = .none
      guard var known = result.joints.first(where: { $0.name == joint.name }), known.outcome == .applied
      else { continue }
      known.outcome = .designed
      result.replace(known)
    }
    try files?.write(result)
    message = "reverted: robot.yaml's gains are in use again (\(dropped.joined(separator: ", ")))"
  }

  /// Makes the trial the gains of robot.yaml.
  mutating func save() throws {
    guard trial != nil else {
      message = "there is no trial to save"
      return
    }
    let entry = try store.save()
    saved = try GainStore.load(store.saved())
    trial = nil
    for (index, joint) in saved.joints.enumerated() where entry.changes[joint.name] != nil {
      marks[index] = .none
    }
    message = "saved into \(store.path): \(entry.changes.keys.sorted().joined(separator: ", "))"
  }

  private static func check(_ outcome: TuneSession.Outcome, _ robot: Robot) throws {
    guard let fault = outcome.fault else { return }
    throw Failure(
      kind: "fault_stop", location: robot.name, message: "\(fault)",
      fix: "see what stopped it; the drives are off", code: Failure.checkFailed)
  }
}

extension TuneSession {
  /// Brings every drive up, and off again.
  ///
  /// - Returns: who they say they are, by joint.
  /// - Throws: `Failure` where a drive or bus could not.
  func identify() throws -> [DeviceIdentity] {
    func bringUp<LoopTarget: Target & ~Copyable>(_ target: inout LoopTarget) throws -> [DeviceIdentity] {
      do throws(BringUpError) { return try BringUp.run(robot, on: &target) } catch { throw Failure(error) }
    }
    switch target {
    case .sim:
      var simulated = SimulatedRobot(plant ?? robot, seed: seed, pace: .fast, stand: Stand())
      return try bringUp(&simulated)
    case .real:
      var real: RealRobot
      do throws(BusErrors) { real = try RealRobot(robot) } catch { throw Failure(error) }
      let found = Result { () throws -> [DeviceIdentity] in try bringUp(&real) }
      real.secure()
      return try found.get()
    }
  }
}
