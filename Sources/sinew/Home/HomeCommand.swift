import ArgumentParser
import Foundation
import JointControl
import RobotDescription
import Simulation

/// Finds out where joints are.
struct HomeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "home",
    abstract: "Find out where joints are: saved turns, an index, a hard stop; asks first.",
    discussion: """
      Goes by homing: of the joints in robot.yaml, and for a joint named with --joint without it by saved turns. Methods:

        saved  an absolute encoder on the rotor, and the turns as they were saved. Plausible is what lies within a quarter of a turn
               of the rotor from where the joint was, within its limits; nothing is switched on otherwise.
        index  a mark that the joint passes, first at speed, then at half of it. In simulation; a real mark takes a program of
               your own (HomingMarks), as no drive family here tells the host of one.
        stop   a mechanical stop: standing and pressing with 0.8 of the torque bound for 0.1 s, twice, within 0.01 rad.

      Each search is bounded in torque, speed, travel and time; whatever fails ends in damping and drives that are off. Other joints
      hold, without torque of the model, and may sag by their weight over their stiffness. At the end all stand, and what they hold is
      compared with what the model says: a wrong zero shows in a joint that carries something (fits, contradicts; blind where the
      load would be the same a turn further). --no-weigh leaves that out, and then saved turns switch nothing on.

      What was found is kept in --state: homing.state beside robot.yaml with --target real; in simulation only where the
      option is given. Simulated joints stand where --seed puts them, with zeros that nobody knows.

      Exit codes: 0 homed, 1 a joint has no zero, 2 a bad plan or file, 3 a drive or bus could not.

      EXAMPLES
        sinew home my_robot --dry-run
        sinew home my_robot --seed 7
        sinew home Robots/rig --joint elbow --json
        sinew home my_robot --target real
      """)

  @Argument(help: "Directory with a robot.yaml, or the file itself.")
  var robot: String

  @Option(help: "Joint to home; all that have homing: without. May be repeated.")
  var joint: [String] = []

  @Option(help: ArgumentHelp("Where zeros and turns are kept.", valueName: "file"))
  var state: String?

  @Option(help: "sim: a simulated robot, freshly powered up. real: the robot on the interfaces of its buses.")
  var target: RunTarget = .sim

  @Option(name: .customLong("seed"), help: "Seed of the pose and zeros of the simulated robot. (default: 1)")
  var chosenSeed: UInt64?

  @Flag(help: "Say what would be done, and send nothing.")
  var dryRun = false

  @Flag(inversion: .prefixedNo, help: "Compare what the joints hold with the model, at rest.")
  var weigh = true

  @Flag(help: "Do not ask before a real robot moves.")
  var yes = false

  @Flag(help: "Print one JSON object instead of tables.")
  var json = false

  func validate() throws {
    if target == .real && chosenSeed != nil {
      throw ValidationError("--seed goes with --target sim; a real robot stands where it stands.")
    }
  }

  func run() throws {
    do {
      let robot = try loadRobot(at: robot)
      var procedure = try HomingProcedure(
        robot, at: self.robot, joints: joint, target: target, state: state)
      procedure.weighs = weigh
      if dryRun {
        return print(HomeReport.plan(robot, procedure.plans, json: json), terminator: json ? "\n" : "")
      }
      let (report, truth) = try target == .sim ? simulate(procedure) : (home(procedure), nil)
      print(
        HomeReport(robot: robot, found: report, truth: truth).text(json: json), terminator: json ? "\n" : "")
    } catch let failure as Failure {
      throw failure.report(json: json)
    }
  }

  private func simulate(_ procedure: HomingProcedure) throws -> (HomingReport, truth: [Double]) {
    let stand = Stand()
    let simulated = SimulatedRobot(procedure.robot, seed: chosenSeed ?? 1, stand: stand)
    return try procedure.run(on: simulated, seed: chosenSeed ?? 1, stand: stand)
  }

  private func home(_ procedure: HomingProcedure) throws -> HomingReport {
    let robot = procedure.robot
    if !yes {
      let what = HomeReport.plan(robot, procedure.plans, json: false)
      try Confirmation.ask("\(what)\nHomes \(robot.name), for real. Keep out of reach.\n")
    }
    var buses: RealRobot
    do throws(BusErrors) { buses = try RealRobot(robot) } catch { throw Failure(error) }
    return try procedure.run(on: &buses)
  }
}

extension Failure {
  /// What kept joints from being homed.
  init(_ error: HomingError, robot: Robot) {
    switch error {
    case .bringUp(let error): self.init(error)
    case .fault(let fault):
      self.init(
        kind: "fault_stop", location: robot.name, message: "\(fault)",
        fix: "see what stopped it; the drives are off", code: Self.checkFailed)
    case .memory(let message):
      self.init(
        kind: "homing_state", location: robot.name, message: "what was saved \(message)",
        fix: "name this robot's file with --state", code: Self.badDescription)
    case .stopped:
      self.init(
        kind: "homing", location: robot.name, message: "ended before every joint was homed",
        fix: "start it again", code: Self.checkFailed)
    case .joints(let problems):
      self.init(
        problems: problems.map {
          Problem(kind: "homing", location: $0.place, message: $0.message, fix: $0.fix)
        }, code: problems.allSatisfy { $0.isOfPlan } ? Self.badDescription : Self.checkFailed)
    }
  }
}
