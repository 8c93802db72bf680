import JointControl
import Simulation
import Yams

/// Reads the nodes of a scenario file for a robot.
struct ScenarioReader {
  let root: MappingReader
  let robot: Robot
  let robotPath: String
  let file: String
  private var log: DiagnosticLog { root.log }

  /// Most runs that one file may stand for, points and seeds each.
  static let mostPoints = 10_000
  static let mostSeeds = 1_000_000

  init(root: MappingReader, robot: Robot, robotPath: String, file: String) {
    self.root = root
    self.robot = robot
    self.robotPath = robotPath
    self.file = file
  }

  /// The scenario; nil where it was refused as a whole, with the reasons in the log.
  func read() -> Scenario? {
    let name = root.text("scenario")?.value
    let motion = readMotion()
    let moves = ProgramReader(root: root, robot: robot, robotPath: robotPath).read(named: name ?? "moves")
    if motion != nil && moves != nil {
      log.report(root.place(of: "moves"), "the scenario has a motion and moves", fix: "remove one of them")
    }
    let runTime = seconds("for", of: root, fix: "write the armed time in seconds, such as 3")
    if motion == nil && root.node("motion") == nil && root.node("moves") == nil && root.node("for") == nil {
      log.report(
        root.location, "the scenario says neither what the robot plays nor for how long",
        fix: "add motion: wave, moves: and verbs, or for: 3 to hold the pose")
    }
    let seeds = readSeeds()
    let sweep = ScenarioSweep(root)
    var points: [Scenario.Point] = []
    for values in sweep.combinations(most: Self.mostPoints) {
      let reader = ScenarioPointReader(
        root: root, robot: robot, values: values, runTime: runTime?.value)
      points.append(reader.read())
      // What is wrong with one is wrong with most; the first that fails says enough.
      if !log.diagnostics.isEmpty { break }
    }
    let chaos = readChaos()
    let covers = readCovers()
    let surroundings = readSurroundings()
    guard log.diagnostics.isEmpty, let name, !points.isEmpty, motion != nil || moves != nil || runTime != nil
    else {
      return nil
    }
    var scenario = Scenario(
      name: name, about: root.text("about")?.value ?? "", path: file, robot: robot, robotPath: robotPath,
      motion: motion?.motion, motionPath: motion?.path, runTime: runTime?.value, seeds: seeds, points: points,
      chaos: chaos, moves: moves)
    scenario.hasOwnControl = root.node("control") != nil
    scenario.controlIgnoresCollisions = controlIgnoresCollisions
    scenario.covers = covers
    scenario.surroundings = surroundings
    return scenario
  }

  private var controlIgnoresCollisions: Bool {
    guard let node = root.node("control"),
      let reader = MappingReader(
        node, title: "control", keys: .control, at: root.place(of: "control"), document: root.document,
        log: DiagnosticLog())
    else { return false }
    return reader.flag("ignores_collisions")?.value == true
  }

  private func readSurroundings() -> Surroundings {
    guard let base = root.choice("base", ScenarioBase.self) else { return Surroundings() }
    let surroundings: Surroundings =
      switch base.value {
      case .held: Surroundings()
      case .floating: .standing
      case .gantry: .hanging
      }
    if let objection = surroundings.objection(for: robot) {
      log.report(base.location, objection, fix: "write base: held, or another robot")
    }
    return surroundings
  }

  private func readMotion() -> (motion: Motion, path: String)? {
    guard let named = root.text("motion") else { return nil }
    let isFile = named.value.contains("/") || named.value.hasSuffix(".yaml") || named.value.hasSuffix(".yml")
    let motionFile =
      isFile
      ? path(named.value, besideFile: file)
      : RobotDescription.motionPath(named.value, robot: robotPath)
    guard exists(motionFile) else {
      log.report(
        named.location, "the motion '\(motionFile)' does not exist",
        fix: "name a motion of the robot, or a file relative to the scenario's")
      return nil
    }
    do { return (try RobotDescription.loadMotion(motionFile, for: robot), motionFile) } catch {
      log.report(error)
      return nil
    }
  }

  private func seconds(_ key: String, of reader: MappingReader, fix: String) -> Located<Double>? {
    guard let number = reader.number(key) else { return nil }
    guard number.value > 0, number.value <= 10_000 else {
      log.report(number.location, "\(key) is \(written(number.value)) s, not from 0 to 10000", fix: fix)
      return nil
    }
    return number
  }

  // MARK: Seeds

  /// `5`, `[1, 5, 9]` or `1..8`.
  private func readSeeds() -> [UInt64] {
    guard let node = root.node("seeds") else { return [1] }
    let place = root.document.location(of: node)
    func refuse() -> [UInt64] {
      log.report(
        place, "seeds is no list of whole numbers, or one longer than \(Self.mostSeeds)",
        fix: "write seeds: 1..8, seeds: [1, 5], or one number")
      return [1]
    }
    if let list = node.sequence {
      let seeds = list.map { $0.scalar.flatMap { UInt64($0.string) } }
      guard !seeds.isEmpty, seeds.count <= Self.mostSeeds, !seeds.contains(nil) else { return refuse() }
      return seeds.compactMap { $0 }
    }
    guard let text = node.scalar?.string else { return refuse() }
    if let one = UInt64(text) { return [one] }
    let ends = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard ends.count == 3, ends[1].isEmpty, let first = UInt64(ends[0]), let last = UInt64(ends[2]),
      first <= last, last - first < UInt64(Self.mostSeeds)
    else { return refuse() }
    return Array(first...last)
  }

  // MARK: Numbers of the fault table

  /// `[F03, F04]`.
  private func readCovers() -> [Int] {
    guard root.node("covers") != nil, let list = words("covers", of: root) else { return [] }
    return list.compactMap { word in
      let digits = word.value.dropFirst()
      guard word.value.first == "F", digits.count == 2, let number = Int(digits), (1...80).contains(number)
      else {
        log.report(
          word.location, "'\(word.value)' is no number of the fault table",
          fix: "write F01 to F80, as Documentation/Faults.md lists them")
        return nil
      }
      return number
    }
  }

  // MARK: Chaos

  private func readChaos() -> Chaos? {
    guard let reader = root.mapping("chaos", keys: .chaos) else { return nil }
    let count = reader.integer("faults", in: 1...100, fix: "write how many faults a run gets")
    let kinds = words("kinds", of: reader)
    let targets = reader.node("targets") == nil ? nil : words("targets", of: reader)
    let between = range("between", of: reader)
    let lasting = reader.node("lasting") == nil ? nil : range("lasting", of: reader)
    guard let count, let kinds, let between else { return nil }
    var choices: [Injection] = []
    for kind in kinds {
      let names = targets?.map(\.value) ?? robot.buses.map(\.name) + robot.joints.map(\.name)
      var refusal: InjectionError?
      let found = names.compactMap { name -> Injection? in
        do throws(InjectionError) { return try Injection("\(name) \(kind.value)", robot: robot) } catch {
          refusal = refusal ?? error
          return nil
        }
      }
      if found.isEmpty, let refusal { log.report(kind.location, refusal.message, fix: refusal.fix) }
      choices += found
    }
    guard !choices.isEmpty else { return nil }
    return Chaos(count: count.value, choices: choices, start: between, duration: lasting)
  }

  private func words(_ key: String, of reader: MappingReader) -> [Located<String>]? {
    guard let list = reader.node(key)?.sequence, !list.isEmpty else {
      log.report(
        reader.place(of: key), "\(key) is not a list of at least one word", fix: "write \(key): [...]")
      return nil
    }
    return list.compactMap { node in
      let place = reader.document.location(of: node)
      guard let word = node.scalar?.string else {
        log.report(place, "this is not a word of \(key)", fix: "write \(key): [word, word]")
        return nil
      }
      return Located(value: word, location: place)
    }
  }

  /// Two times, in nanoseconds.
  private func range(_ key: String, of reader: MappingReader) -> ClosedRange<Int64>? {
    guard let node = reader.node(key) else { return nil }
    let list = node.sequence.map { Array($0) } ?? []
    guard list.count == 2, let low = reader.number(in: list[0], title: key),
      let high = reader.number(in: list[1], title: key)
    else {
      log.report(reader.place(of: key), "\(key) is not two times", fix: "write \(key): [0.5, 2]")
      return nil
    }
    guard low.value >= 1e-9, low.value <= high.value, high.value <= 10_000 else {
      log.report(
        low.location, "\(key) is no range of times after 0 s", fix: "write the earlier time first, in seconds"
      )
      return nil
    }
    return Int64(low.value * 1e9)...Int64(high.value * 1e9)
  }
}

/// What holds the base of a scenario's robot once it is armed.
private enum ScenarioBase: String, CaseIterable {
  case held, floating, gantry
}
