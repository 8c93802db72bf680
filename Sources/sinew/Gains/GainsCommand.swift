import ArgumentParser
import ControlCycle
import JointControl
import RobotDescription

/// Gains of robot.yaml, and those that are tried beside them.
struct GainsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gains",
    abstract: "Gains of a robot: show them, try others, save them into robot.yaml, go back.",
    discussion: """
      saved  what robot.yaml says. sinew run and move use it.
      trial  what set, and sinew tune --apply, write into gains.trial.json beside robot.yaml: set by set, each over those before.
             sinew run and move use it with --gains trial, and only then. robot.yaml stays as it is.
      save   makes the trial the saved gains: robot.yaml is patched in place, comments and layout stay, byte for byte. Who did it,
             when, on what and by which report is added to gains.history.jsonl.
      revert drops the trial, or its last set; without a trial it takes the last save back.

      Beside another robot file, NAME.yaml, they are NAME.gains.trial.json and NAME.gains.history.jsonl.

      Saved and trial gains are in files and in the loop's memory: they travel with the commands, or the loop applies them itself.
      None of this writes a drive's flash. A drive in a position or velocity mode closes its loop with gains of its own, which stand
      in its flash: those are not touched, and robot.yaml only describes them.

      Gains that a robot may not have (outside the bound of a loop that the host closes, beyond a frame's full scale, finer than its
      steps) are refused as sinew check refuses them, before anything is written.

      EXAMPLES
        sinew gains show Robots/rig
        sinew gains set Robots/rig elbow=250,5 wrist=,0.8 --note "after the new belt"
        sinew gains diff Robots/rig
        sinew run Robots/rig --gains trial --motion swing
        sinew gains save Robots/rig
        sinew gains revert Robots/rig
      """, subcommands: [Show.self, Diff.self, Set.self, Save.self, Revert.self], defaultSubcommand: Show.self
  )
}

/// The robot, and how what is said of it is printed.
struct GainsOptions: ParsableArguments {
  @Argument(help: "Directory with a robot.yaml, or the file itself.")
  var robot: String

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  /// Runs something on the robot's gains; failures are printed.
  func run(_ body: (GainStore) throws(Failure) -> (text: String, json: JSONValue)) throws {
    do throws(Failure) {
      let (text, object) = try body(try GainStore(robot))
      print(json ? object.text : text, terminator: json ? "\n" : "")
    } catch { throw error.report(json: json) }
  }
}

extension GainsCommand {
  /// Saved gains beside the trial's.
  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the gains of robot.yaml, the trial's beside them, and where they come from.")

    @OptionGroup var options: GainsOptions

    func run() throws {
      try options.run { (store) throws(Failure) in
        let table = try GainTable(store)
        return (table.text, table.json(command: "show"))
      }
    }
  }

  /// What the trial would change.
  struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what the trial changes, and the lines of robot.yaml that save would write.")

    @OptionGroup var options: GainsOptions

    func run() throws {
      try options.run { (store) throws(Failure) in
        let table = try GainTable(store)
        return (try table.difference(), table.json(command: "diff", changedOnly: true))
      }
    }
  }

  /// Writes a set of the trial.
  struct Set: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Add gains to the trial; robot.yaml stays as it is.",
      discussion: """
        JOINT=STIFFNESS,DAMPING in N.m/rad and N.m.s/rad. What is left out stays as the trial, or else robot.yaml, has it: elbow=250 or
        elbow=,5.
        """)

    @OptionGroup var options: GainsOptions

    @Argument(help: "Gains, JOINT=STIFFNESS,DAMPING, of as many joints as you like.")
    var gains: [String]

    @Option(help: "Why; kept with the gains.")
    var note: String?

    func validate() throws {
      if gains.isEmpty { throw ValidationError("Name at least one joint, as elbow=250,5.") }
    }

    func run() throws {
      try options.run { (store) throws(Failure) in
        let table = try GainTable(store)
        var wanted: [String: ImpedanceGains] = [:]
        for text in gains {
          let (name, gains) = try table.parse(text)
          wanted[name] = gains
        }
        var provenance = GainProvenance.now(by: "gains set")
        provenance.note = note
        try store.setTrial(wanted, provenance: provenance)
        let after = try GainTable(store)
        return (try after.difference(), after.json(command: "set", changedOnly: true))
      }
    }
  }

  /// Makes the trial the robot file.
  struct Save: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write the trial into robot.yaml, in place, and note it in the history.")

    @OptionGroup var options: GainsOptions

    func run() throws {
      try options.run { (store) throws(Failure) in
        let before = try store.saved()
        let entry = try store.save()
        return (
          try GainTable.written(entry, from: before, in: store), GainTable.json(entry, command: "save", store)
        )
      }
    }
  }

  /// Goes back.
  struct Revert: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Drop the trial, or its last set; without a trial, take the last save back.")

    @OptionGroup var options: GainsOptions

    @Flag(help: "Of the trial, only the last set.")
    var last = false

    func run() throws {
      try options.run { (store) throws(Failure) in
        if let joints = try store.dropTrial(lastOnly: last) {
          let what = last ? "the trial's last set is dropped" : "the trial is dropped"
          return (
            "\(what): \(joints.joined(separator: ", "))\n",
            .object([
              ("schema", "sinew.gains/1"), ("command", "revert"),
              ("dropped", .string(last ? "set" : "trial")),
              ("joints", .array(joints.map(JSONValue.string))),
            ])
          )
        }
        let before = try store.saved()
        guard !last, let entry = try store.revertSave() else {
          throw Failure(
            kind: "gains", location: store.path,
            message: "there is no trial\(last ? "" : " and no save to take back")",
            fix: "see sinew gains show",
            code: Failure.checkFailed)
        }
        return (
          try GainTable.written(entry, from: before, in: store),
          GainTable.json(entry, command: "revert", store)
        )
      }
    }
  }
}
