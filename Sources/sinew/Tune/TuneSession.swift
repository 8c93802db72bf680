import CServoBus
import ControlCycle
import Foundation
import JointControl
import Recording
import RobotDescription
import Simulation

/// Runs experiments of one robot: each run is one of the loop, from bring-up to drives that are off again.
struct TuneSession {
  /// What a run left.
  struct Outcome {
    /// Experiment by experiment, as far as it came.
    var traces: [ExperimentTrace]
    /// Gains that the joints were taken to, by index.
    var gains: [Int: ImpedanceGains]
    /// Why it ended early; nil where it did not.
    var abort: ExperimentAbort?
    /// The fault stop that it ended in, if it did.
    var fault: ControlFault?
    /// The signal that ended it, if one did.
    var signal: Int32?
    /// Who the drives say they are, by joint.
    var identities: [DeviceIdentity]
    /// What became of the recording; nil without one.
    var recording: RecordingOutcome?
    /// Its file; nil without one.
    var recordingPath: String?
    /// What the kernel granted.
    var realtime: RealtimeReport
  }

  /// The robot as described.
  let robot: Robot
  /// Path of its description, for recordings.
  let path: String
  /// Where and how it runs.
  var target: RunTarget
  var pace: Pacing
  var seed: UInt64
  var realtime: RealtimeOptions
  /// The robot that is simulated, where it is not as described.
  var plant: Robot?
  /// What finds out where joints are before each run; nil where robot.yaml says it.
  var homing: HomingProcedure?
  /// The robot file, where the gains are not those of robot.yaml.
  private let text: RobotFileText?
  /// Whether progress is kept off standard error.
  var isQuiet = false
  /// What looks on from another thread, and may end it; nil for nobody.
  var watch: RunWatch?
  /// What its runs are for, for who looks on.
  var stage = RunWatch.Stage.robot
  /// Gains that joints are taken to before the experiments, along a ramp from those of the description and back at the end, by index.
  var gains: [Int: ImpedanceGains] = [:]

  /// A session on what the options of a command name.
  ///
  /// - Throws: `Failure` where gains on trial are asked for and cannot be had.
  init(_ robot: Robot, at path: String, on place: TargetOptions) throws(Failure) {
    self.robot = robot
    self.path = path
    target = place.target
    pace = place.pace
    seed = place.seed
    realtime = place.realtime
    text = place.gains == .saved ? nil : try place.text(of: path)
  }

  /// Runs experiments, one after another, and blocks until the drives are off.
  ///
  /// - Parameters:
  ///   - experiments: what is done.
  ///   - hold: what has to be held meanwhile; nil where nothing is asked for.
  ///   - file: MCAP file of the run; nil for none.
  /// - Returns: what was measured; also where an experiment ended early, a fault stopped the robot, or a signal came.
  /// - Throws: `Failure` where experiments cannot come out well, or host, bus or drive could not do what was asked.
  func run(
    _ experiments: [Experiment], hold: HoldToRun? = nil, recordingTo file: String? = nil
  ) throws -> Outcome {
    try Self.check(experiments, for: robot.with(gains: gains))
    _ = servo_signal_catch()
    // Of a run before this one nothing is shown any more.
    watch?.progress.publish(ExperimentProgress())
    watch?.stage.publish(stage == .robot && !gains.isEmpty ? .newGains : stage)
    var bounded = robot.bounded(by: experiments)
    var session = try runSession(bounded, experiments, recordingTo: file)
    let stand = Stand()
    var place = try session.openPlace(nil, stand: stand)
    var found: HomingReport?
    if let homing {
      let report = try place.home(homing, seed: seed, stand: stand)
      try homing.forget()
      session.zero(report)
      bounded = session.robot
      found = report
    }
    let recorder = try session.openRecorder()
    let watched = target == .real ? AdapterNotices(bounded, prints: !isQuiet) : nil
    let figures = Progress(duration: experiments.reduce(0) { $0 + $1.duration })
    var job = RunJob<ExcitedSource, GainRamp>(
      robot: bounded, place: place,
      source: ExcitedSource(
        // A step is made of the stiffness that is in use then.
        source: ExperimentSource(
          bounded.with(gains: gains), experiments, hold: hold, lead: gains.isEmpty ? 0 : GainRamp.usualTime),
        stand: stand, watch: watch),
      recorder: RunRecorder(bounded.schedule, progress: figures, encoder: recorder?.makeEncoder()))
    if !gains.isEmpty { job.law = .some(GainRamp(bounded, to: gains)) }
    let granted: RealtimeReport
    do {
      granted = try session.runLeg(&job, progress: figures)
      if let error = job.bringUpError { throw Failure(error) }
    } catch {
      _ = watched?.stop()
      _ = recorder?.close()
      throw (error as? RealtimeError).map(Failure.init) ?? error
    }
    job.conclude()
    _ = watched?.stop()
    if let found { try homing?.keep(found, leftAt: job.positions) }
    let caught = servo_signal_caught()
    return Outcome(
      traces: job.source?.source.traces ?? [], gains: gains, abort: job.source?.source.abort,
      fault: job.fault,
      signal: caught == 0 ? nil : caught, identities: job.bringUp.identities, recording: recorder?.close(),
      recordingPath: file,
      realtime: granted)
  }

  private func runSession(
    _ bounded: Robot, _ experiments: [Experiment], recordingTo file: String?
  ) throws -> RunSession {
    var recording: RunRecording?
    if let file {
      recording = try RunRecording(
        robot: path, text: text, name: robot.name, motion: nil, path: file, faultFile: "none", target: target,
        seed: seed,
        pace: pace)
      recording?.note(experiments, gains: gains, of: robot)
    }
    var session = RunSession(
      robot: bounded, motion: nil, runTime: nil, target: target, pace: pace, seed: seed, faults: [],
      trace: nil, realtime: realtime, recording: recording, onLoss: .stop, isQuiet: isQuiet)
    session.plant = plant
    return session
  }

  /// Refuses experiments that cannot come out well, before anything is sent.
  static func check(_ experiments: [Experiment], for robot: Robot) throws {
    let problems = experiments.flatMap { experiment in
      experiment.objections(for: robot).map { objection in
        Failure.Problem(
          kind: "experiment", location: objection.place, message: objection.message, fix: objection.fix)
      }
    }
    if !problems.isEmpty { throw Failure(problems: problems, code: Failure.badDescription) }
  }
}

/// Experiments that end in damping when a termination signal was caught, and say how far they are.
struct ExcitedSource: StoppableSource, ~Copyable {
  var source: ExperimentSource
  /// What is let go as soon as every drive is on.
  let stand: Stand
  let watch: RunWatch?
  /// What was shown of the experiment under way.
  private var shown = (experiment: -1, count: 0)

  init(source: consuming ExperimentSource, stand: Stand, watch: RunWatch?) {
    self.source = source
    self.stand = stand
    self.watch = watch
  }

  var isStopRequested: Bool {
    get { source.isStopRequested }
    set { source.isStopRequested = newValue }
  }

  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    if servo_signal_caught() != 0 || watch?.isStopRequested == true { source.isStopRequested = true }
    if control.safety.state == .armed { stand.letGo() }
    let directive = source.next(cycle, control: control, into: &setpoints)
    guard let watch else { return directive }
    let progress = source.progress
    watch.progress.publish(progress)
    if progress.sampleCount > 0 && shown != (progress.experiment, progress.sampleCount) {
      shown = (progress.experiment, progress.sampleCount)
      watch.samples.append(progress.sample)
    }
    return directive
  }
}
