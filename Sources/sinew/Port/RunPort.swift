import JointControl

/// A command port that a run opens.
struct RunPort {
  /// Name, or path where it holds a slash.
  var name: String
  /// Whether the owner sets stiffness and damping.
  var takesGains: Bool

  /// Opens the port.
  func open(for robot: Robot) throws -> CommandPort {
    do throws(PortError) { return try CommandPort(name, robot: robot, takesGains: takesGains) } catch {
      throw Failure(error)
    }
  }
}

extension Failure {
  init(_ error: PortError) {
    self.init(
      kind: "port", location: error.path, message: error.message, fix: error.fix, code: Self.hostFault)
  }
}

extension PortFigures {
  /// What came through a port, in a line for people.
  var text: String {
    let reasons = Refusal.allCases.filter { refused[$0.rawValue] > 0 }
      .map { "\($0.name) \(refused[$0.rawValue])" }
    return
      "command port: \(lease) \(lease == 1 ? "lease" : "leases"), \(accepted) sets followed, at most \(longestGap) cycles apart, "
      + "\(refusedTotal) refused\(reasons.isEmpty ? "" : " (\(reasons.joined(separator: ", ")))")\n"
  }

  /// What came through a port, for machines.
  var json: JSONValue {
    .object([
      ("leases", .integer(Int64(clamping: lease))), ("accepted", .integer(Int64(clamping: accepted))),
      ("longest_gap_cycles", .integer(longestGap)),
      (
        "refused",
        .object(Refusal.allCases.map { ($0.name, .integer(Int64(clamping: refused[$0.rawValue]))) })
      ),
    ])
  }
}
