import ArgumentParser
import CServoBus
import Foundation
import JointControl

/// How interfaces are set and how their controllers do.
struct CANStat: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stat",
    abstract: "Say how interfaces are set and how their controllers do.",
    discussion: """
      Without interfaces, all of this host. TEC and REC are a controller's error counters; restart is the time after
      which it would rejoin by itself after bus-off, which a robot's buses should not.

      EXAMPLES
        sinew can stat
        sinew can stat can0 --json
      """)

  @Argument(help: "Interfaces, such as can0.")
  var interfaces: [String] = []

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  func run() throws {
    do {
      let names = interfaces.isEmpty ? Self.all() : interfaces
      let links = try names.map { (name: $0, link: try Self.read($0)) }
      if json {
        print(
          JSONValue.object([
            ("schema", "sinew.can.stat/1"),
            (
              "interfaces",
              .object(links.map { ($0.name, $0.link.json(stamps: Self.stamps($0.name))) })
            ),
          ]).text)
      } else if links.isEmpty {
        print("no CAN interfaces; sinew doctor says what this host lacks")
      } else {
        print(Self.table(links), terminator: "")
      }
    } catch let failure as Failure { throw failure.report(json: json) }
  }

  /// An interface, or the failure that says why not.
  static func read(_ name: String) throws -> servo_can_link {
    var link = servo_can_link()
    let answer = servo_can_link_read(name, &link)
    guard answer == 0 else { throw Failure(interface: name, code: -answer) }
    return link
  }

  /// All CAN interfaces of this host, by name.
  private static func all() -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/class/net")) ?? []
    return names.filter { (try? read($0)) != nil }.sorted {
      $0.compare($1, options: .numeric) == .orderedAscending
    }
  }

  /// Who stamps what is received on an interface.
  private static func stamps(_ name: String) -> String {
    servo_can_offers_hardware_stamps(name) > 0 ? "hardware" : "kernel"
  }

  private static func table(_ links: [(name: String, link: servo_can_link)]) -> String {
    var table = TextTable([
      "interface", "state", "TEC", "REC", "bit/s", "data bit/s", "restart", "queue", "received", "sent",
      "lost", "bus-offs", "stamps",
    ])
    for (name, link) in links {
      let counter = { (value: Int32) in value < 0 ? "" : "\(value)" }
      let rate = { (value: UInt32) in value == 0 ? "" : "\(value)" }
      table.append([
        name, link.stateName, counter(link.transmit_errors), counter(link.receive_errors),
        rate(link.bit_rate),
        rate(link.usedDataBitRate),
        link.has_controller == 0 ? "" : link.restart_ms == 0 ? "off" : "\(link.restart_ms) ms",
        "\(link.queue_length)", "\(link.received)", "\(link.sent)", "\(link.receive_drops + link.send_drops)",
        link.has_controller == 0 ? "" : "\(link.bus_offs)", stamps(name),
      ])
    }
    return table.text
  }
}

extension servo_can_link {
  /// The interface's state, and its controller's where that is up.
  var stateName: String {
    if is_up == 0 { return "down" }
    if has_controller == 0 { return "up, virtual" }
    let names = ["error-active", "error-warning", "error-passive", "bus-off", "stopped", "sleeping"]
    return names.indices.contains(Int(controller_state))
      ? names[Int(controller_state)] : "state \(controller_state)"
  }

  /// The data bit rate where CAN FD is on, else 0 [bit/s].
  var usedDataBitRate: UInt32 {
    control_modes & UInt32(SERVO_CAN_MODE_FLEXIBLE_DATA_RATE) == 0 ? 0 : data_bit_rate
  }

  /// What is known, for machines; what only a controller has is null without one.
  func json(stamps: String) -> JSONValue {
    let hasController = has_controller != 0
    let ofController = { (value: UInt32) in hasController ? JSONValue.integer(Int64(value)) : .null }
    let counter = { (value: Int32) in value < 0 ? JSONValue.null : .integer(Int64(value)) }
    let count = { (value: UInt64) in JSONValue.integer(Int64(clamping: value)) }
    return .object([
      ("state", .string(stateName)), ("up", .boolean(is_up != 0)), ("virtual", .boolean(!hasController)),
      ("transmit_errors", counter(transmit_errors)), ("receive_errors", counter(receive_errors)),
      ("bit_rate", ofController(bit_rate)),
      ("data_bit_rate", usedDataBitRate == 0 ? .null : ofController(data_bit_rate)),
      ("sample_point", hasController ? .number(Double(sample_point) / 1000) : .null),
      ("restart_ms", ofController(restart_ms)), ("mtu", .integer(Int64(maximum_unit))),
      ("queue_frames", .integer(Int64(queue_length))), ("received_frames", count(received)),
      ("sent_frames", count(sent)), ("receive_drops", count(receive_drops)),
      ("send_drops", count(send_drops)),
      ("bus_errors", ofController(bus_errors)), ("warnings", ofController(warnings)),
      ("passives", ofController(passives)), ("bus_offs", ofController(bus_offs)),
      ("restarts", ofController(restarts)), ("stamps", .string(stamps)),
    ])
  }
}
