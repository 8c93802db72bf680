import ArgumentParser
import Testing

@testable import sinew

@Suite("Help")
struct HelpTests {
  private static let commands: [any ParsableCommand.Type] = [
    TestCommand.self, HomeCommand.self,
    RunCommand.self, CheckCommand.self, ScheduleCommand.self, ModelCommand.self, ModelCommand.Info.self,
    ModelCommand.Eval.self, DoctorCommand.self, BenchCommand.self, BenchCommand.LatencyCommand.self,
    LogCommand.self, LogCommand.Info.self, LogCommand.Check.self, LogCommand.Recover.self,
    LogExportCommand.self,
    ReplayCommand.self, ExplainCommand.self, DriveCommand.self, DriveScanCommand.self, DriveInfoCommand.self,
    DriveReadCommand.self, DriveWriteCommand.self, DriveSaveCommand.self, DriveZeroCommand.self,
    DriveSetIDCommand.self, DriveWatchdogCommand.self, ExportCommand.self, DBCCommand.self,
    MotionCommand.Profile.self,
    SimulateCommand.self, EDSCommand.self, CANCommand.self, CANDump.self, CANConvert.self, CANSend.self,
    CANStat.self, CANUp.self, CANDown.self, CANList.self, CANNames.self,
    ActuatorCommand.self, ActuatorBench.self, MoveCommand.self, ModelCommand.InverseKinematicsCommand.self,
  ]

  @Test("Every command shows what it is for and an example")
  func examples() {
    for command in Self.commands {
      let help = Sinew.helpMessage(for: command, columns: 110)
      #expect(help.contains("OVERVIEW: "))
      // What needs rights is typed with sudo.
      let hasExample = help.contains("  sinew ") || help.contains("  sudo sinew ")
      #expect(help.contains("EXAMPLES") && hasExample, "\(command)")
    }
  }

  @Test("sinew run --help is what the documentation says")
  func runHelp() {
    let help = Sinew.helpMessage(for: RunCommand.self, columns: 110)
    for option in [
      "--motion", "--for", "--pace", "--seed", "--trace", "--record", "--fault-file", "--inject",
      "--realtime", "--spin-tail", "--json", "--target", "--yes",
    ] {
      #expect(help.contains(option))
    }
    // With this many options the parser sums them up.
    #expect(help.contains("USAGE: sinew run [<options>] <robot>"), "\(help)")
  }

  @Test("Wrong usage is refused before anything is loaded", arguments: ["-1", "0", "nan", "soon"])
  func duration(text: String) {
    #expect(throws: (any Error).self) { try RunCommand.parse(["Robots/navigator", "--for", text]) }
  }

  @Test(
    "What cannot be meant is refused",
    arguments: [
      ["--pace", "fast", "--realtime", "required"], ["--realtime", "maybe"], ["--spin-tail", "-1"],
      ["--spin-tail", "501"], ["--priority", "0"], ["--priority", "100"], ["--cpu", "-1"],
      ["--target", "real", "--pace", "real"], ["--target", "real", "--seed", "1"],
      ["--target", "real", "--inject", "upper lost"], ["--target", "robot"],
    ])
  func realtime(options: [String]) {
    #expect(throws: (any Error).self) { try RunCommand.parse(["Robots/navigator"] + options) }
  }

  @Test(
    "A move that cannot be meant is refused",
    arguments: [
      ["movej"], ["movel", "--link", "hand_L"],
      ["movel", "--link", "hand_L", "--by", "0,0,1", "--points", "0,0,1"],
      ["path"], ["play"], ["trajectory"], ["home", "--to", "ready"],
      ["movej", "--to", "ready", "--speed", "0"],
      ["movej", "--to", "ready", "--speed", "1.1"], ["movej", "--to", "ready", "--rise-time", "0"],
      ["home", "--plot", "x.svg"], ["stop", "--to", "ready", "--category", "0"], ["lock", "--for", "-1"],
      ["home", "--target", "real", "--pace", "fast"], ["jump"],
    ])
  func move(options: [String]) {
    #expect(throws: (any Error).self) { try MoveCommand.parse(["Robots/navigator"] + options) }
    #expect(throws: Never.self) { try MoveCommand.parse(["Robots/navigator", "movej", "--to", "ready"]) }
  }

  @Test(
    "A dump or conversion that cannot be meant is refused",
    arguments: [
      ["dump"], ["dump", "can0", "--write", "x.mcap"], ["dump", "can0", "can1", "--write", "x.pcap"],
      ["dump", "can0", "--bitrate", "0"], ["dump", "can0", "--count", "0"], ["convert", "a.log"],
      ["convert", "a.log", "b.txt"], ["convert", "a.log", "-", "--json"],
      ["convert", "a.log", "b.log", "--name", "a b"],
    ])
  func traffic(words: [String]) {
    #expect(throws: (any Error).self) { _ = try CANCommand.parseAsRoot(words) }
  }

  @Test("A bench within its bounds", arguments: [["--rate", "49"], ["--rate", "10001"], ["--for", "0"]])
  func bench(options: [String]) {
    #expect(throws: (any Error).self) { try BenchCommand.LatencyCommand.parse(options) }
  }

  @Test(
    "A bench of the simulation within its bounds",
    arguments: [
      ["--current-rate", "3999"], ["--current-rate", "100001"], ["--for", "0.4"], ["--for", "nan"],
    ])
  func simulationBench(options: [String]) {
    #expect(throws: (any Error).self) { try SimulationBench.parse(["robot"] + options) }
  }
}
