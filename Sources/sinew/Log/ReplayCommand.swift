import ArgumentParser
import JointControl
import Recording

/// Runs a recording through the core again.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Run a recording through the control cycle again and compare every output byte.",
    discussion: """
      The robot is rebuilt from the files inside the recording. The first difference is named by cycle, stage, joint
      and field; exit 1 when there is one. With another description it says how its commands would have differed; the
      drives' replies stay those of the recording.

      EXAMPLES
        sinew replay wave.mcap
        sinew replay wave.mcap --with stiffer/robot.yaml
      """)

  @Argument(help: "The recording.")
  var file: String
  @Option(help: ArgumentHelp("Another description of the same robot.", valueName: "robot"))
  var with: String?
  @Flag(help: "Print one JSON object instead of text.")
  var json = false

  func run() throws {
    try Failure.reporting(json: json) {
      let recorded = try RecordedRobot(file)
      if let with { return try compare(recorded, with: try loadRobot(at: with)) }
      let replay = try Replay(recorded.file, robot: recorded.robot)
      print(json ? Self.json(replay).text : Self.text(replay, file))
      if replay.first != nil || replay.cycles == 0 { throw ExitCode(Failure.checkFailed) }
    }
  }

  private static func text(_ replay: Replay, _ file: String) -> String {
    var out = "\(file): \(replay.cycles) cycles replayed"
    if replay.skipped > 0 { out += ", \(replay.skipped) before a known state left out" }
    guard let first = replay.first else {
      return out + (replay.cycles > 0 ? ", every byte the same" : ": nothing to compare")
    }
    out += ", \(replay.differingCycles) differ\nfirst difference: cycle \(first.cycle)"
    out += " (\(RunReport.fixed(Double(first.time) * 1e-9, 6)) s), stage \(first.stage)"
    if let joint = first.joint { out += ", joint \(joint)" }
    return out + ", \(first.field): recorded \(first.recorded), replayed \(first.replayed)"
  }

  private static func json(_ replay: Replay) -> JSONValue {
    var members: [(String, JSONValue)] = [
      ("schema", "sinew.replay/1"), ("cycles", .integer(Int64(replay.cycles))),
      ("skipped_cycles", .integer(Int64(replay.skipped))),
      ("differing_cycles", .integer(Int64(replay.differingCycles))),
    ]
    if let first = replay.first {
      members.append(
        (
          "first_difference",
          .object([
            ("cycle", .integer(first.cycle)), ("time_ns", .integer(first.time)),
            ("stage", .string(first.stage)),
            ("joint", first.joint.map(JSONValue.string) ?? .null), ("field", .string(first.field)),
            ("recorded", .string(first.recorded)), ("replayed", .string(first.replayed)),
          ])
        ))
    }
    return .object(members)
  }

  private func compare(_ recorded: RecordedRobot, with other: Robot) throws {
    let result = try WhatIf(recorded.file, recorded: recorded.robot, other: other)
    let joints = result.joints.filter { $0.cycles > 0 }
    if json {
      print(
        JSONValue.object([
          ("schema", "sinew.replay.with/1"), ("cycles", .integer(Int64(result.cycles))),
          ("fault_cycle", result.faultCycle.map(JSONValue.integer) ?? .null),
          (
            "joints",
            .object(
              joints.map { joint in
                (
                  joint.name,
                  .object([
                    ("cycles", .integer(Int64(joint.cycles))),
                    ("first_cycle", joint.first.map(JSONValue.integer) ?? .null),
                    ("position_max_rad", .number(joint.position)),
                    ("velocity_max_rad_s", .number(joint.velocity)),
                    ("stiffness_max_nm_rad", .number(joint.stiffness)),
                    ("damping_max_nms_rad", .number(joint.damping)), ("torque_max_nm", .number(joint.torque)),
                  ])
                )
              })
          ),
        ]).text)
      return
    }
    print(
      "\(file) with \(with ?? ""): \(joints.count) of \(result.joints.count) joints commanded differently")
    print("largest differences of the commands over \(result.cycles) cycles, replies as recorded\n")
    var table = TextTable(["joint", "cycles", "first", "rad", "rad/s", "N.m/rad", "N.m.s/rad", "N.m"])
    for joint in joints {
      table.append(
        [joint.name, "\(joint.cycles)", joint.first.map { "\($0)" } ?? ""]
          + [joint.position, joint.velocity, joint.stiffness, joint.damping, joint.torque].map {
            RunReport.fixed($0, 4)
          })
    }
    print(table.text, terminator: "")
    if let cycle = result.faultCycle { print("fault stop in cycle \(cycle)") }
  }
}

/// Says why a robot stopped.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Tell the chain of causes in a recording: what happened, in which order, and what to do.",
    discussion: """
      Works on the file that sinew run leaves after a fault stop, and on any other recording.

      EXAMPLES
        sinew explain navigator-fault-1276.mcap
      """)

  @Argument(help: "The recording.")
  var file: String
  @Flag(help: "Print one JSON object instead of text.")
  var json = false

  func run() throws {
    try Failure.reporting(json: json) {
      let recorded = try RecordedRobot(file)
      let explanation = try Explanation(recorded.file, robot: recorded.robot)
      print(json ? Self.json(explanation).text : Self.text(explanation, robot: recorded.robot.name))
    }
  }

  private static func text(_ explanation: Explanation, robot: String) -> String {
    var out = "\(robot): " + (explanation.fault.map { "fault \($0.kindName)" } ?? "no fault")
    out += ", \(explanation.cycles) cycles\n\n"
    for event in explanation.events {
      out += "\(RunReport.fixed(Double(event.time) * 1e-9, 4)) s  cycle \(event.cycle)  \(event.text)\n"
    }
    return out + "\n" + (explanation.fault.map { "\($0)" } ?? "The robot did not stop because of a fault.")
  }

  private static func json(_ explanation: Explanation) -> JSONValue {
    .object([
      ("schema", "sinew.explain/1"), ("fault", explanation.fault.map { .string($0.kindName) } ?? .null),
      ("cycles", .integer(Int64(explanation.cycles))),
      ("message", explanation.fault.map { .string("\($0)") } ?? .null),
      (
        "events",
        .array(
          explanation.events.map {
            .object([
              ("cycle", .integer($0.cycle)), ("time_ns", .integer($0.time)), ("text", .string($0.text)),
            ])
          })
      ),
    ])
  }
}
