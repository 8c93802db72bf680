import ArgumentParser
import CServoBus
import Foundation
import JointControl
import Recording
import Simulation

/// A robot's drives and body, simulated, on the robot's interfaces.
struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Serve a robot's simulated drives and body on its interfaces, for any other program.",
    discussion: """
      Opens the interfaces of robot.yaml and answers on them as the robot would, at real pace: to sinew run --target
      real, to a vendor's tool, to python-can. Says ready on standard error once they answer. Ctrl-C, or --for, ends
      with a summary: frames of each bus, mode of each drive, and when it let go after the last frame it was sent. The
      body is held in its home pose until a drive is switched on for the first time.

      --inject takes what sinew run takes; times count from the start.

      EXAMPLES
        sinew simulate my_robot
        sinew simulate my_robot --for 60 --trace bench.log --json
        sinew simulate my_robot --inject "left_arm lost at 5"
      """)

  @Argument(help: "Directory with a robot.yaml, or the file itself.")
  var robot: String

  @Option(name: .customLong("for"), help: "Seconds after which to end; goes on without.")
  var duration: Double?

  @Option(help: "Seed of everything random in the simulation.")
  var seed: UInt64 = 1

  @Option(help: "Write all frames of all simulated buses to a candump -L file.")
  var trace: String?

  @Option(
    help: ArgumentHelp(
      "Break something in the simulation, see above. May be repeated.", valueName: "fault"))
  var inject: [String] = []

  @OptionGroup(title: "Real time")
  var realtime: RealtimeOptions

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  func validate() throws {
    if let duration, !(duration > 0 && duration.isFinite && duration < 1e9) {
      throw ValidationError("--for takes a positive number of seconds.")
    }
  }

  func run() throws {
    do {
      let robot = try loadRobot(at: robot)
      let faults = try inject.map { try Injection(option: $0, robot: robot, layers: .robot) }
      let summary = try serve(robot, faults: faults)
      print(json ? summary.json.text : summary.table, terminator: json ? "\n" : "")
      if let error = summary.traceError { throw Failure(error) }
    } catch let failure as Failure {
      throw failure.report(json: json)
    }
  }

  private func serve(_ robot: Robot, faults: [Injection]) throws -> SimulateSummary {
    let simulated = SimulatedRobot(
      robot, seed: seed, injections: faults, pace: .fast, hostQueueDepth: 512,
      stand: Stand(yieldsToDrives: true))
    simulated.observesDrives = true
    _ = servo_signal_catch()
    let gateway: RobotGateway
    do throws(BusErrors) {
      gateway = RobotGateway(
        simulated, on: try OpenBuses(robot, as: .drives), tick: min(robot.period / 4, 1_000_000))
    } catch { throw Failure(error) }
    var writer: TraceWriter?
    if let trace {
      do throws(TraceError) { writer = try TraceWriter(path: trace, robot: robot) } catch {
        throw Failure(error)
      }
    }
    if let ring = writer?.ring {
      simulated.tap = { frame in if !ring.append(frame) { ring.countDrop() } }
    }
    var job = GatewayJob(gateway: gateway, end: duration.map { Int64($0 * 1e9) } ?? .max)
    let granted: RealtimeReport
    do throws(RealtimeError) {
      granted = try RealtimeThread.run(
        &job, policy: realtime.policy, settings: realtime.settings(period: robot.period))
    } catch {
      try? writer?.close()
      throw Failure(error)
    }
    var traceError: TraceError?
    do throws(TraceError) { try writer?.close() } catch { traceError = error }
    return SimulateSummary(
      robot: robot, seed: seed, gateway: job.gateway, realtime: granted, traceError: traceError)
  }
}

/// Serves until a signal comes or the time is over.
struct GatewayJob: RealtimeJob, ~Copyable {
  var gateway: RobotGateway
  /// Simulated instant at which it ends [ns].
  let end: Int64

  mutating func run() {
    // Only now: what the thread was granted may have taken longer than a question on a bus is waited for.
    printError("ready")
    while servo_signal_caught() == 0 && gateway.robot.now < end { gateway.turn() }
  }
}
