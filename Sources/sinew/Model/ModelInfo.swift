import RigidBody
import RobotDescription

/// What `sinew model info` shows of a URDF.
struct ModelInfo {
  let urdf: URDF
  let model: Model

  /// For people: a summary, the moving joints, the tree.
  var text: String {
    let moving = urdf.joints.filter { $0.kind != .fixed }
    var out = "\(urdf.name): \(urdf.links.count) links, \(urdf.joints.count) joints, "
    out +=
      "\(moving.count) of them moving, \(model.jointNames.count) coordinates, \(model.base.rawValue) base, "
    out += "\(RunReport.fixed(model.mass, 3)) kg\n\n"
    var table = TextTable(["joint", "type", "axis", "lower", "upper", "velocity", "effort", "mimics"])
    for joint in moving {
      table.append([
        joint.name, joint.kind.rawValue, Self.axisText(joint), number(joint.limits?.lower),
        number(joint.limits?.upper), number(joint.limits?.velocity), number(joint.limits?.effort),
        joint.mimic?.joint ?? "",
      ])
    }
    if !moving.isEmpty {
      out += table.text + "Positions in rad (prismatic: m), efforts in N.m (prismatic: N).\n\n"
    }
    return out + tree + "\n" + waves
  }

  /// What runs side by side in the kernels: one line a wave.
  private var waves: String {
    let waves = model.waves
    var out = "Waves of \(model.laneWidth.rawValue), the joints that the kernels work on at once:\n"
    for (i, wave) in waves.enumerated() {
      out += "  \(i + 1): " + wave.map { $0 ?? "-" }.joined(separator: "  ") + "\n"
    }
    return out
  }

  /// For machines.
  var json: JSONValue {
    .object([
      ("schema", "sinew.model.info/1"), ("robot", .string(urdf.name)), ("base", .string(model.base.rawValue)),
      ("mass_kg", .number(model.mass)), ("root_link", .string(urdf.rootLink)),
      ("position_count", .integer(Int64(model.positionCount))),
      ("velocity_count", .integer(Int64(model.velocityCount))),
      ("lane_width", .integer(Int64(model.laneWidth.rawValue))),
      ("waves", .array(model.waves.map { .array($0.map { $0.map { .string($0) } ?? .null }) })),
      ("coordinates", .array(model.jointNames.map { .string($0) })),
      ("links", .array(urdf.links.map { .string($0.name) })),
      ("joints", .object(urdf.joints.map { ($0.name, json(of: $0)) })),
    ])
  }

  private func json(of joint: URDFJoint) -> JSONValue {
    let unit = joint.kind == .prismatic ? "m" : "rad"
    let force = joint.kind == .prismatic ? "n" : "nm"
    var members: [(String, JSONValue)] = [
      ("type", .string(joint.kind.rawValue)), ("parent", .string(joint.parent)),
      ("child", .string(joint.child)),
    ]
    if joint.kind != .fixed && joint.kind != .floating {
      members.append(("axis", .array([joint.axis.x, joint.axis.y, joint.axis.z].map { .number($0) })))
    }
    let limits: [(String, Double?)] = [
      ("position_min_\(unit)", joint.limits?.lower), ("position_max_\(unit)", joint.limits?.upper),
      ("velocity_max_\(unit)_s", joint.limits?.velocity), ("effort_max_\(force)", joint.limits?.effort),
    ]
    for (key, value) in limits {
      if let value { members.append((key, .number(value))) }
    }
    if let mimic = joint.mimic {
      members.append(
        (
          "mimic",
          .object([
            ("joint", .string(mimic.joint)), ("multiplier", .number(mimic.multiplier)),
            ("offset", .number(mimic.offset)),
          ])
        ))
    }
    return .object(members)
  }

  /// The links, each indented under its parent, with the joint that moves it. No recursion: a file may be deep.
  private var tree: String {
    var children: [String: [URDFJoint]] = [:]
    for joint in urdf.joints { children[joint.parent, default: []].append(joint) }
    var out = urdf.rootLink + "\n"
    var pending = (children[urdf.rootLink] ?? []).reversed().map { (joint: $0, depth: 1) }
    while let (joint, depth) = pending.popLast() {
      let kind = joint.kind == .fixed ? "fixed" : "\(joint.name), \(joint.kind.rawValue)"
      out += String(repeating: "  ", count: min(depth, 40)) + "\(joint.child) (\(kind))\n"
      for child in (children[joint.child] ?? []).reversed() { pending.append((child, depth + 1)) }
    }
    return out
  }

  private func number(_ value: Double?) -> String { value.map { RunReport.fixed($0, 3) } ?? "" }

  /// "x", "-z", or the three components of a skewed axis.
  static func axisText(_ joint: URDFJoint) -> String {
    if joint.kind == .fixed || joint.kind == .floating { return "" }
    let components = [joint.axis.x, joint.axis.y, joint.axis.z]
    for (value, name) in zip(components, ["x", "y", "z"]) {
      if value == 1 { return name }
      if value == -1 { return "-" + name }
    }
    return components.map { RunReport.fixed($0, 3) }.joined(separator: " ")
  }
}
