import ArgumentParser
import CServoBus
import ControlCycle
import JointControl
import RobotDescription

/// Tuning by keys.
struct TuneSessionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "session",
    abstract: "Tune a robot's joints by keys: scan, step, tune, apply, revert, save.",
    discussion: """
      Keys: up and down choose a joint. s asks every drive who it is. e makes one step. t runs the experiments of sinew tune auto, finds
      gains and tries them on the twin. a takes the robot to them along a ramp of 0.3 s once it is armed, repeats the step, and keeps
      them on trial where it passes; where it does not, the gains of before are in use. r drops the trial, S saves it into robot.yaml
      (sinew gains). TAB turns the page: step, Bode, identified, checks. q quits.

      While a joint moves, x ends that: damping, then drives off. On a real robot a joint moves only while the space bar is held
      (--no-hold-to-run for not). What is typed ahead is thrown away. Between runs the drives are off. The trial stays when the session
      is over. --out keeps report, result and recordings of all of it, and the trial says where they are.

      Without a terminal the keys are the characters of standard input, n and p choose a joint, and what happens is said in lines.

      EXAMPLES
        sinew tune session Robots/rig --pace fast
        sinew tune session my_robot --target real
        printf 'nstaq' | sinew tune session Robots/rig --pace fast
      """)

  @Argument(help: "Directory with a robot.yaml, or the file itself.")
  var robot: String

  @OptionGroup
  var options: ExperimentOptions

  @OptionGroup
  var place: TargetOptions

  func validate() throws {
    try options.check(with: place, resume: nil)
    if options.json {
      throw ValidationError("--json does not go with session; --out keeps what is found as result.json.")
    }
    if place.gains == .trial {
      throw ValidationError("A session uses the trial where there is one; leave out --gains.")
    }
  }

  func run() throws {
    do {
      let robot = try place.robot(at: robot)
      var desk = try TuneDesk(robot, at: self.robot, options: options, place: place)
      if place.asks { try desk.run(robot, watched: nil, hold: nil).ask(desk.everything) }
      let console = TuneConsole(isQuiet: false)
      try console.checkKey(options.asksForKey(on: place))
      DeskKeys(desk: desk, console: console).run()
      console.screen.close()
      let caught = servo_signal_caught()
      if caught != 0 { throw ExitCode(128 + caught) }
      desk.message = ""
    } catch let failure as Failure {
      throw failure.report(json: false)
    }
  }
}

/// A session as it goes: keys to what the desk does.
final class DeskKeys {
  private var desk: TuneDesk
  private let console: TuneConsole
  private var page = DeskView.Page.step

  init(desk: TuneDesk, console: TuneConsole) {
    self.desk = desk
    self.console = console
  }

  /// Keys until somebody leaves.
  func run() {
    while true {
      let key = console.key {
        DeskView(desk: self.desk, page: self.page, glyphs: self.console.screen.glyphs).draw(on: &$0)
      }
      let before = desk.message
      switch key {
      case .character("q"), .closed: return
      case .up, .character("p"): desk.selected = max(desk.selected - 1, 0)
      case .down, .character("n"): desk.selected = min(desk.selected + 1, desk.saved.joints.count - 1)
      case .tab: page = DeskView.Page(rawValue: page.rawValue + 1) ?? .step
      case .character("s"): attempt { try self.desk.scan() }
      case .character("e"): moving("step") { try self.desk.stepOnce(watched: $0, hold: $1) }
      case .character("t"): moving("tune") { try self.desk.tune(watched: $0, hold: $1) }
      case .character("a"): moving("apply") { try self.desk.apply(watched: $0, hold: $1) }
      case .character("r"): attempt { try self.desk.revert() }
      case .character("S"): attempt { try self.desk.save() }
      default: continue
      }
      if desk.message != before { console.say("\(desk.joint.name): \(desk.message)") }
      if servo_signal_caught() != 0 { return }
    }
  }

  /// Something that moves a joint, with the scope on the screen.
  private func moving(_ what: String, _ body: @escaping (RunWatch, HoldToRun?) throws -> Void) {
    let watch = RunWatch()
    let hold = desk.options.asksForKey(on: desk.place) ? HoldToRun() : nil
    let scope = ScopeView(
      robot: desk.robot, title: "sinew tune session  \(desk.saved.name)  \(what)",
      asksForKey: hold != nil, glyphs: console.screen.glyphs)
    attempt {
      try self.console.watching(watch, hold: hold, drawing: { scope.draw(on: &$0, $1, $2, $3) }) {
        try body(watch, hold)
      }
    }
  }

  /// What goes wrong is said, and the session goes on.
  private func attempt(_ body: () throws -> Void) {
    do { try body() } catch let failure as Failure {
      desk.message = failure.problems.map { "\($0.location): \($0.message); \($0.fix)" }.joined(
        separator: " ")
    } catch { desk.message = "\(error)" }
  }
}
