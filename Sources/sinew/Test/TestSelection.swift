import JointControl
import RobotDescription
import Simulation

/// Which runs of which scenarios are asked for.
struct TestSelection {
  /// One of several parts of all runs.
  struct Shard {
    /// Which part, from 0.
    var index: Int
    /// How many parts.
    var count: Int
  }
  var paths: [String]
  /// In place of the scenarios' own.
  var seeds: [UInt64]?
  /// The text of one combination of swept values.
  var point: String?
  var shard: Shard
  /// Numbers of faults from 0; nil for all.
  var onlyFaults: [Int]?
  /// Faults in place of the scenarios' own.
  var faults: [String]
  /// Whether the negative controls run.
  var controls: Bool

  /// Reads the scenarios and arms the sound robot of each once.
  ///
  /// - Throws: `Failure` with every mistake in every file.
  func load() throws -> [PreparedScenario] {
    var robots: [String: Robot] = [:]
    var problems: [Failure.Problem] = []
    var scenarios: [Scenario] = []
    for path in paths {
      do throws(DescriptionError) {
        for file in try RobotDescription.scenarioFiles(path) {
          do throws(DescriptionError) {
            scenarios.append(try RobotDescription.loadScenario(file, robots: &robots))
          } catch { problems += Failure(error).problems }
        }
      } catch { problems += Failure(error).problems }
    }
    if !problems.isEmpty { throw Failure(problems: problems, code: Failure.badDescription) }
    var armed: [String: PreparedScenario] = [:]
    return try scenarios.map { scenario in
      do throws(BringUpError) {
        // The instant of arming is the robot's, whatever it plays.
        let known = armed[scenario.robotPath]
        let prepared = try PreparedScenario(scenario, armingAs: known)
        armed[scenario.robotPath] = prepared
        return prepared
      } catch { throw Failure(error) }
    }
  }

  /// The runs of a scenario, controls last.
  func cases(of scenario: Scenario) throws -> [ScenarioCase] {
    var scenario = scenario
    if let seeds { scenario.seeds = seeds }
    var runs = scenario.cases + (controls ? scenario.controls : [])
    if let point {
      runs = runs.filter { scenario.points[$0.point].text == point }
      if runs.isEmpty {
        throw Failure(
          kind: "usage", location: "--point \(point)", message: "no such combination in '\(scenario.name)'",
          fix: "write one of its combinations, such as \(scenario.points[0].text)",
          code: Failure.badDescription)
      }
    }
    let replaced = try replacedFaults(for: scenario.robot)
    return runs.map { run in
      var run = run
      if run.isControl { return run }
      if let onlyFaults { run.faults = .only(onlyFaults) }
      if let replaced { run.faults = .replaced(replaced) }
      return run
    }
  }

  private func replacedFaults(for robot: Robot) throws -> [Injection]? {
    guard !faults.isEmpty else { return nil }
    return try faults.map { text in
      do throws(InjectionError) { return try Injection(text, robot: robot) } catch {
        throw Failure(
          kind: "usage", location: "--fault '\(text)'", message: error.message, fix: error.fix,
          code: Failure.badDescription)
      }
    }
  }

  /// The command that repeats a run.
  func command(for run: ScenarioCase, of scenario: Scenario) -> String {
    var words = ["sinew test", Self.quoted(scenario.path)]
    if run.isControl { return (words + ["--controls"]).joined(separator: " ") }
    words.append("--seed \(run.seed)")
    let values = scenario.points[run.point].text
    if !values.isEmpty { words.append("--point \(values)") }
    switch run.faults {
    case .all: break
    case .only(let numbers):
      let text = numbers.map { "\($0 + 1)" }.joined(separator: ",")
      words.append("--only-faults \(text.isEmpty ? "none" : text)")
    case .replaced(let faults):
      words += faults.map { "--fault \"\($0)\"" }
      if faults.isEmpty { words.append("--only-faults none") }
    }
    return words.joined(separator: " ")
  }

  private static func quoted(_ path: String) -> String {
    path.allSatisfy { $0.isLetter || $0.isNumber || "/._-".contains($0) }
      ? path : "'" + path.replacing("'", with: "'\\''") + "'"
  }
}
