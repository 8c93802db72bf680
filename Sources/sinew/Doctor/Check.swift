/// One thing the doctor looked at.
struct Check {
  enum Status: String {
    case ok
    case warn
    case fail
  }
  /// What --fix may do: undone by a restart, and without effect on what runs.
  enum Repair: Equatable {
    case write(String, to: [String])
    case run(Command)
  }
  var name: String
  var status: Status
  /// What was found.
  var found: String
  /// What it costs to leave it so; empty where nothing.
  var cost = ""
  /// How to mend it.
  var fix = ""
  var repair: Repair?

  static func ok(_ name: String, _ found: String) -> Check { Check(name: name, status: .ok, found: found) }

  static func warn(_ name: String, _ found: String, cost: String, fix: String, repair: Repair? = nil) -> Check
  {
    Check(name: name, status: .warn, found: found, cost: cost, fix: fix, repair: repair)
  }

  static func fail(_ name: String, _ found: String, cost: String, fix: String, repair: Repair? = nil) -> Check
  {
    Check(name: name, status: .fail, found: found, cost: cost, fix: fix, repair: repair)
  }

  /// The check for machines.
  var json: JSONValue {
    .object([
      ("status", .string(status.rawValue)), ("found", .string(found)), ("cost", .string(cost)),
      ("fix", .string(fix)), ("mended_by_fix", .boolean(repair != nil)),
    ])
  }
}
