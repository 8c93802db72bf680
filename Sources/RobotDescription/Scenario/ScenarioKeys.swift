import Simulation

extension DescriptionKeys {
  static let scenario = DescriptionKeys(
    "scenario", required: ["scenario", "robot", "expect"],
    optional: [
      "about", "covers", "motion", "moves", "rise_time", "for", "base", "start", "seeds", "sweep", "faults",
      "laws", "chaos", "control",
    ])
  static let chaos = DescriptionKeys(
    "chaos", required: ["faults", "kinds", "between"], optional: ["targets", "lasting"])
  static let expectation = DescriptionKeys("expectation", optional: ExpectationName.all)
  static let bound = DescriptionKeys("bound", optional: ["below", "above", "joints", "from", "to"])
  static let stateExpectation = DescriptionKeys(
    "state", required: ["is"], optional: ["within", "after", "after_fault", "from", "to"])
  static let faultExpectation = DescriptionKeys(
    "fault", required: ["within"], optional: ["kind", "joints", "after", "after_fault"])
  static let reaction = DescriptionKeys(
    "reaction", required: ["within"], optional: ["joints", "after", "after_fault"])
  static let stopExpectation = DescriptionKeys(
    "stop", required: ["within"], optional: ["distance", "speed", "joints", "after", "after_fault"])
  static let refusal = DescriptionKeys("refused", required: ["words"])
  static let nothing = DescriptionKeys("no_fault")
  static let control = DescriptionKeys(
    "control", optional: ["without", "faults", "ignores_collisions", "laws"])

  /// The mappings of a scenario file.
  package static let scenarioFile = [
    scenario, chaos, expectation, bound, stateExpectation, faultExpectation, reaction, stopExpectation,
    refusal,
    nothing, control, DescriptionKeys.move, timedLaw,
  ]
}

/// The names of expectations: of a quantity's statistic, or of something that happens.
enum ExpectationName {
  /// A statistic of a quantity, such as `tracking_rms`.
  static func bound(_ name: String) -> (Quantity, Statistic)? {
    guard let separator = name.lastIndex(of: "_"),
      let quantity = Quantity(rawValue: String(name[..<separator])),
      let statistic = Statistic(rawValue: String(name[name.index(after: separator)...]))
    else { return nil }
    return (quantity, statistic)
  }

  static let events = [
    "state", "fault", "no_fault", "refused", "isolated", "drives_off", "stop", "slowed", "frozen", "stale",
  ]

  static let all =
    events
    + Quantity.allCases.flatMap { quantity in Statistic.allCases.map { "\(quantity.rawValue)_\($0.rawValue)" }
    }
}
