import ArgumentParser
import ControlCycle
import Foundation
import JointControl
import RobotDescription
import Simulation

/// What is done over a link to one robot's drives, whatever they are on.
protocol DriveTask {
  associatedtype Outcome
  mutating func run<LoopTarget: Target & ~Copyable>(
    _ link: inout DriveLink<LoopTarget>, _ robot: Robot
  ) throws -> Outcome
}

/// Which robot, on what.
struct DriveBuses: ParsableArguments {
  @Argument(help: "Directory with a robot.yaml, or the file itself.")
  var robot: String

  @Option(help: "sim: a simulated robot, freshly powered up. real: the robot on the interfaces of its buses.")
  var target: RunTarget = .sim

  @Option(
    help: ArgumentHelp(
      "Break something in the simulation: what sinew run takes, or 'JOINT id NUMBER', a drive with another id. May be repeated.",
      valueName: "fault"))
  var inject: [String] = []

  @Flag(help: "Print one JSON object instead of tables.")
  var json = false

  func validate() throws {
    if target == .real && !inject.isEmpty {
      throw ValidationError("--inject goes with --target sim; a real robot has its own faults.")
    }
  }

  /// Loads the robot, opens its buses, does the task, and reports a failure with where it was.
  func perform<Task: DriveTask>(
    at location: (Robot) throws -> String, _ task: (Robot) throws -> Task
  ) throws -> (outcome: Task.Outcome, robot: Robot) {
    do {
      let robot = try loadRobot(at: robot)
      let place = try location(robot)
      var task = try task(robot)
      do { return (try run(&task, robot), robot) } catch let error as DriveError {
        throw Failure(error, location: place)
      }
    } catch let failure as Failure {
      throw failure.report(json: json)
    }
  }

  private func run<Task: DriveTask>(_ task: inout Task, _ robot: Robot) throws -> Task.Outcome {
    switch target {
    case .sim:
      let (simulated, injections) = try Self.broken(robot, inject)
      var link = DriveLink(
        SimulatedRobot(simulated, seed: 1, injections: injections, pace: .fast), period: 1_000_000)
      return try task.run(&link, robot)
    case .real:
      return try task.run(on: robot)
    }
  }

  /// The robot that is simulated, with drives of other ids, and the faults of its buses.
  private static func broken(_ robot: Robot, _ inject: [String]) throws -> (Robot, [Injection]) {
    var joints = robot.joints
    var injections: [Injection] = []
    for text in inject {
      let words = text.split(separator: " ").map(String.init)
      guard words.count == 3, words[1] == "id" else {
        injections.append(try Injection(option: text, robot: robot, layers: .robot))
        continue
      }
      let index = try robot.index(ofJoint: words[0])
      guard let id = UInt16(words[2]) else {
        throw Failure(
          kind: "usage", location: "--inject '\(text)'", message: "'\(words[2])' is no id",
          fix: "write for example '\(words[0]) id 9'", code: Failure.badDescription)
      }
      joints[index].configuration.drive.id = id
    }
    let broken = Robot(
      name: robot.name, period: robot.period, buses: robot.buses, joints: joints, model: robot.model,
      feedforward: robot.feedforward, commandTimeout: robot.commandTimeout, schedule: robot.schedule)
    return (broken, injections)
  }
}

/// Which drive of the robot.
struct DriveOfJoint: ParsableArguments {
  @OptionGroup var buses: DriveBuses

  @Argument(help: "Joint whose drive it is.")
  var joint: String

  /// Does a task that needs the joint's drive on a bus that nobody else commands.
  func perform<Task: DriveTask>(
    _ task: (RobotJoint) throws -> Task
  ) throws -> (outcome: Task.Outcome, joint: RobotJoint, robot: Robot) {
    let (outcome, robot) = try buses.perform(
      at: { robot in robot.place(ofJoint: try robot.index(ofJoint: joint)) },
      { robot in
        let joint = robot.joints[try robot.index(ofJoint: joint)]
        return QuietTask(task: try task(joint), bus: joint.configuration.drive.bus)
      })
    do { return (outcome, robot.joints[try robot.index(ofJoint: joint)], robot) } catch let failure as Failure
    {
      throw failure.report(json: buses.json)
    }
  }
}

/// A task on one bus, begun only while nobody else commands it.
private struct QuietTask<Task: DriveTask>: DriveTask {
  var task: Task
  let bus: UInt8

  mutating func run<LoopTarget: Target & ~Copyable>(
    _ link: inout DriveLink<LoopTarget>, _ robot: Robot
  ) throws -> Task.Outcome {
    try link.requireQuiet(robot.drives(onBus: bus))
    return try task.run(&link, robot)
  }
}

extension Robot {
  /// The joint of a name; `Failure` with the nearest one where there is none.
  func index(ofJoint name: String) throws -> Int {
    if let index = joints.firstIndex(where: { $0.name == name }) { return index }
    throw Failure(
      kind: "usage", location: "joint '\(name)'", message: "this robot has no such driven joint",
      fix: suggestion(for: name, among: joints.map(\.name), what: "joint"), code: Failure.badDescription)
  }

  /// Where a joint's drive is, for messages.
  func place(ofJoint index: Int) -> String {
    let drive = joints[index].configuration.drive
    return "joint \(joints[index].name), bus \(buses[Int(drive.bus)].name), drive \(drive.id)"
  }

  /// The drives of a bus as described.
  func drives(onBus bus: UInt8) -> [DriveConfiguration] {
    joints.map(\.configuration.drive).filter { $0.bus == bus }
  }
}

extension Failure {
  /// What was asked of one drive and not done.
  init(_ error: DriveError, location: String) {
    let (kind, code) =
      switch error.kind {
      case .refused: ("refused", Self.badDescription)
      case .state: ("state", Self.hostFault)
      case .silent: ("no_answer", Self.hostFault)
      case .drive: ("drive", Self.hostFault)
      }
    self.init(kind: kind, location: location, message: error.message, fix: error.fix, code: code)
  }
}

extension DriveTask {
  /// Opens the robot's interfaces and does the task on them.
  fileprivate mutating func run(on robot: Robot) throws -> Outcome {
    let real: RealRobot
    do throws(BusErrors) { real = try RealRobot(robot) } catch { throw Failure(error) }
    var link = DriveLink(real, period: 1_000_000)
    return try run(&link, robot)
  }
}
