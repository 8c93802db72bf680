import ControlCycle
import JointControl
import Simulation
import Yams

/// Reads what a scenario says for one combination of its swept values.
struct ScenarioPointReader {
  let root: MappingReader
  let robot: Robot
  let values: [ScenarioSweep.Value]
  let runTime: Double?
  private var log: DiagnosticLog { root.log }
  private var document: YAMLDocument { root.document }

  func read() -> Scenario.Point {
    let faults = readFaults(node("faults", of: root), title: "faults", at: root.place(of: "faults"))
    let expectations = readExpectations(after: faults)
    let laws = readLaws(node("laws", of: root), title: "laws", at: root.place(of: "laws"))
    var point = Scenario.Point(
      values: values, faults: faults, expectations: expectations, start: readStart(),
      controlFaults: readControl(faults))
    point.laws = laws
    point.controlLaws = readControlLaws() ?? laws
    return point
  }

  /// A node of a mapping with swept values in their places.
  private func node(_ key: String, of reader: MappingReader) -> Node? {
    reader.node(key).map { ScenarioSweep.substituting(values, in: $0, document: document, log: log) }
  }

  // MARK: Faults and start

  private func readFaults(_ node: Node?, title: String, at place: SourceLocation) -> [Injection] {
    guard let node else { return [] }
    guard case .sequence(let list) = node else {
      log.report(place, "\(title) is not a list", fix: "write \(title): [\"\(example)\"]")
      return []
    }
    return list.compactMap { item in
      let place = document.location(of: item)
      guard let text = item.scalar?.string else {
        log.report(place, "this is not a fault in words", fix: "write \"\(example)\"")
        return nil
      }
      do throws(InjectionError) {
        let injection = try Injection(text, robot: robot)
        if injection.entry.layer != .disk { return injection }
        log.report(
          place, "a scenario records to no disk, so that '\(text)' would do nothing",
          fix: "give it to sinew run --record as --inject")
        return nil
      } catch {
        log.report(place, error.message, fix: error.fix)
        return nil
      }
    }
  }

  private var example: String { "\(robot.buses.first?.name ?? "can0") lost at 1" }

  private func readStart() -> [(joint: Int, position: Double)] {
    guard let node = node("start", of: root),
      let reader = MappingReader(
        namesIn: node, title: "start", at: root.place(of: "start"), document: document, log: log)
    else { return [] }
    return reader.entries.compactMap { entry in
      guard let joint = robot.joints.firstIndex(where: { $0.name == entry.value }) else {
        log.report(
          entry.location, "robot '\(robot.name)' has no driven joint '\(entry.value)'",
          fix: suggestion(for: entry.value, among: robot.joints.map(\.name), what: "driven joint"))
        return nil
      }
      guard let position = reader.number(entry.value) else { return nil }
      guard position.value.magnitude <= 100 else {
        log.report(
          position.location, "\(entry.value) starts at \(written(position.value)) rad", fix: "write radians")
        return nil
      }
      return (joint, position.value)
    }
  }

  // MARK: The negative control

  private func readControl(_ faults: [Injection]) -> [Injection] {
    guard let given = node("control", of: root) else { return [] }
    guard
      let reader = MappingReader(
        given, title: "control", keys: .control, at: root.place(of: "control"), document: document, log: log)
    else { return [] }
    var kept = faults
    if let left = reader.node("without"), left.scalar?.string != "all" {
      let numbers = left.sequence.map { $0.map { $0.scalar.flatMap { Int($0.string) } } } ?? [nil]
      guard numbers.allSatisfy({ $0.map { (1...max(1, faults.count)).contains($0) } ?? false }) else {
        log.report(
          reader.place(of: "without"), "without is neither all nor numbers of faults",
          fix: "write without: all, or without: [1] for the first of faults")
        return []
      }
      kept = faults.indices.filter { !numbers.contains($0 + 1) }.map { faults[$0] }
    } else if reader.node("without") != nil
      || reader.node("faults") == nil && reader.flag("ignores_collisions")?.value != true
    {
      kept = []
    }
    return kept
      + readFaults(reader.node("faults"), title: "faults of control", at: reader.place(of: "faults"))
  }

  /// The laws of the control in place of the scenario's; nil where it says none.
  private func readControlLaws() -> [TimedLaw]? {
    guard case .mapping(let control)? = node("control", of: root), let list = control["laws"] else {
      return nil
    }
    return readLaws(list, title: "laws of control", at: document.location(of: list))
  }

  // MARK: Expectations

  private func readExpectations(after faults: [Injection]) -> [ScenarioExpectation] {
    guard let node = node("expect", of: root) else { return [] }
    guard case .sequence(let list) = node, !list.isEmpty else {
      log.report(
        root.place(of: "expect"), "expect is not a list of at least one expectation",
        fix: "write expect: [{tracking_rms: {below: 0.01}}]")
      return []
    }
    let reader = ExpectationReader(
      robot: robot, faults: faults, runTime: runTime, document: document, log: log)
    return list.compactMap { reader.read($0) }
  }
}
