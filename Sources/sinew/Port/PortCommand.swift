import ArgumentParser
import Foundation
import JointControl

/// What goes on at a command port.
struct PortCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "port",
    abstract: "Show who hands setpoints to a running loop, how old they are, and what was refused.",
    discussion: """
      sinew run ROBOT --port NAME opens a command port: another process, one at a time, streams setpoints to the loop
      through shared memory. Clients/Python, Clients/C and the library (PortClient) are the other side. A name is a socket
      in XDG_RUNTIME_DIR, or /tmp without; a path holds a slash.

      The loop moves from set to set in one period of the owner. When no set is accepted for command_timeout of robot.yaml it
      freezes the robot, after three times that it stops it, whether the owner hangs, died or sends what is refused.

      EXAMPLES
        sinew run Robots/navigator --port navigator
        sinew port navigator
        sinew port navigator --json
      """)

  @Argument(help: "Name or path of the port.")
  var port: String

  @Option(help: "Seconds over which rates are counted.")
  var over: Double = 0.5

  @Flag(help: "Print one JSON object instead of lines.")
  var json = false

  func validate() throws {
    if !(over > 0 && over <= 60) { throw ValidationError("--over takes seconds above 0 and up to 60.") }
  }

  func run() throws {
    do {
      let client: PortClient
      do throws(PortError) {
        client = try PortClient(port, name: "sinew port", period: 0, wish: .watch)
      } catch { throw Failure(error) }
      guard let first = client.state else { throw silent }
      usleep(UInt32(over * 1e6))
      guard let last = client.state, last.cycle > first.cycle else { throw silent }
      let status = PortStatus(client: client, first: first, last: last)
      print(json ? status.json.text : status.text, terminator: json ? "\n" : "")
    } catch let failure as Failure {
      throw failure.report(json: json)
    }
  }

  private var silent: Failure {
    Failure(
      kind: "port", location: PortPath.of(port), message: "the port is open, and its loop does not run",
      fix: "wait until the drives are brought up, or until its owner sends", code: Failure.hostFault)
  }
}

/// What was seen at a port between two looks.
struct PortStatus {
  let client: PortClient
  let first: PortClient.State
  let last: PortClient.State

  private var rate: Double {
    let time = Double(last.time - first.time) * 1e-9
    return (Double(last.accepted) - Double(first.accepted)) / max(time, 1e-9)
  }
  private var phase: String { "\(last.phase)" }
  private var safety: String {
    let names = ["disarmed", "arming", "armed", "stopping", "fault"]
    return names.indices.contains(last.safety) ? names[last.safety] : "unknown"
  }
  private var refusals: [(String, JSONValue)] {
    zip(PortFigures.Refusal.allCases, last.refused).map { ($0.name, .integer(Int64(clamping: $1))) }
  }

  /// The status for people.
  var text: String {
    let owner = client.holder.map { "\($0.name) (process \($0.process))" } ?? "nobody"
    var out = "owner \(owner), \(phase), robot \(safety) in cycle \(last.cycle)\n"
    if last.sequence > 0 {
      out += "set \(last.sequence), \(RunReport.fixed(Double(last.age) * 1e-6, 1)) ms old, "
      out += "\(RunReport.fixed(rate, 1)) sets/s\n"
    }
    out += "\(last.accepted) sets followed, \(last.refused.reduce(0, +)) refused\n"
    for (reason, count) in zip(PortFigures.Refusal.allCases, last.refused) where count > 0 {
      out += "  \(reason.name) \(count)\n"
    }
    return out
  }

  /// The status for machines.
  var json: JSONValue {
    .object([
      ("schema", .string("sinew.port/1")), ("owner", client.holder.map { .string($0.name) } ?? .null),
      ("owner_pid", client.holder.map { .integer(Int64($0.process)) } ?? .null),
      ("phase", .string(phase)), ("safety", .string(safety)), ("cycle", .integer(last.cycle)),
      ("set", .integer(Int64(clamping: last.sequence))), ("set_age_ns", .integer(last.age)),
      ("rate_hz", .number(rate)), ("accepted", .integer(Int64(clamping: last.accepted))),
      ("refused", .object(refusals)),
    ])
  }
}
