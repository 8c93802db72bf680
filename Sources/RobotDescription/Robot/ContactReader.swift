import JointControl
import RigidBody
import Yams

/// Contact points of one link as written.
struct ContactEntry {
  var link: Located<String>
  var points: [Vector3] = []
}

/// Reads where a robot touches the ground.
struct ContactReader {
  let document: YAMLDocument
  let log: DiagnosticLog
  /// Farthest that a point may be from its link's origin [m].
  static let reach = 3.0
  /// Most points of one link.
  static let mostPoints = 32

  /// The entries below `contacts`, in the order of the text.
  func read(_ root: MappingReader) -> [ContactEntry] {
    guard let node = root.node("contacts"),
      let reader = MappingReader(
        namesIn: node, title: "contacts", at: root.place(of: "contacts"), document: document, log: log)
    else { return [] }
    return reader.entries.compactMap { name in
      guard let node = reader.node(name.value) else { return nil }
      return ContactEntry(link: name, points: points(node, of: name))
    }
  }

  private func points(_ node: Node, of name: Located<String>) -> [Vector3] {
    guard case .sequence(let sequence) = node, !sequence.isEmpty, sequence.count <= Self.mostPoints else {
      log.report(
        name.location,
        "contacts of '\(name.value.prefix(40))' is not a list of 1 to \(Self.mostPoints) points",
        fix: "write \(name.value.prefix(40)): [[0.1, 0.04, -0.06], ...], x, y and z in the link's frame [m]")
      return []
    }
    return sequence.compactMap { point(in: $0, of: name.value) }
  }

  private func point(in node: Node, of name: String) -> Vector3? {
    let place = document.location(of: node)
    guard case .sequence(let numbers) = node, numbers.count == 3 else {
      log.report(
        place, "a contact point of '\(name.prefix(40))' is not a list of three numbers",
        fix: "write [x, y, z] in the link's frame [m]")
      return nil
    }
    let reader = MappingReader(numbers: document, log: log)
    let read = numbers.compactMap { reader.number(in: $0, title: "a coordinate") }
    guard read.count == 3 else { return nil }
    for number in read where number.value.magnitude > Self.reach {
      log.report(
        number.location,
        "a contact point of '\(name.prefix(40))' is \(written(number.value)) m from its link",
        fix: "write metres: \(written(number.value / 1000)), if these are millimetres")
      return nil
    }
    return Vector3(x: read[0].value, y: read[1].value, z: read[2].value)
  }
}

extension RobotBuilder {
  /// The contact patches; notes links that the URDF does not have.
  func contacts(_ urdf: URDF) -> [ContactPatch] {
    let names = urdf.links.map(\.name)
    return file.contacts.compactMap { entry in
      guard names.contains(entry.link.value) else {
        log.report(
          entry.link.location, "the URDF has no link '\(entry.link.value.prefix(40))'",
          fix: suggestion(for: entry.link.value, among: names, what: "link"))
        return nil
      }
      return ContactPatch(link: entry.link.value, points: entry.points)
    }
  }
}
