import ArgumentParser
import Foundation
import JointControl
import RobotDescription
import Simulation

/// The virtual test bench of a joint actuator.
struct JointBenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "joint",
    abstract: "Put the model of an actuator on a virtual test bench.",
    discussion: """
      Friction, backdriving torque, stiffness and hysteresis, transmission error, efficiency, inertia, winding, torque and
      speed, steps, frequency response, thermal endurance: measured on the model that the simulator runs, as a bench of
      steel would, each with unit and method, and beside it what the data sheet prints. Laid out after the groups of
      clauses of GB/T 43200-2023; no statement that anything meets it. What a profile does not describe is named, not
      guessed. The same profile gives the same bytes.

      EXAMPLES
        sinew bench joint Robots/actuators/rs03.yaml
        sinew bench joint Robots/actuators/tree-orange.yaml --html orange.html
        sinew bench joint Robots/actuators/csg-32-100.yaml --json
      """)

  @Argument(help: "The actuator's profile.")
  var profile: String

  @Option(help: ArgumentHelp("Write the report as one HTML page.", valueName: "file"))
  var html: String?

  @Option(
    help: ArgumentHelp("Stiffness of the position loop at the joint, with --damping.", valueName: "N.m/rad"))
  var stiffness: Double?

  @Option(
    help: ArgumentHelp("Damping of the position loop at the joint, with --stiffness.", valueName: "N.m.s/rad")
  )
  var damping: Double?

  @Flag(help: "Fewer points in curves and maps.")
  var coarse = false

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  func validate() throws {
    guard (stiffness == nil) == (damping == nil) else {
      throw ValidationError("--stiffness and --damping belong together: give both or neither.")
    }
    if let stiffness, !(stiffness > 0 && stiffness < 1e6) {
      throw ValidationError("--stiffness takes a number above 0 and below 1e6 N.m/rad.")
    }
    if let damping, !(damping >= 0 && damping < 1e5) {
      throw ValidationError("--damping takes a number from 0 to below 1e5 N.m.s/rad.")
    }
  }

  func run() throws {
    do {
      let part: ActuatorProfile
      do { part = try RobotDescription.loadActuator(profile) } catch { throw Failure(error) }
      var gains: JointBench.Gains?
      if let stiffness, let damping { gains = JointBench.Gains(stiffness: stiffness, damping: damping) }
      let bench = JointBench(part, resolution: coarse ? .coarse : .fine, gains: gains)
      let isTerminal = isatty(STDERR_FILENO) == 1
      let record = bench.run { if isTerminal { printError("\(part.name): \($0)") } }
      let report = JointBenchReport(profile: part, record: record)
      if let html {
        do { try report.page.write(toFile: html, atomically: true, encoding: .utf8) } catch {
          throw Failure(
            kind: "output", location: html, message: error.localizedDescription,
            fix: "choose a writable file",
            code: Failure.hostFault)
        }
      }
      print(json ? report.json.text : report.table, terminator: json ? "\n" : "")
    } catch let failure as Failure {
      throw failure.report(json: json)
    }
  }
}

/// The same as `sinew bench joint`, under its other name.
struct BenchJointCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-joint", abstract: "The same as sinew bench joint.", shouldDisplay: false)

  @OptionGroup var bench: JointBenchCommand

  func validate() throws { try bench.validate() }

  func run() throws { try bench.run() }
}
