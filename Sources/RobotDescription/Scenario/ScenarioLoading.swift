public import JointControl
public import Simulation

extension RobotDescription {
  /// Reads a scenario, the robot it names and its motion.
  ///
  /// - Parameters:
  ///   - path: the scenario's file.
  ///   - robots: robots that were read before, by path; the scenario's is added.
  /// - Returns: the scenario.
  /// - Throws: every mistake at once, each with its place and what to do.
  public static func loadScenario(
    _ path: String, robots: inout [String: Robot]
  ) throws(DescriptionError) -> Scenario {
    let source = try SourceText.read(path, what: "scenario file", limit: YAMLDocument.sizeLimit)
    return try loadScenario(source, robots: &robots)
  }

  /// Reads a scenario, the robot it names and its motion.
  public static func loadScenario(_ path: String) throws(DescriptionError) -> Scenario {
    var robots: [String: Robot] = [:]
    return try loadScenario(path, robots: &robots)
  }

  static func loadScenario(
    _ source: SourceText, robots: inout [String: Robot]
  ) throws(DescriptionError) -> Scenario {
    let log = DiagnosticLog()
    let document = try YAMLDocument(source, log: log)
    guard
      let root = MappingReader(
        document.root, title: "the scenario", keys: .scenario, document: document, log: log)
    else { throw DescriptionError(log.diagnostics) }
    guard let named = root.text("robot") else {
      try log.throwIfAny()
      throw DescriptionError(source.location, "the scenario names no robot", fix: "add robot: ../navigator")
    }
    let robotPath = path(named.value, besideFile: source.path)
    if robots[robotPath] == nil {
      guard exists(robotPath) else {
        log.report(
          named.location, "the robot '\(robotPath)' does not exist",
          fix: "write its path relative to the scenario's file")
        throw DescriptionError(log.diagnostics)
      }
      robots[robotPath] = try load(robotPath)
    }
    guard let robot = robots[robotPath] else { throw DescriptionError(log.diagnostics) }
    let reader = ScenarioReader(root: root, robot: robot, robotPath: robotPath, file: source.path)
    let scenario = reader.read()
    try log.throwIfAny()
    guard let scenario else {
      throw DescriptionError(
        source.location, "the file is no scenario", fix: "write scenario, robot, expect")
    }
    return scenario
  }

  /// The scenario files that a path stands for: itself, or those of a directory and its folders, by name.
  public static func scenarioFiles(_ path: String) throws(DescriptionError) -> [String] {
    guard isDirectory(path) else { return [path] }
    let found = yamlFiles(in: path, depth: 8)
    guard !found.isEmpty else {
      throw DescriptionError(
        SourceLocation(file: path), "the directory holds no scenario",
        fix: "name a file, or a directory with .yaml files such as Robots/scenarios")
    }
    return found
  }

  private static func yamlFiles(in directory: String, depth: Int) -> [String] {
    let head = directory.hasSuffix("/") ? directory : directory + "/"
    return directoryContents(directory).sorted().flatMap { name -> [String] in
      if isDirectory(head + name) { return depth > 0 ? yamlFiles(in: head + name, depth: depth - 1) : [] }
      return name.hasSuffix(".yaml") || name.hasSuffix(".yml") ? [head + name] : []
    }
  }
}
