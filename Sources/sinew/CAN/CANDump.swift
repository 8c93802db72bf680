import ArgumentParser
import CServoBus
import ControlCycle
import Foundation
import JointControl
import Recording

/// What happens on interfaces: as lines, as a table that is kept up to date, or into a file.
struct CANDump: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump",
    abstract: "Show or write what happens on interfaces.",
    discussion: """
      One line a frame as candump -L writes it, with the time of day. With --table instead a row an identifier, which is
      kept up to date on a terminal and printed once at the end elsewhere: how often, when last, and which bytes changed
      within the last second (NO_COLOR: underlined); with --robot also whose it is and what its codec makes of it, on the
      drive's side. The load is that of the bus plan: frames at their longest. With --write frames go to a file, and lines
      are not printed.

      Interfaces of the kernel tell error frames and remote frames too; the others count them. An slcan adapter is opened as
      a host would, and so takes part in the bus. What was missed, and interfaces that go down or away, are told on standard
      error. Ends with Ctrl-C, --count or --for.

      EXAMPLES
        sinew can dump can0
        sinew can dump can0 can1 --for 10 > session.log
        sinew can dump can0 --count 100 | sinew frame decode --family damiao --model DM4310
        sinew can dump --robot my_robot --table
        sinew can dump can0 --write session.pcap
        sinew can dump udp-multicast://239.74.163.2:43113 --table --for 10
      """)

  @OptionGroup var selection: MonitorSelection

  @Flag(help: "A row an identifier instead of a line a frame.")
  var table = false

  @Option(
    help: ArgumentHelp("Write to this .log, .pcap or .pcapng; pcap holds one interface.", valueName: "file"))
  var write: String?

  @Option(help: "Frames after which to end.")
  var count: Int?

  @Option(name: .customLong("for"), help: "Seconds after which to end.")
  var duration: Double?

  func validate() throws {
    if let count, count <= 0 { throw ValidationError("--count takes a positive number of frames.") }
    if let duration, !(duration > 0 && duration.isFinite && duration < 1e9) {
      throw ValidationError("--for takes a positive number of seconds.")
    }
    if let write, CaptureFormat(path: write) == nil {
      throw ValidationError("--write takes a file whose name ends in .log, .pcap or .pcapng.")
    }
    if let write, CaptureFormat(path: write) == .pcap, selection.interfaces.count > 1 {
      throw ValidationError("A pcap file holds one interface; --write a .pcapng for several.")
    }
  }

  func run() throws {
    do {
      let (buses, robot) = try selection.resolve()
      if let write, CaptureFormat(path: write) == .pcap, buses.count > 1 {
        throw Failure(
          kind: "usage", location: write, message: "a pcap file holds one interface",
          fix: "write a .pcapng, or name one bus", code: Failure.badDescription)
      }
      let monitors = try buses.map { try $0.open() }
      var output = try DumpOutput(buses, robot, printsTable: table, file: write)
      _ = servo_signal_catch()
      try look(on: monitors, named: buses.map(\.name), into: &output)
    } catch let failure as Failure { throw failure.report(json: false) }
  }

  private func look(on all: [any BusMonitor], named names: [String], into output: inout DumpOutput) throws {
    let end = servo_clock_now() + Int64((duration ?? 1e9) * 1e9)
    var left = count ?? .max
    var told = [MonitorStatus?](repeating: nil, count: all.count)
    while left > 0 && servo_signal_caught() == 0 {
      let alive = all.indices.filter { told[$0]?.isGone != true }
      let wait = min(end - servo_clock_now(), 100_000_000)
      if wait <= 0 || alive.isEmpty { break }
      Self.wait(for: alive.map { all[$0] }, nanoseconds: wait)
      for index in alive {
        all[index].receive { frame in
          guard left > 0 else { return }
          output.take(frame, of: index)
          left -= 1
        }
        let status = all[index].status
        output.note(Self.news(status, since: told[index], of: names[index]), status, of: index)
        told[index] = status
      }
      guard try output.show() else { break }
    }
    try output.finish()
    if told.allSatisfy({ $0?.isGone == true }) {
      throw Failure(interface: names.joined(separator: ", "), code: ENODEV)
    }
  }

  /// Until a frame is there, or for so long; interfaces without a socket are looked at every 2 ms.
  private static func wait(for monitors: [any BusMonitor], nanoseconds: Int64) {
    let sockets = monitors.compactMap(\.descriptor)
    var descriptors = sockets.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let patience = sockets.count == monitors.count ? Int32(nanoseconds / 1_000_000 + 1) : 2
    _ = poll(&descriptors, nfds_t(descriptors.count), patience)
  }

  /// What changed on an interface since it was last told, line by line.
  private static func news(_ status: MonitorStatus, since before: MonitorStatus?, of name: String) -> [String]
  {
    var news: [String] = []
    if status.state != before?.state && !(before == nil && MonitorStatus.isUsual(status.state)) {
      news.append("\(name): \(status.state)")
    }
    let missing = status.missing - (before?.missing ?? 0)
    if missing > 0 { news.append("\(name): \(missing) frames lost, there was no room for them") }
    return news
  }
}
