import ControlCycle
import JointControl
import RobotDescription

/// Saved gains and those of the trial, joint by joint.
struct GainTable {
  private let store: GainStore
  private let robot: Robot
  private let trial: GainTrial?
  private let history: GainHistory
  /// Joints that have both gains from `defaults`.
  private let inheriting: [String: Bool]

  init(_ store: GainStore) throws(Failure) {
    self.store = store
    let text = try store.saved()
    robot = try GainStore.load(text)
    trial = try store.trial(of: robot)
    history = try GainHistory(store.historyPath)
    do throws(DescriptionError) {
      inheriting = try text.ownGains().mapValues { !$0.stiffness || !$0.damping }
    } catch { throw Failure(error) }
  }

  /// Who multiplies by the gains.
  static func closes(_ joint: RobotJoint) -> String {
    if joint.isClosedOnHost { return "host" }
    switch joint.configuration.drive.mode {
    case .impedance: return "drive"
    case .torque, .position, .velocity, .positionForce: return "drive's own"
    }
  }

  /// All joints.
  var text: String {
    var table = TextTable(["joint", "N.m/rad", "trial", "N.m.s/rad", "trial", "from", "loop"])
    for joint in robot.joints {
      let (saved, tried) = (joint.configuration.gains, trial?.gains[joint.name])
      table.append([
        joint.name, Self.number(saved.stiffness), tried.map { Self.number($0.stiffness) } ?? "-",
        Self.number(saved.damping), tried.map { Self.number($0.damping) } ?? "-",
        inheriting[joint.name] == true ? "defaults" : "joint", Self.closes(joint),
      ])
    }
    return table.text + origins
  }

  /// What the trial changes, and the lines of the robot file.
  func difference() throws(Failure) -> String {
    guard let trial else { return "there is no trial; robot.yaml stands as it is\n" }
    var table = TextTable(["joint", "N.m/rad", "trial", "", "N.m.s/rad", "trial", ""])
    for joint in robot.joints {
      guard let tried = trial.gains[joint.name] else { continue }
      let saved = joint.configuration.gains
      table.append([
        joint.name, Self.number(saved.stiffness), Self.number(tried.stiffness),
        Self.change(saved.stiffness, tried.stiffness), Self.number(saved.damping),
        Self.number(tried.damping), Self.change(saved.damping, tried.damping),
      ])
    }
    let text = try store.saved()
    let patched = try store.tried(trial.gains, over: text)
    return table.text + origins + Self.lines(from: text, to: patched)
  }

  /// Gains of one joint as they are typed.
  func parse(_ text: String) throws(Failure) -> (String, ImpedanceGains) {
    func refusal(_ message: String, _ fix: String) -> Failure {
      Failure(
        kind: "usage", location: "'\(text.prefix(80))'", message: message, fix: fix,
        code: Failure.badDescription)
    }
    let usual = "write JOINT=STIFFNESS,DAMPING, such as elbow=250,5"
    guard let equals = text.firstIndex(of: "=") else { throw refusal("it has no =", usual) }
    let name = String(text[..<equals])
    guard let joint = robot.joints.first(where: { $0.name == name }) else {
      throw refusal(
        "there is no joint '\(name)'", suggestion(for: name, among: robot.joints.map(\.name), what: "joint"))
    }
    let parts = text[text.index(after: equals)...].split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.contains(where: { !$0.isEmpty }) else {
      throw refusal("it holds not one number or two", usual)
    }
    let now = trial?.gains[name] ?? joint.configuration.gains
    var values = [now.stiffness, now.damping]
    for (index, part) in parts.enumerated() where !part.isEmpty {
      guard let value = Double(part), value.isFinite, value >= 0 else {
        throw refusal("'\(part)' is no number of at least 0", usual)
      }
      values[index] = value
    }
    return (name, ImpedanceGains(stiffness: values[0], damping: values[1]))
  }
}

// MARK: Texts

extension GainTable {
  /// What save or revert wrote.
  static func written(
    _ entry: GainHistory.Entry, from before: RobotFileText, in store: GainStore
  ) throws(Failure) -> String {
    guard entry.hashBefore != entry.hashAfter else {
      return "\(store.path) says that already; the trial is gone\n"
    }
    var table = TextTable(["joint", "N.m/rad", "now", "N.m.s/rad", "now"])
    for (name, change) in entry.changes.sorted(by: { $0.key < $1.key }) {
      table.append([
        name, number(change.before.stiffness), number(change.after.stiffness),
        number(change.before.damping), number(change.after.damping),
      ])
    }
    return table.text + lines(from: before, to: try store.saved())
      + "\nwritten to \(store.path), noted in \(store.historyPath)\n"
  }

  /// What save or revert wrote, for machines.
  static func json(_ entry: GainHistory.Entry, command: String, _ store: GainStore) -> JSONValue {
    .object([
      ("schema", "sinew.gains/1"), ("command", .string(command)), ("robot_file", .string(store.path)),
      ("robot_sha256_before", .string(entry.hashBefore)), ("robot_sha256_after", .string(entry.hashAfter)),
      (
        "joints",
        .object(
          entry.changes.sorted { $0.key < $1.key }.map {
            ($0.key, .object([("before", $0.value.before.json), ("after", $0.value.after.json)]))
          })
      ),
    ])
  }

  /// The table for machines.
  func json(command: String, changedOnly: Bool = false) -> JSONValue {
    let shown = robot.joints.filter { !changedOnly || trial?.gains[$0.name] != nil }
    return .object([
      ("schema", "sinew.gains/1"), ("command", .string(command)), ("robot", .string(robot.name)),
      ("robot_file", .string(store.path)), ("trial_file", trial == nil ? .null : .string(store.trialPath)),
      (
        "joints",
        .object(
          shown.map { joint in
            let gains = joint.configuration.gains
            let saved = history.provenance(ofJoint: joint.name, gains: gains)
            return (
              joint.name,
              .object([
                ("stiffness_nm_rad", .number(gains.stiffness)), ("damping_nms_rad", .number(gains.damping)),
                ("from", .string(inheriting[joint.name] == true ? "defaults" : "joint")),
                ("closed_by", .string(Self.closes(joint))), ("provenance", saved?.json ?? .null),
                ("trial", trial?.gains[joint.name]?.json ?? .null),
                ("trial_provenance", trial?.provenance(ofJoint: joint.name)?.json ?? .null),
              ])
            )
          })
      ),
    ])
  }

  /// Where trial gains, and saved ones that were tried before, come from.
  private var origins: String {
    var lines: [String] = []
    for joint in robot.joints {
      if let saved = history.provenance(ofJoint: joint.name, gains: joint.configuration.gains) {
        lines.append("\(joint.name) saved: \(saved.text)")
      }
      if let tried = trial?.provenance(ofJoint: joint.name) {
        lines.append("\(joint.name) trial: \(tried.text)")
      }
    }
    return lines.isEmpty ? "" : "\n" + lines.joined(separator: "\n") + "\n"
  }

  /// Lines that go and come.
  private static func lines(from old: RobotFileText, to new: RobotFileText) -> String {
    let blocks = old.difference(to: new)
    guard !blocks.isEmpty else { return "" }
    var out = "\n\(old.path)\n"
    for block in blocks {
      out += "@ line \(block.line)\n"
      out += block.removed.map { "-\($0)\n" }.joined() + block.added.map { "+\($0)\n" }.joined()
    }
    return out
  }

  /// A gain in its shortest form.
  private static func number(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private static func change(_ old: Double, _ new: Double) -> String {
    if old == new { return "=" }
    guard old > 0 else { return "new" }
    let percent = 100 * (new / old - 1)
    return (percent > 0 ? "+" : "") + RunReport.fixed(percent, 0) + " %"
  }
}
