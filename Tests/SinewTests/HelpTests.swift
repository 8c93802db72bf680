import ArgumentParser
import Testing

@testable import sinew

@Suite("Help")
struct HelpTests {
  private static let commands: [any ParsableCommand.Type] = [
    RunCommand.self, CheckCommand.self, ScheduleCommand.self, ModelCommand.self, ModelCommand.Info.self,
    ModelCommand.Eval.self,
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
    for option in ["--motion", "--for", "--pace", "--seed", "--trace", "--inject", "--json"] {
      #expect(help.contains(option))
    }
    #expect(help.contains("USAGE: sinew run <robot>"))
  }

  @Test("Wrong usage is refused before anything is loaded", arguments: ["-1", "0", "nan", "soon"])
  func duration(text: String) {
    #expect(throws: (any Error).self) { try RunCommand.parse(["Robots/navigator", "--for", text]) }
  }
}
