import ControlCycle
import JointControl

/// Gains that are tried beside those of robot.yaml: sets, each over those before it.
struct GainTrial: Equatable {
  /// What was set at once.
  struct Set: Equatable {
    /// By the joint's name.
    var gains: [String: ImpedanceGains]
    var provenance: GainProvenance
  }

  /// The robot's name.
  var robot: String
  /// Oldest first, at least one.
  var sets: [Set]

  static let schema = "sinew.gains.trial/1"

  /// What all sets together say, by the joint's name.
  var gains: [String: ImpedanceGains] {
    sets.reduce(into: [:]) { all, set in all.merge(set.gains) { $1 } }
  }

  /// Where a joint's gains come from.
  func provenance(ofJoint name: String) -> GainProvenance? {
    sets.last { $0.gains[name] != nil }?.provenance
  }

  /// The file.
  var text: String {
    JSONValue.object([
      ("schema", .string(Self.schema)), ("robot", .string(robot)),
      (
        "sets",
        .array(
          sets.map { set in
            .object([
              ("joints", .object(set.gains.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) })),
              ("provenance", set.provenance.json),
            ])
          })
      ),
    ]).text + "\n"
  }

  /// Reads a file.
  ///
  /// - Throws: `Failure` where it is not what `text` writes, or is of another robot.
  init(_ path: String, of robot: Robot) throws(Failure) {
    func refusal(_ message: String) -> Failure {
      Failure(
        kind: "gains", location: path, message: message,
        fix: "drop it with sinew gains revert --all, or put it right", code: Failure.badDescription)
    }
    let node: JSONNode
    do throws(Failure) {
      node = try JSONNode.load(path, kind: "gains", help: "sinew gains --help")
    } catch { throw refusal(error.problems.first?.message ?? "the file is not JSON") }
    guard node["schema"]?.text == Self.schema else { throw refusal("its schema is not \(Self.schema)") }
    guard let name = node["robot"]?.text, name == robot.name else {
      throw refusal("it is of robot '\(node["robot"]?.text ?? "")', not of '\(robot.name)'")
    }
    guard case .array(let nodes)? = node["sets"], !nodes.isEmpty else { throw refusal("it holds no sets") }
    self.robot = name
    sets = []
    for node in nodes {
      guard case .object(let joints)? = node["joints"], let provenance = GainProvenance(node["provenance"])
      else { throw refusal("a set lacks joints or where they come from") }
      var gains: [String: ImpedanceGains] = [:]
      for (joint, node) in joints {
        guard robot.joints.contains(where: { $0.name == joint }) else {
          throw refusal("there is no joint '\(joint)'")
        }
        guard let read = ImpedanceGains(node) else {
          throw refusal("gains of joint '\(joint)' are no numbers")
        }
        gains[joint] = read
      }
      sets.append(Set(gains: gains, provenance: provenance))
    }
  }

  /// A trial of one set.
  init(robot: String, sets: [Set]) {
    self.robot = robot
    self.sets = sets
  }
}

extension ImpedanceGains {
  /// For machines.
  var json: JSONValue {
    .object([("stiffness_nm_rad", .number(stiffness)), ("damping_nms_rad", .number(damping))])
  }

  /// Reads what `json` wrote; nil where it is no pair of finite numbers of at least 0.
  init?(_ node: JSONNode?) {
    guard let stiffness = node?["stiffness_nm_rad"]?.number, let damping = node?["damping_nms_rad"]?.number,
      stiffness.isFinite, damping.isFinite, stiffness >= 0, damping >= 0
    else { return nil }
    self.init(stiffness: stiffness, damping: damping)
  }
}
