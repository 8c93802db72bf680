import ArgumentParser
import JointControl
import RobotDescription

/// What a loop runs on, at which pace, and what is written down of it: the options of whatever moves a whole robot.
struct TargetOptions: ParsableArguments {
  @Option(help: "sim: a simulated robot. real: the robot on the interfaces of its buses.")
  var target: RunTarget = .sim

  @Flag(help: "Do not ask before a real robot moves.")
  var yes = false

  @Option(
    name: .customLong("pace"),
    help: """
      real: against the wall clock, in simulated time that waits when the loop is late. fast: as fast as the machine can. \
      live: against the wall clock, which waits for nobody: late cycles are left out, as on a real robot. (default: real)
      """)
  var chosenPace: Pacing?

  @Option(name: .customLong("seed"), help: "Seed of everything random in the simulation. (default: 1)")
  var chosenSeed: UInt64?

  @Option(help: "Write all frames of all buses to a candump -L file.")
  var trace: String?

  @Option(help: "Record every input and output of every cycle to an MCAP file; see sinew replay.")
  var record: String?

  @Flag(
    name: .customLong("home"),
    help:
      "Home first, as sinew home does: joints that have homing: in robot.yaml. In simulation they stand anywhere."
  )
  var homes = false

  @Option(help: ArgumentHelp("With --home, where zeros and turns are kept.", valueName: "file"))
  var state: String?

  @Option(
    help: "saved: gains of robot.yaml. trial: those of sinew gains set, and of sinew tune --apply, over them."
  )
  var gains: GainChoice = .saved

  @OptionGroup(title: "Real time")
  var realtime: RealtimeOptions

  var pace: Pacing { chosenPace ?? .real }
  var seed: UInt64 { chosenSeed ?? 1 }
  /// Whether somebody has to agree before anything moves.
  var asks: Bool { target == .real && !yes }

  /// The robot file at a path, with the gains chosen.
  ///
  /// - Throws: `Failure` where there is no trial, or it cannot be had.
  func text(of path: String) throws(Failure) -> RobotFileText { try GainStore(path).text(gains) }

  /// The robot at a path, with the gains chosen.
  ///
  /// - Throws: `Failure` that tells every mistake in its description.
  func robot(at path: String) throws(Failure) -> Robot {
    // What is wrong with a trial is wrong with it alone: robot.yaml was read before.
    let store = try GainStore(path)
    return try GainStore.load(store.text(gains), for: gains == .trial ? store.trialPath : nil)
  }

  /// What finds out where joints are before they move; nil where robot.yaml says it.
  ///
  /// - Throws: `Failure` where nothing says where a joint of a real robot is.
  func homing(of robot: Robot, at path: String) throws -> HomingProcedure? {
    if homes { return try HomingProcedure(robot, at: path, target: target, state: state) }
    if target == .real, let joint = robot.joints.first(where: { $0.homing != nil }) {
      throw Failure(
        kind: "homing", location: "joint \(joint.name)",
        message: "its drive does not know where it is, as homing: in robot.yaml says",
        fix: "add --home, which homes it first", code: Failure.badDescription)
    }
    return nil
  }

  func validate() throws {
    if state != nil && !homes { throw ValidationError("--state goes with --home.") }
    if target == .real, let option = chosenPace != nil ? "--pace" : chosenSeed != nil ? "--seed" : nil {
      throw ValidationError(
        "\(option) goes with --target sim; a real robot has its own time and its own faults.")
    }
    if pace == .fast && realtime.policy == .required {
      throw ValidationError(
        "--realtime required goes with --pace real or live; at --pace fast nothing has a deadline.")
    }
  }
}

/// What a loop runs on.
enum RunTarget: String, ExpressibleByArgument, CaseIterable {
  case sim
  case real
}

/// How simulated time passes.
enum Pacing: String, ExpressibleByArgument, CaseIterable {
  case real
  case fast
  case live
}
