import ControlCycle
import JointControl
import Simulation
import Yams

extension DescriptionKeys {
  static let timedLaw = DescriptionKeys(
    "law", required: ["at", "joints", "law"], optional: ["stiffness", "damping"])
}

extension ScenarioPointReader {
  /// The laws that joints are to follow from given instants on.
  ///
  /// - Parameters:
  ///   - node: the list; nil where there is none.
  ///   - title: what it is called.
  ///   - place: where it stands.
  /// - Returns: one entry a joint; those that were refused are left out, with the reasons in the log.
  func readLaws(_ node: Node?, title: String, at place: SourceLocation) -> [TimedLaw] {
    guard let node else { return [] }
    guard case .sequence(let list) = node else {
      root.log.report(
        place, "\(title) is not a list",
        fix:
          "write \(title): [{at: 0.5, joints: [\(robot.joints.first?.name ?? "elbow")], law: hand_guiding}]")
      return []
    }
    return list.flatMap { item -> [TimedLaw] in
      guard
        let reader = MappingReader(
          item, title: "law", keys: .timedLaw, document: root.document, log: root.log),
        let time = reader.number("at"), let name = reader.choice("law", LawName.self),
        let joints = ExpectationReader(
          robot: robot, faults: [], runTime: runTime, document: root.document, log: root.log
        ).joints(reader)
      else { return [] }
      guard time.value >= 0, time.value <= 10_000 else {
        root.log.report(
          time.location, "at is \(written(time.value)) s, not from 0 to 10000",
          fix: "write seconds since the robot was armed")
        return []
      }
      let damping = reader.number("damping")
      let stiffness = reader.number("stiffness")
      let choice = LawChoice(
        name.value.law, stiffness: stiffness?.value, damping: damping?.value ?? 1)
      guard choice.isUsable else {
        root.log.report(
          (stiffness ?? damping)?.location ?? name.location,
          "stiffness \(written(choice.stiffness)) and damping \(written(choice.damping)) are no parts of the configured gains "
            + "that are known to be stable",
          fix: "write 0 <= stiffness <= damping <= 1")
        return []
      }
      return robot.joints.indices.filter { joints.set.contains($0) }.compactMap { joint in
        let mode = robot.joints[joint].configuration.drive.mode
        if !choice.law.follows || mode.takesTorque {
          return TimedLaw(time: time.value, joint: joint, choice: choice)
        }
        root.log.report(
          name.location,
          "joint '\(robot.joints[joint].name)': a drive in mode \(mode.word) cannot follow the law \(name.value.rawValue)",
          fix: "leave the joint out, or write law: impedance")
        return nil
      }
    }
  }
}
