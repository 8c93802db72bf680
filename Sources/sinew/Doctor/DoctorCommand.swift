import ArgumentParser
import Foundation

/// Is this host fit to run a robot, and if not, what to do?
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check by trying whether this host can run a robot in time, and say how to mend what is wrong.",
    discussion: """
      Sets SCHED_FIFO on a thread, locks memory, opens a CAN socket, and reads what the kernel says of itself. Each
      row is ok, warn or fail, with what it costs and how to mend it. Changes nothing, but with --fix what a restart
      undoes and nothing that runs notices: frequency governor, queue lengths, the CAN module. The exit code is 1
      when a row failed.

      EXAMPLES
        sinew doctor
        sinew doctor --json
        sudo sinew doctor --fix
      """)

  @Flag(help: "Mend what can be mended safely, and say what was done.")
  var fix = false

  @Flag(help: "Print one JSON object instead of a list.")
  var json = false

  func run() throws {
    let doctor = Doctor()
    var report = DoctorReport(checks: doctor.checks())
    if fix {
      report.isRepairAsked = true
      report.repairs = report.checks.compactMap { DoctorReport.Repair($0, host: doctor.host) }
      if !report.repairs.isEmpty { report.checks = doctor.checks() }
    }
    print(json ? report.json.text : report.text, terminator: json ? "\n" : "")
    if report.status == .fail { throw ExitCode(Failure.checkFailed) }
  }
}

/// What the doctor found and did.
struct DoctorReport {
  /// What --fix did about a check.
  struct Repair {
    var check: String
    var action: String
    var isDone: Bool

    /// Does what the check says is safe; nil where there is nothing.
    init?(_ check: Check, host: HostFiles) {
      guard let repair = check.repair else { return nil }
      self.check = check.name
      switch repair {
      case .write(let text, let files):
        action = "wrote \(text) to \(files.joined(separator: " "))"
        isDone = files.reduce(true) { host.write(text, to: $1) && $0 }
      case .run(let command):
        action = command.arguments.joined(separator: " ")
        isDone = command.output() != nil
      }
    }
  }

  var checks: [Check]
  var repairs: [Repair] = []
  /// Whether --fix was given.
  var isRepairAsked = false

  /// The worst of all.
  var status: Check.Status {
    if checks.contains(where: { $0.status == .fail }) { return .fail }
    return checks.contains { $0.status == .warn } ? .warn : .ok
  }

  /// The report for people.
  var text: String {
    let width = checks.map(\.name.count).max() ?? 0
    let indent = String(repeating: " ", count: 6)
    var out = ""
    for check in checks {
      let status = check.status.rawValue.padding(toLength: 6, withPad: " ", startingAt: 0)
      out +=
        status + check.name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + check.found + "\n"
      if check.status != .ok { out += "\(indent)costs: \(check.cost)\n\(indent)mend:  \(check.fix)\n" }
    }
    for repair in repairs {
      out +=
        repair.isDone
        ? "fixed \(repair.check): \(repair.action)\n"
        : "not fixed, \(repair.check): could not do: \(repair.action); type: sudo sinew doctor --fix\n"
    }
    if isRepairAsked && repairs.isEmpty {
      out += "fixed nothing: what is left needs a decision, or a restart\n"
    }
    let counts = [Check.Status.ok, .warn, .fail].map { status in
      "\(checks.count { $0.status == status }) \(status.rawValue)"
    }
    return out + counts.joined(separator: ", ") + "\n"
  }

  /// The report for machines.
  var json: JSONValue {
    .object([
      ("schema", "sinew.doctor/1"), ("status", .string(status.rawValue)), ("board", Board.current().json),
      ("checks", .object(checks.map { ($0.name, $0.json) })),
      (
        "repairs",
        .array(
          repairs.map {
            .object([
              ("check", .string($0.check)), ("action", .string($0.action)), ("done", .boolean($0.isDone)),
            ])
          })
      ),
    ])
  }
}
