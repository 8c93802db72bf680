import ArgumentParser
import CServoBus
import ControlCycle
import Foundation
import JointControl
import Recording

/// What happens on interfaces, as candump -L writes it.
struct CANDump: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump",
    abstract: "Print what happens on interfaces, as candump -L does.",
    discussion: """
      One line a frame, with the kernel's time of day; error frames and remote frames included. What the kernel had no
      room for, and interfaces that go down or away, are told on standard error. Ends with Ctrl-C, --count or --for.

      EXAMPLES
        sinew can dump can0
        sinew can dump can0 can1 --for 10 > session.log
        sinew can dump can0 --count 100 | sinew frame decode --family damiao --model DM4310
      """)

  @Argument(help: "Interfaces, such as can0.")
  var interfaces: [String]

  @Option(help: "Frames after which to end.")
  var count: Int?

  @Option(name: .customLong("for"), help: "Seconds after which to end.")
  var duration: Double?

  func validate() throws {
    if interfaces.isEmpty { throw ValidationError("Give at least one interface, such as can0.") }
    if let count, count <= 0 { throw ValidationError("--count takes a positive number of frames.") }
    if let duration, !(duration > 0 && duration.isFinite && duration < 1e9) {
      throw ValidationError("--for takes a positive number of seconds.")
    }
  }

  func run() throws {
    do {
      var monitors = try interfaces.map { try CANMonitor($0) }
      _ = servo_signal_catch()
      let width = interfaces.map(\.utf8.count).max() ?? 0
      let end = servo_clock_now() + Int64((duration ?? 1e9) * 1e9)
      var left = count ?? .max
      var text: [UInt8] = []
      var told = [String: servo_can_health]()
      while left > 0 && servo_signal_caught() == 0 && !monitors.isEmpty {
        let wait = min(end - servo_clock_now(), 100_000_000)
        if wait <= 0 { break }
        Self.wait(for: monitors, milliseconds: Int32(wait / 1_000_000 + 1))
        for monitor in monitors {
          // Right-aligned where names differ in length, as candump does.
          let name =
            [UInt8](repeating: UInt8(ascii: " "), count: width - monitor.name.utf8.count) + monitor.name.utf8
          _ = monitor.receive { frame in
            guard left > 0 else { return }
            CandumpLine.append(frame, interface: name, to: &text)
            left -= 1
          }
          tell(monitor, &told)
        }
        guard Self.write(&text) else { return }
        monitors.removeAll { $0.health.state == SERVO_CAN_STATE_GONE }
      }
      if monitors.isEmpty { throw Failure(interface: interfaces.joined(separator: ", "), code: ENODEV) }
    } catch let failure as Failure { throw failure.report(json: false) }
  }

  private static func wait(for monitors: [CANMonitor], milliseconds: Int32) {
    var descriptors = monitors.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
    _ = poll(&descriptors, nfds_t(descriptors.count), milliseconds)
  }

  /// Says what changed on an interface since it was last told.
  private func tell(_ monitor: CANMonitor, _ told: inout [String: servo_can_health]) {
    let health = monitor.health
    let before = told[monitor.name]
    let state = BusHealth.State(rawValue: health.state) ?? .gone
    if state.rawValue != before?.state ?? 0 { printError("\(monitor.name): \(state.name)") }
    let lost = health.overflowed - (before?.overflowed ?? 0)
    if lost > 0 { printError("\(monitor.name): \(lost) frames lost, the kernel had no room") }
    told[monitor.name] = health
  }

  /// Writes and empties the text; false when nobody reads it any more.
  private static func write(_ text: inout [UInt8]) -> Bool {
    defer { text.removeAll(keepingCapacity: true) }
    do { try FileHandle.standardOutput.write(contentsOf: text) } catch { return false }
    return true
  }
}
