import Foundation
import RigidBody
import RobotDescription

/// The joints that `sinew model ik` moves, with their limits, and the link at their end.
struct LimbSelection {
  let model: Model
  let frame: String
  let link: Int
  let coordinates: [ChainCoordinate]
  /// Places of the coordinates in q.
  let places: [Int]

  init(
    urdf: URDF, model: Model, frame: String, from: String?, joints: String?
  ) throws(Failure) {
    guard let link = model.linkIndex(of: frame) else {
      throw Self.refusal(urdf, "there is no link '\(frame)'", "sinew model info lists the links")
    }
    let names: [String]
    if let joints {
      names = joints.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    } else {
      names = try Self.joints(urdf, model, from: from ?? urdf.rootLink, to: frame)
    }
    var coordinates: [ChainCoordinate] = []
    for name in names {
      let limits = Self.limits(urdf, of: name)
      coordinates.append(ChainCoordinate(joint: name, lower: limits.lower, upper: limits.upper))
    }
    do {
      // Made to be checked; the search makes its own.
      _ = try InverseKinematics(model, link: link, coordinates: coordinates)
    } catch {
      throw Self.refusal(urdf, "\(error)", "sinew model info lists joints and links")
    }
    self.model = model
    self.frame = frame
    self.link = link
    self.coordinates = coordinates
    places = coordinates.compactMap { model.coordinates(of: $0.joint)?.positions.lowerBound }
  }

  /// Joints of one axis between two links, those that mimic replaced by what they follow.
  private static func joints(
    _ urdf: URDF, _ model: Model, from: String, to: String
  ) throws(Failure) -> [String] {
    guard model.linkIndex(of: from) != nil else {
      throw refusal(urdf, "there is no link '\(from)'", "sinew model info lists the links")
    }
    var names: [String] = []
    var link = to
    while link != from {
      guard let joint = urdf.joints.first(where: { $0.child == link }) else {
        throw refusal(
          urdf, "link '\(from)' does not carry link '\(to)'", "sinew model info shows the tree")
      }
      link = joint.parent
      let name = followed(urdf, joint)?.joint.name ?? joint.name
      if joint.kind.hasOneCoordinate && !names.contains(name) { names.append(name) }
    }
    if names.isEmpty {
      throw refusal(urdf, "no joint moves link '\(to)' against '\(from)'", "name other links")
    }
    return names.reversed()
  }

  /// The joint at the end of what a joint mimics, and how: position = multiplier x followed + offset.
  private static func followed(
    _ urdf: URDF, _ joint: URDFJoint
  ) -> (joint: URDFJoint, multiplier: Double, offset: Double)? {
    var (current, multiplier, offset) = (joint, 1.0, 0.0)
    for _ in urdf.joints {
      guard let mimic = current.mimic else { return (current, multiplier, offset) }
      offset += multiplier * mimic.offset
      multiplier *= mimic.multiplier
      guard let next = urdf.joint(mimic.joint) else { return nil }
      current = next
    }
    return nil
  }

  /// Limits of a joint that hold those of the joints that mimic it too.
  private static func limits(_ urdf: URDF, of name: String) -> (lower: Double, upper: Double) {
    var (lower, upper) = (-Double.infinity, Double.infinity)
    for joint in urdf.joints where joint.kind == .revolute || joint.kind == .prismatic {
      guard let rule = followed(urdf, joint), rule.joint.name == name, rule.multiplier != 0 else { continue }
      let ends = [joint.limits?.lower ?? -.infinity, joint.limits?.upper ?? .infinity]
        .map { ($0 - rule.offset) / rule.multiplier }
      lower = max(lower, min(ends[0], ends[1]))
      upper = min(upper, max(ends[0], ends[1]))
    }
    return (lower, upper)
  }

  private static func refusal(_ urdf: URDF, _ message: String, _ fix: String) -> Failure {
    Failure(kind: "ik", location: urdf.path, message: message, fix: fix, code: Failure.badDescription)
  }
}

/// Poses as text: x, y, z, and a quaternion w, x, y, z where the orientation counts.
struct PoseText {
  let pose: RigidTransform
  let goal: PoseGoal

  /// Reads a pose; `place` is where it stands.
  static func read(_ text: String, at place: String) throws(Failure) -> PoseText {
    let words = text.split { $0 == "," || $0 == " " || $0 == "\t" || $0 == "\r" }
    let numbers = words.compactMap { Double($0) }
    guard numbers.count == words.count, numbers.count == 3 || numbers.count == 7,
      numbers.allSatisfy({ $0.isFinite })
    else {
      throw Failure(
        kind: "ik", location: place, message: "'\(text.prefix(80))' is no pose",
        fix: "give x, y, z [m], and w, x, y, z of a quaternion for an orientation",
        code: Failure.badDescription)
    }
    let place3 = Vector3(x: numbers[0], y: numbers[1], z: numbers[2])
    if numbers.count == 3 {
      return PoseText(pose: RigidTransform(rotation: .identity, translation: place3), goal: .position)
    }
    let quaternion = Quaternion(w: numbers[3], x: numbers[4], y: numbers[5], z: numbers[6])
    guard numbers[3...].contains(where: { abs($0) > 1e-6 }) && numbers[3...].allSatisfy({ abs($0) < 1e6 })
    else {
      throw Failure(
        kind: "ik", location: place, message: "the quaternion has no usable length",
        fix: "give one of length 1", code: Failure.badDescription)
    }
    return PoseText(
      pose: RigidTransform(rotation: quaternion.normalized.rotation, translation: place3), goal: .pose)
  }

  /// Reads a file, a pose a line; empty lines and those that begin with # are passed over.
  static func load(_ path: String) throws(Failure) -> [PoseText] {
    let text: String
    do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
      throw Failure(
        kind: "ik", location: path, message: "the file cannot be read",
        fix: "check the path and its permissions",
        code: Failure.badDescription)
    }
    var poses: [PoseText] = []
    var number = 0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      number += 1
      let line = line.drop { $0 == " " || $0 == "\t" || $0 == "\r" }
      if line.isEmpty || line.first == "#" { continue }
      poses.append(try read(String(line), at: "\(path):\(number)"))
    }
    if poses.isEmpty {
      throw Failure(
        kind: "ik", location: path, message: "there is no pose in it", fix: "write one a line",
        code: Failure.badDescription)
    }
    return poses
  }
}
