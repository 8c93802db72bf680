import ArgumentParser
import ControlCycle
import JointControl

/// The watchdog of one drive: shown, set, proved.
struct DriveWatchdogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watchdog",
    abstract: "Show a drive's command watchdog, set it until power-off, and prove it.",
    discussion: """
      Without SECONDS it is shown, with them it is set and read back. --prove asks first: the drive is switched on at zero
      torque, left alone for longer and longer, and must let go by itself; the time is found by halving, within 1/64. A
      CANopen drive stays off and tells the instant. In the end the drive is off and cleared. ODrives and CyberGears cannot
      be asked for theirs, only tried; MIT drives not even that, as they do not say whether they are on. Exit code 1 when
      the drive does not let go, or not within a quarter of the time.

      EXAMPLES
        sinew drive watchdog Robots/navigator Elbow_L
        sinew drive watchdog Robots/navigator Elbow_L 0.02 --prove
        sinew drive watchdog Robots/navigator Knee_L --prove --yes --json
      """)

  @OptionGroup var drive: DriveOfJoint

  @Argument(help: "Time to set [s].")
  var seconds: Double?

  @Flag(help: "See it trip; what is expected is the time just set, that of the drive, or that of robot.yaml.")
  var prove = false

  @OptionGroup var question: DriveQuestion

  func validate() throws {
    if let seconds, !(seconds >= 0 && seconds < 1e6) {
      throw ValidationError("SECONDS is a time in seconds, 0.001 to 10.")
    }
  }

  func run() throws {
    let (outcome, joint, _) = try drive.perform { joint in
      if prove { try ask(joint) }
      return WatchdogTask(
        drive: joint.configuration.drive, described_us: joint.driveWatchdog_us,
        wanted_us: seconds.map { Int(($0 * 1e6).rounded()) }, isProved: prove)
    }
    let view = WatchdogView(outcome: outcome, joint: joint)
    print(drive.buses.json ? view.json.text : view.text)
    if !view.isSound { throw ExitCode(Failure.checkFailed) }
  }

  private func ask(_ joint: RobotJoint) throws {
    guard DriveRules.provesSwitchedOn(joint.configuration.drive.family) else { return }
    try question.ask(
      "Switches \(joint.name)'s drive on, at zero torque and several times, and leaves it alone until it lets go. "
        + "The joint gives no torque; what hangs on it stays as limp as it is.", command: "watchdog --prove")
  }
}

private struct WatchdogTask: DriveTask {
  struct Outcome {
    /// What the drive says [us]; nil where it cannot be asked.
    var told_us: Int?
    /// What is expected of a trial [us].
    var expected_us: Int
    var measured: WatchdogMeasurement?
    /// Whether it was set by this command.
    var isSet: Bool
  }
  let drive: DriveConfiguration
  let described_us: Int
  let wanted_us: Int?
  let isProved: Bool

  func run<LoopTarget: Target & ~Copyable>(
    _ link: inout DriveLink<LoopTarget>, _ robot: Robot
  ) throws -> Outcome {
    var drive = drive
    if let wanted_us { drive = try link.setWatchdog(microseconds: wanted_us, of: drive) }
    let told = try link.watchdog(of: drive)
    // The commands of a moteus drive carry its watchdog, so that what it says is of others.
    let own = drive.family == .moteus ? Int(drive.watchdog_us) : told
    var outcome = Outcome(
      told_us: told, expected_us: own ?? described_us, measured: nil, isSet: wanted_us != nil)
    guard isProved else { return outcome }
    guard outcome.expected_us > 0 else {
      throw DriveError(
        .state,
        own == nil
          ? "the description names no watchdog, and the drive cannot be asked" : "the watchdog is off",
        fix: own == nil
          ? "write watchdog in robot.yaml" : "set it: sinew drive watchdog ROBOT JOINT SECONDS --prove")
    }
    outcome.measured = try link.proveWatchdog(of: drive, time: Int64(outcome.expected_us) * 1000)
    return outcome
  }
}

/// What came of it, in words and in JSON.
private struct WatchdogView {
  let outcome: WatchdogTask.Outcome
  let joint: RobotJoint

  /// Whether a trial found a time within a quarter of what was expected; true without a trial.
  var isSound: Bool {
    guard let measured = outcome.measured else { return true }
    let expected = Int64(outcome.expected_us) * 1000
    return measured.tripped <= expected * 5 / 4 && measured.tripped >= expected * 3 / 4
  }

  var text: String {
    let family = joint.configuration.drive.family
    var lines: [String] = []
    switch (outcome.told_us, family) {
    case (nil, _): lines.append("cannot be asked; robot.yaml says \(milliseconds(joint.driveWatchdog_us)) ms")
    case (let told?, .moteus):
      lines.append(
        "goes with every command, here \(milliseconds(outcome.expected_us)) ms; without, \(milliseconds(told)) ms"
      )
    case (0?, _):
      lines.append("off; robot.yaml has \(milliseconds(joint.driveWatchdog_us)) ms, which bring-up sets")
    case (let told?, _):
      lines.append("\(milliseconds(told)) ms" + (outcome.isSet ? ", set until the drive's power goes" : ""))
    }
    if let measured = outcome.measured {
      let range =
        "\(RunReport.fixed(Double(measured.survived) / 1e6, 2)) to \(RunReport.fixed(Double(measured.tripped) / 1e6, 2)) ms"
      lines.append(
        "let go by itself after \(range) without a command, \(measured.trials) trials; "
          + (isSound ? "as expected" : "EXPECTED \(milliseconds(outcome.expected_us)) ms"))
    }
    return lines.map { "\(joint.name): \($0)" }.joined(separator: "\n")
  }

  private func milliseconds(_ microseconds: Int) -> String { RunReport.fixed(Double(microseconds) / 1000, 2) }

  var json: JSONValue {
    .object([
      ("schema", "sinew.drive.watchdog/1"), ("joint", .string(joint.name)),
      ("told_us", outcome.told_us.map { .integer(Int64($0)) } ?? .null),
      ("described_us", .integer(Int64(joint.driveWatchdog_us))),
      ("expected_us", .integer(Int64(outcome.expected_us))),
      ("set", .boolean(outcome.isSet)),
      ("survived_ns", outcome.measured.map { .integer($0.survived) } ?? .null),
      ("tripped_ns", outcome.measured.map { .integer($0.tripped) } ?? .null),
      ("trials", outcome.measured.map { .integer(Int64($0.trials)) } ?? .null), ("sound", .boolean(isSound)),
    ])
  }
}
