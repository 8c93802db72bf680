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
      and field; exit 1 when there is one.

      --with asks what something else would have made of the same inputs; the drives' replies stay those of the
      recording. With another description of the robot it says how the commands would have differed. With another
      build, the path of a sinew, both run and every output byte is compared; exit 1 when one differs.

      A recording with a law of the user's names it, and is replayed where the law is, by Recording's type Replay.

      EXAMPLES
        sinew replay wave.mcap
        sinew replay wave.mcap --with stiffer/robot.yaml
        sinew replay wave.mcap --with ~/sinew-next/.build/release/sinew
      """)

  @Argument(help: "The recording.")
  var file: String
  @Option(
    help: ArgumentHelp(
      "Another description of the same robot, or another build of sinew.", valueName: "robot-or-build"))
  var with: String?
  @Option(help: "Write what the core puts out in each cycle to a file; - for standard output.")
  var outputs: String?
  @Option(
    help: """
      Write what the core alone needs to replay to a file: configuration, model, messages; - for standard output. \
      Tests/Interop/aarch64 reads it.
      """)
  var extract: String?
  @Flag(help: "Print one JSON object instead of text.")
  var json = false

  func validate() throws {
    if [with, outputs, extract].compactMap(\.self).count > 1 {
      throw ValidationError("--with, --outputs and --extract are three jobs: ask for one of them.")
    }
  }

  func run() throws {
    try Failure.reporting(json: json) {
      let recorded = try RecordedRobot(file)
      if let extract {
        let sink = try ByteSink(extract)
        return try ReplayExtract.write(recorded.file, robot: recorded.robot, to: sink.write)
      }
      if let outputs {
        let sink = try ByteSink(outputs)
        let cycles = try Replay.writeOutputs(of: recorded.file, robot: recorded.robot, to: sink.write)
        if cycles == 0 { throw ExitCode(Failure.checkFailed) }
        return
      }
      if let with, OtherBuild.isProgram(with) { return try compare(recorded, withBuild: with) }
      if let with { return try compare(recorded, with: try loadRobot(at: with)) }
      let replay =
        recorded.gains.isEmpty
        ? try Replay(recorded.file, robot: recorded.robot)
        : try Replay(
          recorded.file, robot: recorded.robot, law: GainRamp(recorded.robot, to: recorded.gains))
      print(json ? Self.json(replay).text : Self.text(replay, file))
      if replay.first != nil || replay.cycles == 0 { throw ExitCode(Failure.checkFailed) }
    }
  }

  private static func text(_ replay: Replay, _ file: String) -> String {
    var out = "\(file): \(replay.cycles) cycles replayed"
    if replay.skipped > 0 { out += ", \(replay.skipped) before a known state left out" }
    if replay.foreignStates > 0 {
      out += ", \(replay.foreignStates) carried states of another build's layout not compared"
    }
    guard let first = replay.first else {
      return out + (replay.cycles > 0 ? ", every byte the same" : ": nothing to compare")
    }
    return out + ", \(replay.differingCycles) differ\n" + text(first, "recorded", "replayed")
  }

  private static func text(_ first: ReplayDifference, _ one: String, _ other: String) -> String {
    var out = "first difference: cycle \(first.cycle)"
    out += " (\(RunReport.fixed(Double(first.time) * 1e-9, 6)) s), stage \(first.stage)"
    if let joint = first.joint { out += ", joint \(joint)" }
    return out + ", \(first.field): \(one) \(first.recorded), \(other) \(first.replayed)"
  }

  private static func json(_ replay: Replay) -> JSONValue {
    var members: [(String, JSONValue)] = [
      ("schema", "sinew.replay/1"), ("cycles", .integer(Int64(replay.cycles))),
      ("skipped_cycles", .integer(Int64(replay.skipped))),
      ("foreign_states", .integer(Int64(replay.foreignStates))),
      ("differing_cycles", .integer(Int64(replay.differingCycles))),
      ("output_bytes", .integer(Int64(replay.outputs.bytes))),
      ("output_sha256", .string(replay.outputs.sha256)),
    ]
    if let first = replay.first { members.append(("first_difference", json(first, "recorded", "replayed"))) }
    return .object(members)
  }

  private static func json(_ first: ReplayDifference, _ one: String, _ other: String) -> JSONValue {
    .object([
      ("cycle", .integer(first.cycle)), ("time_ns", .integer(first.time)),
      ("stage", .string(first.stage)),
      ("joint", first.joint.map(JSONValue.string) ?? .null), ("field", .string(first.field)),
      (one, .string(first.recorded)), (other, .string(first.replayed)),
    ])
  }

  private static func json(_ joints: [WhatIf.Joint]) -> JSONValue {
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
  }

  private static func table(_ joints: [WhatIf.Joint]) -> String {
    var table = TextTable(["joint", "cycles", "first", "rad", "rad/s", "N.m/rad", "N.m.s/rad", "N.m"])
    for joint in joints {
      table.append(
        [joint.name, "\(joint.cycles)", joint.first.map { "\($0)" } ?? ""]
          + [joint.position, joint.velocity, joint.stiffness, joint.damping, joint.torque].map {
            RunReport.fixed($0, 4)
          })
    }
    return table.text
  }

  private func compare(_ recorded: RecordedRobot, with other: Robot) throws {
    let result = try WhatIf(recorded.file, recorded: recorded.robot, other: other)
    let joints = result.joints.filter { $0.cycles > 0 }
    if json {
      let fault = result.faultCycle.map(JSONValue.integer) ?? .null
      print(
        JSONValue.object([
          ("schema", "sinew.replay.with/1"), ("cycles", .integer(Int64(result.cycles))),
          ("fault_cycle", fault),
          ("joints", Self.json(joints)),
        ]).text)
      return
    }
    print(
      "\(file) with \(with ?? ""): \(joints.count) of \(result.joints.count) joints commanded differently")
    print("largest differences of the commands over \(result.cycles) cycles, replies as recorded\n")
    print(Self.table(joints), terminator: "")
    if let cycle = result.faultCycle { print("fault stop in cycle \(cycle)") }
  }

  private func compare(_ recorded: RecordedRobot, withBuild path: String) throws {
    let build = try OtherBuild(path, replaying: file)
    let result: BuildComparison
    do {
      result = try BuildComparison(recorded.file, robot: recorded.robot, reading: build.read)
    } catch let error as IncomparableOutputs { throw build.failure(error) }
    try build.finish()
    let joints = result.joints.filter { $0.cycles > 0 }
    if json {
      var members: [(String, JSONValue)] = [
        ("schema", "sinew.replay.build/1"), ("cycles", .integer(Int64(result.cycles))),
        ("differing_cycles", .integer(Int64(result.differingCycles))),
        ("output_bytes", .integer(Int64(result.bytes))),
        ("foreign_states", .integer(Int64(result.foreignStates))),
      ]
      if let first = result.first { members.append(("first_difference", Self.json(first, "this", "other"))) }
      print(JSONValue.object(members + [("joints", Self.json(joints))]).text)
    } else {
      var out = "\(file) with \(path): \(result.cycles) cycles, \(result.bytes) bytes put out, "
      out += result.first == nil ? "every byte the same" : "\(result.differingCycles) cycles differ"
      if result.foreignStates > 0 {
        out += ", \(result.foreignStates) carried states of another layout not compared"
      }
      if let first = result.first { out += "\n" + Self.text(first, "this build", "the other") }
      if !joints.isEmpty { out += "\n\nlargest differences of the commands\n" + Self.table(joints) }
      print(out, terminator: joints.isEmpty ? "\n" : "")
    }
    if result.first != nil || result.cycles == 0 { throw ExitCode(Failure.checkFailed) }
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
      if let law = recorded.file.lawName {
        printError(
          "\(file): recorded with the law \(law), which this program does not have: "
            + "a fault that its efforts caused is not seen here")
      }
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
