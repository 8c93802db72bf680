import ArgumentParser
import CServoBus
import ControlCycle
import Foundation
import JointControl
import Recording
import RobotDescription
import Simulation

/// The main job: one robot, one loop.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a robot's control loop: arm, play a motion or hold, stop, report.",
    discussion: """
      --target sim, the default, simulates the robot below the wire: codecs, bus schedule, limits and the loop are those
      of a real one. --target real opens the interfaces of robot.yaml and runs on them. It says which joints move, how far
      and how hard, and asks; --yes does not ask. It requires real-time scheduling unless --realtime says otherwise.

      The exit code is 0 when the run ended as asked, 1 after a fault stop or when a joint was measured outside a
      limit, 2 for a bad description, 3 when the host or a drive could not do what was asked. Ctrl-C ends in a
      controlled stop.

      When a bus is lost the robot stops, and the run ends. With --on-loss recover the bus is then brought back, step by step
      and within bounds: what waits to be sent is dropped, the interface is started again, every drive is asked who it is and
      brought up anew. Nothing moves before you type arm; the motion then begins anew from the measured pose.

      --inject takes TARGET FAULT [at T] [for D] [intensity X]; times in seconds from power-up, bring-up included. A target
      is the name of a bus, joint or link, the name of a bus for all of its joints, all, host, clock or disk. What can go
      wrong, and what the intensity is (Documentation/Faults.md says more):

      \(FaultCatalogue.help(.run))

      EXAMPLES
        sinew run Robots/navigator --motion wave
        sinew run Robots/navigator --motion squat --pace fast --trace squat.log
        sinew run Robots/navigator --motion wave --record wave.mcap
        sinew run Robots/navigator --for 3 --json
        sinew run Robots/navigator --motion wave --inject "left_arm lost at 1"
        sinew run Robots/navigator --motion wave --on-loss recover --inject "left_arm bus-off at 2 for 2"
        sinew run Robots/navigator --motion wave --realtime required --spin-tail 50
        sinew run Robots/navigator --port navigator
        sinew run Robots/rig --gains trial --motion swing
        sinew run my_robot --target real --motion wave
      """)

  @Argument(help: "Directory with a robot.yaml, or the file itself.")
  var robot: String

  @Option(help: "Motion to play: a file, or a name in the robot's motions folder. Holds the pose without.")
  var motion: String?

  @Option(
    name: .customLong("for"), help: "Seconds after arming at which to stop; ends with the motion without.")
  var duration: Double?

  @OptionGroup
  var place: TargetOptions

  @Option(
    help: ArgumentHelp(
      "Where the last 10 s before a fault stop are kept: a file, none, or auto for ROBOT-fault-CYCLE.mcap here.",
      valueName: "file"))
  var faultFile = "auto"

  @Option(
    help: ArgumentHelp(
      "Break something in the simulation, see above. May be repeated.", valueName: "fault"))
  var inject: [String] = []

  @Option(help: "When a bus was lost: stop ends the run, recover brings the bus back and asks.")
  var onLoss: OnLoss = .stop

  @Option(
    help: ArgumentHelp(
      """
      Take setpoints from another process, through the command port of this name (or path): see sinew port. Runs until the \
      owner ends it, --for is over, or Ctrl-C. At --pace fast simulated time waits for each set.
      """, valueName: "name"))
  var port: String?

  @Flag(
    help: """
      Let the owner of the port set stiffness and damping, up to those of robot.yaml. A recording does not hold them: \
      sinew replay refuses it.
      """)
  var portGains = false

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  func validate() throws {
    if place.target == .real && !inject.isEmpty {
      throw ValidationError(
        "--inject goes with --target sim; a real robot has its own time and its own faults.")
    }
    if port != nil && (motion != nil || onLoss == .recover) {
      throw ValidationError(
        "--port takes the place of --motion, and does not go with --on-loss recover: an owner knows nothing of it."
      )
    }
    if onLoss == .recover && place.homes {
      throw ValidationError(
        "--on-loss recover does not go with --home: a drive that lost its power does not know where its joint is."
      )
    }
    if portGains && port == nil { throw ValidationError("--port-gains goes with --port.") }
    if let duration, !(duration > 0 && duration.isFinite) {
      throw ValidationError("--for takes a positive number of seconds.")
    }
  }

  func run() throws {
    do {
      let robot = try place.robot(at: robot)
      let playlist = try loadMotion(for: robot)
      let faults = try inject.map { try Injection(option: $0, robot: robot, layers: .run) }
      if place.pace == .live, let fault = faults.first(where: { [.host, .clock].contains($0.entry.layer) }) {
        throw Failure(
          kind: "usage", location: "--inject '\(fault)'",
          message: "at --pace live the host is this machine, whose lateness is real",
          fix: "choose --pace real or fast", code: Failure.badDescription)
      }
      let runTime = duration ?? (playlist == nil && port == nil ? 5 : nil)
      let homing = try place.homing(of: robot, at: self.robot)
      if place.asks {
        try Confirmation(robot: robot, motion: playlist, runTime: runTime, port: port, homing: homing).ask()
      }
      var session = RunSession(
        robot: robot, motion: playlist, runTime: runTime, target: place.target, pace: place.pace,
        seed: place.seed, faults: faults, trace: place.trace, realtime: place.realtime,
        recording: try recording(of: robot), onLoss: onLoss, isQuiet: json)
      session.port = port.map { RunPort(name: $0, takesGains: portGains) }
      session.homing = homing
      let report = try session.run()
      if !json { report.realtime.warn() }
      print(json ? report.json.text : report.table, terminator: json ? "\n" : "")
      try report.conclude(json: json)
    } catch let failure as Failure {
      throw failure.report(json: json)
    }
  }

  private func recording(of robot: Robot) throws -> RunRecording? {
    if place.record == nil && faultFile == "none" { return nil }
    return try RunRecording(
      robot: self.robot, text: place.text(of: self.robot), name: robot.name,
      motion: motion.map { RobotDescription.motionPath($0, robot: self.robot) }, path: place.record,
      faultFile: faultFile, target: place.target, seed: place.seed, pace: place.pace, takesGains: portGains)
  }

  private func loadMotion(for robot: Robot) throws -> Motion? {
    guard let motion else { return nil }
    do throws(DescriptionError) {
      return try RobotDescription.loadMotion(
        RobotDescription.motionPath(motion, robot: self.robot), for: robot)
    } catch { throw Failure(error) }
  }
}

/// The robot at a path, or the `Failure` that tells every mistake in its description.
func loadRobot(at path: String) throws -> Robot {
  do throws(DescriptionError) { return try RobotDescription.load(path) } catch { throw Failure(error) }
}

extension OnLoss: ExpressibleByArgument {}
