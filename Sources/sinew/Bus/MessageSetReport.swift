import JointControl

/// The responses of a set of messages, as a table and as JSON.
struct MessageSetReport {
  let set: MessageSet
  let responses: [ResponseTimes]

  /// Instances of a message that JSON lists one by one.
  static let listedInstances = 64

  init(_ set: MessageSet) {
    self.set = set
    responses = set.responses
  }

  /// Part of the time that the messages take.
  var utilisation: Double { ResponseTimes.utilisation(of: set.messages.map(\.timing)) }

  /// Whether a message is over in time, whatever the phases.
  func meetsDeadline(_ index: Int) -> Bool {
    responses[index].worst.map { $0 <= set.messages[index].timing.deadline } ?? false
  }

  /// What ends too late, the most urgent first.
  var problems: [Failure.Problem] {
    let late = set.messages.indices.filter { !meetsDeadline($0) }
    return late.sorted { set.messages[$0].timing.priority < set.messages[$1].timing.priority }.map { index in
      let timing = set.messages[index].timing
      let message =
        responses[index].worst.map {
          "message '\(timing.name)' can end \(Self.text($0)) us after its release, "
            + "\(Self.text($0 - timing.deadline)) us after its deadline"
        }
        ?? "message '\(timing.name)' has no bound: it and what is more urgent take all of the time"
      return Failure.Problem(
        kind: "bus_plan", location: "\(set.path): messages[\(index)]", message: message,
        fix: "make it more urgent, send something less often, or raise the bit rate")
    }
  }

  /// The table for people, the most urgent message first.
  var table: String {
    var out =
      "\(set.messages.count) messages at \(set.bitRate) bit/s"
      + (set.dataBitRate.map { ", data \($0) bit/s" } ?? "")
      + ", load \(RunReport.fixed(100 * utilisation, 2)) %\n\n"
    var rows = TextTable([
      "message", "id", "bytes", "bits", "frame us", "period us", "deadline us", "worst us", "sufficient us",
      "slack us", "",
    ])
    let order = set.messages.indices.sorted {
      set.messages[$0].timing.priority < set.messages[$1].timing.priority
    }
    for index in order {
      let message = set.messages[index]
      let timing = message.timing
      let response = responses[index]
      rows.append([
        timing.name, "0x" + String(message.id, radix: 16, uppercase: true), "\(message.bytes)",
        "\(message.frame.bits)", Self.text(timing.length), Self.text(timing.period),
        Self.text(timing.deadline), response.worst.map(Self.text) ?? "none",
        response.sufficient.map(Self.text) ?? "none",
        response.worst.map { Self.text(timing.deadline - $0) } ?? "none",
        meetsDeadline(index) ? "ok" : "LATE",
      ])
    }
    out += rows.text
    return out
  }

  /// The report for machines.
  var json: JSONValue {
    .object([
      ("schema", "sinew.bus.plan/1"), ("bitrate", .integer(Int64(set.bitRate))),
      ("data_bitrate", set.dataBitRate.map { .integer(Int64($0)) } ?? .null),
      ("utilisation", .number(utilisation)),
      ("feasible", .boolean(set.messages.indices.allSatisfy(meetsDeadline))),
      ("messages", .array(set.messages.indices.map(json))),
    ])
  }

  private func json(_ index: Int) -> JSONValue {
    let message = set.messages[index]
    let (timing, response) = (message.timing, responses[index])
    let listed =
      response.instances.count <= Self.listedInstances
      ? JSONValue.array(response.instances.map(Self.microseconds)) : .null
    return .object([
      ("name", .string(timing.name)), ("id", .integer(Int64(message.id))),
      ("extended", .boolean(message.isExtended)), ("bytes", .integer(Int64(message.bytes))),
      ("unstuffed_bits", .integer(Int64(message.frame.unstuffedBits))),
      ("nominal_bits", .integer(Int64(message.frame.nominalBits))),
      ("data_bits", .integer(Int64(message.frame.dataBits))),
      ("transmission_us", Self.microseconds(timing.length)), ("period_us", Self.microseconds(timing.period)),
      ("deadline_us", Self.microseconds(timing.deadline)), ("jitter_us", Self.microseconds(timing.jitter)),
      ("utilisation", .number(Double(timing.length) / Double(timing.period))),
      ("blocking_us", Self.microseconds(response.blocking)),
      ("busy_period_us", response.busyPeriod.map(Self.microseconds) ?? .null),
      ("instances", .integer(Int64(response.instances.count))), ("instance_responses_us", listed),
      ("worst_response_us", response.worst.map(Self.microseconds) ?? .null),
      ("sufficient_response_us", response.sufficient.map(Self.microseconds) ?? .null),
      ("slack_us", response.worst.map { Self.microseconds(timing.deadline - $0) } ?? .null),
      ("meets_deadline", .boolean(meetsDeadline(index))),
    ])
  }

  /// A time [ns] in microseconds.
  static func microseconds(_ time: Int64) -> JSONValue { .number(Double(time) / 1000) }

  /// A time [ns] in microseconds, one digit.
  static func text(_ time: Int64) -> String { RunReport.fixed(Double(time) / 1000, 1) }
}
