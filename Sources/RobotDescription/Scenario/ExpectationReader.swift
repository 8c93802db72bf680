import ControlCycle
import JointControl
import Simulation
import Yams

/// Reads one expectation: a mapping of its name to what it says.
struct ExpectationReader {
  let robot: Robot
  let faults: [Injection]
  let runTime: Double?
  let document: YAMLDocument
  let log: DiagnosticLog

  func read(_ node: Node) -> ScenarioExpectation? {
    if node.scalar?.string == "no_fault" { return expectation(.noFault, "no_fault") }
    guard
      let item = MappingReader(
        node, title: "the expectation", keys: .expectation, document: document, log: log)
    else { return nil }
    let names = item.entries
    guard names.count == 1, let name = names.first, let body = item.node(name.value) else {
      log.report(
        item.location, "an expectation has one name, and this has \(names.count)",
        fix: "begin each with a dash: - tracking_rms: {below: 0.01}")
      return nil
    }
    func mapping(_ keys: DescriptionKeys) -> MappingReader? {
      MappingReader(body, title: name.value, keys: keys, at: name.location, document: document, log: log)
    }
    if let (quantity, statistic) = ExpectationName.bound(name.value) {
      return mapping(.bound).flatMap { bound(quantity, statistic, name, $0) }
    }
    switch name.value {
    case "no_fault": return mapping(.nothing).map { _ in expectation(.noFault, name.value) }
    case "refused": return mapping(.refusal).flatMap { refused($0) }
    case "state": return mapping(.stateExpectation).flatMap { state($0) }
    case "fault": return mapping(.faultExpectation).flatMap { fault($0) }
    case "stop": return mapping(.stopExpectation).flatMap { stop($0) }
    case "isolated": return mapping(.reaction).flatMap { reaction(name.value, $0) { .isolated($0) } }
    case "drives_off": return mapping(.reaction).flatMap { reaction(name.value, $0) { .drivesOff($0) } }
    case "slowed": return mapping(.reaction).flatMap { reaction(name.value, $0) { .slowed($0) } }
    case "frozen": return mapping(.reaction).flatMap { reaction(name.value, $0) { .frozen($0) } }
    case "stale": return mapping(.reaction).flatMap { reaction(name.value, $0) { .stale($0) } }
    default: return nil
    }
  }

  private var everyJoint: JointSet {
    var joints = JointSet()
    for joint in robot.joints.indices { joints.insert(joint) }
    return joints
  }

  private func expectation(_ kind: ScenarioExpectation.Kind, _ name: String) -> ScenarioExpectation {
    ScenarioExpectation(kind, name: name, joints: everyJoint)
  }

  // MARK: Kinds

  private func bound(
    _ quantity: Quantity, _ statistic: Statistic, _ name: Located<String>, _ reader: MappingReader
  ) -> ScenarioExpectation? {
    let (above, below) = (reader.number("above")?.value, reader.number("below")?.value)
    if reader.node("above") == nil && reader.node("below") == nil {
      log.report(name.location, "\(name.value) has no bound", fix: "write \(name.value): {below: 0.01}")
    }
    guard let joints = joints(reader), let window = window(reader, from: 0) else { return nil }
    if !quantity.isOfJoint && joints.isNamed {
      log.report(
        reader.place(of: "joints"), "\(quantity.rawValue) is one number for the robot", fix: "remove joints")
    }
    return ScenarioExpectation(
      .bound(quantity, statistic, above: above, below: below), name: name.value, joints: joints.set,
      namesJoints: joints.isNamed, window: window)
  }

  private func state(_ reader: MappingReader) -> ScenarioExpectation? {
    guard let word = reader.text("is") else { return nil }
    guard let state = SafetyState.all.first(where: { $0.name == word.value }) else {
      log.report(
        word.location, "'\(word.value)' is no safety state",
        fix: suggestion(for: word.value, among: SafetyState.all.map(\.name), what: "state"))
      return nil
    }
    if reader.node("within") != nil {
      guard let deadline = deadline(reader) else { return nil }
      return expectation(.state(state, deadline), "state \(state.name)")
    }
    guard let window = window(reader, from: 0) else { return nil }
    // The run ends by itself after its time: then no state is kept for ever.
    guard reader.node("to") != nil || runTime != nil else {
      log.report(
        reader.place(of: "is"), "state \(state.name) has no end",
        fix: "add to: the last second in which it is to hold, or within: for one that is to be reached")
      return nil
    }
    let end = reader.node("to") != nil ? window.upperBound : (runTime ?? 0) - Double(robot.period) * 0.5e-9
    var kept = expectation(.state(state, nil), "state \(state.name)")
    kept.window = window.lowerBound...max(window.lowerBound, end)
    return kept
  }

  private func fault(_ reader: MappingReader) -> ScenarioExpectation? {
    var kind: FaultKind?
    if let word = reader.text("kind") {
      let known = Self.faultKinds.map(ControlFault.name(of:))
      guard let index = known.firstIndex(of: word.value) else {
        log.report(
          word.location, "'\(word.value)' is no kind of fault",
          fix: suggestion(for: word.value, among: known, what: "kind of fault"))
        return nil
      }
      kind = Self.faultKinds[index]
    }
    let name = kind.map { "fault \(ControlFault.name(of: $0))" } ?? "fault"
    return reaction(name, reader) { .fault(kind, $0) }
  }

  static let faultKinds: [FaultKind] = [
    .sampleLost, .driveFault, .driveDisabled, .positionLimit, .overspeed, .setpointNotFinite,
    .commandNotFinite, .commandTimeout, .armingTimeout, .deadlineMissed, .busLost, .busQueueFull, .busPassive,
    .busOverloaded, .feedbackFrozen, .identifierShared,
  ]

  private func stop(_ reader: MappingReader) -> ScenarioExpectation? {
    let distance = positive("distance", reader, "rad")
    let speed = reader.node("speed") == nil ? 0.05 : positive("speed", reader, "rad/s")
    guard let speed else { return nil }
    return reaction("stop", reader) { .stop($0, speed: speed, distance: distance) }
  }

  private func refused(_ reader: MappingReader) -> ScenarioExpectation? {
    let words = reader.node("words")?.sequence?.compactMap { $0.scalar?.string } ?? []
    guard !words.isEmpty else {
      log.report(
        reader.place(of: "words"), "words is not a list of at least one word",
        fix: "write the words that the reason holds, such as words: [watchdog]")
      return nil
    }
    return expectation(.refused(words), "refused")
  }

  private func reaction(
    _ name: String, _ reader: MappingReader,
    _ kind: (ScenarioExpectation.Deadline) -> ScenarioExpectation.Kind
  ) -> ScenarioExpectation? {
    guard let joints = joints(reader), let deadline = deadline(reader) else { return nil }
    return ScenarioExpectation(kind(deadline), name: name, joints: joints.set, namesJoints: joints.isNamed)
  }

  // MARK: Parts

  private func positive(_ key: String, _ reader: MappingReader, _ unit: String) -> Double? {
    guard let number = reader.number(key) else { return nil }
    guard number.value > 0 else {
      log.report(
        number.location, "\(key) is \(written(number.value)) \(unit)", fix: "write a number over 0")
      return nil
    }
    return number.value
  }

  /// The joints that are named, by themselves or by their bus; all of them where none is.
  func joints(_ reader: MappingReader) -> (set: JointSet, isNamed: Bool)? {
    guard let node = reader.node("joints") else { return (everyJoint, false) }
    guard case .sequence(let list) = node, !list.isEmpty else {
      log.report(
        reader.place(of: "joints"), "joints is not a list of at least one name",
        fix: "write joints: [\(robot.joints.first?.name ?? "elbow")]")
      return nil
    }
    var joints = JointSet()
    for item in list {
      let name = item.scalar?.string ?? ""
      if let joint = robot.joints.firstIndex(where: { $0.name == name }) {
        joints.insert(joint)
      } else if let bus = robot.buses.firstIndex(where: { $0.name == name }) {
        for joint in robot.joints.indices where Int(robot.joints[joint].configuration.drive.bus) == bus {
          joints.insert(joint)
        }
      } else {
        let known = robot.joints.map(\.name) + robot.buses.map(\.name)
        log.report(
          document.location(of: item), "robot '\(robot.name)' has no driven joint or bus '\(name)'",
          fix: suggestion(for: name, among: known, what: "joint"))
      }
    }
    return (joints, true)
  }

  /// The instants between which is looked [s].
  private func window(_ reader: MappingReader, from standard: Double) -> ClosedRange<Double>? {
    let from = reader.node("from") == nil ? standard : reader.number("from")?.value
    let to = reader.node("to") == nil ? Double.infinity : reader.number("to")?.value
    guard let from, let to else { return nil }
    guard from <= to else {
      log.report(
        reader.place(of: "to"), "to \(written(to)) s is before from \(written(from)) s",
        fix: "write the later time behind to")
      return nil
    }
    return from...to
  }

  /// A reaction's time, counted from `after`, from the fault of a number, or from the first fault that begins after arming.
  private func deadline(_ reader: MappingReader) -> ScenarioExpectation.Deadline? {
    guard let within = reader.number("within") else { return nil }
    guard within.value > 0 else {
      log.report(
        within.location, "within is \(written(within.value)) s",
        fix: "write the longest time a reaction may take")
      return nil
    }
    if reader.node("after") != nil {
      guard let after = reader.number("after") else { return nil }
      return ScenarioExpectation.Deadline(after: after.value, within: within.value)
    }
    if reader.node("after_fault") != nil {
      guard
        let number = reader.integer(
          "after_fault", in: 1...max(1, faults.count), fix: "write the number of a fault, from 1")
      else { return nil }
      guard faults.indices.contains(number.value - 1) else {
        log.report(number.location, "there is no fault \(number.value)", fix: "write after: in seconds")
        return nil
      }
      return ScenarioExpectation.Deadline(
        after: Double(faults[number.value - 1].start) * 1e-9, within: within.value)
    }
    let first = faults.map(\.start).filter { $0 != 0 }.min() ?? 0
    return ScenarioExpectation.Deadline(after: Double(first) * 1e-9, within: within.value)
  }
}
