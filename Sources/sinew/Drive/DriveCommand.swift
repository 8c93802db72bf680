import ArgumentParser

/// One drive at a time, outside a run.
struct DriveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drive",
    abstract: "One drive at a time: who is there, what it holds, its zero, its id, its watchdog.",
    discussion: """
      Works on the simulated robot, freshly powered up, or with --target real on the interfaces of robot.yaml, where sinew
      simulate can serve the same drives to several commands one after another. Nothing is asked of a bus that somebody
      else commands. What is written is lost at power-off until it is saved. Exit codes: 0 done, 1 a check failed, 2
      refused before anything was sent, 3 the drive did not answer or did not do it.

      EXAMPLES
        sinew drive scan Robots/navigator
        sinew drive info Robots/navigator Knee_L
        sinew drive read Robots/navigator Elbow_L timeout
        sinew drive watchdog Robots/navigator Elbow_L 0.02 --prove --yes
      """,
    subcommands: [
      DriveScanCommand.self, DriveInfoCommand.self, DriveReadCommand.self, DriveWriteCommand.self,
      DriveSaveCommand.self, DriveZeroCommand.self, DriveSetIDCommand.self, DriveWatchdogCommand.self,
    ])
}
