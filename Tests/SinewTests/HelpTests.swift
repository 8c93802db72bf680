import ArgumentParser
import Testing

@testable import sinew

@Suite("Help")
struct HelpTests {
  private static let commands: [any ParsableCommand.Type] = [
    RunCommand.self, CheckCommand.self, ScheduleCommand.self, ModelCommand.self, ModelCommand.Info.self,
    ModelCommand.Eval.self, DoctorCommand.self, BenchCommand.self, BenchCommand.LatencyCommand.self,
    LogCommand.self, LogCommand.Info.self, LogCommand.Check.self, LogCommand.Recover.self,
    LogCommand.Export.self,
    ReplayCommand.self, ExplainCommand.self, DriveCommand.self, DriveScanCommand.self, DriveInfoCommand.self,
    DriveReadCommand.self, DriveWriteCommand.self, DriveSaveCommand.self, DriveZeroCommand.self,
    DriveSetIDCommand.self, DriveWatchdogCommand.self, ExportCommand.self, DBCCommand.self,
    EDSCommand.self,
  ]

  @Test("Every command shows what it is for and an example")
  func examples() {
    for command in Self.commands {
      let help = Sinew.helpMessage(for: command, columns: 110)
      #expect(help.contains("OVERVIEW: "))
      #expect(help.contains("EXAMPLES") && help.contains("  sinew "), "\(command)")
    }
  }

  @Test("sinew run --help is what the documentation says")
  func runHelp() {
    let help = Sinew.helpMessage(for: RunCommand.self, columns: 110)
    for option in [
      "--motion", "--for", "--pace", "--seed", "--trace", "--record", "--fault-file", "--inject",
      "--realtime", "--spin-tail", "--json",
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
    ])
  func realtime(options: [String]) {
    #expect(throws: (any Error).self) { try RunCommand.parse(["Robots/navigator"] + options) }
  }

  @Test("A bench within its bounds", arguments: [["--rate", "49"], ["--rate", "10001"], ["--for", "0"]])
  func bench(options: [String]) {
    #expect(throws: (any Error).self) { try BenchCommand.LatencyCommand.parse(options) }
  }
}
