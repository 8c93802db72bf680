import Foundation
import JointControl

/// Says what happens to the adapters of a real robot's buses while it runs.
struct AdapterNotices {
  private let thread: HotplugThread

  /// Starts to watch, unless no bus of the robot is on an interface of the kernel: then there is nothing to say.
  init?(_ robot: Robot, prints: Bool) {
    guard robot.buses.contains(where: { $0.kernelInterface != nil }) else { return nil }
    thread = HotplugThread(robot.buses) { if prints { Self.say($0) } }
    if let refusal = thread.outcome.refusal, prints {
      printError("warning: hot-plug is not watched: \(refusal)")
    }
  }

  /// Ends watching and gives what happened.
  func stop() -> HotplugThread.Outcome { thread.stop() }

  private static func say(_ notice: BusAdapters.Notice) {
    // On a terminal the progress line stands where this is written.
    printError((isatty(STDERR_FILENO) == 1 ? "\r\u{1B}[K" : "") + "bus \(notice.bus): \(notice.message)")
  }
}

extension HotplugThread.Outcome {
  /// What happened, for machines.
  var json: JSONValue {
    let buses = adapters.buses.map { bus in
      (
        bus.name,
        JSONValue.object([
          ("presence", .string(bus.presence.rawValue)), ("interface", .string(bus.interface)),
          ("adapter", .object(bus.adapter.members)),
        ])
      )
    }
    let told = notices.map { notice in
      JSONValue.object([
        ("bus", .string(notice.bus)), ("presence", .string(notice.presence.rawValue)),
        ("message", .string(notice.message)),
      ])
    }
    return .object([
      ("group", group.map { .string($0.rawValue) } ?? .null),
      ("refusal", refusal.map { .string($0.description) } ?? .null), ("buses", .object(buses)),
      ("notices", .array(told)), ("further_notices", .integer(Int64(furtherNotices))),
    ])
  }
}
