import ArgumentParser
import CServoBus
import ControlCycle
import JointControl
import RobotDescription

/// Gains by hand.
struct TuneWalkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "walk",
    abstract: "Find a joint's gains by hand: raise, feel, back off; each round is a guarded step.",
    discussion: """
      For those who know it so: the stiffness is raised by half until the joint is stiff enough, the damping by half until it is quiet,
      and halved where it buzzes. Each round is one step of the joint with the gains of the round, inside the envelope of sinew tune:
      armed with the gains in use, which go to those of the round along a ramp of 0.3 s, and back before the drives are off. What a step shows stands in a table: rise, overshoot, settling, and the torque that goes on
      where the joint should rest. Gains that the robot may not have are refused and not tried.

      Keys: + and - stiffness, > and < damping (arrows too), b back off, u undo, s the same again, t keep as trial (sinew gains), q
      quit. While a step runs, x ends it; on a real robot it runs while the space bar is held. Without a terminal the keys are the
      characters of standard input, and each round is a line.

      EXAMPLES
        sinew tune walk Robots/rig elbow --pace fast
        sinew tune walk my_robot Elbow_L --target real
        printf '+>tq' | sinew tune walk Robots/rig elbow --pace fast
      """)

  @Argument(help: "Directory with a robot.yaml, or the file itself.")
  var robot: String

  @Argument(help: "The joint.")
  var joint: String

  @Option(help: "Size of the step [rad]. (default: as sinew tune step)")
  var amplitude: Double?

  @OptionGroup
  var options: ExperimentOptions

  @OptionGroup
  var place: TargetOptions

  func validate() throws {
    if let amplitude, !(amplitude > 0 && amplitude.isFinite) {
      throw ValidationError("--amplitude is above 0.")
    }
    try options.check(with: place, resume: nil)
    if options.out != nil {
      throw ValidationError("--out does not go with walk; sinew tune step and session keep files.")
    }
  }

  func run() throws {
    do {
      let robot = try place.robot(at: robot)
      var guide = try WalkGuide(
        robot, at: self.robot, joint: robot.index(ofJoint: joint), amplitude: amplitude, options: options,
        place: place)
      if place.asks { try guide.ask() }
      let console = TuneConsole(isQuiet: options.json)
      try console.checkKey(options.asksForKey(on: place))
      do { try guide.run(on: console) } catch {
        console.screen.close()
        throw error
      }
      console.screen.close()
      if options.json { print(guide.json.text) }
      let caught = servo_signal_caught()
      if caught != 0 { throw ExitCode(128 + caught) }
    } catch let failure as Failure {
      throw failure.report(json: options.json)
    }
  }
}

/// A walk as it goes: keys to rounds, rounds to pictures or lines.
struct WalkGuide {
  private let robot: Robot
  private let path: String
  private let index: Int
  private let amplitude: Double?
  private let options: ExperimentOptions
  private let place: TargetOptions
  private let store: GainStore
  private var walk: GainWalk
  /// Gains that were kept; nil for none.
  private var kept: ImpedanceGains?

  private var name: String { robot.joints[index].name }
  private var title: String {
    let target = place.target == .sim ? "simulated, seed \(place.seed)" : "REAL"
    return "sinew tune walk  \(robot.name)  \(name)  \(target)"
  }

  init(
    _ robot: Robot, at path: String, joint: Int, amplitude: Double?, options: ExperimentOptions,
    place: TargetOptions
  ) throws(Failure) {
    self.robot = robot
    self.path = path
    index = joint
    self.amplitude = amplitude
    self.options = options
    self.place = place
    store = try GainStore(path)
    walk = GainWalk(robot.joints[joint])
  }

  /// What became of it, for machines.
  var json: JSONValue {
    .object([
      ("schema", "sinew.tune.walk/1"), ("robot", .string(robot.name)), ("joint", .string(name)),
      ("target", .string(place.target.rawValue)), ("rounds", walk.json), ("kept", kept?.json ?? .null),
    ])
  }

  /// Asks before a real robot moves.
  func ask() throws {
    try TuneRun(robot, at: path, options, place).ask([step(of: robot)])
  }

  /// Rounds until somebody leaves.
  mutating func run(on console: TuneConsole) throws {
    try round(robot.joints[index].configuration.gains, on: console)
    var message: String?
    while true {
      let key = console.key {
        WalkView(title: title, walk: walk, message: message, glyphs: console.screen.glyphs).draw(on: &$0)
      }
      message = nil
      switch key {
      case .character("q"), .escape, .closed: return
      case .character("t"): message = try keep(console)
      default:
        guard let move = Self.move(key) else { continue }
        guard let gains = walk.gains(after: move) else {
          message = "there is nothing to go back to"
          continue
        }
        do { try round(gains, on: console) } catch let failure as Failure
          where failure.code == Failure.badDescription
        {
          message = failure.problems.first.map { "\($0.message); \($0.fix)" }
        }
      }
      if let message { console.say(message) }
      if servo_signal_caught() != 0 { return }
    }
  }

  private static func move(_ key: Key) -> GainWalk.Move? {
    switch key {
    case .character("+"), .character("="), .up: .stiffer
    case .character("-"), .down: .softer
    case .character(">"), .character("."), .right: .moreDamping
    case .character("<"), .character(","), .left: .lessDamping
    case .character("b"): .backOff
    case .character("u"): .undo
    case .character("s"): .again
    default: nil
    }
  }

  /// One step with some gains, on a robot that may have them.
  private mutating func round(_ gains: ImpedanceGains, on console: TuneConsole) throws {
    let text = try store.tried([name: gains], over: store.text(place.gains))
    _ = try GainStore.load(text, for: "\(name), \(gains.stiffness) N.m/rad, \(gains.damping) N.m.s/rad")
    let changed = robot.with(gains: [index: gains])
    let experiment = step(of: changed)
    let (watch, hold) = (RunWatch(), options.asksForKey(on: place) ? HoldToRun() : nil)
    var run = try TuneRun(robot, at: path, options, place)
    run.watch = watch
    run.hold = hold
    var session = try run.session()
    // Armed with the gains in use; a raise goes in along a ramp, and out again before the drives are off.
    if gains != robot.joints[index].configuration.gains { session.gains = [index: gains] }
    let scope = ScopeView(
      robot: changed,
      title: "\(title): \(Markup.number(gains.stiffness)) N.m/rad, \(Markup.number(gains.damping)) N.m.s/rad",
      asksForKey: hold != nil, glyphs: console.screen.glyphs)
    let outcome = try console.watching(watch, hold: hold, drawing: { scope.draw(on: &$0, $1, $2, $3) }) {
      try run.perform([experiment], session, recordingTo: nil)
    }
    if let fault = outcome.fault {
      throw Failure(
        kind: "fault_stop", location: robot.name, message: "\(fault)",
        fix: "see what stopped it; the drives are off",
        code: Failure.checkFailed)
    }
    guard let trace = outcome.traces.first else {
      let reason = outcome.abort.map { TuneFinding.Abort($0).text } ?? "nothing was measured"
      throw Failure(
        kind: "experiment", location: name, message: "no step: \(reason)", fix: "s tries it again",
        code: Failure.badDescription)
    }
    walk.take(TuneFinding(trace, of: changed), trace, gains: gains)
    if walk.rounds.count == 1 { console.say(GainWalk.header.joined(separator: "\t")) }
    console.say(walk.row(walk.rounds.count - 1).joined(separator: "\t"))
  }

  private func step(of robot: Robot) -> Experiment {
    var experiment = Experiment.usual(.step, joint: index, of: robot, share: options.share)
    if let amplitude { experiment.amplitude = amplitude }
    return experiment
  }

  private mutating func keep(_ console: TuneConsole) throws -> String? {
    guard let round = walk.rounds.last else { return nil }
    guard round.finding.abort == nil else { return "a step that ended early is no reason to keep gains" }
    var provenance = GainProvenance.now(by: "tune walk")
    provenance.target = place.target.rawValue
    try store.setTrial([name: round.gains], provenance: provenance)
    kept = round.gains
    return "kept as trial: sinew run --gains trial, sinew gains save or revert"
  }
}
