import RobotDescription
import Testing

/// What only the simulator reads of a robot file: contacts and supplies.
@Suite struct BrokenSurroundingsTests {
  private static let point = "[-0.06, 0, -0.05]"

  static let contacts = [
    BrokenCase(
      "contacts of a link that is not there", "  foot: [[", "  feet: [[", line: "  feet: [[",
      message: "no link 'feet'", fix: "foot"),
    BrokenCase("a point of two numbers", point, "[-0.06, 0]", message: "three numbers", fix: "[x, y, z]"),
    BrokenCase("a point in millimetres", point, "[-60, 0, -0.05]", message: "-60 m", fix: "-0.06"),
    BrokenCase("a point of words", point, "[left, 0, -0.05]", message: "not a number", fix: "0.5"),
    BrokenCase(
      "no points", "[[0.1, 0.04, -0.05], [-0.06, 0, -0.05]]", "[]", line: "  foot: []",
      message: "1 to 32 points", fix: "[["),
  ]

  static let supplies = [
    BrokenCase(
      "a resistance in milliohm", "resistance: 0.05", "resistance: 50", message: "resistance is 50",
      fix: "0.05"),
    BrokenCase(
      "a chopper below the supply", "chopper: 56", "chopper: 40", message: "not above the supply's voltage",
      fix: "57.6"),
    BrokenCase("no voltage", "voltage: 24, ", "", line: "other: {", message: "lacks 'voltage'", fix: "48"),
    BrokenCase(
      "a bus that is not there", "buses: [upper]", "buses: [uper]", message: "no bus 'uper'", fix: "upper"),
    BrokenCase(
      "a bus fed twice", "resistance: 0}", "resistance: 0, buses: [upper]}", message: "fed by 'battery'",
      fix: "one of the two"),
    BrokenCase(
      "two supplies for the rest", ", buses: [upper]", "", line: "other: {", message: "both lack buses",
      fix: "all supplies but one"),
    BrokenCase(
      "a key that a supply has not", "capacitance: 0.01", "capacity: 0.01", message: "no key 'capacity'",
      fix: "capacitance"),
  ]

  @Test(arguments: contacts + supplies) func isRefusedInTheRightLine(_ broken: BrokenCase) throws {
    let yaml = try #require(
      GoodRobot.yaml.editing(broken.old, to: broken.new), "the edit does not apply once")
    try broken.check(RobotDirectory(yaml: yaml).diagnostics(), file: "robot.yaml", text: yaml)
  }

  @Test func theGoodOneHasThem() throws {
    let directory = try RobotDirectory(yaml: GoodRobot.yaml)
    let robot = try RobotDescription.load(directory.path)
    #expect(robot.contacts.map(\.link) == ["foot"] && robot.contacts[0].points.count == 2)
    #expect(robot.contacts[0].points[1].x == -0.06)
    #expect(robot.supplies.map(\.name) == ["battery", "other"])
    #expect(robot.supplies[0].buses == [0] && robot.supplies[1].buses == [1])
    #expect(robot.supplies[0].chopper == 56 && robot.supplies[1].chopper == .infinity)
    #expect(robot.supplies[0].capacitance == 0.01 && robot.supplies[1].capacitance == 2e-3)
  }
}
