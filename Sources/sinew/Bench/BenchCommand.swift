import ArgumentParser
import Foundation
import JointControl

/// Evidence: what this host can do, and what an actuator's model does.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure what this host can do, and what an actuator's model does.",
    discussion: """
      EXAMPLES
        sinew bench latency
        sinew bench actuators Robots/actuators/rs03.yaml
        sinew bench joint Robots/actuators/rs03.yaml --html rs03.html
      """,
    subcommands: [
      LatencyCommand.self, ActuatorBench.self, SimulationBench.self, JointBenchCommand.self,
    ])

  /// Wake-up, stages, cycle, frame to frame.
  struct LatencyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "latency",
      abstract: "Measure how late a control loop wakes and how long each stage takes, beside cyclictest.",
      discussion: """
        Without ROBOT an empty cycle: what kernel and processor cost. With one, the control loop of the simulated
        robot, holding its pose. Runs in slices of up to 10 s, in turns with cyclictest (Debian's rt-tests) where it
        is installed, on one processor, so that both meet the same disturbances; judge by the ratio. The figures of
        one board go to a file with --save.

        EXAMPLES
          sinew bench latency --rate 1000 --for 60 --svg latency.svg
          sinew bench latency --rate 4000 --spin-tail 50 --save board.json
          sinew bench latency Robots/navigator --for 20 --load --json
        """)

    @Argument(help: "Robot whose cycle is measured; an empty cycle without.")
    var robot: String?

    @Option(
      help: ArgumentHelp(
        "Cycles a second, 50...10000; the robot's own rate or 1000 without.", valueName: "hertz"))
    var rate: Int?

    @Option(
      name: .customLong("for"),
      help: ArgumentHelp("Seconds to measure, for each of both.", valueName: "seconds"))
    var duration = 10

    @Flag(help: "Keep every processor busy beside the loop.")
    var load = false

    @Flag(name: .customLong("no-cyclictest"), help: "Do not compare with cyclictest.")
    var leavesOutCyclictest = false

    @OptionGroup(title: "Real time")
    var realtime: RealtimeOptions

    @Option(help: ArgumentHelp("Write a histogram as SVG.", valueName: "file"))
    var svg: String?

    @Option(help: ArgumentHelp("Write the figures of this board as JSON.", valueName: "file"))
    var save: String?

    @Flag(help: "Print one JSON object instead of a table.")
    var json = false

    func validate() throws {
      guard (1...86_400).contains(duration) else { throw ValidationError("--for takes 1...86400 seconds.") }
      if let rate, !(50...10_000).contains(rate) { throw ValidationError("--rate takes 50...10000 Hz.") }
    }

    func run() throws {
      do {
        let robot = try loadRobot()
        let period = robot?.period ?? Int64(1_000_000_000 / (rate ?? 1000))
        let isTerminal = isatty(STDERR_FILENO) == 1
        let bench = LatencyBench(
          robot: robot, period: period, seconds: duration, hasLoad: load, realtime: realtime,
          cyclictest: leavesOutCyclictest ? nil : Cyclictest.find())
        let result = try bench.run { if isTerminal { printError($0) } }
        if let svg { try write(LatencyChart(result).svg, to: svg) }
        if let save { try write(result.json.text + "\n", to: save) }
        if !json { result.realtime.warn() }
        print(json ? result.json.text : result.table, terminator: json ? "\n" : "")
      } catch let failure as Failure {
        throw failure.report(json: json)
      }
    }

    private func loadRobot() throws -> Robot? {
      guard let path = robot else { return nil }
      let robot = try sinew.loadRobot(at: path)
      guard let rate else { return robot }
      let other = robot.running(every: Int64(1_000_000_000 / rate))
      if let full = BusPlan(robot: other).buses.first(where: { !$0.isFeasible }) {
        throw Failure(
          kind: "bus_plan", location: path,
          message: "its buses cannot carry \(rate) Hz: on \(full.name) \(full.complaint ?? "")",
          fix: "measure at most \(1_000_000_000 / robot.period) Hz, or see sinew check \(path)",
          code: Failure.badDescription)
      }
      return other
    }

    private func write(_ text: String, to path: String) throws {
      do { try text.write(toFile: path, atomically: true, encoding: .utf8) } catch {
        throw Failure(
          kind: "output", location: path, message: error.localizedDescription, fix: "choose a writable file",
          code: Failure.hostFault)
      }
    }
  }
}

extension Robot {
  /// The same robot with another period [ns].
  fileprivate func running(every period: Int64) -> Robot {
    Robot(
      name: name, period: period, buses: buses, joints: joints, model: model, feedforward: feedforward,
      commandTimeout: commandTimeout)
  }
}
