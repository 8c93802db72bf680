import ControlCycle
import Foundation

/// What was saved into a robot file and taken back, in the order in which it was: one line each of `gains.history.jsonl`.
///
/// A line is written before the robot file is, with the hash of the file before and after. So a process that dies between the two
/// leaves a line that the file does not bear out, and the next one says so by a line of its own.
struct GainHistory {
  /// What was done.
  enum Action: String {
    /// The trial became the robot file.
    case save
    /// The last save that stood was taken back.
    case revert
    /// The line before did not come to pass.
    case void
  }

  /// One joint's gains before and after.
  struct Change: Equatable {
    var before: ImpedanceGains
    var after: ImpedanceGains
    var provenance: GainProvenance?
  }

  /// One line.
  struct Entry {
    var action: Action
    var provenance: GainProvenance
    /// By the joint's name.
    var changes: [String: Change]
    /// SHA-256 of the robot file.
    var hashBefore: String
    var hashAfter: String
  }

  static let schema = "sinew.gains.history/1"
  let path: String
  private(set) var entries: [Entry] = []

  /// Reads a history; an empty one where there is no file.
  ///
  /// - Throws: `Failure` for a line that is not what `Entry.text` writes, with its place. The last line may be one that was cut off.
  init(_ path: String) throws(Failure) {
    self.path = path
    guard let data = FileManager.default.contents(atPath: path) else {
      if access(path, F_OK) != 0 && errno == ENOENT { return }
      throw Failure(
        kind: "gains", location: path, message: "the history cannot be read", fix: "check its permissions",
        code: Failure.hostFault)
    }
    let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() where !line.isEmpty {
      if let entry = Entry(Data(line)) {
        entries.append(entry)
      } else if !Self.isTorn(line) {
        throw Failure(
          kind: "gains", location: "\(path):\(index + 1)", message: "the line is no entry of \(Self.schema)",
          fix: "put it right, or move the file away", code: Failure.badDescription)
      }
    }
  }

  /// Whether a line was cut off while it was written: no object that ends.
  private static func isTorn(_ line: Data) -> Bool {
    line.first == UInt8(ascii: "{") && line.last != UInt8(ascii: "}")
  }

  /// The last save that stands; nil where there is none.
  var standing: Entry? {
    var stack: [Entry] = []
    for entry in settled {
      switch entry.action {
      case .save: stack.append(entry)
      case .revert: _ = stack.popLast()
      case .void: break
      }
    }
    return stack.last
  }

  /// The entries that came to pass.
  var settled: [Entry] {
    entries.reduce(into: []) { settled, entry in
      if entry.action == .void { _ = settled.popLast() } else { settled.append(entry) }
    }
  }

  /// Where the gains of a joint come from that stand in the robot file; nil where nothing of them is known.
  func provenance(ofJoint name: String, gains: ImpedanceGains) -> GainProvenance? {
    let change = settled.last { $0.changes[name] != nil }?.changes[name]
    return change?.after == gains ? change?.provenance : nil
  }

  /// Writes a line.
  mutating func append(_ entry: Entry) throws(Failure) {
    try AtomicFile.append(entry.text, to: path)
    entries.append(entry)
  }

  /// Notes that the last line did not come to pass, where the robot file says so.
  mutating func settle(hash: String) throws(Failure) {
    guard let last = settled.last, last.hashBefore == hash, last.hashAfter != hash,
      entries.last?.action != .void
    else { return }
    try append(
      Entry(
        action: .void, provenance: .now(by: "gains"), changes: [:], hashBefore: last.hashBefore,
        hashAfter: hash))
  }
}

extension GainHistory.Entry {
  /// The line.
  var text: String {
    JSONValue.object([
      ("schema", .string(GainHistory.schema)), ("action", .string(action.rawValue)),
      ("provenance", provenance.json), ("robot_sha256_before", .string(hashBefore)),
      ("robot_sha256_after", .string(hashAfter)),
      (
        "joints",
        .object(
          changes.sorted { $0.key < $1.key }.map { name, change in
            (
              name,
              .object([
                ("before", change.before.json), ("after", change.after.json),
                ("provenance", change.provenance?.json ?? .null),
              ])
            )
          })
      ),
    ]).text
  }

  /// Reads a line; nil where it is none.
  init?(_ data: Data) {
    guard let node = try? JSONDecoder().decode(JSONNode.self, from: data),
      node["schema"]?.text == GainHistory.schema,
      let action = node["action"]?.text.flatMap(GainHistory.Action.init(rawValue:)),
      let provenance = GainProvenance(node["provenance"]), let before = node["robot_sha256_before"]?.text,
      let after = node["robot_sha256_after"]?.text, case .object(let joints)? = node["joints"]
    else { return nil }
    self.init(action: action, provenance: provenance, changes: [:], hashBefore: before, hashAfter: after)
    for (name, node) in joints {
      guard let before = ImpedanceGains(node["before"]), let after = ImpedanceGains(node["after"]) else {
        return nil
      }
      changes[name] = GainHistory.Change(
        before: before, after: after, provenance: GainProvenance(node["provenance"]))
    }
  }
}
