import JointControl
import Yams

/// A named pose as written.
struct PoseEntry {
  var name: Located<String>
  var positions: [(joint: Located<String>, position: Located<Double>)] = []
}

/// Reads the poses that a robot can be told to take by their names.
struct PoseReader {
  let document: YAMLDocument
  let log: DiagnosticLog

  /// The entries below `poses`, in the order of the text.
  func read(_ root: MappingReader) -> [PoseEntry] {
    guard let node = root.node("poses"),
      let reader = MappingReader(
        namesIn: node, title: "poses", at: root.place(of: "poses"), document: document, log: log)
    else { return [] }
    return reader.entries.compactMap { name in
      guard let node = reader.node(name.value),
        let joints = MappingReader(
          namesIn: node, title: "pose '\(name.value.prefix(40))'", at: name.location, document: document,
          log: log)
      else { return nil }
      return PoseEntry(
        name: name,
        positions: joints.entries.compactMap { joint in joints.number(joint.value).map { (joint, $0) } })
    }
  }
}

extension RobotBuilder {
  /// The named poses; notes joints that the robot does not drive and positions outside their limits.
  func poses(of robot: Robot) -> [NamedPose] {
    let names = robot.joints.map(\.name)
    return file.poses.map { entry in
      var pose = NamedPose(name: entry.name.value, positions: Array(repeating: nil, count: names.count))
      for (joint, position) in entry.positions {
        guard let index = names.firstIndex(of: joint.value) else {
          log.report(
            joint.location, "robot '\(robot.name)' has no driven joint '\(joint.value.prefix(40))'",
            fix: suggestion(for: joint.value, among: names, what: "driven joint"))
          continue
        }
        let limits = robot.joints[index].configuration.limits
        if !(position.value >= limits.minPosition && position.value <= limits.maxPosition) {
          log.report(
            position.location,
            "position \(written(position.value)) of joint '\(joint.value)' in pose '\(pose.name.prefix(40))' is outside "
              + "its limits \(written(limits.minPosition)) to \(written(limits.maxPosition)) rad",
            fix: "keep the pose inside the limits")
        }
        pose.positions[index] = position.value
      }
      return pose
    }
  }
}
