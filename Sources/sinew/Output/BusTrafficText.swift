import JointControl

extension BusTraffic {
  /// The counts for machines.
  var members: [(String, JSONValue)] {
    [
      ("received_frames", .integer(received)), ("sent_frames", .integer(sent)),
      ("unsent_frames", .integer(unsent)), ("own_frames", .integer(own)),
      ("remote_frames", .integer(remote)), ("error_frames", .integer(errorFrames)),
      ("overlong_frames", .integer(overlong)), ("foreign_frames", .integer(foreign)),
      ("missing_frames", .integer(missing)), ("refused_requests", .integer(refused)),
      ("overrun_frames", .integer(overrun)), ("lost", loss.map(JSONValue.string) ?? .null),
      ("health", health?.json ?? .null),
    ]
  }

  /// A table of buses for people.
  static func table(_ buses: [(name: String, traffic: BusTraffic)]) -> String {
    var table = TextTable(["bus", "received", "sent", "unsent", "missing", "ignored", ""])
    for (name, traffic) in buses {
      let ignored =
        traffic.remote + traffic.errorFrames + traffic.overlong + traffic.foreign + traffic.refused
        + traffic.overrun
      table.append([
        name, "\(traffic.received)", "\(traffic.sent)", "\(traffic.unsent)", "\(traffic.missing)",
        "\(ignored)", traffic.remark,
      ])
    }
    return table.text
  }

  /// What is out of the ordinary on the bus.
  private var remark: String {
    var remarks: [String] = []
    if let loss { remarks.append("LOST: \(loss)") }
    guard let health else { return remarks.joined() }
    if health.lost == nil && health.worst > .errorActive {
      remarks.append(
        health.state == health.worst ? health.state.name : "\(health.state.name), was \(health.worst.name)")
    }
    if let transmit = health.transmitErrors, let receive = health.receiveErrors {
      remarks.append("TEC \(transmit) REC \(receive)")
    }
    if health.refused > 0 { remarks.append("queue full for \(health.refused)") }
    switch health.queue {
    case .untouched: break
    case .dropped: remarks.append("taken down, waiting commands dropped")
    case .kept: remarks.append("! commands may still wait: sudo ip link set down before it comes back")
    }
    return remarks.joined(separator: ", ")
  }
}

extension BusHealth {
  /// The health for machines.
  var json: JSONValue {
    let queue =
      switch queue {
      case .untouched: "untouched"
      case .dropped: "dropped"
      case .kept: "kept"
      }
    let count = { (value: Int?) in value.map { JSONValue.integer(Int64($0)) } ?? .null }
    return .object([
      ("state", .string(state.name)), ("worst", .string(worst.name)),
      ("transmit_errors", count(transmitErrors)), ("receive_errors", count(receiveErrors)),
      ("queue_full_frames", .integer(refused)), ("bus_offs", .integer(busOffs)),
      ("restarts", .integer(restarts)), ("waiting_commands", .string(queue)),
    ])
  }
}
