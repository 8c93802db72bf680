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
      ("health", health?.json ?? .null), ("stamps", stamps?.json ?? .null),
      ("confirmation", confirmation?.json ?? .null),
    ]
  }

  /// A table of buses for people.
  static func table(_ buses: [(name: String, traffic: BusTraffic)]) -> String {
    var table = TextTable(["bus", "received", "sent", "unsent", "missing", "ignored", "stamps", ""])
    for (name, traffic) in buses {
      let ignored =
        traffic.remote + traffic.errorFrames + traffic.overlong + traffic.foreign + traffic.refused
      table.append([
        name, "\(traffic.received)", "\(traffic.sent)", "\(traffic.unsent)", "\(traffic.missing)",
        "\(ignored)", traffic.stamps?.source.name ?? "", traffic.remark,
      ])
    }
    return table.text
  }

  /// What is out of the ordinary on the bus.
  private var remark: String {
    var remarks: [String] = []
    if let loss { remarks.append("LOST: \(loss)") }
    if overrun > 0 { remarks.append("\(overrun) left to a later cycle") }
    if let confirmation { remarks.append(confirmation.text) }
    guard let health else { return remarks.joined(separator: ", ") }
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

extension BusStamps {
  /// Who stamped, for machines.
  var json: JSONValue {
    .object([
      ("source", .string(source.name)), ("hardware_offered", .boolean(isHardwareOffered)),
      ("hardware_frames", .integer(hardware)), ("other_frames", .integer(others)),
      ("hardware_lead_max_ns", .integer(latest)), ("hardware_clock_restarts", .integer(restarts)),
    ])
  }
}

extension BusConfirmation {
  /// What came back, for machines.
  var json: JSONValue {
    .object([
      ("confirmed_frames", .integer(confirmed)), ("unconfirmed_frames", .integer(unconfirmed)),
      ("unconfirmed_in_cycle_max", .integer(mostUnconfirmed)), ("outstanding_frames", .integer(outstanding)),
      ("latency_p50_ns", .integer(latencyMedian)), ("latency_p99_ns", .integer(latency99)),
      ("latency_max_ns", .integer(latencyMax)),
    ])
  }

  /// What came back, for people.
  var text: String {
    let late = unconfirmed == 0 ? "" : ", \(unconfirmed) not in time (up to \(mostUnconfirmed) a cycle)"
    return "\(confirmed) confirmed\(late), on the wire after \(latencyMedian / 1000) us,"
      + " at most \(latencyMax / 1000) us"
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
