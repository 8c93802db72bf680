import ControlCycle
import Foundation
import JointControl
import RobotDescription

extension MoveCommand {
  /// The program that the verb and its options stand for.
  func program(for robot: Robot) throws(Failure) -> MoveProgram {
    func step(_ verb: MoveVerb, at start: Double? = nil) -> MoveProgram.Step {
      MoveProgram.Step(verb, speed: speed, at: start)
    }
    let steps: [MoveProgram.Step]
    switch verb {
    case .movej: steps = [step(.joints(try targets(for: robot), sync.value))]
    case .movel: steps = [step(.motion(try linear(robot)))]
    case .path: steps = [step(.motion(try path(robot)))]
    case .trajectory where (file ?? "").lowercased().hasSuffix(".mcap"):
      let motion = try recordedMotion(file ?? "", for: robot)
      steps = [step(.motion(retime ? retimed(motion, robot) : motion))]
    case .trajectory:
      do throws(DescriptionError) {
        let motion = try RobotDescription.loadTrajectory(file ?? "", for: robot)
        steps = [step(.motion(retime ? retimed(motion, robot) : motion))]
      } catch { throw Failure(error) }
    case .teach: steps = [step(.teach(try teaching(robot)))]
    case .home: steps = [step(.joints(robot.joints.map(\.home), sync.value))]
    case .down: steps = [step(.joints(try pose("down", of: robot, at: "down"), sync.value))]
    case .stop:
      steps = [
        step(.joints(try targets(for: robot), sync.value)),
        step(.stop(category == 1 ? .one : .two), at: after),
      ]
    case .lock: steps = [step(.lock), step(.wait(duration ?? 5)), step(.unlock)]
    case .play:
      do throws(DescriptionError) {
        return try ending(
          RobotDescription.loadProgram(file ?? "", for: robot, robotPath: self.robot), of: robot)
      } catch { throw Failure(error) }
    case .servoj, .servol, .speedj: steps = []
    }
    return ending(MoveProgram(name: verb.rawValue, steps: steps, riseTime: riseTime), of: robot)
  }

  /// A program with what follows it.
  func ending(_ program: MoveProgram, of robot: Robot) -> MoveProgram {
    let rest = robot.poses.first { $0.name == "down" }
    // Who ends locked is to stay where he is.
    let isLocked = program.steps.reduce(false) { isLocked, step in
      switch step.verb {
      case .lock: true
      case .unlock: false
      default: isLocked
      }
    }
    let goesDown = rest != nil && verb != .lock && verb != .down && !isLocked
    let then = then ?? (goesDown ? .down : .release)
    var program = program
    if let collision { program.steps.insert(MoveProgram.Step(.collision(collision)), at: 0) }
    if then == .hold {
      program.steps.append(MoveProgram.Step(.wait(verb == .teach ? 1e5 : duration ?? 1e5), speed: speed))
    }
    if then != .release && !isLocked, let rest {
      program.steps.append(MoveProgram.Step(.joints(rest.positions, .time), speed: speed))
    }
    return program
  }

  /// Targets of --to, by joint.
  private func targets(for robot: Robot) throws(Failure) -> [Double?] { try targets(to ?? "", of: robot) }

  /// Targets as --to and --via write them.
  func targets(_ text: String, of robot: Robot) throws(Failure) -> [Double?] {
    let names = robot.joints.map(\.name)
    var chosen: [Int]?
    if let joints {
      chosen = []
      for name in joints.split(separator: ",").map(String.init) {
        chosen?.append(try index(of: name, in: names, at: "--joints"))
      }
    }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    var targets = [Double?](repeating: nil, count: names.count)
    if text.contains("=") {
      for part in parts {
        let sides = part.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        guard sides.count == 2 else {
          throw usage("'\(part)' is not joint=rad", "write Elbow_L=0.5,Elbow_R=0.5")
        }
        let joint = try index(of: sides[0], in: names, at: "--to")
        guard targets[joint] == nil else { throw usage("\(sides[0]) has two targets", "give it one") }
        targets[joint] = try number(sides[1])
      }
    } else if let chosen, Double(parts[0]) != nil {
      guard parts.count == chosen.count else {
        throw usage("\(parts.count) numbers for \(chosen.count) joints", "write one for each of --joints")
      }
      for (joint, part) in zip(chosen, parts) { targets[joint] = try number(part) }
      return targets
    } else {
      targets = try pose(text, of: robot, at: "--to")
    }
    if let chosen { for joint in targets.indices where !chosen.contains(joint) { targets[joint] = nil } }
    return targets
  }

  private func pose(_ name: String, of robot: Robot, at place: String) throws(Failure) -> [Double?] {
    if name == "home" { return robot.joints.map(\.home) }
    if let pose = robot.poses.first(where: { $0.name == name }) { return pose.positions }
    let known = (["home"] + robot.poses.map(\.name)).joined(separator: ", ")
    throw Failure(
      kind: "usage", location: place, message: "\(robot.name) has no pose '\(name)'; it has \(known)",
      fix: "add it to robot.yaml, as poses: {\(name): {joint: 0.5, ...}}", code: Failure.badDescription)
  }

  func index(of name: String, in names: [String], at place: String) throws(Failure) -> Int {
    if let index = names.firstIndex(of: name) { return index }
    throw Failure(
      kind: "usage", location: place, message: "the robot has no driven joint '\(name)'",
      fix: suggestion(for: name, among: names, what: "driven joint"), code: Failure.badDescription)
  }

  func number(_ text: String) throws(Failure) -> Double {
    guard let value = Double(text), value.isFinite else {
      throw usage("'\(text)' is no number", "write radians, such as 0.5")
    }
    return value
  }

  func usage(_ message: String, _ fix: String) -> Failure {
    Failure(kind: "usage", location: "--to", message: message, fix: fix, code: Failure.badDescription)
  }
}

extension Failure {
  /// What is wrong with a program, before anything moved.
  init(_ objections: [MoveError], program: String) {
    self.init(
      problems: objections.map {
        Problem(kind: "move", location: "\(program), step \($0.step)", message: $0.message, fix: $0.fix)
      }, code: Self.badDescription)
  }

  /// The step that was refused on the way, if any.
  init?(_ records: [MovePlayer.Record], of program: MoveProgram, robot: Robot) {
    for (index, record) in records.enumerated() {
      let word = program.steps[index].verb.word
      if record.outcome == .silent {
        self.init(
          kind: "move", location: "\(program.name), step \(index + 1)",
          message: "\(word) heard no target for longer than its watchdog allows, and the joints stopped",
          fix: "send targets more often, end the stream, or choose a longer watchdog", code: Self.checkFailed)
        return
      }
      guard case .refused(let refusal, let joint) = record.outcome else { continue }
      let (message, fix) =
        switch refusal {
        case .locked: ("\(word) was refused, the joints are locked", "put unlock before it")
        case .unplannable:
          ("no \(word) was found for \(robot.joints[joint].name)", "choose another --speed or target")
        }
      self.init(
        kind: "move", location: "\(program.name), step \(index + 1)", message: message, fix: fix,
        code: Self.checkFailed)
      return
    }
    return nil
  }
}
