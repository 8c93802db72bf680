import ControlCycle
import JointControl

/// The plan of a robot's buses with what would be better, as tables and as JSON.
struct BusPlanReport {
  let robot: Robot
  let plan: BusPlan
  let proposals: PlanProposals
  /// The rate it is for [Hz].
  let rate: Double

  init(_ robot: Robot, rate: Int?) {
    self.robot = robot
    plan = BusPlan(robot: robot, period: rate.map(PlanProposals.period))
    self.rate = 1e9 / Double(plan.period)
    proposals = PlanProposals(
      plan: plan, buses: robot.buses, drives: robot.joints.map { ($0.name, $0.configuration.drive) })
  }

  /// The buses that do not carry the rate.
  func problems(at path: String) -> [Failure.Problem] {
    plan.buses.compactMap { bus in
      guard let complaint = bus.complaint else { return nil }
      return Failure.Problem(
        kind: "bus_plan", location: "\(path): bus '\(bus.name)'",
        message: "cannot carry \(bus.joints.count) drives at \(RunReport.fixed(rate, 0)) Hz: \(complaint)",
        fix: remedy)
    }
  }

  private var remedy: String {
    if let better = proposals.distribution, better.isFeasible { return "see the moves proposed" }
    if let highest = proposals.highestRate { return "write update_rate: \(highest) or less" }
    return "raise its bit rate, or give it fewer drives"
  }

  private func text(_ time: Int64) -> String { MessageSetReport.text(time) }

  // MARK: Tables

  /// The tables for people.
  var table: String {
    var out =
      "\(robot.name): \(RunReport.fixed(rate, 0)) Hz, cycle \(text(plan.period)) us; host \(text(BusPlan.hostLatency)) us, "
      + "drive \(text(BusPlan.responseLatency)) us\n\n"
    var buses = TextTable([
      "bus", "drives", "frames", "busy us", "ends by us", "load", "at data rate", "requests", "",
    ])
    for (bus, configuration) in zip(plan.buses, robot.buses) {
      buses.append([
        bus.name, "\(bus.joints.count)", "\(bus.frames)", text(bus.busy), text(bus.completion),
        RunReport.fixed(100 * bus.utilisation, 1) + " %",
        configuration.dataBitRate == nil ? "" : RunReport.fixed(100 * bus.dataUtilisation, 1) + " %",
        "\(bus.spareRequests(period: plan.period))", bus.isFeasible ? "ok" : "TOO MUCH",
      ])
    }
    out += buses.text + "\n"
    var rows = TextTable([
      "message", "bus", "id", "bits", "frame us", "worst us", "sufficient us", "deadline us", "slack us", "",
    ])
    for bus in plan.buses {
      for message in bus.messages {
        rows.append([
          message.name, bus.name, "0x" + String(message.identifier, radix: 16, uppercase: true),
          "\(message.frame.bits)", text(message.length), message.worst.map(text) ?? "none",
          message.sufficient.map(text) ?? "none", text(message.deadline),
          message.worst.map { text(message.deadline - $0) } ?? "none", message.meetsDeadline ? "ok" : "LATE",
        ])
      }
    }
    return out + rows.text + "\n" + proposalText
  }

  private var proposalText: String {
    var out =
      proposals.highestRate.map { "highest rate these buses carry: \($0) Hz\n" }
      ?? "these buses carry no rate\n"
    let phases = proposals.phases
    out += "serve first what is busy longest: \(phases.order.joined(separator: ", "))\n"
    out += "samples of a cycle lie within \(text(phases.skewNow)) us"
    let waiting = zip(plan.buses, phases.delays).filter { $0.1 > 0 }.map { "\($0.0.name) by \(text($0.1))" }
    out +=
      phases.skewThen < phases.skewNow
      ? ", within \(text(phases.skewThen)) if buses wait: \(waiting.joined(separator: ", ")) us\n"
      : "; no phase between the buses makes that less\n"
    for order in proposals.slotOrders {
      out +=
        "\(order.bus): commands in the order \(order.joints.joined(separator: ", ")) bring its samples from "
        + "\(text(order.spread.now)) to \(text(order.spread.then)) us\n"
    }
    guard let better = proposals.distribution else {
      return out
        + (plan.isFeasible ? "" : "no other distribution over these buses was found that is less full\n")
    }
    out +=
      "the fullest bus at \(RunReport.fixed(100 * better.fillNow, 0)) % of what it may carry, at "
      + "\(RunReport.fixed(100 * better.fillThen, 0)) % with these moves"
      + (better.isFeasible ? ":\n" : ", which is still too much:\n")
    for move in better.moves {
      out += "  \(move.joint) from \(move.from) to \(move.to)"
      if let id = move.id { out += ", id \(id)" }
      if let master = move.masterID { out += ", master_id \(master)" }
      out += "\n"
    }
    return out
  }

  // MARK: JSON

  /// The report for machines.
  var json: JSONValue {
    .object([
      ("schema", "sinew.bus.plan/1"), ("robot", .string(robot.name)), ("rate_hz", .number(rate)),
      ("period_us", MessageSetReport.microseconds(plan.period)),
      ("host_latency_us", MessageSetReport.microseconds(BusPlan.hostLatency)),
      ("response_latency_us", MessageSetReport.microseconds(BusPlan.responseLatency)),
      ("feasible", .boolean(plan.isFeasible)), ("buses", .object(plan.buses.map { ($0.name, json($0)) })),
      ("proposals", proposalJSON),
    ])
  }

  private func json(_ bus: BusPlan.Bus) -> JSONValue {
    let us = MessageSetReport.microseconds
    var members: [(String, JSONValue)] = [
      ("joints", .array(bus.joints.map(JSONValue.string))), ("frames", .integer(Int64(bus.frames))),
      ("busy_us", us(bus.busy)), ("completion_us", us(bus.completion)),
      ("utilisation", .number(bus.utilisation)),
      ("utilisation_nominal", .number(bus.utilisation - bus.dataUtilisation)),
      ("utilisation_data", .number(bus.dataUtilisation)),
      ("spare_requests", .integer(bus.spareRequests(period: plan.period))),
      ("feasible", .boolean(bus.isFeasible)),
    ]
    if let shortfall = bus.shortfall, let complaint = bus.complaint {
      members += [
        ("first_that_does_not_fit", .string(bus.messages[shortfall.message].name)),
        ("missing_us", us(shortfall.missing)), ("complaint", .string(complaint)),
      ]
    }
    members.append(("messages", .array(bus.messages.map(json))))
    return .object(members)
  }

  private func json(_ message: PlannedMessage) -> JSONValue {
    let us = MessageSetReport.microseconds
    return .object([
      ("name", .string(message.name)), ("kind", .string(message.kind.rawValue)),
      ("joint", message.joint.isEmpty ? .null : .string(message.joint)),
      ("id", .integer(Int64(message.identifier))), ("extended", .boolean(message.isExtended)),
      ("nominal_bits", .integer(Int64(message.frame.nominalBits))),
      ("data_bits", .integer(Int64(message.frame.dataBits))), ("transmission_us", us(message.length)),
      ("period_us", us(message.interval)), ("deadline_us", us(message.deadline)),
      ("worst_response_us", message.worst.map(us) ?? .null),
      ("sufficient_response_us", message.sufficient.map(us) ?? .null),
      ("slack_us", message.worst.map { us(message.deadline - $0) } ?? .null),
      ("meets_deadline", .boolean(message.meetsDeadline)),
    ])
  }

  private var proposalJSON: JSONValue {
    let us = MessageSetReport.microseconds
    let phases = proposals.phases
    let orders = proposals.slotOrders.map { order in
      JSONValue.object([
        ("bus", .string(order.bus)), ("joints", .array(order.joints.map(JSONValue.string))),
        ("spread_now_us", us(order.spread.now)), ("spread_then_us", us(order.spread.then)),
      ])
    }
    let distribution = proposals.distribution.map { better in
      JSONValue.object([
        ("fill_now", .number(better.fillNow)), ("fill_then", .number(better.fillThen)),
        ("feasible", .boolean(better.isFeasible)),
        (
          "moves",
          .array(
            better.moves.map { move in
              .object([
                ("joint", .string(move.joint)), ("from", .string(move.from)), ("to", .string(move.to)),
                ("id", move.id.map { .integer(Int64($0)) } ?? .null),
                ("master_id", move.masterID.map { .integer(Int64($0)) } ?? .null),
              ])
            })
        ),
      ])
    }
    return .object([
      ("highest_rate_hz", proposals.highestRate.map { .integer(Int64($0)) } ?? .null),
      ("serve_order", .array(phases.order.map(JSONValue.string))),
      ("delays_us", .object(zip(plan.buses, phases.delays).map { ($0.name, us($1)) })),
      ("skew_now_us", us(phases.skewNow)), ("skew_then_us", us(phases.skewThen)),
      ("slot_orders", .array(orders)), ("distribution", distribution ?? .null),
    ])
  }
}
