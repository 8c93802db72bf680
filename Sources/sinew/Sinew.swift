import ArgumentParser
import Foundation

/// The one binary; every command is a type of its own.
@main struct Sinew: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sinew",
    abstract: "Real-time joint control for humanoid robots.",
    discussion: """
      Exit codes: 0 ok, 1 a check failed or a run ended in a fault stop, 2 usage or
      a bad description, 3 the host or a bus could not do what was asked.

      EXAMPLES
        sinew run Robots/navigator --motion wave
        sinew move Robots/navigator movej --to Elbow_L=-0.8 --dry-run
        sinew simulate my_robot
        sinew check Robots/navigator
        sinew replay wave.mcap
        sinew gains show Robots/navigator
        sinew bus plan Robots/navigator
        sinew schedule Robots/navigator
        sinew drive scan Robots/navigator
        sinew home Robots/rig --joint elbow
        sinew tune step Robots/rig elbow --pace fast
        sinew model info Robots/navigator/navigator.urdf
        sinew doctor
        sinew motion profile < requests.jsonl
      """,
    subcommands: [
      RunCommand.self, MoveCommand.self, PortCommand.self, HomeCommand.self, TuneCommand.self,
      GainsCommand.self, TestCommand.self, SimulateCommand.self, CheckCommand.self, ScheduleCommand.self,
      ModelCommand.self,
      DoctorCommand.self, CANCommand.self, BusCommand.self,
      BenchCommand.self, LogCommand.self, ReplayCommand.self, ExplainCommand.self, FrameCommand.self,
      DriveCommand.self, ExportCommand.self, EDSCommand.self, MotionCommand.self,
      ActuatorCommand.self, BenchJointCommand.self,
    ])

  /// Runs the command; wrong usage ends with 2, as every other mistake in what was given.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      printError(fullMessage(for: error))
      Foundation.exit(Failure.badDescription)
    }
  }
}
