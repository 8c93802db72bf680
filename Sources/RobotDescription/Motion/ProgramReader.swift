import ControlCycle
public import JointControl
import Yams

extension RobotDescription {
  /// Reads a program of motion verbs for a robot.
  ///
  /// - Parameters:
  ///   - path: the program's file.
  ///   - robot: the robot.
  ///   - robotPath: its directory or file, beside which motions are found by their names.
  /// - Returns: a program without objections.
  /// - Throws: every mistake at once, each with its place and what to do.
  public static func loadProgram(
    _ path: String, for robot: Robot, robotPath: String
  ) throws(DescriptionError) -> MoveProgram {
    let source = try SourceText.read(path, what: "program file", limit: YAMLDocument.sizeLimit)
    return try loadProgram(source, for: robot, robotPath: robotPath)
  }

  static func loadProgram(
    _ source: SourceText, for robot: Robot, robotPath: String
  ) throws(DescriptionError) -> MoveProgram {
    let log = DiagnosticLog()
    let document = try YAMLDocument(source, log: log)
    var program: MoveProgram?
    if let root = MappingReader(
      document.root, title: "the program", keys: .program, document: document, log: log)
    {
      program = ProgramReader(root: root, robot: robot, robotPath: robotPath).read(
        named: root.text("program")?.value ?? "")
    }
    try log.throwIfAny()
    guard let program else {
      throw DescriptionError(
        source.location, "the file is no program of moves", fix: "write program and moves")
    }
    return program
  }
}

/// Reads `moves`, a list of verbs, from a program or a scenario.
struct ProgramReader {
  let root: MappingReader
  let robot: Robot
  let robotPath: String
  private var log: DiagnosticLog { root.log }

  /// Verbs of a list; not all of them are verbs of the command line.
  private enum Verb: String, CaseIterable {
    case movej, movel, path, home, down, play, stop, wait, lock, unlock, servoj, servol, speedj, collision,
      teach
  }
  private enum Synchronization: String, CaseIterable {
    case time, phase, none
  }

  /// The program; nil where there is none or it was refused.
  func read(named name: String) -> MoveProgram? {
    guard let node = root.node("moves") else { return nil }
    guard case .sequence(let sequence) = node, (1...1000).contains(sequence.count) else {
      log.report(
        root.place(of: "moves"), "moves is not a list of 1 to 1000 verbs",
        fix: "write moves: [{verb: movej, to: {Elbow_L: 0.5}}]")
      return nil
    }
    var places: [SourceLocation] = []
    var steps: [MoveProgram.Step] = []
    for (index, item) in sequence.enumerated() {
      guard
        let reader = MappingReader(
          item, title: "move \(index + 1)", keys: .move, document: root.document, log: log),
        let step = step(reader, after: steps)
      else { continue }
      steps.append(step)
      places.append(reader.location)
    }
    guard steps.count == sequence.count else { return nil }
    let program = MoveProgram(name: name, steps: steps, riseTime: riseTime)
    for objection in program.objections(for: robot) {
      log.report(places[objection.step - 1], objection.message, fix: objection.fix)
    }
    return program
  }

  private var riseTime: Double { root.number("rise_time")?.value ?? MoveProgram.usualRiseTime }

  private func step(_ reader: MappingReader, after steps: [MoveProgram.Step]) -> MoveProgram.Step? {
    guard let name = reader.choice("verb", Verb.self) else { return nil }
    let speed = reader.number("speed")?.value ?? MoveProgram.Step.usualSpeed
    let verb: MoveVerb?
    switch name.value {
    case .path, .movel, .servoj, .servol, .speedj:
      let before = MoveProgram(name: "", steps: steps, riseTime: riseTime)
      // What is wrong with the moves before is told of them.
      guard speed > 0, speed <= 1, before.objections(for: robot).isEmpty else {
        return MoveProgram.Step(.wait(0), speed: speed)
      }
      verb = planned(
        name.value, reader, speed: speed, start: MovePreview(before, robot: robot).joints.map(\.end))
    default: verb = self.verb(name.value, reader)
    }
    guard let verb else { return nil }
    return MoveProgram.Step(verb, speed: speed, at: reader.number("at")?.value)
  }

  /// A verb for which it counts where the moves before it end.
  private func planned(
    _ verb: Verb, _ reader: MappingReader, speed: Double, start: [Double]
  ) -> MoveVerb? {
    let planned = PlannedVerbReader(
      robot: robot, log: log, reader: reader, speed: speed, riseTime: riseTime, start: start)
    let streamed = StreamVerbReader(robot: robot, log: log, reader: reader, speed: speed, start: start)
    switch verb {
    case .movel: return planned.linear().map { .motion($0) }
    case .path: return planned.path { targets($0, at: $1, of: reader) }.map { .motion($0) }
    case .servoj, .servol: return streamed.stream(verb.rawValue, .position).map { .stream($0) }
    case .speedj: return streamed.stream(verb.rawValue, .velocity).map { .stream($0) }
    default: return nil
    }
  }

  private func verb(_ verb: Verb, _ reader: MappingReader) -> MoveVerb? {
    let synchronization: JointSynchronization =
      switch reader.choice("sync", Synchronization.self)?.value {
      case .phase: .phase
      case .some(.none): .none
      case .time, nil: .time
      }
    switch verb {
    case .movej: return targets(reader).map { .joints($0, synchronization) }
    case .home: return .joints(robot.joints.map(\.home), synchronization)
    case .down: return pose("down", at: reader.location).map { .joints($0, synchronization) }
    case .stop:
      let category = reader.integer("category", in: 1...2, fix: "write 1 or 2")?.value ?? 2
      return .stop(category == 1 ? .one : .two)
    case .wait:
      if let time = reader.number("for") { return .wait(time.value) }
      log.report(reader.location, "wait lacks 'for'", fix: "add for: 0.5, in seconds")
      return nil
    case .lock: return .lock
    case .unlock: return .unlock
    case .collision:
      if let level = reader.number("level") { return .collision(level.value) }
      log.report(
        reader.location, "collision lacks 'level'",
        fix: "add level: 0.3, a part of the torque limits, or 0 for none")
      return nil
    case .teach: return teaching(reader)
    case .play: return motion(reader).map { .motion($0) }
    case .path, .movel, .servoj, .servol, .speedj: return nil
    }
  }

  /// The joints that are led, all without `joints`, and for how long.
  private func teaching(_ reader: MappingReader) -> MoveVerb? {
    guard let time = reader.number("for") else {
      log.report(reader.location, "teach lacks 'for'", fix: "add for: 10, in seconds")
      return nil
    }
    guard let node = reader.node("joints") else {
      return .teach(HandTeaching(robot.joints.map { _ in true }, for: time.value))
    }
    let names = robot.joints.map(\.name)
    guard let list = node.sequence, list.count > 0 else {
      log.report(
        reader.place(of: "joints"), "joints is not a list of names",
        fix: "write joints: [\(names.first ?? "elbow")]")
      return nil
    }
    var led = [Bool](repeating: false, count: names.count)
    for item in list {
      let name = item.scalar?.string ?? ""
      guard let index = names.firstIndex(of: name) else {
        log.report(
          reader.document.location(of: item),
          "robot '\(robot.name)' has no driven joint '\(name.prefix(40))'",
          fix: suggestion(for: name, among: names, what: "driven joint"))
        return nil
      }
      led[index] = true
    }
    return .teach(HandTeaching(led, for: time.value))
  }

  /// A pose's name or positions by joint.
  private func targets(_ reader: MappingReader) -> [Double?]? {
    guard let node = reader.node("to") else {
      log.report(reader.location, "movej lacks 'to'", fix: "add to: {Elbow_L: 0.5}, or to: and a pose's name")
      return nil
    }
    return targets(node, at: reader.place(of: "to"), of: reader)
  }

  private func targets(_ node: Node, at place: SourceLocation, of reader: MappingReader) -> [Double?]? {
    if let name = node.scalar?.string { return pose(name, at: place) }
    guard
      let table = MappingReader(
        namesIn: node, title: "the pose", at: place, document: reader.document, log: log)
    else { return nil }
    let names = robot.joints.map(\.name)
    var targets = [Double?](repeating: nil, count: names.count)
    for joint in table.entries {
      guard let index = names.firstIndex(of: joint.value) else {
        log.report(
          joint.location, "robot '\(robot.name)' has no driven joint '\(joint.value.prefix(40))'",
          fix: suggestion(for: joint.value, among: names, what: "driven joint"))
        continue
      }
      targets[index] = table.number(joint.value)?.value
    }
    return targets
  }

  private func pose(_ name: String, at place: SourceLocation) -> [Double?]? {
    if name == "home" { return robot.joints.map(\.home) }
    if let pose = robot.poses.first(where: { $0.name == name }) { return pose.positions }
    log.report(
      place, "robot '\(robot.name)' has no pose '\(name.prefix(40))'",
      fix: suggestion(for: name, among: ["home"] + robot.poses.map(\.name), what: "pose"))
    return nil
  }

  private func motion(_ reader: MappingReader) -> Motion? {
    guard let named = reader.text("motion") else {
      log.report(
        reader.location, "play lacks 'motion'", fix: "add motion: wave, a motion of the robot or a file")
      return nil
    }
    let isFile = named.value.contains("/") || named.value.hasSuffix(".yaml") || named.value.hasSuffix(".yml")
    let file =
      isFile
      ? path(named.value, besideFile: reader.document.source.path)
      : RobotDescription.motionPath(named.value, robot: robotPath)
    guard exists(file) else {
      log.report(
        named.location, "the motion '\(file)' does not exist",
        fix: "name a motion of the robot, or a file relative to the program's")
      return nil
    }
    do { return try RobotDescription.loadMotion(file, for: robot) } catch {
      log.report(error)
      return nil
    }
  }
}
