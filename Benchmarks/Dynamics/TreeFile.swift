import Foundation
import RigidBody

/// A robot as `export_models.py` writes it.
enum TreeFile {
  /// Reads a tree; stops the program where it is not one.
  static func load(_ path: String, laneWidth: LaneWidth?) throws -> Model {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    var links: [LinkDescription] = []
    var joints: [JointDescription] = []
    var base = Base.fixed
    for (i, line) in text.split(separator: "\n").enumerated() {
      let words = line.split(separator: " ").map(String.init)
      let kind = words[1]
      let n = words[2...].compactMap(Double.init)
      precondition(n.count == 25, "\(path):\(i + 1): 27 words are expected")
      let inertia = SpatialInertia(
        mass: n[15], centreOfMass: Vector3(x: n[16], y: n[17], z: n[18]),
        rotational: SymmetricMatrix3(xx: n[19], xy: n[20], xz: n[22], yy: n[21], yz: n[23], zz: n[24]))
      links.append(LinkDescription(name: "link\(i)", inertia: inertia.mass > 0 ? inertia : nil))
      if kind == "F" { base = .floating }
      if kind == "F" || kind == "W" { continue }
      joints.append(
        JointDescription(
          name: "joint\(i)", kind: kind == "P" ? .prismatic : .continuous, parent: "link\(words[0])",
          child: "link\(i)",
          origin: RigidTransform(
            rotation: Matrix3(
              xx: n[3], xy: n[4], xz: n[5], yx: n[6], yy: n[7], yz: n[8], zx: n[9], zy: n[10], zz: n[11]),
            translation: Vector3(x: n[12], y: n[13], z: n[14])),
          axis: Vector3(x: n[0], y: n[1], z: n[2])))
    }
    return try Model(
      name: path, links: links, joints: joints, base: base, requiresPhysicalInertia: false,
      laneWidth: laneWidth)
  }
}
