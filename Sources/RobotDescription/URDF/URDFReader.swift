import JointControl
import RigidBody

/// Turns the elements of a URDF into links and joints, noting every mistake.
struct URDFReader {
  struct Contents {
    var name = ""
    var links: [Located<LinkDescription>] = []
    var joints: [URDFJoint] = []
    var names: Set<String> = []
  }

  let log: DiagnosticLog

  func robot(_ root: XMLTreeElement) -> Contents {
    var contents = Contents()
    guard root.name == "robot" else {
      log.report(
        root.location, "the outermost element is <\(root.name)>, not <robot>",
        fix: root.name == "mujoco" || root.name == "sdf"
          ? "this is not URDF; export the model as URDF" : "name a URDF file")
      return contents
    }
    contents.name = root.attributes["name"] ?? ""
    for element in root.children {
      if element.name == "link" { link(element, into: &contents) }
      if element.name == "joint", let joint = joint(element) {
        if !contents.names.insert("joint " + joint.name).inserted {
          log.report(
            element.location, "two joints are called '\(joint.name)'", fix: "give each joint its own name")
        }
        contents.joints.append(joint)
      }
    }
    if contents.links.isEmpty {
      log.report(root.location, "the robot has no link", fix: "a robot has at least one <link name=\"...\">")
    }
    return contents
  }

  private func link(_ element: XMLTreeElement, into contents: inout Contents) {
    guard let name = name(of: element) else { return }
    if !contents.names.insert("link " + name).inserted {
      log.report(element.location, "two links are called '\(name)'", fix: "give each link its own name")
    }
    let inertia = element.child("inertial").flatMap { self.inertia(of: $0, link: name) }
    contents.links.append(
      Located(value: LinkDescription(name: name, inertia: inertia), location: element.location))
  }

  private func inertia(of element: XMLTreeElement, link: String) -> SpatialInertia? {
    let mass = element.child("mass").flatMap { number("value", of: $0) } ?? 0
    if mass < 0 {
      log.report(
        element.child("mass")?.location ?? element.location,
        "link '\(link)' has a mass of \(written(mass)) kg", fix: "a mass is zero or positive")
    }
    let pose = origin(of: element)
    var moments = InertiaMoments()
    if let inertia = element.child("inertia") {
      moments.xx = number("ixx", of: inertia) ?? 0
      moments.xy = number("ixy", of: inertia) ?? 0
      moments.xz = number("ixz", of: inertia) ?? 0
      moments.yy = number("iyy", of: inertia) ?? 0
      moments.yz = number("iyz", of: inertia) ?? 0
      moments.zz = number("izz", of: inertia) ?? 0
    }
    if mass == 0 && moments == InertiaMoments() { return nil }
    return spatialInertia(mass: mass, pose: pose, moments: moments)
  }

  private func joint(_ element: XMLTreeElement) -> URDFJoint? {
    // Joints inside <transmission> or <ros2_control> are references; only children of <robot> come here.
    guard let name = name(of: element), let kind = kind(of: element, joint: name) else { return nil }
    guard let parent = linkReference("parent", of: element, joint: name),
      let child = linkReference("child", of: element, joint: name)
    else { return nil }
    let axis = element.child("axis").flatMap { vector("xyz", of: $0) } ?? [1, 0, 0]
    let unit = unitVector(axis)
    if unit == nil && kind != .fixed && kind != .floating {
      log.report(
        element.child("axis")?.location ?? element.location, "joint '\(name)' has an axis of length zero",
        fix: "give the axis a direction, such as xyz=\"0 0 1\"")
    }
    return URDFJoint(
      name: name, kind: kind, parent: parent, child: child, origin: transform(origin(of: element)),
      axis: unit ?? Vector3(x: 1, y: 0, z: 0), limits: element.child("limit").map(limits),
      dynamics: element.child("dynamics").map(dynamics),
      // A joint that was made fixed often keeps the mimic it had; it moves nothing.
      mimic: kind == .fixed ? nil : element.child("mimic").flatMap { mimic($0, joint: name) },
      safetyController: element.child("safety_controller").map(safetyController),
      location: element.location)
  }

  private func kind(of element: XMLTreeElement, joint: String) -> JointKind? {
    switch element.attributes["type"] {
    case "fixed": return .fixed
    case "revolute": return .revolute
    case "continuous": return .continuous
    case "prismatic": return .prismatic
    case "floating": return .floating
    case "planar": return .planar
    case .some(let type):
      let kinds = ["fixed", "revolute", "continuous", "prismatic", "planar", "floating"]
      log.report(
        element.location, "joint '\(joint)' has the unknown type '\(type)'",
        fix: suggestion(for: type, among: kinds, what: "joint type"))
    case nil:
      log.report(
        element.location, "joint '\(joint)' has no type",
        fix: "add type=\"revolute\", continuous, prismatic, planar, floating or fixed")
    }
    return nil
  }

  private func linkReference(_ role: String, of element: XMLTreeElement, joint: String) -> String? {
    if let link = element.child(role)?.attributes["link"], !link.isEmpty { return link }
    log.report(
      element.location, "joint '\(joint)' has no \(role) link", fix: "add <\(role) link=\"...\"/>")
    return nil
  }

  private func name(of element: XMLTreeElement) -> String? {
    if let name = element.attributes["name"], !name.isEmpty { return name }
    log.report(element.location, "this \(element.name) has no name", fix: "add name=\"...\"")
    return nil
  }

  private func limits(_ element: XMLTreeElement) -> URDFLimits {
    URDFLimits(
      lower: number("lower", of: element), upper: number("upper", of: element),
      velocity: number("velocity", of: element), effort: number("effort", of: element),
      location: element.location)
  }

  private func dynamics(_ element: XMLTreeElement) -> URDFDynamics {
    URDFDynamics(
      damping: number("damping", of: element) ?? 0, friction: number("friction", of: element) ?? 0)
  }

  private func mimic(_ element: XMLTreeElement, joint: String) -> Mimic? {
    guard let driver = element.attributes["joint"], !driver.isEmpty else {
      log.report(
        element.location, "the mimic of joint '\(joint)' names no joint", fix: "add joint=\"...\"")
      return nil
    }
    return Mimic(
      joint: driver, multiplier: number("multiplier", of: element) ?? 1,
      offset: number("offset", of: element) ?? 0)
  }

  private func safetyController(_ element: XMLTreeElement) -> URDFSafetyController {
    URDFSafetyController(
      softLowerLimit: number("soft_lower_limit", of: element),
      softUpperLimit: number("soft_upper_limit", of: element),
      positionGain: number("k_position", of: element), velocityGain: number("k_velocity", of: element),
      location: element.location)
  }

  private func origin(of element: XMLTreeElement) -> OriginElement {
    guard let origin = element.child("origin") else { return OriginElement() }
    return OriginElement(
      xyz: vector("xyz", of: origin) ?? [0, 0, 0], rpy: vector("rpy", of: origin) ?? [0, 0, 0])
  }

  /// The finite number in an attribute; nil when the attribute is missing or wrong.
  private func number(_ attribute: String, of element: XMLTreeElement) -> Double? {
    guard let text = element.attributes[attribute] else { return nil }
    return numbers(text, count: 1, attribute: attribute, of: element)?.first
  }

  private func vector(_ attribute: String, of element: XMLTreeElement) -> [Double]? {
    guard let text = element.attributes[attribute] else { return nil }
    return numbers(text, count: 3, attribute: attribute, of: element)
  }

  private func numbers(
    _ text: String, count: Int, attribute: String, of element: XMLTreeElement
  ) -> [Double]? {
    let values = text.split(whereSeparator: \.isWhitespace).map { Double($0) ?? .nan }
    if values.count == count && values.allSatisfy(\.isFinite) { return values }
    let expected = count == 1 ? "a finite number" : "\(count) finite numbers"
    log.report(
      element.location, "\(attribute)=\"\(text.prefix(40))\" of <\(element.name)> is not \(expected)",
      fix: "write \(count == 1 ? "a number such as 0.5" : "numbers separated by spaces, such as 0 0 1")")
    return nil
  }
}
