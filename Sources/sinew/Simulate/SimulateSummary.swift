import ControlCycle
import JointControl
import Recording
import Simulation

/// What a simulated robot saw of the programs it served, as a table for people and as JSON for machines.
struct SimulateSummary {
  struct Drive {
    var joint: String
    var mode: DriveMode
    /// Since the start [s].
    var lastFrame: Double?
    /// From the last frame to the step in which the drive was off [s].
    var letGoAfter: Double?
    var watchdog: Double
    var position: Double
  }
  struct Bus {
    var name: String
    var interface: String
    var traffic: BusTraffic
    var simulated: BusStatistics
  }
  let robot: String
  let seed: UInt64
  /// [s]
  let time: Double
  let drives: [Drive]
  let buses: [Bus]
  let dropped: Int
  let realtime: RealtimeReport
  let traceError: TraceError?

  init(
    robot: Robot, seed: UInt64, gateway: borrowing RobotGateway, realtime: RealtimeReport,
    traceError: TraceError?
  ) {
    let simulated = gateway.robot
    let seconds = { (time: Int64) in Double(time) * 1e-9 }
    self.robot = robot.name
    self.seed = seed
    self.realtime = realtime
    self.traceError = traceError
    time = seconds(simulated.now)
    dropped = gateway.dropped
    drives = robot.joints.indices.map { index in
      let contact = simulated.contact(of: index)
      return Drive(
        joint: robot.joints[index].name, mode: simulated.firmware(of: index).mode,
        lastFrame: contact.lastFrame.map(seconds), letGoAfter: contact.letGoAfter.map(seconds),
        watchdog: Double(robot.joints[index].driveWatchdog_us) * 1e-6, position: simulated.position(of: index)
      )
    }
    var list: [Bus] = []
    for (index, bus) in robot.buses.enumerated() {
      list.append(
        Bus(
          name: bus.name, interface: bus.interface, traffic: gateway.traffic(ofBus: index),
          simulated: simulated.statistics(ofBus: index)))
    }
    buses = list
  }

  /// The summary for people.
  var table: String {
    var out = "\(robot): served for \(RunReport.fixed(time, 3)) s, seed \(seed)\n\n"
    out += BusTraffic.table(buses.map { ($0.name, $0.traffic) }) + "\n"
    var table = TextTable(["joint", "mode", "last frame s", "let go after ms", "watchdog ms", "rad"])
    let milliseconds = { (time: Double) in RunReport.fixed(time * 1000, 3) }
    for drive in drives {
      table.append([
        drive.joint, "\(drive.mode)", drive.lastFrame.map { RunReport.fixed($0, 6) } ?? "",
        drive.letGoAfter.map(milliseconds) ?? "", milliseconds(drive.watchdog),
        RunReport.fixed(drive.position, 4),
      ])
    }
    out += table.text
    if realtime.policy != .off { out += "\nreal time: \(realtime.summary)\n" }
    if dropped > 0 { out += "\(dropped) frames dropped for want of room\n" }
    return out
  }

  /// The summary for machines.
  var json: JSONValue {
    .object([
      ("schema", "sinew.simulate/1"), ("robot", .string(robot)),
      ("seed", .integer(Int64(bitPattern: seed))), ("time_s", .number(time)),
      ("dropped_frames", .integer(Int64(dropped))),
      (
        "buses",
        .object(
          buses.map { bus in
            (
              bus.name,
              .object(
                [("interface", .string(bus.interface))] + bus.traffic.members + [
                  ("simulated_frames", .integer(Int64(bus.simulated.carried))),
                  ("simulated_lost_frames", .integer(Int64(bus.simulated.lost))),
                  ("simulated_dropped_frames", .integer(Int64(bus.simulated.dropped))),
                  ("load", .number(bus.simulated.load)),
                ])
            )
          })
      ),
      (
        "drives",
        .object(
          drives.map { drive in
            (
              drive.joint,
              .object([
                ("mode", .string("\(drive.mode)")), ("watchdog_s", .number(drive.watchdog)),
                ("last_frame_s", drive.lastFrame.map(JSONValue.number) ?? .null),
                ("let_go_after_s", drive.letGoAfter.map(JSONValue.number) ?? .null),
                ("position_rad", .number(drive.position)),
              ])
            )
          })
      ), ("realtime", realtime.json),
    ])
  }
}
