import ArgumentParser

/// Buses as a whole, before anything moves.
struct BusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bus",
    abstract: "Plan the buses of a robot: who sends when, and how late it can be.",
    discussion: """
      EXAMPLES
        sinew bus plan Robots/navigator
        sinew bus plan messages.json --json
      """,
    subcommands: [BusPlanCommand.self])
}
