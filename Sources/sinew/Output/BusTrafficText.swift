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
        "\(ignored)", traffic.loss.map { "LOST: \($0)" } ?? "",
      ])
    }
    return table.text
  }
}
