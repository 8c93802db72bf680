import JointControl
import RigidBody

/// Checks that links and joints make one tree and that mimics refer to joints that move; the root's name.
func checkTree(
  links: [Located<LinkDescription>], joints: [URDFJoint], robot: SourceLocation
) throws(DescriptionError) -> String {
  let log = DiagnosticLog()
  let names = links.map(\.value.name)
  let known = Set(names)
  var parentJoint: [String: URDFJoint] = [:]
  for joint in joints {
    for link in [joint.parent, joint.child] where !known.contains(link) {
      log.report(
        joint.location, "joint '\(joint.name)' names the unknown link '\(link)'",
        fix: suggestion(for: link, among: names, what: "link"))
    }
    if let other = parentJoint[joint.child] {
      log.report(
        joint.location,
        "link '\(joint.child)' hangs on two joints, '\(other.name)' and '\(joint.name)'",
        fix: "a robot is a tree: remove one of them (loops are closed by the drive, not in URDF)")
    } else {
      parentJoint[joint.child] = joint
    }
  }
  checkMimics(joints, log: log)
  checkCycles(names, parentJoint: parentJoint, log: log)
  let roots = links.filter { parentJoint[$0.value.name] == nil }
  if roots.count > 1 {
    let others = roots.dropFirst().prefix(5).map { "'\($0.value.name)'" }.joined(separator: ", ")
    log.report(
      roots[1].location, "the robot has \(roots.count) roots: '\(roots[0].value.name)' and \(others)",
      fix: "connect each with a joint, or remove the unconnected links")
  }
  try log.throwIfAny()
  guard let root = roots.first else {
    throw DescriptionError(robot, "the robot has no root link", fix: "one link must be no joint's child")
  }
  return root.value.name
}

/// Reports each closed chain once, at the joint that stands last in the file.
private func checkCycles(_ links: [String], parentJoint: [String: URDFJoint], log: DiagnosticLog) {
  var settled: Set<String> = []
  for link in links {
    var walk: [String] = []
    var onWalk: Set<String> = []
    var current = link
    while !settled.contains(current), onWalk.insert(current).inserted {
      walk.append(current)
      guard let joint = parentJoint[current] else { break }
      current = joint.parent
    }
    if !settled.contains(current), parentJoint[current] != nil, let start = walk.firstIndex(of: current) {
      let cycle = walk[start...].compactMap { parentJoint[$0] }
      let last = cycle.max { ($0.location.line, $0.location.column) < ($1.location.line, $1.location.column) }
      if let last {
        log.report(
          last.location,
          "the joints \(cycle.map { "'\($0.name)'" }.joined(separator: ", ")) form a cycle",
          fix: "a robot is a tree: turn or remove one of these joints")
      }
    }
    settled.formUnion(walk)
  }
}

private func checkMimics(_ joints: [URDFJoint], log: DiagnosticLog) {
  let byName = Dictionary(joints.map { ($0.name, $0) }) { first, _ in first }
  for joint in joints {
    guard let mimic = joint.mimic else { continue }
    guard let driver = byName[mimic.joint] else {
      log.report(
        joint.location, "joint '\(joint.name)' mimics the unknown joint '\(mimic.joint)'",
        fix: suggestion(for: mimic.joint, among: joints.map(\.name), what: "joint"))
      continue
    }
    if !driver.kind.hasOneCoordinate {
      log.report(
        joint.location, "joint '\(joint.name)' mimics '\(driver.name)', which has not one position",
        fix: "mimic a revolute, continuous or prismatic joint")
    }
  }
}
