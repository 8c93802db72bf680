import ArgumentParser
import CServoBus
import Foundation
import JointControl

/// Which adapters are connected.
struct CANList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Say which adapters are connected, and what comes and goes.",
    discussion: """
      One line an interface: its state, its driver, and what tells the adapter apart, as adapter in robot.yaml takes it:
      serial number or path, and channel. Two adapters with one serial number are said.

      --watch goes on with one line for each that comes, goes or is renamed, until Ctrl-C or --for. It listens to udev where
      its daemon runs, so that names are final, and else to the kernel.

      EXAMPLES
        sinew can list
        sinew can list --json
        sinew can list --watch
      """)

  @Flag(help: "Go on and say what comes and goes.")
  var watch = false

  @Option(name: .customLong("for"), help: "Seconds after which --watch ends.")
  var duration: Double?

  @Option(help: "Whom --watch listens to: udev or kernel. (default: udev where its daemon runs)")
  var group: AdapterWatch.Group?

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  func validate() throws {
    if watch && json { throw ValidationError("--watch prints lines, --json one object: give one of them.") }
    if !watch && (duration != nil || group != nil) {
      throw ValidationError("--for and --group go with --watch.")
    }
    if let duration, !(duration > 0 && duration.isFinite && duration < 1e9) {
      throw ValidationError("--for takes a positive number of seconds.")
    }
  }

  func run() throws {
    do {
      // Before the list, so that nothing comes in between unseen.
      let monitor = watch ? try Self.monitor(group) : nil
      let host = HostAdapters.read()
      if json {
        print(Self.json(of: host).text)
        return
      }
      print(
        host.adapters.isEmpty
          ? "no CAN interfaces; sinew doctor says what this host lacks\n" : Self.table(host),
        terminator: "")
      for warning in Self.warnings(host) { printError("warning: \(warning)") }
      if let refusal = host.udevRefusal { printError("from /sys alone: \(refusal)") }
      if let monitor { follow(monitor) }
    } catch let failure as Failure { throw failure.report(json: json) }
  }

  private func follow(_ monitor: AdapterWatch) {
    _ = servo_signal_catch()
    Self.say("watching (\(monitor.group.rawValue))")
    let end = servo_clock_now() + Int64((duration ?? 1e9) * 1e9)
    while servo_signal_caught() == 0 {
      let left = min(end - servo_clock_now(), 200_000_000)
      if left <= 0 { break }
      for event in monitor.next(milliseconds: Int32(left / 1_000_000 + 1)) { Self.say(event.line) }
    }
  }

  /// Prints a line at once: whoever reads it through a pipe waits for it.
  private static func say(_ line: String) {
    print(line)
    fflush(nil)
  }

  private static func monitor(_ group: AdapterWatch.Group?) throws -> AdapterWatch {
    do throws(AdapterWatchError) { return try AdapterWatch(group ?? .usual) } catch {
      throw Failure(
        kind: "can", location: "--watch", message: error.message, fix: error.fix, code: Failure.hostFault)
    }
  }

  private static func warnings(_ host: HostAdapters) -> [String] {
    host.sharedSerials.map { shared in
      "\(shared.adapters.map(\.name).joined(separator: " and ")) have one serial number, \(shared.serial): "
        + "tell them apart by path in robot.yaml"
    }
  }

  private static func table(_ host: HostAdapters) -> String {
    var table = TextTable(["interface", "state", "bit/s", "driver", "serial", "channel", "path", "adapter"])
    for adapter in host.adapters {
      let link = try? CANStat.read(adapter.name)
      let rate = link.map { $0.bit_rate == 0 ? "" : "\($0.bit_rate)" } ?? ""
      let names = [adapter.vendor, adapter.product].compactMap(\.self).joined(separator: " ")
      table.append([
        adapter.name, link?.stateName ?? "gone", rate, adapter.driver ?? "", adapter.serial ?? "",
        adapter.isVirtual ? "" : "\(adapter.channel)", adapter.path ?? "", names,
      ])
    }
    return table.text
  }

  private static func json(of host: HostAdapters) -> JSONValue {
    .object([
      ("schema", "sinew.can.list/1"), ("source", host.udevRefusal == nil ? "udev" : "sysfs"),
      ("udev_refusal", host.udevRefusal.map(JSONValue.string) ?? .null),
      (
        "adapters",
        .object(
          host.adapters.map { adapter in
            let link = try? CANStat.read(adapter.name)
            return (
              adapter.name,
              .object(
                [
                  ("state", .string(link?.stateName ?? "gone")),
                  ("bit_rate", (link?.bit_rate).flatMap { $0 == 0 ? nil : .integer(Int64($0)) } ?? .null),
                ] + adapter.members)
            )
          })
      ),
      (
        "shared_serials",
        .object(host.sharedSerials.map { ($0.serial, .array($0.adapters.map { .string($0.name) })) })
      ),
    ])
  }
}

extension AdapterWatch.Group: ExpressibleByArgument {}

extension AdapterEvent {
  /// As `--watch` prints it.
  var line: String {
    switch self {
    case .added(let adapter): "\(adapter.name) added: \(adapter.summary)"
    case .removed(let adapter): "\(adapter.name) removed: \(adapter.summary)"
    case .renamed(let adapter, let former): "\(adapter.name) renamed: was \(former)"
    case .missed: "more happened than could be told; what follows is what is there now"
    }
  }
}

extension CANAdapter {
  /// What is known, for machines.
  var members: [(String, JSONValue)] {
    let word = { (text: String?) in text.map(JSONValue.string) ?? .null }
    return [
      ("virtual", .boolean(isVirtual)), ("driver", word(driver)), ("vendor", word(vendor)),
      ("product", word(product)), ("serial", word(serial)),
      ("channel", isVirtual ? .null : .integer(Int64(channel))), ("numbered", .boolean(isNumbered)),
      ("path", word(path)), ("index", .integer(Int64(index))),
    ]
  }
}
