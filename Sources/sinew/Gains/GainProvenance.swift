import Foundation

/// Where gains come from: kept with them from the trial to the history.
struct GainProvenance: Equatable {
  /// The command that wrote them, such as `gains set`.
  var by: String
  /// User and host.
  var who: String
  /// ISO 8601, UTC.
  var when: String
  /// What they were measured on, `sim` or `real`; nil where nothing was.
  var target: String?
  /// What the drives said their firmware is, by joint; empty where nobody asked.
  var firmware: [String: String] = [:]
  /// SHA-256 of the recording they rest on.
  var logHash: String?
  /// Path of the report.
  var report: String?
  /// What a person said about them.
  var note: String?

  /// By whoever runs this process, now.
  static func now(by command: String) -> GainProvenance {
    var name = [CChar](repeating: 0, count: 256)
    let host =
      gethostname(&name, name.count - 1) == 0
      ? String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : "unknown"
    return GainProvenance(
      by: command, who: "\(ProcessInfo.processInfo.userName)@\(host)", when: Date().ISO8601Format())
  }

  /// One line for people.
  var text: String {
    var parts = ["\(by), \(who), \(when)"]
    if let target { parts.append("on \(target)") }
    if let report { parts.append(report) }
    if let note { parts.append("\"\(note)\"") }
    return parts.joined(separator: ", ")
  }

  /// For machines.
  var json: JSONValue {
    let text = { (value: String?) in value.map(JSONValue.string) ?? .null }
    return .object([
      ("by", .string(by)), ("who", .string(who)), ("when", .string(when)), ("target", text(target)),
      ("firmware", .object(firmware.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
      ("log_sha256", text(logHash)), ("report", text(report)), ("note", text(note)),
    ])
  }

  /// Reads what `json` wrote; nil where that is not all of it.
  init?(_ node: JSONNode?) {
    guard case .object(let members)? = node, let by = members["by"]?.text, let who = members["who"]?.text,
      let when = members["when"]?.text
    else { return nil }
    self.init(
      by: by, who: who, when: when, target: members["target"]?.text, logHash: members["log_sha256"]?.text,
      report: members["report"]?.text, note: members["note"]?.text)
    guard case .object(let firmware)? = members["firmware"] else { return }
    self.firmware = firmware.compactMapValues(\.text)
  }

  init(
    by: String, who: String, when: String, target: String? = nil, firmware: [String: String] = [:],
    logHash: String? = nil, report: String? = nil, note: String? = nil
  ) {
    self.by = by
    self.who = who
    self.when = when
    self.target = target
    self.firmware = firmware
    self.logHash = logHash
    self.report = report
    self.note = note
  }
}

extension JSONNode {
  /// The string that it is.
  var text: String? { if case .string(let text) = self { text } else { nil } }
  /// The number that it is.
  var number: Double? { if case .number(let number) = self { number } else { nil } }
  /// A member of the object that it is.
  subscript(_ key: String) -> JSONNode? { if case .object(let members) = self { members[key] } else { nil } }
}
