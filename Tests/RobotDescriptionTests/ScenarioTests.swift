import ControlCycle
import JointControl
import RobotDescription
import Simulation
import Testing

@Suite struct ScenarioTests {
  static let good = """
    # yaml-language-server: $schema=scenario.schema.json
    scenario: leg_bus_lost
    about: The upper bus is silent for a while.
    covers: [F03, F17]
    robot: robot.yaml
    motion: step.yaml
    for: 2
    base: floating
    start: {knee: 0.5}
    seeds: 2..4
    sweep:
      gap: [0.05, 0.1]
      most: [1]
    faults:
      - "upper lost at 1 for $gap"
      - "inject lower loses 0.01"
    laws:
      - {at: $gap, joints: [knee], law: hand_guiding}
      - {at: 1, joints: [upper], law: impedance, stiffness: 0.25, damping: 0.5}
    chaos: {faults: 2, kinds: [lost, delayed], targets: [upper, lower], between: [0.2, 1.5], lasting: [0.01, 0.1]}
    expect:
      - tracking_rms: {below: 0.02, joints: [hip, lower], from: 0.1, to: 0.9}
      - torque_peak: {below: $most}
      - state: {is: fault, within: 0.5}
      - state: {is: armed, to: 0.9}
      - fault: {kind: sample_lost, joints: [upper], within: 0.03, after_fault: 1}
      - stop: {within: 0.4, distance: 0.3, after: 1}
      - no_fault
    control: {without: [1], faults: ["lower bus-off at 1"], laws: [{at: 0, joints: [hip], law: damping, damping: 0.5}]}

    """

  private func load(_ text: String) throws -> Scenario {
    let directory = try RobotDirectory()
    try directory.write(GoodRobot.motion, "step.yaml")
    return try RobotDescription.loadScenario(try directory.write(text, "scenario.yaml"))
  }

  @Test func everythingIsRead() throws {
    let scenario = try load(Self.good)
    #expect(scenario.name == "leg_bus_lost")
    #expect(scenario.motion?.name == "step")
    #expect(scenario.runTime == 2)
    #expect(scenario.covers == [3, 17])
    #expect(scenario.surroundings == .standing)
    #expect(scenario.seeds == [2, 3, 4])
    #expect(scenario.points.map(\.text) == ["gap=0.05,most=1", "gap=0.1,most=1"])
    #expect(scenario.cases.count == 6)
    let point = scenario.points[1]
    #expect(point.faults.map { "\($0)" } == ["upper lost at 1 for 0.1", "lower loses intensity 0.01"])
    #expect(point.controlFaults.map { "\($0)" } == ["lower loses intensity 0.01", "lower bus-off at 1"])
    #expect(point.laws.map(\.joint) == [1, 0, 2] && point.laws.map(\.time) == [0.1, 1, 1])
    #expect(point.laws[0].choice.isSame(as: LawChoice(.handGuiding)))
    #expect(point.laws[2].choice.isSame(as: LawChoice(.impedance, stiffness: 0.25, damping: 0.5)))
    #expect(point.controlLaws.map(\.joint) == [0])
    #expect(point.controlLaws[0].choice.isSame(as: LawChoice(.damping, stiffness: 0.5, damping: 0.5)))
    #expect(point.start.map(\.joint) == [1] && point.start.map(\.position) == [0.5])
    #expect(point.expectations.map(\.name).prefix(3) == ["tracking_rms", "torque_peak", "state fault"])
    guard case .bound(.tracking, .rms, nil, 0.02) = point.expectations[0].kind else {
      Issue.record("the first expectation is \(point.expectations[0])")
      return
    }
    #expect(point.expectations[0].window == 0.1...0.9)
    // The hip, and the knee by its bus.
    #expect(point.expectations[0].joints.bits == 0b011)
    #expect(point.expectations[4].joints.bits == 0b101)
    // Counted from the first fault with an instant, from the one that is named, from the instant that is named.
    for index in [2, 4, 5] { #expect(point.expectations[index].kind.deadline?.after == 1) }
    #expect(scenario.chaos?.choices.count == 4)
  }

  @Test func chaosFollowsFromTheSeed() throws {
    let scenario = try load(Self.good)
    let chaos = try #require(scenario.chaos)
    #expect(chaos.draw(seed: 7) == chaos.draw(seed: 7))
    #expect(Set((1...50).map { chaos.draw(seed: $0).map(\.description) }).count > 45)
    for fault in (1...200).flatMap({ chaos.draw(seed: $0) }) {
      #expect((200_000_000...1_500_000_000).contains(fault.start))
      #expect(fault.duration.map { (10_000_000...100_000_000).contains($0) } == true)
    }
  }

  @Test(arguments: [("3", [3]), ("[5, 1]", [5, 1]), ("0..2", [0, 1, 2])] as [(String, [UInt64])])
  func seedsAreReadInThreeForms(_ text: String, _ seeds: [UInt64]) throws {
    #expect(try load(Self.good.replacing("seeds: 2..4", with: "seeds: \(text)")).seeds == seeds)
  }

  @Test(arguments: broken)
  func brokenScenariosAreRefusedInTheRightLine(_ broken: BrokenCase) throws {
    let text = try #require(Self.good.editing(broken.old, to: broken.new), "the edit does not apply once")
    let error = try #require(throws: DescriptionError.self) { try load(text) }
    try broken.check(error.diagnostics, file: "scenario.yaml", text: text)
  }

  static let broken = [
    BrokenCase("a mistyped key", "about:", "abuot:", message: "no key 'abuot'", fix: "about"),
    BrokenCase(
      "no expectation", "expect:\n", "expected:\n", line: "expected:", message: "'expected'", fix: "expect"),
    BrokenCase(
      "a mistyped expectation", "tracking_rms:", "traking_rms:", message: "no key 'traking_rms'",
      fix: "tracking_rms"),
    BrokenCase(
      "a bound without a number", "{below: $most}", "{}", message: "torque_peak has no bound", fix: "below"),
    BrokenCase(
      "a swept value nobody has", "for $gap", "for $gapp", message: "no value 'gapp'", fix: "gap", count: 2),
    BrokenCase(
      "a fault nobody has", "upper lost at", "upper lots at", message: "'lots' is no fault", fix: "lost"),
    BrokenCase(
      "a target nobody has", "lower loses 0.01", "lowr loses 0.01", message: "no target 'lowr'", fix: "lower"),
    BrokenCase(
      "a joint nobody has", "[hip, lower]", "[hipp, lower]", message: "no driven joint or bus 'hipp'",
      fix: "hip"),
    BrokenCase("a state nobody has", "is: fault,", "is: fautl,", message: "no safety state", fix: "fault"),
    BrokenCase(
      "a kind nobody has", "kind: sample_lost", "kind: samples_lost", message: "no kind of fault",
      fix: "sample_lost"),
    BrokenCase(
      "a window backwards", "to: 0.9}\n  - torque", "to: 0.05}\n  - torque", line: "- tracking_rms",
      message: "before from", fix: "later"),
    BrokenCase(
      "no time at all", "within: 0.4", "within: 0", line: "- stop", message: "within is 0 s", fix: "longest"),
    BrokenCase(
      "a row nobody has", "[F03, F17]", "[F03, F81]", message: "no number of the fault table",
      fix: "F01 to F80"),
    BrokenCase("seeds backwards", "seeds: 2..4", "seeds: 4..2", message: "whole numbers", fix: "1..8"),
    BrokenCase(
      "a robot nobody has", "robot: robot.yaml", "robot: robt.yaml", message: "does not exist", fix: "path"),
    BrokenCase(
      "a motion nobody has", "motion: step.yaml", "motion: setp.yaml", message: "does not exist",
      fix: "motion"),
    BrokenCase(
      "a fault of no number", "after_fault: 1", "after_fault: 3", message: "from 1 to 2", fix: "number"),
    BrokenCase(
      "a law nobody has", "law: hand_guiding", "law: floppy", message: "floppy", fix: "hand_guiding"),
    BrokenCase(
      "a law of a joint nobody has", "joints: [knee]", "joints: [kneee]",
      message: "no driven joint or bus 'kneee'",
      fix: "knee"),
    BrokenCase(
      "a law before arming", "at: 1, joints", "at: -1, joints", line: "- {at: -1", message: "at is -1 s",
      fix: "seconds"),
    BrokenCase(
      "more stiffness than damping", "stiffness: 0.25", "stiffness: 0.75", line: "- {at: 1, joints",
      message: "no parts of the configured gains", fix: "0 <= stiffness <= damping <= 1"),
    BrokenCase("a control without a fault", "without: [1]", "without: [9]", message: "without", fix: "all"),
    BrokenCase(
      "chaos of an unknown fault", "kinds: [lost, delayed]", "kinds: [lots, delayed]", message: "'lots'",
      fix: "lost"),
    BrokenCase(
      "chaos in no time", "between: [0.2, 1.5]", "between: [1.5, 0.2]", message: "no range", fix: "earlier"),
    BrokenCase(
      "a base nobody has", "base: floating", "base: flaoting", message: "'flaoting'", fix: "floating"),
    BrokenCase("a start in words", "knee: 0.5", "knee: up", message: "'up'", fix: "number"),
    BrokenCase("time that is negative", "for: 2", "for: -2", message: "-2 s", fix: "seconds"),
  ]

  @Test func aRobotWithoutFeetCannotStand() throws {
    let feet = "contacts:\n  foot: [[0.1, 0.04, -0.05], [-0.06, 0, -0.05]]\n"
    let directory = try RobotDirectory(yaml: try #require(GoodRobot.yaml.editing(feet, to: "")))
    let path = try directory.write(Self.good.replacing("motion: step.yaml\n", with: ""), "scenario.yaml")
    let error = try #require(throws: DescriptionError.self) { try RobotDescription.loadScenario(path) }
    #expect(error.diagnostics.map(\.message).contains { $0.contains("touches the ground nowhere") })
  }

  @Test func aScenarioNeedsSomethingToDo() throws {
    let text = Self.good.replacing("for: 2\n", with: "").replacing("motion: step.yaml\n", with: "")
    let error = try #require(throws: DescriptionError.self) { try load(text) }
    #expect(error.diagnostics.contains { $0.message.contains("neither what the robot plays") })
  }

  @Test func aSweepIsBounded() throws {
    let many = (0..<200).map { "\($0)" }.joined(separator: ", ")
    let text = Self.good.replacing("most: [1]", with: "most: [1, 2]\n  a: [\(many)]\n  b: [\(many)]")
    let error = try #require(throws: DescriptionError.self) { try load(text) }
    #expect(error.diagnostics.contains { $0.message.contains("more than 10000 combinations") })
  }

  @Test func everyScenarioOfADirectoryIsFound() throws {
    let directory = try RobotDirectory()
    try directory.write("a", "tests/b.yaml")
    try directory.write("a", "tests/a.yml")
    try directory.write("a", "tests/notes.md")
    try directory.write("a", "tests/ab/c.yaml")
    let files = try RobotDescription.scenarioFiles(directory.path + "/tests")
    #expect(files == ["a.yml", "ab/c.yaml", "b.yaml"].map { directory.path + "/tests/" + $0 })
    #expect(try RobotDescription.scenarioFiles("x.yaml") == ["x.yaml"])
    try directory.write("a", "empty/notes.md")
    #expect(throws: DescriptionError.self) {
      try RobotDescription.scenarioFiles(directory.path + "/empty")
    }
  }
}
